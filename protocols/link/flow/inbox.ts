/**
 * Messages of one life of a peer, put together from their pieces: each is handed on once, on ordered streams after those before it.
 *
 * Memory. A message is charged with its whole length when its first piece comes, against the credit that this node has given; whoever
 * exceeds it is not acknowledged. So a peer cannot hold more than the credit window, and all peers together no more than `InboxBudget`.
 */
import { piecesOf, PIECE_BYTES, type ReceivedPiece } from './frames.ts';
import { MESSAGES_IN_FLIGHT_MAX } from './outbox.ts';

/** Bytes of messages that a peer may have begun and not finished. */
export const CREDIT_WINDOW_BYTES = 262_144;
/** Streams that a peer may open. */
export const STREAMS_MAX = 64;
/** Streams from here on hand messages on as they come. */
export const UNORDERED_FROM = 0x8000;

/** Bytes of unfinished messages of all peers of a node. */
export class InboxBudget {
  usedBytes = 0;
  readonly limitBytes: number;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }
}

export interface InMessage {
  stream: number;
  bytes: Uint8Array;
}

interface Partial {
  readonly bytes: Uint8Array;
  readonly got: Uint8Array;
  missing: number;
}

interface InStream {
  /** Messages below this are done with. */
  next: number;
  /** `undefined` for one that was handed on before its turn. */
  readonly messages: Map<number, Partial | undefined>;
}

export class Inbox {
  readonly #streams = new Map<number, InStream>();
  readonly #budget: InboxBudget;
  #heldBytes = 0;
  #freedBytes = 0;

  constructor(budget: InboxBudget) {
    this.#budget = budget;
  }

  /** How many bytes of messages the peer may begin, since its life began. */
  get creditBytes(): number {
    return this.#freedBytes + CREDIT_WINDOW_BYTES;
  }

  /**
   * Takes a piece whose bytes begin at `bytes[piece.at]`; messages that it completes go to `out`.
   * @returns false if there is no room for it: it must not be acknowledged.
   */
  take(piece: ReceivedPiece, bytes: Uint8Array, out: InMessage[]): boolean {
    const stream = this.#streamOf(piece.stream);
    if (stream === undefined || piece.message >= stream.next + MESSAGES_IN_FLIGHT_MAX) return false;
    if (piece.message < stream.next) return true;
    if (!stream.messages.has(piece.message) && !this.#begin(stream, piece)) return false;
    const partial = stream.messages.get(piece.message);
    // Another length than before: the peer contradicts itself, and the first word counts.
    if (partial === undefined || partial.bytes.length !== piece.messageBytes) return true;
    if (partial.got[piece.index] === 1) return true;
    partial.got[piece.index] = 1;
    partial.missing--;
    partial.bytes.set(bytes.subarray(piece.at, piece.at + piece.length), piece.index * PIECE_BYTES);
    if (partial.missing === 0) this.#finish(piece, stream, out);
    return true;
  }

  /** Gives back what it holds; it must not be used afterwards. */
  close(): void {
    this.#budget.usedBytes -= this.#heldBytes;
    this.#heldBytes = 0;
    this.#streams.clear();
  }

  #streamOf(id: number): InStream | undefined {
    let stream = this.#streams.get(id);
    if (stream === undefined && this.#streams.size < STREAMS_MAX) {
      stream = { next: 0, messages: new Map() };
      this.#streams.set(id, stream);
    }
    return stream;
  }

  #begin(stream: InStream, { message, messageBytes }: ReceivedPiece): boolean {
    const budget = this.#budget;
    if (this.#heldBytes + messageBytes > CREDIT_WINDOW_BYTES) return false;
    if (budget.usedBytes + messageBytes > budget.limitBytes) return false;
    this.#heldBytes += messageBytes;
    budget.usedBytes += messageBytes;
    const pieces = piecesOf(messageBytes);
    stream.messages.set(message, {
      bytes: new Uint8Array(messageBytes),
      got: new Uint8Array(pieces),
      missing: pieces,
    });
    return true;
  }

  #finish(piece: ReceivedPiece, stream: InStream, out: InMessage[]): void {
    const { messages } = stream;
    if (piece.stream >= UNORDERED_FROM) {
      this.#handOn(piece.stream, messages.get(piece.message)!, out);
      messages.set(piece.message, undefined);
      while (messages.has(stream.next) && messages.get(stream.next) === undefined)
        messages.delete(stream.next++);
      return;
    }
    for (let first = messages.get(stream.next); first?.missing === 0;) {
      this.#handOn(piece.stream, first, out);
      messages.delete(stream.next++);
      first = messages.get(stream.next);
    }
  }

  #handOn(stream: number, { bytes }: Partial, out: InMessage[]): void {
    this.#heldBytes -= bytes.length;
    this.#freedBytes += bytes.length;
    this.#budget.usedBytes -= bytes.length;
    out.push({ stream, bytes });
  }
}
