/** What a run is made of, whether its world consists of packets or of flows: time that passes, samples, and what is to be said at the end. */
import type { StopReason } from '../../sim/engine.ts';
import { buildFlows } from '../flows/build.ts';
import type { ResolvedScenario } from '../model.ts';
import type { ExpectationResult, FaultResult } from '../summary.ts';
import { buildWorld } from './build.ts';
import { takeCensus } from './census.ts';
import type { MetricBook } from './metric-book.ts';
import type { RunOptions } from './options.ts';

export interface Runnable {
  readonly nowUs: number;
  readonly events: number;
  readonly collector: MetricBook;
  run(untilUs: number, budget: number): StopReason | Promise<StopReason>;
  /** Called each time that expectations are looked at, the first time at the end of the warm-up. */
  look(): void;
  /** What is measured of everybody at the end. */
  finish(): void | Promise<void>;
  digest(): string;
  unfiredFaults(): ExpectationResult[];
  faults(): FaultResult[];
  warnings(): string[];
  /** Ends what runs beside this thread. */
  close(): void;
}

export function makeRunnable(scenario: ResolvedScenario, options: RunOptions): Runnable {
  return scenario.world.detail === 'flows'
    ? flowsRunnable(scenario, options)
    : packetsRunnable(scenario, options);
}

function packetsRunnable(scenario: ResolvedScenario, options: RunOptions): Runnable {
  const built = buildWorld(scenario, options);
  const { world, collector, faults } = built;
  return {
    get nowUs() {
      return world.nowUs;
    },
    get events() {
      return world.engine.events;
    },
    collector,
    run: (untilUs, budget) => world.run(untilUs, budget),
    look() {
      built.count();
    },
    async finish() {
      await built.gather();
      built.settle();
      built.endRecording();
      takeCensus(built.census(), collector);
    },
    digest: () => world.digest(),
    unfiredFaults: () => faults.unfired(),
    faults: () => faults.results(),
    warnings() {
      const warnings: string[] = [];
      const messages = collector.samples.get('delivery.rate')!.count;
      if (scenario.traffic.length > 0 && messages === 0) {
        warnings.push(
          'No message was sent between the warm-up and the end, so nothing about delivery was measured.',
        );
      } else if (scenario.traffic.length > 0 && messages < 20) {
        warnings.push(
          `Only ${messages} messages were measured; intervals over seeds tell how sure the numbers are.`,
        );
      }
      const sent = world.datagramsSent.reduce((sum, n) => sum + n, 0);
      if (sent > 0 && world.drops[2]! / sent > 0.01) {
        warnings.push(
          `${((100 * world.drops[2]!) / sent).toFixed(1)}% of all datagrams were dropped by full access queues: the network is congested.`,
        );
      }
      return warnings;
    },
    close() {
      built.close();
    },
  };
}

function flowsRunnable(scenario: ResolvedScenario, options: RunOptions): Runnable {
  const { world, collector, measures, close } = buildFlows(scenario, options);
  let warm = false;
  return {
    get nowUs() {
      return world.nowUs;
    },
    get events() {
      return world.engine.events;
    },
    collector,
    run: (untilUs, budget) => world.run(untilUs, budget),
    look() {
      if (!warm) measures.warm();
      warm = true;
      measures.count();
    },
    finish() {
      measures.finish();
    },
    digest: () => world.digest(),
    unfiredFaults: () => [],
    faults: () => [],
    warnings: () => [],
    close,
  };
}
