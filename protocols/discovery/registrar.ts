/**
 * The registrar: every node keeps advertisements of others and shows them to who asks.
 *
 * Whoever wants a place asks, is given a ticket and a time, and comes back with ticket and manifest. Until an advertisement is admitted nothing is
 * kept and no signature is checked: a stranger's first datagram costs two hashes. How long the wait is stands in `waiting.ts`; it is worked out
 * again at each return, from the table as it is then, and what was waited already counts.
 */
import { readUint16, readUint32 } from '../codec/bytes.ts';
import type { Host, PeerHandle } from '../host.ts';
import { ENDPOINT_BYTES } from '../identity/peer-book.ts';
import type { Remembered } from '../identity/remembered.ts';
import type { RandomStream } from '../random.ts';
import { AdTable, type Ad } from './ad-table.ts';
import { AD_ADMITTED } from './events.ts';
import { isAt } from './places.ts';
import { isCurrent, serviceOf, succession, type Manifest } from './manifest.ts';
import {
  adsThatFit,
  MESSAGE_ADS,
  MESSAGE_REGISTERED,
  MESSAGE_REJECTED,
  MESSAGE_TICKET,
  type DiscoveryMessage,
  type Query,
  type Shelf,
  type ShownAd,
} from './messages.ts';
import type { RegistrarOptions } from './options.ts';
import type { DiscoveryPolicy } from './policy.ts';
import { quote, type Scores } from './query.ts';
import { TicketPrinter } from './tickets.ts';
import { limitMs, waitMs } from './waiting.ts';

/** Why an advertisement is not taken. Numbers of the wire. */
export const REJECTED_TICKET = 1;
export const REJECTED_EARLY = 2;
export const REJECTED_LATE = 3;
export const REJECTED_MANIFEST = 4;

const WAIT_MS_MAX = 0xffff_ffff;

/** What the registrar needs of the node that it is part of. */
export interface RegistrarSetting {
  host: Host;
  options: RegistrarOptions;
  networkId: bigint;
  manifests: Remembered<Manifest>;
  scores: Scores;
  policy: Pick<DiscoveryPolicy, 'shows'>;
  now(): { ms: number; seconds: number };
}

export class Registrar {
  readonly table: AdTable;
  readonly #setting: RegistrarSetting;
  readonly #tickets: TicketPrinter;
  readonly #random: RandomStream;
  readonly #endpoint = new Uint8Array(ENDPOINT_BYTES);

  constructor(setting: RegistrarSetting) {
    const { host } = setting;
    this.#setting = setting;
    this.table = new AdTable(setting.options.capacity);
    this.#random = host.random('discovery/registrar');
    this.#tickets = new TicketPrinter(host.crypto, host.peers, this.#random);
  }

  /** `from` asks for a place. @returns the answer. */
  asked(from: PeerHandle, transaction: number, shelf: Shelf): DiscoveryMessage {
    const { ms } = this.#setting.now();
    this.table.expire(ms);
    const there = this.table.find(from, shelf);
    // Nobody has two places on one shelf: until the first is free, the next cannot be queued for.
    if (there !== undefined)
      return { type: MESSAGE_REGISTERED, transaction, staysMs: there.untilMs - ms };
    return this.#ticket(from, transaction, shelf, ms, this.#remaining(from, shelf, ms, ms));
  }

  /** `from` comes back with a ticket. @returns the answer. */
  registers(
    from: PeerHandle,
    transaction: number,
    shelf: Shelf,
    ticket: Uint8Array,
    bytes: Uint8Array,
  ): DiscoveryMessage {
    const { ms } = this.#setting.now();
    const rejected = (reason: number): DiscoveryMessage => ({
      type: MESSAGE_REJECTED,
      transaction,
      reason,
    });
    this.table.expire(ms);
    const there = this.table.find(from, shelf);
    if (there !== undefined) {
      // New prices take the place of the old ones, for as long as that place lasts.
      const manifest = this.#check(from, shelf, bytes);
      if (manifest === undefined) return rejected(REJECTED_MANIFEST);
      if (succession(there.manifest, manifest) === 'newer') there.manifest = manifest;
      return { type: MESSAGE_REGISTERED, transaction, staysMs: there.untilMs - ms };
    }
    const read = this.#tickets.read(from, shelf, ticket);
    if (read === undefined) return rejected(REJECTED_TICKET);
    if (ms < read.goodFromMs) return rejected(REJECTED_EARLY);
    if (ms >= read.goodFromMs + this.#setting.options.windowUs / 1_000)
      return rejected(REJECTED_LATE);
    const remaining = this.#remaining(from, shelf, ms, read.firstMs);
    if (remaining > 0) return this.#ticket(from, transaction, shelf, read.firstMs, remaining);
    const manifest = this.#check(from, shelf, bytes);
    if (manifest === undefined) return rejected(REJECTED_MANIFEST);
    const untilMs = this.#admit(from, shelf, manifest, ms);
    return { type: MESSAGE_REGISTERED, transaction, staysMs: untilMs - ms };
  }

  /** Answers a search: what matches, in an order drawn anew each time, one of each network first, as much as one datagram carries. */
  answers(transaction: number, shelf: number, query: Query): DiscoveryMessage {
    return { type: MESSAGE_ADS, transaction, ads: this.matches(shelf, query) };
  }

  /** What a search of this shelf is shown. */
  matches(shelf: number, query: Query): ShownAd[] {
    const { scores, policy, now, options } = this.#setting;
    const { ms, seconds } = now();
    this.table.expire(ms);
    const found = this.table.ads.filter(
      (ad) =>
        ad.service === query.service &&
        ad.shelf === shelf &&
        quote(ad.manifest, query, scores, seconds) !== undefined &&
        policy.shows(ad.manifest),
    );
    for (let i = 0; i < found.length - 1; i++) {
      const j = i + this.#random.below(found.length - i);
      const swap = found[i]!;
      found[i] = found[j]!;
      found[j] = swap;
    }
    const ordered = options.admission === 'tickets' ? networksFirst(found) : found;
    const shown = ordered.map(({ endpoint, manifest }) => ({ endpoint, manifest: manifest.bytes }));
    return shown.slice(0, adsThatFit(shown));
  }

  /** What is left to wait for who asked first at `firstMs`, milliseconds. */
  #remaining(from: PeerHandle, { service }: Shelf, ms: number, firstMs: number): number {
    const { options } = this.#setting;
    if (options.admission === 'free') return 0;
    const [network, wideNetwork] = this.#networks(from);
    const there = this.table.occupancy(service, network, wideNetwork);
    const left = waitMs(options, there) - (ms - firstMs);
    return Math.max(0, left, limitMs(options, there, ms));
  }

  #ticket(
    from: PeerHandle,
    transaction: number,
    shelf: Shelf,
    firstMs: number,
    remainingMs: number,
  ): DiscoveryMessage {
    const wait = Math.min(WAIT_MS_MAX, remainingMs);
    const goodFromMs = this.#setting.now().ms + wait;
    const ticket = this.#tickets.print(from, shelf, { firstMs, goodFromMs });
    return { type: MESSAGE_TICKET, transaction, waitMs: wait, ticket };
  }

  #admit(from: PeerHandle, { service, shelf }: Shelf, manifest: Manifest, ms: number): number {
    const { options, host } = this.#setting;
    const [network, wideNetwork] = this.#networks(from);
    const untilMs = Math.min(
      ms + Math.floor(options.adLifetimeUs / 1_000),
      manifest.untilSeconds * 1_000,
    );
    const endpoint = this.#endpoint.slice();
    const ad: Ad = {
      service,
      shelf,
      peer: from,
      manifest,
      endpoint,
      network,
      wideNetwork,
      untilMs,
    };
    this.table.add(ad);
    host.emit(AD_ADMITTED, from, service, shelf, this.table.size);
    return untilMs;
  }

  /** Nobody advertises for another, on another network, for a service that it does not sell, or what is over. */
  #check(from: PeerHandle, { service }: Shelf, bytes: Uint8Array): Manifest | undefined {
    const { host, manifests, networkId, now } = this.#setting;
    const manifest = manifests.verify(bytes, 0, bytes.length);
    if (manifest?.networkId !== networkId || !isCurrent(manifest, now().seconds)) return undefined;
    if (!isAt(host.peers, from, manifest.address)) return undefined;
    return serviceOf(manifest, service) === undefined ? undefined : manifest;
  }

  /** The networks of a peer's endpoint, which is left in the scratch. */
  #networks(peer: PeerHandle): [narrow: number, wide: number] {
    const { peers } = this.#setting.host;
    peers.writeEndpoint(peer, this.#endpoint, 0);
    const mapped = this.#endpoint[10] === 0xff && this.#endpoint[11] === 0xff;
    // An IPv6 network of 32 bits has the sign of being above all IPv4 networks of 16.
    const wide = mapped ? readUint16(this.#endpoint, 12) : 0x1_0000 + readUint32(this.#endpoint, 0);
    return [peers.endpointNetwork(peer), wide];
  }
}

/** One advertisement of each network before a second one of any; otherwise in the same order. */
function networksFirst(ads: readonly Ad[]): Ad[] {
  const networks = new Set<number>();
  const first: Ad[] = [];
  const rest: Ad[] = [];
  for (const ad of ads) {
    (networks.has(ad.network) ? rest : first).push(ad);
    networks.add(ad.network);
  }
  return [...first, ...rest];
}
