/**
 * How long until something happens (a default, a detection), when for some it had not happened yet when the observation ended.
 *
 * Dropping those, or taking their time so far for the time to the event, makes every debtor look worse and every detector look better. The
 * product-limit estimate uses them for as long as they were seen. Source: E. L. Kaplan, P. Meier, JASA 53 (1958) 457-481; variance by M. Greenwood (1926).
 */

export interface SurvivalStep {
  /** Time of the event(s), in the unit of the durations. */
  time: number;
  /** Observed until just before. */
  atRisk: number;
  events: number;
  /** Share to whom it has not happened up to and including this time. */
  survival: number;
  /** Greenwood's standard error of `survival`; 0 where nobody is left. */
  error: number;
  /** Interval survival ± z · error, cut to [0, 1]. */
  interval: [number, number];
}

const Z95 = 1.959963984540054;

/**
 * Kaplan–Meier estimate, one step per distinct time of an event. Those who leave at the time of an event count as at risk in it.
 * @param durations time seen, at least 0
 * @param happened whether the event ended that time; false: the observation did
 * @param z half-width of the interval in standard errors, default 95%
 */
export function kaplanMeier(
  durations: ArrayLike<number>,
  happened: ArrayLike<boolean>,
  z = Z95,
): SurvivalStep[] {
  if (durations.length !== happened.length)
    throw new Error(`${durations.length} durations and ${happened.length} ends`);
  const order = Array.from(durations, (_, at) => at).sort((a, b) => durations[a]! - durations[b]!);
  const steps: SurvivalStep[] = [];
  let survival = 1;
  let variance = 0;
  for (let from = 0; from < order.length;) {
    const time = durations[order[from]!]!;
    if (!(time >= 0)) throw new Error(`duration ${time}: expected at least 0`);
    const atRisk = order.length - from;
    let events = 0;
    for (; from < order.length && durations[order[from]!] === time; from++) {
      if (happened[order[from]!]!) events++;
    }
    if (events === 0) continue;
    survival *= 1 - events / atRisk;
    if (events < atRisk) variance += events / (atRisk * (atRisk - events));
    const error = survival * Math.sqrt(variance);
    const interval: [number, number] = [
      Math.max(0, survival - z * error),
      Math.min(1, survival + z * error),
    ];
    steps.push({ time, atRisk, events, survival, error, interval });
  }
  return steps;
}

/** Survival at a time: that of the last step not after it, 1 before the first. */
export function survivalAt(steps: readonly SurvivalStep[], time: number): number {
  let survival = 1;
  for (const step of steps) {
    if (step.time > time) break;
    survival = step.survival;
  }
  return survival;
}
