/**
 * A scenario's world for real: its nodes are live hosts with UDP sockets on this machine, and a second of network time takes a second.
 *
 * Protocols, roles, traffic, faults and metrics are those of the simulated run, and so is the model of the network: it stands as a shim between each host
 * and its socket, from the same random streams. What differs is real: clocks, sockets, the system's scheduler, the time that code takes. So
 * the difference between the two runs is what the simulator leaves out. All hosts share one clock, since a difference of clocks would be measured
 * as latency; each has an address of its own in 127.0.0.0/8, so that limits per network hold as they do in the world.
 *
 * A node may be started once: worlds with churn are refused before they begin.
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
import { CONTROL_START, type NodeFactory, type WorldOptions } from '../../sim/world.ts';
import { createMachine, NETWORK_EPOCH_US, type Machine } from '../host/clock.ts';
import { parseEndpoint, portOf } from '../host/endpoint-text.ts';
import { LiveHost } from '../host/live-host.ts';
import type { PeerHost } from '../host/peer-host.ts';
import { SHIM_DROP } from '../host/shim.ts';
import type { Transport } from '../host/transport.ts';
import { openUdp } from '../host/udp.ts';
import { Agenda } from './agenda.ts';
import { WatchedDoor, type DoorWatch } from './door.ts';

/** Neighbours share a machine, not an address; still no limit of a lone node should bind here. */
const SOURCE_LIMIT = { perSecond: 100_000, burst: 200_000 };
const TOTAL_LIMIT = { perSecond: 1_000_000, burst: 1_000_000 };
/** A datagram that was not heard of for so long is one that the system has lost, microseconds. */
const PATIENCE_US = 10_000_000;
/** Most nodes of one process: each has a socket. */
export const LIVE_NODES_MAX = 512;

/** Sockets for `nodes` nodes, each at an address of its own. Rejects with a `BindError`. */
export async function openTransports(nodes: number): Promise<Transport[]> {
  const transports: Transport[] = [];
  try {
    for (let i = 0; i < nodes; i++)
      transports.push(
        await openUdp({ ipv4: { address: `127.${1 + (i >>> 8)}.${i & 255}.1`, port: 0 } }),
      );
  } catch (error) {
    await Promise.all(transports.map((transport) => transport.close()));
    throw error;
  }
  return transports;
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
  readonly #transports: readonly Transport[];
  readonly #factories: NodeFactory[] = [];
  readonly #hosts: (LiveHost | undefined)[] = [];
  readonly #doors: (PeerHost | undefined)[] = [];
  readonly #nodes: (HostedNode | undefined)[] = [];
  readonly #nodeAtPort = new Map<number, number>();
  readonly #agenda = new Agenda();
  readonly #upSinceUs: Float64Array;
  readonly #steady = createMachine();
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

  /** @param transports one for each node, open; the world closes them. */
  constructor(options: WorldOptions, transports: readonly Transport[]) {
    this.#options = options;
    this.#transports = transports;
    this.crypto = options.crypto;
    this.streams = new StreamFactory(options.seed);
    const nodes = transports.length;
    this.online = new Uint8Array(nodes);
    this.datagramsSent = new Float64Array(nodes);
    this.bytesSent = new Float64Array(nodes);
    this.#upSinceUs = new Float64Array(nodes);
    this.#startSteadyUs = this.#steady.steadyUs();
  }

  /** Real time since the world began to run. */
  get nowUs(): number {
    return this.#steady.steadyUs() - this.#startSteadyUs;
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
    const at = this.#transports[index]?.ipv4;
    if (at === undefined) throw new Error(`node ${index} has no socket`);
    const endpoint = parseEndpoint(`${at.address}:${at.port}`) ?? new Uint8Array(ENDPOINT_BYTES);
    const handle = this.peers.intern(address, 0, endpoint, 0);
    if (handle !== index) throw new Error('an address was added twice');
    this.#nodeAtPort.set(at.port, index);
    this.#factories.push(factory);
    return index;
  }

  node(index: number): HostedNode {
    const built = this.#nodes[index];
    if (built !== undefined) return built;
    const host = new LiveHost(this.#transports[index]!, {
      peers: this.peers,
      self: index,
      crypto: this.crypto,
      machine: this.#machine(),
      seed: this.#options.seed,
      sourceLimit: SOURCE_LIMIT,
      totalLimit: TOTAL_LIMIT,
      shim: (direction, endpoint, lengthBytes) =>
        direction === 'out'
          ? this.#depart(index, endpoint, lengthBytes)
          : this.#arrive(index, endpoint, lengthBytes),
      onEvent: (timeUs, event, a, b, c, d) => {
        this.recorder?.event(timeUs - this.#startSteadyUs, index, event, a, b, c, d);
      },
      onException: (error) => {
        this.#fault ??= { error };
      },
    });
    const door = new WatchedDoor(host, this.#watch(index, host));
    const node = this.#factories[index]!(door);
    door.attach(node);
    this.#hosts[index] = host;
    this.#doors[index] = door;
    this.#nodes[index] = node;
    return node;
  }

  streamOf(node: number, purpose: string): RandomStream {
    const bytes = new Uint8Array(32);
    this.peers.writeAddress(node, bytes, 0);
    return this.streams.stream(`node/${Buffer.from(bytes).toString('hex')}/${purpose}`);
  }

  start(node: number): void {
    if (this.online[node] === 1) return;
    this.node(node);
    this.online[node] = 1;
    this.#upSinceUs[node] = this.nowUs;
    this.#hosts[node]!.run(this.#doors[node]!);
  }

  upTimeUs(node: number): number {
    return this.online[node] === 1 ? this.nowUs - this.#upSinceUs[node]! : 0;
  }

  resetUpTime(): void {
    this.#upSinceUs.fill(this.nowUs);
  }

  atNode(timeUs: number, node: number, kind: number, argument: number): void {
    this.#agenda.add(timeUs, () => {
      if (this.online[node] !== 1) return;
      this.#hosts[node]!.act(() => {
        this.#nodes[node]!.onTimer(kind, argument);
      });
    });
  }

  controlAt(timeUs: number, node: number, control: number): void {
    if (control !== CONTROL_START) throw new Error('a live world has no churn');
    this.#agenda.add(timeUs, () => {
      this.start(node);
    });
  }

  atWorld(timeUs: number, kind: number, argument: number): void {
    this.#agenda.add(timeUs, () => this.#options.onWorldEvent?.(kind, argument));
  }

  /** Waits until `untilUs`, doing what the scenario has planned when its time comes. */
  async run(untilUs: number): Promise<StopReason> {
    // Making the nodes has taken a while that is not the scenario's.
    if (!this.#running) this.#startSteadyUs = this.#steady.steadyUs();
    this.#running = true;
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
    await Promise.all(
      this.#transports.map((transport, i) => this.#hosts[i]?.close(false) ?? transport.close()),
    );
  }

  /** Tells the recorder of the datagrams of one node. */
  #watch(node: number, host: LiveHost): DoorWatch {
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
        host.writeEndpoint(endpoint, this.#endpoint, 0);
        const from = this.#nodeAtPort.get(portOf(this.#endpoint, 0));
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
    for (const host of this.#hosts) {
      if (host === undefined) continue;
      const { datagramsIn, timersFired } = host.counters();
      sum += datagramsIn + timersFired;
    }
    return sum;
  }

  /** The machine with one wall clock for all: network time is the time since the process began. */
  #machine(): Machine {
    const machine = createMachine();
    return { ...machine, wallUs: () => NETWORK_EPOCH_US + machine.steadyUs() };
  }

  #depart(from: number, endpoint: Uint8Array, lengthBytes: number): number {
    this.datagramsSent[from]!++;
    this.bytesSent[from]! += lengthBytes;
    const to = this.#nodeAtPort.get(portOf(endpoint, 0));
    if (to === undefined) return SHIM_DROP;
    return this.#pass(from, to, lengthBytes, (transit) => {
      this.network.depart(transit);
    });
  }

  #arrive(to: number, endpoint: Uint8Array, lengthBytes: number): number {
    if (!this.network.hasArrivalStage) return 0;
    const from = this.#nodeAtPort.get(portOf(endpoint, 0)) ?? to;
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
