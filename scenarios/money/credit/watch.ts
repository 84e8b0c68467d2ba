/**
 * What a run says about credit beside its sums: whether scores foretold defaults, what creditors got back of what those owed who were shut out, how late
 * bad payers pay, how long names last. The same for worlds of flows and of packets, which say through `CreditWorld` who lives there.
 *
 * It only looks: it draws nothing, schedules nothing, and is told of times by what happens anyway.
 */
import type { Pair } from '../../../protocols/swap/pair.ts';
import {
  areaUnderCurve,
  brierScore,
  rocCurve,
  scoreDistance,
} from '../../economy/metrics/scoring.ts';
import type { MetricBook } from '../../run/metric-book.ts';
import { Arrears } from './arrears.ts';
import { horizonUs, ScoreTrial } from './score-trial.ts';

/** One who has given credit to somebody. */
export interface Creditor {
  pair: Pair;
  /** It is still there and could be paid. */
  here: boolean;
  /** What it would lose if nothing more were paid, units. */
  uncoveredUnits(): number;
}

export interface CreditWorld {
  nowUs(): number;
  /** Names that somebody lives under now, in the order of their places. */
  names(): Iterable<number>;
  /** Where a name is or was at home: its samples belong to that place's role. */
  placeOf(name: number): number;
  /** Its public score. */
  score(name: number): number;
  isServed(name: number): boolean;
  creditorsOf(name: number): readonly Creditor[];
}

/** A name that was shut out: what it owed each at that time, units. */
interface Fallen {
  name: number;
  owed: { creditor: Creditor; units: number }[];
}

export class CreditWatch {
  readonly #world: CreditWorld;
  readonly #warmupUs: number;
  readonly #trial: ScoreTrial;
  readonly #arrears = new Arrears();
  readonly #fallen: Fallen[] = [];

  constructor(world: CreditWorld, warmupUs: number, durationUs: number) {
    this.#world = world;
    this.#warmupUs = warmupUs;
    this.#trial = new ScoreTrial(warmupUs, horizonUs(durationUs - warmupUs));
  }

  /** Something has happened, whatever it was. */
  tick(): void {
    const nowUs = this.#world.nowUs();
    this.#arrears.tick(nowUs);
    if (!this.#trial.isDue(nowUs)) return;
    const held = new Map<number, number>();
    for (const name of this.#world.names())
      if (this.#world.isServed(name)) held.set(name, this.#world.score(name));
    this.#trial.look(nowUs, held);
  }

  /** SWAP of `creditor` reports something about `debtor`. */
  swapEvent(creditor: number, debtor: number, event: number, pair: Pair): void {
    this.tick();
    const nowUs = this.#world.nowUs();
    if (this.#arrears.event(nowUs, creditor, debtor, event, pair)) this.#trial.fell(debtor, nowUs);
  }

  /** A cheque that `creditor` had of `debtor` has bounced. */
  bounced(creditor: number, debtor: number): void {
    this.tick();
    const nowUs = this.#world.nowUs();
    this.#arrears.bounced(nowUs, creditor, debtor);
    this.#trial.fell(debtor, nowUs);
  }

  /** A name is served no more. */
  shutOut(name: number): void {
    const owed = this.#world.creditorsOf(name).flatMap((creditor) => {
      const units = creditor.pair.exposure;
      return creditor.here && units > 0 ? [{ creditor, units }] : [];
    });
    this.#fallen.push({ name, owed });
  }

  /** A name is given up. */
  left(name: number): void {
    this.#arrears.left(this.#world.nowUs(), name);
  }

  /** Samples and curves, at the end. */
  finish(book: MetricBook): void {
    const nowUs = this.#world.nowUs();
    this.#arrears.finish(nowUs);
    this.#trial.finish(nowUs);
    this.#judgeScore(book);
    for (const fallen of this.#fallen) this.#countLoss(book, fallen);
    for (const { debtor, dueUs, lateUs, paid } of this.#arrears.lateness) {
      if (dueUs < this.#warmupUs) continue;
      const place = this.#world.placeOf(debtor);
      if (paid) book.add('invoices.lateness', lateUs, place);
      book.addLife('invoices.lateness', lateUs, paid, place);
    }
    for (const { debtor, defaultedUs } of this.#arrears.lines)
      book.add('credit.defaulted', defaultedUs >= 0 ? 1 : 0, this.#world.placeOf(debtor));
    book.lines = this.#arrears.lines;
  }

  /** A score is the share of good evidence, so what is missing to one is read as the probability of a default. */
  #judgeScore(book: MetricBook): void {
    const { scores, defaulted } = this.#trial;
    if (scores.length === 0) return;
    const risk = scores.map((score) => 1 - score);
    book.add('score.brier', brierScore(risk, defaulted));
    const bad = defaulted.filter((one) => one).length;
    if (bad === 0 || bad === defaulted.length) return;
    book.add('score.auc', areaUnderCurve(risk, defaulted));
    book.add('score.ks', scoreDistance(risk, defaulted));
    book.roc = rocCurve(risk, defaulted);
  }

  #countLoss(book: MetricBook, { name, owed }: Fallen): void {
    const place = this.#world.placeOf(name);
    let [exposure, lost] = [0, 0];
    for (const { creditor, units } of owed) {
      exposure += units;
      lost += Math.min(units, creditor.uncoveredUnits());
    }
    book.add('default.exposure', exposure, place);
    if (exposure > 0) book.add('loss.given_default', lost / exposure, place);
  }
}
