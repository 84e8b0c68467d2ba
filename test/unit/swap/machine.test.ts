/** SWAP between two neighbours: asking, paying, netting, cashing, protesting. */
import { describe, expect, it } from 'vitest';
import * as events from '../../../protocols/swap/events.ts';
import { DEFAULT_HONEST_OPTIONS, honestPolicy } from '../../../protocols/swap/policy.ts';
import { honestBut, OPTIONS, PLAIN_SCORES, RATE, S, Town } from './town.ts';

function pair(first = {}, second = {}): Town {
  const town = new Town();
  town.add(first);
  town.add(second);
  town.join(0, 1);
  return town;
}

/** Node 0 uses node 1 until it may not, at most `most` units, ten a time. */
function use(town: Town, most: number): number {
  let used = 0;
  while (used + 10 <= most && town.use(0, 1, 10)) used += 10;
  return used;
}

describe('a pair', () => {
  it('invoices at the threshold, is paid, and both books come out even', () => {
    const town = pair();
    expect(use(town, 90)).toBe(90);
    town.run(S);
    expect(town.count(1, events.INVOICE_SENT)).toBe(0);
    expect(town.balances(0, 1)).toEqual([-90, 90]);
    use(town, 10);
    town.run(2 * S);
    expect(town.count(1, events.INVOICE_SENT)).toBe(1);
    expect(town.count(0, events.CHEQUE_SENT)).toBe(1);
    expect(town.balances(0, 1)).toEqual([0, 0]);
    expect(town.citizens[0]!.swap.pair(1)!.outgoing.pending).toBe(false);
    town.run(60 * S);
    expect(town.bank.wallets.get(town.citizens[1]!.signer.account)).toBe(RATE.toWei(100));
  });

  it('gives nothing beyond the disconnect threshold to who does not pay, and protests', () => {
    const town = pair({ policy: honestBut({ payAt: () => Infinity }) });
    expect(use(town, 10_000)).toBe(OPTIONS.disconnectThreshold);
    town.run(1_000 * S);
    expect(use(town, 10)).toBe(0);
    expect(town.count(1, events.INVOICE_OVERDUE)).toBe(1);
    expect(town.count(1, events.PROTEST)).toBe(1);
    expect([...town.bank.protests.values()].map((p) => p.open)).toEqual([true]);
    town.run(5_000 * S);
    expect(town.citizens[1]!.scores.record(town.citizens[0]!.signer.account).unpaid).toBe(1);
  });

  it('takes an invoice for paid that was paid, though the debt turns out to have been larger', () => {
    const town = pair();
    // Asked of node 0, and lost on the way: node 1 learns of it from the statement that answers its own, after it has sent its invoice.
    town.citizens[1]!.swap.request(0, 10);
    use(town, 110);
    town.run(2 * S);
    expect(town.count(0, events.CHEQUE_SENT)).toBe(1);
    expect(town.balances(0, 1)).toEqual([-10, 10]);
    expect(town.citizens[1]!.swap.pair(0)!.invoice).toBeUndefined();
    town.run(2_000 * S);
    expect(town.count(1, events.INVOICE_SENT)).toBe(1);
    expect(town.count(1, events.INVOICE_OVERDUE)).toBe(0);
  });

  it('asks why it may ask for no more where what it asked for was lost, and not every time', () => {
    const town = pair();
    const { swap } = town.citizens[0]!;
    while (swap.mayRequest(1, 10)) swap.request(1, 10);
    // All of it was lost: node 1 has nothing to ask for, and statements by the hour are off.
    for (let i = 0; i < 20; i++) expect(swap.mayRequest(1, 10)).toBe(false);
    town.run(2 * S);
    const statements = (): number => town.wire.filter(({ bytes }) => bytes[0] === 0x43).length;
    expect(town.balances(0, 1)).toEqual([0, 0]);
    expect(swap.mayRequest(1, 10)).toBe(true);
    expect(statements()).toBeLessThanOrEqual(4);
  });

  it('does not ask why where it has been asked to pay', () => {
    const town = pair({ policy: honestBut({ payAt: () => Infinity }) });
    const { swap } = town.citizens[0]!;
    while (town.use(0, 1, 10)) town.run(town.nowUs + S);
    for (let i = 0; i < 20; i++) swap.mayRequest(1, 10);
    const before = town.wire.length;
    town.run(town.nowUs + 10 * S);
    for (let i = 0; i < 20; i++) swap.mayRequest(1, 10);
    expect(
      town.wire.slice(before).filter(({ from, bytes }) => from === 0 && bytes[0] === 0x43),
    ).toEqual([]);
  });

  it('refuses a service to whom it has no agreement with', () => {
    const town = pair();
    expect(town.citizens[1]!.swap.mayServe(7, 1)).toBe('no agreement');
    expect(town.citizens[1]!.swap.serve(7, 1)).toBe(false);
  });

  it('sends a pending cheque again unchanged until it is confirmed', () => {
    const town = pair();
    let lost = 0;
    town.channel = (from, _to, bytes) =>
      from === 1 && bytes[0] === 0x42 && lost++ < 2 ? [] : [10_000];
    // Statements would tell as well that the cheque has come.
    const inner = town.channel;
    town.channel = (from, to, bytes) =>
      from === 1 && bytes[0] === 0x43 && lost < 3 ? [] : inner(from, to, bytes);
    use(town, 100);
    town.run(200 * S);
    const cheques = town.wire
      .filter((d) => d.bytes[0] === 0x41)
      .map((d) => Buffer.from(d.bytes).toString('hex'));
    expect(cheques.length).toBeGreaterThanOrEqual(3);
    expect(new Set(cheques).size).toBe(1);
    expect(town.balances(0, 1)).toEqual([0, 0]);
    expect(town.count(1, events.CHEQUE_ACCEPTED)).toBe(1);
    expect(town.bank.cashings).toBe(1);
  });

  it('pays by giving cheques back, and later out of those that were given back', () => {
    // Nobody cashes, so there is something to give back.
    const policy = honestBut({ cashAt: () => Infinity });
    const town = pair({ policy }, { policy });
    use(town, 150);
    town.run(100 * S);
    const [zero, one] = [town.citizens[0]!.swap.pair(1)!, town.citizens[1]!.swap.pair(0)!];
    expect(one.uncashed).toBe(100);
    // Now the other way round, until 1 owes 0 a hundred.
    let used = 0;
    while (used < 150 && town.use(1, 0, 10)) used += 10;
    town.run(200 * S);
    expect(town.count(1, events.CHEQUES_GIVEN_BACK)).toBe(1);
    expect(town.count(1, events.CHEQUE_SENT)).toBe(0);
    expect(town.balances(0, 1)).toEqual([0, 0]);
    expect([one.uncashed, zero.returned]).toEqual([0, 100]);
    // And back: 0 pays out of what was given back to it, without another signature.
    const cheques = (): Set<string> =>
      new Set(town.wire.filter((d) => d.bytes[0] === 0x41).map((d) => d.bytes.join()));
    const before = cheques();
    expect(use(town, 130)).toBe(130);
    town.run(300 * S);
    expect(cheques()).toEqual(before);
    expect(zero.outgoing.pending).toBe(false);
    expect([one.uncashed, zero.returned]).toEqual([100, 0]);
    expect(town.balances(0, 1)).toEqual([-30, 30]);
  });

  it('gets a smaller cheque for what it did not give back, and can cash that', () => {
    const policy = honestBut({ cashAt: () => Infinity });
    let cash = false;
    const waits = honestBut({ cashAt: (_pair, _holding, nowUs) => (cash ? nowUs : Infinity) });
    const town = pair({ policy }, { policy: waits });
    use(town, 200);
    town.run(100 * S);
    use(town, 100);
    town.run(200 * S);
    const one = town.citizens[1]!.swap.pair(0)!;
    expect(one.uncashed).toBe(300);
    let used = 0;
    while (used < 100 && town.use(1, 0, 10)) used += 10;
    town.run(300 * S);
    expect([one.uncashed, one.incoming.topUnits, one.entitled]).toEqual([200, 300, 200]);
    cash = true;
    town.run(400 * S);
    expect(
      town.bank.wallets.get(one.book === undefined ? '' : town.citizens[1]!.signer.account),
    ).toBe(RATE.toWei(200));
    expect(town.count(0, events.OVERCASHED)).toBe(0);
    expect(town.balances(0, 1)).toEqual([0, 0]);
  });

  it('takes back what it credited for a cheque that was given back and cashed all the same', () => {
    const policy = honestBut({ cashAt: () => Infinity });
    const town = pair({ policy }, { policy });
    use(town, 100);
    town.run(100 * S);
    const one = town.citizens[1]!.swap.pair(0)!;
    const highest = one.incoming.top!;
    let used = 0;
    while (used < 100 && town.use(1, 0, 10)) used += 10;
    town.run(200 * S);
    expect(town.balances(0, 1)).toEqual([0, 0]);
    // The cheat goes to the bank with the cheque it has given back.
    town.bank.cash(highest, town.citizens[1]!.signer);
    town.run(300 * S);
    expect(town.count(0, events.OVERCASHED)).toBe(1);
    expect(town.citizens[0]!.swap.pair(1)!.balance).toBe(100);
  });

  it('does not pay what the peer has paid ahead: a worthless cheque buys no good one', () => {
    // 0 writes a cheque over everything it can think of, nothing covers it, and 1 takes any cheque.
    const town = pair({ deposit: 0n, policy: honestBut({ signsBeyondDeposit: () => true }) });
    const zero = town.citizens[0]!.swap.pair(1)!;
    use(town, 100);
    town.run(S);
    expect(zero.outgoing.refused).toBeGreaterThan(0);
    const account = town.citizens[1]!.swap.pair(0)!;
    account.book.receivePaid(900);
    expect(account.balance).toBe(-800);
    expect(account.payable).toBe(0);
    town.use(1, 0, 10);
    expect(account.payable).toBe(10);
  });

  it('asks for nothing while its own cheque is refused: what it has not paid is not owed to it', () => {
    const town = pair({ deposit: 0n, policy: honestBut({ signsBeyondDeposit: () => true }) });
    use(town, 100);
    town.run(S);
    const zero = town.citizens[0]!.swap.pair(1)!;
    expect(zero.outgoing.refused).toBeGreaterThan(0);
    for (let i = 0; i < 15; i++) town.use(1, 0, 10);
    town.run(100 * S);
    // The one that could not pay counts 150 owed to it, the other 50.
    expect(town.balances(0, 1)).toEqual([150, -50]);
    expect(town.count(0, events.INVOICE_SENT)).toBe(0);
    expect(town.count(0, events.INVOICE_OVERDUE)).toBe(0);
  });

  it('asks for what it is owed as soon as its own cheque is taken, though nobody is served any more', () => {
    let takes = false;
    const town = pair(
      { policy: honestBut({ signsBeyondDeposit: () => true }) },
      { policy: honestBut({ acceptsCheque: () => takes }) },
    );
    use(town, 100);
    town.run(S);
    const zero = town.citizens[0]!.swap.pair(1)!;
    expect(zero.outgoing.refused).toBeGreaterThan(0);
    while (town.use(1, 0, 10));
    expect(town.count(0, events.INVOICE_SENT)).toBe(0);
    // The same cheque, shown once more.
    takes = true;
    town.citizens[0]!.swap.compare(1);
    town.run(1_000 * S);
    expect(zero.outgoing.refused).toBe(0);
    expect(town.count(0, events.INVOICE_SENT)).toBe(1);
    expect(town.count(1, events.CHEQUE_SENT)).toBe(1);
  });

  it('pays unasked before the threshold where both agreed to push', () => {
    const options = { settlement: 'push' as const, earlyPermille: 500 };
    const town = pair({ options }, { options });
    use(town, 40);
    town.run(S);
    expect(town.count(0, events.CHEQUE_SENT)).toBe(0);
    use(town, 10);
    town.run(2 * S);
    expect(town.count(0, events.CHEQUE_SENT)).toBe(1);
    expect(town.count(1, events.INVOICE_SENT)).toBe(0);
    expect(town.balances(0, 1)).toEqual([0, 0]);
  });

  it('is refuted who protests what was paid', () => {
    // The false protester keeps the cheque to himself and cries.
    const policy = honestBut({
      cashAt: () => Infinity,
      protestAt: (_pair, claim) => claim.dueUs + 1,
    });
    const town = pair({}, { policy });
    use(town, 100);
    town.run(2_000 * S);
    expect(town.count(1, events.PROTEST)).toBe(1);
    expect([...town.bank.protests.values()].map((p) => p.open)).toEqual([false]);
    town.run(9_000 * S);
    for (const { scores } of town.citizens)
      expect(scores.record(town.citizens[0]!.signer.account).unpaid).toBe(0);
  });

  it('takes the cheque that its debtor shows in answer to a protest', () => {
    const town = pair();
    // No cheque gets through.
    town.channel = (_from, _to, bytes) => (bytes[0] === 0x41 ? [] : [10_000]);
    use(town, 100);
    town.run(1_000 * S);
    expect(town.count(1, events.PROTEST)).toBe(1);
    expect(town.count(1, events.CHEQUE_ACCEPTED)).toBe(1);
    expect(town.balances(0, 1)).toEqual([0, 0]);
    expect(town.citizens[1]!.swap.pair(0)!.overdue).toBe(false);
  });

  it('drops a protest that was decided on when the debtor pays within the grace', () => {
    const town = pair({ policy: honestBut({ payAt: (_p, demand) => demand.dueUs + 30 * S }) });
    use(town, 100);
    town.run(2_000 * S);
    expect(town.count(1, events.INVOICE_OVERDUE)).toBe(1);
    expect(town.count(1, events.PROTEST)).toBe(0);
    expect(town.balances(0, 1)).toEqual([0, 0]);
  });

  it.each([
    ['while the protest stands', 1_000, { late: 1, unpaid: 0 }, false],
    [
      'when it counts as unpaid already: nothing is paid for an answer',
      5_000,
      { late: 0, unpaid: 1 },
      true,
    ],
  ])(
    'answers a protest with the cheque by which it pays later, %s',
    (_when, payS, counts, open) => {
      const town = pair({ policy: honestBut({ payAt: () => payS * S }) });
      use(town, 100);
      town.run((payS - 1) * S);
      expect([...town.bank.protests.values()].map((p) => p.open)).toEqual([true]);
      town.restart(0, (value) => value);
      town.citizens[0]!.swap.start();
      town.run(9_000 * S);
      expect(town.balances(0, 1)).toEqual([0, 0]);
      expect([...town.bank.protests.values()].map((p) => p.open)).toEqual([open]);
      for (const { scores } of town.citizens)
        expect(scores.record(town.citizens[0]!.signer.account)).toMatchObject(counts);
      expect(town.citizens[0]!.swap.pair(1)!.accusations).toEqual([]);
    },
  );

  it('pays with a cheque while it is accused, though it could give some back', () => {
    const town = pair({
      policy: honestBut({
        cashAt: () => Infinity,
        payAt: (_p, demand) => demand.dueUs + 200 * S,
      }),
    });
    for (let i = 0; i < 10; i++) town.use(1, 0, 10);
    town.run(100 * S);
    expect(town.citizens[0]!.swap.pair(1)!.uncashed).toBe(100);
    use(town, 100);
    town.run(850 * S);
    expect([...town.bank.protests.values()].map((p) => p.open)).toEqual([true]);
    town.run(9_000 * S);
    expect([...town.bank.protests.values()].map((p) => p.open)).toEqual([false]);
    expect(town.count(0, events.CHEQUES_GIVEN_BACK)).toBe(0);
    expect(town.balances(0, 1)).toEqual([0, 0]);
  });

  it('does not hold an invoice against who gives services instead of money', () => {
    const town = pair({ policy: honestBut({ payAt: () => Infinity }) });
    use(town, 100);
    town.run(S);
    for (let i = 0; i < 10; i++) town.use(1, 0, 10);
    town.run(2_000 * S);
    expect(town.balances(0, 1)).toEqual([0, 0]);
    expect(town.count(1, events.INVOICE_OVERDUE)).toBe(0);
  });

  it('writes off what time forgives, and says so', () => {
    const town = pair(
      { policy: honestBut({ payAt: () => Infinity }) },
      { options: { allowancePerSecond: 1 } },
    );
    use(town, 50);
    town.run(30 * S);
    expect(town.citizens[1]!.swap.mayServe(0, 10)).toBeUndefined();
    expect(town.citizens[1]!.swap.pair(0)!.balance).toBe(20);
    town.citizens[1]!.swap.compare(0);
    town.run(31 * S);
    expect(town.balances(0, 1)).toEqual([-20, 20]);
  });

  it('grants and charges by credit band', () => {
    const scores = {
      ...PLAIN_SCORES,
      minScore: 0.3,
      bands: [
        { minScore: 0, pricePermille: 2_000, creditPermille: 1_000 },
        { minScore: 0.6, pricePermille: 1_000, creditPermille: 2_000 },
      ],
    };
    const town = pair({}, { scores });
    const one = town.citizens[1]!.swap.pair(0)!;
    expect([one.limits.disconnectThreshold, one.pricePermille]).toEqual([200, 2_000]);
    for (let i = 0; i < 4; i++) {
      use(town, 100);
      town.run(town.nowUs + 60 * S);
    }
    expect(one.score).toBeGreaterThan(0.6);
    expect([one.limits.disconnectThreshold, one.pricePermille]).toEqual([400, 1_000]);
  });

  it('no longer serves whose cheques have bounced', () => {
    const scores = { ...PLAIN_SCORES, minScore: 0.3 };
    const kiter = honestBut({ signsBeyondDeposit: () => true });
    const trusting = honestPolicy({
      ...DEFAULT_HONEST_OPTIONS,
      solvency: 'any',
      cash: { kind: 'at-once' },
    });
    const town = pair({ deposit: RATE.toWei(30), policy: kiter }, { policy: trusting, scores });
    use(town, 100);
    town.run(60 * S);
    expect(town.bank.books.get(town.citizens[0]!.book)!.bounced).toBe(true);
    expect(town.bank.wallets.get(town.citizens[1]!.signer.account)).toBe(RATE.toWei(30));
    expect(town.citizens[1]!.swap.pair(0)!.score).toBeLessThan(0.3);
    expect(town.citizens[1]!.swap.mayServe(0, 10)).toBe('policy');
    // An empty chequebook is not knocked at again.
    town.run(600 * S);
    expect(town.bank.cashings).toBe(1);
  });

  it('signs nothing that its chequebook does not cover', () => {
    const town = pair({ deposit: RATE.toWei(150) });
    use(town, 100);
    town.run(S);
    expect(town.count(0, events.CHEQUE_SENT)).toBe(1);
    use(town, 100);
    town.run(2 * S);
    expect(town.count(0, events.UNFUNDED)).toBe(1);
    expect(town.count(0, events.CHEQUE_SENT)).toBe(1);
  });

  it('counts hard deposits of the issuer as cover', () => {
    const town = pair({ deposit: RATE.toWei(100) });
    const book = town.bank.books.get(town.citizens[0]!.book)!;
    book.hard.set(town.citizens[1]!.signer.account, RATE.toWei(100));
    use(town, 100);
    town.run(60 * S);
    expect(town.bank.wallets.get(town.citizens[1]!.signer.account)).toBe(RATE.toWei(100));
  });

  it('stops asking a peer that has gone, and asks again when it is back', () => {
    const town = pair({ policy: honestBut({ payAt: () => Infinity }) });
    town.channel = () => [];
    use(town, 100);
    town.run(100_000 * S);
    const sent = town.wire.length;
    expect(town.count(1, events.INVOICE_SENT)).toBe(1 + OPTIONS.retriesMax);
    town.run(200_000 * S);
    expect(town.wire.length).toBe(sent);
    town.channel = () => [10_000];
    town.citizens[0]!.swap.compare(1);
    town.run(200_060 * S);
    expect(town.count(1, events.INVOICE_SENT)).toBeGreaterThan(1 + OPTIONS.retriesMax);
  });

  it('refuses settings that contradict each other, in any band that is served', () => {
    const town = new Town();
    expect(() => town.add({ options: { paymentThreshold: 300 } })).toThrow(
      /before payment is asked/,
    );
    const bands = [
      { minScore: 0, pricePermille: 1_000, creditPermille: 50 },
      { minScore: 0.4, pricePermille: 1_000, creditPermille: 1_000 },
    ];
    expect(() => town.add({ scores: { ...PLAIN_SCORES, bands } })).toThrow(/credit band from 0/);
    const unserved = { ...PLAIN_SCORES, bands, minScore: 0.4 };
    expect(() => town.add({ scores: unserved })).not.toThrow();
  });

  it('settles with real signatures as with modelled ones', () => {
    const secret = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
    const modelled = pair();
    const real = pair({ secret: secret(1) }, { secret: secret(2) });
    for (const town of [modelled, real]) {
      use(town, 150);
      town.run(100 * S);
      expect(town.balances(0, 1)).toEqual([-50, 50]);
    }
    for (const i of [0, 1]) expect(real.citizens[i]!.events).toEqual(modelled.citizens[i]!.events);
    const lengths = (town: Town) =>
      town.wire.map(({ from, bytes }) => [from, bytes[0], bytes.length]);
    expect(lengths(real)).toEqual(lengths(modelled));
  });

  it('reports nothing that has no name', () => {
    const names = new Map(events.SWAP_EVENTS.map(({ code, name }) => [code, name]));
    expect(names.size).toBe(events.SWAP_EVENTS.length);
    const town = pair({ policy: honestBut({ payAt: () => Infinity }) });
    use(town, 10_000);
    town.citizens[1]!.swap.serve(0, 10);
    town.run(2_000 * S);
    const seen = new Set(town.citizens[1]!.events.map((e) => names.get(e.event)));
    expect([...seen]).toEqual([
      'swap.invoice_sent',
      'swap.service_refused',
      'swap.invoice_overdue',
      'swap.protest',
    ]);
  });

  it('serves nothing dearer than its thresholds have room for', () => {
    const town = pair();
    expect(town.citizens[1]!.swap.mayServe(0, 11)).toBe('too dear');
    expect(town.citizens[1]!.swap.mayServe(0, 10)).toBeUndefined();
  });

  it('serves no further whose cheques it holds too many of, until some are cashed', () => {
    let cash = false;
    const late = honestBut({ cashAt: (_pair, _holding, nowUs) => (cash ? nowUs : Infinity) });
    const town = pair({}, { policy: late, options: { exposureMax: 250 } });
    let used = 0;
    for (let i = 0; i < 5; i++) {
      used += use(town, 100);
      town.run(town.nowUs + S);
    }
    expect(used).toBe(250);
    expect(town.citizens[1]!.swap.mayServe(0, 10)).toBe('exposure');
    expect(town.citizens[1]!.swap.pair(0)!.exposure).toBe(250);
    town.run(3_000 * S);
    expect(town.count(1, events.INVOICE_OVERDUE)).toBe(0);
    cash = true;
    town.run(3_100 * S);
    expect(town.citizens[1]!.swap.mayServe(0, 10)).toBeUndefined();
    expect(town.bank.wallets.get(town.citizens[1]!.signer.account)).toBe(RATE.toWei(200));
    expect(town.count(1, events.CHEQUE_REFUSED)).toBe(0);
  });

  it('is not talked into endless offers by a peer that takes nothing back', () => {
    const policy = honestBut({ cashAt: () => Infinity });
    const town = pair({ policy }, { policy });
    use(town, 150);
    town.run(S);
    // As far as node 0 knows, node 1 has cashed it all.
    town.citizens[0]!.swap.pair(1)!.outgoing.paidOutWei = RATE.toWei(100);
    for (let i = 0; i < 3; i++) {
      let used = 0;
      while (used < 100 && town.use(1, 0, 10)) used += 10;
      town.run(town.nowUs + S);
    }
    const before = town.wire.length;
    expect(before).toBeLessThan(60);
    town.run(town.nowUs + 5 * S);
    expect(town.wire.length).toBe(before);
    expect(town.count(1, events.CHEQUES_GIVEN_BACK)).toBe(1);
    expect(town.count(1, events.CHEQUE_SENT)).toBeGreaterThan(0);
    expect(town.citizens[1]!.swap.pair(0)!.uncashed).toBe(100);
  });

  it('does not cash an older cheque that is more than it has not given back', () => {
    const policy = honestBut({ cashAt: () => Infinity });
    const town = pair({ policy }, { policy });
    for (let i = 0; i < 3; i++) {
      use(town, 100);
      town.run(town.nowUs + S);
    }
    const older = town.wire.filter((d) => d.bytes[0] === 0x41)[1]!.bytes;
    // The smaller cheque in exchange for the one given back is lost.
    town.channel = (_from, _to, bytes) => (bytes[0] === 0x41 ? [] : [10_000]);
    let used = 0;
    while (used < 150 && town.use(1, 0, 10)) used += 10;
    town.run(town.nowUs + S);
    const one = town.citizens[1]!.swap.pair(0)!;
    expect([one.entitled, one.incoming.cashable]).toEqual([200, undefined]);
    one.book.giveBack(10);
    town.citizens[1]!.swap.onDatagram(0, older, 0, older.length);
    expect(one.incoming.cashable).toBeUndefined();
  });

  it('says nothing to an invoice that a newer one has replaced', () => {
    const town = pair();
    for (let i = 0; i < 2; i++) {
      use(town, 100);
      town.run(town.nowUs + 60 * S);
    }
    const invoices = town.wire.filter((d) => d.bytes[0] === 0x40);
    expect(invoices).toHaveLength(2);
    const said = town.wire.length;
    for (const [which, more] of [
      [0, 0],
      [1, 2],
    ] as const) {
      const { bytes } = invoices[which]!;
      town.citizens[0]!.swap.onDatagram(1, bytes, 0, bytes.length);
      expect(town.wire.length - said).toBe(more);
    }
  });

  it('promises its deposit once, however many ask for it', () => {
    const town = new Town();
    const policy = honestBut({ cashAt: () => Infinity });
    town.add({ deposit: RATE.toWei(150), policy });
    for (let i = 1; i <= 2; i++) {
      town.add({ policy });
      town.join(0, i);
      for (let n = 0; n < 10; n++) town.use(0, i, 10);
      town.run(town.nowUs + S);
    }
    expect(town.count(0, events.CHEQUE_SENT)).toBe(1);
    expect(town.count(0, events.UNFUNDED)).toBe(1);
  });
});
