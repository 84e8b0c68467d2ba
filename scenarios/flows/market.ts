/**
 * The whole chain in a world of flows: a market for room in blocks, a pool, rival branches, and people who each hear of blocks for themselves, late.
 *
 * The chain begins where the set-up ended (`bank.ts` opens the chequebooks) and is the simulator's own (`sim/ledger`). Fees are paid in the chain's coin, of which
 * everybody has a wallet; a coin counts as one MFT, so that fees and cheques can be compared, and moves no token. An observer who sits at a place of
 * its own hears of blocks as everybody does: what is measured of scores and cheques is what a bystander would see.
 */
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import type { Audit } from '../../protocols/ledger/audit.ts';
import type { Ledger } from '../../protocols/ledger/port.ts';
import type { Address } from '../../protocols/ledger/values.ts';
import { LedgerBinding, type BindingOptions } from '../../protocols/swap/ledger-binding.ts';
import { LedgerFacts } from '../../protocols/swap/ledger-facts.ts';
import type { ChequebookView, LedgerFact, SwapLedger } from '../../protocols/swap/ledger-port.ts';
import { coinsOf, nonceOf } from '../../sim/ledger/accounts.ts';
import { Chain } from '../../sim/ledger/chain.ts';
import type { Executor } from '../../sim/ledger/executor.ts';
import { CALL_GAS, gasOfMethod } from '../../protocols/ledger/gas.ts';
import {
  LEDGER_BLOCK,
  LEDGER_HOST_DEFAULTS,
  SimulatedLedger,
  type LedgerWorld,
} from '../../sim/ledger/host.ts';
import { BackgroundLoad, CongestionAttack, type ChainLoad } from '../../sim/ledger/load.ts';
import { CHAIN_DEFAULTS, type ChainOptions } from '../../sim/ledger/options.ts';
import { TariffExecutor } from '../../sim/ledger/tariff.ts';
import { exp, ln, normalQuantile } from '../../sim/random/elementary.ts';
import { meanUs } from '../../sim/random/laws.ts';
import type { StreamFactory } from '../../sim/random/streams.ts';
import type { Congestion, MarketRules } from '../model.ts';
import { WORLD_CHAIN_ID } from '../money/bank.ts';
import type { WorldLedger, Seat } from '../money/world-ledger.ts';
import { RATE } from '../money/rate.ts';

const COIN = 10n ** 18n;
const CALL = BigInt(CALL_GAS);
/** The crowd whose everyday use is the load, and the coins that it never runs out of. */
const CROWD: Address = `0x${'c0'.repeat(20)}`;
const CROWD_COINS = 10n ** 12n * COIN;
/** A token transfer or two. */
const CROWD_GAS = 100_000;
/** The most eager hundredth of the crowd would pay ten times what the middle would: our choice. */
const BIDS_P99_FACTOR = 10;
/** 99% quantile of the standard normal law. */
const Z99 = 2.3263478740408408;
const MILLI_GWEI = 1_000_000n;
/** Tips in parts of the first base fee: nodes are a little more eager than the crowd. */
const NODE_TIP_PART = 10n;
const CROWD_TIP_PART = 20n;
/** Covers and scores change slowly: of so many blocks SWAP is told one. Facts and timers come when they come. */
const HEADS_PER_LOOK = 5;

/** Told what the chain does, for measuring. */
export interface MarketWatcher {
  /** A block: base fee of a call (units), transactions left waiting, blocks that its branch has replaced. */
  block(baseFeeUnits: number, waiting: number, replaced: number): void;
  /** Somebody has filled all blocks from one time to another. */
  filled(fromUs: number, toUs: number): void;
  /** A transaction of the person at `place` is final, so long after it was sent. */
  settled(place: number, waitUs: number): void;
}

export interface MarketParts<State> {
  suite: CryptoSuite;
  /** What runs the contracts, and the state in which the set-up has left them. */
  executor: Executor<State>;
  state: State;
  rules: MarketRules;
  protestFeeWei: bigint;
  streams: StreamFactory;
  world: LedgerWorld;
  /** Number of the observer's place: the first that is nobody's. */
  observer: number;
  /** Coins that accounts begin with. */
  coins: readonly (readonly [Address, bigint])[];
  /** Who fills blocks, by place. */
  attackers: ReadonlyMap<number, { account: Address; congests: Congestion }>;
  watcher: MarketWatcher;
  /** The observer has heard of something. */
  happened: (fact: LedgerFact) => void;
  /** The observer has heard of a newer block. */
  passed: () => void;
}

interface Attack {
  readonly load: CongestionAttack;
  readonly congests: Congestion;
  /** Base fee of the first block that it fills, coin per gas. */
  firstFee: bigint | undefined;
  /** When that block was made. */
  firstUs: number;
  withdrawn: boolean;
}

/** Coin per gas of an amount (units) per call. */
function perGas(units: number): bigint {
  return RATE.toWei(units) / CALL;
}

export class Market<State = unknown> implements WorldLedger {
  readonly chain: Chain<State>;
  readonly #parts: MarketParts<State>;
  readonly #ledger: SimulatedLedger<State>;
  readonly #attacks = new Map<number, Attack>();
  readonly #coinsAtFirst: ReadonlyMap<Address, bigint>;
  readonly #binding: BindingOptions;

  constructor(parts: MarketParts<State>) {
    this.#parts = parts;
    const { rules, streams, executor, state } = parts;
    for (const [place, { account, congests }] of parts.attackers)
      this.#attacks.set(place, {
        load: new CongestionAttack({
          account,
          fromUs: congests.atUs,
          blocks: congests.blocks,
          tip: perGas(congests.tipUnits),
          gasPerTransaction: CROWD_GAS,
        }),
        congests,
        firstFee: undefined,
        firstUs: 0,
        withdrawn: false,
      });
    this.#coinsAtFirst = new Map(parts.coins);
    this.chain = new Chain({
      options: chainOptions(rules),
      executor: new TariffExecutor(executor, state),
      crypto: parts.suite,
      stream: (purpose) => streams.stream(`flows/chain/${purpose}`),
      coins: [...parts.coins, [CROWD, CROWD_COINS]],
      loads: [crowdOf(rules, streams), ...[...this.#attacks.values()].map(({ load }) => load)],
    });
    this.#ledger = new SimulatedLedger(parts.world, this.chain, {
      ...LEDGER_HOST_DEFAULTS,
      hearDelay: rules.seenAfter,
    });
    this.#binding = {
      bidding: {
        maxFeePerGas: perGas(rules.feeCapUnits),
        tipPerGas: perGas(rules.baseFeeUnits) / NODE_TIP_PART,
        raiseAfterBlocks: rules.raiseAfterBlocks,
        confirmations: rules.confirmations,
      },
      coinWorthWei: COIN,
      gas: { cash: CALL_GAS, protest: gasOfMethod('protests', 'protest') },
      protestFeeWei: parts.protestFeeWei,
    };
    this.#observe();
    this.#ledger.start();
  }

  seconds(): bigint {
    return this.chain.head.reference.timestamp;
  }

  view(chequebook: Address, beneficiary: Address): ChequebookView | undefined {
    const [hardDeposit] = this.#read(chequebook, 'hardDeposits', beneficiary) as [bigint];
    return {
      issuer: this.#read(chequebook, 'issuer')[0] as Address,
      liquid: this.#read(chequebook, 'liquidBalance')[0] as bigint,
      hardDeposit,
      paidOut: this.#read(chequebook, 'paidOut', beneficiary)[0] as bigint,
      bounced: this.#read(chequebook, 'bounced')[0] as boolean,
    };
  }

  audit(): string[] {
    return this.chain.executor.fullAudit(this.#state.contracts);
  }

  tokens(): Audit {
    return this.chain.executor.audit(this.#state.contracts);
  }

  callsOf(account: Address): number {
    return nonceOf(this.#state.coins, account);
  }

  /** Counted on the branch that holds: what a replaced block took is not gone. */
  feesOf(account: Address): bigint {
    return (this.#coinsAtFirst.get(account) ?? 0n) - coinsOf(this.#state.coins, account);
  }

  /** What filling its blocks must cost whoever sits at `place`, by the rule of the base fee: (blocks, base fee of the first block and tip per block), units. */
  attackOf(place: number): { blocks: number; blockUnits: number; tipUnits: number } | undefined {
    const attack = this.#attacks.get(place);
    if (attack?.firstFee === undefined) return undefined;
    const { congests, firstFee } = attack;
    const callsPerBlock = this.chain.options.gasLimit / CALL_GAS;
    const units = Number((firstFee * BigInt(this.chain.options.gasLimit)) / RATE.weiPerUnit);
    return {
      blocks: congests.blocks,
      blockUnits: units,
      tipUnits: congests.tipUnits * callsPerBlock,
    };
  }

  portFor(seat: Seat): SwapLedger {
    const sentUs = new Map<number, number>();
    const binding: LedgerBinding = new LedgerBinding(
      (listener) => this.#ledger.attach(seat.place, seat.signer.account, listener),
      this.#binding,
      {
        onFact: (fact) => {
          seat.fact(fact);
        },
        onHead: ({ number }) => {
          this.#perhapsWithdraw(seat, binding, number);
          if (number % HEADS_PER_LOOK === seat.place % HEADS_PER_LOOK) seat.head();
        },
        onCashingFailed: (chequebook) => {
          seat.cashingFailed(chequebook);
        },
        onSubmitted: (_errand, number) => {
          sentUs.set(number, seat.now());
        },
        onFinal: (_errand, number) => {
          this.#parts.watcher.settled(seat.place, seat.now() - sentUs.get(number)!);
          sentUs.delete(number);
        },
      },
    );
    return binding;
  }

  /** One event of the chain. */
  onEvent(kind: number, target: number, argument: number): void {
    const { reorgs } = this.chain.counts;
    const before = replacedBy(reorgs);
    this.#ledger.onEvent(kind, target, argument);
    if (kind !== LEDGER_BLOCK) return;
    const { number, baseFeePerGas } = this.chain.head.reference;
    const { nowUs } = this.#parts.world;
    for (const attack of this.#attacks.values()) {
      const first = attack.load.firstBlock;
      if (first === number) {
        attack.firstFee = baseFeePerGas;
        attack.firstUs = nowUs();
      }
      if (first !== undefined && number === first + attack.congests.blocks - 1)
        this.#parts.watcher.filled(attack.firstUs, nowUs());
    }
    const units = Number((baseFeePerGas * CALL) / RATE.weiPerUnit);
    this.#parts.watcher.block(units, this.chain.waiting, replacedBy(reorgs) - before);
  }

  /** Behind its full blocks, with a tip above its own: so late that nobody comes after it before the end. */
  #perhapsWithdraw(seat: Seat, binding: LedgerBinding, heard: number): void {
    const attack = this.#attacks.get(seat.place);
    const first = attack?.load.firstBlock;
    if (attack?.congests.then !== 'withdraw' || first === undefined || attack.withdrawn) return;
    const { blocks, tipUnits } = attack.congests;
    if (blocks === 0 || heard < first + blocks - HEADS_BEFORE_END) return;
    attack.withdrawn = true;
    binding.withdrawAll(seat.chequebook, 2n * perGas(tipUnits));
  }

  #observe(): void {
    const { observer, happened, passed, rules } = this.#parts;
    const ledger: Ledger = this.#ledger.attach(observer, CROWD, {
      onLedgerHead: () => {
        passed();
      },
      onLedgerEvent: (_subscription, notice) => {
        const fact = facts.of(notice);
        if (fact !== undefined) happened(fact);
      },
    });
    const facts = new LedgerFacts(ledger);
    ledger.subscribe({}, rules.confirmations);
  }

  get #state() {
    return this.chain.head.state!;
  }

  #read(to: Address, method: string, ...args: readonly Address[]) {
    const { number, timestamp, randomness } = this.chain.head.reference;
    const block = { number: BigInt(number), timestamp, randomness };
    const reading = this.chain.executor.view(this.#state.contracts, { to, method, args }, block);
    if (!reading.ok) throw new Error(`${method}: ${reading.reason}`);
    return reading.values;
  }
}

/** A block is heard of, a transaction sent, and the next block has it: two more for those that come late. */
const HEADS_BEFORE_END = 3;

function replacedBy(reorgs: readonly number[]): number {
  return reorgs.reduce((sum, times, depth) => sum + times * depth, 0);
}

function chainOptions(rules: MarketRules): ChainOptions {
  const { reorganises } = rules;
  return {
    ...CHAIN_DEFAULTS,
    chainId: WORLD_CHAIN_ID,
    blockTime: rules.block,
    gasLimit: rules.gasLimit,
    fee: { law: 'eip1559', initialBaseFee: perGas(rules.baseFeeUnits) },
    reorg:
      reorganises === undefined
        ? { chance: 0, depthMax: 0 }
        : { chance: meanUs(rules.block) / reorganises.everyUs, depthMax: reorganises.depth },
    confirmationsMax: rules.confirmations,
  };
}

/**
 * Everyday use whose market clears at the first base fee: of the gas that would be asked for if it were free, so many bids lie above that fee that they fill
 * the half of a block which EIP-1559 aims at.
 */
function crowdOf(rules: MarketRules, streams: StreamFactory): ChainLoad {
  const { loadRatio, gasLimit, baseFeeUnits } = rules;
  const fee = perGas(baseFeeUnits);
  const sigma = ln(BIDS_P99_FACTOR) / Z99;
  const median = Number(fee / MILLI_GWEI) / exp(sigma * normalQuantile(1 - 0.5 / loadRatio));
  return new BackgroundLoad(
    {
      account: CROWD,
      gasPerBlock: Math.round(loadRatio * gasLimit),
      gasPerTransaction: CROWD_GAS,
      maxFee: { medianMilliGwei: median, p99MilliGwei: BIDS_P99_FACTOR * median },
      tip: fee / CROWD_TIP_PART,
    },
    streams.stream('flows/chain/crowd'),
  );
}
