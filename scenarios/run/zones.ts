/**
 * Which nodes match a prefix: answered from addresses sorted once, so that counting a zone costs two binary searches.
 * Truth that only the simulator has; protocols never see it.
 */
import { ADDRESS_WORDS, compareDistance } from '../../protocols/identity/proximity.ts';

export class ZoneIndex {
  /** Node indexes in ascending address order. */
  readonly order: Int32Array;
  readonly #words: Uint32Array;
  readonly #nodes: number;
  readonly #low = new Uint32Array(ADDRESS_WORDS);
  readonly #zero = new Uint32Array(ADDRESS_WORDS);
  #first = 0;

  constructor(words: Uint32Array, nodes: number) {
    this.#words = words;
    this.#nodes = nodes;
    this.order = Int32Array.from({ length: nodes }, (_, i) => i).sort((a, b) =>
      compareDistance(this.#zero, 0, words, a * ADDRESS_WORDS, words, b * ADDRESS_WORDS),
    );
  }

  /** Nodes that share the first `bits` bits with the address at `target[offset]`. */
  count(target: Uint32Array, offset: number, bits: number): number {
    this.#first = this.#lowerBound(target, offset, bits, 0);
    return this.#lowerBound(target, offset, bits, 1) - this.#first;
  }

  /** `count`, and calls `visit` with each such node in address order. */
  forEach(
    target: Uint32Array,
    offset: number,
    bits: number,
    visit: (node: number) => void,
  ): number {
    const n = this.count(target, offset, bits);
    for (let i = 0; i < n; i++) visit(this.order[this.#first + i]!);
    return n;
  }

  /** The node, among those `accept` takes, whose address is closest to the target; -1 if none. */
  closest(target: Uint32Array, offset: number, accept: (node: number) => boolean): number {
    for (let bits = 256; bits >= 0; bits--) {
      let best = -1;
      this.forEach(target, offset, bits, (node) => {
        if (!accept(node)) return;
        const at = node * ADDRESS_WORDS;
        if (
          best < 0 ||
          compareDistance(target, offset, this.#words, at, this.#words, best * ADDRESS_WORDS) < 0
        ) {
          best = node;
        }
      });
      if (best >= 0) return best;
      if (bits > 32) bits = 33;
    }
    return -1;
  }

  /** Nodes in bin `order` of `node`: those that share exactly `order` leading bits with it. */
  binCount(node: number, order: number): number {
    const at = node * ADDRESS_WORDS;
    return this.count(this.#words, at, order) - this.count(this.#words, at, order + 1);
  }

  /** First index whose address is >= prefix (after = 0) or > every address with that prefix (after = 1). */
  #lowerBound(target: Uint32Array, offset: number, bits: number, after: 0 | 1): number {
    const key = this.#low;
    for (let i = 0; i < ADDRESS_WORDS; i++) {
      const left = bits - 32 * i;
      const mask = left >= 32 ? 0xffffffff : left <= 0 ? 0 : ~(0xffffffff >>> left) >>> 0;
      const prefix = (target[offset + i]! & mask) >>> 0;
      key[i] = after === 0 ? prefix : (prefix | ~mask) >>> 0;
    }
    let low = 0;
    let high = this.#nodes;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = this.order[middle]! * ADDRESS_WORDS;
      const c = compareDistance(this.#zero, 0, this.#words, at, key, 0);
      if (c < 0 || (after === 1 && c === 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
