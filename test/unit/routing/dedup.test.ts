import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SeenPackets } from '../../../protocols/routing/dedup.ts';
import { DEDUP_ENTRIES_MAX } from '../../../protocols/routing/params.ts';

const MEMORY_US = 1_000;
const SECRET = 0x1b873593;

it('tells apart ids that differ in one bit, and trees of one id', () => {
  const seen = new SeenPackets(MEMORY_US, SECRET);
  for (const [high, low] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [0xffffffff, 0],
    [0, 0xffffffff],
  ] as const) {
    for (let tree = 0; tree < 5; tree++) {
      expect(seen.seenInTree(seen.find(0, high, low), tree)).toBe(false);
      expect(seen.seenInTree(seen.find(0, high, low), tree)).toBe(true);
    }
  }
  expect(seen.size).toBe(5);
});

it('agrees with a plain map: nothing is seen that was not, and everything is for as long as promised', () => {
  const step = fc.record({
    id: fc.integer({ min: 0, max: 40 }),
    tree: fc.integer({ min: 0, max: 4 }),
    waitUs: fc.oneof(
      fc.integer({ min: 0, max: 300 }),
      fc.constantFrom(MEMORY_US - 1, MEMORY_US, 2 * MEMORY_US, 5 * MEMORY_US),
    ),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const seen = new SeenPackets(MEMORY_US, SECRET);
      const first = new Map<string, number>();
      let nowUs = 0;
      for (const { id, tree, waitUs } of steps) {
        nowUs += waitUs;
        const key = `${id}/${tree}`;
        const marked = first.get(key);
        const answer = seen.seenInTree(seen.find(nowUs, id, id * 7), tree);
        if (marked === undefined) expect(answer).toBe(false);
        else if (nowUs - marked < MEMORY_US) expect(answer).toBe(true);
        if (!answer) first.set(key, nowUs);
      }
    }),
    { numRuns: 300 },
  );
});

it('forgets within two generations, so memory follows the load down', () => {
  const seen = new SeenPackets(MEMORY_US, SECRET);
  for (let id = 0; id < 5_000; id++) seen.seenInTree(seen.find(0, id, id), 0);
  const busy = seen.bytes;
  expect(seen.size).toBe(5_000);
  expect(seen.seenInTree(seen.find(MEMORY_US, 1, 1), 0)).toBe(true);
  seen.find(2 * MEMORY_US, 9_999, 9_999);
  // What was asked about in the second generation is still there.
  expect(seen.size).toBeLessThanOrEqual(2);
  expect(seen.bytes).toBeLessThan(busy / 100);
});

it('a mark made late is remembered from then on', () => {
  const seen = new SeenPackets(MEMORY_US, SECRET);
  seen.seenInTree(seen.find(0, 5, 5), 0);
  expect(seen.seenInTree(seen.find(1_500, 5, 5), 1)).toBe(false);
  expect(seen.seenInTree(seen.find(2_499, 5, 5), 1)).toBe(true);
});

it('a try is remembered for the form that was tried only', () => {
  const seen = new SeenPackets(MEMORY_US, SECRET);
  expect(seen.wasTried(seen.find(0, 1, 2), 0xfeed)).toBe(false);
  seen.markTried(seen.find(0, 1, 2), 0xffffffff);
  expect(seen.wasTried(seen.find(0, 1, 2), 0xffffffff)).toBe(true);
  expect(seen.wasTried(seen.find(0, 1, 2), -1)).toBe(true);
  expect(seen.wasTried(seen.find(0, 1, 2), 0xfeed)).toBe(false);
  expect(seen.seenInTree(seen.find(0, 1, 2), 0)).toBe(false);
});

const FLOODS: [string, (i: number) => [number, number]][] = [
  ['equal halves', (i) => [i, i]],
  ['halves that cancel', (i) => [i, ~i]],
  ['counting in the high word', (i) => [i, 0]],
  ['counting in the top bits', (i) => [0, i << 12]],
  ['halves with a constant sum', (i) => [i, -i]],
];

it.each(FLOODS)('ids made by a flooder do not crowd: %s', (_what, idOf) => {
  const seen = new SeenPackets(MEMORY_US, SECRET);
  let known = 0;
  const start = process.cpuUsage().user;
  for (let i = 0; i < 60_000; i++) {
    const [high, low] = idOf(i);
    if (seen.seenInTree(seen.find(0, high, low), 0)) known++;
  }
  expect(known).toBe(0);
  // All in one run of slots would be 2e9 comparisons, seconds; spread they are about ten milliseconds.
  expect(process.cpuUsage().user - start).toBeLessThan(500_000);
});

it('starts tiny and stays bounded under a flood, at the price of forgetting early', () => {
  const seen = new SeenPackets(MEMORY_US, SECRET);
  expect(seen.bytes).toBeLessThanOrEqual(128);
  let largest = 0;
  for (let id = 0; id < 5 * DEDUP_ENTRIES_MAX; id++) {
    seen.seenInTree(seen.find(0, id, ~id), 0);
    largest = Math.max(largest, seen.size);
  }
  expect(largest).toBeLessThanOrEqual(2 * DEDUP_ENTRIES_MAX);
  expect(seen.bytes).toBeLessThanOrEqual(4 * 1024 * 1024);
  // The most recent generation is remembered whole, the first packets are not.
  const last = 5 * DEDUP_ENTRIES_MAX - 1;
  expect(seen.seenInTree(seen.find(0, last, ~last), 0)).toBe(true);
  expect(seen.seenInTree(seen.find(0, 0, ~0), 0)).toBe(false);
});
