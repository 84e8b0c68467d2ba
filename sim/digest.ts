/**
 * Per-node rolling digests: what happened at each node, in order, folded into 64 bits as it happens.
 *
 * Folding per node rather than globally is what makes the result independent of how nodes are spread over workers: each
 * node sees its own events in the total order wherever it lives. Only facts that every run shares are folded (time, kind,
 * who, size, outcome): no handle numbers, no ciphertext. At the end the lanes are hashed in the order of the nodes'
 * overlay addresses, so the order in which nodes were made does not matter either.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { compareDistance, ADDRESS_WORDS } from '../protocols/identity/proximity.ts';

/** Version tag of the digest's definition; a digest of another version is not comparable. */
export const DIGEST_PREFIX = 'mf1:';

const TWO_POW_32 = 4294967296;

export class NodeDigests {
  #lanes: Uint32Array;
  #counts: Float64Array;

  constructor(nodes: number) {
    this.#lanes = new Uint32Array(nodes * 2);
    this.#counts = new Float64Array(nodes);
  }

  /** Makes room for nodes up to `nodes - 1`. */
  reserve(nodes: number): void {
    if (nodes <= this.#counts.length) return;
    const lanes = new Uint32Array(nodes * 4);
    lanes.set(this.#lanes);
    this.#lanes = lanes;
    const counts = new Float64Array(nodes * 2);
    counts.set(this.#counts);
    this.#counts = counts;
  }

  /** Folds one handled event of `node`. `who` is the first word of the other side's address, 0 for none. */
  fold(
    node: number,
    timeUs: number,
    kind: number,
    who: number,
    size: number,
    outcome: number,
  ): void {
    const lanes = this.#lanes;
    const at = node * 2;
    const high = Math.floor(timeUs / TWO_POW_32);
    let x = lanes[at]! ^ (timeUs - high * TWO_POW_32) ^ Math.imul(high, 0x9e3779b1);
    x = Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) ^ who;
    x = Math.imul(x ^ (x >>> 12), 0x297a2d39) ^ (kind << 24) ^ (outcome << 16) ^ size;
    let y = lanes[at + 1]! + x;
    y = Math.imul(y ^ (y >>> 16), 0x85ebca6b);
    y = Math.imul(y ^ (y >>> 13), 0xc2b2ae35) + who;
    lanes[at] = x ^ (x >>> 15) ^ (y << 7);
    lanes[at + 1] = y ^ (y >>> 16);
    this.#counts[node]!++;
  }

  /** The lanes of one node as 16 hex digits plus its event count: for finding where two runs part. */
  nodeDigest(node: number): string {
    const hex = (word: number): string => word.toString(16).padStart(8, '0');
    return `${hex(this.#lanes[node * 2]!)}${hex(this.#lanes[node * 2 + 1]!)}#${this.#counts[node]!}`;
  }

  /** The digest of the run: SHA-256 over (address, lanes, count) of all nodes in address order. */
  combine(words: Uint32Array, nodes: number): string {
    const order = Array.from({ length: nodes }, (_, i) => i);
    const zero = new Uint32Array(ADDRESS_WORDS);
    order.sort((a, b) =>
      compareDistance(zero, 0, words, a * ADDRESS_WORDS, words, b * ADDRESS_WORDS),
    );
    const record = new DataView(new ArrayBuffer(32 + 8 + 8));
    const hash = sha256.create();
    for (const node of order) {
      for (let i = 0; i < ADDRESS_WORDS; i++)
        record.setUint32(4 * i, words[node * ADDRESS_WORDS + i]!);
      record.setUint32(32, this.#lanes[node * 2]!);
      record.setUint32(36, this.#lanes[node * 2 + 1]!);
      record.setFloat64(40, this.#counts[node]!);
      hash.update(new Uint8Array(record.buffer));
    }
    return DIGEST_PREFIX + bytesToHex(hash.digest());
  }
}
