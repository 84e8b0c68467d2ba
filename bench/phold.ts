/**
 * PHOLD (Fujimoto 1990): the standard load of event queues. Each event schedules one other, for a uniformly drawn process, after
 * 0.1 + Exp(mean 1.0) units (one unit = 100,000 us). The engine runs it through its public API; heap-js with event objects,
 * the obvious engine, runs the same load in the same process, and the figure is their ratio.
 */
import { Engine } from '../sim/engine.ts';
import { HeapQueue } from '../sim/queue/heap.ts';
import type { BenchCase, BenchRow } from './harness.ts';
import { median, slices } from './harness.ts';

const LOOKAHEAD_US = 10_000;
const MEAN_US = 100_000;
/** The goal: this many times heap-js, at both sizes. */
const GOAL_RATIO = 4;

/** A generator of its own (sfc32), the same for both engines, so that the load is the same too. */
function createDelays(): { delayUs(): number; target(processes: number): number } {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = 0xb7e15162;
  let counter = 1;
  const next = (): number => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + t;
    return t >>> 0;
  };
  return {
    delayUs: () => LOOKAHEAD_US + Math.floor(-Math.log((next() + 1) / 4294967297) * MEAN_US),
    target: (processes) => next() % processes,
  };
}

interface Load {
  /** Runs about `events` more events and returns how many it did. */
  run(events: number): number;
}

function engineLoad(processes: number, pending: number): Load {
  const load = createDelays();
  const engine = new Engine(processes);
  const handler = {
    onEvent(_kind: number, target: number): void {
      engine.schedule(load.delayUs(), target, load.target(processes), 1, 0, 0);
    },
  };
  for (let i = 0; i < processes * pending; i++) {
    engine.schedule(load.delayUs(), i % processes, i % processes, 1, 0, 0);
  }
  return {
    run(events) {
      const before = engine.events;
      engine.run(Number.MAX_SAFE_INTEGER, handler, events);
      return engine.events - before;
    },
  };
}

function heapLoad(processes: number, pending: number): Load {
  const load = createDelays();
  const queue = new HeapQueue();
  const sequences = new Uint32Array(processes);
  let nowUs = 0;
  const schedule = (source: number, target: number): void =>
    queue.push({
      timeUs: nowUs + load.delayUs(),
      source,
      sequence: sequences[source]!++,
      target,
      kind: 1,
      a: 0,
      b: 0,
    });
  for (let i = 0; i < processes * pending; i++) schedule(i % processes, i % processes);
  return {
    run(events) {
      for (let i = 0; i < events; i++) {
        const event = queue.pop(Number.MAX_SAFE_INTEGER)!;
        nowUs = event.timeUs;
        schedule(event.target, load.target(processes));
      }
      return events;
    },
  };
}

export const pholdBench: BenchCase = {
  name: 'phold',
  run({ quick }): BenchRow[] {
    const rows: BenchRow[] = [];
    for (const [processes, pending] of [
      [1_024, 16],
      [65_536, 4],
    ] as const) {
      const loads = { engine: engineLoad(processes, pending), heap: heapLoad(processes, pending) };
      const events = { engine: quick ? 400_000 : 2_000_000, heap: quick ? 100_000 : 400_000 };
      const rates = { engine: [] as number[], heap: [] as number[] };
      // One full turnover to warm up, then slices taken in turn, so that a noisy neighbour hits both.
      loads.engine.run(processes * pending);
      loads.heap.run(processes * pending);
      for (let slice = 0; slice < slices(quick); slice++) {
        for (const who of ['engine', 'heap'] as const) {
          const start = process.hrtime.bigint();
          const done = loads[who].run(events[who]);
          rates[who].push(done / (Number(process.hrtime.bigint() - start) / 1e9));
        }
      }
      const ratio = median(rates.engine) / median(rates.heap);
      rows.push({
        bench: 'phold',
        case: `${processes} x ${pending} pending`,
        unit: 'events/s',
        median: median(rates.engine),
        low: Math.min(...rates.engine),
        high: Math.max(...rates.engine),
        baseline: `heap-js ${Math.round(median(rates.heap))}/s`,
        ratio,
        goal: `>= ${GOAL_RATIO}x heap-js`,
        met: ratio >= GOAL_RATIO,
      });
    }
    return rows;
  },
};
