/**
 * Times until something happens, of which some had not happened when the observation ended: what a Kaplan–Meier curve needs, and what quantiles of the events
 * alone have lost. Kept as a table of distinct times, without loss.
 */
import type { LifeTable } from '../summary.ts';

export class Lives {
  readonly #durations: number[] = [];
  readonly #happened: boolean[] = [];
  readonly #roles: number[] = [];

  add(durationUs: number, happened: boolean, role: number): void {
    if (!(durationUs >= 0)) throw new Error(`a time until an event of ${durationUs} µs`);
    this.#durations.push(durationUs);
    this.#happened.push(happened);
    this.#roles.push(role);
  }

  /** Of everybody, or of one role. */
  table(role?: number): LifeTable {
    const counts = new Map<number, { events: number; censored: number }>();
    this.#durations.forEach((durationUs, i) => {
      if (role !== undefined && this.#roles[i] !== role) return;
      const row = counts.get(durationUs) ?? { events: 0, censored: 0 };
      if (this.#happened[i]!) row.events++;
      else row.censored++;
      counts.set(durationUs, row);
    });
    const rows = [...counts].sort(([a], [b]) => a - b);
    return {
      timesUs: rows.map(([timeUs]) => timeUs),
      events: rows.map(([, { events }]) => events),
      censored: rows.map(([, { censored }]) => censored),
    };
  }
}
