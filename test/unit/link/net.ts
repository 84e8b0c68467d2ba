/** A small network of link layers under a test's thumb: it sees, delays, loses, changes and repeats what it likes. */
import { createSuite } from '../../../protocols/crypto/suites.ts';
import type { SuiteName } from '../../../protocols/crypto/port.ts';
import type { HostedNode, Micros, TimerId } from '../../../protocols/host.ts';
import { ENDPOINT_BYTES, PeerBook } from '../../../protocols/identity/peer-book.ts';
import { accountFromPublicKey, overlayAddress } from '../../../protocols/identity/address.ts';
import { signRecord } from '../../../protocols/identity/record.ts';
import type { LinkHost } from '../../../protocols/link/host.ts';
import { LinkLayer } from '../../../protocols/link/machine.ts';
import { LinkScratch } from '../../../protocols/link/session.ts';
import { DEFAULT_LINK_OPTIONS, type LinkOptions } from '../../../protocols/link/options.ts';
import type { RandomStream } from '../../../protocols/random.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';

export const NETWORK = 7n;
const DELAY_US = 20_000;

export interface Datagram {
  from: number;
  to: number;
  bytes: Uint8Array;
}

export interface Delivery {
  peer: number;
  text: string;
}

interface Pending {
  atUs: Micros;
  order: number;
  run: () => void;
}

/** The endpoint of a machine, as 18 bytes: 10.0.x.y, port 4000. */
export function endpointBytes(machine: number): Uint8Array {
  const bytes = new Uint8Array(ENDPOINT_BYTES);
  bytes.set([0xff, 0xff, 10, 0, machine >>> 8, machine & 0xff, 4000 >>> 8, 4000 & 0xff], 10);
  return bytes;
}

export class Net {
  nowUs: Micros = 1_000_000;
  /** Everything that was ever sent. */
  readonly sent: Datagram[] = [];
  /** What becomes of a datagram: itself by default, several, or none. */
  fate: (datagram: Datagram) => readonly Datagram[] = (datagram) => [datagram];
  readonly members: Member[] = [];
  readonly suite;
  readonly streams: StreamFactory;
  #pending: Pending[] = [];
  #order = 0;

  constructor(seed: string, suite: SuiteName = 'modelled') {
    this.suite = createSuite(suite);
    this.streams = new StreamFactory(seed);
  }

  add(
    options: Partial<LinkOptions> = {},
    parts: { seed?: string; sequence?: number } = {},
  ): Member {
    const member = new Member(this, this.members.length, options, parts);
    this.members.push(member);
    return member;
  }

  at(atUs: Micros, run: () => void): Pending {
    const pending = { atUs, order: this.#order++, run };
    this.#pending.push(pending);
    return pending;
  }

  cancel(pending: Pending): void {
    this.#pending = this.#pending.filter((other) => other !== pending);
  }

  transmit(datagram: Datagram): void {
    this.sent.push(datagram);
    for (const arriving of this.fate(datagram)) this.deliver(arriving);
  }

  deliver({ from, to, bytes }: Datagram): void {
    this.at(this.nowUs + DELAY_US, () => {
      const member = this.members.find((m) => m.machine === to);
      if (member?.up === true) member.link.onDatagram(from, bytes, 0, bytes.length);
    });
  }

  /** Lets time pass. */
  run(forUs: Micros): void {
    const untilUs = this.nowUs + forUs;
    for (;;) {
      let next: Pending | undefined;
      for (const p of this.#pending)
        if (
          p.atUs <= untilUs &&
          (next === undefined ||
            p.atUs < next.atUs ||
            (p.atUs === next.atUs && p.order < next.order))
        )
          next = p;
      if (next === undefined) break;
      this.cancel(next);
      this.nowUs = Math.max(this.nowUs, next.atUs);
      next.run();
    }
    this.nowUs = untilUs;
  }
}

/** One node: its link, and an application that writes down what it gets. */
export class Member implements HostedNode {
  /** Endpoint number that it sends from; changes when it moves. */
  machine: number;
  up = true;
  readonly link: LinkLayer;
  readonly peers = new PeerBook();
  readonly address: Uint8Array;
  readonly self: number;
  readonly got: Delivery[] = [];
  readonly messages: { peer: number; stream: number; bytes: Uint8Array }[] = [];
  /** Peers to whom messages were taken again. */
  readonly writable: number[] = [];
  readonly events: { event: number; a: number; b: number }[] = [];
  readonly held = new Map<number, number>();

  constructor(
    net: Net,
    machine: number,
    options: Partial<LinkOptions>,
    parts: { seed?: string; sequence?: number },
  ) {
    this.machine = machine;
    const random = net.streams.stream(`member/${parts.seed ?? machine}`);
    const secret = new Uint8Array(32);
    const nonce = new Uint8Array(32);
    const keySecret = new Uint8Array(32);
    for (const bytes of [secret, nonce, keySecret]) random.fill(bytes, 0, 32);
    const { suite } = net;
    const key = suite.agreementKey(keySecret);
    const account = accountFromPublicKey(suite, suite.accountPublicKey(secret));
    this.address = overlayAddress(suite, account, NETWORK, nonce);
    const record = signRecord(suite, secret, {
      networkId: NETWORK,
      nonce,
      publicKey: key.publicKey,
      endpoint: endpointBytes(machine),
      sequence: parts.sequence ?? 1,
    });
    this.self = this.peers.intern(this.address, 0, endpointBytes(machine), 0);
    const streams = new Map<string, RandomStream>();
    const host: LinkHost = {
      self: this.self,
      peers: this.peers,
      crypto: suite,
      keyLog: undefined,
      now: () => net.nowUs,
      random: (purpose) => {
        const known =
          streams.get(purpose) ??
          net.streams.stream(`host/${machine}/${parts.seed ?? ''}/${purpose}`);
        streams.set(purpose, known);
        return known;
      },
      sendTo: (endpoint, bytes, offset, length) => {
        net.transmit({
          from: this.machine,
          to: endpoint,
          bytes: bytes.slice(offset, offset + length),
        });
      },
      endpointOf: (peer) => {
        const bytes = new Uint8Array(ENDPOINT_BYTES);
        this.peers.writeEndpoint(peer, bytes, 0);
        return (bytes[14]! << 8) | bytes[15]!;
      },
      writeEndpoint: (endpoint, out, offset) => {
        out.set(endpointBytes(endpoint), offset);
      },
      holdEndpoint: (endpoint) => this.held.set(endpoint, (this.held.get(endpoint) ?? 0) + 1),
      releaseEndpoint: (endpoint) => this.held.set(endpoint, (this.held.get(endpoint) ?? 0) - 1),
      setTimer: (delayUs, kind, argument) => {
        const id = this.#nextTimer++;
        this.#timers.set(
          id,
          net.at(net.nowUs + delayUs, () => {
            this.#timers.delete(id);
            if (this.up) this.link.onTimer(kind, argument);
          }),
        );
        return id;
      },
      cancelTimer: (timer: TimerId) => {
        const pending = this.#timers.get(timer);
        if (pending !== undefined) net.cancel(pending);
        this.#timers.delete(timer);
      },
      emit: (event, a, b) => this.events.push({ event, a, b }),
    };
    this.link = new LinkLayer(
      host,
      { key, record, networkId: NETWORK },
      { ...DEFAULT_LINK_OPTIONS, ...options },
      new LinkScratch(suite),
    );
    this.link.attach(this);
    this.link.start();
  }

  #nextTimer = 0;
  readonly #timers = new Map<number, ReturnType<Net['at']>>();

  /** Pending timers. */
  get timers(): number {
    return this.#timers.size;
  }

  /** Number under which this member knows another. */
  handleOf(other: Member, machine = other.machine): number {
    return this.peers.intern(other.address, 0, endpointBytes(machine), 0);
  }

  say(to: Member, text: string): void {
    const bytes = new TextEncoder().encode(`\u0001${text}`);
    this.link.send(this.handleOf(to), bytes, 0, bytes.length);
  }

  send(to: Member, stream: number, message: Uint8Array): boolean {
    return this.link.sendMessage(this.handleOf(to), stream, message);
  }

  texts(): string[] {
    return this.got.map(({ text }) => text);
  }

  start(): void {}
  stop(): void {}
  onDatagram(peer: number, bytes: Uint8Array, offset: number, length: number): number {
    this.got.push({
      peer,
      text: new TextDecoder().decode(bytes.subarray(offset + 1, offset + length)),
    });
    return 1;
  }
  onTimer(): number {
    return 0;
  }
  onMessage(peer: number, stream: number, bytes: Uint8Array): void {
    this.messages.push({ peer, stream, bytes });
  }
  onWritable(peer: number): void {
    this.writable.push(peer);
  }
}
