/**
 * Trying to open what passes by: every node of the zone does it, for every packet, after it has forwarded.
 *
 * Each tree brings a copy of a message, and each try costs an agreement, so copies that show the same ephemeral key and view tag are tried
 * once. Not by id alone: a hostile relay could send a spoilt copy ahead of the good ones under their id. If the view tag
 * says that a copy is for us and its text then does not open, it was spoilt, and the next copy gets its chance. A topic says it less
 * surely: others may have the same, and then each copy costs an agreement in vain, and nothing else.
 */
import { readUint16, readUint32 } from '../codec/bytes.ts';
import { X25519_KEY_BYTES, type AgreementKey } from '../crypto/port.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import type { SeenPackets } from './dedup.ts';
import type { LeakSwitches } from './options.ts';
import { AT_TAG, HEADER_BYTES, LENGTH_BYTES, writeAssociated } from './packet.ts';
import type { RoutingScratch } from './scratch.ts';

/**
 * Tries to open, with `key`, the packet of `length` bytes at `bytes[offset]`, whose header is in `scratch` and which `seen` has at `place`.
 * `isTopic`: its tag is no view tag but a topic that we listen for. @returns bytes of its text, which is then in `scratch.text` from LENGTH_BYTES on; -1 if it does not open or was tried before.
 */
export function tryOpen(
  key: AgreementKey,
  leaks: LeakSwitches,
  isTopic: boolean,
  seen: SeenPackets,
  place: number,
  scratch: RoutingScratch,
  box: SealedBox,
  bytes: Uint8Array,
  offset: number,
  length: number,
): number {
  const sealed = offset + HEADER_BYTES;
  const tag = offset + AT_TAG;
  const shown = shownKey(bytes, sealed, tag);
  if (seen.wasTried(place, shown)) return -1;
  const tagged = !leaks.clearTopic;
  if (tagged && !isTopic && !box.viewTagMatches(key, bytes, sealed, bytes, tag)) {
    seen.markTried(place, shown);
    return -1;
  }
  const { associated, text, header } = scratch;
  writeAssociated(bytes, offset, header.luminosity, !leaks.extensionReplay, associated);
  const opened = box.open(key, bytes, sealed, length - HEADER_BYTES, associated, text, 0);
  if (opened < 0 && tagged) return -1;
  seen.markTried(place, shown);
  if (opened < LENGTH_BYTES) return -1;
  const textBytes = readUint16(text, 0);
  return textBytes <= opened - LENGTH_BYTES ? textBytes : -1;
}

/** 32 bits of the ephemeral key and the view tag, mixed. */
function shownKey(bytes: Uint8Array, sealed: number, tag: number): number {
  let mixed = Math.imul(readUint32(bytes, tag) ^ 0x243f6a88, 0x9e3779b1);
  mixed = Math.imul((mixed ^ (mixed >>> 15)) + readUint32(bytes, tag + 4), 0x85ebca6b);
  for (let i = 0; i < X25519_KEY_BYTES; i += 4) {
    mixed = Math.imul((mixed ^ (mixed >>> 13)) + readUint32(bytes, sealed + i), 0x9e3779b1);
  }
  return mixed ^ (mixed >>> 16);
}
