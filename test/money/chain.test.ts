/** The live chain against anvil: deploying, paying, cashing, bouncing, reorganising, restarting, and endpoints that cannot be trusted. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NamedContracts } from '../../live/chain/contracts.ts';
import { NO_ANVIL, startAnvil, type Anvil } from '../support/anvil.ts';
import { deployAll, MFT, Party, settle, until } from './chain-support.ts';

describe.skipIf(NO_ANVIL !== undefined)('a live chain', () => {
  let anvil: Anvil;
  let contracts: NamedContracts;
  let treasury: Party;

  beforeAll(async () => {
    anvil = await startAnvil();
    ({ contracts } = await deployAll(anvil));
    treasury = await new Party(anvil.url, 1, { contracts }).start();
    await treasury.round();
  });
  afterAll(async () => {
    await treasury?.chain.stop();
    await anvil?.stop();
  });

  it('has the contracts where the addresses say, and all tokens with the treasury', async () => {
    expect(treasury.chain.trouble).toBeUndefined();
    await treasury.round();
    expect(treasury.chain.wallet?.tokens).toBe(10_000_000_000n * MFT);
  });

  /** A new account with tokens in a chequebook that `watcher` watches; everything confirmed. */
  let nextSecret = 2;
  async function funded(deposit: bigint): Promise<Party> {
    const party = await new Party(anvil.url, nextSecret++, { contracts }).start();
    await anvil.fund(party.account);
    await party.round();
    party.chain.outbox.submit(party.wishes.open());
    await settle(anvil, party);
    const { outbox } = treasury.chain;
    outbox.submit(treasury.wishes.transfer(party.chequebook, deposit, 'fund a chequebook'));
    await settle(anvil, treasury);
    return party;
  }
  /** Begins to watch each other, and looks. */
  async function introduce(debtor: Party, creditor: Party): Promise<void> {
    for (const { chain } of [debtor, creditor]) chain.watch(debtor.chequebook, creditor.account);
    await anvil.mine(2);
    await debtor.round();
    await creditor.round();
  }

  it('pays a cheque, and tells both sides once it is confirmed', async () => {
    const debtor = await funded(5n * MFT);
    const creditor = await funded(0n);
    await introduce(debtor, creditor);
    const view = creditor.chain.view(debtor.chequebook, creditor.account);
    expect(view).toEqual({
      issuer: debtor.account,
      liquid: 5n * MFT,
      hardDeposit: 0n,
      paidOut: 0n,
      bounced: false,
    });
    const cheque = debtor.cheque(creditor.account, 2n * MFT);
    creditor.chain.outbox.submit(creditor.wishes.cash(cheque));
    await creditor.round();
    await anvil.mine();
    await creditor.round();
    // In a block, not confirmed: nobody is told.
    expect(creditor.facts).toEqual([]);
    expect(creditor.chain.wallet?.tokens).toBe(2n * MFT);
    await anvil.mine(2);
    await creditor.round();
    await debtor.round();
    const fact = {
      kind: 'cashed',
      chequebook: debtor.chequebook,
      issuer: debtor.account,
      beneficiary: creditor.account,
      payout: 2n * MFT,
      cumulativePayout: 2n * MFT,
      bounced: false,
    };
    expect(creditor.facts).toEqual([fact]);
    expect(debtor.facts).toEqual([fact]);
    expect(creditor.chain.view(debtor.chequebook, creditor.account)?.liquid).toBe(3n * MFT);
    const ended = creditor.news.flatMap(({ endings }) => endings);
    expect(ended.map(({ ok, order }) => [ok, order.tag])).toContainEqual([
      true,
      `cash ${debtor.chequebook}`,
    ]);
    await debtor.chain.stop();
    await creditor.chain.stop();
  });

  it('tells of a bounce, with what was paid', async () => {
    const debtor = await funded(1n * MFT);
    const creditor = await funded(0n);
    await introduce(debtor, creditor);
    creditor.chain.outbox.submit(creditor.wishes.cash(debtor.cheque(creditor.account, 3n * MFT)));
    await settle(anvil, creditor);
    await creditor.round();
    expect(creditor.facts).toMatchObject([
      { kind: 'cashed', payout: MFT, cumulativePayout: 3n * MFT, bounced: true },
    ]);
    const view = creditor.chain.view(debtor.chequebook, creditor.account);
    expect(view).toMatchObject({ liquid: 0n, bounced: true });
    await debtor.chain.stop();
    await creditor.chain.stop();
  });

  it('tells nothing of a branch that is left, and pays again on the other', async () => {
    const debtor = await funded(5n * MFT);
    const creditor = await funded(0n);
    await introduce(debtor, creditor);
    const snapshot = await anvil.ask('evm_snapshot');
    creditor.chain.outbox.submit(creditor.wishes.cash(debtor.cheque(creditor.account, MFT)));
    await creditor.round();
    await anvil.mine();
    await creditor.round();
    expect(creditor.chain.wallet?.tokens).toBe(MFT);
    await anvil.ask('evm_revert', snapshot);
    await anvil.ask('evm_setNextBlockTimestamp', Number(creditor.chain.head!.timestamp) + 100);
    await anvil.mine();
    await creditor.round();
    expect(creditor.chain.trouble).toBeUndefined();
    expect(creditor.chain.wallet?.tokens).toBe(0n);
    expect(creditor.facts).toEqual([]);
    // The same bytes are sent again, and cash once.
    await settle(anvil, creditor);
    expect(creditor.facts).toMatchObject([{ kind: 'cashed', payout: MFT }]);
    expect(creditor.chain.outbox.orders.at(-1)).toMatchObject({ state: 'done', bids: [{}] });
    await debtor.chain.stop();
    await creditor.chain.stop();
  });

  it('does not follow a branch without blocks whose facts were told', async () => {
    const watcher = await new Party(anvil.url, nextSecret++, { contracts }).start();
    // It knows blocks from before the fork, so only what it has told keeps it from following.
    await watcher.round();
    const snapshot = await anvil.ask('evm_snapshot');
    await anvil.mine(6);
    await watcher.round();
    const { told } = watcher;
    await anvil.ask('evm_revert', snapshot);
    await anvil.mine(9);
    await untilTrouble(watcher);
    expect(watcher.chain.trouble?.code).toBe('chain-replaced');
    expect(watcher.told).toEqual(told);
    expect(watcher.chain.view(watcher.account, watcher.account)).toBeUndefined();
    await watcher.chain.stop();
    // Nor does its next life.
    const again = await new Party(anvil.url, 99, { contracts, told: told! }).start();
    await untilTrouble(again);
    expect(again.chain.trouble?.code).toBe('chain-replaced');
    await again.chain.stop();
    await treasury.chain.stop();
    treasury = await new Party(anvil.url, 1, { contracts, store: treasury.store }).start();
    await treasury.round();
  });

  it('goes on after a restart with the same bytes, and catches up on what it missed', async () => {
    const debtor = await funded(5n * MFT);
    const creditor = await funded(0n);
    await introduce(debtor, creditor);
    creditor.chain.outbox.submit(creditor.wishes.cash(debtor.cheque(creditor.account, MFT)));
    await creditor.round();
    const [bid] = creditor.chain.outbox.orders.at(-1)!.bids;
    await creditor.chain.stop();
    // The endpoint has forgotten what it was sent, and a long time passes.
    await anvil.ask('anvil_dropAllTransactions');
    await anvil.mine(300);
    const { store, told } = creditor;
    const secret = nextSecret - 1;
    const again = new Party(anvil.url, secret, { contracts, store, told: told! });
    again.chain.watch(debtor.chequebook, creditor.account);
    await again.start();
    await settle(anvil, again);
    await again.round();
    expect(again.facts).toMatchObject([{ kind: 'cashed', payout: MFT }]);
    const order = again.chain.outbox.orders.at(-1)!;
    expect(order.state).toBe('done');
    expect(order.bids[0]).toEqual(bid);
    await debtor.chain.stop();
    await again.chain.stop();
  });

  it('offers more for what blocks leave out, under the same number', async () => {
    const party = await funded(MFT);
    const { outbox } = party.chain;
    outbox.submit(party.wishes.withdraw(party.chequebook, MFT, 'withdraw'));
    await party.round();
    // Blocks become dearer than what it offers.
    await anvil.ask('anvil_setNextBlockBaseFeePerGas', '0x4a817c800');
    await anvil.mine();
    await party.round();
    for (let i = 0; i < 3; i++) {
      await anvil.ask('anvil_setNextBlockBaseFeePerGas', '0x4a817c800');
      await anvil.mine();
      await party.round();
    }
    const order = outbox.orders.at(-1)!;
    expect(order.bids.length).toBeGreaterThan(1);
    expect(new Set(order.bids.map(({ hash }) => hash)).size).toBe(order.bids.length);
    await settle(anvil, party);
    expect(order.state).toBe('done');
    expect(party.chain.wallet?.tokens).toBe(MFT);
    await party.chain.stop();
  });
});

function untilTrouble({ chain }: Party): Promise<void> {
  return until('trouble', () => chain.trouble !== undefined);
}
