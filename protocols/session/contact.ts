/**
 * A conversation with one person: its sessions, and which texts have gone through.
 *
 * Sessions come and go (both sides may open one at once, and a phone may be lost); the numbering of texts does not, so that a text arrives exactly
 * once whatever sessions carried it. A text is sealed anew for each attempt: on the wire, attempts look like different messages. What is inside
 * a session's message:
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | 1 text, 2 acknowledgement alone, 3 segment of a stream, 4 segment that nobody acknowledges |
 * | 1 | 6 | epoch of the sender's numbering (when it began, milliseconds) |
 * | 7 | 4 | number of the text or segment; 0 where none is acknowledged |
 * | 11 | 6 | epoch of the numbering that is acknowledged |
 * | 17 | 4 | every text below this number has come |
 * | 21 | 4 | bit i: text (that number + 1 + i) has come too |
 * | 25 | n | text, or segment as in `streams.ts` |
 */
import { readUint32, readUint48, writeUint32, writeUint48 } from '../codec/bytes.ts';
import type { Micros } from '../host.ts';
import { TEXT_BYTES_MAX } from '../routing/params.ts';
import type { Party } from './opening.ts';
import { Inflow, type Told } from './inflow.ts';
import { SESSION_OVERHEAD_BYTES, type Session } from './session.ts';
import { decodeSegment, segmentIndex, segmentsOf, streamKey, type Stream } from './streams.ts';

const FRAME_TEXT = 1;
const FRAME_ACKNOWLEDGEMENT = 2;
const FRAME_SEGMENT = 3;
const FRAME_LOOSE_SEGMENT = 4;
const AT_TEXT = 25;
const BITS = 32;

/** What sessions and frames add to a text, at most. */
export const CONVERSATION_OVERHEAD_BYTES = SESSION_OVERHEAD_BYTES + AT_TEXT;

/** First wait for an acknowledgement; doubled with each attempt up to the longest. */
const RETRY_FIRST_US = 5_000_000;
const RETRY_LONGEST_US = 600_000_000;
/** Sessions kept with one person: new ones of both sides, and the one before. */
const SESSIONS_MAX = 3;

/** Longest text that is one packet, bytes of UTF-8; a longer one is cut. */
export const MESSAGE_TEXT_BYTES_MAX = TEXT_BYTES_MAX - CONVERSATION_OVERHEAD_BYTES;
/** Texts and segments that may wait for one person. */
const WAITING_MAX = 16_384;

/** A text, or a segment of one, that the other side has not acknowledged. */
export interface Waiting {
  number: number;
  /** Text is a segment of a stream. */
  isSegment: boolean;
  text: Uint8Array;
  attempts: number;
  /** When to send it again. */
  dueUs: Micros;
}

/** A frame to be sealed. */
export interface Due {
  frame: Uint8Array;
  /** Of the text that it belongs to: in the conversation or, where nothing is acknowledged, in its stream. */
  number: number;
  /** The stream's key where nothing is acknowledged, else 0. */
  looseKey: number;
}

/** What a frame has brought. */
export interface Taken {
  /** Texts that had not come before and are in turn. */
  fresh: (Omit<Told, 'stream'> & { stream?: Stream })[];
  /** Texts of ours that have arrived, whole. */
  acknowledged: number[];
  /** It asks for an acknowledgement. */
  answer: boolean;
}

/** Of texts that are too long for a packet, where nothing else was said. */
const DEFAULT_STREAM: Stream = { ordered: false, acknowledged: true, id: 0 };

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
  /** Number of the next text of each stream of ours, by its key. */
  readonly nextOfStream = new Map<number, number>();
  /** Segments that are sent once. */
  #loose: { segment: Uint8Array; number: number; looseKey: number }[] = [];
  /** Theirs: 0 before the first text. */
  theirEpoch = 0;
  receivedBelow = 0;
  receivedBits = 0;
  readonly inflow = new Inflow();
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

  /** Whether a text of so many bytes may wait for them, besides what does. */
  hasRoom(textBytes: number): boolean {
    const packets = Math.ceil(textBytes / MESSAGE_TEXT_BYTES_MAX) + 1;
    return this.waiting.size + this.#loose.length + packets <= WAITING_MAX;
  }

  /** A text to be sent from now on until it is acknowledged, or once if its stream says so. @returns its number. */
  add(text: Uint8Array, nowUs: Micros, stream?: Stream): number {
    if (stream === undefined && text.length <= MESSAGE_TEXT_BYTES_MAX)
      return this.#wait(text, nowUs, false);
    const kind = stream ?? DEFAULT_STREAM;
    const key = streamKey(kind);
    const number = this.nextOfStream.get(key) ?? 0;
    this.nextOfStream.set(key, number + 1);
    const segments = segmentsOf(kind, number, text, MESSAGE_TEXT_BYTES_MAX);
    if (kind.acknowledged) return segments.map((segment) => this.#wait(segment, nowUs, true))[0]!;
    for (const segment of segments) this.#loose.push({ segment, number, looseKey: key });
    return number;
  }

  #wait(text: Uint8Array, nowUs: Micros, isSegment: boolean): number {
    const number = this.nextNumber++;
    this.waiting.set(number, { number, isSegment, text, attempts: 0, dueUs: nowUs });
    return number;
  }

  /** What to send at `nowUs`, each marked as sent once more. */
  takeDue(nowUs: Micros): Due[] {
    const loose = this.#loose;
    this.#loose = [];
    const end = this.#windowEnd();
    const due = [...this.waiting.values()].filter(
      ({ dueUs, number }) => dueUs <= nowUs && number < end,
    );
    for (const waiting of due) {
      const waitUs = RETRY_FIRST_US * (1 << Math.min(waiting.attempts, 20));
      waiting.attempts++;
      waiting.dueUs = nowUs + Math.min(waitUs, RETRY_LONGEST_US);
    }
    return [
      ...loose.map(({ segment, number, looseKey }) => ({
        frame: this.#frame(FRAME_LOOSE_SEGMENT, 0, segment),
        number,
        looseKey,
      })),
      ...due.map((waiting) => ({
        frame: this.#frame(
          waiting.isSegment ? FRAME_SEGMENT : FRAME_TEXT,
          waiting.number,
          waiting.text,
        ),
        number: textOf(waiting),
        looseKey: 0,
      })),
    ];
  }

  /** The other side remembers only so many numbers ahead of the first that is missing. */
  #windowEnd(): number {
    let lowest = Infinity;
    for (const number of this.waiting.keys()) lowest = Math.min(lowest, number);
    return lowest + BITS;
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
    if (this.#loose.length > 0) return 0;
    const end = this.#windowEnd();
    let next = Infinity;
    // What is beyond the window waits for an acknowledgement, not for a time.
    for (const { dueUs, number } of this.waiting.values())
      if (number < end) next = Math.min(next, dueUs);
    return next;
  }

  acknowledgementFrame(): Uint8Array {
    return this.#frame(FRAME_ACKNOWLEDGEMENT, 0, new Uint8Array(0));
  }

  /** Takes a frame in. @returns what is new in it; undefined for bytes that are no frame. */
  take(frame: Uint8Array): Taken | undefined {
    const kind = frame[0];
    if (frame.length < AT_TEXT || kind === undefined || kind < 1 || kind > FRAME_LOOSE_SEGMENT)
      return undefined;
    const body = frame.slice(AT_TEXT);
    const segment = kind >= FRAME_SEGMENT ? decodeSegment(body) : undefined;
    if (kind >= FRAME_SEGMENT && segment === undefined) return undefined;
    const acknowledged = this.#acknowledge(frame);
    const nothing = { fresh: [], acknowledged };
    if (kind === FRAME_ACKNOWLEDGEMENT) return { ...nothing, answer: false };
    const isOld = !this.#enter(readUint48(frame, 1));
    if (kind === FRAME_LOOSE_SEGMENT) {
      const fresh = isOld ? [] : this.inflow.take(segment!, undefined)!;
      return { fresh, acknowledged, answer: false };
    }
    const number = readUint32(frame, 7);
    // What came before is acknowledged again: the acknowledgement may have been lost.
    if (isOld || !this.#isNew(number)) return { ...nothing, answer: true };
    const fresh =
      segment === undefined ? [{ number, text: body }] : this.inflow.take(segment, number);
    // No room: it comes again.
    if (fresh === undefined) return { ...nothing, answer: false };
    this.#mark(number);
    return { fresh, acknowledged, answer: true };
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
    const texts = new Set<number>();
    for (const number of gone) {
      texts.add(textOf(this.waiting.get(number)!));
      this.waiting.delete(number);
    }
    for (const waiting of this.waiting.values()) texts.delete(textOf(waiting));
    return [...texts];
  }

  /** A later numbering replaces the earlier, whose stragglers are not new any more. @returns false for an earlier one. */
  #enter(epoch: number): boolean {
    if (epoch <= this.theirEpoch) return epoch === this.theirEpoch;
    this.theirEpoch = epoch;
    this.receivedBelow = 0;
    this.receivedBits = 0;
    this.inflow.reset();
    return true;
  }

  /** Whether a text of theirs has not come before. */
  #isNew(number: number): boolean {
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

/** Number of the text that something belongs to: that of its first segment. */
function textOf({ number, isSegment, text }: Waiting): number {
  return isSegment ? number - segmentIndex(text) : number;
}
