/**
 * Live nodes that deal with each other on a chain of their own: contracts deployed, nodes with coins, tokens and chequebooks, and blocks when a test says so.
 *
 * The treasury is a party without a node, so that every node of a town is one that a user could have started.
 */
import { unlock } from '../../cli/key-file.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import type { NamedContracts } from '../../live/chain/contracts.ts';
import { startAnvil, type Anvil } from '../support/anvil.ts';
import { makeHome, startLive, type Running } from '../unit/live-api/support.ts';
import { deployAll, MFT, Party, settle } from './chain-support.ts';
import { Liar } from './liar.ts';

const CHAIN = [
  'money.chain_id=31337',
  'money.confirmations=2',
  'money.poll=50 ms',
  'money.timeout=500 ms',
];

export interface Citizen extends Running {
  name: string;
  /** Its own endpoint of the chain. */
  liar: Liar;
  /** Its settings, to start it again with. */
  set: string[];
}

export const report = ({ node }: Running) => node.money().report();
export const incoming = async (one: Running) =>
  (await one.node.money().cheques()).filter(({ direction }) => direction === 'in');
export const outgoing = async (one: Running) =>
  (await one.node.money().cheques()).filter(({ direction }) => direction === 'out');
export const said = (one: Running, event: string): number =>
  one.said.filter((line) => line.event === event).length;
export const quiet = (...nodes: Running[]): boolean =>
  nodes.every((one) =>
    report(one).transactions.every(({ state }) => state === 'done' || state === 'failed'),
  );

export class Town {
  readonly anvil: Anvil;
  readonly contracts: NamedContracts;
  readonly #treasury: Party;
  readonly #home = makeHome();
  readonly #settings: readonly string[];
  readonly #citizens = new Map<string, Citizen>();

  private constructor(
    anvil: Anvil,
    contracts: NamedContracts,
    treasury: Party,
    settings: readonly string[],
  ) {
    this.anvil = anvil;
    this.contracts = contracts;
    this.#treasury = treasury;
    this.#settings = settings;
  }

  /** @param settings of every node, `name=value` */
  static async found(settings: readonly string[]): Promise<Town> {
    const anvil = await startAnvil();
    const { contracts } = await deployAll(anvil);
    const treasury = await new Party(anvil.url, 1, { contracts }).start();
    return new Town(anvil, contracts, treasury, settings);
  }

  /**
   * Starts a new node with 100 MFT, of which `depositWei` are in its chequebook.
   * @param own settings of this node alone, `name=value`, and which addresses (hex) it may have
   */
  async settle(
    name: string,
    depositWei: bigint,
    bootstrap: Running[] = [],
    own: { set?: readonly string[]; fits?: (address: string) => boolean } = {},
  ): Promise<Citizen> {
    const { anvil, contracts } = this;
    const liar = await Liar.before(anvil.url);
    const named = Object.entries(contracts).map(([key, at]) => `money.${key}=${at}`);
    const set = [
      `money.rpc=${liar.url}`,
      ...CHAIN,
      ...named,
      ...this.#settings,
      ...(own.set ?? []),
    ];
    const cards = bootstrap.map(({ node }) => node.card);
    const running = await startLive(name, this.#home.passwordFile, {
      set,
      bootstrap: cards,
      ...(own.fits === undefined ? {} : { fits: own.fits }),
    });
    const citizen = { ...running, name, liar, set };
    this.#citizens.set(name, citizen);
    await anvil.fund(report(citizen).account);
    const { outbox } = this.#treasury.chain;
    outbox.submit(this.#treasury.wishes.transfer(report(citizen).account, 100n * MFT, 'endow'));
    await settle(anvil, this.#treasury);
    await this.mineUntil('tokens', () => BigInt(report(citizen).wallet?.tokens ?? 0) > 0n);
    citizen.node.money().deposit(depositWei);
    await this.mineUntil('deposit', () => report(citizen).chequebook?.balance === `${depositWei}`);
    await this.mineUntil('quiet', () => quiet(citizen));
    return citizen;
  }

  /** Somebody who acts with the account of a node past it, as a thief of its key could. */
  async behind(citizen: Citizen): Promise<Party> {
    const secret = await unlock(citizen.folder, this.#home.passwordFile);
    const party = await new Party(this.anvil.url, secret, { contracts: this.contracts }).start();
    await party.round();
    return party;
  }

  /** What the chain itself says that a chequebook has, and has paid to somebody, wei; not as any node sees it. */
  async onChain(
    chequebook: string,
    beneficiary: string,
  ): Promise<{ balance: bigint; paid: bigint }> {
    const { contracts } = this.#treasury.chain;
    const [balance, paid] = await Promise.all([
      contracts.amount('chequebook', chequebook as Address, 'balance', [], 'latest'),
      contracts.amount('chequebook', chequebook as Address, 'paidOut', [beneficiary], 'latest'),
    ]);
    return { balance, paid };
  }

  /** Makes blocks until something is so. */
  async mineUntil(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let i = 0; i < 80; i++) {
      if (await holds()) return;
      await this.anvil.mine();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`mined in vain for: ${what}`);
  }

  /** Lets the chain's clock go on, without anything else happening. */
  async pass(seconds: number): Promise<void> {
    await this.anvil.ask('evm_increaseTime', seconds);
    await this.anvil.mine();
  }

  async close(): Promise<void> {
    for (const citizen of this.#citizens.values()) {
      await citizen.close();
      await citizen.liar.close();
    }
    await this.#treasury.chain.stop();
    await this.anvil.stop();
    this.#home.remove();
  }
}

/** Sends texts to somebody until something is so. */
export async function talkUntil(
  what: string,
  [from, to]: readonly [Running, string],
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  for (let i = 0; i < 150; i++) {
    if (await holds()) return;
    await from.node.say(to, `message ${i}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`talked in vain for: ${what}; ${tally(from)}`);
}

/** How often a node has said what. */
export function tally(one: Running): string {
  const names = [...new Set(one.said.map(({ event }) => event))];
  return names.map((event) => `${event} ${said(one, event)}`).join(', ');
}
