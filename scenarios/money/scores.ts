/** Credit scores that all share, where all have seen the same ledger (only the master learns; each node's own face shows what it knows), or that each makes for itself. */
import type { LedgerFact } from '../../protocols/swap/ledger-port.ts';
import {
  CreditScores,
  type CreditBand,
  type CreditRecord,
  type ScoreOptions,
} from '../../protocols/swap/score.ts';
import type { Account } from '../../protocols/swap/typed-data.ts';

class Master extends CreditScores {
  /** Accounts whose protests have come to count since the last look. */
  readonly waiting = new Map<string, Account>();

  override see(fact: LedgerFact, seconds: bigint): void {
    if (fact.kind === 'protested') this.waiting.set(fact.protest, fact.debtor);
    else if (fact.kind === 'answered' || fact.kind === 'settled') this.waiting.delete(fact.protest);
    super.see(fact, seconds);
  }
}

class Face extends CreditScores {
  readonly #master: CreditScores;

  constructor(master: CreditScores) {
    super(master.options);
    this.#master = master;
  }

  override score(account: Account): number {
    return this.#master.score(account);
  }
  override record(account: Account): Readonly<CreditRecord> {
    return this.#master.record(account);
  }
  override isServed(account: Account): boolean {
    return this.#master.isServed(account);
  }
  override band(account: Account): CreditBand {
    return this.#master.band(account);
  }
  override see(): void {}
  override onTime(): void {}
}

/** Scores that all share: what everybody has heard of at the same moment. */
export class SharedScores {
  readonly master: Master;

  constructor(options: ScoreOptions) {
    this.master = new Master(options);
  }

  /** What one node is given. */
  face(): CreditScores {
    return new Face(this.master);
  }

  /** Lets ledger time pass. @returns accounts whose score has changed. */
  advance(seconds: bigint): Account[] {
    const before = new Map(
      [...this.master.waiting.values()].map((account) => [account, this.master.score(account)]),
    );
    this.master.onTime(seconds);
    const changed = [...before].filter(([account, score]) => this.master.score(account) !== score);
    for (const [protest, account] of this.master.waiting)
      if (changed.some(([one]) => one === account)) this.master.waiting.delete(protest);
    return changed.map(([account]) => account);
  }
}

/** Scores that each makes for itself of what it has heard; the master's are those of a bystander. */
export class OwnScores extends SharedScores {
  override face(): CreditScores {
    return new CreditScores(this.master.options);
  }
}
