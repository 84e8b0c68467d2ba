/**
 * Writes a layout field by field into one buffer that grows: the counterpart of `reader.ts`. For what is long and written often, where an array for each
 * field would cost more than the fields.
 */
import { writeUint16, writeUint32, writeUint48 } from '../codec/bytes.ts';

const FIRST_BYTES = 4_096;

export class Writer {
  #bytes = new Uint8Array(FIRST_BYTES);
  #length = 0;

  /** Begins anew, whatever became of what was written before; the buffer, which may hold secrets, is cleared. */
  clear(): this {
    this.#bytes.fill(0, 0, this.#length);
    this.#length = 0;
    return this;
  }

  /** A copy of what was written, of which nothing stays here. */
  finish(): Uint8Array {
    const written = this.#bytes.slice(0, this.#length);
    this.clear();
    return written;
  }

  bytes(part: Uint8Array): this {
    const at = this.#take(part.length);
    this.#bytes.set(part, at);
    return this;
  }

  uint8(value: number): this {
    const at = this.#take(1);
    this.#bytes[at] = value;
    return this;
  }

  uint16(value: number): this {
    const at = this.#take(2);
    writeUint16(this.#bytes, at, value);
    return this;
  }

  uint32(value: number): this {
    const at = this.#take(4);
    writeUint32(this.#bytes, at, value);
    return this;
  }

  uint48(value: number): this {
    const at = this.#take(6);
    writeUint48(this.#bytes, at, value);
    return this;
  }

  /** Makes room for `length` bytes, before the buffer is looked at: it may be another one afterwards. @returns where they begin */
  #take(length: number): number {
    const at = this.#length;
    this.#length += length;
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#length);
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes.fill(0, 0, at);
      this.#bytes = larger;
    }
    return at;
  }
}
