/**
 * Random streams of a live node. Each purpose draws from a block of its own, filled by the system's generator when it is used up: one call of the
 * system for 256 draws, and the draws of one purpose tell nothing of another's. A value is overwritten as it is handed out,
 * so that what was drawn (keys among it) cannot be read from memory later.
 *
 * With a seed the streams are those of the simulator, under the names that it gives them: a node in a test then draws what its simulated twin draws.
 */
import { randomFillSync } from 'node:crypto';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { PeerBook, PeerHandle } from '../../protocols/identity/peer-book.ts';
import { ADDRESS_BYTES } from '../../protocols/identity/proximity.ts';
import type { RandomStream } from '../../protocols/random.ts';
import { StreamFactory } from '../../sim/random/streams.ts';

const BLOCK_WORDS = 256;
const TWO_POW_32 = 4_294_967_296;

/** The stream of each purpose. */
export type StreamSource = (purpose: string) => RandomStream;

class EntropyStream implements RandomStream {
  readonly #block = new Uint32Array(BLOCK_WORDS);
  readonly #refill: (block: Uint32Array) => void;
  #at = BLOCK_WORDS;

  constructor(refill: (block: Uint32Array) => void) {
    this.#refill = refill;
  }

  uint32(): number {
    if (this.#at === BLOCK_WORDS) {
      this.#refill(this.#block);
      this.#at = 0;
    }
    const value = this.#block[this.#at]!;
    this.#block[this.#at++] = 0;
    return value;
  }

  below(bound: number): number {
    if (!(bound >= 1 && bound <= TWO_POW_32) || !Number.isInteger(bound))
      throw new Error(`below(${bound}): expected an integer in [1, 2^32]`);
    // The last, incomplete run of `bound` values is drawn again.
    const limit = TWO_POW_32 - (TWO_POW_32 % bound);
    let value = this.uint32();
    while (value >= limit) value = this.uint32();
    return value % bound;
  }

  fill(out: Uint8Array, offset: number, length: number): void {
    let word = 0;
    for (let i = 0; i < length; i++) {
      if ((i & 3) === 0) word = this.uint32();
      out[offset + i] = word >>> ((i & 3) * 8);
    }
  }
}

/** Streams of the system's entropy. @param refill fills a block with uniform words; for tests. */
export function entropyStreams(
  refill: (block: Uint32Array) => void = (block) => void randomFillSync(block),
): StreamSource {
  return once(() => new EntropyStream(refill));
}

/** The streams that the node with this address has in the simulated world of this seed. */
export function seededStreams(
  seed: number | string,
  peers: PeerBook,
  self: PeerHandle,
): StreamSource {
  const factory = new StreamFactory(seed);
  const address = new Uint8Array(ADDRESS_BYTES);
  peers.writeAddress(self, address, 0);
  const name = bytesToHex(address);
  return once((purpose) => factory.stream(`node/${name}/${purpose}`));
}

/** Asking twice for one purpose gives one stream. Purposes are constants of the protocols, so they are few. */
function once(make: StreamSource): StreamSource {
  const streams = new Map<string, RandomStream>();
  return (purpose) => {
    let stream = streams.get(purpose);
    if (stream === undefined) {
      stream = make(purpose);
      streams.set(purpose, stream);
    }
    return stream;
  };
}
