/**
 * The disk of a simulated machine, as far as conversations need one: it keeps the latest record of each contact, answers at once, never loses
 * anything, and outlives crashes, which memory does not. What a crash between a write and its answer does is for tests of real disks.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Inbound, Vault } from '../protocols/node/messaging.ts';
import type { Contact } from '../protocols/session/contact.ts';

export class MemoryVault implements Vault {
  readonly #records = new Map<string, Uint8Array>();

  keep(
    contacts: readonly { contact: Contact; record: Uint8Array }[],
    _inbound: Inbound | undefined,
    then: () => void,
  ): void {
    for (const { contact, record } of contacts)
      this.#records.set(bytesToHex(contact.party.address), record);
    then();
  }

  records(): readonly Uint8Array[] {
    return [...this.#records.values()];
  }
}
