/**
 * Packets of reliable messages: what travels inside a DATA when something is to arrive for certain. Big-endian.
 *
 * | part | bytes | layout |
 * |---|---|---|
 * | head  | 10 | type 0x34, flags 1 (bit 0: opening), life 4, packet number 4 |
 * | ACK   | 20 + 4n | 1, life 4, largest 4, delay 2 (16 us), credit 6, n 1 (0..32), first 2, n x (gap 2, run 2) |
 * | PIECE | 10 + b | 2, stream 2, message 4, message bytes less one 2, index 1, b bytes |
 * | RESET | 5 | 3, life 4 |
 *
 * `first` packets below `largest` have come too; then, downward, `gap` (1 and more) packets that have not and `run` (1 and more) that have. A message of up to
 * 64 KiB is cut into pieces of PIECE_BYTES, the last one shorter, so an index says all about where a piece belongs and a lost one is sent again as it was.
 * `credit` is how many bytes of messages the receiver has room for, counted since the life began.
 *
 * A *life* names one sender's numbering. A receiver that has lost its memory cannot know what it had already handed on, so it only follows a life that says it is opening
 * (nothing of it has been acknowledged yet); any other one is answered by RESET and begun anew.
 *
 * Cut after QUIC's frames (RFC 9000 §19).
 */
import {
  readUint16,
  readUint32,
  readUint48,
  writeUint16,
  writeUint32,
  writeUint48,
} from '../../codec/bytes.ts';
import { CONTENT_BYTES_MAX, CONTENT_FRAMES } from '../wire.ts';

export const FRAMES_HEAD_BYTES = 10;
/** Most bytes of a message in one piece: the largest dark packet fits one. */
export const PIECE_BYTES = 1_152;
export const PIECE_HEAD_BYTES = 10;
export const MESSAGE_BYTES_MAX = 65_536;
export const ACK_RANGES_MAX = 32;
const ACK_BYTES = 20;
const RANGE_BYTES = 4;
const RESET_BYTES = 5;

const FRAME_ACK = 1;
const FRAME_PIECE = 2;
const FRAME_RESET = 3;
const FLAG_OPENING = 1;
/** Unit of the delay in an ACK, microseconds. */
const DELAY_UNIT_US = 16;

/** Packets from `low` to `high`, both counted. */
export interface NumberRange {
  low: number;
  high: number;
}

export interface Ack {
  life: number;
  /** How long the receiver kept the largest number before it said so. */
  delayUs: number;
  creditBytes: number;
  /** The newest first. */
  ranges: NumberRange[];
}

/** Where a piece belongs, and where its bytes lie in the packet it came in. */
export interface ReceivedPiece {
  stream: number;
  message: number;
  messageBytes: number;
  index: number;
  at: number;
  length: number;
}

export interface Frames {
  opening: boolean;
  life: number;
  number: number;
  ack: Ack | undefined;
  pieces: ReceivedPiece[];
  /** The life of ours of which the peer knows nothing. */
  reset: number | undefined;
}

export function piecesOf(messageBytes: number): number {
  return Math.ceil(messageBytes / PIECE_BYTES);
}

/** Bytes of piece `index` of a message. */
export function pieceBytes(messageBytes: number, index: number): number {
  return Math.min(PIECE_BYTES, messageBytes - index * PIECE_BYTES);
}

/** Bytes of an ACK of so many ranges. */
export function ackBytes(ranges: number): number {
  return ACK_BYTES + RANGE_BYTES * (ranges - 1);
}

/** Ranges that an ACK of at most `room` bytes can say; 0 if none. */
export function ackRangesIn(room: number): number {
  return room < ACK_BYTES ? 0 : 1 + Math.floor((room - ACK_BYTES) / RANGE_BYTES);
}

/** Reads the packet at `bytes[at..+length)`, of type CONTENT_FRAMES. @returns undefined for anything that is not one as a whole. */
export function readFrames(bytes: Uint8Array, at: number, length: number): Frames | undefined {
  const end = at + length;
  if (length < FRAMES_HEAD_BYTES || bytes[at + 1]! > FLAG_OPENING) return undefined;
  const frames: Frames = {
    opening: bytes[at + 1] === FLAG_OPENING,
    life: readUint32(bytes, at + 2),
    number: readUint32(bytes, at + 6),
    ack: undefined,
    pieces: [],
    reset: undefined,
  };
  let next = at + FRAMES_HEAD_BYTES;
  while (next < end) {
    const read = readFrame(bytes, next, end, frames);
    if (read < 0) return undefined;
    next += read;
  }
  return frames;
}

/** @returns bytes read, or -1. */
function readFrame(bytes: Uint8Array, at: number, end: number, frames: Frames): number {
  switch (bytes[at]) {
    case FRAME_ACK:
      return frames.ack === undefined ? readAck(bytes, at, end, frames) : -1;
    case FRAME_PIECE:
      return readPiece(bytes, at, end, frames);
    case FRAME_RESET:
      if (end - at < RESET_BYTES) return -1;
      frames.reset = readUint32(bytes, at + 1);
      return RESET_BYTES;
    default:
      return -1;
  }
}

function readAck(bytes: Uint8Array, at: number, end: number, frames: Frames): number {
  if (end - at < ACK_BYTES) return -1;
  const more = bytes[at + 17]!;
  const length = ACK_BYTES + RANGE_BYTES * more;
  if (more >= ACK_RANGES_MAX || end - at < length) return -1;
  const largest = readUint32(bytes, at + 5);
  let low = largest - readUint16(bytes, at + 18);
  const ranges: NumberRange[] = [{ low, high: largest }];
  for (let next = at + ACK_BYTES; next < at + length; next += RANGE_BYTES) {
    const gap = readUint16(bytes, next);
    const run = readUint16(bytes, next + 2);
    if (gap === 0 || run === 0) return -1;
    const high = low - gap - 1;
    low = high - run + 1;
    ranges.push({ low, high });
  }
  if (low < 0) return -1;
  frames.ack = {
    life: readUint32(bytes, at + 1),
    delayUs: readUint16(bytes, at + 9) * DELAY_UNIT_US,
    creditBytes: readUint48(bytes, at + 11),
    ranges,
  };
  return length;
}

function readPiece(bytes: Uint8Array, at: number, end: number, frames: Frames): number {
  if (end - at < PIECE_HEAD_BYTES) return -1;
  const messageBytes = readUint16(bytes, at + 7) + 1;
  const index = bytes[at + 9]!;
  const length = pieceBytes(messageBytes, index);
  if (length <= 0 || end - at < PIECE_HEAD_BYTES + length) return -1;
  frames.pieces.push({
    stream: readUint16(bytes, at + 1),
    message: readUint32(bytes, at + 3),
    messageBytes,
    index,
    at: at + PIECE_HEAD_BYTES,
    length,
  });
  return PIECE_HEAD_BYTES + length;
}

/** Writes one packet, frame by frame, into a buffer of its own. */
export class FramesWriter {
  readonly bytes = new Uint8Array(CONTENT_BYTES_MAX);
  length = 0;

  begin(opening: boolean, life: number, number: number): void {
    const { bytes } = this;
    bytes[0] = CONTENT_FRAMES;
    bytes[1] = opening ? FLAG_OPENING : 0;
    writeUint32(bytes, 2, life);
    writeUint32(bytes, 6, number);
    this.length = FRAMES_HEAD_BYTES;
  }

  /** Bytes that still fit. */
  get room(): number {
    return this.bytes.length - this.length;
  }

  /** Writes as many of the newest ranges as fit; there must be room for one. */
  ack(ack: Ack): void {
    const { bytes, length: at } = this;
    const count = Math.min(ack.ranges.length, ackRangesIn(this.room), ACK_RANGES_MAX);
    const first = ack.ranges[0]!;
    bytes[at] = FRAME_ACK;
    writeUint32(bytes, at + 1, ack.life);
    writeUint32(bytes, at + 5, first.high);
    writeUint16(bytes, at + 9, Math.min(0xffff, Math.floor(ack.delayUs / DELAY_UNIT_US)));
    writeUint48(bytes, at + 11, ack.creditBytes);
    writeUint16(bytes, at + 18, first.high - first.low);
    let said = 1;
    for (; said < count; said++) {
      const range = ack.ranges[said]!;
      const gap = ack.ranges[said - 1]!.low - range.high - 1;
      if (gap > 0xffff) break;
      const next = at + ACK_BYTES + RANGE_BYTES * (said - 1);
      writeUint16(bytes, next, gap);
      writeUint16(bytes, next + 2, range.high - range.low + 1);
    }
    bytes[at + 17] = said - 1;
    this.length = at + ackBytes(said);
  }

  /** Writes piece `index` of `message`, which must fit. */
  piece(stream: number, number: number, message: Uint8Array, index: number): void {
    const { bytes, length: at } = this;
    const length = pieceBytes(message.length, index);
    bytes[at] = FRAME_PIECE;
    writeUint16(bytes, at + 1, stream);
    writeUint32(bytes, at + 3, number);
    writeUint16(bytes, at + 7, message.length - 1);
    bytes[at + 9] = index;
    const from = index * PIECE_BYTES;
    bytes.set(message.subarray(from, from + length), at + PIECE_HEAD_BYTES);
    this.length = at + PIECE_HEAD_BYTES + length;
  }

  reset(life: number): void {
    this.bytes[this.length] = FRAME_RESET;
    writeUint32(this.bytes, this.length + 1, life);
    this.length += RESET_BYTES;
  }
}
