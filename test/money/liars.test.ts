/** Endpoints that lie, stall or talk nonsense: each is refused with its reason, nothing is told, and the truth counts again as soon as it is told. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NamedContracts } from '../../live/chain/contracts.ts';
import { NO_ANVIL, startAnvil, type Anvil } from '../support/anvil.ts';
import { deployAll, MFT, Party, settle, until } from './chain-support.ts';
import { Liar } from './liar.ts';

type Fields = { [name: string]: unknown };
const OTHER_WORD = `0x${'ab'.repeat(32)}`;

describe.skipIf(NO_ANVIL !== undefined)('an endpoint that', () => {
  let anvil: Anvil;
  let liar: Liar;
  let contracts: NamedContracts;
  let debtor: Party;
  let creditor: Party;
  let cumulative = 0n;

  beforeAll(async () => {
    anvil = await startAnvil();
    liar = await Liar.before(anvil.url);
    ({ contracts } = await deployAll(anvil));
    debtor = await new Party(anvil.url, 1, { contracts }).start();
    await debtor.round();
    const { outbox } = debtor.chain;
    outbox.submit(debtor.wishes.open());
    outbox.submit(debtor.wishes.transfer(debtor.chequebook, 100n * MFT, 'fund'));
    await settle(anvil, debtor);
    creditor = await new Party(liar.url, 2, { contracts, timeoutMs: 300 }).start();
    await anvil.fund(creditor.account);
    creditor.chain.watch(debtor.chequebook, creditor.account);
    await anvil.mine(2);
    await creditor.round();
    expect(creditor.chain.trouble).toBeUndefined();
  });
  afterAll(async () => {
    await debtor?.chain.stop();
    await creditor?.chain.stop();
    await liar?.close();
    await anvil?.stop();
  });

  /** A cheque is cashed and confirmed while the endpoint lies about it. */
  async function cashUnder(lie: Liar['lie'], stalls = false): Promise<void> {
    cumulative += MFT;
    const cheque = debtor.cheque(creditor.account, cumulative);
    creditor.chain.outbox.submit(creditor.wishes.cash(cheque));
    await creditor.round();
    liar.lie = lie;
    liar.stalls = stalls;
    await anvil.mine(3);
  }

  /** The refusal, and that nothing counts; then the truth, and that it does. */
  async function expectRefused(code: string, why: RegExp): Promise<void> {
    const before = { told: creditor.told, facts: creditor.facts.length };
    await until(`refusal ${why}`, () => creditor.chain.trouble !== undefined);
    expect(creditor.chain.trouble!.message).toMatch(why);
    expect(creditor.chain.trouble!.code).toBe(code);
    expect({ told: creditor.told, facts: creditor.facts.length }).toEqual(before);
    liar.honest();
    await until('the truth', () => creditor.chain.trouble === undefined);
    await settle(anvil, creditor);
    await creditor.round();
    const paid = creditor.facts.map((fact) => (fact.kind === 'cashed' ? fact.payout : 0n));
    expect(paid.reduce((a, b) => a + b, 0n)).toBe(cumulative);
  }

  it('is of another chain', async () => {
    const lost = await new Party(anvil.url, 3, { contracts, chainId: 1n }).start();
    await until('trouble', () => lost.chain.trouble !== undefined);
    expect(lost.chain.trouble).toMatchObject({ code: 'chain-wrong' });
    expect(lost.chain.trouble!.message).toMatch(/is of chain 31337, and the settings say 1$/);
    await lost.chain.stop();
  });

  it('has other contracts than the settings name', async () => {
    const { token, factory } = contracts;
    for (const [named, why] of [
      [{ ...contracts, token: debtor.account }, /no contract at .* as money.token/],
      [{ token, factory: token, protests: token }, /money|no |refuses/],
      [{ token: factory, factory, protests: contracts.protests }, /do not belong together/],
    ] as const) {
      const lost = await new Party(anvil.url, 3, { contracts: named }).start();
      await until('trouble', () => lost.chain.trouble !== undefined);
      expect(lost.chain.trouble!.message).toMatch(why);
      await lost.chain.stop();
    }
  });

  it('makes events up', async () => {
    await cashUnder((method, result) =>
      method === 'eth_getLogs'
        ? (result as Fields[]).map((log) => ({
            ...log,
            data: `0x${'00'.repeat(31)}ff${String(log.data).slice(66)}`,
          }))
        : result,
    );
    await expectRefused('chain-lies', /an event of transaction .* that its receipt does not have/);
  });

  it('leaves all events out', async () => {
    await cashUnder((method, result) => (method === 'eth_getLogs' ? [] : result));
    await expectRefused('chain-lies', /should (have|be) .* that are told/);
  });

  it('leaves one event of a transaction out', async () => {
    await cashUnder((method, result) =>
      method === 'eth_getLogs' ? (result as Fields[]).slice(1) : result,
    );
    await expectRefused('chain-lies', /leaves out an event|should have|that are told/);
  });

  it('says that a failed transaction had events', async () => {
    await cashUnder((method, result) =>
      method === 'eth_getTransactionReceipt' && result !== null
        ? { ...(result as Fields), status: '0x0' }
        : result,
    );
    await expectRefused('chain-lies', /receipt is of a failure/);
  });

  it('says that a cheque was cashed, and has no event of it', async () => {
    await cashUnder((method, result) => {
      if (method === 'eth_getLogs') return [];
      // As if nothing had been paid.
      if (method === 'eth_call') return result;
      return method === 'eth_getTransactionReceipt' && result !== null
        ? { ...(result as Fields), logs: [] }
        : result;
    });
    await expectRefused('chain-lies', /told|no event of it/);
  });

  it('has events in a block that is not the chain’s', async () => {
    await cashUnder((method, result) =>
      method === 'eth_getLogs'
        ? (result as Fields[]).map((log) => ({ ...log, blockHash: OTHER_WORD }))
        : result,
    );
    await expectRefused('chain-lies', /in a block \d+ that is not the chain's/);
  });

  it('pads a balance', async () => {
    await cashUnder((method, result, params) => {
      const [call] = params as [Fields];
      const isBalance = method === 'eth_call' && call.to === debtor.chequebook;
      return isBalance && String(call.data).startsWith('0xb69ef8a8')
        ? `0x${'00'.repeat(24)}ffffffffffffffff`
        : result;
    });
    await expectRefused('chain-lies', /has \d+ wei and should have \d+/);
  });

  it('names blocks that do not chain', async () => {
    await cashUnder((method, result) =>
      method === 'eth_getBlockByHash' && result !== null
        ? { ...(result as Fields), hash: OTHER_WORD }
        : result,
    );
    await expectRefused('chain-lies', /not its parent/);
  });

  it('has receipts of a block that is not on the chain', async () => {
    await cashUnder((method, result) =>
      method === 'eth_getTransactionReceipt' && result !== null
        ? { ...(result as Fields), blockHash: OTHER_WORD }
        : result,
    );
    await expectRefused('chain-lies', /receipt is of a failure or of another block/);
  });

  it('becomes another chain in the middle of a run', async () => {
    const other = await startAnvil(7n);
    try {
      await other.mine(3);
      await cashUnder(undefined);
      await creditor.round();
      const before = { told: creditor.told, facts: creditor.facts.length };
      liar.target = other.url;
      await until('refusal', () => creditor.chain.trouble?.code === 'chain-wrong');
      expect(creditor.chain.trouble!.message).toMatch(/is of chain 7, and the settings say 31337$/);
      expect({ told: creditor.told, facts: creditor.facts.length }).toEqual(before);
      // No cheque is judged by what is there.
      expect(creditor.chain.view(debtor.chequebook, creditor.account)).toBeUndefined();
      liar.target = anvil.url;
      await until('the truth', () => creditor.chain.trouble === undefined);
      expect(creditor.chain.view(debtor.chequebook, creditor.account)).toBeDefined();
    } finally {
      liar.target = anvil.url;
      await other.stop();
    }
  });

  it('stalls while a cheque is cashed: it counts once, when the endpoint is back', async () => {
    await cashUnder(undefined, true);
    await expectRefused('chain-silent', /has not answered \w+ within 0.3 s$/);
  });

  it('talks nonsense', async () => {
    for (const nonsense of [
      { status: 200, body: 'not JSON' },
      { status: 200, body: '[]' },
      { status: 200, body: '{"jsonrpc":"2.0","id":1,"result":"0xzz"}' },
      { status: 200, body: `"${'x'.repeat(9 * 2 ** 20)}"` },
      { status: 500, body: 'broken' },
    ]) {
      liar.nonsense = nonsense;
      await until('trouble', () => creditor.chain.trouble !== undefined);
      expect(creditor.chain.trouble!.code).toMatch(
        nonsense.status === 500 ? /silent/ : /lies|silent/,
      );
      liar.honest();
      await until('the truth', () => creditor.chain.trouble === undefined);
    }
  });

  it('says a wrong thing in every field that is read', async () => {
    for (const method of [
      'eth_chainId',
      'eth_getBlockByNumber',
      'eth_getBalance',
      'eth_call',
      'eth_getCode',
      'eth_getLogs',
    ]) {
      await anvil.mine();
      liar.nonsense = { status: 500, body: '' };
      await until('trouble', () => creditor.chain.trouble !== undefined);
      liar.lie = (asked, result) => (asked === method ? { what: 'ever' } : result);
      liar.nonsense = undefined;
      await until(`refusal of ${method}`, () => creditor.chain.trouble?.code === 'chain-lies');
      expect(creditor.chain.trouble!.message).toContain(method);
      liar.honest();
      await until('the truth', () => creditor.chain.trouble === undefined);
    }
  });

  it('stalls: it is asked less and less often, and gone by for a while', async () => {
    liar.stalls = true;
    await until('trouble', () => creditor.chain.trouble !== undefined);
    expect(creditor.chain.trouble).toMatchObject({ code: 'chain-silent' });
    expect(creditor.chain.trouble!.message).toMatch(/has not answered \w+ within 0.3 s$/);
    expect(creditor.chain.view(debtor.chequebook, creditor.account)).toBeDefined();
    liar.heard.length = 0;
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(liar.heard.length).toBeLessThan(6);
    liar.honest();
    await until('the truth', () => creditor.chain.trouble === undefined);
    await expect(creditor.round()).resolves.toBeUndefined();
  });
});
