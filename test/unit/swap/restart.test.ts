/** A node that ends and goes on from what it kept: nobody can tell, whatever happened before. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePlain, encodePlain } from '../../../live/store/plain.ts';
import { CHEQUE_ACCEPTED, INVOICE_SENT } from '../../../protocols/swap/events.ts';
import { Pair } from '../../../protocols/swap/pair.ts';
import { pairState, type PairState } from '../../../protocols/swap/pair-state.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { honestBut, OPTIONS, S, Town } from './town.ts';

const throughBytes = (value: unknown): unknown => decodePlain(encodePlain(value));

type Step =
  | { act: 'use'; debtor: 0 | 1; units: number }
  | { act: 'pass'; seconds: number }
  | { act: 'restart'; who: 0 | 1 }
  | { act: 'compare'; who: 0 | 1 };

const who = fc.constantFrom(0 as const, 1 as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      act: fc.constant('use' as const),
      debtor: who,
      units: fc.integer({ min: 1, max: 10 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('pass' as const),
      seconds: fc.integer({ min: 1, max: 900 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('restart' as const), who }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('compare' as const), who }) },
);

/** What went over the wire, and what the bank did. */
function lives(steps: readonly Step[], seed: string, restarts: boolean): unknown {
  const town = new Town();
  // Little in the chequebooks, so that cheques bounce and invoices fall due.
  town.add({ deposit: 250_000n });
  town.add({ deposit: 400_000n });
  town.join(0, 1);
  const random = new StreamFactory(seed).stream('line');
  town.channel = () => {
    const copies = random.below(100) < 20 ? 0 : random.below(100) < 20 ? 2 : 1;
    return Array.from({ length: copies }, () => 10_000 + random.below(5 * S));
  };
  for (const one of steps)
    if (one.act === 'use')
      for (let i = 0; i < 12; i++) town.use(one.debtor, one.debtor === 0 ? 1 : 0, one.units);
    else if (one.act === 'pass') town.run(town.nowUs + one.seconds * S);
    else if (one.act === 'compare') town.citizens[one.who]!.swap.compare(1 - one.who);
    else if (restarts) town.restart(one.who, throughBytes);
  town.run(town.nowUs + 7_200 * S);
  return { wire: town.wire, balances: town.balances(0, 1), burned: town.bank.burned };
}

describe('a restart', () => {
  it('is seen by nobody', () => {
    const seed = fc.integer({ min: 0, max: 1e6 }).map(String);
    let messages = 0;
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), seed, (steps, name) => {
        const undisturbed = lives(steps, name, false) as { wire: unknown[] };
        messages += undisturbed.wire.length;
        expect(lives(steps, name, true)).toEqual(undisturbed);
      }),
      { numRuns: 150 },
    );
    expect(messages).toBeGreaterThan(1_000);
  });

  it('ends the waiting of who has asked in vain', () => {
    const town = new Town();
    town.add();
    town.add();
    town.join(0, 1);
    let away = true;
    town.channel = () => (away ? [] : [10_000]);
    for (let i = 0; i < 10; i++) town.use(0, 1, 10);
    // Asked after 10, 30, 70, 150, 310 and 630 s; the next time would be at 1,270.
    town.run(700 * S);
    expect(town.count(1, INVOICE_SENT)).toBe(7);
    away = false;
    town.restart(0, throughBytes);
    town.citizens[0]!.swap.start();
    town.run(701 * S);
    expect(town.count(1, INVOICE_SENT)).toBe(8);
    expect(town.count(1, CHEQUE_ACCEPTED)).toBe(1);
    expect(town.balances(0, 1)).toEqual([0, 0]);
    // Nothing is open any more, so the next life says nothing.
    const { length } = town.wire;
    town.restart(0, throughBytes);
    town.citizens[0]!.swap.start();
    expect(town.wire).toHaveLength(length);
  });

  it.each([
    ['what it owes, and pays', 0, 0],
    ['no more than it can have been given', 1_000_000, -200],
  ])('after which services were not kept yet believes %s', (_name, invented, owed) => {
    const town = new Town();
    town.add();
    town.add({ policy: honestBut({ claims: (_pair, provided) => provided + invented }) });
    town.join(0, 1);
    const use = (units: number): void => {
      for (let i = 0; i < units / 10; i++) expect(town.use(0, 1, 10)).toBe(true);
    };
    use(30);
    town.run(S);
    const kept = throughBytes(pairState(town.citizens[0]!.swap.pair(1)!)) as PairState;
    // More than the drift that is written off.
    use(60);
    town.run(2 * S);
    town.restart(0, (value) =>
      typeof value === 'object' && value !== null && 'totals' in value ? kept : throughBytes(value),
    );
    town.citizens[0]!.swap.start();
    town.run(10 * S);
    if (invented === 0) {
      expect(town.balances(0, 1)).toEqual([-90, 90]);
      use(10);
      town.run(20 * S);
      expect(town.count(1, CHEQUE_ACCEPTED)).toBe(1);
      expect(town.citizens[1]!.swap.pair(0)!.book.totals.disputed).toBe(0);
    }
    const [mine] = town.balances(0, 1);
    expect(mine).toBe(owed);
    expect(town.citizens[0]!.swap.pair(1)!.mayHaveForgotten).toBe(false);
  });

  it('forgets no field of a pair', () => {
    const town = new Town();
    town.add();
    town.add();
    town.join(0, 1);
    const pair = town.citizens[0]!.swap.pair(1)!;
    expect(pair).toBeInstanceOf(Pair);
    const derived = ['peer', 'account', 'book', 'terms', 'mayHaveForgotten', 'askedWhyUs'];
    const kept = Object.keys(pairState(pair));
    for (const name of Object.keys(pair)) expect([...kept, ...derived]).toContain(name);
    for (const side of ['incoming', 'outgoing'] as const)
      expect(Object.keys(pairState(pair)[side]).toSorted()).toEqual(
        Object.keys(pair[side]).toSorted(),
      );
    expect(Object.keys(pairState(pair).totals)).toEqual(Object.keys(pair.book.totals));
  });

  it('is refused for a pair that is there', () => {
    const town = new Town();
    town.add();
    town.add();
    town.join(0, 1);
    const { swap } = town.citizens[0]!;
    const state = pairState(swap.pair(1)!);
    expect(() => swap.resume(1, state)).toThrow('already');
    expect(state.terms.limits.paymentThreshold).toBe(OPTIONS.paymentThreshold);
  });
});
