/**
 * The disk of a simulated machine, as far as conversations and groups need one: it keeps the latest record of each contact and group, answers at once, never
 * loses anything, and outlives crashes, which memory does not. What a crash between a write and its answer does is for tests of real disks.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import type { GroupRecord, GroupVault, GroupWords } from '../protocols/node/group-records.ts';
import type { Inbound, Vault } from '../protocols/node/messaging.ts';
import type { Contact } from '../protocols/session/contact.ts';

export class MemoryVault implements Vault, GroupVault {
  readonly #records = new Map<string, Uint8Array>();
  readonly #groups = new Map<string, Uint8Array>();

  keep(
    contacts: readonly { contact: Contact; record: Uint8Array }[],
    _inbound: readonly Inbound[],
    then: () => void,
  ): void {
    for (const { contact, record } of contacts)
      this.#records.set(bytesToHex(contact.party.address), record);
    then();
  }

  records(): readonly Uint8Array[] {
    return [...this.#records.values()];
  }

  keepGroups(
    records: readonly GroupRecord[],
    _words: readonly GroupWords[],
    then: () => void,
  ): void {
    for (const { name, record } of records)
      if (record === undefined) this.#groups.delete(name);
      else this.#groups.set(name, record);
    then();
  }

  groupRecords(): readonly { name: string; record: Uint8Array }[] {
    return [...this.#groups].map(([name, record]) => ({ name, record }));
  }
}
