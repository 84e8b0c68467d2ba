/**
 * One session of two people: the ratchet, the tags, and the opening for as long as it may be needed.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | 1 with an opening, 2 without |
 * | 1 | 128 | opening, if any |
 * | . | 8 | tag |
 * | . | n | ratchet message, bound to everything before it |
 *
 * The opening goes with every message of the side that opened until the other has answered, so any of them can be the first to arrive.
 */
import { isLowOrder } from '../crypto/low-order.ts';
import type { AgreementKey, CryptoSuite } from '../crypto/port.ts';
import {
  makeOpening,
  OPENING_BYTES,
  readOpening,
  type Party,
  type SessionStart,
} from './opening.ts';
import {
  canSend,
  RATCHET_OVERHEAD_BYTES,
  ratchetOpen,
  ratchetSeal,
  startInitiator,
  startResponder,
  type Fresh,
} from './ratchet.ts';
import { wipe, type RatchetState } from './ratchet-state.ts';
import { sessionTopic, TAG_BYTES, topicTag } from './topic-tags.ts';

export const KIND_OPENING = 1;
export const KIND_PLAIN = 2;
/** Most bytes that a session adds to a text. */
export const SESSION_OVERHEAD_BYTES = 1 + OPENING_BYTES + TAG_BYTES + RATCHET_OVERHEAD_BYTES;

/** Messages of one chain, hence unheard, after which a session is given up; below what tags and skipped keys bear. */
const UNHEARD_MAX = 48;

/** Who we are to sessions. */
export interface Self {
  /** Overlay address, 32 bytes. */
  address: Uint8Array;
  key: AgreementKey;
  /** The key's secret: it is the first ratchet key of sessions that others open. */
  secret: Uint8Array;
}

/** All that is remembered of a session; a plain value that `contact-codec.ts` writes to disk. */
export interface SessionParts {
  ratchet: RatchetState;
  sendTag: Uint8Array;
  receiveTag: Uint8Array;
  /** Number of the next tag to send, and of the first that may come. */
  tagsSent: number;
  tagsReceived: number;
  /** The opening while it is still sent along (ours), or by which a repetition is known (theirs). */
  opening: Uint8Array;
  ours: boolean;
  /** The other side has been heard. */
  answered: boolean;
}

export class Session {
  readonly parts: SessionParts;
  readonly #suite: CryptoSuite;
  readonly #fresh: Fresh;

  constructor(suite: CryptoSuite, parts: SessionParts, fresh: Fresh) {
    this.#suite = suite;
    this.parts = parts;
    this.#fresh = fresh;
  }

  /** Opens a session with somebody; undefined if their key is no key (of low order). */
  static open(suite: CryptoSuite, self: Self, them: Party, fresh: Fresh): Session | undefined {
    if (isLowOrder(them.publicKey, 0)) return undefined;
    const { opening, start } = makeOpening(suite, self, them, fresh);
    const ratchet = startInitiator(suite, start, them.publicKey, fresh);
    if (ratchet === undefined) return undefined;
    return new Session(suite, partsOf(start, ratchet, opening, true), fresh);
  }

  /** The session that the opening in `message` begins, and with whom; undefined if there is none for us. */
  static accept(
    suite: CryptoSuite,
    self: Self,
    message: Uint8Array,
    fresh: Fresh,
  ): { from: Party; session: Session } | undefined {
    const opening = message.slice(1, 1 + OPENING_BYTES);
    const read = readOpening(suite, self, opening);
    if (read === undefined) return undefined;
    const ratchet = startResponder(read.start, self.secret);
    const session = new Session(suite, partsOf(read.start, ratchet, opening, false), fresh);
    return { from: read.from, session };
  }

  /**
   * Whether it may carry another message. Not before the other side is known, and not when so many went out since it last answered to our
   * key that it may not find or open the next: then a new session is opened, with which everything begins anew.
   */
  get canSend(): boolean {
    return canSend(this.parts.ratchet) && this.parts.ratchet.sent < UNHEARD_MAX;
  }

  /** The topic that its packets show where tags are fixed, 8 bytes; the same for both sides. */
  get topic(): Uint8Array {
    const { ours, sendTag, receiveTag } = this.parts;
    return sessionTopic(this.#suite, ours ? sendTag : receiveTag);
  }

  /** Whether `message` carries the opening that this session began with. */
  isOpenedBy(message: Uint8Array): boolean {
    return this.parts.opening.every((byte, i) => byte === message[1 + i]);
  }

  seal(text: Uint8Array): Uint8Array {
    const { parts } = this;
    const withOpening = parts.ours && !parts.answered;
    const tag = topicTag(this.#suite, parts.sendTag, parts.tagsSent);
    const head = withOpening
      ? Uint8Array.from([KIND_OPENING, ...parts.opening, ...tag])
      : Uint8Array.from([KIND_PLAIN, ...tag]);
    const sealed = ratchetSeal(this.#suite, parts.ratchet, text, head, this.#fresh);
    this.#replace(sealed.state);
    parts.tagsSent++;
    const message = new Uint8Array(head.length + sealed.message.length);
    message.set(head);
    message.set(sealed.message, head.length);
    return message;
  }

  /** Opens a message of this session; undefined, and no change, for any other. */
  unseal(message: Uint8Array): Uint8Array | undefined {
    const head = headBytes(message);
    if (head < 0) return undefined;
    const { ratchet } = this.parts;
    const sealed = message.slice(head);
    const opened = ratchetOpen(this.#suite, ratchet, sealed, message.slice(0, head), this.#fresh);
    if (opened === undefined) return undefined;
    this.#replace(opened.state);
    this.parts.answered = true;
    return opened.text;
  }

  /** Overwrites all keys; the session is over. */
  forget(): void {
    wipe(this.parts.ratchet);
    this.parts.sendTag.fill(0);
    this.parts.receiveTag.fill(0);
  }

  #replace(state: RatchetState): void {
    const old = this.parts.ratchet;
    this.parts.ratchet = state;
    wipe(old, state);
  }
}

/** Bytes before the ratchet message, or -1 for a message too short or of no kind. */
export function headBytes(message: Uint8Array): number {
  const head =
    message[0] === KIND_OPENING
      ? 1 + OPENING_BYTES + TAG_BYTES
      : message[0] === KIND_PLAIN
        ? 1 + TAG_BYTES
        : -1;
  return head >= 0 && message.length >= head + RATCHET_OVERHEAD_BYTES ? head : -1;
}

function partsOf(
  start: SessionStart,
  ratchet: RatchetState,
  opening: Uint8Array,
  ours: boolean,
): SessionParts {
  const [sendTag, receiveTag] = ours
    ? [start.initiatorTag, start.responderTag]
    : [start.responderTag, start.initiatorTag];
  return {
    ratchet,
    sendTag,
    receiveTag,
    tagsSent: 0,
    tagsReceived: 0,
    opening,
    ours,
    answered: false,
  };
}
