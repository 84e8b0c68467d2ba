/**
 * One router on a host that records: what a single node does with a datagram, without a network around it.
 */
import { createSuite } from '../../../protocols/crypto/suites.ts';
import type { AgreementKey, CryptoSuite } from '../../../protocols/crypto/port.ts';
import type { Host } from '../../../protocols/host.ts';
import { ENDPOINT_BYTES, PeerBook } from '../../../protocols/identity/peer-book.ts';
import { ADDRESS_WORDS } from '../../../protocols/identity/proximity.ts';
import { neighbourhoodDepth } from '../../../protocols/overlay/depth.ts';
import { RoutingTable } from '../../../protocols/overlay/table.ts';
import type { RandomStream } from '../../../protocols/random.ts';
import { DarkRouter } from '../../../protocols/routing/machine.ts';
import type { LeakSwitches, RoutingOptions } from '../../../protocols/routing/options.ts';
import { DEFAULT_ROUTING_OPTIONS, NO_LEAKS } from '../../../protocols/routing/params.ts';
import { HONEST_RELAY_POLICY, type RelayPolicy } from '../../../protocols/routing/policy.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';

export const NO_ENDPOINT = new Uint8Array(ENDPOINT_BYTES);
const UNLIMITED = 0xffff;

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** 32 address bytes that begin with `bits` ('0101…'), the rest from `fill` repeated. */
export function addressOf(bits: string, fill = 0): Uint8Array {
  const bytes = new Uint8Array(32).fill(fill);
  for (let i = 0; i < bits.length; i++) {
    const mask = 0x80 >>> (i & 7);
    if (bits[i] === '1') bytes[i >>> 3]! |= mask;
    else bytes[i >>> 3]! &= ~mask;
  }
  return bytes;
}

/** A table of the node at `self` with contacts in the order given; contact i has handle i + 1. */
export function tableOf(
  self: Uint8Array,
  contacts: readonly Uint8Array[],
): { peers: PeerBook; table: RoutingTable } {
  const peers = new PeerBook();
  const table = new RoutingTable(peers, peers.intern(self, 0, NO_ENDPOINT, 0));
  for (const contact of contacts) {
    const handle = peers.intern(contact, 0, NO_ENDPOINT, 0);
    if (handle !== table.size + 1) throw new Error(`contact ${table.size} was given twice`);
    table.insert(handle, 0, UNLIMITED);
  }
  return { peers, table };
}

export interface SentDatagram {
  to: number;
  bytes: Uint8Array;
}

export interface Emitted {
  event: number;
  values: [number, number, number, number];
}

/** A `Host` that keeps what it is told. */
export class RecordingHost implements Host {
  readonly self: number;
  readonly peers: PeerBook;
  readonly crypto: CryptoSuite;
  readonly sent: SentDatagram[] = [];
  readonly events: Emitted[] = [];
  readonly timers: { delayUs: number; kind: number; argument: number }[] = [];
  nowUs = 0;
  readonly #streams: StreamFactory;
  readonly #open = new Map<string, RandomStream>();

  constructor(peers: PeerBook, self: number, crypto: CryptoSuite, seed: string) {
    this.peers = peers;
    this.self = self;
    this.crypto = crypto;
    this.#streams = new StreamFactory(seed);
  }

  now(): number {
    return this.nowUs;
  }

  random(purpose: string): RandomStream {
    let stream = this.#open.get(purpose);
    if (stream === undefined) {
      stream = this.#streams.stream(`${this.self}/${purpose}`);
      this.#open.set(purpose, stream);
    }
    return stream;
  }

  send(peer: number, bytes: Uint8Array, offset: number, length: number): void {
    this.sent.push({ to: peer, bytes: bytes.slice(offset, offset + length) });
  }

  sendToMany(
    peers: Int32Array,
    count: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): void {
    for (let i = 0; i < count; i++) this.send(peers[i]!, bytes, offset, length);
  }

  setTimer(delayUs: number, kind: number, argument: number): number {
    this.timers.push({ delayUs, kind, argument });
    return this.timers.length - 1;
  }

  cancelTimer(): void {
    throw new Error('dark routing cancels no timer');
  }

  emit(event: number, a: number, b: number, c: number, d: number): void {
    this.events.push({ event, values: [a, b, c, d] });
  }

  eventsOf(event: number): Emitted[] {
    return this.events.filter((e) => e.event === event);
  }
}

export interface Lone {
  host: RecordingHost;
  table: RoutingTable;
  router: DarkRouter;
  key: AgreementKey;
}

export interface LoneSettings {
  self?: Uint8Array;
  contacts: readonly Uint8Array[];
  options?: Partial<Omit<RoutingOptions, 'leaks'>>;
  leaks?: Partial<LeakSwitches>;
  policy?: (host: Host) => RelayPolicy;
  seed?: string;
  suite?: CryptoSuite;
  secret?: number;
}

/** One router at `self` (zeros by default) that knows `contacts` as handles 1, 2, … */
export function loneRouter(settings: LoneSettings): Lone {
  const { peers, table } = tableOf(settings.self ?? new Uint8Array(32), settings.contacts);
  const suite = settings.suite ?? createSuite('modelled');
  const host = new RecordingHost(peers, table.self, suite, settings.seed ?? 'lone');
  const key = suite.agreementKey(new Uint8Array(32).fill(settings.secret ?? 7));
  const options: RoutingOptions = {
    ...DEFAULT_ROUTING_OPTIONS,
    trees: 1,
    ...settings.options,
    leaks: { ...NO_LEAKS, ...settings.leaks },
  };
  const router = new DarkRouter(
    host,
    table,
    () => neighbourhoodDepth(table, 2),
    options,
    settings.policy?.(host) ?? HONEST_RELAY_POLICY,
    key,
  );
  return { host, table, router, key };
}

/** Sends `text` from `lone` to the holder of `key` at `address`. */
export function sendText(
  lone: Lone,
  key: AgreementKey,
  address: Uint8Array,
  luminosity: number,
  text: Uint8Array,
): boolean {
  const words = new Uint32Array(ADDRESS_WORDS);
  const view = new DataView(address.buffer, address.byteOffset);
  for (let i = 0; i < ADDRESS_WORDS; i++) words[i] = view.getUint32(4 * i);
  return lone.router.send(key.publicKey, words, 0, luminosity, text, 0, text.length);
}

/** What people write in these tests. */
export const TEXT = new Uint8Array(40).fill(0x61);

/** A packet that the node 11…1 makes for `recipient`'s key at `address`, as it leaves that node. */
export function packetFor(
  recipient: Lone,
  address: Uint8Array,
  luminosity: number,
  settings: Partial<LoneSettings> = {},
): Uint8Array {
  const sender = loneRouter({
    self: new Uint8Array(32).fill(0xff),
    contacts: [address],
    seed: 'sender',
    ...settings,
  });
  if (!sendText(sender, recipient.key, address, luminosity, TEXT)) throw new Error('not sent');
  return sender.host.sent[0]!.bytes;
}

export function receive(lone: Lone, from: number, bytes: Uint8Array): number {
  return lone.router.onDatagram(from, bytes, 0, bytes.length);
}
