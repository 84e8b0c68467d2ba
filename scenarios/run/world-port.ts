/**
 * What a scenario's run needs of the world it takes place in. The simulator's `World` is one; the live world (`live/world`), which runs the same nodes
 * over real sockets in real time, is the other.
 */
import type { KeyLog } from '../../protocols/link/host.ts';
import type { StopReason } from '../../sim/engine.ts';
import type { SimulatedNetwork } from '../../sim/network/network.ts';
import type { World, WorldOptions } from '../../sim/world.ts';
import type { Ledger } from './workload.ts';

/** What a census looks at in a node. */
export interface OverlayView {
  readonly table: {
    readonly size: number;
    readonly handles: ArrayLike<number>;
    binSize(bin: number): number;
  };
  depth(): number;
  estimateSize(): { nodes: number } | undefined;
}

/** What a run needs of nodes that live in other processes: what it would otherwise hear and look at itself. */
export interface Elsewhere {
  /** Whom to tell, in the order of the world's time, what users do and which keys links have. */
  listen(ledger: Ledger, keyLog: KeyLog | undefined): void;
  /** Fetches what `overlayOf` answers from. */
  gather(): Promise<void>;
  overlayOf(node: number): OverlayView;
}

export type ScenarioWorld = Pick<
  World,
  | 'peers'
  | 'crypto'
  | 'streams'
  | 'online'
  | 'drops'
  | 'datagramsSent'
  | 'bytesSent'
  | 'recorder'
  | 'nowUs'
  | 'size'
  | 'addNode'
  | 'node'
  | 'start'
  | 'streamOf'
  | 'controlAt'
  | 'atNode'
  | 'atWorld'
  | 'upTimeUs'
  | 'resetUpTime'
  | 'digest'
> & {
  readonly engine: { readonly events: number };
  readonly network: Pick<SimulatedNetwork, 'setExtraLoss' | 'setPartition'>;
  /** Longest time that a datagram may be on its way before nobody knows what became of it, network microseconds; undefined where that is always known. */
  readonly patienceUs?: number;
  /** Where nodes do not live in this process. */
  readonly elsewhere?: Elsewhere;
  /** Lets time pass up to `untilUs`, or until `budget` events have been handled. */
  run(untilUs: number, budget?: number): StopReason | Promise<StopReason>;
};

/** Makes the world of a run. */
export type WorldMaker = (options: WorldOptions) => ScenarioWorld;
