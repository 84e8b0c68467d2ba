/** Small worlds whose posteriors can be worked out by hand or by brute force. */
import { ADDRESS_WORDS } from '../../../protocols/identity/proximity.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import {
  ColludersObserver,
  type ColludersOptions,
  type ColludersWorld,
} from '../../../scenarios/observers/colluders.ts';
import type { Sighting } from '../../../scenarios/observers/sighting.ts';

export const ONE_TREE: ColludersOptions = {
  policy: 'tree',
  trees: 1,
  stemHops: 0,
  randomPeer: false,
};

/** A world of evenly spread addresses: node i has i as its first bits, so proximity is that of the bits of i. */
export function evenWorld(bits: number, corrupt: readonly number[], bucket = 1): ColludersWorld {
  const nodes = 2 ** bits;
  const addresses = new Uint32Array(nodes * ADDRESS_WORDS);
  const flags = new Uint8Array(nodes);
  for (let node = 0; node < nodes; node++)
    addresses[node * ADDRESS_WORDS] = (node << (32 - bits)) >>> 0;
  for (const node of corrupt) flags[node] = 1;
  return { nodes, addresses, corrupt: flags, bucket };
}

/** A world of random addresses. */
export function randomWorld(nodes: number, corruptRatio: number, seed: string): ColludersWorld {
  const random = new StreamFactory(seed).stream('world');
  const addresses = Uint32Array.from({ length: nodes * ADDRESS_WORDS }, () => random.uint32());
  const corrupt = Uint8Array.from({ length: nodes }, () =>
    random.uint32() / 2 ** 32 < corruptRatio ? 1 : 0,
  );
  return { nodes, addresses, corrupt, bucket: 8, symmetric: true };
}

export function observerOf(
  world: ColludersWorld,
  options: Partial<ColludersOptions> = {},
): ColludersObserver {
  return new ColludersObserver(world, { ...ONE_TREE, ...options });
}

export function sighting(
  observerNode: number,
  previousHop: number,
  more: Partial<Sighting> = {},
): Sighting {
  return {
    timeUs: 0,
    observerNode,
    previousHop,
    tree: 0,
    onStem: false,
    level: 0,
    bytes: 0,
    ...more,
  };
}
