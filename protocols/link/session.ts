/**
 * Keys of one direction each, and what was sent and received under them: the transport phase of one handshake.
 *
 * The counter travels in clear and is the nonce, so datagrams may be lost and reordered; each counter opens once. Counters never come back:
 * a session is thrown away long before they could.
 */
import type { CryptoSuite } from '../crypto/port.ts';
import { AEAD_NONCE_BYTES, AEAD_TAG_BYTES } from '../crypto/port.ts';
import type { Micros } from '../host.ts';
import { RecordVerifier } from '../identity/record.ts';
import { writeNonce } from '../noise/cipher-state.ts';
import { WIRE_BYTES_MAX } from '../host.ts';
import { ReplayWindow } from './replay-window.ts';
import { DATA_HEADER_BYTES, dataBytes, readCounter, TYPE_DATA, writeCounter } from './wire.ts';
import { readUint16, writeUint16, writeUint32 } from '../codec/bytes.ts';

const AT_INDEX = 1;
const AT_COUNTER = 5;
const LENGTH_BYTES = 2;

/** Buffers that all links of one thread may share: nothing in them survives a call. */
export class LinkScratch {
  readonly nonce = new Uint8Array(AEAD_NONCE_BYTES);
  readonly header = new Uint8Array(DATA_HEADER_BYTES);
  /** Records checked lately: simulated nodes meet the same ones over and over. */
  readonly records: RecordVerifier;
  /** A datagram being made. */
  readonly out = new Uint8Array(WIRE_BYTES_MAX);

  /** @param records records to remember; their number should be that of the nodes that share this. */
  constructor(suite: CryptoSuite, records = 1_024) {
    this.records = new RecordVerifier(suite, records);
  }
}

export class Session {
  /** Our name for it, which the peer puts on what it sends. */
  readonly localIndex: number;
  readonly remoteIndex: number;
  readonly initiator: boolean;
  readonly createdUs: Micros;
  readonly window = new ReplayWindow();
  /** The other side has shown that it has the keys. */
  confirmed: boolean;
  sent = 0;
  readonly #suite: CryptoSuite;
  readonly #sendKey: Uint8Array;
  readonly #receiveKey: Uint8Array;
  readonly #scratch: LinkScratch;

  constructor(
    suite: CryptoSuite,
    scratch: LinkScratch,
    parts: {
      localIndex: number;
      remoteIndex: number;
      initiator: boolean;
      createdUs: Micros;
      sendKey: Uint8Array;
      receiveKey: Uint8Array;
    },
  ) {
    this.#suite = suite;
    this.#scratch = scratch;
    this.localIndex = parts.localIndex;
    this.remoteIndex = parts.remoteIndex;
    this.initiator = parts.initiator;
    this.createdUs = parts.createdUs;
    this.confirmed = parts.initiator;
    this.#sendKey = parts.sendKey.slice();
    this.#receiveKey = parts.receiveKey.slice();
  }

  /** Writes a DATA of `total` bytes (a size class) with `content[offset..+length)` at `out[0]`. @returns its length. */
  seal(
    content: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    total = dataBytes(length),
  ): number {
    const plainAt = DATA_HEADER_BYTES;
    const plainBytes = total - DATA_HEADER_BYTES - AEAD_TAG_BYTES;
    out[0] = TYPE_DATA;
    writeUint32(out, AT_INDEX, this.remoteIndex);
    writeCounter(out, AT_COUNTER, this.sent);
    writeUint16(out, plainAt, length);
    out.set(content.subarray(offset, offset + length), plainAt + LENGTH_BYTES);
    out.fill(0, plainAt + LENGTH_BYTES + length, plainAt + plainBytes);
    const { header, nonce } = this.#scratch;
    header.set(out.subarray(0, DATA_HEADER_BYTES));
    writeNonce(this.sent, nonce);
    this.sent++;
    this.#suite.seal(this.#sendKey, nonce, header, out, plainAt, plainBytes, out, plainAt);
    return total;
  }

  /**
   * Opens the DATA of `length` bytes (a well-formed one) at `bytes[offset]` into `out`.
   * @returns bytes of content, which then begins at `out[LENGTH_BYTES]`; -1 for a forged, repeated or too old one, which changes nothing.
   */
  open(bytes: Uint8Array, offset: number, length: number, out: Uint8Array): number {
    const counter = readCounter(bytes, offset + AT_COUNTER);
    if (counter < 0 || !this.window.isFresh(counter)) return -1;
    const { header, nonce } = this.#scratch;
    for (let i = 0; i < DATA_HEADER_BYTES; i++) header[i] = bytes[offset + i]!;
    writeNonce(counter, nonce);
    const opened = this.#suite.open(
      this.#receiveKey,
      nonce,
      header,
      bytes,
      offset + DATA_HEADER_BYTES,
      length - DATA_HEADER_BYTES,
      out,
      0,
    );
    if (opened < LENGTH_BYTES) return -1;
    const content = readUint16(out, 0);
    if (content > opened - LENGTH_BYTES) return -1;
    this.window.accept(counter);
    this.confirmed = true;
    return content;
  }

  /** Overwrites the keys; the session must not be used afterwards. */
  forget(): void {
    this.#sendKey.fill(0);
    this.#receiveKey.fill(0);
  }
}

export const CONTENT_AT = LENGTH_BYTES;
