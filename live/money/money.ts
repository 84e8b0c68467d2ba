/**
 * Money of a live node: its chain account and chequebook, accounts with neighbours, and all of it on disk.
 *
 * The protocols are those that are simulated: discovery agrees on terms, SWAP keeps the accounts, routing asks it before it serves. What is here puts a real chain
 * (`live/chain`) behind SWAP's ledger and a disk behind its books. Facts of the chain and what they made of the books are written in one stroke; messages leave
 * after what they say is written (`held-messages.ts`); so whatever kills the node, no cheque is lost, none is signed twice, no fact counts twice.
 */
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import { PEERING_AGREED } from '../../protocols/discovery/events.ts';
import type { Host, PeerHandle } from '../../protocols/host.ts';
import { ENDPOINT_BYTES, type PeerBook } from '../../protocols/identity/peer-book.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import type { MainframeNode } from '../../protocols/node/node.ts';
import { CHEQUE_ACCEPTED } from '../../protocols/swap/events.ts';
import type { Swap } from '../../protocols/swap/machine.ts';
import { ConversionRate } from '../../protocols/swap/money.ts';
import { DEFAULT_SCORE_OPTIONS, WEI_PER_UNIT } from '../../protocols/swap/params.ts';
import type { PeerTerms } from '../../protocols/swap/pair.ts';
import { CreditScores } from '../../protocols/swap/score.ts';
import { accountSigner, type Signer } from '../../protocols/swap/signer.ts';
import { accountOfSecret } from '../chain/account.ts';
import { LiveChain, type ChainNews } from '../chain/chain.ts';
import { chequebookOf } from '../chain/contracts.ts';
import { isOpen } from '../chain/order.ts';
import { cashedAt, cashingTag } from '../chain/wishes.ts';
import type { Reporter } from '../log/logger.ts';
import type { Store } from '../store/port.ts';
import { Earnings } from './earnings.ts';
import { HeldMessages } from './held-messages.ts';
import { HoldingHost } from './holding-host.ts';
import { ChainLedger } from './ledger.ts';
import {
  chainIdOf,
  contractsOf,
  namedChequebook,
  swapOptionsOf,
  weiOf,
  type MoneySettings,
} from './options.ts';
import { protocolSettings, type ProtocolSettings } from './protocol-settings.ts';
import { MoneyVault, type KeptPair } from './vault.ts';
import { reportFact } from './fact-report.ts';

const US_PER_MS = 1_000;
const GWEI = 1_000_000_000n;
/** How often books are written that no message has made be written. */
const KEEP_EVERY_MS = 1_000;
/** Longest that a start waits for the chain. */
const HEARD_WITHIN_MS = 3_000;

export interface MoneyParts {
  suite: CryptoSuite;
  accountSecret: Uint8Array;
  networkId: bigint;
  /** Of the overlay address, 32 bytes. */
  nonce: Uint8Array;
  settings: MoneySettings;
  store: Store;
  reporter: Reporter;
  wallMs: () => number;
  steadyMs: () => number;
  /** Runs something as an input of the node. */
  act: (work: () => void) => void;
  /** The disk refuses. */
  onDiskTrouble: (error: unknown) => void;
}

export class LiveMoney {
  readonly chain: LiveChain;
  readonly ledger: ChainLedger;
  readonly rate = new ConversionRate(WEI_PER_UNIT);
  readonly scores = new CreditScores(DEFAULT_SCORE_OPTIONS);
  readonly earnings: Earnings;
  readonly #parts: MoneyParts;
  readonly #signer: Signer;
  readonly #vault: MoneyVault;
  readonly #manifests: readonly Uint8Array[];
  readonly #kept: ReadonlyMap<string, KeptPair>;
  readonly #held: HeldMessages;
  #host: Host | undefined;
  #node: MainframeNode | undefined;
  #keeping: NodeJS.Timeout | undefined;
  #stopped = false;
  /** What the chain told before the node ran; undefined since it does. */
  #early: ChainNews[] | undefined = [];

  private constructor(
    parts: MoneyParts,
    vault: MoneyVault,
    earnings: Earnings,
    found: {
      told: Awaited<ReturnType<MoneyVault['told']>>;
      manifests: readonly Uint8Array[];
      pairs: ReadonlyMap<string, KeptPair>;
    },
  ) {
    const { suite, accountSecret, settings, store, steadyMs, wallMs } = parts;
    this.#parts = parts;
    this.#vault = vault;
    this.earnings = earnings;
    this.#manifests = found.manifests;
    this.#kept = found.pairs;
    this.#signer = accountSigner(suite, accountSecret);
    const chainId = chainIdOf(settings);
    this.chain = new LiveChain({
      url: settings.rpc,
      chainId,
      contracts: contractsOf(settings),
      confirmations: settings.confirmations,
      pollMs: settings.poll / US_PER_MS,
      timeoutMs: settings.timeout / US_PER_MS,
      gasPriceMax: BigInt(settings.gas_max_gwei) * GWEI,
      suite,
      signer: accountOfSecret(accountSecret, chainId),
      store,
      told: found.told,
      steadyMs,
    });
    this.ledger = new ChainLedger(this.chain, {
      suite,
      account: this.account,
      chequebook: () => this.chequebook,
      coinWorthWei: weiOf(settings.coin_worth),
      wallMs,
    });
    this.#held = new HeldMessages(
      (peers) => this.#keepPairs(peers),
      (messages) => {
        if (this.#stopped) return;
        parts.act(() => {
          for (const { peer, bytes } of messages) this.#host?.send(peer, bytes, 0, bytes.length);
        });
      },
      parts.onDiskTrouble,
    );
  }

  /** Reads what is on disk. @throws MoneySettingsError for settings that contradict each other. */
  static async open(parts: MoneyParts): Promise<LiveMoney> {
    swapOptionsOf(parts.settings);
    const vault = new MoneyVault(parts.store);
    const earnings = new Earnings(parts.store, parts.wallMs);
    await earnings.load();
    const money = new LiveMoney(parts, vault, earnings, {
      told: await vault.told(),
      manifests: (await vault.manifests()) ?? [],
      pairs: await vault.pairs(),
    });
    const scores = await vault.scores();
    if (scores !== undefined) money.scores.resume(scores);
    await money.chain.outbox.load();
    return money;
  }

  get account(): Address {
    return this.#signer.account;
  }

  /** Our chequebook, there or still to be opened; undefined where the settings name no contracts. */
  get chequebook(): Address | undefined {
    const { settings, suite } = this.#parts;
    const { factory } = settings;
    if (factory === 'none') return undefined;
    return namedChequebook(settings) ?? chequebookOf(suite, factory, this.account);
  }

  get suite(): CryptoSuite {
    return this.#parts.suite;
  }

  /** Wei that our cheques promise and nobody has cashed. */
  promisedWei(): bigint {
    let sum = 0n;
    for (const { outgoing } of this.swap?.pairs.values() ?? [])
      sum += outgoing.uncashedWei(this.rate);
    return sum;
  }

  /** Wei that a neighbour in the best standing may owe before it is served no more. */
  creditMaxWei(): bigint {
    return this.rate.toWei(swapOptionsOf(this.#parts.settings).disconnectThreshold);
  }

  get swap(): Swap | undefined {
    return this.#node?.swap;
  }

  /** Puts this between a node and its host. */
  hostFor(host: Host): Host {
    this.#host = host;
    return new HoldingHost(host, this.#held, (event, peer, units) => {
      if (event === CHEQUE_ACCEPTED) this.earnings.add(units);
      // Whoever meets again after a crash of one of them tells what it knows: what the crash made it forget is repaired.
      if (event === PEERING_AGREED) this.#met(peer);
    });
  }

  /** What the node's protocols are given; undefined without contracts: the node looks at the chain and deals with nobody. */
  nodeSettings(): ProtocolSettings | undefined {
    const { chequebook, rate, ledger, scores } = this;
    if (chequebook === undefined) return undefined;
    const { suite, settings, networkId, nonce } = this.#parts;
    return protocolSettings(suite, settings, {
      self: { signer: this.#signer, networkId, nonce, earlier: this.#manifests },
      chequebook,
      rate,
      ledger,
      scores,
    });
  }

  /** Goes on with the accounts that were kept, and begins to look at the chain. */
  attach(node: MainframeNode, peers: PeerBook): void {
    this.#node = node;
    const { swap } = node;
    const { chequebook } = this;
    if (swap !== undefined && chequebook !== undefined) {
      for (const [address, { endpoint, state }] of this.#kept) {
        const peer = peers.intern(Uint8Array.from(Buffer.from(address, 'hex')), 0, endpoint, 0);
        swap.resume(peer, state);
        this.#dropLostCashing(swap, peer);
      }
      this.chain.watch(chequebook, this.account);
    }
    this.chain.onNews = (news) => {
      if (this.#early === undefined) this.#hear(news);
      else this.#early.push(news);
    };
    this.chain.onTrouble = (trouble) => {
      const { reporter } = this.#parts;
      if (trouble === undefined) reporter.report('money.well', {});
      else reporter.report('money.trouble', { code: trouble.code, why: trouble.message });
    };
    this.chain.onFault = this.#parts.onDiskTrouble;
    this.#keeping = setInterval(() => {
      this.#watchAll();
      void this.#keepAll(undefined);
    }, KEEP_EVERY_MS);
    this.#keeping.unref();
    this.#watchAll();
    this.chain.start();
  }

  /** Resolves when the chain has been heard, or could not be: a cheque that comes before cannot be judged, and would have to come again. */
  async heard(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, HEARD_WITHIN_MS);
    });
    await Promise.race([this.chain.tried, enough]);
    clearTimeout(timer);
  }

  /** The node runs: takes in what the chain has told so far. */
  begin(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const news of early) this.#hear(news);
  }

  /** Resolves when the chain is left alone and everything is on disk. */
  async stop(): Promise<void> {
    clearInterval(this.#keeping);
    await this.chain.stop();
    await this.#held.settled();
    this.#stopped = true;
    await this.#keepAll(undefined);
  }

  /** A cashing that was begun in an earlier life and is ordered nowhere has ended: it may be tried again. */
  #dropLostCashing(swap: Swap, peer: PeerHandle): void {
    const book = swap.pair(peer)?.terms.chequebook;
    if (book === undefined) return;
    const tag = cashingTag(book);
    if (!this.chain.outbox.orders.some((order) => isOpen(order) && order.tag === tag))
      swap.onCashingFailed(book);
  }

  /** There is an agreement: looks at what the peer pays from, and compares the books, after the input that is under way. */
  #met(peer: PeerHandle): void {
    queueMicrotask(() => {
      const node = this.#node;
      if (this.#stopped || node?.swap === undefined) return;
      const { swap } = node;
      const terms = node.discovery?.termsWith(peer);
      if (terms !== undefined) this.#watch(terms);
      if (swap.pair(peer) === undefined) return;
      this.#parts.act(() => {
        swap.compare(peer);
      });
    });
  }

  /** Looks at what a neighbour's chequebook has for us, and ours for it. */
  #watch({ account, chequebook }: Pick<PeerTerms, 'account' | 'chequebook'>): void {
    if (chequebook !== undefined) this.chain.watch(chequebook, this.account);
    if (this.chequebook !== undefined) this.chain.watch(this.chequebook, account);
  }

  #watchAll(): void {
    for (const { terms } of this.swap?.pairs.values() ?? []) this.#watch(terms);
  }

  #hear({ facts, told, endings }: ChainNews): void {
    const { act, reporter } = this.#parts;
    const { swap } = this;
    for (const { order, ok } of endings)
      reporter.report('money.ended', { what: order.what, ok, reason: order.reason ?? '' });
    for (const fact of facts) reportFact(reporter, this.account, fact);
    if (swap !== undefined)
      act(() => {
        for (const fact of facts) swap.onLedgerFact(fact);
        for (const { order, ok } of endings) {
          const chequebook = cashedAt(order.tag);
          if (!ok && chequebook !== undefined) swap.onCashingFailed(chequebook);
        }
        swap.onLedgerHead();
      });
    void this.#keepAll(told);
  }

  #locate(peer: PeerHandle): { address: string; endpoint: Uint8Array } {
    const { peers } = this.#host!;
    const address = new Uint8Array(32);
    const endpoint = new Uint8Array(ENDPOINT_BYTES);
    peers.writeAddress(peer, address, 0);
    peers.writeEndpoint(peer, endpoint, 0);
    return { address: Buffer.from(address).toString('hex'), endpoint };
  }

  #keepPairs(peers: ReadonlySet<PeerHandle>): Promise<void> {
    const { swap } = this;
    const { discovery } = this.#node!;
    if (swap === undefined || discovery === undefined) return Promise.resolve();
    const locate = (peer: PeerHandle) => this.#locate(peer);
    return this.#vault.keepPairs(swap, peers, locate, discovery.manifests);
  }

  /** Writes the books, and how far the chain was told where that has changed. */
  async #keepAll(told: ChainNews['told']): Promise<void> {
    const { swap } = this;
    if (swap === undefined) return;
    const locate = (peer: PeerHandle) => this.#locate(peer);
    try {
      await this.#vault.keepAll(swap, this.scores, told, locate, this.earnings.changes());
    } catch (error) {
      this.#parts.onDiskTrouble(error);
    }
  }
}
