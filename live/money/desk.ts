/** The counter at which a user deals with the node's money: names become neighbours, orders become answers of the API. */
import type { Address } from '../../protocols/ledger/values.ts';
import type { PeerHandle } from '../../protocols/host.ts';
import type { Cashing, ChequeLine, Deployed, MoneyReport } from '../api/money-schemas.ts';
import type { Reason } from '../api/schemas.ts';
import type { Order } from '../chain/order.ts';
import { cash, deploy, deposit, send, withdraw } from './acts.ts';
import { RequestError } from '../node/request-error.ts';
import type { LiveMoney } from './money.ts';
import { chequeLines, moneyReason, moneyReport, transactionOf } from './report.ts';

/** Shortest beginning of an overlay address that names a neighbour. */
const BEGINNING_DIGITS_MIN = 4;

export interface DeskOptions {
  /** Name of the node. */
  node: string;
  nowUs: () => number;
  addressOf: (peer: PeerHandle) => string;
  /** The user's contacts. */
  people: () => readonly { name: string; address: string }[];
  /** Runs something as an input of the node. */
  act: (work: () => void) => void;
}

export class MoneyDesk {
  readonly #money: LiveMoney;
  readonly #options: DeskOptions;

  constructor(money: LiveMoney, options: DeskOptions) {
    this.#money = money;
    this.#options = options;
  }

  /** What is wrong, as a reason for the node's state. */
  get reason(): Reason | undefined {
    const { trouble } = this.#money.chain;
    return trouble && moneyReason(trouble, this.#options.node, this.#money.account);
  }

  report(): MoneyReport {
    return moneyReport(this.#money, this.#options.node);
  }

  async cheques(): Promise<ChequeLine[]> {
    const people = this.#options.people();
    return chequeLines(this.#money, this.#options.nowUs(), (peer) => {
      const address = this.#options.addressOf(peer);
      return { address, name: people.find((one) => one.address === address)?.name ?? '' };
    });
  }

  async cash(from: string, dryRun: boolean): Promise<Cashing> {
    const peer = await this.#neighbour(from);
    const pair = this.#money.swap!.pair(peer)!;
    const { node, act, addressOf } = this.#options;
    return { from: addressOf(peer), ...cash(this.#money, node, pair, dryRun, act) };
  }

  async deploy(): Promise<Deployed> {
    const { contracts, orders } = await deploy(this.#money, this.#options.node);
    return { ...contracts, transactions: orders.map(transactionOf) };
  }

  deposit(wei: bigint) {
    return answer(deposit(this.#money, this.#options.node, wei));
  }

  withdraw(wei: bigint) {
    return answer(withdraw(this.#money, this.#options.node, wei));
  }

  send(to: Address, wei: bigint) {
    return answer(send(this.#money, this.#options.node, to, wei));
  }

  /** The neighbour that a user means. @throws RequestError */
  async #neighbour(who: string): Promise<PeerHandle> {
    const word = who.toLowerCase();
    const people = this.#options.people();
    const known = people.find(({ name }) => name === who)?.address;
    const pairs = [...(this.#money.swap?.pairs.values() ?? [])];
    const found = pairs.filter(({ peer, account }) => {
      const address = this.#options.addressOf(peer);
      const begins = word.length >= BEGINNING_DIGITS_MIN && address.startsWith(word);
      return address === known || account === word || begins;
    });
    const { node } = this.#options;
    if (found.length > 1)
      throw new RequestError(`"${who}" could be ${found.length} neighbours. Give more digits.`);
    if (found.length === 0)
      throw new RequestError(
        `There is no account with "${who}". See with whom: mainframe cheques list --node ${node}`,
      );
    return found[0]!.peer;
  }
}

function answer(orders: readonly Order[]) {
  return { transactions: orders.map(transactionOf) };
}
