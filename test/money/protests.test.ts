/**
 * Protests on a real chain, by live nodes: of a debtor whose cheque is late, who answers, and of one who is silent.
 *
 * The late one has signed its cheque in time, but the creditor, whose endpoint told nonsense at that moment, could not judge it. Debts are larger than in
 * life, for a protest costs half an MFT and nobody protests for less.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { idleProtests } from '../../cli/verbs/money.ts';
import { NO_ANVIL } from '../support/anvil.ts';
import { MFT, until } from './chain-support.ts';
import { incoming, outgoing, quiet, report, said, talkUntil, Town, type Citizen } from './town.ts';

const SETTINGS = [
  'money.price=0.01 MFT',
  'money.threshold=1 MFT',
  'money.tolerance=200%',
  'money.cash=by hand',
  'money.deadline=2 s',
  'money.grace=1 s',
];
const FEE = MFT / 2n;
/** Blocks that are none: nothing of such a chain is believed, and no cheque can be judged or covered. */
const noBlocks = (method: string, result: unknown): unknown =>
  method === 'eth_getBlockByNumber' ? 'nonsense' : result;

describe.skipIf(NO_ANVIL !== undefined)('a live node', { timeout: 60_000 }, () => {
  let town: Town;
  let ann: Citizen;
  let bob: Citizen;
  let carol: Citizen;

  const tokens = (one: Citizen): bigint => BigInt(report(one).wallet!.tokens);
  const heldOf = async (debtor: Citizen) =>
    (await incoming(ann)).find(({ account }) => account === report(debtor).account);
  const troubled = (one: Citizen): boolean => report(one).trouble !== null;
  /** Transactions of a node whose words begin so. */
  const orders = (one: Citizen, words: string) =>
    report(one).transactions.filter(({ what }) => what.startsWith(words));

  beforeAll(async () => {
    town = await Town.found(SETTINGS);
    ann = await town.settle('ann', 20n * MFT);
  }, 60_000);
  afterAll(() => town?.close());

  it('protests when a cheque is late, and pays the fee', async () => {
    bob = await town.settle('bob', 50n * MFT, [ann]);
    await bob.node.add('ann', ann.node.card);
    await until('agreement', () => said(bob, 'discovery.peering_agreed') > 0);
    ann.liar.lie = noBlocks;
    await until('trouble', () => troubled(ann));
    await talkUntil('a cheque', [bob, 'ann'], () => said(ann, 'swap.cheque_refused') > 0);
    const before = tokens(ann);
    ann.liar.honest();
    await until('well', () => !troubled(ann));
    expect(await heldOf(bob)).toBeUndefined();
    await town.mineUntil('protest', () => said(ann, 'money.protested') > 0);
    expect(tokens(ann)).toBe(before - FEE);
    expect(orders(ann, 'protest')).toMatchObject([{ state: 'done', reason: '' }]);
  });

  it('answers with the cheque, which the creditor then holds, and counts as late', async () => {
    await town.mineUntil('answer', () => said(ann, 'money.answered') > 0);
    // Each looks at the chain for itself, bob perhaps a moment later.
    await until('its end', () => orders(bob, 'answer').every(({ state }) => state !== 'sent'));
    expect(orders(bob, 'answer')).toMatchObject([{ state: 'done', reason: '' }]);
    const held = await heldOf(bob);
    const [written] = await outgoing(bob);
    expect(held?.amount).toBe(written?.amount);
    // A newcomer's evidence is 1 to 1; it weakens to .95 each, and lateness adds a quarter for it and three quarters against it (score.ts).
    expect(held!.score).toBeCloseTo((0.95 + 0.25) / (1.9 + 1), 10);
  });

  it('goes on with whoever has answered', async () => {
    // A protest costs half a MFT here, and more may be owed: nothing to warn of.
    expect(idleProtests(report(ann))).toEqual([]);
    const before = BigInt((await heldOf(bob))!.amount);
    await talkUntil('a next cheque', [bob, 'ann'], async () => {
      return BigInt((await heldOf(bob))!.amount) > before;
    });
    await bob.close();
  });

  it('protests against whoever is silent, and serves it no more', async () => {
    carol = await town.settle('carol', 50n * MFT, [ann]);
    await carol.node.add('ann', ann.node.card);
    await until('agreement', () => said(carol, 'discovery.peering_agreed') > 0);
    await talkUntil('a first cheque', [carol, 'ann'], async () => {
      return (await heldOf(carol)) !== undefined;
    });
    const before = tokens(ann);
    const protests = said(ann, 'money.protested');
    // She does not know what her own chequebook has, and signs nothing.
    carol.liar.lie = noBlocks;
    await until('trouble', () => troubled(carol));
    await talkUntil('a debt', [carol, 'ann'], () => said(carol, 'swap.unfunded') > 0);
    const overdue = said(ann, 'swap.invoice_overdue');
    await until('overdue', () => said(ann, 'swap.invoice_overdue') > overdue);
    await town.mineUntil('protest', () => said(ann, 'money.protested') > protests);
    await town.mineUntil('quiet', () => quiet(ann));
    expect(tokens(ann)).toBe(before - FEE);
    const { score } = (await heldOf(carol))!;
    expect(score).toBe(0.5);
    // An hour passes on the chain without an answer.
    await town.pass(3_601);
    await town.mineUntil('effect', async () => (await heldOf(carol))!.score < score);
    // The unpaid debt weighs 2, all of it against her.
    expect((await heldOf(carol))!.score).toBeCloseTo(0.95 / 3.9, 10);
    const refusals = said(ann, 'swap.service_refused');
    await talkUntil('a refusal', [carol, 'ann'], () => {
      return said(ann, 'swap.service_refused') > refusals;
    });
  });

  it('has asked for the right to pay fees only once', () => {
    expect(orders(ann, 'let the contract of protests')).toHaveLength(1);
  });
});
