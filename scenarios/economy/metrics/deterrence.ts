/**
 * The deterrence frontier: the smallest settings (of stake, audit rate, threshold, …) under which no deviation from the protocol pays.
 *
 * With more than one setting there is no single smallest; the frontier is every setting that deters while none deters that asks for no more anywhere and for less
 * somewhere. Profits are measured, so a caller who wants to be sure hands in the upper ends of their intervals.
 */

export interface DeterrencePoint<Deviation extends string = string> {
  /** The knobs, each so that more is stricter or dearer for the honest. Same length and meaning for all points. */
  setting: readonly number[];
  /** Profit of each deviation over honest behaviour at this setting. */
  profits: { readonly [name in Deviation]: number };
}

/** The deviation that pays most at a point; ties go to the first. @throws without deviations */
export function bestDeviation<Deviation extends string>(
  point: DeterrencePoint<Deviation>,
): { deviation: Deviation; profit: number } {
  const entries = Object.entries<number>(point.profits) as [Deviation, number][];
  if (entries.length === 0) throw new Error('a point without deviations deters nothing');
  const [deviation, profit] = entries.reduce((best, next) => (next[1] > best[1] ? next : best));
  return { deviation, profit };
}

export interface DeterrenceFrontier<Point> {
  /** Smallest deterring settings, in the order of the input. Empty: nothing tried deters. */
  frontier: Point[];
  /** Settings at least as strict as one that deters, which yet do not: noise, or a deviation that more of a knob invites. */
  reversals: Point[];
}

function atLeast(a: readonly number[], b: readonly number[]): boolean {
  return a.every((value, knob) => value >= b[knob]!);
}

/** Smallest settings whose best deviation makes no profit. @throws if settings differ in length */
export function deterrenceFrontier<Point extends DeterrencePoint>(
  points: readonly Point[],
): DeterrenceFrontier<Point> {
  const knobs = points[0]?.setting.length ?? 0;
  const odd = points.find(({ setting }) => setting.length !== knobs);
  if (odd !== undefined) throw new Error(`a setting of ${odd.setting.length} knobs, not ${knobs}`);
  const deters = points.filter((point) => bestDeviation(point).profit <= 0);
  const frontier = deters.filter(
    (point) =>
      !deters.some(
        (other) => atLeast(point.setting, other.setting) && !atLeast(other.setting, point.setting),
      ),
  );
  const reversals = points.filter(
    (point) =>
      bestDeviation(point).profit > 0 &&
      frontier.some((smallest) => atLeast(point.setting, smallest.setting)),
  );
  return { frontier, reversals };
}
