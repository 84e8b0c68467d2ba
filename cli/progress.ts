/** Lines that replace themselves on stderr while something goes on; nothing where stderr is no terminal. */
import { performance } from 'node:perf_hooks';
import type { ResolvedScenario } from '../scenarios/model.ts';
import type { RunProgress } from '../scenarios/run/run.ts';
import type { SweepProgress } from '../scenarios/sweep/sweep.ts';
import { bar, type Output } from './output.ts';
import { compact, networkTime, wallTime } from './screen/units.ts';

/** `running   ███████░░░ 00:14:12.000 / 00:20:00.000   61× real time   412 k events/s   eta 6 s` */
export class RunProgressLine {
  readonly #scenario: ResolvedScenario;
  readonly #output: Output;
  #runningSinceMs = 0;

  constructor(scenario: ResolvedScenario, output: Output) {
    this.#scenario = scenario;
    this.#output = output;
  }

  show({ phase, networkTimeUs, events }: RunProgress): void {
    const { nodes, durationUs } = this.#scenario.world;
    if (phase === 'building') {
      this.#output.progress(`  building  ${nodes.toLocaleString('en')} nodes`);
      return;
    }
    if (this.#runningSinceMs === 0) this.#runningSinceMs = performance.now();
    const seconds = (performance.now() - this.#runningSinceMs) / 1000;
    const share = networkTimeUs / durationUs;
    const speed =
      seconds < 0.5
        ? ''
        : `   ${compact(networkTimeUs / 1e6 / seconds)}× real time   ${compact(events / seconds)} events/s   eta ${wallTime((seconds / share) * (1 - share))}`;
    this.#output.progress(
      `  running   ${bar(share)} ${networkTime(networkTimeUs)} / ${networkTime(durationUs)}${speed}`,
    );
  }
}

/** `██████████ 120 / 280   2 min 02 s   (120 reused, 0 failed)   eta 40.0 s` */
export function sweepProgressLine(progress: SweepProgress): string {
  const { done, total, reused, failed, elapsedSeconds } = progress;
  const fresh = done - reused;
  const left =
    fresh === 0 || done === total
      ? ''
      : `   eta ${wallTime((elapsedSeconds / fresh) * (total - done))}`;
  return `  ${bar(done / Math.max(1, total))} ${done} / ${total}   ${wallTime(elapsedSeconds)}   (${reused} reused, ${failed} failed)${left}`;
}
