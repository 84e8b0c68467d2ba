/**
 * Trying to open what passes by: every node of the zone does it, for every packet, after it has forwarded.
 *
 * Each tree brings a copy of a message, and each try costs an agreement, so copies that show the same ephemeral key and view tag are tried
 * once. Not by id alone: a hostile relay could send a spoilt copy ahead of the good ones under their id. If the view tag
 * says that a copy is for us and its text then does not open, it was spoilt, and the next copy gets its chance.
 */
import { readUint16, readUint32 } from '../codec/bytes.ts';
import { X25519_KEY_BYTES, type AgreementKey } from '../crypto/port.ts';
import type { SealedBox } from '../crypto/sealed-box.ts';
import type { Micros } from '../host.ts';
import type { SeenPackets } from './dedup.ts';
import type { LeakSwitches } from './options.ts';
import { AT_TAG, HEADER_BYTES, LENGTH_BYTES, writeAssociated, type DarkHeader } from './packet.ts';
import type { RoutingScratch } from './scratch.ts';

/** Lane of `SeenPackets` that remembers which copies were tried; the trees use 0..4. */
const LANE_TRIED = 255;

export class Opener {
  readonly #key: AgreementKey;
  readonly #leaks: LeakSwitches;
  readonly #seen: SeenPackets;
  readonly #scratch: RoutingScratch;
  readonly #box: SealedBox;

  constructor(
    key: AgreementKey,
    leaks: LeakSwitches,
    seen: SeenPackets,
    scratch: RoutingScratch,
    box: SealedBox,
  ) {
    this.#key = key;
    this.#leaks = leaks;
    this.#seen = seen;
    this.#scratch = scratch;
    this.#box = box;
  }

  /**
   * Tries the packet of `length` bytes at `bytes[offset]`, whose header is `header` and which deduplication knows as `dedupLow`.
   * @returns bytes of its text, which is then in `scratch.text` from LENGTH_BYTES on; -1 if it does not open or was tried before.
   */
  tryOpen(
    header: DarkHeader,
    dedupLow: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    nowUs: Micros,
  ): number {
    const sealed = offset + HEADER_BYTES;
    const tag = offset + AT_TAG;
    const low = (dedupLow ^ shownKey(bytes, sealed, tag)) >>> 0;
    const seen = this.#seen;
    if (seen.has(nowUs, header.idHigh, low, LANE_TRIED)) return -1;
    const { clearTopic, extensionReplay } = this.#leaks;
    const named = !clearTopic;
    if (named && !this.#box.viewTagMatches(this.#key, bytes, sealed, bytes, tag)) {
      seen.add(nowUs, header.idHigh, low, LANE_TRIED);
      return -1;
    }
    const { associated, text } = this.#scratch;
    writeAssociated(bytes, offset, header.luminosity, !extensionReplay, associated);
    const opened = this.#box.open(
      this.#key,
      bytes,
      sealed,
      length - HEADER_BYTES,
      associated,
      text,
      0,
    );
    if (opened < 0 && named) return -1;
    seen.add(nowUs, header.idHigh, low, LANE_TRIED);
    if (opened < LENGTH_BYTES) return -1;
    const textBytes = readUint16(text, 0);
    return textBytes <= opened - LENGTH_BYTES ? textBytes : -1;
  }
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
