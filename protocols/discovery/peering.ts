/**
 * Peering: with each contact of the overlay an agreement on two manifests, or a reason why there is none.
 *
 *     A                              B
 *       OFFER(nothing yet, mine) ->        I offer these terms
 *       <- OFFER(yours, mine)              I accept yours, and offer these
 *       AGREE(both) ->                     agreed
 *
 * An agreement is the pair of manifests, named by one hash over both of their names, so that neither side can think of other terms than the other;
 * both manifests are signed, so each can show what the other promised. It holds from when both do. A manifest with a higher number is an offer of new
 * terms: accepted, it takes the place of the old one from its own beginning on, which the notice puts far enough ahead; declined, or not
 * answered, the old terms hold until they run out. A message that is lost is sent again by who waits for the answer; one that comes twice changes nothing.
 *
 * Whom to accept and whom to leave is the policy's, with the credit score as this node knows it. A node that was declined is not asked again for a
 * while, and nobody is heard more often than the settings allow.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { CryptoSuite } from '../crypto/port.ts';
import type { Host, PeerHandle } from '../host.ts';
import type { Remembered } from '../identity/remembered.ts';
import { compareDistance, ADDRESS_WORDS } from '../identity/proximity.ts';
import { scaledLimits } from '../swap/options.ts';
import type { PeerTerms } from '../swap/pair.ts';
import type { CreditScores } from '../swap/score.ts';
import { PEERING_AGREED, PEERING_DECLINED, PEERING_LEFT } from './events.ts';
import { NAME_BYTES } from './manifest-codec.ts';
import { bandAt, sameName, succession, type Manifest } from './manifest.ts';
import {
  MESSAGE_AGREE,
  MESSAGE_DECLINE,
  MESSAGE_OFFER,
  type DiscoveryMessage,
} from './messages.ts';
import type { DiscoveryOptions } from './options.ts';
import type { OwnManifests } from './own-manifests.ts';
import { OFFERS_MAX, PEERS_MAX } from './params.ts';
import { isAt } from './places.ts';
import {
  DECLINED_FULL,
  DECLINED_NOTICE,
  DECLINED_STALE,
  DECLINED_TOO_OFTEN,
  type DiscoveryPolicy,
} from './policy.ts';

/** Two manifests that both sides have named. */
export interface Agreement {
  theirs: Manifest;
  ours: Manifest;
  fromSeconds: number;
  untilSeconds: number;
}

interface Peer {
  readonly handle: PeerHandle;
  /** Of the overlay. Of our own accord we speak to no others. */
  isContact: boolean;
  /** The newest manifest of theirs that we accept. */
  theirs: Manifest | undefined;
  /** When it came, seconds. */
  theirsAt: number;
  agreement: Agreement | undefined;
  /** Agreed on, and begins later. */
  next: Agreement | undefined;
  /** Offers of ours that were not answered. */
  tries: number;
  /** When we do something next of our own accord, seconds; Infinity for never. */
  dueSeconds: number;
  /** Declined until then, by either side. */
  quietUntil: number;
}

export interface PeeringSetting {
  host: Host;
  options: DiscoveryOptions;
  networkId: bigint;
  own: OwnManifests;
  manifests: Remembered<Manifest>;
  scores: Pick<CreditScores, 'score' | 'isServed'>;
  policy: Pick<DiscoveryPolicy, 'declines'>;
  nowSeconds(): number;
  send(peer: PeerHandle, message: DiscoveryMessage): void;
}

/** Who does not begin waits this long for who does, seconds. */
const PATIENCE_SECONDS = 5;
const RETRY_SECONDS = 2;
/** Time that a message may take, by which notice may be short, seconds. */
const SLACK_SECONDS = 5;
const LABEL = utf8ToBytes('mainframe terms 1');

export class Peering {
  readonly #setting: PeeringSetting;
  readonly #peers = new Map<PeerHandle, Peer>();

  constructor(setting: PeeringSetting) {
    this.#setting = setting;
  }

  /** What was agreed with a peer and holds now. */
  agreementWith(peer: PeerHandle): Agreement | undefined {
    const agreement = this.#peers.get(peer)?.agreement;
    const now = this.#setting.nowSeconds();
    return agreement !== undefined && now >= agreement.fromSeconds && now < agreement.untilSeconds
      ? agreement
      : undefined;
  }

  /** What SWAP needs of an agreement: who the peer is, what it pays from, and what it grants us with our credit score. */
  termsWith(peer: PeerHandle): PeerTerms | undefined {
    const theirs = this.agreementWith(peer)?.theirs;
    if (theirs === undefined) return undefined;
    const { creditPermille } = bandAt(theirs.bands, this.#ownScore());
    const { account, chequebook } = theirs;
    return { account, chequebook, limits: scaledLimits(theirs.limits, creditPermille) };
  }

  /** Somebody has become a contact of the overlay. */
  met(handle: PeerHandle): void {
    const now = this.#setting.nowSeconds();
    const peer = this.#peers.get(handle) ?? this.#enter(handle, true);
    if (peer === undefined) return;
    peer.isContact = true;
    if (now < peer.quietUntil) return;
    if (peer.agreement !== undefined || peer.next !== undefined) return;
    peer.tries = 0;
    // One of the two begins, or both offers would cross; the other one waits, in case it is not a contact there.
    peer.dueSeconds = this.#begins(handle) ? now : now + PATIENCE_SECONDS;
  }

  /** Somebody is no contact any more. What was agreed holds until it is over; nothing more is sought. */
  lost(handle: PeerHandle): void {
    const peer = this.#peers.get(handle);
    if (peer === undefined) return;
    peer.isContact = false;
    peer.dueSeconds = Infinity;
    if (peer.agreement === undefined && peer.quietUntil <= this.#setting.nowSeconds())
      this.#peers.delete(handle);
  }

  clear(): void {
    for (const peer of this.#peers.values()) {
      peer.dueSeconds = Infinity;
      peer.tries = 0;
    }
  }

  get nextSeconds(): number {
    let next = Infinity;
    for (const peer of this.#peers.values()) {
      next = Math.min(next, peer.dueSeconds, peer.next?.fromSeconds ?? Infinity);
      if (peer.agreement !== undefined) next = Math.min(next, peer.agreement.untilSeconds);
    }
    return next;
  }

  /** Does what is due. */
  wake(): void {
    const now = this.#setting.nowSeconds();
    for (const peer of this.#peers.values()) {
      if (peer.next !== undefined && peer.next.fromSeconds <= now) {
        peer.agreement = peer.next;
        peer.next = undefined;
      }
      if (peer.agreement !== undefined && peer.agreement.untilSeconds <= now) {
        peer.agreement = undefined;
        peer.tries = 0;
        if (peer.isContact) peer.dueSeconds = Math.min(peer.dueSeconds, now);
      }
      if (peer.dueSeconds <= now) this.#offer(peer, now);
    }
  }

  /** We have a new manifest: everybody with whom something is agreed gets it. */
  renew(): void {
    const now = this.#setting.nowSeconds();
    for (const peer of this.#peers.values()) {
      if (peer.agreement === undefined) continue;
      peer.tries = 0;
      peer.dueSeconds = now;
    }
  }

  /** Leaves whoever the policy would not accept any more, for instance because its score fell. */
  review(): void {
    for (const peer of this.#peers.values()) {
      const { theirs, agreement } = peer;
      if (theirs === undefined || agreement === undefined) continue;
      const reason = this.#judge(theirs);
      if (reason === 0) continue;
      // The peer knows its own manifests by their names.
      this.#decline(peer.handle, agreement.theirs.name, reason);
      this.#end(peer, reason, 1);
    }
  }

  /** @returns whether this was an offer of the peer itself. */
  offered(from: PeerHandle, accepted: Uint8Array, bytes: Uint8Array): boolean {
    const { manifests, networkId, host, options } = this.#setting;
    const manifest = manifests.verify(bytes, 0, bytes.length);
    if (manifest?.networkId !== networkId || !isAt(host.peers, from, manifest.address))
      return false;
    const now = this.#setting.nowSeconds();
    const peer = this.#peers.get(from) ?? this.#enter(from, false);
    if (peer === undefined) {
      this.#decline(from, manifest.name, DECLINED_FULL);
      return true;
    }
    const reason = this.#objection(peer, manifest, now);
    if (reason !== 0) {
      const sooner = peer.theirsAt + options.renegotiateSeconds - now;
      const retry = reason === DECLINED_TOO_OFTEN ? sooner : options.retrySeconds;
      this.#decline(from, manifest.name, reason, retry);
      host.emit(PEERING_DECLINED, from, reason, 1, 0);
      if (peer.agreement === undefined) this.#silence(peer, options.retrySeconds);
      return true;
    }
    if (peer.theirs === undefined || !sameName(peer.theirs.name, manifest.name))
      peer.theirsAt = now;
    peer.theirs = manifest;
    const ours = this.#setting.own.named(accepted);
    // Whoever has yet to accept one of ours is told of what we offer.
    if (ours === undefined) this.#answer(peer, now);
    else {
      this.#agree(peer, ours);
      this.#setting.send(from, { type: MESSAGE_AGREE, terms: this.#terms(manifest, ours) });
    }
    return true;
  }

  /** @returns whether the peer names what we think of. */
  agreed(from: PeerHandle, terms: Uint8Array): boolean {
    const peer = this.#peers.get(from);
    if (peer?.theirs === undefined) return false;
    for (const ours of [this.#setting.own.newest, this.#setting.own.current]) {
      if (!sameName(terms, this.#terms(peer.theirs, ours))) continue;
      this.#agree(peer, ours);
      return true;
    }
    return false;
  }

  /** @returns whether it was about a manifest of ours. */
  declined(from: PeerHandle, reason: number, retrySeconds: number, name: Uint8Array): boolean {
    const { options, host, own } = this.#setting;
    const peer = this.#peers.get(from);
    if (peer === undefined) return false;
    if (peer.agreement !== undefined && sameName(peer.agreement.ours.name, name)) {
      this.#end(peer, reason, 0);
      return true;
    }
    if (own.named(name) === undefined) return false;
    host.emit(PEERING_DECLINED, from, reason, 0, 0);
    // Nobody is silenced for longer than we would silence anybody. What was agreed before holds meanwhile.
    this.#silence(peer, Math.max(1, Math.min(retrySeconds, options.retrySeconds)));
    return true;
  }

  /** Why a manifest that a peer comes with is not accepted; 0 if it is. */
  #objection(peer: Peer, manifest: Manifest, now: number): number {
    const { options } = this.#setting;
    if (manifest.untilSeconds <= now) return DECLINED_STALE;
    const known = peer.theirs;
    if (known !== undefined) {
      const relation = succession(known, manifest);
      if (relation === 'older' || relation === 'forked') return DECLINED_STALE;
      if (relation === 'newer') {
        if (now - peer.theirsAt < options.renegotiateSeconds) return DECLINED_TOO_OFTEN;
        const due = now + options.noticeSeconds - SLACK_SECONDS;
        if (peer.agreement !== undefined && manifest.fromSeconds < due) return DECLINED_NOTICE;
      }
    }
    return this.#judge(manifest);
  }

  #judge(manifest: Manifest): number {
    const { scores, policy } = this.#setting;
    const { account } = manifest;
    return policy.declines({
      manifest,
      score: scores.score(account),
      served: scores.isServed(account),
      ownScore: this.#ownScore(),
    });
  }

  #ownScore(): number {
    const { scores, own } = this.#setting;
    return scores.score(own.current.account);
  }

  #agree(peer: Peer, ours: Manifest): void {
    const theirs = peer.theirs!;
    const fromSeconds = Math.max(theirs.fromSeconds, ours.fromSeconds);
    const untilSeconds = Math.min(theirs.untilSeconds, ours.untilSeconds);
    const agreement = { theirs, ours, fromSeconds, untilSeconds };
    peer.tries = 0;
    // What begins later is agreed on next.
    const { newest } = this.#setting.own;
    peer.dueSeconds = ours === newest ? Infinity : this.#setting.nowSeconds() + RETRY_SECONDS;
    const held = peer.agreement;
    if (held?.ours === ours && sameName(held.theirs.name, theirs.name)) return;
    if (fromSeconds > this.#setting.nowSeconds()) peer.next = agreement;
    else peer.agreement = agreement;
    const { sequence } = theirs;
    this.#setting.host.emit(PEERING_AGREED, peer.handle, sequence, ours.sequence, fromSeconds);
  }

  #end(peer: Peer, reason: number, byUs: number): void {
    peer.agreement = undefined;
    peer.next = undefined;
    this.#silence(peer, this.#setting.options.retrySeconds);
    this.#setting.host.emit(PEERING_LEFT, peer.handle, reason, byUs, 0);
  }

  /** Nothing is sought for so long; then once more. */
  #silence(peer: Peer, seconds: number): void {
    peer.quietUntil = this.#setting.nowSeconds() + seconds;
    peer.tries = 0;
    peer.dueSeconds = peer.isContact ? peer.quietUntil : Infinity;
  }

  #offer(peer: Peer, now: number): void {
    if (peer.tries === OFFERS_MAX) {
      // Silent, or gone: when it is met again, or speaks, we go on.
      peer.dueSeconds = Infinity;
      return;
    }
    this.#answer(peer, now);
  }

  #answer(peer: Peer, now: number): void {
    const accepted = peer.theirs?.name ?? new Uint8Array(NAME_BYTES);
    // Who has no agreement yet gets the terms that hold today.
    const { current, newest } = this.#setting.own;
    const manifest = (peer.agreement === undefined ? current : newest).bytes;
    peer.dueSeconds = now + (RETRY_SECONDS << peer.tries);
    if (peer.tries < OFFERS_MAX) peer.tries++;
    this.#setting.send(peer.handle, { type: MESSAGE_OFFER, accepted, manifest });
  }

  #decline(
    peer: PeerHandle,
    name: Uint8Array,
    reason: number,
    retrySeconds = this.#setting.options.retrySeconds,
  ): void {
    this.#setting.send(peer, { type: MESSAGE_DECLINE, reason, retrySeconds, name });
  }

  /** Room for one more: for a contact that of anybody who is none, for anybody else that of who is none and has agreed on nothing. */
  #enter(handle: PeerHandle, isContact: boolean): Peer | undefined {
    if (this.#peers.size === PEERS_MAX) {
      const given = [...this.#peers.values()].find(
        (peer) => !peer.isContact && (isContact || peer.agreement === undefined),
      );
      if (given === undefined) return undefined;
      this.#peers.delete(given.handle);
    }
    const peer: Peer = {
      handle,
      isContact,
      theirs: undefined,
      theirsAt: 0,
      agreement: undefined,
      next: undefined,
      tries: 0,
      dueSeconds: Infinity,
      quietUntil: 0,
    };
    this.#peers.set(handle, peer);
    return peer;
  }

  #begins(peer: PeerHandle): boolean {
    const { words } = this.#setting.host.peers;
    const self = this.#setting.host.self * ADDRESS_WORDS;
    const zero = new Uint32Array(ADDRESS_WORDS);
    return compareDistance(zero, 0, words, self, words, peer * ADDRESS_WORDS) < 0;
  }

  #terms(theirs: Manifest, ours: Manifest): Uint8Array {
    return termsName(this.#setting.host.crypto, theirs, ours);
  }
}

/** Name of the terms that two manifests make: the same for both sides. */
export function termsName(
  suite: Pick<CryptoSuite, 'keccak256'>,
  one: Manifest,
  other: Manifest,
): Uint8Array {
  const [first, second] = one.account < other.account ? [one, other] : [other, one];
  const bytes = new Uint8Array(LABEL.length + 2 * NAME_BYTES);
  bytes.set(LABEL);
  bytes.set(first.name, LABEL.length);
  bytes.set(second.name, LABEL.length + NAME_BYTES);
  return suite.keccak256(bytes);
}
