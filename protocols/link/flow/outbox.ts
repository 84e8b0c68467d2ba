/**
 * Messages that wait to be sent or acknowledged, stream by stream. Streams take turns by bytes (deficit round robin, Shreedhar and Varghese 1995), so a
 * long message does not hold up the others; within a stream a lost piece goes before a new one.
 */
import { pieceBytes, PIECE_BYTES, piecesOf } from './frames.ts';

/** Messages of one stream that may be on their way at once: what a receiver keeps in order. */
export const MESSAGES_IN_FLIGHT_MAX = 1_024;

interface OutMessage {
  readonly stream: OutStream;
  /** In its stream, from 0; -1 until it is begun. */
  number: number;
  readonly bytes: Uint8Array;
  /** Pieces below this were sent once. */
  fresh: number;
  /** By piece. */
  readonly states: Uint8Array;
  missing: number;
}

const PIECE_SENT = 0;
const PIECE_ACKNOWLEDGED = 1;
const PIECE_LOST = 2;

interface OutStream {
  readonly id: number;
  /** Number of the next message. */
  next: number;
  /** With pieces never sent; only the first may be begun. */
  waiting: OutMessage[];
  /** Begun and not acknowledged as a whole, by number and in its order. */
  readonly begun: Map<number, OutMessage>;
  /** Pieces to send again. */
  lost: OutPiece[];
  /** Bytes it may still send before the others have their turn. */
  deficitBytes: number;
  /** It is among the streams that take turns. */
  queued: boolean;
  /** It has its turn. */
  served: boolean;
}

export interface OutPiece {
  readonly message: OutMessage;
  readonly index: number;
}

export class Outbox {
  /** Bytes of all messages in it. */
  bufferedBytes = 0;
  /** Bytes of messages that were begun in this life, against the receiver's credit. */
  #begunBytes = 0;
  readonly #streams = new Map<number, OutStream>();
  /** Streams with something to send; the first has its turn. */
  #turns: OutStream[] = [];

  get empty(): boolean {
    return this.bufferedBytes === 0;
  }

  /** Takes a message; it is copied. */
  add(id: number, bytes: Uint8Array): void {
    let stream = this.#streams.get(id);
    if (stream === undefined) {
      stream = newStream(id);
      this.#streams.set(id, stream);
    }
    stream.waiting.push(newMessage(stream, bytes.slice()));
    this.bufferedBytes += bytes.length;
    this.#queue(stream);
  }

  /** The piece whose turn it is, if the receiver has room for `creditBytes` in all. */
  peek(creditBytes: number): OutPiece | undefined {
    for (let blocked = 0; blocked < this.#turns.length;) {
      const stream = this.#turns[0]!;
      const piece = this.#first(stream, creditBytes);
      if (piece === undefined) {
        const waits = stream.waiting.length > 0;
        if (waits) blocked++;
        this.#endTurn(waits);
        continue;
      }
      if (!stream.served) stream.deficitBytes += PIECE_BYTES;
      stream.served = true;
      if (stream.deficitBytes >= pieceBytes(piece.message.bytes.length, piece.index)) return piece;
      this.#endTurn(true);
    }
    return undefined;
  }

  /** Notes that the piece of the last `peek` is sent. */
  take({ message, index }: OutPiece): void {
    const { stream } = message;
    stream.deficitBytes -= pieceBytes(message.bytes.length, index);
    if (message.states[index] === PIECE_LOST) {
      stream.lost.shift();
      message.states[index] = PIECE_SENT;
      return;
    }
    if (message.fresh === 0) {
      this.#begunBytes += message.bytes.length;
      message.number = stream.next++;
      stream.begun.set(message.number, message);
    }
    message.fresh++;
    if (message.fresh === message.states.length) stream.waiting.shift();
  }

  acknowledge({ message, index }: OutPiece): void {
    const { stream, states } = message;
    if (states[index] === PIECE_ACKNOWLEDGED) return;
    if (states[index] === PIECE_LOST)
      stream.lost = stream.lost.filter((p) => p.message !== message || p.index !== index);
    states[index] = PIECE_ACKNOWLEDGED;
    message.missing--;
    if (message.missing > 0) return;
    stream.begun.delete(message.number);
    this.bufferedBytes -= message.bytes.length;
  }

  /** Has a piece sent again, unless it has arrived or waits already. @returns whether it will be. */
  lose(piece: OutPiece): boolean {
    const { message, index } = piece;
    if (message.states[index] !== PIECE_SENT) return false;
    message.states[index] = PIECE_LOST;
    message.stream.lost.push(piece);
    this.#queue(message.stream);
    return true;
  }

  /** Begins a new life: the receiver remembers nothing, so every message that is not acknowledged is sent whole. */
  restart(): void {
    this.#begunBytes = 0;
    this.#turns = [];
    for (const [id, old] of this.#streams) {
      const stream = newStream(id);
      const begun = [...old.begun.values()].filter((message) => !old.waiting.includes(message));
      for (const { bytes } of [...begun, ...old.waiting])
        stream.waiting.push(newMessage(stream, bytes));
      this.#streams.set(id, stream);
      if (stream.waiting.length > 0) this.#queue(stream);
    }
  }

  /** Gives everything up. @returns messages lost. */
  clear(): number {
    let count = 0;
    for (const { waiting, begun } of this.#streams.values()) {
      const both = waiting.length > 0 && waiting[0]!.fresh > 0 ? 1 : 0;
      count += waiting.length + begun.size - both;
    }
    this.#streams.clear();
    this.#turns = [];
    this.bufferedBytes = 0;
    this.#begunBytes = 0;
    return count;
  }

  #first(stream: OutStream, creditBytes: number): OutPiece | undefined {
    if (stream.lost.length > 0) return stream.lost[0];
    const message = stream.waiting[0];
    if (message === undefined) return undefined;
    if (message.fresh > 0) return { message, index: message.fresh };
    for (const oldest of stream.begun.keys()) {
      if (stream.next - oldest >= MESSAGES_IN_FLIGHT_MAX) return undefined;
      break;
    }
    const fits = this.#begunBytes + message.bytes.length <= creditBytes;
    return fits ? { message, index: 0 } : undefined;
  }

  #queue(stream: OutStream): void {
    if (stream.queued) return;
    stream.queued = true;
    this.#turns.push(stream);
  }

  #endTurn(waits: boolean): void {
    const stream = this.#turns.shift()!;
    stream.served = false;
    stream.queued = waits;
    if (waits) this.#turns.push(stream);
    else stream.deficitBytes = 0;
  }
}

function newStream(id: number): OutStream {
  return {
    id,
    next: 0,
    waiting: [],
    begun: new Map(),
    lost: [],
    deficitBytes: 0,
    queued: false,
    served: false,
  };
}

function newMessage(stream: OutStream, bytes: Uint8Array): OutMessage {
  const pieces = piecesOf(bytes.length);
  return { stream, number: -1, bytes, fresh: 0, states: new Uint8Array(pieces), missing: pieces };
}
