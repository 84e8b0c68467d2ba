/**
 * What is measured of discovery. It knows what no node knows: who is up, whose manifest is the newest, whose offers are genuine.
 */
import { AD_PLACED, SEARCH_FINISHED, SEARCH_FOUND } from '../../protocols/discovery/events.ts';
import { isGenuine } from '../behaviours/sellers.ts';
import type { Discovery } from '../../protocols/discovery/machine.ts';
import type { PeerHandle } from '../../protocols/host.ts';
import type { PeerBook } from '../../protocols/identity/peer-book.ts';
import type { RoutingTable } from '../../protocols/overlay/table.ts';
import type { Role } from '../model.ts';
import type { MetricBook } from './metric-book.ts';
import type { DiscoveryView } from './world-port.ts';

const US_PER_MS = 1_000;

export interface DiscoveryTruth {
  /** Nodes of the world are 0..size-1. */
  readonly size: number;
  readonly peers: PeerBook;
  isUp(node: number): boolean;
  discoveryOf(node: number): DiscoveryView;
}

export function discoveryView(discovery: Discovery, table: RoutingTable): DiscoveryView {
  let agreed = 0;
  for (let i = 0; i < table.size; i++)
    if (discovery.agreementWith(table.handles[i]!) !== undefined) agreed++;
  return {
    sequence: discovery.manifest.sequence,
    advertisers: discovery.registrar.table.ads.map(({ peer }) => peer),
    agreed,
    contacts: table.size,
  };
}

/** What a search of a node has found, until it is finished. */
interface Finding {
  genuine: number;
  providers: number;
  spam: number;
  stale: number;
}

export class DiscoveryWatch {
  readonly #truth: DiscoveryTruth;
  readonly #roleOf: Uint8Array;
  readonly #genuine: readonly boolean[];
  readonly #warmupUs: number;
  readonly #findings = new Map<number, Finding>();
  /** When each node began to advertise, and those that somebody has found. */
  readonly #beganUs = new Map<number, number>();
  readonly #found = new Set<number>();

  constructor(truth: DiscoveryTruth, roles: readonly Role[], roleOf: Uint8Array, warmupUs: number) {
    this.#truth = truth;
    this.#roleOf = roleOf;
    this.#genuine = roles.map((role) => isGenuine(role.behaves));
    this.#warmupUs = warmupUs;
  }

  event(
    book: MetricBook,
    timeUs: number,
    node: number,
    event: number,
    b: number,
    c: number,
    d: number,
  ): void {
    switch (event) {
      case AD_PLACED: {
        const askedUs = timeUs - d * US_PER_MS;
        if (!this.#beganUs.has(node)) this.#beganUs.set(node, askedUs);
        if (askedUs >= this.#warmupUs) book.add('discovery.waiting', d * US_PER_MS, node);
        return;
      }
      case SEARCH_FOUND:
        this.#foundOne(book, timeUs, node, b, c);
        return;
      case SEARCH_FINISHED: {
        const finding = this.#findings.get(node);
        this.#findings.delete(node);
        if (timeUs - c >= this.#warmupUs) finished(book, node, b, c, finding);
        return;
      }
      default:
        return;
    }
  }

  /** At the end: what stands in the tables, and with how many contacts something is agreed. */
  census(book: MetricBook): void {
    const { size, peers } = this.#truth;
    const networks = new Map<number, boolean>();
    for (let node = 0; node < size; node++) {
      if (!this.#truth.isUp(node)) continue;
      const { advertisers, agreed, contacts } = this.#truth.discoveryOf(node);
      for (const peer of advertisers)
        networks.set(peers.endpointNetwork(peer), this.#isGenuine(peer));
      if (!this.#isGenuine(node)) continue;
      book.add('discovery.table', advertisers.length, node);
      for (const peer of advertisers)
        book.add('discovery.spam_share', this.#isGenuine(peer) ? 0 : 1, node);
      if (contacts > 0) book.add('peering.agreed', agreed / contacts, node);
    }
    const spam = [...networks.values()].filter((genuine) => !genuine).length;
    if (networks.size > 0) book.add('discovery.spam_networks', spam / networks.size);
  }

  #foundOne(
    book: MetricBook,
    timeUs: number,
    node: number,
    provider: PeerHandle,
    sequence: number,
  ): void {
    let finding = this.#findings.get(node);
    if (finding === undefined) {
      finding = { genuine: 0, providers: 0, spam: 0, stale: 0 };
      this.#findings.set(node, finding);
    }
    finding.providers++;
    if (!this.#isGenuine(provider)) {
      finding.spam++;
      return;
    }
    const { isUp, discoveryOf } = this.#truth;
    // A manifest that was signed in another process may be found before its number is reported.
    const fresh = isUp(provider) && sequence >= discoveryOf(provider).sequence;
    if (fresh) finding.genuine++;
    else finding.stale++;
    const beganUs = this.#beganUs.get(provider);
    if (beganUs === undefined || this.#found.has(provider)) return;
    this.#found.add(provider);
    book.add('discovery.time_to_be_found', timeUs - beganUs, provider);
  }

  #isGenuine(peer: PeerHandle): boolean {
    return peer < this.#truth.size && this.#genuine[this.#roleOf[peer]!]!;
  }
}

function finished(
  book: MetricBook,
  node: number,
  requests: number,
  latencyUs: number,
  finding: Finding | undefined,
): void {
  book.add('discovery.found', finding !== undefined && finding.genuine > 0 ? 1 : 0, node);
  book.add('discovery.messages', requests, node);
  book.add('discovery.search_time', latencyUs, node);
  if (finding === undefined) return;
  book.add('discovery.spam_results', finding.spam / finding.providers, node);
  const sellers = finding.genuine + finding.stale;
  if (sellers > 0) book.add('discovery.staleness', finding.stale / sellers, node);
}
