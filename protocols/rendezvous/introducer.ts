/**
 * A common neighbour's part: telling two peers where each is, and carrying their datagrams where nothing else works.
 *
 * What an introducer says makes others send, so it says little. It names only endpoints that it sees itself, over links that are open and whose
 * peers have just proved to be there; it asks the one before it tells the other; each peer may ask for few introductions and be asked for few, and all
 * together for few. What it relays is bounded for each pair and in total, and goes nowhere but between the two that it has introduced.
 */
import type { Micros, PeerHandle } from '../host.ts';
import { ADDRESS_BYTES, ADDRESS_WORDS, readAddress } from '../identity/proximity.ts';
import {
  OUTCOME_FORWARDED,
  OUTCOME_HANDLED,
  OUTCOME_IGNORED,
  OUTCOME_REFUSED,
} from '../outcomes.ts';
import { Bucket, PeerBuckets } from './buckets.ts';
import { PEERS_INTRODUCED, RELAY_REFUSED } from './events.ts';
import type { Ground } from './ground.ts';
import {
  MESSAGE_GONE,
  MESSAGE_INVITE,
  MESSAGE_MEET,
  MESSAGE_REFUSE,
  REFUSED_DECLINED,
  REFUSED_NOT_YET,
  REFUSED_TOO_MANY,
  REFUSED_UNKNOWN,
} from './messages.ts';
import type { Neighbours } from './neighbours.ts';

/** Peers whose budgets are remembered. */
const PEERS_MAX = 4_096;
/** Invitations that wait for an answer, and for how long. */
const PENDING_MAX = 256;
const PENDING_US = 5_000_000;

interface Pending {
  asker: PeerHandle;
  invited: PeerHandle;
  transaction: number;
  relay: boolean;
  atUs: Micros;
}

interface Channel {
  a: PeerHandle;
  b: PeerHandle;
  bytes: Bucket;
  usedUs: Micros;
}

export class Introducer {
  readonly #ground: Ground;
  readonly #neighbours: Neighbours;
  readonly #asked: PeerBuckets;
  readonly #wanted: PeerBuckets;
  readonly #pending = new Map<number, Pending>();
  readonly #channels = new Map<number, Channel>();
  readonly #allBytes: Bucket;
  readonly #words = new Uint32Array(ADDRESS_WORDS);

  constructor(ground: Ground, neighbours: Neighbours) {
    this.#ground = ground;
    this.#neighbours = neighbours;
    const { asked, askedAll, wanted, wantedAll, allBytes } = ground.options;
    this.#asked = new PeerBuckets(asked, askedAll, PEERS_MAX);
    this.#wanted = new PeerBuckets(wanted, wantedAll, PEERS_MAX);
    this.#allBytes = new Bucket(allBytes);
  }

  clear(): void {
    this.#pending.clear();
    this.#channels.clear();
  }

  eachPeer(visit: (peer: PeerHandle) => void): void {
    this.#asked.eachPeer(visit);
    this.#wanted.eachPeer(visit);
    for (const { asker, invited } of this.#pending.values()) [asker, invited].forEach(visit);
    for (const { a, b } of this.#channels.values()) [a, b].forEach(visit);
  }

  /** Invitations and channels in memory. */
  get usage(): { pending: number; channels: number } {
    return { pending: this.#pending.size, channels: this.#channels.size };
  }

  /** `asker` wants to meet whoever has `address`. */
  onIntroduce(asker: PeerHandle, transaction: number, address: Uint8Array): number {
    const refused = this.#invite(asker, transaction, address);
    if (refused === 0) return OUTCOME_HANDLED;
    this.#ground.counters.refused++;
    // An answer to each would be one more thing to ask for without end.
    if (refused !== REFUSED_TOO_MANY || this.#neighbours.mayAsk(asker))
      this.#ground.say(asker, { type: MESSAGE_REFUSE, number: transaction, reason: refused });
    return OUTCOME_REFUSED;
  }

  /** Asks the other one. @returns 0, or why not. */
  #invite(asker: PeerHandle, transaction: number, address: Uint8Array): number {
    const { paths, policy, link } = this.#ground;
    const nowUs = this.#ground.now();
    if (!this.#asked.take(asker, 1, nowUs)) return REFUSED_TOO_MANY;
    readAddress(address, 0, this.#words, 0);
    const other = paths.peers.lookup(this.#words, 0);
    if (other < 0 || other === asker || this.#ground.directEndpoint(other) < 0)
      return REFUSED_UNKNOWN;
    const endpoint = this.#neighbours.provenEndpoint(asker);
    for (const peer of [asker, other])
      if (this.#neighbours.provenEndpoint(peer) < 0) this.#neighbours.ask(peer);
    // Both may want it at the same moment; they are to use one channel.
    if (this.#isPending(asker, other)) return REFUSED_NOT_YET;
    if (endpoint < 0 || this.#neighbours.provenEndpoint(other) < 0) return REFUSED_NOT_YET;
    if (!policy.introduce(asker, other)) return REFUSED_DECLINED;
    if (!this.#wanted.take(other, 1, nowUs) || !this.#roomForInvitation(nowUs))
      return REFUSED_TOO_MANY;
    const known = this.#channelOf(asker, other);
    const relay =
      known !== undefined || (policy.relay(asker, other) && this.#roomForChannel(asker, other));
    const channel = known ?? this.#freshNumber();
    this.#pending.set(channel, { asker, invited: other, transaction, relay, atUs: nowUs });
    const theirs = new Uint8Array(ADDRESS_BYTES);
    paths.peers.writeAddress(asker, theirs, 0);
    this.#ground.say(other, {
      type: MESSAGE_INVITE,
      number: channel,
      relay,
      address: theirs,
      endpoint: this.#ground.endpointBytes(link.about(asker)!.endpoint),
    });
    return 0;
  }

  onAccept(from: PeerHandle, channel: number): number {
    const pending = this.#takePending(from, channel);
    if (pending === undefined) return OUTCOME_IGNORED;
    const { asker, invited, transaction } = pending;
    const endpoint = this.#neighbours.provenEndpoint(invited);
    if (endpoint < 0 || this.#ground.directEndpoint(asker) < 0) return OUTCOME_REFUSED;
    const nowUs = this.#ground.now();
    // Room may have been taken since; then they are on their own.
    const room = this.#channels.has(channel) || this.#roomForChannel(asker, invited);
    const relay = pending.relay && room;
    if (relay && !this.#channels.has(channel)) {
      const bytes = new Bucket(this.#ground.options.pairBytes);
      this.#channels.set(channel, { a: asker, b: invited, bytes, usedUs: nowUs });
    }
    this.#ground.counters.introduced++;
    this.#ground.paths.emit(PEERS_INTRODUCED, asker, invited, 0, 0);
    this.#ground.say(asker, {
      type: MESSAGE_MEET,
      number: transaction,
      channel,
      relay,
      endpoint: this.#ground.endpointBytes(endpoint),
    });
    return OUTCOME_HANDLED;
  }

  onDecline(from: PeerHandle, channel: number): number {
    const pending = this.#takePending(from, channel);
    if (pending === undefined) return OUTCOME_IGNORED;
    const { asker, transaction } = pending;
    this.#ground.counters.refused++;
    this.#ground.say(asker, {
      type: MESSAGE_REFUSE,
      number: transaction,
      reason: REFUSED_DECLINED,
    });
    return OUTCOME_HANDLED;
  }

  /** Passes a RELAY on to the other end of its channel. The bytes are borrowed. */
  onRelay(
    from: PeerHandle,
    number: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
  ): number {
    const channel = this.#channels.get(number);
    if (channel === undefined || (from !== channel.a && from !== channel.b)) {
      if (this.#neighbours.mayAsk(from)) this.#ground.say(from, { type: MESSAGE_GONE, number });
      return OUTCOME_REFUSED;
    }
    const to = from === channel.a ? channel.b : channel.a;
    const nowUs = this.#ground.now();
    const { counters } = this.#ground;
    channel.usedUs = nowUs;
    const affordable =
      this.#ground.directEndpoint(to) >= 0 &&
      channel.bytes.take(length, nowUs) &&
      this.#allBytes.take(length, nowUs);
    if (!affordable) {
      counters.unrelayedBytes += length;
      this.#ground.paths.emit(RELAY_REFUSED, from, length, 0, 0);
      return OUTCOME_REFUSED;
    }
    counters.relayedBytes += length;
    // A copy: the bytes lie where the link opens what comes in, and it may open more while it sends.
    this.#ground.link.send(to, bytes.slice(offset, offset + length), 0, length);
    return OUTCOME_FORWARDED;
  }

  #takePending(from: PeerHandle, channel: number): Pending | undefined {
    const pending = this.#pending.get(channel);
    if (pending?.invited !== from) return undefined;
    this.#pending.delete(channel);
    return this.#ground.now() - pending.atUs < PENDING_US ? pending : undefined;
  }

  #roomForInvitation(nowUs: Micros): boolean {
    // In the order in which they were sent.
    for (const [channel, { atUs }] of this.#pending) {
      if (nowUs - atUs < PENDING_US) break;
      this.#pending.delete(channel);
    }
    return this.#pending.size < PENDING_MAX;
  }

  #isPending(a: PeerHandle, b: PeerHandle): boolean {
    const nowUs = this.#ground.now();
    for (const { asker, invited, atUs } of this.#pending.values()) {
      const pair = (asker === a && invited === b) || (asker === b && invited === a);
      if (pair && nowUs - atUs < PENDING_US) return true;
    }
    return false;
  }

  #channelOf(a: PeerHandle, b: PeerHandle): number | undefined {
    for (const [number, channel] of this.#channels) {
      if ((channel.a === a && channel.b === b) || (channel.a === b && channel.b === a))
        return number;
    }
    return undefined;
  }

  #roomForChannel(a: PeerHandle, b: PeerHandle): boolean {
    const { channelsMax, channelsPerPeer, channelIdleUs } = this.#ground.options;
    const nowUs = this.#ground.now();
    let [ofA, ofB] = [0, 0];
    for (const [number, channel] of this.#channels) {
      if (nowUs - channel.usedUs >= channelIdleUs) {
        this.#channels.delete(number);
        continue;
      }
      if (channel.a === a || channel.b === a) ofA++;
      if (channel.a === b || channel.b === b) ofB++;
    }
    return this.#channels.size < channelsMax && ofA < channelsPerPeer && ofB < channelsPerPeer;
  }

  #freshNumber(): number {
    for (;;) {
      const number = this.#ground.random.uint32();
      if (!this.#channels.has(number) && !this.#pending.has(number)) return number;
    }
  }
}
