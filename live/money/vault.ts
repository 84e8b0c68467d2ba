/**
 * Money on a live node's disk: the pair with each neighbour, the scores, and how far the chain has been told.
 *
 * What the chain has told and what that made of the books are written in one stroke, so that after a crash each fact counts once: it is either in the books, or is told again.
 */
import type { PeerHandle } from '../../protocols/host.ts';
import type { Swap } from '../../protocols/swap/machine.ts';
import { pairState, type PairState } from '../../protocols/swap/pair-state.ts';
import type { CreditScores, ScoreState } from '../../protocols/swap/score.ts';
import type { BlockName } from '../chain/heads.ts';
import { decodePlain, encodePlain } from '../store/plain.ts';
import type { Change, Store } from '../store/port.ts';

const PAIR = 'pair';
const CHAIN = 'chain';
const SCORES = 'scores';
const TOLD = 'told';
const MANIFESTS = 'manifests';

/** A pair as it was kept. */
export interface KeptPair {
  /** Where the neighbour was seen last, 18 bytes. */
  endpoint: Uint8Array;
  state: PairState;
}

/** Where a neighbour is: overlay address (hex) and endpoint (18 bytes). */
export type Locate = (peer: PeerHandle) => { address: string; endpoint: Uint8Array };

export class MoneyVault {
  readonly #store: Store;
  /** What lies on disk, by key, so that nothing is written again. */
  readonly #written = new Map<string, string>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** All pairs, by the neighbour's overlay address (hex). */
  async pairs(): Promise<ReadonlyMap<string, KeptPair>> {
    const entries = await this.#store.scan(PAIR);
    return new Map(entries.map(({ key, value }) => [key, decodePlain(value) as KeptPair]));
  }

  async scores(): Promise<ScoreState | undefined> {
    return (await this.#read(SCORES)) as ScoreState | undefined;
  }

  async told(): Promise<BlockName | undefined> {
    return (await this.#read(TOLD)) as BlockName | undefined;
  }

  /** Manifests that were signed in earlier lives and still count. */
  async manifests(): Promise<Uint8Array[] | undefined> {
    return (await this.#read(MANIFESTS)) as Uint8Array[] | undefined;
  }

  /** Writes the pairs with `peers`, and our manifests, as they are now, all or nothing. */
  keepPairs(
    swap: Swap,
    peers: Iterable<PeerHandle>,
    locate: Locate,
    manifests: readonly Uint8Array[],
  ): Promise<void> {
    // Also where nothing has changed: what is under way must be safe before the caller goes on.
    return this.#store.batch([
      ...this.#changesOf(swap, peers, locate),
      ...this.#changed(CHAIN, MANIFESTS, manifests),
    ]);
  }

  /** Writes everything: what the chain has told, and what followed from it. */
  keepAll(
    swap: Swap,
    scores: CreditScores,
    told: BlockName | undefined,
    locate: Locate,
    more: readonly Change[],
  ): Promise<void> {
    return this.#store.batch([
      ...more,
      ...this.#changesOf(swap, swap.pairs.keys(), locate),
      ...this.#changed(CHAIN, SCORES, scores.state()),
      ...(told === undefined ? [] : this.#changed(CHAIN, TOLD, told)),
    ]);
  }

  #changesOf(swap: Swap, peers: Iterable<PeerHandle>, locate: Locate): Change[] {
    return [...peers].flatMap((peer) => {
      const pair = swap.pair(peer);
      if (pair === undefined) return [];
      const { address, endpoint } = locate(peer);
      return this.#changed(PAIR, address, { endpoint, state: pairState(pair) } satisfies KeptPair);
    });
  }

  /** The change that puts `value` on disk; none if it is there. */
  #changed(namespace: string, key: string, state: unknown): Change[] {
    const value = encodePlain(state);
    const name = `${namespace}/${key}`;
    const text = Buffer.from(value).toString('latin1');
    if (this.#written.get(name) === text) return [];
    this.#written.set(name, text);
    return [{ namespace, key, value }];
  }

  async #read(key: string): Promise<unknown> {
    const value = await this.#store.get(CHAIN, key);
    return value && decodePlain(value);
  }
}
