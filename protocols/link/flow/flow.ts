/**
 * Reliable messages over one link: both directions, one timer. Loss detection, probes and the window follow RFC 9002; what a packet holds is in `frames.ts`.
 *
 * Differences from QUIC. Units are messages of at most 64 KiB, not bytes of a stream, since nothing above sends streams; a receiver therefore knows what it must
 * hold before it holds it. Acknowledgements carry the credit, so no frame but pieces ever needs repeating. The numbering outlives the link's keys
 * (a new handshake changes nothing here); a peer that has lost its memory is found out by lives (`frames.ts`), and gets again whatever it has not acknowledged.
 */
import type { Micros } from '../../host.ts';
import { dataBytes } from '../wire.ts';
import { Congestion, Pacer, PERSISTENT_CONGESTION_TIMEOUTS } from './congestion.ts';
import {
  ackBytes,
  FRAMES_HEAD_BYTES,
  FramesWriter,
  PIECE_HEAD_BYTES,
  pieceBytes,
  readFrames,
  type Ack,
  type Frames,
} from './frames.ts';
import { CREDIT_WINDOW_BYTES, Inbox, type InboxBudget, type InMessage } from './inbox.ts';
import { ReceivedNumbers } from './numbers.ts';
import { Outbox, type OutPiece } from './outbox.ts';
import { RoundTrip } from './round-trip.ts';
import { SentPackets, type SentPacket } from './sent-packets.ts';

/** Bytes of messages that wait or are on their way to one peer; more are refused. */
export const SEND_BUFFER_BYTES = 262_144;
/** A peer that acknowledges nothing for so long is given up. */
const GIVE_UP_US = 30_000_000;
/** Packets of a probe (RFC 9002 §6.2.4). */
const PROBE_PACKETS = 2;
/** The wait between probes doubles at most so often. */
const PROBE_DOUBLINGS_MAX = 10;
/** Earlier lives of a peer whose late packets are known as such. */
const OLD_LIVES = 4;
/** How often a peer is told that its life is not known. */
const RESET_EVERY_US = 100_000;
/** Packet numbers of one life; the few packets sent outside `pump` fit the rest. */
const NUMBERS = 0xffff_ff00;

/** What a flow needs from the link. */
export interface FlowPort {
  now(): Micros;
  /** A name for a life. */
  life(): number;
  /** Sends content; false if there are no keys, which the link then fetches. */
  transmit(content: Uint8Array, length: number): boolean;
  /** Hands a message up. */
  deliver(stream: number, bytes: Uint8Array): void;
  /** After a refusal there is room again. */
  writable(): void;
  /** Messages that will not arrive. */
  dropped(messages: number): void;
  /** Pieces that are sent again. */
  resent(pieces: number): void;
  /** One call of `onTimer` after `delayUs`, in place of any asked for before; -1 for none. */
  arm(delayUs: Micros): void;
}

export class Flow {
  readonly path = new RoundTrip();
  readonly congestion = new Congestion();
  readonly #port: FlowPort;
  readonly #budget: InboxBudget;
  readonly #writer = new FramesWriter();
  readonly #pacer = new Pacer();
  readonly #outbox = new Outbox();
  readonly #sent = new SentPackets();
  #life: number;
  /** Nothing of this life has been acknowledged. */
  #opening = true;
  #number = 0;
  #creditBytes = CREDIT_WINDOW_BYTES;
  #probes = 0;
  #lastSentUs: Micros = 0;
  #progressUs: Micros = 0;
  #paceUs: Micros = 0;
  #refused = false;
  // ---- of the peer ----
  #peerLife = -1;
  readonly #oldLives: number[] = [];
  #inbox: Inbox;
  #received = new ReceivedNumbers();
  #resetUs: Micros = -RESET_EVERY_US;

  constructor(port: FlowPort, budget: InboxBudget) {
    this.#port = port;
    this.#budget = budget;
    this.#life = port.life();
    this.#inbox = new Inbox(budget);
  }

  /** Something is on its way or waits. */
  get busy(): boolean {
    return !this.#outbox.empty;
  }

  get bufferedBytes(): number {
    return this.#outbox.bufferedBytes;
  }

  /** Takes a message of 1 to MESSAGE_BYTES_MAX bytes. @returns false if there is no room: `FlowPort.writable` says when there is. */
  offer(stream: number, message: Uint8Array): boolean {
    const empty = this.#outbox.empty;
    if (!empty && this.#outbox.bufferedBytes + message.length > SEND_BUFFER_BYTES) {
      this.#refused = true;
      return false;
    }
    if (empty) this.#progressUs = this.#port.now();
    this.#outbox.add(stream, message);
    this.pump();
    return true;
  }

  /** The content of type CONTENT_FRAMES at `bytes[at..+length)`. @returns false if it is none. */
  onFrames(bytes: Uint8Array, at: number, length: number): boolean {
    const frames = readFrames(bytes, at, length);
    if (frames === undefined) return false;
    if (frames.reset === this.#life) this.#restart();
    if (frames.ack?.life === this.#life && !this.#onAck(frames.ack)) return false;
    const messages: InMessage[] = [];
    this.#onPieces(frames, bytes, messages);
    this.pump();
    for (const message of messages) this.#port.deliver(message.stream, message.bytes);
    this.#tellWritable();
    return true;
  }

  onTimer(): void {
    const now = this.#port.now();
    if (this.#sent.lossDueUs >= 0 && this.#sent.lossDueUs <= now) this.#detectLoss(now);
    else if (this.busy && now - this.#progressUs >= GIVE_UP_US) this.#giveUp();
    else if (this.#probeDueUs() >= 0 && this.#probeDueUs() <= now) this.#probe();
    this.pump();
  }

  /** The peer has just made new keys with us: whatever was silent before is asked for without waiting. */
  ready(): void {
    this.#probes = 0;
    this.pump();
  }

  /** Sends what may be sent now. */
  pump(): void {
    const now = this.#port.now();
    this.#paceUs = 0;
    this.congestion.limited = false;
    if (this.#number >= NUMBERS) this.#restart();
    for (;;) {
      const piece = this.#outbox.peek(this.#creditBytes);
      if (piece === undefined) break;
      const bytes = dataBytes(this.#headBytes() + bytesOf(piece));
      if (!this.congestion.fits(bytes)) {
        this.congestion.limited = true;
        break;
      }
      const waitUs = this.#pacer.waitUs(bytes, this.congestion.windowBytes, this.path, now);
      if (waitUs > 0) {
        this.congestion.limited = true;
        this.#paceUs = now + waitUs;
        break;
      }
      if (!this.#sendPieces(now)) break;
    }
    const { dueUs } = this.#received;
    if (dueUs >= 0 && dueUs <= now) this.#sendAlone(now);
    this.#arm(now);
  }

  /** Gives back what it holds. @returns messages that will not arrive. */
  close(): number {
    this.#inbox.close();
    this.#port.arm(-1);
    return this.#outbox.clear();
  }

  // ---- sending ----

  /** Bytes before the first piece of the next packet. */
  #headBytes(): number {
    const ranges = this.#received.ranges.length;
    const acknowledges = ranges > 0 && this.#received.dueUs >= 0;
    return FRAMES_HEAD_BYTES + (acknowledges ? ackBytes(1) : 0);
  }

  /** One packet with as many pieces as fit. @returns false if there are no keys. */
  #sendPieces(now: Micros): boolean {
    const writer = this.#writer;
    writer.begin(this.#opening, this.#life, this.#number);
    const acknowledges = this.#received.dueUs >= 0;
    const reserve = acknowledges ? ackBytes(1) : 0;
    const pieces: OutPiece[] = [];
    for (;;) {
      const piece = this.#outbox.peek(this.#creditBytes);
      if (piece === undefined || writer.room - reserve < bytesOf(piece)) break;
      const { message, index } = piece;
      this.#outbox.take(piece);
      writer.piece(message.stream.id, message.number, message.bytes, index);
      pieces.push(piece);
    }
    if (acknowledges) writer.ack(this.#ack(now));
    return this.#transmit(now, pieces);
  }

  /** A packet without pieces: an acknowledgement. */
  #sendAlone(now: Micros): void {
    this.#writer.begin(this.#opening, this.#life, this.#number);
    this.#writer.ack(this.#ack(now));
    this.#transmit(now, []);
  }

  #transmit(now: Micros, pieces: OutPiece[]): boolean {
    const { bytes: content, length } = this.#writer;
    if (!this.#port.transmit(content, length)) {
      for (const piece of pieces) this.#outbox.lose(piece);
      return false;
    }
    const bytes = dataBytes(length);
    if (pieces.length > 0) {
      this.#sent.add({ number: this.#number, sentUs: now, bytes, pieces });
      this.congestion.sent(bytes);
      this.#lastSentUs = now;
    }
    this.#pacer.sent(bytes);
    this.#received.said();
    this.#number++;
    return true;
  }

  #ack(now: Micros): Ack {
    return {
      life: this.#peerLife,
      delayUs: this.#received.delayUs(now),
      creditBytes: this.#inbox.creditBytes,
      ranges: this.#received.ranges,
    };
  }

  // ---- acknowledgements and loss ----

  /** @returns false for an acknowledgement of what was never sent. */
  #onAck(ack: Ack): boolean {
    const now = this.#port.now();
    const largest = ack.ranges[0]!.high;
    if (largest >= this.#number) return false;
    const news = largest > this.#sent.largestAcknowledged;
    const newly = this.#sent.acknowledge(ack.ranges);
    this.#creditBytes = Math.max(this.#creditBytes, ack.creditBytes);
    if (newly.length === 0) return true;
    this.#opening = false;
    const newest = newly.at(-1)!;
    if (news && newest.number === largest) this.path.sample(now - newest.sentUs, ack.delayUs);
    for (const packet of newly) {
      this.congestion.acknowledged(packet.bytes, packet.sentUs);
      for (const piece of packet.pieces) this.#outbox.acknowledge(piece);
    }
    this.#probes = 0;
    this.#progressUs = now;
    this.#detectLoss(now);
    return true;
  }

  #detectLoss(now: Micros): void {
    const lost = this.#sent.lost(this.path, now);
    if (lost.length === 0) return;
    const newest = lost.at(-1)!;
    let bytes = 0;
    for (const packet of lost) bytes += packet.bytes;
    this.congestion.lost(bytes, newest.sentUs, now);
    const durationUs = newest.sentUs - lost[0]!.sentUs;
    const dead = PERSISTENT_CONGESTION_TIMEOUTS * this.path.probeTimeoutUs;
    if (lost.length > 1 && this.path.known && durationUs > dead)
      this.congestion.persistentCongestion();
    this.#resend(lost);
  }

  #resend(packets: readonly SentPacket[]): void {
    let pieces = 0;
    for (const packet of packets)
      for (const piece of packet.pieces) if (this.#outbox.lose(piece)) pieces++;
    if (pieces > 0) this.#port.resent(pieces);
  }

  /** When the receiver is asked again, since nothing is heard; -1 for not. */
  #probeDueUs(): Micros {
    if (this.#sent.size === 0) return -1;
    const doublings = Math.min(this.#probes, PROBE_DOUBLINGS_MAX);
    return this.#lastSentUs + this.path.probeTimeoutUs * (1 << doublings);
  }

  /** Sends something that asks for an acknowledgement, whatever the window says: new pieces, or else the oldest again. */
  #probe(): void {
    this.#probes++;
    const now = this.#port.now();
    for (let i = 0; i < PROBE_PACKETS; i++) {
      const oldest = this.#sent.oldest();
      if (this.#outbox.peek(this.#creditBytes) === undefined && oldest !== undefined && i === 0)
        this.#resend([oldest]);
      if (this.#outbox.peek(this.#creditBytes) === undefined || !this.#sendPieces(now)) return;
    }
  }

  #giveUp(): void {
    const dropped = this.#outbox.clear();
    this.#beginLife();
    this.#port.dropped(dropped);
    this.#tellWritable();
  }

  /** The peer knows nothing of this life: everything that it has not acknowledged is said again in a new one. */
  #restart(): void {
    this.#outbox.restart();
    this.#beginLife();
  }

  #beginLife(): void {
    this.#life = this.#port.life();
    this.#opening = true;
    this.#number = 0;
    this.#creditBytes = CREDIT_WINDOW_BYTES;
    this.#probes = 0;
    this.#sent.clear();
    this.congestion.forget();
  }

  // ---- receiving ----

  #onPieces(frames: Frames, bytes: Uint8Array, out: InMessage[]): void {
    if (frames.life !== this.#peerLife && !this.#meet(frames)) return;
    const now = this.#port.now();
    let room = true;
    for (const piece of frames.pieces) room = this.#inbox.take(piece, bytes, out) && room;
    if (room) this.#received.note(frames.number, frames.pieces.length > 0, now);
  }

  /** A life that is not the one followed. @returns whether it is followed now. */
  #meet(frames: Frames): boolean {
    if (this.#oldLives.includes(frames.life)) return false;
    if (!frames.opening) {
      if (frames.pieces.length > 0) this.#refuseLife(frames.life);
      return false;
    }
    if (this.#peerLife >= 0) this.#oldLives.push(this.#peerLife);
    if (this.#oldLives.length > OLD_LIVES) this.#oldLives.shift();
    this.#peerLife = frames.life;
    this.#inbox.close();
    this.#inbox = new Inbox(this.#budget);
    this.#received = new ReceivedNumbers();
    return true;
  }

  #refuseLife(life: number): void {
    const now = this.#port.now();
    if (now - this.#resetUs < RESET_EVERY_US) return;
    this.#resetUs = now;
    this.#writer.begin(this.#opening, this.#life, this.#number);
    this.#writer.reset(life);
    this.#transmit(now, []);
  }

  // ---- timer ----

  #tellWritable(): void {
    if (!this.#refused || this.#outbox.bufferedBytes > SEND_BUFFER_BYTES / 2) return;
    this.#refused = false;
    this.#port.writable();
  }

  #arm(now: Micros): void {
    let dueUs = Number.POSITIVE_INFINITY;
    const also = (us: Micros): void => {
      if (us >= 0) dueUs = Math.min(dueUs, us);
    };
    also(this.#received.dueUs);
    also(this.#sent.lossDueUs);
    if (this.#sent.lossDueUs < 0) also(this.#probeDueUs());
    if (this.#paceUs > 0) also(this.#paceUs);
    if (this.busy) also(this.#progressUs + GIVE_UP_US);
    this.#port.arm(dueUs === Number.POSITIVE_INFINITY ? -1 : Math.max(1, Math.ceil(dueUs - now)));
  }
}

function bytesOf({ message, index }: OutPiece): number {
  return PIECE_HEAD_BYTES + pieceBytes(message.bytes.length, index);
}
