/**
 * What a node does for its table of its own accord: join, refresh, heal.
 *
 * *Join* looks up our own address through the bootstrap peers, which finds the neighbourhood, then fills the bins before it.
 * *Refresh* does the same from time to time, pings who has been silent, and samples the network's density.
 * *Heal* runs a moment after contacts were lost: known candidates first (Swarm's suggested peer), a look-up where there
 * is none. All of it is one look-up at a time, so maintenance never bursts.
 *
 * How a bin is filled decides how good it is. The k nearest peers of one random address lie next to each other, and a bin of
 * neighbours is worth hardly more than a single contact: greedy routing gains from a bin's *spread*. So a bin is filled by
 * *narrow* look-ups (only the one nearest peer) of fresh random addresses in it, and one wide look-up ends the search
 * when these find nobody new, which is how bins that cannot be full get everyone there is.
 */
import { MICROS_PER_SECOND, NO_TIMER, type Host, type PeerHandle, type TimerId } from '../host.ts';
import { ADDRESS_WORDS } from '../identity/proximity.ts';
import type { RandomStream } from '../random.ts';
import type { Contacts } from './contacts.ts';
import { DensitySamples, distanceRatio } from './estimate.ts';
import {
  EVENT_JOIN_FAILED,
  EVENT_JOINED,
  EVENT_REFRESH_FINISHED,
  PURPOSE_FILL,
  PURPOSE_HEAL,
  PURPOSE_JOIN,
  PURPOSE_REFRESH,
  PURPOSE_SAMPLE,
  PURPOSE_WORKLOAD,
} from './events.ts';
import type { Lookup, Lookups } from './lookup.ts';
import type { OverlayOptions } from './options.ts';
import {
  FILL_MISSES_MAX,
  HEAL_DELAY_US,
  JOIN_RETRY_US,
  REQUESTS_MAX,
  SAMPLE_WIDTH,
  SAMPLES_MIN,
} from './params.ts';
import { suggestPeer } from './suggest.ts';
import { BIN_COUNT } from './table.ts';
import { TIMER_HEAL, TIMER_JOIN, TIMER_REFRESH } from './timers.ts';

const NO_SEEDS: readonly PeerHandle[] = [];
const NARROW_WIDTH = 1;

const PASS_IDLE = 0;
const PASS_SELF = 1;
const PASS_FILL = 2;
const PASS_SAMPLE = 3;

export class Maintenance {
  readonly samples = new DensitySamples();
  readonly #host: Host;
  readonly #options: OverlayOptions;
  readonly #contacts: Contacts;
  readonly #lookups: Lookups;
  #stream: RandomStream | undefined;
  readonly #target = new Uint32Array(ADDRESS_WORDS);
  /** 1 for each bin that has lost a contact since it was last looked after. */
  readonly #lost = new Uint8Array(BIN_COUNT);
  #bootstrap: readonly PeerHandle[] = NO_SEEDS;
  #startedBefore = false;
  #joinFailures = 0;
  #pass = PASS_IDLE;
  #passStartedUs = 0;
  #passLookups = 0;
  #passSamples = 0;
  #bin = 0;
  #binSizeBefore = 0;
  #misses = 0;
  #healing = false;
  #refreshTimer: TimerId = NO_TIMER;
  #healTimer: TimerId = NO_TIMER;
  #joinTimer: TimerId = NO_TIMER;

  constructor(host: Host, options: OverlayOptions, contacts: Contacts, lookups: Lookups) {
    this.#host = host;
    this.#options = options;
    this.#contacts = contacts;
    this.#lookups = lookups;
  }

  start(bootstrap: readonly PeerHandle[]): void {
    this.#bootstrap = bootstrap;
    this.#pass = PASS_IDLE;
    this.#healing = false;
    this.#joinFailures = 0;
    this.#lost.fill(0);
    const { refreshUs } = this.#options;
    if (refreshUs > 0) this.#refreshIn(1 + this.#random().below(refreshUs));
    // A table that was laid out for the first start needs no joining; one that we come back with is out of date.
    const laidOut = this.#options.start === 'converged' && this.#contacts.table.size > 0;
    if (!laidOut || this.#startedBefore) this.#join();
    this.#startedBefore = true;
  }

  /** Those that a join begins with. */
  eachPeer(visit: (peer: PeerHandle) => void): void {
    this.#bootstrap.forEach(visit);
  }

  stop(): void {
    this.#host.cancelTimer(this.#refreshTimer);
    this.#host.cancelTimer(this.#healTimer);
    this.#host.cancelTimer(this.#joinTimer);
    this.#healTimer = NO_TIMER;
    this.#pass = PASS_IDLE;
  }

  /** One of our timers. @returns false when the kind is none of ours. */
  onTimer(kind: number): boolean {
    switch (kind) {
      case TIMER_REFRESH:
        this.#refreshIn(this.#jittered(this.#options.refreshUs));
        this.#refresh();
        return true;
      case TIMER_HEAL:
        this.#healTimer = NO_TIMER;
        this.#heal();
        return true;
      case TIMER_JOIN:
        this.#join();
        return true;
      default:
        return false;
    }
  }

  /** A look-up of any purpose has ended. */
  onLookup(lookup: Lookup): void {
    switch (lookup.purpose) {
      case PURPOSE_JOIN:
        this.#joined(lookup.size > 0);
        return;
      case PURPOSE_REFRESH:
        if (this.#pass === PASS_SELF) this.#startFilling();
        return;
      case PURPOSE_FILL:
        if (this.#pass === PASS_FILL) this.#filled();
        return;
      case PURPOSE_HEAL:
        this.#healing = false;
        this.#scheduleHealIfLost();
        return;
      case PURPOSE_SAMPLE:
        this.#sample(lookup);
        if (this.#pass === PASS_SAMPLE) this.#sampleOrEnd();
        return;
      case PURPOSE_WORKLOAD:
        this.#sample(lookup);
        return;
    }
  }

  /** A contact of `bin` was lost. */
  onLost(bin: number): void {
    this.#lost[bin] = 1;
    this.#scheduleHeal();
  }

  // ---- join ----

  #join(): void {
    const self = this.#host.self * ADDRESS_WORDS;
    const words = this.#host.peers.words;
    this.#lookups.start(words, self, PURPOSE_JOIN, this.#options.bucket, this.#bootstrap);
  }

  #joined(found: boolean): void {
    if (!found) {
      this.#joinFailures++;
      this.#host.emit(EVENT_JOIN_FAILED, this.#joinFailures, 0, 0, 0);
      const delayUs = this.#jittered(JOIN_RETRY_US);
      this.#joinTimer = this.#host.setTimer(delayUs, TIMER_JOIN, 0);
      return;
    }
    this.#host.emit(EVENT_JOINED, this.#contacts.table.size, this.#contacts.depth(), 0, 0);
    if (this.#pass !== PASS_IDLE) return;
    this.#beginPass();
    // Samples can wait for the first refresh; a newcomer's neighbours have enough of its look-ups.
    this.#passSamples = -1;
    this.#startFilling();
  }

  // ---- refresh ----

  #refresh(): void {
    if (this.#pass !== PASS_IDLE) return;
    this.#beginPass();
    this.#contacts.checkSilent(this.#options.refreshUs / MICROS_PER_SECOND, REQUESTS_MAX / 4);
    this.#pass = PASS_SELF;
    this.#passLookups++;
    const self = this.#host.self * ADDRESS_WORDS;
    const words = this.#host.peers.words;
    const width = this.#options.bucket;
    if (this.#lookups.start(words, self, PURPOSE_REFRESH, width, this.#bootstrap) < 0)
      this.#startFilling();
  }

  #beginPass(): void {
    this.#passStartedUs = this.#host.now();
    this.#passLookups = 0;
    this.#passSamples = 0;
  }

  #startFilling(): void {
    this.#contacts.trim();
    this.#pass = PASS_FILL;
    this.#bin = 0;
    this.#misses = 0;
    this.#fillNext();
  }

  /** Looks for contacts of the next bin that lacks some, or goes on to sampling. */
  #fillNext(): void {
    const { bucket } = this.#options;
    for (; this.#bin < this.#contacts.depth(); this.#bin++, this.#misses = 0) {
      if (this.#misses > FILL_MISSES_MAX) continue;
      this.#binSizeBefore = this.#contacts.table.binSize(this.#bin);
      if (this.#binSizeBefore >= bucket) continue;
      const width = this.#misses === FILL_MISSES_MAX ? bucket : NARROW_WIDTH;
      this.#randomTarget(this.#bin);
      this.#passLookups++;
      if (this.#lookups.start(this.#target, 0, PURPOSE_FILL, width, NO_SEEDS) >= 0) return;
    }
    this.#pass = PASS_SAMPLE;
    this.#sampleOrEnd();
  }

  /** A look-up into the current bin has ended. */
  #filled(): void {
    const grew = this.#contacts.table.binSize(this.#bin) > this.#binSizeBefore;
    this.#misses = grew && this.#misses < FILL_MISSES_MAX ? 0 : this.#misses + 1;
    this.#fillNext();
  }

  /** Samples until there are enough for an estimate, and at least once a pass. */
  #sampleOrEnd(): void {
    const wanted = this.#passSamples === 0 || this.samples.count < SAMPLES_MIN;
    if (wanted && this.#passSamples >= 0 && this.#passSamples < SAMPLES_MIN) {
      this.#passSamples++;
      this.#passLookups++;
      this.#randomTarget(-1);
      if (this.#lookups.start(this.#target, 0, PURPOSE_SAMPLE, SAMPLE_WIDTH, NO_SEEDS) >= 0) return;
    }
    this.#pass = PASS_IDLE;
    this.#contacts.trim();
    this.#host.emit(
      EVENT_REFRESH_FINISHED,
      this.#contacts.table.size,
      this.#contacts.depth(),
      this.#passLookups,
      this.#host.now() - this.#passStartedUs,
    );
  }

  /** A look-up of a uniformly random address is a sample if it found as many peers as it wanted. */
  #sample(lookup: Lookup): void {
    const rank = lookup.width;
    if (rank < 3 || rank > 255 || lookup.size < rank) return;
    const farthest = lookup.handles[rank - 1]! * ADDRESS_WORDS;
    const distance = distanceRatio(lookup.target, 0, this.#host.peers.words, farthest);
    if (distance > 0) this.samples.add(distance, rank);
  }

  // ---- heal ----

  #heal(): void {
    const { bucket, neighbourhood, alpha } = this.#options;
    const { table, candidates } = this.#contacts;
    const wanted = { neighbourhood, minimum: bucket, maximum: bucket };
    for (let i = 0; i < alpha; i++) {
      const peer = suggestPeer(table, candidates, wanted);
      if (peer < 0) break;
      candidates.remove(peer);
      this.#contacts.verify(peer);
    }
    const bin = this.#lost.indexOf(1);
    if (bin < 0 || this.#healing) return;
    this.#lost[bin] = 0;
    if (bin >= this.#contacts.depth()) {
      // The neighbourhood is whole again when our own address has been looked up, for all its bins at once.
      this.#lost.fill(0, bin);
      const self = this.#host.self * ADDRESS_WORDS;
      this.#healing = true;
      this.#lookups.start(this.#host.peers.words, self, PURPOSE_HEAL, bucket, NO_SEEDS);
    } else if (table.binSize(bin) < bucket) {
      this.#randomTarget(bin);
      this.#healing = true;
      this.#lookups.start(this.#target, 0, PURPOSE_HEAL, NARROW_WIDTH, NO_SEEDS);
    } else this.#scheduleHealIfLost();
  }

  #scheduleHealIfLost(): void {
    if (this.#lost.indexOf(1) >= 0) this.#scheduleHeal();
  }

  #scheduleHeal(): void {
    if (this.#healTimer !== NO_TIMER) return;
    this.#healTimer = this.#host.setTimer(this.#jittered(HEAL_DELAY_US), TIMER_HEAL, 0);
  }

  // ---- timers and targets ----

  #refreshIn(delayUs: number): void {
    this.#refreshTimer = this.#host.setTimer(delayUs, TIMER_REFRESH, 0);
  }

  /** Our stream, made when first drawn from: a node that is only laid out never needs it. */
  #random(): RandomStream {
    return (this.#stream ??= this.#host.random('overlay/refresh'));
  }

  /** Uniform in [delay / 2, delay]. */
  #jittered(delayUs: number): number {
    const half = Math.max(1, Math.floor(delayUs / 2));
    return half + this.#random().below(half + 1);
  }

  /** A random address of `bin` (-1: of the whole space) into #target. Draws eight values. */
  #randomTarget(bin: number): void {
    for (let i = 0; i < ADDRESS_WORDS; i++) this.#target[i] = this.#random().uint32();
    if (bin < 0) return;
    const words = this.#host.peers.words;
    const self = this.#host.self * ADDRESS_WORDS;
    const word = bin >>> 5;
    for (let i = 0; i < word; i++) this.#target[i] = words[self + i]!;
    const bit = 31 - (bin & 31);
    // The bits before `bin` are ours, `bin` is not, the rest stays random.
    const low = (1 << bit) >>> 0;
    const ours = (words[self + word]! ^ low) >>> 0;
    this.#target[word] = ours - (ours % low) + (this.#target[word]! % low);
  }
}
