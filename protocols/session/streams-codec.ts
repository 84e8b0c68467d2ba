/**
 * Streams of a contact on disk: the end of its record.
 *
 * | bytes | field |
 * |---|---|
 * | 2 | streams of ours: for each its key 2, number of its next text 4 |
 * | 2 | ordered streams of theirs: the same |
 * | 2 | segments that have been acknowledged and wait for others: for each the stream's key 2, number of its packet 4, and the segment as it came, its length 2 first |
 */
import { readUint16, readUint32, writeUint16, writeUint32 } from '../codec/bytes.ts';
import type { Contact } from './contact.ts';
import { decodeSegment, SEGMENT_HEAD_BYTES, streamKey, streamOfKey } from './streams.ts';

const NUMBERING_BYTES = 2 + 4;
const HELD_HEAD_BYTES = 2 + 4 + 2;

interface Held {
  key: number;
  text: number;
  first: number;
  index: number;
  count: number;
  bytes: Uint8Array;
}

export function encodeStreams(contact: Contact): Uint8Array {
  const held = heldOf(contact);
  let length = 6 + NUMBERING_BYTES * (contact.nextOfStream.size + contact.inflow.next.size);
  for (const { bytes } of held) length += HELD_HEAD_BYTES + SEGMENT_HEAD_BYTES + bytes.length;
  const out = new Uint8Array(length);
  let at = writeNumberings(out, 0, contact.nextOfStream);
  at = writeNumberings(out, at, contact.inflow.next);
  writeUint16(out, at, held.length);
  at += 2;
  for (const one of held) {
    const { ordered, id } = streamOfKey(one.key);
    writeUint16(out, at, one.key);
    writeUint32(out, at + 2, one.first + one.index);
    writeUint16(out, at + 6, SEGMENT_HEAD_BYTES + one.bytes.length);
    at += HELD_HEAD_BYTES;
    out.set([ordered ? 1 : 0, id], at);
    writeUint32(out, at + 2, one.text);
    out.set([one.index, one.count], at + 6);
    out.set(one.bytes, at + SEGMENT_HEAD_BYTES);
    at += SEGMENT_HEAD_BYTES + one.bytes.length;
  }
  return out;
}

function heldOf(contact: Contact): Held[] {
  return contact.inflow
    .held()
    .flatMap(({ key, text, number, segments }) =>
      segments.flatMap((bytes, index) =>
        bytes === undefined
          ? []
          : [{ key, text, first: number, index, count: segments.length, bytes }],
      ),
    );
}

function writeNumberings(out: Uint8Array, from: number, next: Map<number, number>): number {
  writeUint16(out, from, next.size);
  let at = from + 2;
  for (const [key, number] of next) {
    writeUint16(out, at, key);
    writeUint32(out, at + 2, number);
    at += NUMBERING_BYTES;
  }
  return at;
}

/** Puts what was written back into a contact; false for bytes that are none of it. */
export function decodeStreams(contact: Contact, bytes: Uint8Array): boolean {
  let at = readNumberings(bytes, 0, contact.nextOfStream);
  if (at >= 0) at = readNumberings(bytes, at, contact.inflow.next);
  if (at < 0 || at + 2 > bytes.length) return false;
  const held = readUint16(bytes, at);
  at += 2;
  for (let i = 0; i < held; i++) {
    if (at + HELD_HEAD_BYTES > bytes.length) return false;
    const end = at + HELD_HEAD_BYTES + readUint16(bytes, at + 6);
    const segment =
      end <= bytes.length ? decodeSegment(bytes.subarray(at + HELD_HEAD_BYTES, end)) : undefined;
    const key = readUint16(bytes, at);
    if (segment === undefined || key !== streamKey({ ...segment, acknowledged: true }))
      return false;
    contact.inflow.hold(key, segment, readUint32(bytes, at + 2) - segment.index);
    at = end;
  }
  return at === bytes.length;
}

/** @returns where they end, or -1. */
function readNumberings(bytes: Uint8Array, from: number, into: Map<number, number>): number {
  if (from + 2 > bytes.length) return -1;
  const count = readUint16(bytes, from);
  const end = from + 2 + count * NUMBERING_BYTES;
  if (end > bytes.length) return -1;
  for (let at = from + 2; at < end; at += NUMBERING_BYTES)
    into.set(readUint16(bytes, at), readUint32(bytes, at + 2));
  return end;
}
