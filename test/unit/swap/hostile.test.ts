/**
 * Two neighbours over a channel that loses, repeats and reorders, with somebody in between who forges and replays; and a town of honest people on bad lines.
 *
 * The model beside it counts services as they were really given and money as the bank moved it; it knows nothing of books.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import {
  CHEQUE_BYTES,
  encodeCheque,
  encodeConfirm,
  encodeInvoice,
  encodeStatement,
} from '../../../protocols/swap/messages.ts';
import * as events from '../../../protocols/swap/events.ts';
import { modelledSigner, type Signer } from '../../../protocols/swap/signer.ts';
import { TypedData } from '../../../protocols/swap/typed-data.ts';
import type { RandomStream } from '../../../protocols/random.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import {
  accountNumber,
  bookNumber,
  CHAIN,
  honestBut,
  OPTIONS,
  RATE,
  S,
  Town,
  TYPED,
} from './town.ts';

const suite = createSuite('native');
const streams = new StreamFactory('hostile');

/** Loses a share, repeats a share, and delays everything by up to 30 s, so that nothing keeps its order. */
function badLine(town: Town, random: RandomStream, lossPercent: number): void {
  town.channel = () => {
    const copies = random.below(100) < lossPercent ? 0 : random.below(100) < 30 ? 2 : 1;
    return Array.from({ length: copies }, () => 10_000 + random.below(30 * S));
  };
}

/** Everything that a pair knows, as text. */
function stateOf(town: Town, index: number): string {
  const pair = town.citizens[index]!.swap.pair(1 - index)!;
  const { book, incoming, outgoing, invoice, asked, protests, sequenceHeard, overdue } = pair;
  return JSON.stringify(
    { totals: book.totals, incoming, outgoing, invoice, asked, protests, sequenceHeard, overdue },
    (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
  );
}

/** What services were given (`given[i]`: by i), and asked for and lost. */
interface Model {
  given: [number, number];
  lost: [number, number];
}

function useOver(town: Town, model: Model, debtor: number, units: number, lost: boolean): void {
  const creditor = 1 - debtor;
  const [asks, gives] = [town.citizens[debtor]!.swap, town.citizens[creditor]!.swap];
  if (!asks.mayRequest(creditor, units)) return;
  asks.request(creditor, units);
  if (!lost && gives.serve(debtor, units)) model.given[creditor]! += units;
  else model.lost[debtor]! += units;
}

/** Nothing that was settled is owed: services given are debts, cheques that may be cashed, or money that was moved. */
function expectAccountsMatch(town: Town, model: Model): void {
  const [zero, one] = [town.citizens[0]!.swap.pair(1)!, town.citizens[1]!.swap.pair(0)!];
  expect(zero.balance + one.balance).toBe(0);
  expect([zero.book.totals.writtenOff, one.book.totals.writtenOff]).toEqual([0, 0]);
  const net = model.given[1] - model.given[0];
  expect(net).toBe(one.balance + one.entitled - zero.entitled);
  for (const [pair, other] of [
    [zero, one],
    [one, zero],
  ] as const) {
    expect(pair.entitled).toBe(other.owedByCheque);
    expect(pair.incoming.paidOutWei).toBeLessThanOrEqual(RATE.toWei(pair.entitled));
  }
}

describe('over a bad line', () => {
  const act = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        debtor: fc.constantFrom(0, 0, 0, 1),
        units: fc.integer({ min: 1, max: 10 }),
        times: fc.nat(30),
        lost: fc.boolean(),
      }),
    },
    { weight: 3, arbitrary: fc.record({ waitS: fc.nat(120) }) },
    { weight: 1, arbitrary: fc.record({ compare: fc.nat(1) }) },
  );

  it('both books agree with what was given, no honest one is owed more than it may be, nothing is paid twice', () => {
    const seen = { cheques: 0, back: 0, lost: 0, cashed: 0 };
    fc.assert(
      fc.property(
        fc.array(act, { minLength: 20, maxLength: 80 }),
        fc.nat(60),
        fc.nat(1_000_000),
        fc.boolean(),
        (acts, lossPercent, seed, hoard) => {
          const town = new Town();
          const policy = hoard ? honestBut({ cashAt: () => Infinity }) : honestBut({});
          // A month to pay: the line may be down for long.
          const options = { deadlineUs: 30 * 86_400 * S };
          town.add({ policy, options });
          town.add({ policy, options });
          town.join(0, 1);
          badLine(town, streams.stream(`line/${seed}`), lossPercent);
          const model: Model = { given: [0, 0], lost: [0, 0] };
          for (const step of acts) {
            if ('waitS' in step) town.run(town.nowUs + step.waitS * S);
            else if ('compare' in step) town.citizens[step.compare]!.swap.compare(1 - step.compare);
            else
              for (let i = 0; i < step.times; i++) {
                const { debtor, units } = step;
                useOver(town, model, debtor, units, step.lost && i % 5 === 0);
                for (const me of [0, 1] as const) {
                  const pair = town.citizens[me]!.swap.pair(1 - me)!;
                  const t = pair.book.totals;
                  const paid = t.receivedPaid + t.receivedVoid - t.paid - t.voided;
                  const owed = model.given[me] - model.given[(1 - me) as 0 | 1] - paid;
                  // What was asked for in vain counts as had, until the books are compared.
                  expect(owed).toBeLessThanOrEqual(OPTIONS.disconnectThreshold + model.lost[me]);
                  const most = OPTIONS.disconnectThreshold + model.lost[me];
                  expect(pair.book.debt).toBeLessThanOrEqual(most);
                  expect(pair.exposure).toBeLessThanOrEqual(OPTIONS.exposureMax + model.lost[me]);
                }
              }
          }
          // The line is good again, and both say what they have.
          town.channel = () => [10_000];
          for (let i = 0; i < 6; i++) {
            town.citizens[i % 2]!.swap.compare(1 - (i % 2));
            town.run(town.nowUs + 30 * 60 * S);
          }
          expectAccountsMatch(town, model);
          for (const me of [0, 1]) {
            expect(town.count(me, events.PROTEST)).toBe(0);
            expect(town.count(me, events.OVERCASHED)).toBe(0);
            seen.cheques += town.count(me, events.CHEQUE_ACCEPTED);
            seen.back += town.count(me, events.CHEQUES_RETURNED);
          }
          seen.lost += model.lost[0] + model.lost[1];
          seen.cashed += town.bank.cashings;
          // Money at the bank: every wei that was paid out was promised, once.
          let moved = 0n;
          for (const wei of town.bank.wallets.values()) moved += wei;
          const [zero, one] = [town.citizens[0]!.swap.pair(1)!, town.citizens[1]!.swap.pair(0)!];
          expect(moved).toBe(zero.incoming.paidOutWei + one.incoming.paidOutWei);
          expect(moved).toBeLessThanOrEqual(RATE.toWei(zero.owedByCheque + one.owedByCheque));
        },
      ),
      { numRuns: 100 },
    );
    // The property has met what it is about.
    for (const [what, count] of Object.entries(seen)) expect(count, what).toBeGreaterThan(20);
  });
});

describe('somebody in between', () => {
  const outsider = modelledSigner(suite, accountNumber(0xbad));

  /** A pair in the middle of things: debts both ways, a pending cheque, an open invoice. */
  function midway(): Town {
    const town = new Town();
    const policy = honestBut({ cashAt: () => Infinity });
    town.add({ policy });
    town.add({ policy });
    town.join(0, 1);
    for (let i = 0; i < 10; i++) town.use(0, 1, 10);
    town.run(S);
    for (let i = 0; i < 3; i++) town.use(1, 0, 10);
    for (let i = 0; i < 13; i++) town.use(0, 1, 10);
    town.channel = (_from, to) => (to === 1 ? [] : [10_000]);
    town.run(5 * S);
    const debtor = town.citizens[0]!.swap.pair(1)!;
    expect(debtor.outgoing.pending).toBe(true);
    expect(town.citizens[1]!.swap.pair(0)!.invoice).toBeDefined();
    town.channel = () => [];
    return town;
  }

  function expectNoChange(town: Town, to: number, bytes: Uint8Array): void {
    const before = [stateOf(town, 0), stateOf(town, 1)];
    town.citizens[to]!.swap.onDatagram(1 - to, bytes, 0, bytes.length);
    expect([stateOf(town, 0), stateOf(town, 1)]).toEqual(before);
  }

  /** A cheque of node 0 to node 1, with something changed. */
  function cheque(
    town: Town,
    changes: {
      chain?: bigint;
      signChain?: bigint;
      book?: string;
      beneficiary?: string;
      units?: number;
      wei?: bigint;
      signer?: Signer;
    } = {},
  ): Uint8Array {
    const value = {
      chequebook: changes.book ?? town.citizens[0]!.book,
      beneficiary: changes.beneficiary ?? town.citizens[1]!.signer.account,
      cumulativePayout: changes.wei ?? RATE.toWei(changes.units ?? 230),
    };
    const typed = new TypedData(suite, changes.signChain ?? CHAIN);
    const signature = (changes.signer ?? town.citizens[0]!.signer).sign(typed.cheque(value));
    return encodeCheque(changes.chain ?? CHAIN, value, signature);
  }

  it('would be believed if the cheque were real', () => {
    const town = midway();
    const before = stateOf(town, 1);
    const real = cheque(town);
    town.citizens[1]!.swap.onDatagram(0, real, 0, CHEQUE_BYTES);
    expect(stateOf(town, 1)).not.toBe(before);
  });

  it.each<[string, Parameters<typeof cheque>[1]]>([
    ['of another chain', { chain: 2n, signChain: 2n }],
    ['of another chain that says it is ours', { signChain: 2n }],
    ['of ours that says another chain', { chain: 2n }],
    ['of another contract', { book: bookNumber(1) }],
    ['of a contract that is none', { book: accountNumber(77) }],
    ['for somebody else', { beneficiary: accountNumber(77) }],
    ['signed by an outsider', { signer: outsider }],
    ['that is smaller', { units: 50 }],
    ['of the same sum signed by an outsider', { units: 100, signer: outsider }],
    ['of no whole number of units', { wei: RATE.toWei(230) + 1n }],
    ['beyond 2^53 units', { wei: (1n << 53n) * 1_000n }],
  ])('changes nothing with a cheque %s', (_name, changes) => {
    const town = midway();
    expectNoChange(town, 1, cheque(town, changes));
  });

  it('changes nothing with a malleable signature', () => {
    const town = midway();
    const bytes = cheque(town);
    bytes[CHEQUE_BYTES - 65 + 32]! ^= 0x80;
    expectNoChange(town, 1, bytes);
  });

  it('changes nothing with any message that has one bit changed', () => {
    const town = midway();
    const kinds = new Map(
      town.wire.map((datagram) => [datagram.bytes[0]! * 2 + datagram.to, datagram]),
    );
    expect(kinds.size).toBeGreaterThanOrEqual(5);
    for (const { to, bytes } of kinds.values())
      for (let bit = 0; bit < bytes.length * 8; bit += 3) {
        const changed = bytes.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expectNoChange(town, to, changed);
      }
  });

  it('changes nothing with messages that it signs itself', () => {
    const town = midway();
    const [zero, one] = town.citizens;
    const statement = {
      flags: 2,
      sequence: 1_000,
      answers: zero!.swap.pair(1)!.sequenceSent,
      provided: 1_000_000,
      forgiven: 0,
      consumed: 0,
      paid: 900,
      voided: 100,
      receivedPaid: 0,
      receivedVoid: 0,
    };
    for (const [to, from, me] of [
      [0, one, zero],
      [1, zero, one],
    ] as const) {
      const digest = TYPED.statement(from!.signer.account, me!.signer.account, statement);
      expectNoChange(town, to, encodeStatement(statement, outsider.sign(digest)));
    }
    const invoice = { chequebook: zero!.book, cumulativePayout: RATE.toWei(900), dueAt: 10_000n };
    const parties = { creditor: one!.signer.account, debtor: zero!.signer.account };
    const signature = outsider.sign(TYPED.invoice({ ...parties, ...invoice }));
    expectNoChange(town, 0, encodeInvoice({ ...invoice, signature }));
    const pending = zero!.swap.pair(1)!.outgoing.top!.cheque.cumulativePayout;
    for (const status of [0, 8]) {
      const told = { cumulativePayout: pending, status };
      const digest = TYPED.confirmation(zero!.book, one!.signer.account, told);
      expectNoChange(town, 0, encodeConfirm(told, outsider.sign(digest)));
    }
  });

  it('changes nothing by repeating what has been heard', () => {
    const town = new Town();
    const policy = honestBut({ cashAt: () => Infinity });
    town.add({ policy });
    town.add({ policy });
    town.join(0, 1);
    const random = streams.stream('replay');
    for (let i = 0; i < 400; i++) {
      // First one side owes, then the other, so that cheques are given back too.
      const debtor = random.below(5) === 0 ? (i >> 7) & 1 : 1 - ((i >> 7) & 1);
      town.use(debtor, 1 - debtor, 1 + random.below(10));
      if (i % 10 === 9) town.run(town.nowUs + 20 * S);
    }
    town.run(town.nowUs + 100 * S);
    town.channel = () => [];
    const heard = [...town.wire];
    expect(heard.length).toBeGreaterThan(20);
    const money = (): string =>
      JSON.stringify(
        [0, 1].map((i) => {
          const { book, incoming, outgoing, payAtUs } = town.citizens[i]!.swap.pair(1 - i)!;
          return [book.totals, incoming.topUnits, outgoing.topUnits, outgoing.pending, payAtUs];
        }),
      );
    const before = money();
    for (const { to, bytes } of heard) {
      town.citizens[to]!.swap.onDatagram(1 - to, bytes, 0, bytes.length);
      expect(money()).toBe(before);
    }
  });
});

describe('a town of honest people', () => {
  it.each([0, 20, 40])(
    'on lines that lose %i in 100: no default, no protest, no bounce, no dispute',
    (loss) => {
      const town = new Town();
      const people = 5;
      for (let i = 0; i < people; i++)
        town.add({ options: { statementEveryUs: 300 * S, deadlineUs: 3_600 * S } });
      for (let a = 0; a < people; a++) for (let b = 0; b < a; b++) town.join(a, b);
      const random = streams.stream(`honest/${loss}`);
      badLine(town, random, loss);
      let given = 0;
      let refused = 0;
      for (let minute = 0; minute < 8 * 60; minute++) {
        for (let i = 0; i < 8; i++) {
          const a = random.below(people);
          const b = (a + 1 + random.below(people - 1)) % people;
          // Some use more than they give.
          const [low, high] = a < b ? [a, b] : [b, a];
          const [debtor, creditor] = random.below(5) === 0 ? [high, low] : [low, high];
          const units = 1 + random.below(10);
          if (!town.citizens[debtor]!.swap.mayRequest(creditor, units)) refused++;
          else if (town.use(debtor, creditor, units)) given += units;
          else refused++;
        }
        town.run((minute + 1) * 60 * S);
      }
      for (let i = 0; i < people; i++) {
        expect(town.count(i, events.PROTEST)).toBe(0);
        expect(town.count(i, events.INVOICE_OVERDUE)).toBe(0);
        expect(town.count(i, events.UNFUNDED)).toBe(0);
        expect(town.count(i, events.OVERCASHED)).toBe(0);
        expect(town.bank.books.get(town.citizens[i]!.book)!.bounced).toBe(false);
        for (let j = 0; j < people; j++)
          if (i !== j) {
            const { totals } = town.citizens[i]!.swap.pair(j)!.book;
            expect([totals.disputed, totals.writtenOff]).toEqual([0, 0]);
            expect(
              town.citizens[i]!.scores.score(town.citizens[j]!.signer.account),
            ).toBeGreaterThanOrEqual(0.5);
          }
      }
      expect(town.bank.burned).toBe(0n);
      expect(town.bank.cashings).toBeGreaterThan(50);
      expect(given).toBeGreaterThan(10_000);
      // A good line never stands still; a bad one may while a cheque is lost.
      expect(refused).toBeLessThanOrEqual(loss === 0 ? 0 : 0.05 * 8 * 60 * 8);
    },
  );
});
