/**
 * What a run and its worker processes say to each other, over the channel that Node gives a forked process (structured clones). One machine, one
 * version of the program, nobody else on the line: so there are types here and no decoders.
 *
 *     run                            worker
 *     open    ──────────────────▶   opens the sockets of its nodes
 *             ◀──────────────────   opened   (where they listen)
 *     settle  ──────────────────▶   makes the world and all its nodes
 *             ◀──────────────────   settled
 *     act ... ──────────────────▶   does or plans it
 *     begin   ──────────────────▶   time runs
 *             ◀──────────────────   heard ... (every 25 ms: what happened, counters, how far its time is)
 *     gather  ──────────────────▶
 *             ◀──────────────────   states
 *     end     ──────────────────▶   closes the sockets and ends
 *
 * `failed` may come at any time, and ends the run.
 */
import type { ResolvedScenario } from '../../scenarios/model.ts';
import type { DiscoveryView } from '../../scenarios/run/world-port.ts';
import type { Observations } from './observations.ts';

/** Something that a world does to a node or to the network. */
export type Act =
  | { do: 'start'; node: number }
  | { do: 'control'; timeUs: number; node: number; control: number }
  | { do: 'timer'; timeUs: number; node: number; kind: number; argument: number }
  | { do: 'loss'; ratio: number }
  | { do: 'partition'; sides: Uint8Array | undefined }
  /** The invitation to a group, which its first member has begun in some process. */
  | { do: 'invite'; group: number; id: string };

export type ToWorker =
  | { say: 'open'; scenario: ResolvedScenario; seed: number; nodes: readonly number[] }
  | { say: 'settle'; others: ReadonlyMap<number, Uint8Array> }
  | { say: 'act'; act: Act }
  | { say: 'begin'; steadyUs: number; datagrams: boolean }
  | { say: 'gather' }
  | { say: 'end' };

/** What is looked at in a node: its routing table, and its discovery where there is any. */
export interface NodeState {
  node: number;
  handles: Int32Array;
  binSizes: number[];
  depth: number;
  estimatedNodes: number | undefined;
  discovery: DiscoveryView | undefined;
}

export type ToRun =
  | { say: 'opened'; endpoints: ReadonlyMap<number, Uint8Array> }
  | { say: 'settled' }
  | {
      say: 'heard';
      /** Everything before this time of the world has been said. */
      untilUs: number;
      observations: Observations;
      events: number;
      drops: Float64Array;
      /** Of the worker's nodes, in their order. */
      datagramsSent: Float64Array;
      bytesSent: Float64Array;
      /** Nodes whose tables or manifests have changed, where somebody measures by them. */
      changed: NodeState[];
    }
  | { say: 'states'; states: NodeState[] }
  | {
      say: 'failed';
      message: string;
      stack: string;
      /** A socket could not be had. */
      bind?: { code: string; address: string; port: number };
    };
