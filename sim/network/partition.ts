/** A split of the network that faults make and heal: datagrams between nodes of different sides are lost on the way. */
import { DROP_PARTITION, type NetworkStage, type Transit } from './transit.ts';

export class Partition implements NetworkStage {
  readonly name = 'partition';
  readonly minimumDelayUs = 0;
  readonly #nodes: number;
  #side: Uint8Array | undefined;

  constructor(nodes: number) {
    this.#nodes = nodes;
  }

  /** @param side the side of each node (any small numbers; borrowed, not copied); undefined heals the split */
  set(side: Uint8Array | undefined): void {
    if (side !== undefined && side.length !== this.#nodes)
      throw new Error(`partition of ${side.length} nodes in a world of ${this.#nodes}`);
    this.#side = side;
  }

  depart(transit: Transit): void {
    const side = this.#side;
    if (side !== undefined && side[transit.from] !== side[transit.to])
      transit.drop = DROP_PARTITION;
  }
}
