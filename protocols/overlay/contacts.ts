/**
 * Who gets into the table, and who leaves it.
 *
 * Three rules. *Nobody becomes a contact before it has answered us*: what others say of a peer, and what a peer says from
 * an address that it may have forged, only makes a stranger worth a PING. *Old live contacts stay*: a full bin takes a
 * newcomer only after its most silent contact failed to answer, since who has been up long will stay up longest
 * (Maymounkov & Mazières 2002 §2.2) and a flood of newcomers must not wash a table out. *One network cannot own a bin*:
 * at most a share of each bin comes from one /24.
 *
 * A lost datagram is not a dead peer: two failures in a row are needed, and the second is always a PING of its own.
 */
import { MICROS_PER_SECOND, type Host, type PeerHandle } from '../host.ts';
import { CandidateList } from './candidates.ts';
import { neighbourhoodDepth } from './depth.ts';
import {
  EVENT_CONTACT_ADDED,
  EVENT_CONTACT_REMOVED,
  REMOVED_LEFT,
  REMOVED_SILENT,
  REMOVED_SURPLUS,
} from './events.ts';
import type { OverlayOptions } from './options.ts';
import { CHALLENGE_AGE_SECONDS, NEIGHBOURHOOD_BIN_MAX, VERIFICATIONS_MAX } from './params.ts';
import { REQUEST_CHECK, REQUEST_VERIFY, type Requests } from './requests.ts';
import { INSERT_ADDED, type RoutingTable } from './table.ts';

/** Failures in a row after which a contact counts as gone. */
const FAILURES_MAX = 2;

export class Contacts {
  readonly table: RoutingTable;
  readonly candidates: CandidateList;
  /** Called with the bin of a contact that was lost (not of one that we gave up). */
  onLost: (bin: number) => void = () => {};
  /** Called when somebody has become a contact, or is one no more. */
  onChanged: (peer: PeerHandle, isContact: boolean) => void = () => {};
  readonly #host: Host;
  readonly #options: OverlayOptions;
  readonly #requests: Requests;
  #depth = 0;
  #depthVersion = -1;

  constructor(host: Host, table: RoutingTable, options: OverlayOptions, requests: Requests) {
    this.#host = host;
    this.table = table;
    this.candidates = new CandidateList(table);
    this.#options = options;
    this.#requests = requests;
  }

  /** Neighbourhood depth, computed again only when the table has changed. */
  depth(): number {
    if (this.#depthVersion !== this.table.version) {
      this.#depth = neighbourhoodDepth(this.table, this.#options.neighbourhood);
      this.#depthVersion = this.table.version;
    }
    return this.#depth;
  }

  /** Network time in whole seconds, as the table counts it. */
  nowSeconds(): number {
    return Math.floor(this.#host.now() / MICROS_PER_SECOND);
  }

  /** Contacts that `bin` may hold: the neighbourhood takes everyone. */
  capacity(bin: number): number {
    return bin < this.depth()
      ? this.#options.bucket
      : Math.max(NEIGHBOURHOOD_BIN_MAX, this.#options.bucket);
  }

  /** A request came from `peer`. */
  heard(peer: PeerHandle): void {
    const at = this.table.indexOf(peer);
    if (at >= 0) this.table.seenSeconds[at] = this.nowSeconds();
    else this.consider(peer);
  }

  /** `peer` is said to exist: worth a PING if we want it, worth remembering if not now. */
  consider(peer: PeerHandle): void {
    if (peer === this.table.self || this.table.has(peer)) return;
    const bin = this.table.binOf(peer);
    const wanted = this.table.binSize(bin) < this.capacity(bin) && this.#networkHasRoom(peer, bin);
    if (!wanted || this.#requests.verifications >= VERIFICATIONS_MAX) this.candidates.add(peer);
    else this.verify(peer);
  }

  /** Pings a stranger, once at a time. */
  verify(peer: PeerHandle): void {
    if (this.#requests.isPinging(peer)) return;
    this.candidates.remove(peer);
    this.#requests.ping(peer, REQUEST_VERIFY, 0);
  }

  /** `peer` has answered a request of ours: it exists, at that endpoint, now. */
  answered(peer: PeerHandle): void {
    const at = this.table.indexOf(peer);
    if (at >= 0) {
      this.table.seenSeconds[at] = this.nowSeconds();
      return;
    }
    const bin = this.table.binOf(peer);
    if (!this.#networkHasRoom(peer, bin)) return;
    const now = this.nowSeconds();
    if (this.table.insert(peer, now, this.capacity(bin)) === INSERT_ADDED) {
      this.candidates.remove(peer);
      this.#host.emit(EVENT_CONTACT_ADDED, peer, bin, this.table.binSize(bin), this.table.size);
      this.onChanged(peer, true);
      return;
    }
    this.candidates.add(peer);
    this.#challenge(bin, now);
  }

  /** A request to `peer` has failed `failures` times in a row; ask again, or give it up. */
  failed(peer: PeerHandle, failures: number): void {
    if (!this.table.has(peer)) this.candidates.remove(peer);
    else if (failures >= FAILURES_MAX) this.#remove(peer, REMOVED_SILENT);
    else if (!this.#requests.isPinging(peer)) this.#requests.ping(peer, REQUEST_CHECK, failures);
  }

  /** `peer` says that it goes. */
  left(peer: PeerHandle): boolean {
    this.candidates.remove(peer);
    if (!this.table.has(peer)) return false;
    this.#remove(peer, REMOVED_LEFT);
    return true;
  }

  /** Pings up to `most` contacts not heard from since `ageSeconds` ago. */
  checkSilent(ageSeconds: number, most: number): void {
    const now = this.nowSeconds();
    let asked = 0;
    for (let i = 0; i < this.table.size && asked < most; i++) {
      const peer = this.table.handles[i]!;
      if (now - this.table.seenSeconds[i]! < ageSeconds || this.#requests.isPinging(peer)) continue;
      if (this.#requests.ping(peer, REQUEST_CHECK, 0)) asked++;
    }
  }

  /**
   * Gives up what bins outside the neighbourhood hold beyond their capacity: they were taken while the neighbourhood began
   * farther out. The newest go. Not where tables were laid out symmetric: there the other end counts on the link.
   */
  trim(): void {
    if (this.#options.symmetric && this.#options.start === 'converged') return;
    const depth = this.depth();
    for (let bin = 0; bin < depth; bin++) {
      while (this.table.binSize(bin) > this.#options.bucket) {
        this.#remove(this.table.handles[this.table.end(bin) - 1]!, REMOVED_SURPLUS);
      }
    }
  }

  /** Asks the most silent contact of a full bin whether it is still there. */
  #challenge(bin: number, now: number): void {
    const stalest = this.table.stalest(bin);
    if (stalest < 0 || this.#requests.isPinging(stalest)) return;
    const seen = this.table.seenSeconds[this.table.indexOf(stalest)]!;
    if (now - seen >= CHALLENGE_AGE_SECONDS) this.#requests.ping(stalest, REQUEST_CHECK, 0);
  }

  #remove(peer: PeerHandle, reason: number): void {
    const bin = this.table.binOf(peer);
    this.table.remove(peer);
    this.#host.emit(EVENT_CONTACT_REMOVED, peer, bin, reason, this.table.size);
    this.onChanged(peer, false);
    if (reason !== REMOVED_SURPLUS) this.onLost(bin);
  }

  /** Whether `bin` may take one more contact from the endpoint network of `peer`. */
  #networkHasRoom(peer: PeerHandle, bin: number): boolean {
    const limit = networkLimit(this.#options);
    if (limit === Infinity) return true;
    const peers = this.#host.peers;
    const network = peers.endpointNetwork(peer);
    const end = this.table.end(bin);
    let same = 0;
    for (let i = this.table.start(bin); i < end; i++) {
      if (peers.endpointNetwork(this.table.handles[i]!) === network && ++same >= limit)
        return false;
    }
    return true;
  }
}

/** Most contacts of one bin from one endpoint network; Infinity when the limit is off. At least one. */
export function networkLimit(options: OverlayOptions): number {
  if (options.networkShareRatio >= 1) return Infinity;
  return Math.max(1, Math.floor(options.networkShareRatio * options.bucket));
}
