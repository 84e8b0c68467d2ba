/**
 * Validation of prefix trees (R4). The tree that routing builds over random addresses is a random trie, whose depth and losses have exact
 * recursions; they stand beside the approximations of the literature and are judged by three standard errors.
 */
import { StreamFactory } from '../../sim/random/streams.ts';
import { createRelayPolicy } from '../behaviours/index.ts';
import type { ValidationRow } from './case.ts';
import { textbookOptions } from './overlay-worlds.ts';
import {
  binomial,
  drawPair,
  meanOf,
  row,
  withinErrors,
  withinShare,
} from './routing-statistics.ts';
import { convergedFill, RoutingWorld, type RoutingWorldSettings } from './routing-worlds.ts';

/**
 * Expectations over the random tree of `size` nodes. The root hands each half of the address space that it is not in to one node there; with
 * uniform addresses the other nodes fall on the far side of each bit with probability 1/2.
 */
interface TreeExpectation {
  /** Mean depth of the nodes other than the root. */
  depth: number;
  /** Share of them that are reached when each relay other than the root is dead with probability `dead`. */
  reached: number;
}

function expectTree(size: number, dead: number): TreeExpectation {
  // Sums over the nodes below a root of n nodes: of depths, and of reached ones.
  const depths = [0, 0];
  const reached = [0, 0];
  for (let n = 2; n <= size; n++) {
    // The far side holds Binomial(n - 1, 1/2) nodes; if it holds none, the question repeats itself at the next bit.
    const pmf = binomial(n - 1, 0.5);
    let depth = 0;
    let reach = 0;
    for (let far = 1; far < n; far++) {
      depth += pmf[far]! * (far + depths[far]! + depths[n - far]!);
      reach += pmf[far]! * (1 + (1 - dead) * reached[far]! + reached[n - far]!);
    }
    depths.push(depth / (1 - pmf[0]!));
    reached.push(reach / (1 - pmf[0]!));
  }
  return { depth: depths[size]! / (size - 1), reached: reached[size]! / (size - 1) };
}

function treeWorld(
  seed: string,
  nodes: number,
  trees: number,
  policy?: RoutingWorldSettings['policy'],
): RoutingWorld {
  return new RoutingWorld({
    nodes,
    seed,
    routing: { policy: 'tree', trees },
    fill: convergedFill(textbookOptions(8)),
    ...(policy === undefined ? {} : { policy }),
  });
}

function treeCopies(): ValidationRow[] {
  const nodes = 1_024;
  const messages = 50;
  return [0, 2, 4, 6].map((luminosity) => {
    const world = treeWorld(`R4/copies/${luminosity}`, nodes, 1);
    let copies = 0;
    let others = 0;
    let exact = true;
    for (let m = 0; m < messages; m++) {
      const [sender, recipient] = drawPair(world);
      const count = world.send(sender, recipient, luminosity);
      const size = world.zoneSize(recipient, luminosity);
      copies += count.zoneCopies;
      others += size - 1;
      exact &&= count.zoneCopies === size - 1 && count.zoneReached === size;
    }
    const measured = { mean: copies / messages, error: 0 };
    return row(
      {
        id: 'R4',
        case: 'copies in the zone per message: S - 1, for each message',
        params: { nodes, luminosity, messages },
        expected: others / messages,
      },
      measured,
      'exact',
      exact,
    );
  });
}

function treeDepth(): ValidationRow[] {
  const networks = 60;
  const messages = 10;
  return [64, 256].flatMap((nodes) => {
    const depths: number[] = [];
    for (let i = 0; i < networks; i++) {
      const world = treeWorld(`R4/depth/${nodes}/${i}`, nodes, 1);
      let sum = 0;
      for (let m = 0; m < messages; m++) sum += world.send(...drawPair(world), 0).zoneHops;
      depths.push(sum / messages / (nodes - 1));
    }
    const measured = meanOf(depths);
    const params = { nodes, networks, messages };
    return [
      withinErrors(
        {
          id: 'R4',
          case: 'mean depth in the tree: exact recursion',
          params,
          expected: expectTree(nodes, 0).depth,
        },
        measured,
      ),
      withinShare(
        {
          id: 'R4',
          case: 'mean depth in the tree: about (log2 S)/2',
          params,
          expected: Math.log2(nodes) / 2,
        },
        measured,
        0.05,
      ),
    ];
  });
}

function deadRelays(): ValidationRow[] {
  const nodes = 256;
  const networks = 100;
  const messages = 10;
  return [0.1, 0.2].flatMap((dead) => {
    const shares: number[] = [];
    for (let i = 0; i < networks; i++) {
      const seed = `R4/dead/${dead}/${i}`;
      const random = new StreamFactory(seed).stream('dead');
      const isDead = Array.from({ length: nodes }, () => random.uint32() < dead * 2 ** 32);
      const world = treeWorld(seed, nodes, 1, (host) =>
        createRelayPolicy(isDead[host.self]! ? { kind: 'dead' } : { kind: 'honest' }, host),
      );
      let reached = 0;
      for (let m = 0; m < messages; m++) {
        reached += world.send(...drawPair(world), 0).zoneReached - 1;
      }
      shares.push(reached / messages / (nodes - 1));
    }
    const measured = meanOf(shares);
    const params = { nodes, dead, networks, messages };
    return [
      withinErrors(
        {
          id: 'R4',
          case: 'share of nodes reached past dead relays: exact recursion',
          params,
          expected: expectTree(nodes, dead).reached,
        },
        measured,
      ),
      withinShare(
        {
          id: 'R4',
          case: 'share of nodes reached past dead relays: S^log2(1-f/2) / (1-f)',
          params,
          expected: nodes ** Math.log2(1 - dead / 2) / (1 - dead),
        },
        measured,
        0.02,
      ),
    ];
  });
}

/** All rows of R4. */
export function treeRows(): ValidationRow[] {
  return [...treeCopies(), ...treeDepth(), ...deadRelays()];
}
