/**
 * Three live nodes in a line on a real chain: abe speaks IPv4 alone and cleo IPv6 alone, so whatever one says to the other bea passes on, and is paid for.
 *
 * After each act the books of all three are held against the chain, asked apart: what a debtor has promised is what its creditor holds, and what both call paid is
 * what the chequebook has paid.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NO_ANVIL } from '../support/anvil.ts';
import { MFT, settle, until } from './chain-support.ts';
import { incoming, outgoing, quiet, report, said, talkUntil, Town, type Citizen } from './town.ts';

const SETTINGS = [
  'money.threshold=0.001 MFT',
  'money.tolerance=200%',
  'money.cash=by hand',
  'node.nat.relay_rate=0 bit/s',
];

/** First two bits of an address: bea is nearer to both of the others than they are to each other, as whoever passes things on must be. */
const quarter = (address: string): number => parseInt(address.slice(0, 1), 16) >> 2;

describe.skipIf(NO_ANVIL !== undefined)('three nodes in a line', { timeout: 40_000 }, () => {
  let town: Town;
  let abe: Citizen;
  let bea: Citizen;
  let cleo: Citizen;

  const wallet = (one: Citizen): bigint => BigInt(report(one).wallet!.tokens);
  const heldOf = async (holder: Citizen, debtor: Citizen) =>
    (await incoming(holder)).find(({ account }) => account === report(debtor).account);
  const writtenTo = async (debtor: Citizen, holder: Citizen) =>
    (await outgoing(debtor)).find(({ account }) => account === report(holder).account);

  /** Where the books of a debtor and a creditor differ, or either from the chain. */
  async function differences(): Promise<string[]> {
    const found: string[] = [];
    const compare = (what: string, ...values: string[]): void => {
      if (new Set(values).size > 1) found.push(`${what}: ${values.join(', ')}`);
    };
    for (const debtor of [abe, bea, cleo]) {
      const { address, balance, promised } = report(debtor).chequebook!;
      let sum = 0n;
      for (const holder of [abe, bea, cleo].filter((one) => one !== debtor)) {
        const chain = await town.onChain(address, report(holder).account);
        const [written, held] = [await writtenTo(debtor, holder), await heldOf(holder, debtor)];
        const pair = `${debtor.name} to ${holder.name}`;
        compare(`balance of ${debtor.name}`, `${chain.balance}`, balance);
        compare(`promised by ${pair}`, written?.amount ?? '0', held?.amount ?? '0');
        compare(`paid by ${pair}`, `${chain.paid}`, written?.paid ?? '0', held?.paid ?? '0');
        sum += BigInt(written?.amount ?? 0);
      }
      compare(`promised by ${debtor.name}`, `${sum}`, promised);
    }
    return found;
  }
  /** Acknowledgements of texts are paid for, too: a last cheque may be under way. */
  async function expectAgreement(): Promise<void> {
    await town.mineUntil('quiet', () => quiet(abe, bea, cleo));
    let found = await differences();
    for (let i = 0; i < 50 && found.length > 0; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      found = await differences();
    }
    expect(found).toEqual([]);
  }

  beforeAll(async () => {
    town = await Town.found(SETTINGS);
    const at = (xor: number) => (address: string) => quarter(address) === (home ^ xor);
    const v6 = ['node.udp.ipv6=::1'];
    cleo = await town.settle('cleo', 10n * MFT, [], { set: ['node.udp.ipv4=none', ...v6] });
    const home = quarter(cleo.folder.facts().address);
    bea = await town.settle('bea', 10n * MFT, [cleo], { set: v6, fits: at(0b01) });
    abe = await town.settle('abe', 10n * MFT, [bea], { fits: at(0b11) });
  }, 40_000);
  afterAll(() => town?.close());

  it('pay for what is passed on', async () => {
    await abe.node.add('cleo', cleo.node.card);
    await until('agreements', () => said(bea, 'discovery.peering_agreed') === 2);
    await talkUntil('a cheque', [abe, 'cleo'], async () => (await heldOf(bea, abe)) !== undefined);
    await talkUntil('texts', [abe, 'cleo'], async () => (await cleo.node.letters(0)).length > 0);
    expect(said(bea, 'relay.given')).toBeGreaterThan(0);
    // There is no other way.
    expect([abe, bea, cleo].map((one) => said(one, 'link.opened'))).toEqual([1, 2, 1]);
    expect(await heldOf(cleo, abe)).toBeUndefined();
    expect(BigInt(report(bea).earnedToday)).toBeGreaterThan(0n);
    await expectAgreement();
  });

  it('cash, and all books agree', async () => {
    const before = wallet(bea);
    const { amount } = await bea.node.money().cash(report(abe).account, false);
    await town.mineUntil('cashing', () => said(abe, 'money.cashed') === 1 && quiet(bea));
    await until('books', () => said(bea, 'money.cashed') === 1);
    expect(wallet(bea)).toBe(before + BigInt(amount));
    await expectAgreement();
  });

  it('agree on what a cheque without cover has paid, and who wrote it', async () => {
    const cashed = BigInt((await heldOf(bea, abe))!.paid);
    await talkUntil('a cheque', [abe, 'cleo'], async () => {
      return BigInt((await heldOf(bea, abe))!.amount) > 0n;
    });
    await expectAgreement();
    const { amount, score } = (await heldOf(bea, abe))!;
    const half = BigInt(amount) / 2n;
    const { address, balance } = report(abe).chequebook!;
    const thief = await town.behind(abe);
    thief.chain.outbox.submit(
      thief.wishes.withdraw(address as `0x${string}`, BigInt(balance) - half, 'run away'),
    );
    await settle(town.anvil, thief);
    await thief.chain.stop();
    await town.mineUntil('news', async () => (await heldOf(bea, abe))!.covered === `${half}`);
    expect(await bea.node.money().cash(report(abe).account, false)).toMatchObject({
      amount,
      brings: `${half}`,
      bounces: true,
    });
    await town.mineUntil('cashing', () => said(abe, 'money.cashed') === 2 && quiet(bea));
    await until('books', () => said(bea, 'money.cashed') === 2);
    expect(await heldOf(bea, abe)).toMatchObject({
      bounced: true,
      paid: `${cashed + half}`,
      amount: `${BigInt(amount) - half}`,
    });
    expect((await heldOf(bea, abe))!.score).toBeLessThan(score);
    expect(report(abe).chequebook).toMatchObject({ bounced: true, balance: '0' });
    await expectAgreement();
  });

  it('keep their books when the chain takes back more than it may, and say so', async () => {
    const lines = async (): Promise<string> =>
      JSON.stringify(
        (await Promise.all([abe, bea, cleo].map(({ node }) => node.money().cheques())))
          .flat()
          .map(({ direction, account, amount, paid }) => [direction, account, amount, paid]),
      );
    const before = await lines();
    const wallets = [abe, bea, cleo].map(wallet);
    const snapshot = await town.anvil.ask('evm_snapshot');
    const { head } = report(bea);
    await town.mineUntil('blocks that count', () => report(bea).head! > head! + 4);
    await town.anvil.ask('evm_revert', snapshot);
    await town.anvil.fund(report(bea).account, 7);
    await town.anvil.mine(8);
    for (const one of [abe, bea, cleo])
      await until('refusal', () => one.node.health().reasons[0]?.code === 'chain-replaced');
    const [reason] = bea.node.health().reasons;
    expect(reason!.why).toMatch(/has another block \d+ than it had, although that one had the 2 /);
    expect(reason!.next).toContain('mainframe config set money.confirmations BLOCKS --node bea');
    expect(await lines()).toBe(before);
    expect([abe, bea, cleo].map(wallet)).toEqual(wallets);
    expect(() => bea.node.money().deposit(MFT)).toThrow('has another block');
  });
});
