/**
 * A scenario's world for real: its nodes are live hosts with UDP sockets on this machine, and a second of network time takes a second.
 * All of them, or those of one process of several (`worker.ts`).
 *
 * Protocols, roles, traffic, faults and metrics are those of the simulated run, and so is the model of the network: it stands as a shim between each host
 * and its socket, from the same random streams. What differs is real: clocks, sockets, the system's scheduler, the time that code takes. So
 * the difference between the two runs is what the simulator leaves out. All hosts share one clock, since a difference of clocks would be measured
 * as latency.
 *
 * A node that stops or crashes loses its host: sockets, timers, what it had not yet handled. Started again it gets a new one at the same address, and goes on
 * as a simulated node does, with its table and with what its vault holds of its conversations.
 */
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import type { HostedNode } from '../../protocols/host.ts';
import { ENDPOINT_BYTES, PeerBook } from '../../protocols/identity/peer-book.ts';
import type { RandomStream } from '../../protocols/random.ts';
import type { ScenarioWorld } from '../../scenarios/run/world-port.ts';
import type { StopReason } from '../../sim/engine.ts';
import { SimulatedNetwork } from '../../sim/network/network.ts';
import { DROP_NONE, type Transit } from '../../sim/network/transit.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import type { Recorder } from '../../sim/recorder.ts';
import {
  CONTROL_START,
  CONTROL_STOP,
  type NodeFactory,
  type WorldOptions,
} from '../../sim/world.ts';
import { createMachine, NETWORK_EPOCH_US, type Machine } from '../host/clock.ts';
import { LiveHost } from '../host/live-host.ts';
import { SHIM_DROP } from '../host/shim.ts';
import type { Transport } from '../host/transport.ts';
import { Agenda } from './agenda.ts';
import type { DoorWatch } from './door.ts';
import { Resident } from './resident.ts';
import { endpointOf, nodeAt } from './sockets.ts';
import { StillHost } from './still-host.ts';

/** Neighbours share a machine, not an address; still no limit of a lone node should bind here. */
const SOURCE_LIMIT = { perSecond: 100_000, burst: 200_000 };
const TOTAL_LIMIT = { perSecond: 1_000_000, burst: 1_000_000 };
/** A datagram that was not heard of for so long is one that the system has lost, microseconds. */
export const PATIENCE_US = 10_000_000;
/** Steady time of this machine, the same in all its processes, microseconds. */
export function machineTimeUs(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}

export interface LiveWorldParts {
  /** Open sockets of the nodes that live in this process; the world closes them. */
  sockets: ReadonlyMap<number, Transport>;
  /** Where nodes of other processes listen. */
  others?: ReadonlyMap<number, Uint8Array>;
}

export class LiveWorld implements ScenarioWorld {
  readonly peers = new PeerBook();
  readonly crypto: CryptoSuite;
  readonly streams: StreamFactory;
  readonly online: Uint8Array<ArrayBuffer>;
  readonly drops = new Float64Array(6);
  readonly datagramsSent: Float64Array<ArrayBuffer>;
  readonly bytesSent: Float64Array<ArrayBuffer>;
  readonly engine = { events: 0 };
  recorder: Recorder | undefined;
  readonly patienceUs = PATIENCE_US;
  readonly #options: WorldOptions;
  readonly #factories: NodeFactory[] = [];
  readonly #nodes: (HostedNode | undefined)[] = [];
  readonly #residents = new Map<number, Resident>();
  /** Where each node listens. */
  readonly #endpoints = new Map<number, Uint8Array>();
  readonly #agenda = new Agenda();
  readonly #upSinceUs: Float64Array;
  readonly #upTotalUs: Float64Array;
  #startSteadyUs: number;
  #running = false;
  /** What a node, or whoever watches it, has thrown first: the run ends with it. */
  #fault: { error: unknown } | undefined;
  #network: SimulatedNetwork | undefined;
  /** What a node is sending now, whose loss would be known before it has been sent. */
  #sending: { bytes: Uint8Array; offset: number } | undefined;
  readonly #endpoint = new Uint8Array(ENDPOINT_BYTES);
  readonly #transit: Transit = {
    from: 0,
    to: 0,
    bytes: 0,
    nowUs: 0,
    delayUs: 0,
    drop: DROP_NONE,
    duplicateDelayUs: -1,
  };

  constructor(options: WorldOptions, { sockets, others = new Map() }: LiveWorldParts) {
    this.#options = options;
    this.crypto = options.crypto;
    this.streams = new StreamFactory(options.seed);
    for (const [node, socket] of sockets) {
      this.#residents.set(node, new Resident(node, socket, (open) => this.#host(node, open)));
      this.#endpoints.set(node, endpointOf(socket));
    }
    for (const [node, endpoint] of others) this.#endpoints.set(node, endpoint);
    const nodes = sockets.size + others.size;
    this.online = new Uint8Array(nodes);
    this.datagramsSent = new Float64Array(nodes);
    this.bytesSent = new Float64Array(nodes);
    this.#upSinceUs = new Float64Array(nodes);
    this.#upTotalUs = new Float64Array(nodes);
    this.#startSteadyUs = machineTimeUs();
  }

  /** Real time since the world began to run. */
  get nowUs(): number {
    return machineTimeUs() - this.#startSteadyUs;
  }

  get size(): number {
    return this.#factories.length;
  }

  get network(): SimulatedNetwork {
    this.#network ??= new SimulatedNetwork(
      this.#options.network,
      this.size,
      (node, purpose) => this.streamOf(node, purpose),
      this.streams.stream('network/places'),
    );
    return this.#network;
  }

  /** The endpoint is that of the node's own socket, whatever the scenario has drawn. */
  addNode(address: Uint8Array, _endpoint: Uint8Array, factory: NodeFactory): number {
    const index = this.#factories.length;
    const endpoint = this.#endpoints.get(index);
    if (endpoint === undefined) throw new Error(`node ${index} has no socket`);
    const handle = this.peers.intern(address, 0, endpoint, 0);
    if (handle !== index) throw new Error('an address was added twice');
    this.#factories.push(factory);
    return index;
  }

  node(index: number): HostedNode {
    const built = this.#nodes[index];
    if (built !== undefined) return built;
    const resident = this.#residents.get(index);
    const factory = this.#factories[index]!;
    const node =
      resident === undefined
        ? factory(new StillHost(index, this, (purpose) => this.streamOf(index, purpose)))
        : resident.make(factory, this.#watch(index, resident));
    this.#nodes[index] = node;
    return node;
  }

  /** A host for one life of a node. */
  #host(index: number, socket: Transport): LiveHost {
    return new LiveHost(socket, {
      peers: this.peers,
      self: index,
      crypto: this.crypto,
      machine: machineOfWorld(),
      seed: this.#options.seed,
      sourceLimit: SOURCE_LIMIT,
      totalLimit: TOTAL_LIMIT,
      shim: (direction, endpoint, lengthBytes) =>
        direction === 'out'
          ? this.#depart(index, endpoint, lengthBytes)
          : this.#arrive(index, endpoint, lengthBytes),
      onEvent: (timeUs, event, a, b, c, d) => {
        const sinceUs = this.#running ? timeUs - this.#startSteadyUs : 0;
        this.recorder?.event(sinceUs, index, event, a, b, c, d);
      },
      onException: this.#failed,
    });
  }

  streamOf(node: number, purpose: string): RandomStream {
    const bytes = new Uint8Array(32);
    this.peers.writeAddress(node, bytes, 0);
    return this.streams.stream(`node/${Buffer.from(bytes).toString('hex')}/${purpose}`);
  }

  start(node: number): void {
    const resident = this.#resident(node);
    this.node(node);
    if (resident.host !== undefined && this.online[node] === 0) this.#begin(node, resident);
    else
      resident.inTurn(async () => {
        if (this.online[node] === 0 && (await resident.reopen())) this.#begin(node, resident);
      }, this.#failed);
  }

  #begin(node: number, resident: Resident): void {
    this.online[node] = 1;
    this.#upSinceUs[node] = this.nowUs;
    resident.begin();
  }

  #end(node: number, resident: Resident, graceful: boolean): void | Promise<void> {
    const { host } = resident;
    if (this.online[node] === 0 || host === undefined) return;
    this.online[node] = 0;
    this.#upTotalUs[node]! += this.nowUs - this.#upSinceUs[node]!;
    return resident.end(host, graceful);
  }

  readonly #failed = (error: unknown): void => {
    this.#fault ??= { error };
  };

  #resident(node: number): Resident {
    const resident = this.#residents.get(node);
    if (resident === undefined) throw new Error(`node ${node} lives in another process`);
    return resident;
  }

  upTimeUs(node: number): number {
    const current = this.online[node] === 1 ? this.nowUs - this.#upSinceUs[node]! : 0;
    return this.#upTotalUs[node]! + current;
  }

  resetUpTime(): void {
    this.#upTotalUs.fill(0);
    this.#upSinceUs.fill(this.nowUs);
  }

  atNode(timeUs: number, node: number, kind: number, argument: number): void {
    this.#agenda.add(timeUs, () => {
      if (this.online[node] !== 1) return;
      this.#resident(node).host!.act(() => {
        this.#nodes[node]!.onTimer(kind, argument);
      });
    });
  }

  controlAt(timeUs: number, node: number, control: number): void {
    const resident = this.#resident(node);
    this.#agenda.add(timeUs, () => {
      if (control === CONTROL_START) this.start(node);
      else resident.inTurn(() => this.#end(node, resident, control === CONTROL_STOP), this.#failed);
    });
  }

  atWorld(timeUs: number, kind: number, argument: number): void {
    this.#agenda.add(timeUs, () => this.#options.onWorldEvent?.(kind, argument));
  }

  /** The moment of `machineTimeUs` at which the world's time is zero; by default the first call of `run`. */
  begin(steadyUs: number): void {
    // Making the nodes has taken a while that is not the scenario's.
    if (!this.#running) this.#startSteadyUs = steadyUs;
    this.#running = true;
  }

  /** Waits until `untilUs`, doing what the scenario has planned when its time comes. */
  async run(untilUs: number): Promise<StopReason> {
    this.begin(machineTimeUs());
    for (;;) {
      this.#agenda.runDue(this.nowUs);
      this.engine.events = this.#inputs();
      if (this.#fault !== undefined) throw this.#fault.error;
      const now = this.nowUs;
      if (now >= untilUs) return 'time';
      const waitUs = Math.min(untilUs, this.#agenda.nextUs) - now;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitUs / 1_000)));
    }
  }

  /** What happened in real time happens once. */
  digest(): string {
    return 'none (real time)';
  }

  /** Closes all sockets. Nodes say nothing: the run is over. */
  async close(): Promise<void> {
    await Promise.all([...this.#residents.values()].map((resident) => resident.close()));
  }

  /** Tells the recorder of the datagrams of one node. */
  #watch(node: number, resident: Resident): DoorWatch {
    return {
      sending: (to, bytes, offset, length) => {
        this.recorder?.sent?.(this.#recordedUs(), node, to, bytes, offset, length);
        this.#sending = { bytes, offset };
      },
      sent: () => {
        this.#sending = undefined;
      },
      nowUs: () => this.#recordedUs(),
      handled: (timeUs, endpoint, bytes, offset, length, outcome) => {
        resident.host!.writeEndpoint(endpoint, this.#endpoint, 0);
        const from = nodeAt(this.#endpoint, 0, this.size);
        if (from !== undefined)
          this.recorder?.delivered?.(timeUs, from, node, bytes, offset, length, outcome);
      },
    };
  }

  /** Nodes are made, and may speak, before the world's time begins. */
  #recordedUs(): number {
    return this.#running ? this.nowUs : 0;
  }

  /** Datagrams and timers handled by all hosts. */
  #inputs(): number {
    let sum = 0;
    for (const { inputs } of this.#residents.values()) sum += inputs;
    return sum;
  }

  #depart(from: number, endpoint: Uint8Array, lengthBytes: number): number {
    this.datagramsSent[from]!++;
    this.bytesSent[from]! += lengthBytes;
    const to = nodeAt(endpoint, 0, this.size);
    if (to === undefined) return SHIM_DROP;
    return this.#pass(from, to, lengthBytes, (transit) => {
      this.network.depart(transit);
    });
  }

  #arrive(to: number, endpoint: Uint8Array, lengthBytes: number): number {
    if (!this.network.hasArrivalStage) return 0;
    const from = nodeAt(endpoint, 0, this.size) ?? to;
    return this.#pass(from, to, lengthBytes, (transit) => {
      this.network.arrive(transit);
    });
  }

  #pass(from: number, to: number, lengthBytes: number, stage: (transit: Transit) => void): number {
    const transit = this.#transit;
    transit.from = from;
    transit.to = to;
    transit.bytes = lengthBytes;
    transit.nowUs = this.nowUs;
    transit.delayUs = 0;
    transit.drop = DROP_NONE;
    transit.duplicateDelayUs = -1;
    stage(transit);
    if (transit.drop === DROP_NONE) return transit.delayUs;
    this.drops[transit.drop]!++;
    const sending = this.#sending;
    const offset = sending?.offset ?? 0;
    const timeUs = this.#recordedUs();
    const reason = transit.drop;
    this.recorder?.dropped?.(timeUs, from, to, sending?.bytes, offset, lengthBytes, reason);
    return SHIM_DROP;
  }
}

/** The machine with one clock for all processes: network time is the steady time of the machine, whatever its wall clock does. */
function machineOfWorld(): Machine {
  return {
    ...createMachine(),
    steadyUs: machineTimeUs,
    wallUs: () => NETWORK_EPOCH_US + machineTimeUs(),
  };
}
