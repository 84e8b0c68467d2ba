/**
 * Validation of dark routing (R1, R2, R3, R4): the real machine on the simulator, messages counted by what its nodes report. Intervals
 * come from independent networks.
 */
import type { ValidationCase, ValidationRow } from './case.ts';
import { textbookOptions } from './overlay-worlds.ts';
import {
  binomial,
  drawPair,
  meanOf,
  row,
  withinErrors,
  withinShare,
} from './routing-statistics.ts';
import { treeRows } from './routing-trees.ts';
import { convergedFill, RoutingWorld, swarmDepth, swarmFill } from './routing-worlds.ts';

// ---- R1 ----

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
    run: treeRows,
  },
];
