/**
 * Reads a layout field by field without ever reading beyond the end: what is not there comes back as zeros, and `ok` says so once, at the end. So a
 * decoder is a list of fields and one question.
 */
import { readUint16, readUint32, readUint48 } from '../codec/bytes.ts';

export class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;
  #ok = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Everything so far was there. */
  get ok(): boolean {
    return this.#ok;
  }

  /** Everything was there, and nothing is left. */
  get finished(): boolean {
    return this.#ok && this.#at === this.#bytes.length;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** The next `length` bytes, copied; an empty array if there are fewer. */
  bytes(length: number): Uint8Array {
    const from = this.#take(length);
    return from < 0 ? new Uint8Array(0) : this.#bytes.slice(from, from + length);
  }

  rest(): Uint8Array {
    return this.bytes(this.left);
  }

  uint8(): number {
    const from = this.#take(1);
    return from < 0 ? 0 : this.#bytes[from]!;
  }

  uint16(): number {
    const from = this.#take(2);
    return from < 0 ? 0 : readUint16(this.#bytes, from);
  }

  uint32(): number {
    const from = this.#take(4);
    return from < 0 ? 0 : readUint32(this.#bytes, from);
  }

  uint48(): number {
    const from = this.#take(6);
    return from < 0 ? 0 : readUint48(this.#bytes, from);
  }

  /** What was read makes no sense. */
  fail(): void {
    this.#ok = false;
  }

  #take(length: number): number {
    if (!this.#ok || length > this.left) {
      this.#ok = false;
      return -1;
    }
    const from = this.#at;
    this.#at += length;
    return from;
  }
}
