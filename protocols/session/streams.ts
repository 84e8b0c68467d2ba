/**
 * Streams: what order and what certainty the texts of a conversation have.
 *
 * A conversation brings single packets, each with a number, exactly once and in any order. That is all that most texts need, and such a text travels as it is.
 * A stream adds what others want. Its texts have a numbering of their own, so that they can be told in their order; they may be longer than a
 * packet, and are cut into segments; and they may do without acknowledgement, where a late text is worth nothing: then each segment is sent once.
 *
 * Order and certainty are properties of the stream and stand in every segment, so both sides agree on them without having talked about it. Of each of the four
 * kinds there are 256 streams, and one does not wait for another.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | 1 if ordered |
 * | 1 | 1 | number of the stream among its kind |
 * | 2 | 4 | number of the text in its stream |
 * | 6 | 1 | which segment of it, from 0 |
 * | 7 | 1 | how many segments it has |
 * | 8 | n | bytes |
 */
import { readUint32, writeUint32 } from '../codec/bytes.ts';

/** Where a text goes. */
export interface Stream {
  /** Texts are told in the order in which they were said. Without acknowledgement: one that comes after a later one is dropped. */
  ordered: boolean;
  /** Texts are sent again until the other side has them. */
  acknowledged: boolean;
  /** 0 to 255. */
  id: number;
}

export interface Segment {
  ordered: boolean;
  id: number;
  /** Number of the text in its stream. */
  text: number;
  index: number;
  count: number;
  bytes: Uint8Array;
}

/** Longest text of a stream, bytes. */
export const STREAM_TEXT_BYTES_MAX = 65_536;
export const STREAMS_MAX = 256;
export const SEGMENT_HEAD_BYTES = 8;
const SEGMENTS_MAX = 255;

/** A number for each stream, the same on both sides: 0 to 1,023. */
export function streamKey({ ordered, acknowledged, id }: Stream): number {
  return (acknowledged ? 0 : 512) | (ordered ? 256 : 0) | id;
}

/** Its key where nothing is acknowledged, else 0: texts that are acknowledged have one numbering for all streams. */
export function looseKeyOf(stream: Stream): number {
  return stream.acknowledged ? 0 : streamKey(stream);
}

export function streamOfKey(key: number): Stream {
  return { acknowledged: (key & 512) === 0, ordered: (key & 256) !== 0, id: key & 255 };
}

/** Segments of a text, each of at most `mostBytes` with its head; a text of no bytes has one. @throws if there are too many */
export function segmentsOf(
  { ordered, id }: Stream,
  text: number,
  bytes: Uint8Array,
  mostBytes: number,
): Uint8Array[] {
  const each = mostBytes - SEGMENT_HEAD_BYTES;
  const count = Math.max(1, Math.ceil(bytes.length / each));
  if (count > SEGMENTS_MAX) throw new Error(`${bytes.length} bytes in segments of ${mostBytes}`);
  return Array.from({ length: count }, (_, index) => {
    const part = bytes.subarray(index * each, (index + 1) * each);
    const out = new Uint8Array(SEGMENT_HEAD_BYTES + part.length);
    out[0] = ordered ? 1 : 0;
    out[1] = id;
    writeUint32(out, 2, text);
    out[6] = index;
    out[7] = count;
    out.set(part, SEGMENT_HEAD_BYTES);
    return out;
  });
}

/** Undefined for bytes that are no segment. */
export function decodeSegment(bytes: Uint8Array): Segment | undefined {
  if (bytes.length < SEGMENT_HEAD_BYTES || bytes[0]! > 1) return undefined;
  const [ordered, id] = [bytes[0] === 1, bytes[1]!];
  const [index, count] = [bytes[6]!, bytes[7]!];
  if (index >= count) return undefined;
  const text = readUint32(bytes, 2);
  return { ordered, id, text, index, count, bytes: bytes.slice(SEGMENT_HEAD_BYTES) };
}

/** Which segment of its text it is. */
export function segmentIndex(bytes: Uint8Array): number {
  return bytes[6]!;
}
