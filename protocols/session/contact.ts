/**
 * A conversation with one person: its sessions, and which texts have gone through.
 *
 * Sessions come and go (both sides may open one at once, and a phone may be lost); the numbering of texts does not, so that a text arrives exactly
 * once whatever sessions carried it. A text is sealed anew for each attempt: on the wire, attempts look like different messages. What is inside
 * a session's message:
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | 1 text, 2 acknowledgement alone |
 * | 1 | 6 | epoch of the sender's numbering (when it began, milliseconds) |
 * | 7 | 4 | number of the text |
 * | 11 | 6 | epoch of the numbering that is acknowledged |
 * | 17 | 4 | every text below this number has come |
 * | 21 | 4 | bit i: text (that number + 1 + i) has come too |
 * | 25 | n | text |
 */
import { readUint32, readUint48, writeUint32, writeUint48 } from '../codec/bytes.ts';
import type { Micros } from '../host.ts';
import type { Party } from './opening.ts';
import { SESSION_OVERHEAD_BYTES, type Session } from './session.ts';

const FRAME_TEXT = 1;
const FRAME_ACKNOWLEDGEMENT = 2;
const AT_TEXT = 25;
const BITS = 32;

/** What sessions and frames add to a text, at most. */
export const CONVERSATION_OVERHEAD_BYTES = SESSION_OVERHEAD_BYTES + AT_TEXT;

/** First wait for an acknowledgement; doubled with each attempt up to the longest. */
const RETRY_FIRST_US = 5_000_000;
const RETRY_LONGEST_US = 600_000_000;
/** Sessions kept with one person: new ones of both sides, and the one before. */
const SESSIONS_MAX = 3;

/** A text that the other side has not acknowledged. */
export interface Waiting {
  number: number;
  text: Uint8Array;
  attempts: number;
  /** When to send it again. */
  dueUs: Micros;
}

/** What a frame has brought. */
export interface Taken {
  /** A text that had not come before. */
  fresh?: { number: number; text: Uint8Array };
  /** Texts of ours that have arrived. */
  acknowledged: number[];
  /** It asks for an acknowledgement. */
  answer: boolean;
}

/** No message was sent yet. */
export const LUMINOSITY_UNSET = 0xffff;

export class Contact {
  readonly party: Party;
  /** The one to send with first. */
  sessions: Session[] = [];
  /** Our numbering. */
  epoch: number;
  nextNumber = 0;
  readonly waiting = new Map<number, Waiting>();
  /** Theirs: 0 before the first text. */
  theirEpoch = 0;
  receivedBelow = 0;
  receivedBits = 0;
  /** Bits of their address that messages show. */
  luminosityBits = LUMINOSITY_UNSET;

  /** @param epoch when this numbering begins, in milliseconds: later than any before it with the same person. */
  constructor(party: Party, epoch: number) {
    this.party = party;
    this.epoch = epoch;
  }

  /** A session that we have opened, to send with from now on. @returns those that are given up for it. */
  begin(session: Session): Session[] {
    this.sessions.unshift(session);
    return this.#trim();
  }

  /**
   * Takes on a session that the other side has opened. `ourAddressIsLower` settles who gives way when both have opened one. @returns those
   * that are given up for it.
   */
  adopt(session: Session, ourAddressIsLower: boolean): Session[] {
    const [first] = this.sessions;
    const oursIsOpen = first?.parts.ours === true && !first.parts.answered;
    if (oursIsOpen && ourAddressIsLower) this.sessions.splice(1, 0, session);
    else this.sessions.unshift(session);
    return this.#trim();
  }

  #trim(): Session[] {
    const gone = this.sessions.splice(SESSIONS_MAX);
    for (const session of gone) session.forget();
    return gone;
  }

  /**
   * Bits to show when `wishedBits` are wished for (undefined: as before, `defaultBits` at first). Never more than before, since what was
   * hidden once must not be shown later to whoever has watched from the start.
   */
  show(wishedBits: number | undefined, defaultBits: number): number {
    const first = this.luminosityBits === LUMINOSITY_UNSET;
    const wanted = wishedBits ?? (first ? defaultBits : this.luminosityBits);
    this.luminosityBits = Math.min(this.luminosityBits, wanted);
    return this.luminosityBits;
  }

  /** A text to be sent from now on until it is acknowledged. @returns its number. */
  add(text: Uint8Array, nowUs: Micros): number {
    const number = this.nextNumber++;
    this.waiting.set(number, { number, text, attempts: 0, dueUs: nowUs });
    return number;
  }

  /** Texts to send at `nowUs`, each marked as sent once more. */
  takeDue(nowUs: Micros): Waiting[] {
    const all = [...this.waiting.values()];
    // The other side remembers only so many numbers ahead of the first that is missing.
    const end = all.reduce((lowest, { number }) => Math.min(lowest, number), Infinity) + BITS;
    const due = all.filter(({ dueUs, number }) => dueUs <= nowUs && number < end);
    for (const waiting of due) {
      const waitUs = RETRY_FIRST_US * (1 << Math.min(waiting.attempts, 20));
      waiting.attempts++;
      waiting.dueUs = nowUs + Math.min(waitUs, RETRY_LONGEST_US);
    }
    return due;
  }

  /** They are there again, or we are: what waits is sent soon, whatever the attempts so far. */
  hurry(nowUs: Micros): void {
    for (const waiting of this.waiting.values()) {
      if (waiting.attempts === 0) continue;
      waiting.dueUs = Math.min(waiting.dueUs, nowUs + RETRY_FIRST_US);
      waiting.attempts = 1;
    }
  }

  /** When the next text is due, Infinity for none. */
  get nextDueUs(): Micros {
    let next = Infinity;
    for (const { dueUs } of this.waiting.values()) next = Math.min(next, dueUs);
    return next;
  }

  textFrame(waiting: Waiting): Uint8Array {
    return this.#frame(FRAME_TEXT, waiting.number, waiting.text);
  }

  acknowledgementFrame(): Uint8Array {
    return this.#frame(FRAME_ACKNOWLEDGEMENT, 0, new Uint8Array(0));
  }

  /** Takes a frame in. @returns what is new in it; undefined for bytes that are no frame. */
  take(frame: Uint8Array): Taken | undefined {
    const kind = frame[0];
    if (frame.length < AT_TEXT || (kind !== FRAME_TEXT && kind !== FRAME_ACKNOWLEDGEMENT))
      return undefined;
    const acknowledged = this.#acknowledge(frame);
    if (kind === FRAME_ACKNOWLEDGEMENT) return { acknowledged, answer: false };
    const number = readUint32(frame, 7);
    // What came before is acknowledged again: the acknowledgement may have been lost.
    if (!this.#isNew(readUint48(frame, 1), number)) return { acknowledged, answer: true };
    this.#mark(number);
    return { fresh: { number, text: frame.slice(AT_TEXT) }, acknowledged, answer: true };
  }

  #frame(kind: number, number: number, text: Uint8Array): Uint8Array {
    const frame = new Uint8Array(AT_TEXT + text.length);
    frame[0] = kind;
    writeUint48(frame, 1, this.epoch);
    writeUint32(frame, 7, number);
    writeUint48(frame, 11, this.theirEpoch);
    writeUint32(frame, 17, this.receivedBelow);
    writeUint32(frame, 21, this.receivedBits);
    frame.set(text, AT_TEXT);
    return frame;
  }

  #acknowledge(frame: Uint8Array): number[] {
    if (readUint48(frame, 11) !== this.epoch) return [];
    const below = readUint32(frame, 17);
    const bits = readUint32(frame, 21);
    const gone = [...this.waiting.keys()].filter((number) => {
      const beyond = number - below - 1;
      return number < below || (beyond >= 0 && beyond < BITS && ((bits >>> beyond) & 1) === 1);
    });
    for (const number of gone) this.waiting.delete(number);
    return gone;
  }

  /** Whether a text of theirs has not come before. A later numbering replaces the earlier, whose stragglers are not new any more. */
  #isNew(epoch: number, number: number): boolean {
    if (epoch < this.theirEpoch) return false;
    if (epoch > this.theirEpoch) {
      this.theirEpoch = epoch;
      this.receivedBelow = 0;
      this.receivedBits = 0;
    }
    const beyond = number - this.receivedBelow - 1;
    if (number < this.receivedBelow || beyond >= BITS) return false;
    return beyond < 0 || ((this.receivedBits >>> beyond) & 1) === 0;
  }

  #mark(number: number): void {
    if (number !== this.receivedBelow) {
      this.receivedBits = (this.receivedBits | (1 << (number - this.receivedBelow - 1))) >>> 0;
      return;
    }
    for (let next = true; next;) {
      this.receivedBelow++;
      next = (this.receivedBits & 1) === 1;
      this.receivedBits >>>= 1;
    }
  }
}
