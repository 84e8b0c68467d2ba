/** What a user does with the node's money. Each act orders transactions and returns; what becomes of them is in the report. */
import type { Address } from '../../protocols/ledger/values.ts';
import type { Pair } from '../../protocols/swap/pair.ts';
import type { Cashing } from '../api/money-schemas.ts';
import type { NamedContracts } from '../chain/contracts.ts';
import { deploymentBy } from '../chain/deploy.ts';
import { isOpen, type Order, type Wish } from '../chain/order.ts';
import { ChainTrouble } from '../chain/trouble.ts';
import { Wishes } from '../chain/wishes.ts';
import type { LiveMoney } from './money.ts';
import { RequestError } from '../node/request-error.ts';
import { mft } from './amounts.ts';
import { moneyReason } from './report.ts';

/** Puts the contracts on a chain that has none. @throws RequestError */
export async function deploy(
  money: LiveMoney,
  node: string,
): Promise<{ contracts: NamedContracts; orders: Order[] }> {
  const { chain, account } = money;
  assertWell(money, node);
  if (money.chequebook !== undefined)
    throw new RequestError(
      `The settings name contracts already. See them: mainframe config show money --node ${node}`,
    );
  if (chain.outbox.orders.some((order) => isOpen(order) || order.tag === 'deploy'))
    throw new RequestError(
      `This node has sent contracts, or something else, before. See: mainframe money --node ${node}`,
    );
  assertCoins(money);
  const nonce = await chain.nextNonce().catch((error: unknown) => {
    throw error instanceof ChainTrouble ? new RequestError(`${error.message}.`) : error;
  });
  const deployment = deploymentBy(money.suite, chain.contracts, account, nonce);
  if (deployment === undefined)
    throw new RequestError(
      `The account ${account} has made too many transactions to deploy from it. Use a node with a new key.`,
    );
  return { contracts: deployment.contracts, orders: ordered(money, deployment.wishes) };
}

/** Puts tokens of the wallet into the chequebook, which is opened with the first. @throws RequestError */
export function deposit(money: LiveMoney, node: string, wei: bigint): Order[] {
  const wishes = wishesOf(money, node);
  const chequebook = money.chequebook!;
  assertTokens(money, wei);
  const { chain } = money;
  const opened =
    chain.cover(chequebook) !== undefined ||
    chain.outbox.orders.some((order) => order.tag === 'open' && order.state !== 'failed');
  const fill = wishes.transfer(chequebook, wei, `put ${mft(wei)} into the chequebook`);
  return ordered(money, opened ? [fill] : [wishes.open(), fill]);
}

/** Takes tokens out of the chequebook, but none that cheques promise. @throws RequestError */
export function withdraw(money: LiveMoney, node: string, wei: bigint): Order[] {
  const wishes = wishesOf(money, node);
  const chequebook = money.chequebook!;
  const cover = money.chain.cover(chequebook);
  if (cover === undefined)
    throw new RequestError(
      `There is no chequebook yet. Open it with a deposit: mainframe money deposit AMOUNT --node ${node}`,
    );
  const promised = money.promisedWei() + money.ledger.withdrawingWei();
  const free = cover.balance - cover.totalHardDeposit - promised;
  if (wei > free)
    throw new RequestError(
      `${mft(cover.balance)} are in the chequebook, of which cheques, reserves and other withdrawals promise ${mft(cover.balance - free)}: ${mft(free > 0n ? free : 0n)} can be withdrawn.`,
    );
  return ordered(money, [
    wishes.withdraw(chequebook, wei, `take ${mft(wei)} out of the chequebook`),
  ]);
}

/** Gives tokens of the wallet to another account. @throws RequestError */
export function send(money: LiveMoney, node: string, to: Address, wei: bigint): Order[] {
  const wishes = wishesOf(money, node);
  assertTokens(money, wei);
  return ordered(money, [wishes.transfer(to, wei, `send ${mft(wei)} to ${to}`)]);
}

/**
 * Cashes the cheques of a neighbour, or says what that would bring.
 * @param act runs the cashing as an input of the node.
 * @throws RequestError
 */
export function cash(
  money: LiveMoney,
  node: string,
  pair: Pair,
  dryRun: boolean,
  act: (work: () => void) => void,
): Omit<Cashing, 'from'> {
  wishesOf(money, node);
  const { chequebook } = pair.terms;
  const amount = pair.incoming.uncashedWei(money.rate);
  if (chequebook === undefined || amount === 0n)
    throw new RequestError(
      `No cheque of that neighbour is to be cashed. See them all: mainframe cheques list --node ${node}`,
    );
  if (pair.incoming.cashingUnits > 0)
    throw new RequestError(`A cashing is on its way already. See: mainframe money --node ${node}`);
  const view = money.ledger.chequebook(chequebook, money.account);
  if (view === undefined)
    throw new RequestError(
      `The chequebook ${chequebook} has not been seen on the chain: the factory does not know it, or the node has not looked yet.`,
    );
  const cover = view.liquid + view.hardDeposit;
  const brings = cover < amount ? cover : amount;
  let done = false;
  if (!dryRun)
    act(() => {
      done = money.swap!.cash(pair.peer);
    });
  return {
    amount: `${amount}`,
    brings: `${brings}`,
    fee: `${money.ledger.cashingFee()}`,
    bounces: brings < amount,
    done,
  };
}

/** @throws RequestError unless transactions with the contracts can be ordered now. */
function wishesOf(money: LiveMoney, node: string): Wishes {
  assertWell(money, node);
  const { known, contracts } = money.chain;
  if (known === undefined)
    throw new RequestError(
      `The settings name no contracts. Name those of your network (mainframe config set money.factory ADDRESS --node ${node}, and money.token and money.protests), or deploy them on a play chain: mainframe money deploy --node ${node}`,
    );
  assertCoins(money);
  return new Wishes(money.suite, contracts, known, money.account);
}

function assertWell(money: LiveMoney, node: string): void {
  const { trouble, head } = money.chain;
  if (trouble !== undefined) {
    const { why, next } = moneyReason(trouble, node, money.account);
    throw new RequestError(`${why} To mend it: ${next}`);
  }
  if (head === undefined)
    throw new RequestError('The chain has not been heard yet; try again in a moment.');
}

function assertCoins(money: LiveMoney): void {
  if ((money.chain.wallet?.coins ?? 0n) > 0n) return;
  throw new RequestError(
    `The account ${money.account} has no coins to pay for gas. Send it some; on a play chain of anvil's: cast rpc anvil_setBalance ${money.account} 0xde0b6b3a7640000`,
  );
}

function assertTokens(money: LiveMoney, wei: bigint): void {
  if (wei === 0n) throw new RequestError('An amount of nothing moves nothing.');
  const has = money.chain.wallet?.tokens ?? 0n;
  if (wei > has)
    throw new RequestError(
      `The wallet ${money.account} has ${mft(has)}, and ${mft(wei)} are needed. Have somebody send you MFT: mainframe money send ${money.account} AMOUNT`,
    );
}

function ordered(money: LiveMoney, wishes: readonly Wish[]): Order[] {
  const orders = wishes.map((wish) => money.chain.outbox.submit(wish));
  money.chain.hurry();
  return orders;
}
