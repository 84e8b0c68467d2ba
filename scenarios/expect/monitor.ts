/**
 * Expectations about the whole course of a run: always, never, sometimes, eventually.
 *
 * The runtime calls `observe` every so often in network time; the monitor asks each such expectation and remembers when
 * it first held and first failed. Looking reads the source and changes nothing in the world. A moment without any sample
 * yet counts as no check.
 */
import type { Expectation } from '../model.ts';
import { measure, type ExpectationHistory, type MetricSource } from './evaluate.ts';

export class ExpectationMonitor {
  private readonly expectations: readonly Expectation[];
  private readonly histories: ExpectationHistory[];

  constructor(expectations: readonly Expectation[]) {
    this.expectations = expectations;
    this.histories = expectations.map(() => ({ checks: 0, held: 0 }));
  }

  /** True when `observe` has anything to do. */
  get needed(): boolean {
    return this.expectations.some((expectation) => expectation.mode !== 'check');
  }

  /** Checks all at network time `nowUs`; times must not go backwards. */
  observe(nowUs: number, source: MetricSource): void {
    this.expectations.forEach((expectation, i) => {
      const history = this.histories[i];
      const condition = expectation.condition;
      if (history === undefined || expectation.mode === 'check' || !expectation.applies) return;
      if (condition.kind !== 'compare') return;
      const measured = measure(condition, source);
      if (measured === undefined) return;
      history.checks++;
      if (measured.holds) {
        history.held++;
        history.firstHeldUs ??= nowUs;
      } else history.firstFailedUs ??= nowUs;
    });
  }

  /** What was seen of expectation `index`; undefined for those that are judged at the end. */
  history(index: number): ExpectationHistory | undefined {
    return this.expectations[index]?.mode === 'check' ? undefined : this.histories[index];
  }
}
