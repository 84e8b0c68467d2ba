/** Keys of encrypted links, as a run or a node has logged them, and what they open. The format is that of `scenarios/results/key-log.ts`. */
import { hexToBytes } from '@noble/hashes/utils.js';
import { readUint16, readUint32 } from '../../protocols/codec/bytes.ts';
import { AEAD_NONCE_BYTES, AEAD_TAG_BYTES, type CryptoSuite } from '../../protocols/crypto/port.ts';
import { createSuite } from '../../protocols/crypto/suites.ts';
import {
  DATA_HEADER_BYTES,
  isWellFormed,
  readCounter,
  TYPE_DATA,
} from '../../protocols/link/wire.ts';
import { writeNonce } from '../../protocols/noise/cipher-state.ts';

const LINE = /^LINK_KEY (chacha20-poly1305|modelled) ([0-9a-f]{8}) ([0-9a-f]{64})$/;
const AT_INDEX = 1;
const AT_COUNTER = 5;
const LENGTH_BYTES = 2;

interface LinkKey {
  suite: CryptoSuite;
  key: Uint8Array;
}

export class LinkKeys {
  readonly #keys = new Map<number, LinkKey[]>();
  readonly #nonce = new Uint8Array(AEAD_NONCE_BYTES);

  /** Reads a key log; lines that are none are left out. */
  constructor(text: string) {
    const suites = {
      'chacha20-poly1305': createSuite('native'),
      modelled: createSuite('modelled'),
    };
    for (const line of text.split('\n')) {
      const match = LINE.exec(line);
      if (match === null) continue;
      const index = parseInt(match[2]!, 16);
      const key = { suite: suites[match[1] as keyof typeof suites], key: hexToBytes(match[3]!) };
      this.#keys.set(index, [...(this.#keys.get(index) ?? []), key]);
    }
  }

  /** How many different receiver indexes there are keys for. */
  get size(): number {
    return this.#keys.size;
  }

  /** What a DATA datagram carries; undefined without its key, or for anything that is no genuine DATA. */
  open(payload: Uint8Array): Uint8Array | undefined {
    if (payload[0] !== TYPE_DATA || !isWellFormed(payload, 0, payload.length)) return undefined;
    const counter = readCounter(payload, AT_COUNTER);
    if (counter < 0) return undefined;
    writeNonce(counter, this.#nonce);
    const header = payload.subarray(0, DATA_HEADER_BYTES);
    const out = new Uint8Array(payload.length - DATA_HEADER_BYTES - AEAD_TAG_BYTES);
    for (const { suite, key } of this.#keys.get(readUint32(payload, AT_INDEX)) ?? []) {
      const sealed = payload.length - DATA_HEADER_BYTES;
      const opened = suite.open(
        key,
        this.#nonce,
        header,
        payload,
        DATA_HEADER_BYTES,
        sealed,
        out,
        0,
      );
      if (opened < LENGTH_BYTES) continue;
      const length = readUint16(out, 0);
      if (length <= opened - LENGTH_BYTES) return out.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
    }
    return undefined;
  }
}
