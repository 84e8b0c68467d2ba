/**
 * What lending to neighbours has cost: default rates, exposure at default, loss given default, vintage curves.
 *
 * Amounts are bigint in accounting units and are added exactly; only the final ratio is a double. Rates by count and by value are both given, since many small
 * defaults and one large one are different findings.
 */

/** One line of credit from its opening to its end, or to the end of the observation. */
export interface CreditLine {
  /** When it was opened, in the unit of all times here. */
  openedAt: number;
  /** Most that was granted or, for a plain debt, lent; AU. */
  amount: bigint;
  /** Present if it defaulted. */
  default?: {
    at: number;
    /** Owed when it defaulted, AU. */
    exposure: bigint;
    /** Paid after all, for instance from a stake or an uncashed cheque that was good, AU. */
    recovered: bigint;
  };
}

export interface CreditLoss {
  lines: number;
  defaults: number;
  /** Defaulted lines by number, and by their granted amount. NaN without lines. */
  defaultRate: number;
  defaultRateByValue: number;
  /** Owed at default in all, AU, and the mean of a defaulted line. */
  exposureAtDefault: bigint;
  meanExposure: number;
  /** Share of the exposure that was not recovered. NaN without a default. */
  lossGivenDefault: number;
  /** Not recovered in all, AU, and per AU granted. */
  loss: bigint;
  lossRate: number;
}

/** a / b as a double, NaN for 0 / 0. */
function ratio(a: bigint, b: bigint): number {
  return Number(a) / Number(b);
}

/** Summary of some credit lines. @throws if more is recovered than was owed, or a line defaults before it opens */
export function creditLoss(lines: readonly CreditLine[]): CreditLoss {
  let granted = 0n;
  let failed = 0n;
  let exposure = 0n;
  let recovered = 0n;
  let defaults = 0;
  for (const line of lines) {
    granted += line.amount;
    if (line.default === undefined) continue;
    check(line);
    defaults++;
    failed += line.amount;
    exposure += line.default.exposure;
    recovered += line.default.recovered;
  }
  return {
    lines: lines.length,
    defaults,
    defaultRate: defaults / lines.length,
    defaultRateByValue: ratio(failed, granted),
    exposureAtDefault: exposure,
    meanExposure: Number(exposure) / defaults,
    lossGivenDefault: ratio(exposure - recovered, exposure),
    loss: exposure - recovered,
    lossRate: ratio(exposure - recovered, granted),
  };
}

function check(line: CreditLine): void {
  const { at, exposure, recovered } = line.default!;
  if (recovered < 0n || recovered > exposure)
    throw new Error(`recovered ${recovered} of ${exposure}`);
  if (at < line.openedAt) throw new Error(`default at ${at} of a line opened at ${line.openedAt}`);
}

export interface Vintage {
  /** The cohort: lines opened in [cohort · width, (cohort + 1) · width). */
  cohort: number;
  lines: number;
  /**
   * Share defaulted by the age of 1, 2, … steps. A cohort's curve ends where its youngest line has not reached the age yet: beyond it the defaults
   * still to come would be missing, and the curve would bend down for no other reason.
   */
  defaulted: number[];
}

/**
 * Vintage curves: cumulative default rate by age, one curve per cohort of lines opened in the same period, cohorts in order.
 * @param width length of a cohort's period
 * @param step step of age
 * @param until end of the observation
 */
export function vintageCurves(
  lines: readonly CreditLine[],
  width: number,
  step: number,
  until: number,
): Vintage[] {
  if (!(width > 0) || !(step > 0))
    throw new Error(`vintages of ${width} by ages of ${step}: expected both positive`);
  const cohorts = new Map<number, CreditLine[]>();
  for (const line of lines) {
    if (line.openedAt > until) throw new Error(`line opened at ${line.openedAt}, after ${until}`);
    if (line.default !== undefined) check(line);
    const cohort = Math.floor(line.openedAt / width);
    const members = cohorts.get(cohort);
    if (members === undefined) cohorts.set(cohort, [line]);
    else members.push(line);
  }
  return [...cohorts.entries()]
    .sort(([a], [b]) => a - b)
    .map(([cohort, members]) => {
      const youngest = members.reduce((last, line) => Math.max(last, line.openedAt), -Infinity);
      const ages = Math.floor((until - youngest) / step);
      const defaulted = Array.from({ length: ages }, (_, age) => {
        const limit = (age + 1) * step;
        const gone = members.filter(
          (line) => line.default !== undefined && line.default.at - line.openedAt <= limit,
        );
        return gone.length / members.length;
      });
      return { cohort, lines: members.length, defaulted };
    });
}
