/**
 * Money in a world of packets: the ledger that all settle on, everybody's account and chequebook, and who hears of what a block did.
 *
 * The ledger is that of worlds of flows (`money/bank.ts`): the real contracts, on blocks that are made when there is something to put in them. A
 * block's facts reach the parties, and the neighbours of whoever's score they change, at the moment of the block; a node that is down hears of them
 * at the first block after its return. Scores are made from the ledger alone, so there is one set that all share.
 */
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import type { DiscoverySettings } from '../../protocols/discovery/machine.ts';
import type { Offer } from '../../protocols/discovery/manifest.ts';
import { serviceNumber } from '../../protocols/discovery/services.ts';
import { accountFromPublicKey } from '../../protocols/identity/address.ts';
import type { MainframeNode } from '../../protocols/node/node.ts';
import type { SwapSettings } from '../../protocols/swap/context.ts';
import type { LedgerFact } from '../../protocols/swap/ledger-port.ts';
import type { SwapOptions } from '../../protocols/swap/options.ts';
import { PERMILLE } from '../../protocols/swap/price.ts';
import {
  accountOf,
  accountSigner,
  modelledSigner,
  type Signer,
} from '../../protocols/swap/signer.ts';
import { TypedData, type Account } from '../../protocols/swap/typed-data.ts';
import type { StreamFactory } from '../../sim/random/streams.ts';
import { createPayer, leaving } from '../behaviours/payers.ts';
import { WORLD_CHAIN_ID, type Bank } from '../money/bank.ts';
import { scoreOptions, swapOptions } from '../money/terms.ts';
import { evmBank, modelBank } from '../money/executors.ts';
import { RATE } from '../money/rate.ts';
import { TokenFlows } from '../money/token-flow.ts';
import { SharedScores } from '../money/scores.ts';
import type { Money, ResolvedScenario } from '../model.ts';
import { walletUnits } from '../money/wallet.ts';
import type { Identity } from './population.ts';

/** What the world does for its money. */
export interface MoneyWorld {
  nowUs(): number;
  isUp(node: number): boolean;
  nodeOf(node: number): MainframeNode;
  /** Calls `PacketMoney.onBlock` at `timeUs`. */
  blockAt(timeUs: number): void;
}

/** `patience` weighs debts against income, and is for worlds of flows. */
const NOBODY_LEAVES = () => ({ owedUnits: 0, surplusPerDayUnits: 0 });

export class PacketMoney {
  readonly scores: SharedScores;
  readonly #suite: CryptoSuite;
  readonly #scenario: ResolvedScenario;
  readonly #money: Money;
  readonly #roles: number[] = [];
  readonly #streams: StreamFactory;
  readonly #world: MoneyWorld;
  readonly #options: SwapOptions;
  readonly #signers: Signer[] = [];
  readonly #chequebooks: Account[] = [];
  readonly #nodes = new Map<Account, number>();
  /** Facts that nodes which are down have yet to hear. */
  readonly #unheard = new Map<number, LedgerFact[]>();
  #bank: Bank | undefined;
  #flows: TokenFlows | undefined;
  #closeBank: () => void = () => undefined;
  #blockDueUs = -1;
  /** Told of each fact, for measuring. */
  onFact: (fact: LedgerFact) => void = () => undefined;

  constructor(parts: {
    suite: CryptoSuite;
    scenario: ResolvedScenario;
    money: Money;
    streams: StreamFactory;
    world: MoneyWorld;
  }) {
    this.#suite = parts.suite;
    this.#scenario = parts.scenario;
    this.#money = parts.money;
    this.#streams = parts.streams;
    this.#world = parts.world;
    this.#options = swapOptions(parts.money);
    this.scores = new SharedScores(scoreOptions(parts.money));
  }

  /** To be told of everybody, in order, before `open`. @param role index of the node's role. */
  enter(node: number, { accountSecret }: Identity, role: number): void {
    this.#roles[node] = role;
    const secret = accountSecret!;
    const account = accountOf(
      accountFromPublicKey(this.#suite, this.#suite.accountPublicKey(secret)),
    );
    // Nobody forges in a model; an EVM takes only what a chain would take.
    this.#signers[node] =
      this.#money.ledger === 'evm'
        ? accountSigner(this.#suite, secret)
        : modelledSigner(this.#suite, account);
    this.#nodes.set(account, node);
  }

  /** The ledger begins, with everybody's chequebook on it. */
  open(): void {
    const money = this.#money;
    const deposits = this.#signers.map((_, node) => this.#roleAt(node).depositUnits!);
    const options = {
      blockUs: money.chain.blockUs,
      feeWei: RATE.toWei(money.chain.feeUnits),
      protestFeeWei: RATE.toWei(money.protestFeeUnits),
      wallets: this.#signers.map(
        ({ account }, node) => [account, RATE.toWei(deposits[node]! + walletUnits(money))] as const,
      ),
    };
    if (money.ledger === 'evm') {
      const { bank, close } = evmBank(this.#suite, options);
      this.#bank = bank;
      this.#closeBank = close;
    } else this.#bank = modelBank(this.#suite, options);
    this.#flows = new TokenFlows(options.wallets, () => this.#world.nowUs());
    this.bank.onLog = (events) => {
      this.#flows!.see(events);
    };
    this.#signers.forEach(({ account }, node) => {
      this.#chequebooks[node] = this.bank.openChequebook(
        account,
        RATE.toWei(deposits[node]!),
        node,
      );
    });
  }

  /** The ledger's log, followed from its beginning. */
  get flows(): TokenFlows {
    return this.#flows!;
  }

  /** Name of a node's role. */
  roleOf(node: number): string {
    return this.#roleAt(node).name;
  }

  get bank(): Bank {
    return this.#bank!;
  }

  accountOf(node: number): Account {
    return this.#signers[node]!.account;
  }

  chequebookOf(node: number): Account {
    return this.#chequebooks[node]!;
  }

  nodeOf(account: Account): number | undefined {
    return this.#nodes.get(account);
  }

  /** SWAP of a node. */
  swap(node: number): SwapSettings {
    const signer = this.#signers[node]!;
    const role = this.#roleAt(node);
    const random = this.#streams.stream(`money/policy/${node}`);
    return {
      options: this.#options,
      policy: createPayer(this.#money, role, random, leaving(role.pays!, NOBODY_LEAVES)).policy,
      rate: RATE,
      ledger: this.bank.portFor({
        place: node,
        signer,
        chequebook: this.#chequebooks[node]!,
        now: () => this.#world.nowUs(),
        submitted: () => {
          this.#armBlock();
        },
        cashingFailed: (chequebook) => {
          this.#world.nodeOf(node).swap!.onCashingFailed(chequebook);
        },
        // A ledger without a market tells its facts by the block (`onBlock`).
        fact: () => undefined,
        head: () => undefined,
      }),
      signer,
      typed: new TypedData(this.#suite, WORLD_CHAIN_ID),
      scores: this.scores.face(),
      chequebook: this.#chequebooks[node],
    };
  }

  /** What a node's manifest says of money, and whose scores its discovery goes by. */
  terms(node: number): Pick<DiscoverySettings, 'scores'> & { offer: Offer } {
    const { perHop, minScore, deadlineUs } = this.#money;
    const { bands } = this.scores.master.options;
    const { law, per, units, steps } = perHop!;
    return {
      scores: this.scores.face(),
      offer: {
        chequebook: this.#chequebooks[node],
        stake: 0,
        limits: this.#options,
        deadlineSeconds: Math.max(1, Math.floor(deadlineUs / 1_000_000)),
        minScorePermille: Math.round(minScore * PERMILLE),
        bands,
        services: [
          {
            service: serviceNumber('relay'),
            per,
            law,
            base: units,
            proximityMax: law === 'flat' ? 0 : steps,
          },
        ],
      },
    };
  }

  /** A block is due. */
  onBlock(): void {
    this.#blockDueUs = -1;
    const nowUs = this.#world.nowUs();
    for (const fact of this.bank.makeBlock(nowUs)) {
      this.scores.master.see(fact, this.bank.seconds(nowUs));
      this.onFact(fact);
      for (const node of this.#concerned(fact)) {
        const waiting = this.#unheard.get(node);
        if (waiting === undefined) this.#unheard.set(node, [fact]);
        else waiting.push(fact);
      }
    }
    this.scores.advance(this.bank.seconds(nowUs));
    for (const [node, facts] of [...this.#unheard]) {
      if (!this.#world.isUp(node)) continue;
      this.#unheard.delete(node);
      const { swap } = this.#world.nodeOf(node);
      for (const fact of facts) swap!.onLedgerFact(fact);
    }
    this.#armBlock();
  }

  close(): void {
    this.#closeBank();
  }

  #roleAt(node: number) {
    return this.#scenario.roles[this.#roles[node]!]!;
  }

  /** The parties of a fact, and the neighbours of whoever's score it changes, in the order of their numbers. */
  #concerned(fact: LedgerFact): number[] {
    const found = new Set<number>();
    const add = (account: Account): number | undefined => {
      const node = this.#nodes.get(account);
      if (node !== undefined) found.add(node);
      return node;
    };
    if (fact.kind === 'verdict') return [];
    const about = add(fact.kind === 'cashed' ? fact.issuer : fact.debtor);
    add(fact.kind === 'cashed' ? fact.beneficiary : fact.creditor);
    if (about !== undefined)
      for (const pair of this.#world.nodeOf(about).swap!.pairs.values()) found.add(pair.peer);
    return [...found].sort((a, b) => a - b);
  }

  #armBlock(): void {
    const dueUs = this.bank.nextBlockUs(this.#world.nowUs());
    if (dueUs < 0 || dueUs === this.#blockDueUs) return;
    this.#blockDueUs = dueUs;
    this.#world.blockAt(dueUs);
  }
}
