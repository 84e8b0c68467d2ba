/**
 * A chain as a live node goes by it: somebody else's JSON-RPC endpoint, asked in rounds, believed only as far as it agrees with itself.
 *
 * A round follows the newest blocks (`heads.ts`), reads what the watched chequebooks hold in the newest block that has its confirmations (`covers.ts`) and what happened up to
 * it (`chain-events.ts`), holds one against the other, and looks after the node's own transactions (`outbox.ts`). Only when all of it has come and fits is anything told, in one
 * stroke: facts are of confirmed blocks, so a reorganisation takes none back. A round that fails changes nothing but `trouble`, and the next comes later and later.
 *
 * SWAP reads what the last good round found; while the chain is in trouble it finds nothing after a while, and then neither takes nor signs cheques.
 */
import type { Address, Keccak } from '../../protocols/ledger/values.ts';
import { factsOf } from '../../protocols/swap/facts.ts';
import type { ChequebookView, LedgerFact } from '../../protocols/swap/ledger-port.ts';
import type { Store } from '../store/port.ts';
import { eventsBetween } from './chain-events.ts';
import { Contracts, type KnownContracts, type NamedContracts } from './contracts.ts';
import { Covers, type Cover } from './covers.ts';
import { Heads, type BlockName } from './heads.ts';
import { Outbox, type Ending, type TransactionSigner } from './outbox.ts';
import { Rpc } from './rpc.ts';
import { ChainTrouble, RpcRefusal } from './trouble.ts';
import { QUANTITY, type Header } from './wire.ts';

/** How long what was read last is gone by while the endpoint is silent. */
const STALE_MS = 300_000;
const BACKOFF_MAX_MS = 60_000;

export interface ChainOptions {
  url: string;
  chainId: bigint;
  /** Undefined on a chain where nothing is deployed yet. */
  contracts: NamedContracts | undefined;
  confirmations: number;
  pollMs: number;
  timeoutMs: number;
  /** Wei of coin per gas. */
  gasPriceMax: bigint;
  suite: Keccak;
  signer: TransactionSigner;
  store: Store;
  /** Where the last life stopped telling facts. */
  told: BlockName | undefined;
  /** Milliseconds of a steady clock. */
  steadyMs: () => number;
}

/** What one good round found. */
export interface ChainNews {
  head: Header;
  /** Of all blocks up to `told`. */
  facts: readonly LedgerFact[];
  told: BlockName | undefined;
  endings: readonly Ending[];
}

/** What the account itself has, as of the newest block. */
export interface Wallet {
  /** Wei of the token, and of coin. */
  tokens: bigint;
  coins: bigint;
}

export class LiveChain {
  readonly chainId: bigint;
  readonly contracts: Contracts;
  readonly outbox: Outbox;
  /** Called with what a good round has found. */
  onNews: ((news: ChainNews) => void) | undefined;
  /** Called when the trouble has changed. */
  onTrouble: ((trouble: ChainTrouble | undefined) => void) | undefined;
  /** Called with what is no fault of the endpoint's: the disk's, or ours. */
  onFault: ((error: unknown) => void) | undefined;
  readonly #options: ChainOptions;
  readonly #rpc: Rpc;
  readonly #heads: Heads;
  readonly #covers: Covers;
  #known: KnownContracts | undefined;
  #verified = false;
  #told: BlockName | undefined;
  #wallet: Wallet | undefined;
  #allowance = 0n;
  #trouble: ChainTrouble | undefined;
  #failures = 0;
  #goodAtMs = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #again = false;
  #stopped = false;
  #triedOnce: () => void = () => undefined;
  /** Resolves after the first round, good or not. */
  readonly tried = new Promise<void>((resolve) => {
    this.#triedOnce = resolve;
  });

  constructor(options: ChainOptions) {
    this.#options = options;
    this.chainId = options.chainId;
    this.#rpc = new Rpc(options.url, options.timeoutMs);
    this.contracts = new Contracts(options.suite, this.#rpc);
    this.#heads = new Heads(this.#rpc, options.confirmations);
    this.#covers = new Covers(this.contracts);
    this.outbox = new Outbox(this.#rpc, this.contracts, options.suite, options.store, options);
    this.#told = options.told;
  }

  get place(): string {
    return this.#rpc.place;
  }
  get head(): Header | undefined {
    return this.#heads.head;
  }
  get wallet(): Wallet | undefined {
    return this.#wallet;
  }
  /** Wei that the contract of protests may take from the wallet. */
  get allowance(): bigint {
    return this.#allowance;
  }
  get known(): KnownContracts | undefined {
    return this.#known;
  }
  /** What is wrong with the chain, or keeps us from using it. */
  get trouble(): ChainTrouble | undefined {
    return this.#trouble ?? this.outbox.trouble;
  }

  /** From now on tells what `chequebook` has for `beneficiary`. */
  watch(chequebook: Address, beneficiary: Address): void {
    this.#covers.watch(chequebook, beneficiary);
    if (!this.#covers.complete) this.hurry();
  }

  /** What a chequebook had for somebody in the newest confirmed block; undefined for one that the factory does not know, and while nobody can tell. */
  view(chequebook: Address, beneficiary: Address): ChequebookView | undefined {
    return this.#isUsable ? this.#covers.view(chequebook, beneficiary) : undefined;
  }

  /** A chequebook's balance and reserves; as `view`. */
  cover(chequebook: Address) {
    return this.#isUsable ? this.#covers.cover(chequebook) : undefined;
  }

  /** Number of the account's next transaction. @throws ChainTrouble */
  nextNonce(): Promise<number> {
    return this.outbox.nextNonce(this.#heads);
  }

  start(): void {
    this.hurry();
  }

  /** Makes a round now, or another one after the one under way. */
  hurry(): void {
    if (this.#stopped) return;
    if (this.#round === undefined) this.#wake(0);
    else this.#again = true;
  }

  /** Resolves when the round under way, if any, has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#rpc.close();
    await this.#round;
  }

  get #isUsable(): boolean {
    if (this.#trouble === undefined) return true;
    if (this.#trouble.code !== 'chain-silent') return false;
    return this.#options.steadyMs() - this.#goodAtMs < STALE_MS;
  }

  #wake(afterMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#round = this.#attempt().finally(() => {
        this.#round = undefined;
        this.#triedOnce();
        if (this.#stopped) return;
        this.#wake(this.#again && this.#failures === 0 ? 0 : this.#pauseMs());
        this.#again = false;
      });
    }, afterMs);
  }

  /** Until the next round: twice as long after each failure. */
  #pauseMs(): number {
    const { pollMs } = this.#options;
    return Math.min(pollMs * 2 ** Math.min(this.#failures, 10), Math.max(pollMs, BACKOFF_MAX_MS));
  }

  async #attempt(): Promise<void> {
    const before = this.trouble?.message;
    try {
      await this.#roundOf();
      this.#failures = 0;
      this.#trouble = undefined;
      this.#goodAtMs = this.#options.steadyMs();
    } catch (error) {
      if (this.#stopped) return;
      this.#failures++;
      this.#verified = false;
      const trouble = asTrouble(error, this.place);
      if (trouble === undefined) this.onFault?.(error);
      else this.#trouble = trouble;
    }
    if (this.trouble?.message !== before) this.onTrouble?.(this.trouble);
  }

  async #roundOf(): Promise<void> {
    if (!this.#verified) await this.#verify();
    await this.#heads.follow(this.#told);
    const { head, confirmed } = this.#heads;
    if (head === undefined) return;
    this.#wallet = await this.#walletAt(head);
    const past = confirmed && (await this.#pastUpTo(confirmed));
    await this.outbox.step(this.#heads);
    if (this.#stopped) return;
    // All of it has come and fits: from here on nothing can fail.
    if (past !== undefined) {
      this.#covers.take(past.covers);
      this.#told = past.told;
    }
    const endings = this.outbox.takeEndings();
    this.onNews?.({ head, facts: past?.facts ?? [], told: this.#told, endings });
  }

  /** That it is the chain, and the contracts, of the settings: asked at first and after every trouble. */
  async #verify(): Promise<void> {
    const { chainId, contracts } = this.#options;
    const told = await this.#rpc.ask('eth_chainId', [], QUANTITY);
    if (told !== chainId)
      throw new ChainTrouble(
        'chain-wrong',
        `${this.place} is of chain ${told}, and the settings say ${chainId}`,
      );
    this.#known = contracts && (await this.contracts.known(contracts));
    this.#verified = true;
  }

  async #walletAt({ hash: blockHash }: Header): Promise<Wallet> {
    const at = { blockHash };
    const { account } = this.#options.signer;
    const coins = await this.#rpc.ask('eth_getBalance', [account, at], QUANTITY);
    if (this.#known === undefined) return { tokens: 0n, coins };
    const { token, protests } = this.#known;
    const [tokens, allowance] = await Promise.all([
      this.contracts.amount('token', token, 'balanceOf', [account], at),
      this.contracts.amount('token', token, 'allowance', [account, protests], at),
    ]);
    this.#allowance = allowance;
    return { tokens, coins };
  }

  /** What has happened since the block told last, and what chequebooks hold now; undefined if that is known. */
  async #pastUpTo(confirmed: Header): Promise<Past | undefined> {
    const known = this.#known;
    if (known === undefined) return undefined;
    const from = this.#told?.number ?? confirmed.number;
    // After a reorganisation the new branch may be the shorter one for a while.
    if (confirmed.number < from) return undefined;
    if (confirmed.number === this.#told?.number && this.#covers.complete) return undefined;
    const covers = await this.#covers.at(confirmed.hash, known);
    const sources = { rpc: this.#rpc, heads: this.#heads, contracts: this.contracts, known };
    const events = await eventsBetween(sources, this.#covers.genuine, from + 1, confirmed.number);
    this.#covers.check(covers, events, known.token);
    return {
      covers,
      facts: factsOf(events, (chequebook) => covers.get(chequebook)?.issuer),
      told: { number: confirmed.number, hash: confirmed.hash },
    };
  }
}

/** What one round has learnt of confirmed blocks. */
interface Past {
  covers: ReadonlyMap<Address, Cover>;
  facts: LedgerFact[];
  told: BlockName;
}

function asTrouble(error: unknown, place: string): ChainTrouble | undefined {
  if (error instanceof ChainTrouble) return error;
  if (error instanceof RpcRefusal)
    return new ChainTrouble(
      'chain-wrong',
      `${place} refuses what a node must ask: ${error.message}`,
    );
  return undefined;
}
