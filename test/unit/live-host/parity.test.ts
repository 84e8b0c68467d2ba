/**
 * One node, two hosts: what a node does in the simulated world it does, to the byte and the microsecond, on the live host.
 *
 * Ten real nodes live for a minute of network time in a simulated world: they join, answer, refresh, relay and receive dark
 * packets, get garbage. Everything that enters node 0 is written down, except its timers. The same node is then built on a live host with a manual
 * clock and a transport in memory, under the same streams, and fed what was written down at the times at which it came. Its timers it has to fire itself.
 * The two transcripts (what came in, with outcome; sends; timers; events) must be one.
 */
import { describe, expect, it } from 'vitest';
import { LiveHost } from '../../../live/host/live-host.ts';
import { PeerHost } from '../../../live/host/peer-host.ts';
import type { CryptoSuite } from '../../../protocols/crypto/port.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import type { Host, HostedNode } from '../../../protocols/host.ts';
import { PeerBook } from '../../../protocols/identity/peer-book.ts';
import { ADDRESS_BYTES, ADDRESS_WORDS } from '../../../protocols/identity/proximity.ts';
import { MainframeNode, NodeScratch } from '../../../protocols/node/node.ts';
import { DEFAULT_OVERLAY_OPTIONS } from '../../../protocols/overlay/params.ts';
import { HONEST_OVERLAY_POLICY } from '../../../protocols/overlay/policy.ts';
import { DEFAULT_ROUTING_OPTIONS } from '../../../protocols/routing/params.ts';
import type { RelayPolicy } from '../../../protocols/routing/policy.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { CONTROL_START, CONTROL_STOP, World } from '../../../sim/world.ts';
import { endpoint, ManualMachine, MemoryTransport } from './support.ts';

const SEED = 'parity';
const NODES = 10;
const S = 1_000_000;
const START_US = 5 * S;
const STOP_US = 65 * S;

/** Acts of a node's user, as timers of the application's range. */
const ACT_SEND = 0x1000;
const ACT_GARBAGE = 0x1001;

const hex = (bytes: Uint8Array, offset: number, length: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + offset, length).toString('hex');

const endpointOf = (index: number): string => `10.0.${index}.1:4242`;

/** Address and secret of each node. */
const identities = Array.from({ length: NODES }, (_, index) => {
  const random = new StreamFactory(SEED).stream(`identity/${index}`);
  const [address, secret] = [new Uint8Array(ADDRESS_BYTES), new Uint8Array(32)];
  random.fill(address, 0, address.length);
  random.fill(secret, 0, secret.length);
  return { address, secret };
});

/** What entered the node other than its timers. */
interface Input {
  timeUs: number;
  from: number;
  /** A datagram's bytes, or an act. */
  bytes: Uint8Array | undefined;
  kind: number;
  argument: number;
}

/** Writes down what passes between a node and its host. Timers get the number of their setting as a name. */
class Tracer implements Host {
  readonly lines: string[] = [];
  readonly sent: { to: string; bytes: string }[] = [];
  readonly self: number;
  readonly peers: PeerBook;
  readonly crypto: CryptoSuite;
  readonly #host: Host;
  readonly #names = new Map<number, number>();
  #timers = 0;

  constructor(host: Host) {
    this.#host = host;
    this.self = host.self;
    this.peers = host.peers;
    this.crypto = host.crypto;
  }

  note(text: string): void {
    this.lines.push(`${this.#host.now()} ${text}`);
  }

  now(): number {
    return this.#host.now();
  }

  random(purpose: string): ReturnType<Host['random']> {
    return this.#host.random(purpose);
  }

  send(peer: number, bytes: Uint8Array, offset: number, length: number): void {
    this.#sent(peer, bytes, offset, length);
    this.#host.send(peer, bytes, offset, length);
  }

  sendToMany(
    peers: Int32Array,
    count: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): void {
    for (let i = 0; i < count; i++) this.#sent(peers[i]!, bytes, offset, length);
    this.#host.sendToMany(peers, count, bytes, offset, length);
  }

  setTimer(delayUs: number, kind: number, argument: number): number {
    const id = this.#host.setTimer(delayUs, kind, argument);
    this.#names.set(id, this.#timers);
    this.note(`set ${this.#timers++}: ${delayUs} ${kind} ${argument}`);
    return id;
  }

  cancelTimer(timer: number): void {
    this.note(`cancel ${timer < 0 ? 'none' : this.#names.get(timer)}`);
    this.#host.cancelTimer(timer);
  }

  emit(event: number, a: number, b: number, c: number, d: number): void {
    this.note(`event ${event} ${a} ${b} ${c} ${d}`);
    this.#host.emit(event, a, b, c, d);
  }

  #sent(peer: number, bytes: Uint8Array, offset: number, length: number): void {
    const content = hex(bytes, offset, length);
    this.note(`send ${peer} ${content}`);
    this.sent.push({ to: endpointOf(peer), bytes: content });
  }
}

/** Passes on every other packet late, so that relaying sets timers too. */
class UnevenRelay implements RelayPolicy {
  delayUs = 0;

  copies(owed: number): number {
    this.delayUs = this.delayUs === 0 ? 20_000 : 0;
    return owed;
  }
}

/** A Mainframe node with a user, traced. */
class TracedNode implements HostedNode {
  readonly trace: Tracer;
  readonly inputs: Input[] = [];
  readonly #node: MainframeNode;
  readonly #keys: readonly Uint8Array[];

  constructor(host: Host, suite: CryptoSuite) {
    this.trace = new Tracer(host);
    const keys = identities.map(({ secret }) => suite.agreementKey(secret));
    this.#keys = keys.map((key) => key.publicKey);
    this.#node = new MainframeNode(this.trace, {
      overlay: { ...DEFAULT_OVERLAY_OPTIONS, start: 'join', refreshUs: 15 * S },
      routing: { ...DEFAULT_ROUTING_OPTIONS, stemHops: 2 },
      overlayPolicy: HONEST_OVERLAY_POLICY,
      relayPolicy: new UnevenRelay(),
      key: keys[host.self]!,
      bootstrap: host.self === 1 ? [] : [1],
      scratch: new NodeScratch(suite),
    });
  }

  start(): void {
    this.trace.note('start');
    this.#node.start();
  }

  stop(): void {
    this.trace.note('stop');
    this.#node.stop();
  }

  onDatagram(from: number, bytes: Uint8Array, offset: number, length: number): number {
    const copy = Uint8Array.from(bytes.subarray(offset, offset + length));
    this.inputs.push({ timeUs: this.trace.now(), from, bytes: copy, kind: 0, argument: 0 });
    const outcome = this.#node.onDatagram(from, bytes, offset, length);
    this.trace.note(`datagram from ${from}: outcome ${outcome}`);
    return outcome;
  }

  onTimer(kind: number, argument: number): number {
    const act = kind >= ACT_SEND;
    if (act)
      this.inputs.push({
        timeUs: this.trace.now(),
        from: -1,
        bytes: undefined,
        kind,
        argument,
      });
    const outcome = act ? this.#act(kind, argument) : this.#node.onTimer(kind, argument);
    this.trace.note(`timer ${kind} ${argument}: outcome ${outcome}`);
    return outcome;
  }

  #act(kind: number, to: number): number {
    if (kind === ACT_GARBAGE) {
      const bytes = new Uint8Array(300);
      this.trace.random('garbage').fill(bytes, 0, bytes.length);
      // Of every type that a message can have, and others.
      bytes[0] = bytes[0]! & 0x1f;
      this.trace.send(to, bytes, 0, 1 + this.trace.random('garbage').below(bytes.length));
      return 1;
    }
    const text = new Uint8Array(100).fill(0x61);
    const { words } = this.trace.peers;
    const sent = this.#node.router.send(
      this.#keys[to]!,
      words,
      to * ADDRESS_WORDS,
      3,
      text,
      0,
      text.length,
    );
    return sent ? 1 : 0;
  }
}

/** Node 0's life in the simulated world. */
function simulate(): TracedNode {
  const suite = createSuite('noble');
  const world = new World({
    seed: SEED,
    crypto: suite,
    network: {
      latency: { kind: 'constant', delayUs: 20_000 },
      jitter: { law: 'uniform', lowUs: 0, highUs: 30_000 },
      loss: { kind: 'independent', ratio: 0.05 },
      duplicateRatio: 0.05,
      reorderRatio: 0,
      queue: { kind: 'drop-tail', limitBytes: 1 << 20 },
      mtuBytes: 1_500,
    },
  });
  let traced: TracedNode | undefined;
  identities.forEach(({ address }, index) => {
    world.addNode(address, endpoint(endpointOf(index)), (host) => {
      const node = new TracedNode(host, suite);
      if (index === 0) traced = node;
      return node;
    });
  });
  world.controlAt(START_US, 0, CONTROL_START);
  for (let node = 1; node < NODES; node++) world.controlAt(node * 300_000, node, CONTROL_START);
  for (let i = 0; i < 40; i++) {
    const [from, to] = [i % NODES, (i * 3 + 1) % NODES];
    if (from !== to) world.atNode((10 + i) * S + 7, from, ACT_SEND, to);
    world.atNode((10 + i) * S + 9, 1 + (i % (NODES - 1)), ACT_GARBAGE, 0);
  }
  // Node 7 goes, so that requests to it run into their timers.
  world.controlAt(20 * S, 7, CONTROL_STOP);
  world.controlAt(STOP_US, 0, CONTROL_STOP);
  world.run(STOP_US + S);
  return traced!;
}

/** The same node on the live host, given `inputs`. */
async function replay(
  inputs: readonly Input[],
): Promise<{ node: TracedNode; transport: MemoryTransport; host: LiveHost }> {
  const suite = createSuite('noble');
  const peers = new PeerBook(64, 0x5ec2e7);
  identities.forEach(({ address }, index) => {
    peers.intern(address, 0, endpoint(endpointOf(index)), 0);
  });
  const machine = new ManualMachine();
  const transport = new MemoryTransport({ ipv4: true });
  const host = new LiveHost(transport, { peers, self: 0, crypto: suite, machine, seed: SEED });
  const peerHost = new PeerHost(host);
  const node = new TracedNode(peerHost, suite);
  peerHost.attach(node);
  machine.advanceTo(START_US);
  host.run(peerHost);
  for (const { timeUs, from, bytes, kind, argument } of inputs) {
    machine.advanceTo(timeUs);
    if (bytes === undefined) host.act(() => peerHost.onTimer(kind, argument));
    else transport.receive(endpointOf(from), bytes);
  }
  machine.advanceTo(STOP_US);
  await host.close();
  machine.advanceTo(STOP_US + S);
  return { node, transport, host };
}

describe('a node on the live host', () => {
  it('does what it does in the simulator', async () => {
    const simulated = simulate();
    const { node, transport, host } = await replay(simulated.inputs);

    // The minute was an eventful one.
    const { lines } = simulated.trace;
    const count = (pattern: RegExp): number => lines.filter((line) => pattern.test(line)).length;
    expect(count(/ send /)).toBeGreaterThan(200);
    expect(count(/ datagram /)).toBeGreaterThan(200);
    expect(count(/ event /)).toBeGreaterThan(100);
    for (const kind of [0x100, 0x101, 0x200])
      expect(count(new RegExp(` timer ${kind} `)), `timers of kind ${kind}`).toBeGreaterThan(1);
    expect(count(/ cancel \d/)).toBeGreaterThan(50);
    const outcomes = new Set(lines.map((line) => / datagram .* (\d+)$/.exec(line)?.[1]));
    for (const outcome of ['1', '2', '3', '4', '8']) expect(outcomes).toContain(outcome);

    expect(node.trace.lines).toEqual(lines);
    expect(
      transport.sent.map(({ to, bytes }) => ({ to, bytes: hex(bytes, 0, bytes.length) })),
    ).toEqual(simulated.trace.sent);
    expect(host.counters()).toMatchObject({ exceptions: 0, datagramsOut: transport.sent.length });
  });
});
