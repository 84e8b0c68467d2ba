/**
 * The simulated world: nodes behind hosts, datagrams in flight, a clock, faults.
 *
 * Nodes influence each other only through datagrams, whose two halves (`depart` at the sender, `arrive` at the receiver)
 * touch only that side's state; every random draw comes from a stream named after the node that draws. Hence nothing here
 * depends on the order in which nodes were made, on who watches, or on what ran before in this process, and nodes could be
 * spread over worker threads without a change in any protocol.
 *
 * The packet path (send, arrive, deliver) moves integers only: the datagram is a slab slot, the peer a handle.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import type { CryptoSuite } from '../protocols/crypto/port.ts';
import type { HostedNode, Host, Micros } from '../protocols/host.ts';
import { ADDRESS_BYTES, ADDRESS_WORDS } from '../protocols/identity/proximity.ts';
import { PeerBook } from '../protocols/identity/peer-book.ts';
import { OUTCOME_IGNORED } from '../protocols/outcomes.ts';
import type { RandomStream } from '../protocols/random.ts';
import { NodeDigests } from './digest.ts';
import { Engine, type EventHandler, type StopReason } from './engine.ts';
import { SimHost } from './host.ts';
import type { NetworkModel } from './network/model.ts';
import { SimulatedNetwork } from './network/network.ts';
import { DROP_NONE, DROP_OFFLINE, type DropReason, type Transit } from './network/transit.ts';
import { StreamFactory } from './random/streams.ts';
import type { Recorder } from './recorder.ts';
import { Slab } from './slab.ts';
import { TimerTable } from './timers.ts';

/** Kinds of events, part of the digest's definition. */
export const EVENT_ARRIVE = 1;
export const EVENT_DELIVER = 2;
export const EVENT_TIMER = 3;
export const EVENT_APPLICATION = 4;
export const EVENT_CONTROL = 5;
export const EVENT_WORLD = 6;

/** What an EVENT_CONTROL does to its node. */
export const CONTROL_START = 1;
export const CONTROL_STOP = 2;
export const CONTROL_CRASH = 3;

export type NodeFactory = (host: Host) => HostedNode;

export interface WorldOptions {
  seed: number | string;
  network: NetworkModel;
  crypto: CryptoSuite;
  recorder?: Recorder;
  /** Called at a time set by `atWorld`: faults and measurements of the world as a whole. */
  onWorldEvent?: (kind: number, argument: number) => void;
}

export class World implements EventHandler {
  readonly peers = new PeerBook();
  readonly crypto: CryptoSuite;
  readonly streams: StreamFactory;
  readonly engine: Engine;
  /** Datagrams and bytes handed to the network by each node since the start. */
  datagramsSent = new Float64Array(64);
  bytesSent = new Float64Array(64);
  /** Datagrams lost, by reason (index: DropReason). */
  readonly drops = new Float64Array(6);
  /** 1 while a node is up. */
  online = new Uint8Array(64);
  #upSinceUs = new Float64Array(64);
  #upTotalUs = new Float64Array(64);
  recorder: Recorder | undefined;
  readonly #options: WorldOptions;
  readonly #slab = new Slab();
  readonly #timers = new TimerTable();
  readonly #digests = new NodeDigests(64);
  readonly #factories: NodeFactory[] = [];
  readonly #hosts: (SimHost | undefined)[] = [];
  readonly #nodes: (HostedNode | undefined)[] = [];
  #lives = new Int32Array(64);
  #network: SimulatedNetwork | undefined;
  /** The slot whose bytes are being handled, so that passing them on needs no copy; -1 outside a delivery. */
  #current = -1;
  readonly #transit: Transit = {
    from: 0,
    to: 0,
    bytes: 0,
    nowUs: 0,
    delayUs: 0,
    drop: DROP_NONE,
    duplicateDelayUs: -1,
  };

  constructor(options: WorldOptions) {
    this.#options = options;
    this.crypto = options.crypto;
    this.streams = new StreamFactory(options.seed);
    this.engine = new Engine();
    this.recorder = options.recorder;
  }

  get nowUs(): Micros {
    return this.engine.nowUs;
  }

  /** Nodes added so far; their indexes (and peer handles) are 0..size-1. */
  get size(): number {
    return this.#factories.length;
  }

  /** Datagrams in flight. */
  get inFlight(): number {
    return this.#slab.live;
  }

  /**
   * Registers a node; it is built (by `factory`) when first needed, so all addresses can be known beforehand. Indexes are
   * given in the order of the calls and are the world's canonical node order. All nodes must be added before the first
   * starts.
   */
  addNode(address: Uint8Array, endpoint: Uint8Array, factory: NodeFactory): number {
    if (this.#network !== undefined)
      throw new Error('nodes must be added before the first one starts');
    if (address.length !== ADDRESS_BYTES)
      throw new Error(`address of ${address.length} bytes, expected 32`);
    const index = this.#factories.length;
    const handle = this.peers.intern(address, 0, endpoint, 0);
    if (handle !== index) throw new Error(`address ${bytesToHex(address)} was added twice`);
    this.#factories.push(factory);
    this.#hosts.push(undefined);
    this.#nodes.push(undefined);
    if (index >= this.online.length) this.#grow();
    this.#digests.reserve(index + 1);
    return index;
  }

  /** The protocols of node `index`, built on first use. */
  node(index: number): HostedNode {
    const built = this.#nodes[index];
    if (built !== undefined) return built;
    const host = new SimHost(this, index);
    this.#hosts[index] = host;
    const node = this.#factories[index]!(host);
    this.#nodes[index] = node;
    return node;
  }

  /** The stream of `node` for `purpose`; named by the node's address, so it does not depend on indexes. */
  streamOf(node: number, purpose: string): RandomStream {
    return this.streams.stream(`node/${this.addressHex(node)}/${purpose}`);
  }

  addressHex(node: number): string {
    const bytes = new Uint8Array(ADDRESS_BYTES);
    this.peers.writeAddress(node, bytes, 0);
    return bytesToHex(bytes);
  }

  /** The simulated network; built when the number of nodes is known (first use). */
  get network(): SimulatedNetwork {
    this.#network ??= new SimulatedNetwork(
      this.#options.network,
      this.size,
      (node, purpose) => this.streamOf(node, purpose),
      this.streams.stream('network/places'),
    );
    return this.#network;
  }

  /** Brings a node up now. */
  start(node: number): void {
    if (this.online[node] === 1) return;
    void this.network;
    const hosted = this.node(node);
    this.online[node] = 1;
    this.#upSinceUs[node] = this.nowUs;
    this.#lives[node]!++;
    hosted.start();
  }

  /** Takes a node down gracefully: it may send farewells first. */
  stop(node: number): void {
    if (this.online[node] === 0) return;
    this.node(node).stop();
    this.crash(node);
  }

  /** Takes a node down without warning: timers silent, datagrams to it lost, nothing said. */
  crash(node: number): void {
    if (this.online[node] === 0) return;
    this.online[node] = 0;
    this.#upTotalUs[node]! += this.nowUs - this.#upSinceUs[node]!;
  }

  /** Time that `node` has been up since the start or the last `resetUpTime`. */
  upTimeUs(node: number): Micros {
    const current = this.online[node] === 1 ? this.nowUs - this.#upSinceUs[node]! : 0;
    return this.#upTotalUs[node]! + current;
  }

  /** Starts counting up times anew (at the end of a warm-up). */
  resetUpTime(): void {
    this.#upTotalUs.fill(0);
    this.#upSinceUs.fill(this.nowUs);
  }

  /** At `timeUs` (> now): `node.onTimer(kind, argument)`, as the node's user would act. Skipped while it is down. */
  atNode(timeUs: Micros, node: number, kind: number, argument: number): void {
    this.engine.schedule(timeUs - this.nowUs, node, node, EVENT_APPLICATION, kind, argument);
  }

  /** At `timeUs` (> now): start, stop or crash (CONTROL_*). */
  controlAt(timeUs: Micros, node: number, control: number): void {
    this.engine.schedule(timeUs - this.nowUs, node, node, EVENT_CONTROL, control, 0);
  }

  /** At `timeUs` (> now): `onWorldEvent(kind, argument)`, after all node events of that instant. */
  atWorld(timeUs: Micros, kind: number, argument: number): void {
    const source = this.size;
    this.engine.schedule(timeUs - this.nowUs, source, source, EVENT_WORLD, kind, argument);
  }

  /** Runs up to and including `untilUs`, at most `budget` events. */
  run(untilUs: Micros, budget?: number): StopReason {
    return this.engine.run(untilUs, this, budget);
  }

  /** The digest of everything handled so far (see digest.ts). */
  digest(): string {
    return this.#digests.combine(this.peers.words, this.size);
  }

  /** One node's part of the digest, for finding where two runs part. */
  nodeDigest(node: number): string {
    return this.#digests.nodeDigest(node);
  }

  onEvent(kind: number, target: number, source: number, a: number, b: number): void {
    switch (kind) {
      case EVENT_ARRIVE:
        this.#arrive(source, target, a);
        return;
      case EVENT_DELIVER:
        this.#deliver(b, target, a);
        return;
      case EVENT_TIMER:
        this.#fire(target, a);
        return;
      case EVENT_APPLICATION: {
        if (this.online[target] === 0) return;
        const outcome = this.node(target).onTimer(a, b);
        this.#digests.fold(target, this.nowUs, EVENT_APPLICATION, a, b, outcome);
        return;
      }
      case EVENT_CONTROL:
        if (a === CONTROL_START) this.start(target);
        else if (a === CONTROL_STOP) this.stop(target);
        else this.crash(target);
        this.#digests.fold(target, this.nowUs, EVENT_CONTROL, a, 0, 0);
        return;
      case EVENT_WORLD:
        this.#options.onWorldEvent?.(a, b);
        return;
      default:
        throw new Error(`event of unknown kind ${kind}`);
    }
  }

  // ---- called by SimHost ----

  send(from: number, to: number, bytes: Uint8Array, offset: number, length: number): void {
    this.#dispatch(from, to, bytes, offset, length, this.#slotBeingHandled(bytes, offset, length));
  }

  sendToMany(
    from: number,
    peers: Int32Array,
    count: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): void {
    const handled = this.#slotBeingHandled(bytes, offset, length);
    const slot = handled >= 0 ? handled : this.#slab.store(bytes, offset, length);
    for (let i = 0; i < count; i++) this.#dispatch(from, peers[i]!, bytes, offset, length, slot);
    if (handled < 0) this.#slab.release(slot);
  }

  setTimer(node: number, delayUs: Micros, kind: number, argument: number): number {
    const slot = this.#timers.add(kind, argument, this.#lives[node]!);
    this.engine.schedule(delayUs, node, node, EVENT_TIMER, slot, 0);
    return this.#timers.idOf(slot);
  }

  cancelTimer(id: number): void {
    this.#timers.cancel(id);
  }

  /** The slot that holds exactly these bytes because they are the datagram being handled, or -1. */
  #slotBeingHandled(bytes: Uint8Array, offset: number, length: number): number {
    const slot = this.#current;
    return slot >= 0 &&
      this.#slab.bytesOf(slot) === bytes &&
      this.#slab.offsetOf(slot) === offset &&
      this.#slab.lengthOf(slot) === length
      ? slot
      : -1;
  }

  /** Hands one copy to the network. `shared` is a slot that holds these bytes already, or -1 to store them. */
  #dispatch(
    from: number,
    to: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    shared: number,
  ): void {
    const transit = this.#transit;
    transit.from = from;
    transit.to = to;
    transit.bytes = length;
    transit.nowUs = this.engine.nowUs;
    transit.delayUs = 0;
    transit.drop = DROP_NONE;
    transit.duplicateDelayUs = -1;
    this.datagramsSent[from]!++;
    this.bytesSent[from]! += length;
    this.recorder?.sent?.(transit.nowUs, from, to, bytes, offset, length);
    // An address that belongs to no node (a liar's invention) is an endpoint where nobody listens.
    if (to >= this.#factories.length) transit.drop = DROP_OFFLINE;
    else this.network.depart(transit);
    if (transit.drop !== DROP_NONE) {
      this.#lost(from, to, bytes, offset, length, transit.drop);
      return;
    }
    let slot = shared;
    if (slot < 0) slot = this.#slab.store(bytes, offset, length);
    else this.#slab.retain(slot);
    this.engine.schedule(transit.delayUs, from, to, EVENT_ARRIVE, slot, 0);
    if (transit.duplicateDelayUs >= 0) {
      this.#slab.retain(slot);
      this.engine.schedule(transit.duplicateDelayUs, from, to, EVENT_ARRIVE, slot, 0);
    }
  }

  #arrive(from: number, to: number, slot: number): void {
    const network = this.network;
    if (!network.hasArrivalStage) {
      this.#deliver(from, to, slot);
      return;
    }
    const transit = this.#transit;
    transit.from = from;
    transit.to = to;
    transit.bytes = this.#slab.lengthOf(slot);
    transit.nowUs = this.engine.nowUs;
    transit.delayUs = 0;
    transit.drop = DROP_NONE;
    network.arrive(transit);
    if (transit.drop !== DROP_NONE) {
      this.#lostSlot(from, to, slot, transit.drop);
      this.#slab.release(slot);
    } else if (transit.delayUs >= 1) {
      this.engine.schedule(transit.delayUs, to, to, EVENT_DELIVER, slot, from);
    } else this.#deliver(from, to, slot);
  }

  #deliver(from: number, to: number, slot: number): void {
    const length = this.#slab.lengthOf(slot);
    const who = this.peers.words[from * ADDRESS_WORDS]!;
    const nowUs = this.engine.nowUs;
    if (this.online[to] === 0) {
      this.#lostSlot(from, to, slot, DROP_OFFLINE);
      this.#digests.fold(to, nowUs, EVENT_ARRIVE, who, length, OUTCOME_IGNORED);
    } else {
      this.#current = slot;
      const bytes = this.#slab.bytesOf(slot);
      const offset = this.#slab.offsetOf(slot);
      const outcome = this.#nodes[to]!.onDatagram(from, bytes, offset, length);
      this.#current = -1;
      this.#digests.fold(to, nowUs, EVENT_DELIVER, who, length, outcome);
      this.recorder?.delivered?.(nowUs, from, to, bytes, offset, length, outcome);
    }
    this.#slab.release(slot);
  }

  #fire(node: number, slot: number): void {
    const kind = this.#timers.kinds[slot]!;
    const argument = this.#timers.arguments[slot]!;
    const life = this.#timers.lives[slot]!;
    if (!this.#timers.take(slot) || this.online[node] === 0 || life !== this.#lives[node]) return;
    const outcome = this.#nodes[node]!.onTimer(kind, argument);
    this.#digests.fold(node, this.engine.nowUs, EVENT_TIMER, kind, 0, outcome);
  }

  #lostSlot(from: number, to: number, slot: number, reason: DropReason): void {
    const bytes = this.#slab.bytesOf(slot);
    this.#lost(from, to, bytes, this.#slab.offsetOf(slot), this.#slab.lengthOf(slot), reason);
  }

  #lost(
    from: number,
    to: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    reason: DropReason,
  ): void {
    this.drops[reason]!++;
    this.recorder?.dropped?.(this.engine.nowUs, from, to, bytes, offset, length, reason);
  }

  #grow(): void {
    const room = this.online.length * 2;
    const online = new Uint8Array(room);
    online.set(this.online);
    this.online = online;
    const lives = new Int32Array(room);
    lives.set(this.#lives);
    this.#lives = lives;
    const since = new Float64Array(room);
    since.set(this.#upSinceUs);
    this.#upSinceUs = since;
    const total = new Float64Array(room);
    total.set(this.#upTotalUs);
    this.#upTotalUs = total;
    const datagrams = new Float64Array(room);
    datagrams.set(this.datagramsSent);
    this.datagramsSent = datagrams;
    const bytes = new Float64Array(room);
    bytes.set(this.bytesSent);
    this.bytesSent = bytes;
  }
}
