import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CACHED,
  FOUND,
  LOCAL,
  NO_ACCESS,
  OVER_THRESHOLD,
} from '../../../scenarios/economy/counters.ts';
import { generateTopology } from '../../../scenarios/economy/generators.ts';
import { TokenKernel } from '../../../scenarios/economy/kernel.ts';
import {
  DEFAULT_RULES,
  type PaymentRule,
  type TokenRules,
} from '../../../scenarios/economy/rules.ts';
import {
  drawOriginators,
  runRequests,
  simulateTokens,
} from '../../../scenarios/economy/simulate.ts';
import { topologyOf } from '../../../scenarios/economy/topology.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { Oracle } from './oracle.ts';

const streams = new StreamFactory('test/kernel');
const OUTCOMES = ['found', 'local', 'cached', 'access', 'threshold'];

const ruleSets: fc.Arbitrary<TokenRules> = fc.record({
  limited: fc.boolean(),
  threshold: fc.integer({ min: 0, max: 30 }),
  reciprocity: fc.boolean(),
  forgiveness: fc.boolean(),
  refreshRate: fc.integer({ min: 0, max: 9 }),
  adjustable: fc.boolean(),
  payment: fc.constantFrom<PaymentRule>(
    'none',
    'every-hop',
    'originator-only',
    'if-originator-pays',
    'force-originator',
  ),
  paid: fc.constantFrom('request' as const, 'balance' as const),
  priceOrderMax: fc.integer({ min: 1, max: 10 }),
  priceUnit: fc.integer({ min: 1, max: 3 }),
  replication: fc.integer({ min: 1, max: 5 }),
  requestsPerEpoch: fc.integer({ min: 1, max: 60 }),
  cacheChunks: fc.constant(0),
});

describe('the accounting kernel', () => {
  it('does what the rules say, request by request', () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(
        ruleSets,
        fc.integer({ min: 8, max: 50 }),
        fc.integer({ min: 1, max: 4 }),
        fc.boolean(),
        fc.nat(),
        (rules, nodes, bucketSize, symmetric, seed) => {
          if (rules.adjustable && rules.threshold === 0) return;
          const bits = 8;
          const random = streams.stream(`oracle/${seed}`);
          const topology = generateTopology({ nodes, bits, bucketSize, symmetric }, random);
          const oracle = new Oracle(
            Array.from(topology.ids, (id, node) => {
              const from = topology.first[node * bits];
              const to = topology.first[(node + 1) * bits];
              return { id, neighbours: [...topology.to.subarray(from, to)] };
            }),
            bits,
            rules,
          );
          const kernel = new TokenKernel(topology, rules);
          const askers = 1 + random.below(nodes);
          for (let i = 0; i < 200; i++) {
            const originator = random.below(askers);
            const chunk = 1 + random.below(255);
            const outcome = kernel.request(originator, chunk);
            const expected = oracle.request(originator, chunk, kernel.depth);
            seen.add(expected.outcome);
            expect(OUTCOMES[outcome]).toBe(expected.outcome);
            const { route } = kernel;
            expect([...route.nodes.subarray(0, route.hops + 1)]).toEqual(expected.route);
          }
          topology.to.forEach((to, edge) => {
            const from = topology.first.findLastIndex((first) => first <= edge);
            expect(kernel.debt[edge]).toBe(oracle.debt(Math.floor(from / bits), to));
          });
          const { income, cost, forwards, served, hopIncome, originatorsPaid } = kernel.counters;
          expect([...income]).toEqual(oracle.income);
          expect([...cost]).toEqual(oracle.cost);
          expect([...forwards]).toEqual(oracle.forwards);
          expect([...served]).toEqual(oracle.served);
          // Every unit that a relay or a store earned was paid by an originator.
          expect(income.reduce((sum, x) => sum + x, 0)).toBe(originatorsPaid);
          expect(hopIncome.reduce((sum, x) => sum + x, 0)).toBe(originatorsPaid);
        },
      ),
      { numRuns: 300 },
    );
    expect([...seen].sort()).toEqual(['access', 'found', 'local', 'threshold']);
  });

  /** A line 0 - 1 - 2 over three bits: ids 000, 100, 110; the chunk 111 is stored at node 2. */
  const line = () => topologyOf(Int32Array.of(0b000, 0b100, 0b110), 3, [[1], [0, 2], [1]]);
  const lineRules: TokenRules = {
    ...DEFAULT_RULES,
    threshold: 0,
    forgiveness: false,
    priceOrderMax: 3,
    replication: 1,
  };
  /** Depth 2 needs more than three nodes, so two bystanders make up the number. */
  const network = () => {
    const { ids } = line();
    return topologyOf(Int32Array.of(...ids, 0b001, 0b010), 3, [[1], [0, 2], [1], [], []]);
  };

  it.each<[PaymentRule, number, number[]]>([
    ['every-hop', FOUND, [0, 1, 2]],
    ['originator-only', OVER_THRESHOLD, [0, 0, 0]],
    ['if-originator-pays', FOUND, [0, 1, 2]],
    ['force-originator', FOUND, [0, 1, 2]],
    ['none', OVER_THRESHOLD, [0, 0, 0]],
  ])('with %s ends as %i and leaves incomes %j', (payment, outcome, income) => {
    const kernel = new TokenKernel(network(), { ...lineRules, payment });
    expect(kernel.depth).toBe(2);
    expect(kernel.request(0, 0b111)).toBe(outcome);
    // The first hop costs 3 (proximity 1), the second 2 (proximity 2).
    expect([...kernel.counters.income.subarray(0, 3)]).toEqual(income);
  });

  it('lets a forwarder pay for itself where the originator need not', () => {
    // Node 1 owes node 2 already; node 0 owes nothing.
    const run = (payment: PaymentRule) => {
      const kernel = new TokenKernel(network(), { ...lineRules, threshold: 3, payment });
      expect(kernel.request(1, 0b111)).toBe(FOUND);
      expect(kernel.counters.paid).toBe(0);
      const outcome = kernel.request(0, 0b111);
      return { outcome, income: [...kernel.counters.income.subarray(0, 3)] };
    };
    expect(run('every-hop')).toEqual({ outcome: FOUND, income: [0, -2, 2] });
    expect(run('force-originator')).toEqual({ outcome: FOUND, income: [0, 1, 2] });
    expect(run('originator-only')).toEqual({ outcome: OVER_THRESHOLD, income: [0, 0, 0] });
    expect(run('if-originator-pays')).toEqual({ outcome: OVER_THRESHOLD, income: [0, 0, 0] });
  });

  it('settles the whole balance, or this request only', () => {
    const run = (paid: TokenRules['paid']) => {
      const kernel = new TokenKernel(network(), { ...lineRules, threshold: 5, paid });
      for (let i = 0; i < 3; i++) kernel.request(1, 0b111);
      return { paid: kernel.counters.paid, debt: Math.max(...kernel.debt) };
    };
    // Two requests of 2 fit under 5; the third does not.
    expect(run('request')).toEqual({ paid: 2, debt: 4 });
    expect(run('balance')).toEqual({ paid: 6, debt: 0 });
  });

  it('forgives at most once an epoch, and only what is in the way', () => {
    const rules: TokenRules = {
      ...lineRules,
      threshold: 4,
      payment: 'none',
      forgiveness: true,
      refreshRate: 1,
      requestsPerEpoch: 3,
    };
    const kernel = new TokenKernel(network(), rules);
    const outcomes = Array.from({ length: 9 }, () => kernel.request(1, 0b111));
    // Debt 2, 4, then refused. Epoch 1 forgives 1: still refused, three times; epoch 2 forgives 1 more: room for one.
    const yes = FOUND;
    const no = OVER_THRESHOLD;
    expect(outcomes).toEqual([yes, yes, no, no, no, no, yes, no, no]);
  });

  it('ends without access where nobody is nearer, and at once where the chunk is', () => {
    const kernel = new TokenKernel(network(), lineRules);
    expect(kernel.request(3, 0b111)).toBe(NO_ACCESS);
    expect(kernel.request(2, 0b111)).toBe(LOCAL);
    expect(kernel.counters.payments).toBe(0);
  });

  it('keeps chunks that passed, and throws the least recently used away', () => {
    const rules: TokenRules = { ...lineRules, cacheChunks: 1 };
    const kernel = new TokenKernel(network(), rules);
    expect(kernel.request(0, 0b111)).toBe(FOUND);
    expect(kernel.request(0, 0b111)).toBe(LOCAL);
    // Node 1 has it from the first route.
    expect(kernel.request(1, 0b111)).toBe(LOCAL);
    // Another chunk of node 2 drives it out of node 1, but not out of node 0.
    expect(kernel.request(1, 0b110)).toBe(FOUND);
    expect(kernel.request(0, 0b110)).toBe(CACHED);
    expect(kernel.counters.served[1]).toBe(1);
    expect(kernel.request(0, 0b111)).toBe(FOUND);
  });
});

describe('a run of the accounting model', () => {
  const network = { nodes: 500, bits: 12, bucketSize: 4, symmetric: false };
  const workload = { originators: 20, requests: 20_000 };

  it('is the same for the same seed and another for another', () => {
    const run = (seed: string) =>
      simulateTokens(network, DEFAULT_RULES, workload, new StreamFactory(seed));
    expect(run('one')).toEqual(run('one'));
    expect(run('one')).not.toEqual(run('two'));
  });

  it('reports no Gini of incomes that can be negative', () => {
    const figures = simulateTokens(network, DEFAULT_RULES, workload, new StreamFactory('signed'));
    expect(figures.signedIncome.losers).toBeGreaterThan(0);
    expect(figures.incomeGini).toBeUndefined();
    expect(figures.signedIncome.giniOfGross).toBeLessThan(1);
  });

  it('accounts for every request', () => {
    const figures = simulateTokens(
      network,
      { ...DEFAULT_RULES, payment: 'originator-only' },
      workload,
      new StreamFactory('account'),
    );
    const { found, accessFailures, thresholdFailures } = figures;
    expect(found + accessFailures + thresholdFailures).toBeCloseTo(1, 12);
    expect(thresholdFailures).toBeGreaterThan(0);
    expect(figures.requests).toBe(workload.requests);
    const grouped = figures.incomeByDensity.reduce((sum, group) => sum + group.nodes, 0);
    expect(grouped).toBe(network.nodes);
  });

  it('hits caches when a few chunks are preferred', () => {
    const cached = (preferred?: { share: number; chunks: number }) =>
      simulateTokens(
        network,
        { ...DEFAULT_RULES, cacheChunks: 50 },
        { ...workload, ...(preferred === undefined ? {} : { preferred }) },
        new StreamFactory('cache'),
      );
    const uniform = cached();
    const popular = cached({ share: 0.8, chunks: 1 });
    expect(popular.meanHops).toBeLessThan(0.5 * uniform.meanHops);
  });

  it('spends turns on chunks that failed before, if its originators are patient', () => {
    const failing = { ...DEFAULT_RULES, payment: 'none' as const, requestsPerEpoch: 2_000 };
    const run = (waiting: boolean, retry: boolean) =>
      simulateTokens(
        network,
        failing,
        { ...workload, patience: { waiting, retry, attemptsMax: network.bucketSize } },
        new StreamFactory('patience'),
      );
    const hasty = run(false, false);
    const plain = simulateTokens(network, failing, workload, new StreamFactory('patience'));
    expect(hasty).toEqual(plain);
    // Few originators are over their thresholds most of the time, and chunks that failed are far ones: asking for them again
    // fails more often than asking for new ones, and takes longer routes when it does not.
    for (const patient of [run(true, false), run(false, true), run(true, true)]) {
      expect(patient.requests).toBe(workload.requests);
      expect(patient.thresholdFailures).toBeGreaterThan(hasty.thresholdFailures);
      expect(patient.meanHops).toBeGreaterThan(hasty.meanHops);
    }
    expect(run(true, false)).not.toEqual(run(true, true));
  });

  it('keeps clear of the nodes that it is told to avoid', () => {
    const topology = generateTopology(network, streams.stream('avoid'));
    const kernel = new TokenKernel(topology, { ...DEFAULT_RULES, threshold: 0 });
    const random = streams.stream('avoid/chunks');
    let detours = 0;
    for (let i = 0; i < 500; i++) {
      const chunk = 1 + random.below(4_095);
      if (kernel.request(0, chunk) !== FOUND) continue;
      const avoided = new Set(kernel.route.nodes.subarray(1, kernel.route.hops + 1));
      const outcome = kernel.request(0, chunk, avoided);
      const passed = kernel.route.nodes.subarray(0, kernel.route.hops + 1);
      expect([...passed].filter((node) => avoided.has(node))).toEqual([]);
      if (outcome === FOUND) detours++;
    }
    expect(detours).toBeGreaterThan(100);
  });

  it('splits what originators paid among the places of a route', () => {
    const figures = simulateTokens(
      network,
      { ...DEFAULT_RULES, threshold: 0 },
      workload,
      new StreamFactory('places'),
    );
    // Net of what was passed on, all places together have what the first received.
    const sum = figures.incomeByHop.reduce((total, income) => total + income, 0);
    expect(sum).toBeLessThan(figures.paidPerFound);
    expect(figures.incomeByHop[0]).toBeGreaterThan(figures.rewardPerForward * 0.5);
    expect(figures.bucketFill.reduce((total, fill) => total + fill, 0)).toBeCloseTo(
      figures.meanDegree,
      10,
    );
    expect(figures.bucketFill[0]).toBeGreaterThan(3.9);
  });

  it('takes originators at random, none twice', () => {
    const all = drawOriginators(50, 50, streams.stream('all'));
    expect(new Set(all).size).toBe(50);
    const some = drawOriginators(50, 5, streams.stream('some'));
    expect(new Set(some).size).toBe(5);
    expect(() => drawOriginators(5, 6, streams.stream('some'))).toThrow(/6 originators of 5/);
  });

  it('asks in turns', () => {
    const topology = generateTopology(network, streams.stream('turns'));
    const kernel = new TokenKernel(topology, { ...DEFAULT_RULES, threshold: 0 });
    const originators = Int32Array.of(3, 7);
    runRequests(
      kernel,
      topology,
      originators,
      { originators: 2, requests: 1_000 },
      streams.stream('t'),
    );
    const payers = [...kernel.counters.cost.entries()].filter(([, cost]) => cost > 0);
    expect(payers.map(([node]) => node)).toEqual([3, 7]);
  });
});
