/**
 * The file of link keys, for reading one's own recordings: as SSLKEYLOGFILE is for browsers, and as dangerous. Whoever has it and a recording reads
 * everything that the link protects between these nodes (the end-to-end encryption of messages has other keys and stays shut), so it is
 * made only when asked for, readable by its owner alone, and says what it is in its first line.
 *
 * One line a key: `LINK_KEY <suite> <receiver index> <key>`, index and key in hex. The receiver index is what every DATA datagram carries in
 * clear; a key serves one direction. Both ends of a link write both keys, so in a simulated run a key stands there twice.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { SuiteName } from '../../protocols/crypto/port.ts';
import type { KeyLog } from '../../protocols/link/host.ts';

const HEADER =
  '# Keys of links: whoever has this file and a recording reads what these nodes said to each other.\n';
/** Name of the algorithm, by suite: `noble` and `native` are the same one. */
const ALGORITHMS: { readonly [suite in SuiteName]: string } = {
  noble: 'chacha20-poly1305',
  native: 'chacha20-poly1305',
  modelled: 'modelled',
};

export class KeyLogFile implements KeyLog {
  readonly #algorithm: string;
  #descriptor: number;
  #failure: Error | undefined;

  /** Makes the file, or appends to one that is there. @throws the file system's error. */
  constructor(path: string, suite: SuiteName) {
    this.#algorithm = ALGORITHMS[suite];
    this.#descriptor = openSync(path, 'a', 0o600);
    this.#write(HEADER);
  }

  /** The first error of the file system while keys were written: keys are missing since then. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  opened(
    localIndex: number,
    remoteIndex: number,
    sendKey: Uint8Array,
    receiveKey: Uint8Array,
  ): void {
    this.#write(this.#line(remoteIndex, sendKey) + this.#line(localIndex, receiveKey));
  }

  close(): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor);
    this.#descriptor = -1;
  }

  #line(index: number, key: Uint8Array): string {
    return `LINK_KEY ${this.#algorithm} ${index.toString(16).padStart(8, '0')} ${bytesToHex(key)}\n`;
  }

  #write(text: string): void {
    if (this.#descriptor < 0 || this.#failure !== undefined) return;
    try {
      writeSync(this.#descriptor, text);
    } catch (error) {
      // A refusal of the system names its call; anything else is our own mistake and must not be swallowed.
      if (!(error instanceof Error) || !('syscall' in error)) throw error;
      this.#failure = error;
    }
  }
}
