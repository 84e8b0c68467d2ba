/**
 * Propagation delay between two places, by one of four models. Each gives the one-way delay of a datagram; what varies from
 * packet to packet on one path is jitter, a stage of its own.
 */
import type { RandomStream } from '../../protocols/random.ts';
import { sampleUs } from '../random/laws.ts';
import type { LatencyModel, Region } from './model.ts';
import type { NetworkStage, Transit } from './transit.ts';

export type StreamOf = (node: number, purpose: string) => RandomStream;

/** The latency stage of a model. `placeStream` draws the nodes' places (regions, matrix rows). */
export function createLatency(
  model: LatencyModel,
  nodes: number,
  streamOf: StreamOf,
  placeStream: RandomStream,
): NetworkStage & { regionOf?: Uint16Array } {
  switch (model.kind) {
    case 'constant':
      return {
        name: 'latency',
        minimumDelayUs: model.delayUs,
        depart(transit): void {
          transit.delayUs += model.delayUs;
        },
      };
    case 'law':
      return new LawLatency(model, nodes, streamOf);
    case 'regions':
      return new RegionLatency(model.regions, model.delayUs, nodes, placeStream);
    case 'matrix':
      return new MatrixLatency(model.rows, model.oneWayUs, nodes, placeStream);
  }
}

/**
 * A fixed delay for each ordered pair of nodes, drawn from a law by hashing the pair into the law's stream: the delay of a path stays what
 * it is, and no table of n² entries is needed.
 */
class LawLatency implements NetworkStage {
  readonly name = 'latency';
  readonly minimumDelayUs = 1;
  readonly #model: Extract<LatencyModel, { kind: 'law' }>;
  readonly #salts: Uint32Array;
  readonly #pair: PairStream = new PairStream();

  constructor(model: Extract<LatencyModel, { kind: 'law' }>, nodes: number, streamOf: StreamOf) {
    this.#model = model;
    this.#salts = new Uint32Array(nodes);
    for (let node = 0; node < nodes; node++) {
      this.#salts[node] = streamOf(node, 'network/place').uint32();
    }
  }

  depart(transit: Transit): void {
    this.#pair.start(this.#salts[transit.from]!, this.#salts[transit.to]!);
    transit.delayUs += Math.max(1, sampleUs(this.#model.law, this.#pair));
  }
}

/** A stream that is a hash of two salts: symmetric, stateless between pairs. */
class PairStream implements RandomStream {
  #state = 0;

  start(a: number, b: number): void {
    this.#state = Math.imul(a ^ b, 0x9e3779b1) ^ Math.imul((a + b) | 0, 0x85ebca6b);
  }

  uint32(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
    x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
    return (x ^ (x >>> 15)) >>> 0;
  }

  below(bound: number): number {
    return Math.floor((this.uint32() / 4294967296) * bound);
  }

  fill(out: Uint8Array, offset: number, length: number): void {
    for (let i = 0; i < length; i++) out[offset + i] = this.uint32();
  }
}

class RegionLatency implements NetworkStage {
  readonly name = 'latency';
  readonly minimumDelayUs: number;
  /** Region index of each node. */
  readonly regionOf: Uint16Array;
  readonly #delays: Float64Array;
  readonly #regions: number;

  constructor(
    regions: readonly Region[],
    delayUs: readonly (readonly number[])[],
    nodes: number,
    place: RandomStream,
  ) {
    this.#regions = regions.length;
    this.#delays = Float64Array.from(delayUs.flat());
    this.regionOf = assignByShare(
      regions.map((r) => r.shareRatio),
      nodes,
      place,
    );
    this.minimumDelayUs = Math.max(
      1,
      this.#delays.reduce((least, d) => Math.min(least, d), Infinity),
    );
  }

  depart(transit: Transit): void {
    const from = this.regionOf[transit.from]!;
    transit.delayUs += this.#delays[from * this.#regions + this.regionOf[transit.to]!]!;
  }
}

class MatrixLatency implements NetworkStage {
  readonly name = 'latency';
  readonly minimumDelayUs: number;
  readonly #rowOf: Uint32Array;
  readonly #delays: Float64Array;
  readonly #rows: number;

  constructor(rows: number, oneWayUs: Float64Array, nodes: number, place: RandomStream) {
    this.#rows = rows;
    this.#delays = oneWayUs;
    this.#rowOf = new Uint32Array(nodes);
    // Up to `rows` nodes each get a place of their own; a larger world fills all places evenly before reusing any.
    const order = Uint32Array.from({ length: rows }, (_, i) => i);
    for (let node = 0; node < nodes; node++) {
      const at = node % rows;
      if (at === 0) shuffle(order, place);
      this.#rowOf[node] = order[at]!;
    }
    let least = Infinity;
    for (const d of oneWayUs) if (d > 0 && d < least) least = d;
    this.minimumDelayUs = Math.max(1, least);
  }

  depart(transit: Transit): void {
    const delay = this.#delays[this.#rowOf[transit.from]! * this.#rows + this.#rowOf[transit.to]!]!;
    // Two nodes in one place (a world larger than the matrix) are as close as the two closest places.
    transit.delayUs += delay > 0 ? delay : this.minimumDelayUs;
  }
}

/** Shuffles in place (Fisher–Yates). */
export function shuffle(values: Uint16Array | Uint32Array, random: RandomStream): void {
  for (let i = values.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const swap = values[i]!;
    values[i] = values[j]!;
    values[j] = swap;
  }
}

/** An index for each node so that index i gets its share of all nodes to the nearest node (largest remainders), shuffled. */
export function assignByShare(
  shares: readonly number[],
  nodes: number,
  random: RandomStream,
): Uint16Array {
  const exact = shares.map((s) => s * nodes);
  const counts = exact.map(Math.floor);
  const byRemainder = exact
    .map((value, index) => ({ index, remainder: value - Math.floor(value) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index);
  let left = nodes - counts.reduce((sum, c) => sum + c, 0);
  for (const { index } of byRemainder) {
    if (left <= 0) break;
    counts[index]!++;
    left--;
  }
  const assigned = new Uint16Array(nodes);
  let at = 0;
  counts.forEach((count, index) => {
    assigned.fill(index, at, at + count);
    at += count;
  });
  shuffle(assigned, random);
  return assigned;
}
