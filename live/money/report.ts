/** What a user is told about the node's money: everything as it is now, in wei. */
import type { PeerHandle } from '../../protocols/host.ts';
import type { Pair } from '../../protocols/swap/pair.ts';
import type { ChequeLine, MoneyReport } from '../api/money-schemas.ts';
import type { Reason } from '../api/schemas.ts';
import type { Order } from '../chain/order.ts';
import type { ChainTrouble } from '../chain/trouble.ts';
import type { LiveMoney } from './money.ts';

const US_PER_SECOND = 1_000_000;

/** The reason for the node's state, with what mends it. */
export function moneyReason(
  trouble: ChainTrouble,
  node: string,
  account: string,
): Reason & { code: ChainTrouble['code'] } {
  const set = (name: string, value: string): string =>
    `mainframe config set ${name} ${value} --node ${node}`;
  const next: { [code in ChainTrouble['code']]: string } = {
    'chain-silent': `see that the endpoint is up, or name another: ${set('money.rpc', 'URL')}`,
    'chain-wrong': `see that endpoint, chain and contracts belong together: mainframe config show money --node ${node}`,
    'chain-lies': `ask another endpoint: ${set('money.rpc', 'URL')}`,
    'chain-replaced': `wait for more blocks from now on: ${set('money.confirmations', 'BLOCKS')}; if this is a play chain that was begun anew, its money is gone: make a new node`,
    'chain-gas': `send coins of the chain to ${account}, or change the limit: ${set('money.gas_max_gwei', 'GWEI')}`,
  };
  return { code: trouble.code, why: `${trouble.message}.`, next: next[trouble.code] };
}

export function transactionOf({ id, what, state, bids, reason }: Order) {
  return { id, what, state, hash: bids.at(-1)?.hash ?? '', reason: reason ?? '' };
}

/** @param node name of the node, for what the user can do. */
export function moneyReport(money: LiveMoney, node: string): MoneyReport {
  const { chain, rate, swap, earnings, account, ledger } = money;
  const { trouble, wallet } = chain;
  const pairs = [...(swap?.pairs.values() ?? [])];
  const sum = (units: (pair: Pair) => number): string =>
    `${pairs.reduce((total, pair) => total + rate.toWei(Math.max(0, units(pair))), 0n)}`;
  return {
    endpoint: chain.place,
    chainId: `${chain.chainId}`,
    head: chain.head?.number ?? null,
    trouble: trouble === undefined ? null : moneyReason(trouble, node, account),
    deployed: money.chequebook !== undefined,
    account,
    wallet: wallet === undefined ? null : { tokens: `${wallet.tokens}`, coins: `${wallet.coins}` },
    chequebook: chequebookReport(money),
    owed: sum((pair) => pair.book.debt),
    owing: sum((pair) => pair.payable),
    earnedToday: `${rate.toWei(earnings.today)}`,
    earnedMonth: `${rate.toWei(earnings.month)}`,
    neighbours: pairs.length,
    creditMax: `${money.creditMaxWei()}`,
    protestCost: chain.known === undefined ? null : `${ledger.protestFee()}`,
    transactions: chain.outbox.orders.map(transactionOf),
  };
}

function chequebookReport(money: LiveMoney): MoneyReport['chequebook'] {
  const { chain, chequebook, ledger } = money;
  if (chequebook === undefined) return null;
  const cover = chain.cover(chequebook);
  return {
    address: chequebook,
    opened: cover !== undefined,
    balance: `${cover?.balance ?? 0n}`,
    promised: `${money.promisedWei()}`,
    withdrawing: `${ledger.withdrawingWei()}`,
    bounced: cover?.bounced ?? false,
  };
}

/**
 * Cheques held and written, the largest first.
 * @param describe overlay address (hex) and name of a neighbour.
 */
export function chequeLines(
  money: LiveMoney,
  nowUs: number,
  describe: (peer: PeerHandle) => { address: string; name: string },
): ChequeLine[] {
  const { swap, rate, ledger, account, chequebook } = money;
  const lines: ChequeLine[] = [];
  for (const pair of swap?.pairs.values() ?? []) {
    const { incoming, outgoing, terms } = pair;
    const common = { ...describe(pair.peer), account: pair.account, score: pair.score };
    if (terms.chequebook !== undefined && incoming.top !== undefined) {
      const view = ledger.chequebook(terms.chequebook, account);
      const amount = incoming.uncashedWei(rate);
      const heldUs = amount === 0n ? 0 : Math.max(0, nowUs - incoming.sinceUs);
      lines.push({
        ...common,
        direction: 'in',
        chequebook: terms.chequebook,
        amount: `${amount}`,
        covered: `${least(amount, view === undefined ? 0n : view.liquid + view.hardDeposit)}`,
        paid: `${incoming.paidOutWei}`,
        bounced: view?.bounced ?? false,
        cashing: incoming.cashingUnits > 0,
        pending: false,
        heldSeconds: Math.floor(heldUs / US_PER_SECOND),
      });
    }
    if (chequebook !== undefined && outgoing.top !== undefined) {
      const view = ledger.chequebook(chequebook, pair.account);
      const amount = outgoing.uncashedWei(rate);
      lines.push({
        ...common,
        direction: 'out',
        chequebook,
        amount: `${amount}`,
        covered: `${least(amount, view === undefined ? 0n : view.liquid + view.hardDeposit)}`,
        paid: `${outgoing.paidOutWei}`,
        bounced: view?.bounced ?? false,
        cashing: false,
        pending: outgoing.pending,
        heldSeconds: 0,
      });
    }
  }
  return lines.toSorted((a, b) => (BigInt(b.amount) > BigInt(a.amount) ? 1 : -1));
}

function least(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
