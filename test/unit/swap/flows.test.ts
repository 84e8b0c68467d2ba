/**
 * SWAP without packets: a month in volume steps. The same machine is given a day's traffic in portions, and its messages are handed over at once; there is
 * no network and no link.
 */
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { Swap } from '../../../protocols/swap/machine.ts';
import {
  DEFAULT_HONEST_OPTIONS,
  honestPolicy,
  type SwapPolicy,
} from '../../../protocols/swap/policy.ts';
import { CreditScores } from '../../../protocols/swap/score.ts';
import { modelledSigner } from '../../../protocols/swap/signer.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import {
  accountNumber,
  Bank,
  bookNumber,
  CHAIN,
  OPTIONS,
  PLAIN_SCORES,
  RATE,
  S,
  TYPED,
} from './town.ts';

const DAY_S = 86_400;

/** A world whose only clock is the day and whose only queue is this one. */
class Flows {
  readonly bank = new Bank();
  readonly swaps: Swap[] = [];
  readonly scores: CreditScores[] = [];
  nowUs = 0;
  readonly #queue: (() => void)[] = [];
  readonly #timers = new Map<number, { atUs: number; run: () => void }>();
  #next = 0;

  add(policy: SwapPolicy, deposit: bigint): void {
    const self = this.swaps.length;
    const signer = modelledSigner(createSuite('native'), accountNumber(self + 1));
    const { bank } = this;
    bank.open(bookNumber(self), signer.account, deposit);
    const scores = new CreditScores({ ...PLAIN_SCORES, minScore: 0.4 });
    const host = {
      now: () => this.nowUs,
      send: (to: number, bytes: Uint8Array, offset: number, length: number) => {
        const copy = bytes.slice(offset, offset + length);
        this.#queue.push(() => this.swaps[to]!.onDatagram(self, copy, 0, length));
      },
      setTimer: (delayUs: number, kind: number, argument: number) => {
        const run = () => this.swaps[self]!.onTimer(kind, argument);
        this.#timers.set(this.#next, { atUs: this.nowUs + delayUs, run });
        return this.#next++;
      },
      cancelTimer: (id: number) => void this.#timers.delete(id),
      emit: () => undefined,
    };
    const ledger = {
      chainId: CHAIN,
      seconds: () => bank.seconds,
      chequebook: (book: string, beneficiary: string) => bank.view(book, beneficiary),
      cashingFee: () => bank.cashingFee,
      protestFee: () => bank.protestFee,
      cash: bank.cash.bind(bank),
      protest: bank.protest.bind(bank),
      answer: bank.answer.bind(bank),
    };
    const options = { ...OPTIONS, deadlineUs: 12 * 3_600 * S };
    const settings = {
      options,
      policy,
      rate: RATE,
      signer,
      typed: TYPED,
      scores,
      chequebook: bookNumber(self),
    };
    this.scores.push(scores);
    this.swaps.push(
      new Swap(host, {
        ...settings,
        ledger: {
          ...ledger,
          cash: (c) => ledger.cash(c, signer),
          protest: (i) => ledger.protest(i, signer),
        },
      }),
    );
    for (let other = 0; other < self; other++) {
      const terms = (n: number) => ({
        account: accountNumber(n + 1),
        chequebook: bookNumber(n),
        limits: OPTIONS,
      });
      this.swaps[other]!.open(self, terms(self));
      this.swaps[self]!.open(other, terms(other));
    }
  }

  /** Moves a volume in portions, as much of it as may be. @returns how much. */
  move(debtor: number, creditor: number, volume: number): number {
    let moved = 0;
    while (moved < volume && this.swaps[debtor]!.mayRequest(creditor, OPTIONS.priceMax)) {
      const portion = Math.min(OPTIONS.priceMax, volume - moved);
      if (this.swaps[creditor]!.mayServe(debtor, portion) !== undefined) break;
      this.swaps[debtor]!.request(creditor, portion);
      this.swaps[creditor]!.serve(debtor, portion);
      moved += portion;
      this.#drain();
    }
    return moved;
  }

  /** Another day: its timers, one block at its end, what was seen in it. */
  day(): void {
    const endUs = this.nowUs + DAY_S * S;
    for (;;) {
      let first: [number, { atUs: number; run: () => void }] | undefined;
      for (const timer of this.#timers)
        if (timer[1].atUs <= (first?.[1].atUs ?? endUs)) first = timer;
      if (first === undefined) break;
      this.#timers.delete(first[0]);
      this.nowUs = Math.max(this.nowUs, first[1].atUs);
      first[1].run();
      this.#drain();
    }
    this.nowUs = endUs;
    this.bank.seconds = BigInt(this.nowUs / S);
    for (const transaction of this.bank.submitted.splice(0)) transaction();
    for (const fact of this.bank.facts.splice(0))
      for (const swap of this.swaps) swap.onLedgerFact(fact);
    for (const swap of this.swaps) swap.onLedgerHead();
    this.#drain();
  }

  #drain(): void {
    // Whatever is said is answered a few times at most: no two machines talk to each other for ever.
    for (let said = 0; this.#queue.length > 0; said++) {
      if (said > 500) throw new Error('they do not stop talking');
      this.#queue.shift()!();
    }
  }
}

describe('a month in volume steps', () => {
  it('settles what honest people use, and shuts out who signs more than he holds or never pays', () => {
    const honest = honestPolicy({
      ...DEFAULT_HONEST_OPTIONS,
      solvency: 'any',
      cash: { kind: 'at-once' },
    });
    const kiter: SwapPolicy = { ...honest, signsBeyondDeposit: () => true };
    const never: SwapPolicy = { ...honest, payAt: () => Infinity };
    const world = new Flows();
    for (let i = 0; i < 8; i++) world.add(honest, RATE.toWei(10_000_000));
    world.add(kiter, RATE.toWei(1_000));
    world.add(never, RATE.toWei(1_000));
    const [KITER, NEVER] = [8, 9];
    const random = new StreamFactory('flows').stream('volumes');
    const used = world.swaps.map(() => 0);
    const lastWeek = world.swaps.map(() => 0);
    for (let day = 0; day < 30; day++) {
      for (let debtor = 0; debtor < 10; debtor++)
        for (let i = 0; i < 3; i++) {
          const moved = world.move(debtor, random.below(8), 200 + random.below(800));
          used[debtor]! += moved;
          if (day >= 23) lastWeek[debtor]! += moved;
        }
      world.day();
    }
    for (let i = 0; i < 8; i++) {
      expect(lastWeek[i]).toBeGreaterThan(3 * 7 * 200 * 0.5);
      expect(world.scores[(i + 1) % 8]!.score(accountNumber(i + 1))).toBeGreaterThan(0.5);
      expect(world.bank.books.get(bookNumber(i))!.bounced).toBe(false);
    }
    expect(lastWeek[KITER]).toBe(0);
    expect(lastWeek[NEVER]).toBe(0);
    // Eight creditors, each of whom it could cost the threshold and no more.
    expect(used[NEVER]).toBeLessThanOrEqual(8 * OPTIONS.disconnectThreshold);
    expect(used[KITER]).toBeLessThanOrEqual(1_000 + 8 * OPTIONS.exposureMax);
    expect(world.bank.books.get(bookNumber(KITER))!.bounced).toBe(true);
    expect(world.scores[0]!.isServed(accountNumber(KITER + 1))).toBe(false);
    expect(world.scores[0]!.isServed(accountNumber(NEVER + 1))).toBe(false);
    // Nobody honest was protested.
    for (const { invoice } of world.bank.protests.values())
      expect([KITER, NEVER].map((n) => accountNumber(n + 1))).toContain(invoice.debtor);
    expect(world.bank.protests.size).toBeGreaterThan(0);
    for (let i = 0; i < 8; i++)
      for (let j = 0; j < 8; j++)
        if (i !== j) expect(world.swaps[i]!.mayServe(j, 1)).toBeUndefined();
  });
});
