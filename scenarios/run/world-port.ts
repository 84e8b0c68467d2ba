/**
 * What a scenario's run needs of the world it takes place in. The simulator's `World` is one; the live world (`live/world`), which runs the same nodes
 * over real sockets in real time, is the other.
 */
import type { PeerHandle } from '../../protocols/host.ts';
import type { KeyLog } from '../../protocols/link/host.ts';
import type { RoutingTable } from '../../protocols/overlay/table.ts';
import type { StopReason } from '../../sim/engine.ts';
import type { SimulatedNetwork } from '../../sim/network/network.ts';
import type { World, WorldOptions } from '../../sim/world.ts';
import type { GroupFollower } from './groups/follower.ts';
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

/** What is looked at in a node's discovery. */
export interface DiscoveryView {
  /** Number of its manifest. */
  readonly sequence: number;
  /** Whose advertisements stand in its table, one for each. */
  readonly advertisers: readonly PeerHandle[];
  /** Contacts with whom terms are agreed. */
  readonly agreed: number;
  readonly contacts: number;
}

/** Who hears what happens in nodes, in the order of the world's time. */
export interface Listeners {
  ledger: Ledger;
  /** Told which keys links have. */
  keyLog: KeyLog | undefined;
  groups: GroupFollower | undefined;
}

/** What a run needs of nodes that live in other processes: what it would otherwise hear and look at itself. */
export interface Elsewhere {
  listen(listeners: Listeners): void;
  /** Fetches what `overlayOf` answers from, and the rest as of now. */
  gather(): Promise<void>;
  overlayOf(node: number): OverlayView;
  /** The table as it was reported last: where there are groups. */
  tableOf(node: number): RoutingTable;
  /** As it was reported last: its number where discovery is measured, the rest when it was gathered. */
  discoveryOf(node: number): DiscoveryView;
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
