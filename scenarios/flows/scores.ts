/** Credit scores that all share, since all have seen the same ledger. Only the master learns; each node's own face shows what it knows. */
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
