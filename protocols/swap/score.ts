/**
 * The credit score: beta reputation with forgetting, from what was seen on the ledger and nothing else.
 *
 * Two numbers an account, evidence for and against. Each fact weakens both by the factor `memory` and adds its weight to one of them
 * (or to both, for one that is half bad); the score is the share of the evidence that is good. Two nodes that have seen the same facts
 * have the same scores, which is what lets a score be quoted. (Jøsang and Ismail 2002; the form with weight and value is Storj's, whose published history is
 * the known answer: from the best score, ceil(ln threshold / ln memory) bad facts in a row lead below the threshold.)
 *
 * A protest is a claim of one side. It counts only once it has stood unanswered for a while; answered with a cheque, or settled by payment, it counts
 * as paid late. What an accuser whose protests are answered loses is a setting.
 *
 * Newcomers: the paper puts them in the middle, which whoever throws names away likes. The alternative lets them begin low and pay their
 * dues (Friedman and Resnick 2001).
 */
import type { LedgerFact } from './ledger-port.ts';
import { PERMILLE } from './price.ts';
import type { Account } from './typed-data.ts';

/** What one fact is worth: its value from -1 (bad) to 1 (good), and its weight. */
export interface Evidence {
  value: number;
  weight: number;
}

/** What an account gets at a score of at least `minScore`. */
export interface CreditBand {
  minScore: number;
  /** Thousandths of the price that it pays. */
  pricePermille: number;
  /** Thousandths of the limits (`PairLimits`) that it is granted. */
  creditPermille: number;
}

export interface ScoreOptions {
  /** Factor in (0, 1) by which old evidence weakens with each new fact. Storj: .95, since 2022 .999. */
  memory: number;
  newcomer: { rule: 'middle'; weight: number } | { rule: 'dues'; score: number; weight: number };
  cashed: Evidence;
  bounced: Evidence;
  /** A protest that was answered or settled: the debtor paid, late. */
  late: Evidence;
  /** A protest that stood unanswered. */
  unpaid: Evidence;
  convicted: Evidence;
  acquitted: Evidence;
  /** For the accuser, each time a protest of his is answered with a cheque. */
  accused: Evidence;
  /** Ledger seconds for which a protest must stand before it counts. */
  answerSeconds: number;
  /** From the lowest score to the highest; the first begins at 0. */
  bands: readonly CreditBand[];
  /** Nobody with less is served. */
  minScore: number;
}

/** Why these settings make no score; undefined if they do. */
export function scoreFault(options: ScoreOptions): string | undefined {
  if (!(options.memory > 0 && options.memory < 1))
    return `memory: expected a factor between 0 and 1, got ${options.memory}`;
  const { newcomer, bands, minScore } = options;
  if (!(newcomer.weight > 0))
    return `weight of a newcomer: expected more than 0, got ${newcomer.weight}`;
  if (newcomer.rule === 'dues' && !(newcomer.score >= 0 && newcomer.score <= 1))
    return `score of a newcomer: expected 0..1, got ${newcomer.score}`;
  if (!(minScore >= 0 && minScore <= 1)) return `least score: expected 0..1, got ${minScore}`;
  const first = newcomer.rule === 'dues' ? newcomer.score : 0.5;
  if (first < minScore)
    return `newcomers begin at ${first} and are not served below ${minScore}: nobody could ever begin`;
  return evidenceFault(options) ?? bandsFault(bands);
}

function evidenceFault(options: ScoreOptions): string | undefined {
  const { cashed, bounced, late, unpaid, convicted, acquitted, accused } = options;
  for (const { value, weight } of [cashed, bounced, late, unpaid, convicted, acquitted, accused])
    if (!(value >= -1 && value <= 1 && weight >= 0 && weight < Infinity))
      return `evidence: expected a value in -1..1 and a weight of 0 or more, got ${value} and ${weight}`;
  return undefined;
}

function bandsFault(bands: readonly CreditBand[]): string | undefined {
  if (bands[0]?.minScore !== 0) return 'the first credit band must begin at a score of 0';
  let before = -1;
  for (const band of bands) {
    if (!(band.minScore > before && band.minScore <= 1))
      return `a credit band that begins at ${band.minScore} after one at ${before}`;
    if (!isPermille(band.pricePermille) || !isPermille(band.creditPermille))
      return `a credit band's thousandths: expected integers of 0 or more, got ${band.pricePermille} and ${band.creditPermille}`;
    before = band.minScore;
  }
  return undefined;
}

function isPermille(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= PERMILLE * PERMILLE;
}

/** What is known of one account. */
export interface CreditRecord {
  /** Evidence for and against it. */
  good: number;
  bad: number;
  cashed: number;
  bounced: number;
  late: number;
  unpaid: number;
  convicted: number;
}

/** Everything a node knows of everybody, as a plain value. */
export interface ScoreState {
  records: readonly (readonly [Account, CreditRecord])[];
  open: readonly (readonly [string, OpenProtest])[];
}

interface OpenProtest {
  debtor: Account;
  creditor: Account;
  /** Ledger time at which it begins to count. */
  countsAt: bigint;
}

export class CreditScores {
  readonly options: ScoreOptions;
  readonly #records = new Map<Account, CreditRecord>();
  /** Protests that may still be answered, oldest first. */
  readonly #open = new Map<string, OpenProtest>();

  /** @throws RangeError, with the reason, for settings that make no score. */
  constructor(options: ScoreOptions) {
    const fault = scoreFault(options);
    if (fault !== undefined) throw new RangeError(fault);
    this.options = options;
  }

  /** Share of the evidence that is good, 0..1. */
  score(account: Account): number {
    const record = this.#records.get(account) ?? this.#newcomer();
    return record.good / (record.good + record.bad);
  }

  /** What is known of an account; a newcomer's record for one that was never seen. */
  record(account: Account): Readonly<CreditRecord> {
    return this.#records.get(account) ?? this.#newcomer();
  }

  /** All that is known, to be kept. */
  state(): ScoreState {
    return {
      records: [...this.#records].map(([account, record]) => [account, { ...record }]),
      open: [...this.#open],
    };
  }

  /** Goes on from what was kept; what is known now is forgotten. */
  resume({ records, open }: ScoreState): void {
    this.#records.clear();
    this.#open.clear();
    for (const [account, record] of records) this.#records.set(account, { ...record });
    for (const [id, protest] of open) this.#open.set(id, protest);
  }

  /** Whether its score is high enough to be served at all. */
  isServed(account: Account): boolean {
    return this.score(account) >= this.options.minScore;
  }

  band(account: Account): CreditBand {
    const score = this.score(account);
    const { bands } = this.options;
    let found = bands[0]!;
    for (const band of bands) if (band.minScore <= score) found = band;
    return found;
  }

  /** Whether an answer to a protest would still spare its debtor the worst. */
  isOpen(protest: string): boolean {
    return this.#open.has(protest);
  }

  /** Takes a fact into account. `seconds` is ledger time. */
  see(fact: LedgerFact, seconds: bigint): void {
    const { options } = this;
    switch (fact.kind) {
      case 'cashed':
        if (fact.bounced) this.#count(fact.issuer, 'bounced', options.bounced);
        else this.#count(fact.issuer, 'cashed', options.cashed);
        break;
      case 'protested':
        this.#open.set(fact.protest, {
          debtor: fact.debtor,
          creditor: fact.creditor,
          countsAt: seconds + BigInt(options.answerSeconds),
        });
        break;
      case 'answered':
        if (this.#open.delete(fact.protest)) this.#count(fact.debtor, 'late', options.late);
        this.#weigh(fact.creditor, options.accused);
        break;
      case 'settled':
        if (this.#open.delete(fact.protest)) this.#count(fact.debtor, 'late', options.late);
        break;
      case 'verdict':
        if (fact.guilty) this.#count(fact.accused, 'convicted', options.convicted);
        else this.#weigh(fact.accused, options.acquitted);
        break;
    }
  }

  /** The ledger's clock stands at `seconds`: protests that have stood long enough count. */
  onTime(seconds: bigint): void {
    for (const [id, protest] of this.#open) {
      if (protest.countsAt > seconds) break;
      this.#open.delete(id);
      this.#count(protest.debtor, 'unpaid', this.options.unpaid);
    }
  }

  #count(
    account: Account,
    what: 'cashed' | 'bounced' | 'late' | 'unpaid' | 'convicted',
    evidence: Evidence,
  ): void {
    this.#weigh(account, evidence)[what]++;
  }

  #weigh(account: Account, { value, weight }: Evidence): CreditRecord {
    let record = this.#records.get(account);
    if (record === undefined) {
      record = this.#newcomer();
      this.#records.set(account, record);
    }
    if (weight === 0) return record;
    const { memory } = this.options;
    record.good = memory * record.good + (weight * (1 + value)) / 2;
    record.bad = memory * record.bad + (weight * (1 - value)) / 2;
    return record;
  }

  #newcomer(): CreditRecord {
    const { newcomer } = this.options;
    const score = newcomer.rule === 'middle' ? 0.5 : newcomer.score;
    return {
      good: newcomer.weight * score,
      bad: newcomer.weight * (1 - score),
      cashed: 0,
      bounced: 0,
      late: 0,
      unpaid: 0,
      convicted: 0,
    };
  }
}
