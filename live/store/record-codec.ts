/**
 * The frame around every record of a mailbox, and the moves from which the records are written.
 *
 * A record is: kind (1 byte), version (1), CRC-32 (4), then its fields, big-endian and without gaps. The checksum covers the record's key too.
 * LevelDB checks its log, but blocks of its tables not on every read, and a disk is also changed by backups, repairs and curious people; a session
 * that is a neighbour's, or half a session, must not be taken for one, since sealing with a wrong state may use a key twice. So a record that is
 * cut, altered, under another key, of another kind or of a later version is told apart from a good one and handed out as a reason, never as an
 * exception. The checksum is against accidents; who can write to the folder can also write checksums.
 *
 * Encoders throw RangeError for what the format cannot hold: that is the caller's mistake.
 */
import { crc32 } from 'node:zlib';
import {
  readUint16,
  readUint32,
  readUint48,
  writeUint16,
  writeUint32,
  writeUint48,
} from '../../protocols/codec/bytes.ts';

export const UINT48_MAX = 0xffff_ffff_ffff;

export type Decoded<T> = { ok: true; record: T } | { ok: false; reason: string };

/** How records of one kind are written and read. */
export interface RecordCodec<T> {
  readonly namespace: string;
  /** Under which key a record is kept. */
  key(record: T): string;
  encode(record: T): Uint8Array;
  /** Total: any key, any bytes. */
  decode(key: string, bytes: Uint8Array): Decoded<T>;
}

const HEAD_BYTES = 6;
const AT_CHECKSUM = 2;
const VERSION = 1;

/** Takes fields off a record; once one is missing all that follows is zero and `done` says no. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  #at = HEAD_BYTES;
  #whole = true;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Whether every field was there and nothing is left. */
  get done(): boolean {
    return this.#whole && this.#at === this.#bytes.length;
  }

  uint8(): number {
    return this.#take(1) ? this.#bytes[this.#at - 1]! : 0;
  }

  uint16(): number {
    return this.#take(2) ? readUint16(this.#bytes, this.#at - 2) : 0;
  }

  uint48(): number {
    return this.#take(6) ? readUint48(this.#bytes, this.#at - 6) : 0;
  }

  /** A copy; its length is that of what is there, never that of a number in the record. */
  bytes(length: number): Uint8Array {
    return this.#take(length) ? this.#bytes.slice(this.#at - length, this.#at) : new Uint8Array(0);
  }

  rest(): Uint8Array {
    return this.bytes(Math.max(0, this.#bytes.length - this.#at));
  }

  #take(length: number): boolean {
    if (!this.#whole || this.#bytes.length - this.#at < length) this.#whole = false;
    else this.#at += length;
    return this.#whole;
  }
}

/** `value` if it is an integer in 0..max. @throws RangeError */
export function uint(value: number, max: number, what: string): number {
  if (!(Number.isInteger(value) && value >= 0 && value <= max))
    throw new RangeError(`${what}: expected an integer in 0..${max}, got ${value}`);
  return value;
}

/** Two bytes. @throws RangeError */
export function uint16(value: number, max: number, what: string): Uint8Array {
  const out = new Uint8Array(2);
  writeUint16(out, 0, uint(value, max, what));
  return out;
}

/** Six bytes. @throws RangeError */
export function uint48(value: number, what: string): Uint8Array {
  const out = new Uint8Array(6);
  writeUint48(out, 0, uint(value, UINT48_MAX, what));
  return out;
}

/** `bytes` if there are `length`. @throws RangeError */
export function exactly(bytes: Uint8Array, length: number, what: string): Uint8Array {
  if (bytes.length !== length)
    throw new RangeError(`${what}: expected ${length} bytes, got ${bytes.length}`);
  return bytes;
}

/** `bytes` if there are at most `length`. @throws RangeError */
export function atMost(bytes: Uint8Array, length: number, what: string): Uint8Array {
  if (bytes.length > length)
    throw new RangeError(`${what}: expected at most ${length} bytes, got ${bytes.length}`);
  return bytes;
}

function checksum(key: string, bytes: Uint8Array): number {
  return crc32(
    bytes.subarray(HEAD_BYTES),
    crc32(bytes.subarray(0, AT_CHECKSUM), crc32(`${key}\n`)),
  );
}

/**
 * Makes a codec of what is particular to a kind.
 * @param keyPattern of keys; its groups go to `read`.
 * @param fields the fields in their order. @throws RangeError
 * @param read takes the fields off again; undefined if one has a value that it cannot have.
 */
export function recordCodec<T>(
  namespace: string,
  kind: number,
  keyPattern: RegExp,
  key: (record: T) => string,
  fields: (record: T) => Uint8Array[],
  read: (key: readonly string[], from: FieldReader) => T | undefined,
): RecordCodec<T> {
  return {
    namespace,
    key,
    encode(record) {
      const parts = fields(record);
      const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, HEAD_BYTES));
      bytes[0] = kind;
      bytes[1] = VERSION;
      let at = HEAD_BYTES;
      for (const part of parts) {
        bytes.set(part, at);
        at += part.length;
      }
      writeUint32(bytes, AT_CHECKSUM, checksum(key(record), bytes));
      return bytes;
    },
    decode(name, bytes) {
      const match = keyPattern.exec(name);
      if (match === null) return { ok: false, reason: 'its key is of another kind' };
      if (bytes.length < HEAD_BYTES) return { ok: false, reason: 'it is cut off' };
      if (bytes[0] !== kind) return { ok: false, reason: `it is of another kind (${bytes[0]})` };
      // Before the checksum: a later version may check itself differently.
      if (bytes[1] !== VERSION) return { ok: false, reason: `its version is ${bytes[1]}` };
      if (readUint32(bytes, AT_CHECKSUM) !== checksum(name, bytes))
        return { ok: false, reason: 'its checksum is wrong' };
      const from = new FieldReader(bytes);
      const record = read(match.slice(1), from);
      return record !== undefined && from.done
        ? { ok: true, record }
        : { ok: false, reason: 'its fields are wrong' };
    },
  };
}
