/** What is said about credit: whether scores foretell defaults, how late the late pay, by hand-made histories whose answers are counted on fingers. */
import { describe, expect, it } from 'vitest';
import { CHEQUE_ACCEPTED, INVOICE_OVERDUE, INVOICE_SENT } from '../../../protocols/swap/events.ts';
import type { OpenInvoice, Pair } from '../../../protocols/swap/pair.ts';
import { regrets } from '../../../scenarios/economy/metrics/regret.ts';
import {
  areaUnderCurve,
  brierScore,
  rocAt,
  rocCurve,
  scoreDistance,
} from '../../../scenarios/economy/metrics/scoring.ts';
import { Arrears } from '../../../scenarios/money/credit/arrears.ts';
import { horizonUs, ScoreTrial } from '../../../scenarios/money/credit/score-trial.ts';
import { CreditWatch, type Creditor } from '../../../scenarios/money/credit/watch.ts';
import { vintagesOf } from '../../../scenarios/run/credit-curves.ts';
import { Lives } from '../../../scenarios/run/lives.ts';
import { MetricBook } from '../../../scenarios/run/metric-book.ts';

const HOUR_US = 3_600_000_000;
const DAY_US = 24 * HOUR_US;

describe('the quality of a score', () => {
  // Fawcett (2006), figure 3: twenty instances, ten of each class, by falling score. AUC counted over the 100 pairs: 68.
  const classes = 'ppnpppnnpnpnpnnnpnpn';
  const bad = [...classes].map((one) => one === 'p');
  const scores = [
    0.9, 0.8, 0.7, 0.6, 0.55, 0.54, 0.53, 0.52, 0.51, 0.505, 0.4, 0.39, 0.38, 0.37, 0.36, 0.35,
    0.34, 0.33, 0.3, 0.1,
  ];

  it('is that of the published example', () => {
    expect(areaUnderCurve(scores, bad)).toBeCloseTo(0.68, 12);
    // Furthest apart after the sixth: five of ten against one of ten.
    expect(scoreDistance(scores, bad)).toBeCloseTo(0.4, 12);
  });

  it('is read off the curve, at its top where it is upright', () => {
    const curve = rocCurve(scores, bad);
    expect(rocAt(curve, 0)).toBe(0.2);
    expect(rocAt(curve, 0.1)).toBe(0.5);
    expect(rocAt(curve, 0.15)).toBeCloseTo(0.5, 12);
    expect(rocAt(curve, 1)).toBe(1);
    // Equal scores are one slope.
    expect(rocAt(rocCurve([1, 1], [true, false]), 0.25)).toBe(0.25);
  });

  it('has the Brier score that one counts by hand', () => {
    // Sure and right 0, sure and wrong 1, 70% of what came 0.09, 30% of what came 0.49.
    expect(brierScore([1, 0, 0.7, 0.3], [true, true, true, true])).toBeCloseTo(1.58 / 4, 12);
  });
});

describe('a trial of scores', () => {
  const held = (...scores: number[]): Map<number, number> =>
    new Map(scores.map((score, name) => [name, score]));

  it('holds the score before against the defaults after, and no others', () => {
    const trial = new ScoreTrial(100, 10);
    expect(trial.isDue(99)).toBe(false);
    trial.fell(0, 50);
    expect(trial.isDue(100)).toBe(true);
    trial.look(101, held(0.9, 0.5, 0.1));
    // In the moment of the look the score may have heard of it.
    trial.fell(0, 101);
    trial.fell(2, 102);
    expect(trial.isDue(109)).toBe(false);
    trial.look(110, held(0.8, 0.5));
    trial.fell(1, 115);
    // Nobody had a score of this name: shut out, or not there.
    trial.fell(2, 116);
    trial.finish(120);
    expect(trial.scores).toEqual([0.9, 0.5, 0.1, 0.8, 0.5]);
    expect(trial.defaulted).toEqual([false, false, true, false, true]);
  });

  it('does not count what has not been seen to its end', () => {
    const trial = new ScoreTrial(0, 10);
    trial.look(0, held(0.5));
    trial.fell(0, 5);
    trial.finish(9);
    expect(trial.scores).toEqual([]);
  });

  it('looks ahead a day, or a quarter of a short run', () => {
    expect(horizonUs(30 * DAY_US)).toBe(DAY_US);
    expect(horizonUs(2 * DAY_US)).toBe(12 * HOUR_US);
  });
});

/** As much of a pair as arrears look at. */
const pairWith = (dueUs: number | undefined): Pair =>
  ({ invoice: dueUs === undefined ? undefined : ({ dueUs } as OpenInvoice) }) as Pair;

describe('arrears', () => {
  it('last from the deadline to the cheque that met them', () => {
    const arrears = new Arrears();
    const pair = pairWith(100);
    expect(arrears.event(10, 1, 2, INVOICE_SENT, pair)).toBe(false);
    expect(arrears.event(101, 1, 2, INVOICE_OVERDUE, pair)).toBe(true);
    // A cheque that is not enough, then one that is.
    arrears.event(150, 1, 2, CHEQUE_ACCEPTED, pair);
    arrears.event(170, 1, 2, CHEQUE_ACCEPTED, pair);
    pair.invoice = undefined;
    arrears.tick(5_000_000_000);
    expect(arrears.lateness).toEqual([{ debtor: 2, dueUs: 100, lateUs: 70, paid: true }]);
    arrears.finish(9_000_000_000);
    expect(arrears.lateness.length).toBe(1);
    expect(arrears.lines).toEqual([{ creditor: 1, debtor: 2, openedUs: 10, defaultedUs: 101 }]);
  });

  it('that services met are seen within a minute, and at the next event', () => {
    const arrears = new Arrears();
    const pair = pairWith(100);
    arrears.event(101, 1, 2, INVOICE_OVERDUE, pair);
    arrears.event(150, 1, 2, CHEQUE_ACCEPTED, pair);
    arrears.event(160, 1, 2, INVOICE_SENT, pair);
    pair.invoice = undefined;
    arrears.event(400, 1, 2, INVOICE_SENT, pair);
    expect(arrears.lateness).toEqual([{ debtor: 2, dueUs: 100, lateUs: 300, paid: true }]);
  });

  it('are unpaid for as long as they were seen, at the end or when the creditor has gone', () => {
    const arrears = new Arrears();
    arrears.event(101, 1, 2, INVOICE_OVERDUE, pairWith(100));
    arrears.event(101, 2, 1, INVOICE_OVERDUE, pairWith(100));
    arrears.left(200, 1);
    arrears.finish(300);
    expect(arrears.lateness).toEqual([
      { debtor: 2, dueUs: 100, lateUs: 100, paid: false },
      { debtor: 1, dueUs: 100, lateUs: 200, paid: false },
    ]);
  });

  it('or a bounced cheque are the default of a line, the first of them', () => {
    const arrears = new Arrears();
    arrears.event(10, 1, 2, INVOICE_SENT, pairWith(100));
    arrears.bounced(50, 1, 2);
    arrears.event(101, 1, 2, INVOICE_OVERDUE, pairWith(100));
    expect(arrears.lines).toEqual([{ creditor: 1, debtor: 2, openedUs: 10, defaultedUs: 50 }]);
  });
});

describe('a default', () => {
  it('costs the share of what was owed that nobody will pay any more', () => {
    let nowUs = 0;
    const left = [6, 50];
    const creditors: Creditor[] = [20, 30, 40].map((exposure, i) => ({
      pair: { exposure } as Pair,
      // The third is not there any more; the second has since lent more, which is another story.
      here: i < 2,
      uncoveredUnits: () => left[i]!,
    }));
    const watch = new CreditWatch(
      {
        nowUs: () => nowUs,
        names: () => [0, 1],
        placeOf: (name) => name,
        score: (name) => (name === 0 ? 0.9 : 0.2),
        isServed: () => true,
        creditorsOf: () => creditors,
      },
      0,
      40,
    );
    watch.tick();
    nowUs = 5;
    watch.bounced(0, 1);
    watch.shutOut(1);
    nowUs = 40;
    const book = new MetricBook(Uint8Array.of(0, 1));
    watch.finish(book);
    const one = (metric: string) => book.summaries()[metric]!.mean;
    expect(one('default.exposure')).toBe(50);
    expect(book.summariesOfRole(1)['loss.given_default']!.mean).toBeCloseTo(36 / 50, 12);
    expect(book.summariesOfRole(0)['loss.given_default']).toBeUndefined();
    expect(one('score.auc')).toBe(1);
    expect(one('score.ks')).toBe(1);
    expect(one('score.brier')).toBeCloseTo((0.1 ** 2 + 0.2 ** 2) / 2, 12);
    expect(one('credit.defaulted')).toBe(1);
  });
});

describe('what a run keeps', () => {
  it('of lives is a table of distinct times, by role too', () => {
    const lives = new Lives();
    lives.add(9, false, 0);
    lives.add(5, true, 1);
    lives.add(9, true, 1);
    lives.add(9, false, 1);
    expect(lives.table()).toEqual({ timesUs: [5, 9], events: [1, 1], censored: [0, 2] });
    expect(lives.table(0)).toEqual({ timesUs: [9], events: [0], censored: [1] });
    expect(() => lives.add(-1, true, 0)).toThrow(/-1/);
  });

  it('of lines of credit is by periods of which a run has four', () => {
    const line = (openedDays: number, defaultedDays = -1) => ({
      creditor: 0,
      debtor: 1,
      openedUs: openedDays * DAY_US,
      defaultedUs: defaultedDays < 0 ? -1 : defaultedDays * DAY_US,
    });
    const found = vintagesOf([line(1, 2), line(3), line(8, 9)], 30 * DAY_US);
    expect(found.map(({ fromUs, lines }) => [fromUs / DAY_US, lines])).toEqual([
      [0, 2],
      [7, 1],
    ]);
    const stepDays = found[0]!.stepUs / DAY_US;
    expect(stepDays).toBeCloseTo(7 / 12, 12);
    // One of two after a day: by the second step, not by the first.
    expect(found[0]!.defaulted.slice(0, 3)).toEqual([0, 0.5, 0.5]);
    expect(found[0]!.defaulted.length).toBe(Math.floor(27 / stepDays));
    expect(vintagesOf([line(0)], HOUR_US)[0]!.stepUs).toBe(HOUR_US / 48);
  });
});

describe('regret', () => {
  it('is what the best of those played brought more', () => {
    const profits = [
      { strategy: 0, profit: 10 },
      { strategy: 0, profit: 20 },
      { strategy: 2, profit: 18 },
      { strategy: 1, profit: -3 },
    ];
    expect([...regrets(profits)].sort(([a], [b]) => a - b)).toEqual([
      [0, 3],
      [1, 21],
      [2, 0],
    ]);
  });
});
