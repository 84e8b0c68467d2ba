/**
 * A handful of nodes on perfect links under a virtual clock: the smallest world in which a protocol can run.
 *
 * It implements `Host` and nothing more: datagrams arrive after a fixed delay, in order; a filter may drop some; events are
 * kept. For tests of one protocol, where the simulator would hide what goes on.
 */
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import type { Host, HostedNode, PeerHandle } from '../../protocols/host.ts';
import { ENDPOINT_BYTES, PeerBook } from '../../protocols/identity/peer-book.ts';
import { ADDRESS_BYTES } from '../../protocols/identity/proximity.ts';
import type { RandomStream } from '../../protocols/random.ts';
import { StreamFactory } from '../../sim/random/streams.ts';

export interface PairEvent {
  timeUs: number;
  node: number;
  event: number;
  values: [number, number, number, number];
}

interface Scheduled {
  timeUs: number;
  sequence: number;
  run: () => void;
}

export class PairNet {
  readonly peers = new PeerBook();
  readonly events: PairEvent[] = [];
  readonly outcomes: number[] = [];
  nowUs = 0;
  /** Datagrams and bytes handed over by each node. */
  readonly sent: number[] = [];
  /** Return false to lose a datagram. Called with a copy of its bytes. */
  filter: (from: number, to: number, bytes: Uint8Array) => boolean = () => true;
  readonly hosts: Host[] = [];
  readonly nodes: (HostedNode | undefined)[] = [];
  readonly #delayUs: number;
  readonly #streams: StreamFactory;
  #queue: Scheduled[] = [];
  #sequence = 0;

  constructor(seed: string, delayUs = 10_000) {
    this.#delayUs = delayUs;
    this.#streams = new StreamFactory(seed);
  }

  /** Adds a peer; `attach` gives it a node later. @returns its handle, which is also its index. */
  add(address?: Uint8Array, endpoint?: Uint8Array): number {
    const index = this.hosts.length;
    const random = this.#streams.stream(`identity/${index}`);
    const bytes = address ?? new Uint8Array(ADDRESS_BYTES);
    if (address === undefined) random.fill(bytes, 0, bytes.length);
    const where = endpoint ?? new Uint8Array(ENDPOINT_BYTES);
    if (endpoint === undefined) random.fill(where, 0, where.length);
    const handle = this.peers.intern(bytes, 0, where, 0);
    if (handle !== index) throw new Error(`peer ${index} has the address of peer ${handle}`);
    this.hosts.push(this.#host(index));
    this.nodes.push(undefined);
    this.sent.push(0);
    return index;
  }

  attach<T extends HostedNode>(index: number, node: T): T {
    this.nodes[index] = node;
    return node;
  }

  /** Takes a node away as a crash does: nothing reaches it, its timers are dead. */
  crash(index: number): void {
    this.nodes[index] = undefined;
  }

  /** Runs everything due up to and including `untilUs`. */
  run(untilUs: number): void {
    for (;;) {
      const next = this.#queue[0];
      if (next === undefined || next.timeUs > untilUs) break;
      this.#queue.shift();
      this.nowUs = next.timeUs;
      next.run();
    }
    this.nowUs = untilUs;
  }

  at(delayUs: number, run: () => void): Scheduled {
    const item = { timeUs: this.nowUs + delayUs, sequence: this.#sequence++, run };
    let at = this.#queue.length;
    while (at > 0 && this.#queue[at - 1]!.timeUs > item.timeUs) at--;
    this.#queue.splice(at, 0, item);
    return item;
  }

  #host(self: number): Host {
    const streams = new Map<string, RandomStream>();
    const timers = new Map<number, Scheduled>();
    let nextTimer = 0;
    const send = (to: PeerHandle, bytes: Uint8Array, offset: number, length: number): void => {
      this.sent[self]!++;
      const copy = bytes.slice(offset, offset + length);
      if (copy.length !== length) throw new Error(`sent ${length} bytes of a shorter array`);
      if (!this.filter(self, to, copy)) return;
      this.at(this.#delayUs, () => {
        const outcome = this.nodes[to]?.onDatagram(self, copy, 0, length);
        if (outcome !== undefined) this.outcomes.push(outcome);
      });
    };
    return {
      self,
      peers: this.peers,
      // No protocol tested here seals anything; one that does brings a suite.
      crypto: undefined as unknown as CryptoSuite,
      now: () => this.nowUs,
      random: (purpose) => {
        let stream = streams.get(purpose);
        if (stream === undefined) {
          stream = this.#streams.stream(`node/${self}/${purpose}`);
          streams.set(purpose, stream);
        }
        return stream;
      },
      send,
      sendToMany: (peers, count, bytes, offset, length) => {
        for (let i = 0; i < count; i++) send(peers[i]!, bytes, offset, length);
      },
      setTimer: (delayUs, kind, argument) => {
        const id = nextTimer++;
        const owner = this.nodes[self];
        timers.set(
          id,
          this.at(delayUs, () => {
            // A timer dies with the life of the node that set it.
            if (timers.delete(id) && this.nodes[self] !== undefined && this.nodes[self] === owner)
              owner!.onTimer(kind, argument);
          }),
        );
        return id;
      },
      cancelTimer: (id) => void timers.delete(id),
      emit: (event, a, b, c, d) =>
        void this.events.push({ timeUs: this.nowUs, node: self, event, values: [a, b, c, d] }),
    };
  }
}
