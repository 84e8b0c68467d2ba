/**
 * The size of what is said in a group: padded so that its packet is as long as a dark packet with a text of one of the usual classes. What
 * is sealed begins with its own length, two bytes.
 */
import { readUint16, writeUint16 } from '../codec/bytes.ts';
import { SEALED_OVERHEAD_BYTES } from '../crypto/sealed-box.ts';
import { GROUP_TAG_BYTES, PACKET_OVERHEAD_BYTES } from '../group/packet.ts';
import { SIZE_CLASSES_BYTES } from '../routing/params.ts';

const LENGTH_BYTES = 2;

/** Bytes that may be sealed so that the packet has the size of a class. */
const ROOMS_BYTES = SIZE_CLASSES_BYTES.map(
  (size) => size + SEALED_OVERHEAD_BYTES + GROUP_TAG_BYTES - PACKET_OVERHEAD_BYTES,
);

/** Longest text for a group. */
export const GROUP_TEXT_BYTES_MAX = ROOMS_BYTES.at(-1)! - LENGTH_BYTES;

export function padGroupText(text: Uint8Array): Uint8Array {
  const room = ROOMS_BYTES.find((bytes) => bytes >= LENGTH_BYTES + text.length);
  if (room === undefined)
    throw new Error(`a text of ${text.length} bytes; a group takes ${GROUP_TEXT_BYTES_MAX}`);
  const padded = new Uint8Array(room);
  writeUint16(padded, 0, text.length);
  padded.set(text, LENGTH_BYTES);
  return padded;
}

/** Bytes of the packet that carries a text of so many. */
export function groupPacketBytes(textBytes: number): number {
  return padGroupText(new Uint8Array(textBytes)).length + PACKET_OVERHEAD_BYTES;
}

/** The inverse; undefined for bytes that say a length they do not have. */
export function unpadGroupText(padded: Uint8Array): Uint8Array | undefined {
  if (padded.length < LENGTH_BYTES) return undefined;
  const length = readUint16(padded, 0);
  return length > padded.length - LENGTH_BYTES
    ? undefined
    : padded.slice(LENGTH_BYTES, LENGTH_BYTES + length);
}
