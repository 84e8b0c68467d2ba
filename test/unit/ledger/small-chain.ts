/**
 * A chain in the smallest world that can hold one: the simulator's engine and streams, nodes that only listen.
 */
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { GENESIS_DEFAULTS, MFT, type GenesisOptions } from '../../../protocols/ledger/genesis.ts';
import type {
  BlockReference,
  Ledger,
  LedgerListener,
  LedgerNotice,
} from '../../../protocols/ledger/port.ts';
import type { LedgerState } from '../../../protocols/ledger/state.ts';
import type { Address } from '../../../protocols/ledger/values.ts';
import { Engine } from '../../../sim/engine.ts';
import type { Block } from '../../../sim/ledger/block.ts';
import { Chain } from '../../../sim/ledger/chain.ts';
import type { Executor } from '../../../sim/ledger/executor.ts';
import {
  CHAIN_PARTY,
  LEDGER_HOST_DEFAULTS,
  SimulatedLedger,
  type LedgerHostOptions,
} from '../../../sim/ledger/host.ts';
import type { ChainLoad } from '../../../sim/ledger/load.ts';
import { ModelExecutor } from '../../../sim/ledger/model-executor.ts';
import { CHAIN_DEFAULTS, type ChainOptions } from '../../../sim/ledger/options.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';

export const suite = createSuite('native');
export const SECOND = 1_000_000;
export const ETHER = 10n ** 18n;
export const TREASURY: Address = `0x${'77'.repeat(20)}`;

/** A made-up account, by number. */
export function account(n: number): Address {
  return `0x${(n + 0xa000).toString(16).padStart(40, '0')}`;
}

/** A node that only remembers what it was told. */
export class Listener implements LedgerListener {
  readonly heads: BlockReference[] = [];
  readonly notices: LedgerNotice[] = [];
  ledger!: Ledger;
  onHead: () => void = () => {};

  onLedgerHead(head: BlockReference): void {
    this.heads.push(head);
    this.onHead();
  }

  onLedgerEvent(_subscription: number, notice: LedgerNotice): void {
    this.notices.push(notice);
  }
}

export interface SmallChainOptions<State> {
  seed?: string;
  nodes?: number;
  chain?: Partial<ChainOptions>;
  host?: Partial<LedgerHostOptions>;
  genesis?: Partial<GenesisOptions>;
  loads?: (streams: StreamFactory) => ChainLoad[];
  coins?: [Address, bigint][];
  executor?: (genesis: GenesisOptions, chainId: bigint) => Executor<State>;
  /** Order in which nodes are attached. */
  order?: number[];
}

export class SmallChain<State = LedgerState> {
  readonly engine = new Engine();
  readonly ledger: SimulatedLedger<State>;
  readonly listeners: Listener[] = [];

  constructor(options: SmallChainOptions<State> = {}) {
    const { nodes = 3, seed = 'small chain' } = options;
    const accounts = Array.from({ length: nodes }, (_, n) => account(n));
    const chain = { ...CHAIN_DEFAULTS, ...options.chain };
    const genesis: GenesisOptions = {
      ...GENESIS_DEFAULTS,
      treasury: TREASURY,
      holders: accounts.map((holder) => [holder, 1_000n * MFT] as const),
      ...options.genesis,
    };
    const streams = new StreamFactory(seed);
    const executor =
      options.executor?.(genesis, chain.chainId) ??
      (new ModelExecutor(chain.chainId, genesis, suite) as unknown as Executor<State>);
    const loads = options.loads?.(streams) ?? [];
    const world = {
      nowUs: () => this.engine.nowUs,
      streamOf: (node: number, purpose: string) => streams.stream(`node/${node}/${purpose}`),
      schedule: (delayUs: number, source: number, target: number, kind: number, a: number) => {
        const party = (who: number): number => (who === CHAIN_PARTY ? nodes : who);
        this.engine.schedule(delayUs, party(source), party(target), kind, a, 0);
      },
    };
    this.ledger = new SimulatedLedger(
      world,
      new Chain({
        options: chain,
        executor,
        crypto: suite,
        stream: (purpose) => streams.stream(`ledger/${purpose}`),
        coins: [
          ...accounts.map((holder): [Address, bigint] => [holder, 10n * ETHER]),
          ...(options.coins ?? []),
        ],
        loads,
      }),
      { ...LEDGER_HOST_DEFAULTS, ...options.host },
    );
    for (let n = 0; n < nodes; n++) this.listeners.push(new Listener());
    for (const n of options.order ?? accounts.keys()) {
      const listener = this.listeners[n]!;
      listener.ledger = this.ledger.attach(n, accounts[n]!, listener);
    }
    this.ledger.start();
  }

  get chain(): Chain<State> {
    return this.ledger.chain;
  }

  node(n: number): Ledger {
    return this.listeners[n]!.ledger;
  }

  /** At a time: whatever a node or a test does. */
  at(timeUs: number, act: () => void): void {
    this.#acts.push(act);
    const delay = timeUs - this.engine.nowUs;
    this.engine.schedule(delay, 1_000, 1_000, ACT, this.#acts.length - 1, 0);
  }

  run(untilUs: number): void {
    this.engine.run(untilUs, {
      onEvent: (kind, target, _source, a) => {
        if (kind === ACT) this.#acts[a]!();
        else this.ledger.onEvent(kind, target, a);
        const { head } = this.chain;
        this.made.set(head.reference.hash, head);
      },
    });
  }

  /** Every block that ever was the newest. */
  readonly made = new Map<string, Block<State>>();
  readonly #acts: (() => void)[] = [];
}

const ACT = 99;
