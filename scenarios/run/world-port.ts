/**
 * What a scenario's run needs of the world it takes place in. The simulator's `World` is one; the live world (`live/world`), which runs the same nodes
 * over real sockets in real time, is the other.
 */
import type { StopReason } from '../../sim/engine.ts';
import type { SimulatedNetwork } from '../../sim/network/network.ts';
import type { World, WorldOptions } from '../../sim/world.ts';

export type ScenarioWorld = Pick<
  World,
  | 'peers'
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
  /** Lets time pass up to `untilUs`, or until `budget` events have been handled. */
  run(untilUs: number, budget?: number): StopReason | Promise<StopReason>;
};

/** Makes the world of a run. */
export type WorldMaker = (options: WorldOptions) => ScenarioWorld;
