/** What tests of the live chain share: an account with a store, its chain, what it has been told. */
import { createSuite } from '../../protocols/crypto/suites.ts';
import type { LedgerFact } from '../../protocols/swap/ledger-port.ts';
import { accountSigner } from '../../protocols/swap/signer.ts';
import { TypedData } from '../../protocols/swap/typed-data.ts';
import { accountOfSecret } from '../../live/chain/account.ts';
import { LiveChain, type ChainNews } from '../../live/chain/chain.ts';
import { chequebookOf, type NamedContracts } from '../../live/chain/contracts.ts';
import { deploymentBy } from '../../live/chain/deploy.ts';
import type { BlockName } from '../../live/chain/heads.ts';
import { Wishes } from '../../live/chain/wishes.ts';
import { ANVIL_CHAIN_ID, type Anvil } from '../support/anvil.ts';
import { MemoryStore } from '../unit/live-store/memory-store.ts';

export const SUITE = createSuite('native');
export const MFT = 10n ** 18n;
export const CONFIRMATIONS = 2;

/** Waits until something is so. @throws after half a minute. */
export async function until(what: string, holds: () => boolean): Promise<void> {
  const endMs = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export interface PartyOptions {
  contracts?: NamedContracts;
  store?: MemoryStore;
  told?: BlockName;
  chainId?: bigint;
  timeoutMs?: number;
  gasPriceMax?: bigint;
}

/** Somebody with an account and a view of the chain. */
export class Party {
  readonly chain: LiveChain;
  readonly store: MemoryStore;
  readonly facts: LedgerFact[] = [];
  readonly news: ChainNews[] = [];
  readonly signer;
  readonly typed = new TypedData(SUITE, ANVIL_CHAIN_ID);
  told: BlockName | undefined;

  constructor(url: string, secret: number | Uint8Array, options: PartyOptions = {}) {
    const bytes = typeof secret === 'number' ? new Uint8Array(32).fill(secret) : secret;
    this.store = options.store ?? new MemoryStore();
    this.signer = accountSigner(SUITE, bytes);
    this.told = options.told;
    const chainId = options.chainId ?? ANVIL_CHAIN_ID;
    this.chain = new LiveChain({
      url,
      chainId,
      contracts: options.contracts,
      confirmations: CONFIRMATIONS,
      pollMs: 20,
      timeoutMs: options.timeoutMs ?? 5_000,
      gasPriceMax: options.gasPriceMax ?? 200_000_000_000n,
      suite: SUITE,
      signer: accountOfSecret(bytes, chainId),
      store: this.store,
      told: options.told,
      steadyMs: () => performance.now(),
    });
    this.chain.onNews = (news) => {
      this.news.push(news);
      this.facts.push(...news.facts);
      this.told = news.told;
    };
    this.chain.onFault = (error) => {
      throw error;
    };
  }

  get account(): string {
    return this.signer.account;
  }

  async start(): Promise<this> {
    await this.chain.outbox.load();
    this.chain.start();
    return this;
  }

  /** Waits until a round has begun and ended well after this call. */
  async round(): Promise<void> {
    const before = this.news.length;
    await until('two more rounds', () => this.news.length >= before + 2);
  }

  get wishes(): Wishes {
    return new Wishes(SUITE, this.chain.contracts, this.chain.known!, this.account);
  }

  /** This account's chequebook. */
  get chequebook(): string {
    return chequebookOf(SUITE, this.chain.known!.factory, this.account);
  }

  cheque(beneficiary: string, cumulativePayout: bigint) {
    const cheque = { chequebook: this.chequebook, beneficiary, cumulativePayout };
    return { cheque, signature: this.signer.sign(this.typed.cheque(cheque)) };
  }
}

/** Puts the contracts there; whoever has the secret 1 is the treasury. */
export async function deployAll(
  anvil: Anvil,
): Promise<{ treasury: Party; contracts: NamedContracts }> {
  const treasury = new Party(anvil.url, 1);
  await anvil.fund(treasury.account);
  await treasury.start();
  await treasury.round();
  const { contracts, wishes } = deploymentBy(SUITE, treasury.chain.contracts, treasury.account, 0)!;
  for (const wish of wishes) treasury.chain.outbox.submit(wish);
  await settle(anvil, treasury);
  await treasury.chain.stop();
  return { treasury, contracts };
}

/** Lets blocks pass until nothing of a party's is open. */
export async function settle(anvil: Anvil, ...parties: Party[]): Promise<void> {
  const open = (): boolean =>
    parties.some(({ chain }) =>
      chain.outbox.orders.some(({ state }) => state === 'waiting' || state === 'sent'),
    );
  for (let i = 0; i < 40; i++) {
    for (const party of parties) await party.round();
    if (!open()) return;
    await anvil.mine();
  }
  throw new Error('transactions stay open');
}
