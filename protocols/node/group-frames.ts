/**
 * What members of groups tell one another in their conversations, because it concerns one person only or is too long for one packet.
 *
 * A frame is a text of a conversation. Its first byte begins no text in UTF-8, so nothing that somebody writes is taken for a frame:
 *
 * | bytes | field |
 * |---|---|
 * | 1 | 0xff |
 * | 1 | 1 join, 2 piece, 3 head, 4 card, 5 who, 6 invite |
 *
 * Join, "add me": group id 32, key package 280. Piece: kind of the whole 1 (1 welcome, 2 commit, 3 cards, 4 words), its first hash bytes 8, index 1, count 1, bytes. Head, "this is
 * the epoch that counts for me": group id 32, epoch number 6, transcript hash 32, 1 if it answers another head, what has been heard
 * (`group-words.ts`). Card: a node record 162. Who, "send me their card": group id 32, overlay address 32. Invite: group id 32, what it is called in UTF-8, 1 to 64
 * bytes.
 *
 * Decoding is total; a whole has at most 255 pieces, and only so many wholes are waited for at once.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { readUint16, readUint48, writeUint48 } from '../codec/bytes.ts';
import type { CryptoSuite } from '../crypto/port.ts';
import { decodeKeyPackage, KEY_PACKAGE_BYTES, sameBytes, type KeyPackage } from '../group/leaf.ts';
import { concat, uint16, uint8 } from '../group/presentation.ts';
import { ADDRESS_BYTES } from '../identity/proximity.ts';
import { RECORD_BYTES } from '../identity/record.ts';
import { MESSAGE_TEXT_BYTES_MAX } from '../session/contact.ts';
import { decodeHeard, encodeHeard, type Heard } from './group-words.ts';

const FRAME = 0xff;
const JOIN = 1;
const PIECE = 2;
const HEAD = 3;
const CARD = 4;
const WHO = 5;
const INVITE = 6;
const GROUP_ID_BYTES = 32;
const HASH_BYTES = 32;
/** Of a head, before what has been heard. */
const HEAD_BYTES = 2 + GROUP_ID_BYTES + 6 + HASH_BYTES + 1;
const NAME_BYTES = 8;
const PIECE_HEADER_BYTES = 2 + 1 + NAME_BYTES + 2;
const PIECES_MAX = 255;
/** Wholes of one person that are waited for at once: the oldest makes room. */
const WHOLES_MAX = 8;

/** Longest name of a group, in UTF-8. */
export const GROUP_NAME_BYTES_MAX = 64;

/** What is too long for one packet. */
export type Whole = 'welcome' | 'commit' | 'cards' | 'words';
const WHOLES: readonly Whole[] = ['welcome', 'commit', 'cards', 'words'];

export interface Piece {
  kind: 'piece';
  whole: Whole;
  /** The first eight bytes of its hash. */
  name: Uint8Array;
  index: number;
  count: number;
  bytes: Uint8Array;
}

export interface HeadFrame {
  kind: 'head';
  groupId: Uint8Array;
  height: number;
  /** Transcript hash of the epoch. */
  epoch: Uint8Array;
  answers: boolean;
  heard: Heard;
}

export type Frame =
  | { kind: 'join'; groupId: Uint8Array; package: KeyPackage }
  | Piece
  | HeadFrame
  /** A signed node record, not yet checked. */
  | { kind: 'card'; record: Uint8Array }
  | { kind: 'who'; groupId: Uint8Array; address: Uint8Array }
  | { kind: 'invite'; groupId: Uint8Array; name: string };

/** Whether a text of a conversation is for the node and not for its user. */
export function isFrame(text: Uint8Array): boolean {
  return text[0] === FRAME;
}

export function encodeJoin(groupId: Uint8Array, one: KeyPackage): Uint8Array {
  return concat(uint8(FRAME), uint8(JOIN), groupId, one.bytes);
}

export function encodeHead({
  groupId,
  height,
  epoch,
  answers,
  heard,
}: Omit<HeadFrame, 'kind'>): Uint8Array {
  const number = new Uint8Array(6);
  writeUint48(number, 0, height);
  const fixed = [uint8(FRAME), uint8(HEAD), groupId, number, epoch, uint8(answers ? 1 : 0)];
  return concat(...fixed, encodeHeard(heard, MESSAGE_TEXT_BYTES_MAX - HEAD_BYTES));
}

export function encodeCard(record: Uint8Array): Uint8Array {
  return concat(uint8(FRAME), uint8(CARD), record);
}

export function encodeWho(groupId: Uint8Array, address: Uint8Array): Uint8Array {
  return concat(uint8(FRAME), uint8(WHO), groupId, address);
}

/** @param name of 1 to GROUP_NAME_BYTES_MAX bytes in UTF-8 */
export function encodeInvite(groupId: Uint8Array, name: string): Uint8Array {
  return concat(uint8(FRAME), uint8(INVITE), groupId, utf8ToBytes(name));
}

/** Cuts a whole into frames of at most `mostBytes`; none if it would need too many. */
export function cut(
  suite: CryptoSuite,
  whole: Whole,
  bytes: Uint8Array,
  mostBytes: number,
): Uint8Array[] {
  const each = mostBytes - PIECE_HEADER_BYTES;
  const count = Math.ceil(bytes.length / each);
  if (count > PIECES_MAX) return [];
  const name = suite.sha256(bytes).subarray(0, NAME_BYTES);
  const head = [uint8(FRAME), uint8(PIECE), uint8(1 + WHOLES.indexOf(whole)), name];
  return Array.from({ length: count }, (_, index) =>
    concat(...head, uint8(index), uint8(count), bytes.subarray(index * each, (index + 1) * each)),
  );
}

/** Reads a frame; undefined for anything else. A frame fits one packet. */
export function decodeFrame(text: Uint8Array): Frame | undefined {
  if (!isFrame(text) || text.length > MESSAGE_TEXT_BYTES_MAX) return undefined;
  switch (text[1]) {
    case JOIN: {
      if (text.length !== 2 + GROUP_ID_BYTES + KEY_PACKAGE_BYTES) return undefined;
      const one = decodeKeyPackage(text.slice(2 + GROUP_ID_BYTES));
      return one && { kind: 'join', groupId: text.slice(2, 2 + GROUP_ID_BYTES), package: one };
    }
    case PIECE: {
      const whole = WHOLES[(text[2] ?? 0) - 1];
      const [index, count] = [text[3 + NAME_BYTES]!, text[4 + NAME_BYTES]!];
      if (whole === undefined || text.length <= PIECE_HEADER_BYTES || index >= count)
        return undefined;
      const name = text.slice(3, 3 + NAME_BYTES);
      return { kind: 'piece', whole, name, index, count, bytes: text.slice(PIECE_HEADER_BYTES) };
    }
    case HEAD: {
      const at = 2 + GROUP_ID_BYTES;
      const heard = decodeHeard(text.subarray(HEAD_BYTES));
      if (heard === undefined) return undefined;
      return {
        kind: 'head',
        groupId: text.slice(2, at),
        height: readUint48(text, at),
        epoch: text.slice(at + 6, at + 6 + HASH_BYTES),
        answers: text[HEAD_BYTES - 1] === 1,
        heard,
      };
    }
    case CARD:
      if (text.length !== 2 + RECORD_BYTES) return undefined;
      return { kind: 'card', record: text.slice(2) };
    case WHO: {
      const at = 2 + GROUP_ID_BYTES;
      if (text.length !== at + ADDRESS_BYTES) return undefined;
      return { kind: 'who', groupId: text.slice(2, at), address: text.slice(at) };
    }
    case INVITE: {
      const at = 2 + GROUP_ID_BYTES;
      if (text.length <= at || text.length > at + GROUP_NAME_BYTES_MAX) return undefined;
      const name = readUtf8(text.subarray(at));
      return name === undefined ? undefined : { kind: 'invite', groupId: text.slice(2, at), name };
    }
    default:
      return undefined;
  }
}

function readUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Packets of words as one whole: group id 32, then each with its length before it, 2. */
export function joinWords(groupId: Uint8Array, packets: readonly Uint8Array[]): Uint8Array {
  return concat(groupId, ...packets.flatMap((packet) => [uint16(packet.length), packet]));
}

/** The inverse; undefined for bytes that are none. */
export function splitWords(
  bytes: Uint8Array,
): { groupId: Uint8Array; packets: Uint8Array[] } | undefined {
  const packets: Uint8Array[] = [];
  let at = GROUP_ID_BYTES;
  while (at < bytes.length) {
    if (at + 2 > bytes.length) return undefined;
    const end = at + 2 + readUint16(bytes, at);
    if (end > bytes.length) return undefined;
    packets.push(bytes.slice(at + 2, end));
    at = end;
  }
  return at > bytes.length ? undefined : { groupId: bytes.slice(0, GROUP_ID_BYTES), packets };
}

/** Puts the pieces of one person together, in whatever order they come. */
export class Pieces {
  readonly #suite: CryptoSuite;
  #open: { first: Piece; parts: (Uint8Array | undefined)[] }[] = [];

  constructor(suite: CryptoSuite) {
    this.#suite = suite;
  }

  get isEmpty(): boolean {
    return this.#open.length === 0;
  }

  /** Takes a piece in. @returns the whole, once, when this was its last piece. */
  take(piece: Piece): Uint8Array | undefined {
    let whole = this.#open.find(({ first }) => isSame(first, piece));
    if (whole === undefined) {
      whole = { first: piece, parts: Array.from({ length: piece.count }, () => undefined) };
      this.#open.push(whole);
      if (this.#open.length > WHOLES_MAX) this.#open.shift();
    }
    whole.parts[piece.index] = piece.bytes;
    const { parts } = whole;
    if (!parts.every((part) => part !== undefined)) return undefined;
    this.#open = this.#open.filter((one) => one !== whole);
    const bytes = concat(...parts);
    return sameBytes(this.#suite.sha256(bytes).subarray(0, NAME_BYTES), piece.name)
      ? bytes
      : undefined;
  }
}

function isSame(a: Piece, b: Piece): boolean {
  return a.whole === b.whole && a.count === b.count && sameBytes(a.name, b.name);
}
