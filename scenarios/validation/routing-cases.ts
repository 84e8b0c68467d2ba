/**
 * Validation of dark routing (R1, R2, R3, R4): the real machine on the simulator, messages counted by what its nodes report.
 *
 * Intervals come from independent networks. Where a closed form of the literature is an approximation, the exact recursion for the
 * random tree that routing really builds stands beside it and is judged by three standard errors.
 */
import { StreamFactory } from '../../sim/random/streams.ts';
import { createRelayPolicy } from '../behaviours/index.ts';
import type { ValidationCase, ValidationRow } from './case.ts';
import { textbookOptions } from './overlay-worlds.ts';
import {
  convergedFill,
  RoutingWorld,
  swarmDepth,
  swarmFill,
  type RoutingWorldSettings,
} from './routing-worlds.ts';

const Z95 = 1.96;

interface Mean {
  mean: number;
  /** Standard error of the mean, from the spread between independent networks. */
  error: number;
}

function meanOf(values: readonly number[]): Mean {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const squares = values.reduce((sum, x) => sum + (x - mean) * (x - mean), 0);
  return { mean, error: Math.sqrt(squares / (values.length - 1) / values.length) };
}

type RowHead = Pick<ValidationRow, 'id' | 'case' | 'params' | 'expected'> & { note?: string };

function row(head: RowHead, measured: Mean, tolerance: string, pass: boolean): ValidationRow {
  const half = Z95 * measured.error;
  return {
    ...head,
    measured: measured.mean,
    ci95: [measured.mean - half, measured.mean + half],
    tolerance,
    verdict: pass ? 'pass' : 'fail',
  };
}

/** Judged by three standard errors. */
function withinErrors(head: RowHead, measured: Mean): ValidationRow {
  const pass = Math.abs(measured.mean - head.expected) <= 3 * measured.error;
  return row(head, measured, '3 standard errors', pass);
}

/** Judged by a share of the expected value, because the reference is approximate by that much. */
function withinShare(head: RowHead, measured: Mean, share: number): ValidationRow {
  const pass = Math.abs(measured.mean - head.expected) <= share * head.expected;
  return row(head, measured, `±${share * 100}% (reference is approximate)`, pass);
}

/** Two different nodes. */
function drawPair(world: RoutingWorld): [number, number] {
  const nodes = world.tables.length;
  const sender = world.random.below(nodes);
  const other = world.random.below(nodes - 1);
  return [sender, other < sender ? other : other + 1];
}

// ---- R1 ----

/** Probabilities of 0..n successes. */
function binomial(n: number, p: number): number[] {
  const pmf: number[] = [];
  let log = n * Math.log1p(-p);
  for (let k = 0; k <= n; k++) {
    pmf.push(Math.exp(log));
    log += Math.log((n - k) / (k + 1)) + Math.log(p) - Math.log1p(-p);
  }
  return pmf;
}

function zoneSizes(): ValidationRow[] {
  const nodes = 512;
  const networks = 60;
  const messages = 40;
  const luminosities = [3, 5, 7, 9];
  const sizes = luminosities.map(() => [] as number[]);
  const bits = luminosities.map(() => [] as number[]);
  for (let i = 0; i < networks; i++) {
    const world = new RoutingWorld({
      nodes,
      seed: `R1/${i}`,
      routing: { policy: 'tree', trees: 1 },
      fill: convergedFill(textbookOptions(8)),
    });
    luminosities.forEach((luminosity, at) => {
      let size = 0;
      let log = 0;
      for (let m = 0; m < messages; m++) {
        const { zoneReached } = world.send(...drawPair(world), luminosity);
        size += zoneReached;
        log += Math.log2(zoneReached);
      }
      sizes[at]!.push(size / messages);
      bits[at]!.push(log / messages);
    });
  }
  return luminosities.flatMap((luminosity, at) => {
    const params = { nodes, luminosity, networks, messages };
    const pmf = binomial(nodes - 1, 2 ** -luminosity);
    return [
      withinErrors(
        {
          id: 'R1',
          case: 'nodes of the zone that have the packet: 1 + Binomial(N-1, 2^-l), mean',
          params,
          expected: 1 + (nodes - 1) * 2 ** -luminosity,
        },
        meanOf(sizes[at]!),
      ),
      withinErrors(
        {
          id: 'R1',
          case: 'bits among them: mean of log2 S',
          params,
          expected: pmf.reduce((sum, p, others) => sum + p * Math.log2(1 + others), 0),
        },
        meanOf(bits[at]!),
      ),
    ];
  });
}

// ---- R2 ----

function floodCopies(): ValidationRow[] {
  const nodes = 4_096;
  const networks = 3;
  // Luminosity and messages per network: a full flood says as much as many small ones.
  const settings = [
    [0, 1],
    [3, 4],
    [4, 16],
    [6, 200],
  ] as const;
  return [4, 8].flatMap((bucket) => {
    const perNode = settings.map(() => [] as number[]);
    const formula = settings.map(() => [] as number[]);
    for (let i = 0; i < networks; i++) {
      const world = new RoutingWorld({
        nodes,
        seed: `R2/${bucket}/${i}`,
        routing: { policy: 'pss-v2' },
        fill: convergedFill({
          ...textbookOptions(bucket),
          neighbourhood: bucket,
          symmetric: true,
        }),
      });
      settings.forEach(([luminosity, messages], at) => {
        let copies = 0;
        let expected = 0;
        for (let m = 0; m < messages; m++) {
          const count = world.send(...drawPair(world), luminosity);
          copies += count.zoneCopies / count.zoneReached;
          expected += bucket * (2 * Math.log2(count.zoneReached / bucket) - 1);
        }
        perNode[at]!.push(copies / messages);
        formula[at]!.push(expected / messages);
      });
    }
    return settings.flatMap(([luminosity, messages], at) => {
      const zone = (nodes - 1) * 2 ** -luminosity + 1;
      if (zone / bucket < 16) return [];
      const head = {
        id: 'R2',
        case: 'copies per zone node of a flood: k (2 log2(S/k) - 1)',
        params: { nodes, bucket, luminosity, networks, messages },
        expected: meanOf(formula[at]!).mean,
        note: 'the formula is evaluated at the size of each zone that was measured',
      };
      return [withinShare(head, meanOf(perNode[at]!), 0.02)];
    });
  });
}

// ---- R3 ----

/** Copies of a message, and copies per zone node, as the reference measured them (anonymity §4.3). */
const SWARM_REFERENCE = [
  { luminosity: 4, messages: 40, copies: 15_673, perNode: 60.8 },
  { luminosity: 6, messages: 150, copies: 2_141, perNode: 32.6 },
  { luminosity: 8, messages: 600, copies: 256, perNode: 13.9 },
] as const;
/** Messages per overlay in the reference's batches, as far as it says. */
const REFERENCE_MESSAGES = 150;

function swarmCopies(): ValidationRow[] {
  const nodes = 4_096;
  const networks = 5;
  const copies = SWARM_REFERENCE.map(() => [] as number[]);
  const perNode = SWARM_REFERENCE.map(() => [] as number[]);
  /** Sums of copies and their squares over all messages. */
  const sums = SWARM_REFERENCE.map(() => [0, 0] as [number, number]);
  for (let i = 0; i < networks; i++) {
    const world = new RoutingWorld({
      nodes,
      seed: `R3/${i}`,
      routing: { policy: 'pss-v2' },
      fill: swarmFill,
      depth: swarmDepth,
    });
    SWARM_REFERENCE.forEach(({ luminosity, messages }, at) => {
      let total = 0;
      let ratio = 0;
      for (let m = 0; m < messages; m++) {
        const count = world.send(...drawPair(world), luminosity);
        total += count.copies;
        ratio += count.copies / count.zoneReached;
        sums[at]![0] += count.copies;
        sums[at]![1] += count.copies * count.copies;
      }
      copies[at]!.push(total / messages);
      perNode[at]!.push(ratio / messages);
    });
  }
  return SWARM_REFERENCE.flatMap((reference, at) => {
    const { luminosity, messages } = reference;
    const params = { nodes, luminosity, networks, messages };
    const measured = meanOf(copies[at]!);
    const n = networks * messages;
    const deviation = Math.sqrt(sums[at]![1] / n - (sums[at]![0] / n) ** 2);
    // The copies of a message vary with the square of its zone, so the mean of a sample of messages is uncertain by far more than
    // the copies of a given zone, which the second row compares.
    const band = 0.05 * reference.copies + (3 * deviation) / Math.sqrt(REFERENCE_MESSAGES);
    return [
      row(
        {
          id: 'R3',
          case: "copies of a message, Swarm's later rule",
          params,
          expected: reference.copies,
          note: `one message deviates by ${deviation.toFixed(0)} copies, since zones differ; the reference's sample is taken as ${REFERENCE_MESSAGES} messages`,
        },
        measured,
        '±5% (reference is approximate) and 3 standard errors of its sample',
        Math.abs(measured.mean - reference.copies) <= band,
      ),
      withinShare(
        {
          id: 'R3',
          case: "copies per zone node, Swarm's later rule",
          params,
          expected: reference.perNode,
        },
        meanOf(perNode[at]!),
        0.05,
      ),
    ];
  });
}

// ---- R4 ----

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

export const routingCases: readonly ValidationCase[] = [
  {
    id: 'R1',
    title: 'Size of a zone',
    source: 'S = 1 + Binomial(N-1, 2^-l), by definition with uniform addresses',
    run: zoneSizes,
  },
  {
    id: 'R2',
    title: 'Copies of a flood over symmetric random bins',
    source: 'k (2 log2(S/k) - 1) per zone node, 2% for S/k >= 16',
    run: floodCopies,
  },
  {
    id: 'R3',
    title: "Copies under Swarm's later rule at N = 4096",
    source:
      'static simulation of ethersphere/swarm pss.go forward(); random tables, symmetric links',
    run: swarmCopies,
  },
  {
    id: 'R4',
    title: 'Prefix trees: copies, depth, delivery past dead relays',
    source:
      'copies S - 1 by construction; exact recursion over random trees; S^log2(1-f/2) / (1-f)',
    run: () => [...treeCopies(), ...treeDepth(), ...deadRelays()],
  },
];
