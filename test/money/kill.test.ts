/** A node that pays and is killed, again and again, by kill -9 at any moment: no cheque is lost, none is written twice, the accounts go on. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient } from '../../live/api/client.ts';
import type { ChequeLine, MoneyReport } from '../../live/api/money-schemas.ts';
import { NodeFolder } from '../../live/node/folder.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import { PROGRAM } from '../cli/support.ts';
import { NO_ANVIL, startAnvil, type Anvil } from '../support/anvil.ts';
import { makeHome, startLive, type Running } from '../unit/live-api/support.ts';
import { deployAll, MFT, Party, settle, until } from './chain-support.ts';

const LIVES = 3;

describe.skipIf(NO_ANVIL !== undefined)('a node that is killed while it pays', () => {
  let anvil: Anvil;
  let home: ReturnType<typeof makeHome>;
  let ann: Running;
  let child: ChildProcess | undefined;
  let set: string[];

  beforeAll(async () => {
    anvil = await startAnvil();
    home = makeHome();
    const { contracts } = await deployAll(anvil);
    set = [
      `money.rpc=${anvil.url}`,
      'money.chain_id=31337',
      'money.confirmations=2',
      'money.poll=50 ms',
      'money.threshold=0.001 MFT',
      'money.tolerance=200%',
      'money.cash=by hand',
      ...Object.entries(contracts).map(([name, at]) => `money.${name}=${String(at)}`),
    ];
    ann = await startLive('ann', home.passwordFile, { set });
    // Made here, run as a process.
    const bob = await startLive('bob', home.passwordFile, { set, bootstrap: [ann.node.card] });
    await bob.node.add('ann', ann.node.card);
    const { account, chequebook } = bob.node.money().report();
    for (const one of [account, ann.node.money().report().account]) await anvil.fund(one);
    const treasury = await new Party(anvil.url, 1, { contracts }).start();
    await treasury.round();
    treasury.chain.outbox.submit(treasury.wishes.transfer(account, 10n * MFT, 'endow'));
    await settle(anvil, treasury);
    await treasury.chain.stop();
    await anvil.mine();
    await until('tokens', () => bob.node.money().report().wallet?.tokens === `${10n * MFT}`);
    bob.node.money().deposit(10n * MFT);
    for (let i = 0; i < 40 && bob.node.money().report().chequebook?.balance === '0'; i++) {
      await anvil.mine();
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    expect(chequebook).not.toBeNull();
    await bob.close();
  });
  afterAll(async () => {
    child?.kill('SIGKILL');
    await ann?.close();
    await anvil?.stop();
    home?.remove();
  });

  async function run(): Promise<ApiClient> {
    const folder = new NodeFolder('bob');
    rmSync(folder.file('api.json'), { force: true });
    const words = set.flatMap((text) => ['--set', text]);
    child = spawn(
      process.execPath,
      [PROGRAM, 'node', 'run', 'bob', '--password-file', home.passwordFile, ...words],
      { stdio: 'ignore' },
    );
    await until('bob', () => existsSync(folder.file('api.json')));
    return new ApiClient(folder);
  }

  async function kill(): Promise<void> {
    const ended = new Promise((resolve) => child!.once('exit', resolve));
    child!.kill('SIGKILL');
    await ended;
  }

  const line = async (): Promise<ChequeLine | undefined> =>
    (await ann.node.money().cheques()).find(({ direction }) => direction === 'in');

  /** All that bob has ever signed to her, wei: what was paid out and what was not yet. */
  const heldByAnn = async (): Promise<bigint> => {
    const cheque = await line();
    return cheque === undefined ? 0n : BigInt(cheque.amount) + BigInt(cheque.paid);
  };

  it('loses no cheque and repeats none', { timeout: 180_000 }, async () => {
    const random = new StreamFactory('kill').stream('moments');
    for (let life = 0; life < LIVES; life++) {
      const bob = await run();
      // What ann holds, bob knows of, however he ended.
      const held = await heldByAnn();
      const { cheques } = await bob.get<{ cheques: ChequeLine[] }>('/cheques');
      const written = BigInt(cheques.find(({ direction }) => direction === 'out')?.amount ?? 0);
      expect(written).toBeGreaterThanOrEqual(held);
      // At least one cheque in each life; the end comes anywhere within the exchange of another.
      const say = async (text: string): Promise<void> => {
        await bob.post('/messages', { to: 'ann', text });
        await new Promise((resolve) => setTimeout(resolve, 10 + random.below(40)));
      };
      for (let i = 0; i < 400 && (await heldByAnn()) <= held; i++)
        await say(`life ${life}, message ${i}`);
      // Few: ann gives no more credit than ten uncashed cheques.
      for (let i = random.below(4); i >= 0; i--) await say(`life ${life}, ${i} to go`);
      await kill();
      expect(await heldByAnn()).toBeGreaterThanOrEqual(held);
    }
    const held = await heldByAnn();
    expect(held).toBeGreaterThan(0n);
    const bob = await run();
    // It can pay all of what the others promised.
    const money = await bob.get<MoneyReport>('/money');
    expect(BigInt(money.chequebook!.promised)).toBeGreaterThanOrEqual(held);
    expect(BigInt(money.chequebook!.promised)).toBeLessThanOrEqual(10n * MFT);
    await ann.node.money().cash((await line())!.account, false);
    await until('sent', () => ann.node.money().report().transactions.at(-1)?.state === 'sent');
    for (let i = 0; i < 40 && (await line())!.cashing; i++) {
      await anvil.mine();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await line()).toMatchObject({ bounced: false, cashing: false });
    expect(BigInt((await line())!.paid)).toBeGreaterThanOrEqual(held);
    // The last life goes on where the others ended.
    const before = await heldByAnn();
    for (let i = 0; i < 200 && (await heldByAnn()) <= before; i++) {
      await bob.post('/messages', { to: 'ann', text: 'and again' });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(await heldByAnn()).toBeGreaterThan(before);
    await kill();
  });
});
