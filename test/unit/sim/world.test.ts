/** The world with small nodes of its own: what is delivered, what is lost, what a crash silences, what the digest sees. */
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import type { Host, HostedNode } from '../../../protocols/host.ts';
import { drawIdentity } from '../../../scenarios/run/population.ts';
import type { NetworkModel } from '../../../sim/network/model.ts';
import { DROP_LOSS, DROP_OFFLINE } from '../../../sim/network/transit.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import type { Recorder } from '../../../sim/recorder.ts';
import { CONTROL_START, World } from '../../../sim/world.ts';

const quiet: NetworkModel = {
  latency: { kind: 'constant', delayUs: 10_000 },
  duplicateRatio: 0,
  reorderRatio: 0,
  queue: { kind: 'drop-tail', limitBytes: 1 << 20 },
  mtuBytes: 1_500,
};

/** Sends a numbered datagram to a drawn peer every millisecond or so, echoes what it gets once. */
class Chatter implements HostedNode {
  starts = 0;
  readonly got: number[] = [];
  readonly #host: Host;
  readonly #nodes: number;
  readonly #bytes = new Uint8Array(64);
  #count = 0;

  constructor(host: Host, nodes: number) {
    this.#host = host;
    this.#nodes = nodes;
  }

  start(): void {
    this.starts++;
    this.#host.setTimer(1_000 + this.#host.random('chat').below(1_000), 1, 0);
  }

  stop(): void {
    this.#bytes[0] = 9;
    this.#host.send((this.#host.self + 1) % this.#nodes, this.#bytes, 0, 8);
  }

  onDatagram(from: number, bytes: Uint8Array, offset: number, length: number): number {
    this.got.push(bytes[offset]!);
    if (bytes[offset] === 1) {
      this.#bytes[0] = 2;
      this.#host.sendToMany(
        Int32Array.of(from, (from + 1) % this.#nodes),
        2,
        this.#bytes,
        0,
        length,
      );
    }
    return 1;
  }

  onTimer(kind: number): number {
    const random = this.#host.random('chat');
    this.#host.setTimer(1_000 + random.below(1_000), 1, 0);
    this.#bytes[0] = kind;
    this.#bytes[1] = this.#count++;
    this.#host.send(random.below(this.#nodes), this.#bytes, 0, 8 + random.below(50));
    return 1;
  }
}

function chatterWorld(
  nodes: number,
  options: { network?: NetworkModel; seed?: number; recorder?: Recorder; order?: number[] } = {},
): { world: World; node: (i: number) => Chatter } {
  const suite = createSuite('modelled');
  const seed = options.seed ?? 1;
  const world = new World({
    seed,
    network: options.network ?? quiet,
    crypto: suite,
    ...(options.recorder === undefined ? {} : { recorder: options.recorder }),
  });
  const streams = new StreamFactory(seed);
  for (let i = 0; i < nodes; i++) {
    const { address, endpoint } = drawIdentity(suite, streams, i, false);
    world.addNode(address, endpoint, (host) => new Chatter(host, nodes));
  }
  for (const i of options.order ?? []) world.node(i);
  for (let i = 0; i < nodes; i++) world.start(i);
  return { world, node: (i) => world.node(i) as Chatter };
}

const lossy: NetworkModel = {
  ...quiet,
  jitter: { law: 'exponential', meanUs: 3_000 },
  loss: { kind: 'independent', ratio: 0.2 },
  duplicateRatio: 0.1,
  uploadBitsPerSecond: 1e6,
  downloadBitsPerSecond: 1e6,
};

describe('the world', () => {
  it('delivers every datagram of a quiet network, and holds none afterwards', () => {
    const { world, node } = chatterWorld(20);
    world.run(100_000);
    for (let i = 0; i < 20; i++) world.crash(i);
    world.run(200_000);
    const sent = world.datagramsSent.reduce((a, b) => a + b, 0);
    const got = Array.from({ length: 20 }, (_, i) => node(i).got.length).reduce((a, b) => a + b, 0);
    expect(got + world.drops[DROP_OFFLINE]!).toBe(sent);
    expect(world.inFlight).toBe(0);
    expect(got).toBeGreaterThan(1_000);
  });

  it('accounts for every datagram of a bad one', () => {
    let delivered = 0;
    let dropped = 0;
    const recorder: Recorder = {
      event() {},
      delivered: () => delivered++,
      dropped: () => dropped++,
    };
    const { world } = chatterWorld(20, { network: lossy, recorder });
    world.run(300_000);
    for (let i = 0; i < 20; i++) world.crash(i);
    world.run(3_000_000);
    const sent = world.datagramsSent.reduce((a, b) => a + b, 0);
    const lost = world.drops[DROP_LOSS]!;
    // One draw for each datagram: three standard errors of a binomial share.
    expect(Math.abs(lost / sent - 0.2)).toBeLessThan(3 * Math.sqrt((0.2 * 0.8) / sent));
    // Duplicates make more arrivals than datagrams; nothing else may.
    expect(delivered + dropped).toBeGreaterThan(sent);
    expect(delivered + dropped).toBeLessThan(sent * 1.15);
    expect(world.inFlight).toBe(0);
  });

  it('silences the timers of a life that a crash ended, and starts anew', () => {
    const { world, node } = chatterWorld(3);
    world.run(10_000);
    const before = world.datagramsSent[1]!;
    world.crash(1);
    world.run(30_000);
    expect(world.datagramsSent[1]).toBe(before);
    world.controlAt(40_000, 1, CONTROL_START);
    world.run(60_000);
    expect(node(1).starts).toBe(2);
    const rate = world.datagramsSent[1]! - before;
    // One timer chain, not two: about 13 acts in 20 ms and at most two echoes for what it gets.
    expect(rate).toBeGreaterThan(5);
    expect(rate).toBeLessThan(80);
    expect(world.upTimeUs(1)).toBe(60_000 - 30_000);
  });

  it('lets a node that leaves say so, and one that crashes not', () => {
    const { world, node } = chatterWorld(3);
    world.run(10_000);
    world.stop(0);
    world.crash(2);
    world.run(40_000);
    expect(node(1).got).toContain(9);
    expect(world.drops[DROP_OFFLINE]).toBeGreaterThan(0);
  });

  it('has a digest that no recorder, creation order or slicing changes, and every seed does', () => {
    const nodes = 30;
    const plain = chatterWorld(nodes, { network: lossy });
    plain.world.run(200_000);
    const digest = plain.world.digest();
    expect(digest).toMatch(/^mf1:[0-9a-f]{64}$/);

    const recorder: Recorder = { event() {}, sent() {}, dropped() {}, delivered() {} };
    const order = Array.from({ length: nodes }, (_, i) => (i * 7 + 3) % nodes);
    const other = chatterWorld(nodes, { network: lossy, recorder, order });
    while (other.world.run(200_000, 13) === 'budget');
    expect(other.world.digest()).toBe(digest);
    for (let i = 0; i < nodes; i++)
      expect(other.world.nodeDigest(i)).toBe(plain.world.nodeDigest(i));

    const seeded = chatterWorld(nodes, { network: lossy, seed: 2 });
    seeded.world.run(200_000);
    expect(seeded.world.digest()).not.toBe(digest);
  });

  it('loses what is sent to an address that nobody has', () => {
    const { world } = chatterWorld(2);
    const stranger = world.peers.intern(new Uint8Array(32).fill(7), 0, new Uint8Array(18), 0);
    world.send(0, stranger, new Uint8Array(8), 0, 8);
    expect(world.drops[DROP_OFFLINE]).toBe(1);
  });

  it('refuses a node that comes late or twice', () => {
    const { world } = chatterWorld(2);
    expect(() =>
      world.addNode(new Uint8Array(32), new Uint8Array(18), () => {
        throw new Error('never');
      }),
    ).toThrow(/before the first/);
  });
});
