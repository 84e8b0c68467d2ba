/**
 * The random streams of sending nodes for one purpose, made when a node first sends.
 *
 * Each effect of the network draws from a stream of its own per sender, so that switching one effect on or off leaves the draws
 * of all others, and of all other nodes, where they were.
 */
import type { RandomStream } from '../../protocols/random.ts';

export type StreamOf = (node: number, purpose: string) => RandomStream;

const TWO_POW_32 = 4294967296;

export class SenderStreams {
  readonly #streams: (RandomStream | undefined)[] = [];
  readonly #streamOf: StreamOf;
  readonly #purpose: string;

  constructor(streamOf: StreamOf, purpose: string) {
    this.#streamOf = streamOf;
    this.#purpose = purpose;
  }

  of(node: number): RandomStream {
    return (this.#streams[node] ??= this.#streamOf(node, this.#purpose));
  }

  /** True with probability `ratio` (to 2^-32); draws exactly one value. */
  chance(node: number, ratio: number): boolean {
    return this.of(node).uint32() < ratio * TWO_POW_32;
  }
}
