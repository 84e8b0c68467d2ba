/**
 * Live nodes on a real chain: three nodes over UDP, anvil, and everything that a user does with money, from the deployment of the contracts to a cheque that bounces.
 *
 * Blocks are made when the test says so.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unlock } from '../../cli/key-file.ts';
import { idleProtests } from '../../cli/verbs/money.ts';
import { parseMft } from '../../live/money/amounts.ts';
import type { NamedContracts } from '../../live/chain/contracts.ts';
import { NO_ANVIL, startAnvil, type Anvil } from '../support/anvil.ts';
import { makeHome, startLive, type Running } from '../unit/live-api/support.ts';
import { MFT, Party, settle, until } from './chain-support.ts';
import { Liar } from './liar.ts';

/** Payment is due after about three packets. */
const SMALL = ['money.threshold=0.001 MFT', 'money.tolerance=200%', 'money.cash=by hand'];
const CHAIN = [
  'money.chain_id=31337',
  'money.confirmations=2',
  'money.poll=50 ms',
  'money.timeout=500 ms',
];

describe.skipIf(NO_ANVIL !== undefined)('nodes with money', { timeout: 120_000 }, () => {
  let anvil: Anvil;
  let liar: Liar;
  let home: ReturnType<typeof makeHome>;
  let contracts: string[];
  let ann: Running;
  let bob: Running;

  const settings = (url: string): string[] => [`money.rpc=${url}`, ...CHAIN, ...SMALL];
  const report = ({ node }: Running) => node.money().report();
  const wallet = (one: Running): bigint => BigInt(report(one).wallet?.tokens ?? 0);

  /** What the API answers; the server checks that it is what the document promises. */
  async function asked(one: Running, method: string, path: string, body?: unknown) {
    const response = await fetch(`${one.at}${path}`, {
      method,
      headers: { authorization: `Bearer ${one.token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await response.json();
    expect([response.status, answer]).toEqual([200, expect.anything()]);
    return answer;
  }
  /** Makes blocks until something is so. */
  async function mineUntil(what: string, holds: () => boolean): Promise<void> {
    for (let i = 0; i < 60; i++) {
      if (holds()) return;
      await anvil.mine();
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    throw new Error(`mined in vain for: ${what}`);
  }
  const quiet = (...nodes: Running[]): boolean =>
    nodes.every((one) =>
      report(one).transactions.every(({ state }) => state === 'done' || state === 'failed'),
    );
  /** Waits until a transaction has reached the chain's pool. */
  async function pooled(): Promise<void> {
    for (let i = 0; i < 200; i++) {
      const { pending } = (await anvil.ask('txpool_status')) as { pending: string };
      if (pending !== '0x0') return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error('no transaction came');
  }
  const cashings = ({ said }: Running): number =>
    said.filter(({ event }) => event === 'money.cashed').length;
  const incoming = async (one: Running) =>
    (await one.node.money().cheques()).filter(({ direction }) => direction === 'in');
  const heldBy = async (one: Running): Promise<bigint> =>
    (await incoming(one)).reduce((sum, { amount }) => sum + BigInt(amount), 0n);

  /** Says something until a cheque larger than `more` is held for it. */
  async function talkUntilPaid(from: Running, to: Running, more: bigint): Promise<void> {
    // What met nobody is sent again after ten seconds.
    for (let i = 0; i < 250; i++) {
      if ((await heldBy(to)) > more) return;
      await from.node.say('ann', `message ${i}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`talked in vain; ${JSON.stringify(report(to))}`);
  }

  beforeAll(async () => {
    anvil = await startAnvil();
    liar = await Liar.before(anvil.url);
    home = makeHome();
  });
  afterAll(async () => {
    await ann?.close();
    await bob?.close();
    await liar?.close();
    await anvil?.stop();
    home?.remove();
  });

  it('deploy the contracts', async () => {
    ann = await startLive('ann', home.passwordFile, { set: settings(anvil.url) });
    await until('the chain', () => report(ann).head !== null);
    expect(report(ann)).toMatchObject({ deployed: false, chequebook: null, trouble: null });
    expect(report(ann).protestCost).toBe(null);
    expect(idleProtests(report(ann))).toEqual([]);
    await expect(ann.node.money().deploy()).rejects.toThrow('no coins to pay for gas');
    expect(() => ann.node.money().deposit(1n)).toThrow('mainframe money deploy');
    await anvil.fund(report(ann).account);
    await anvil.mine();
    await until('coins', () => report(ann).wallet?.coins !== '0');
    const deployed = (await asked(ann, 'POST', '/money/deploy')) as NamedContracts;
    await expect(ann.node.money().deploy()).rejects.toThrow('before');
    await mineUntil('deployment', () => quiet(ann));
    contracts = [
      `money.token=${deployed.token}`,
      `money.factory=${deployed.factory}`,
      `money.protests=${deployed.protests}`,
    ];
    await ann.close();
    const set = [...settings(liar.url), ...contracts];
    ann = await startLive('ann', home.passwordFile, { set, again: true });
    await until('tokens', () => wallet(ann) > 0n);
    expect(wallet(ann)).toBe(10_000_000_000n * MFT);
    // Twice beyond a threshold of 0.001 MFT, and a fee of half a MFT.
    expect(report(ann).creditMax).toBe(`${(3n * MFT) / 1_000n}`);
    expect(idleProtests(report(ann))[0]).toMatch(
      /costs 0\.50\d* MFT, and nobody may owe more than 0\.003 MFT/,
    );
  });

  it('open chequebooks with their first deposits', async () => {
    const set = [...settings(anvil.url), ...contracts];
    bob = await startLive('bob', home.passwordFile, { set, bootstrap: [ann.node.card] });
    await until('the chain', () => report(bob).head !== null);
    await anvil.fund(report(bob).account);
    ann.node.money().send(report(bob).account, 50n * MFT);
    await mineUntil('tokens', () => wallet(bob) > 0n && quiet(ann));
    expect(() => bob.node.money().deposit(51n * MFT)).toThrow('has 50.00 MFT, and 51.00 MFT');
    for (const [one, amount] of [
      [ann, 5n],
      [bob, 20n],
    ] as const)
      one.node.money().deposit(amount * MFT);
    await mineUntil('deposits', () => report(bob).chequebook?.balance === `${20n * MFT}`);
    await mineUntil('quiet', () => quiet(ann, bob));
    expect(report(bob)).toMatchObject({
      chequebook: { opened: true, promised: '0' },
      trouble: null,
    });
    expect(wallet(bob)).toBe(30n * MFT);
    expect(bob.node.health().state).toBe('ready');
  });

  it('pay each other with cheques for what is passed on', async () => {
    await bob.node.add('ann', ann.node.card);
    await ann.node.add('bob', bob.node.card);
    await until('agreement', () => bob.said.some(({ event }) => event.endsWith('agreed')));
    await talkUntilPaid(bob, ann, 0n);
    const [line] = await incoming(ann);
    expect(line).toMatchObject({ name: 'bob', account: report(bob).account, bounced: false });
    expect(line!.covered).toBe(line!.amount);
    const out = (await bob.node.money().cheques()).find(({ direction }) => direction === 'out');
    // Another one may have been written since.
    expect(BigInt(out!.amount)).toBeGreaterThanOrEqual(BigInt(line!.amount));
    expect(BigInt(report(bob).chequebook!.promised)).toBeGreaterThanOrEqual(BigInt(line!.amount));
    expect(BigInt(report(ann).earnedToday)).toBeGreaterThan(0n);
    // Texts arrive too.
    expect((await ann.node.letters(0)).length).toBeGreaterThan(0);
  });

  it('do not withdraw what cheques promise', () => {
    expect(() => bob.node.money().withdraw(20n * MFT)).toThrow('can be withdrawn');
  });

  it('answer all of it over the API', async () => {
    const { account } = (await asked(bob, 'GET', '/money')) as { account: string };
    expect(await asked(ann, 'GET', '/cheques?direction=in')).toMatchObject({
      cheques: [{ direction: 'in', account }],
    });
    expect(await asked(ann, 'POST', '/cheques/cash', { from: 'bob', dryRun: true })).toMatchObject({
      done: false,
    });
    const amount = `${MFT}`;
    await asked(ann, 'POST', '/money/send', { to: account, amount });
    await asked(ann, 'POST', '/money/deposit', { amount });
    await asked(ann, 'POST', '/money/withdraw', { amount });
    await mineUntil('all of it', () => quiet(ann));
    expect(
      report(ann)
        .transactions.slice(-3)
        .map(({ state }) => state),
    ).toEqual(['done', 'done', 'done']);
  });

  it('cash, and both books know', async () => {
    const before = wallet(ann);
    const dry = await ann.node.money().cash('bob', true);
    expect(dry).toMatchObject({ brings: dry.amount, bounces: false, done: false });
    await expect(ann.node.money().cash('zed', true)).rejects.toThrow('no account with "zed"');
    const cashing = await ann.node.money().cash('bob', false);
    expect(cashing).toMatchObject({ done: true });
    const held = BigInt(cashing.amount);
    await expect(ann.node.money().cash('bob', false)).rejects.toThrow('on its way already');
    await mineUntil('cashing', () => quiet(ann));
    expect(wallet(ann)).toBe(before + held);
    await until('books', () => cashings(ann) === 1 && cashings(bob) === 1);
    const [line] = await incoming(ann);
    expect(line).toMatchObject({ paid: `${held}`, cashing: false });
    const out = (await bob.node.money().cheques()).find(({ direction }) => direction === 'out');
    expect(out).toMatchObject({ paid: `${held}` });
  });

  it('go on after a reorganisation takes a cashing back', async () => {
    await talkUntilPaid(bob, ann, 0n);
    const before = wallet(ann);
    const snapshot = await anvil.ask('evm_snapshot');
    const held = BigInt((await ann.node.money().cash('bob', false)).amount);
    await pooled();
    await anvil.mine();
    await until('in a block', () => wallet(ann) === before + held);
    await anvil.ask('evm_revert', snapshot);
    await anvil.mine();
    await until('taken back', () => wallet(ann) === before);
    expect((await incoming(ann))[0]).toMatchObject({ cashing: true });
    await mineUntil('cashing again', () => quiet(ann) && wallet(ann) === before + held);
    await until('books', () => cashings(ann) === 2 && cashings(bob) === 2);
    expect(ann.node.health().reasons).toEqual([]);
  });

  it('are degraded while the endpoint stalls, say what to do, and go on', async () => {
    liar.stalls = true;
    await until('degraded', () => ann.node.health().reasons.length > 0);
    const [reason] = ann.node.health().reasons;
    expect(reason).toMatchObject({ code: 'chain-silent' });
    expect(reason!.next).toContain('mainframe config set money.rpc URL --node ann');
    const response = await fetch(`${ann.at}/health`);
    expect(response.status).toBe(503);
    // Messages do not wait for money.
    await ann.node.say('bob', 'still here');
    expect(() => ann.node.money().deposit(MFT)).toThrow('has not answered');
    liar.honest();
    await until('well', () => ann.node.health().reasons.length === 0);
    await mineUntil('news', () => report(ann).trouble === null);
  });

  it('refuse a chain that lies, with their books unchanged', async () => {
    const before = JSON.stringify(await ann.node.money().cheques());
    liar.lie = (method, result) => (method === 'eth_getLogs' ? 'nonsense' : result);
    await anvil.mine(3);
    await until('degraded', () => ann.node.health().reasons[0]?.code === 'chain-lies');
    expect(ann.node.health().reasons[0]!.next).toContain('another endpoint');
    const strip = (text: string): string => text.replaceAll(/"heldSeconds":\d+/g, '');
    const after = (await ann.node.money().cheques()).map((line) => ({ ...line, covered: '' }));
    const then = (JSON.parse(before) as typeof after).map((line) => ({ ...line, covered: '' }));
    expect(strip(JSON.stringify(after))).toBe(strip(JSON.stringify(then)));
    liar.honest();
    await until('well', () => ann.node.health().reasons.length === 0);
  });

  it('keep their accounts across a restart', async () => {
    await talkUntilPaid(bob, ann, 0n);
    const before = await heldBy(ann);
    const { paid } = (await incoming(ann))[0]!;
    const set = [...settings(liar.url), ...contracts];
    await ann.close();
    ann = await startLive('ann', home.passwordFile, { set, again: true });
    await until('the chain', () => report(ann).head !== null);
    await mineUntil('news', () => report(ann).trouble === null);
    const [after] = await incoming(ann);
    expect(after!.paid).toBe(paid);
    // What was on its way while it was down may have come already.
    expect(BigInt(after!.amount)).toBeGreaterThanOrEqual(before);
    // The agreement is made anew, and the next cheque is larger than the last.
    await talkUntilPaid(bob, ann, BigInt(after!.amount));
  });

  it('see a cheque bounce, and who wrote it', async () => {
    // Bob takes out what he has promised, past his own node.
    const { account, chequebook } = report(bob);
    await bob.close();
    const held = await heldBy(ann);
    const secret = await unlock(bob.folder, home.passwordFile);
    const [token, factory, protests] = contracts.map((text) => text.split('=')[1]!);
    const named = { token: token!, factory: factory!, protests: protests! };
    const thief = await new Party(anvil.url, secret, { contracts: named }).start();
    expect(thief.account).toBe(account);
    await thief.round();
    const all = BigInt(chequebook!.balance);
    thief.chain.outbox.submit(
      thief.wishes.withdraw(chequebook!.address, all - held / 2n, 'run away'),
    );
    await settle(anvil, thief);
    await thief.chain.stop();
    const short = async (): Promise<boolean> => {
      const [line] = await incoming(ann);
      return line!.covered === `${held / 2n}`;
    };
    for (let i = 0; i < 40 && !(await short()); i++) {
      await anvil.mine();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const dry = await ann.node.money().cash('bob', true);
    expect(dry).toMatchObject({ amount: `${held}`, brings: `${held / 2n}`, bounces: true });
    const before = wallet(ann);
    const { score } = (await incoming(ann))[0]!;
    await ann.node.money().cash('bob', false);
    await mineUntil('cashing', () => quiet(ann));
    await until('the bounce', () =>
      ann.said.some(
        ({ event, facts }) =>
          event === 'money.cashed' && 'bounced' in facts && facts.bounced === true,
      ),
    );
    expect(wallet(ann)).toBe(before + held / 2n);
    const [line] = await incoming(ann);
    expect(line).toMatchObject({ bounced: true, amount: `${held - held / 2n}`, covered: '0' });
    expect(line!.score).toBeLessThan(score);
    // His own node will know, too.
    const set = [...settings(anvil.url), ...contracts];
    bob = await startLive('bob', home.passwordFile, { set, again: true });
    await until('the chain', () => report(bob).chequebook?.opened === true);
    expect(report(bob).chequebook).toMatchObject({ bounced: true, balance: '0' });
    expect(report(bob).chequebook?.promised).toBe(`${held - held / 2n}`);
  });
});

describe('amounts', () => {
  it('are read whole or not at all', () => {
    expect(parseMft('200')).toBe(200n * MFT);
    expect(parseMft('0.5 MFT')).toBe(MFT / 2n);
    expect(parseMft('.5')).toBeUndefined();
    expect(parseMft('1e3')).toBeUndefined();
    expect(parseMft('-1')).toBeUndefined();
    expect(parseMft(`0.${'0'.repeat(17)}1`)).toBe(1n);
    expect(parseMft(`0.${'0'.repeat(18)}1`)).toBeUndefined();
  });
});
