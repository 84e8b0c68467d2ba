/**
 * Discovery's messages. Integers are big-endian; a message is exactly as long as its layout says.
 *
 * | message    | type | bytes | layout after the type byte |
 * |------------|------|-------|----------------------------|
 * | ASK        | 0x70 | 16    | transaction 4, service 2, shelf 1, zeros: "may I put an advertisement on this shelf of yours?" |
 * | TICKET     | 0x71 | 37    | transaction 4, milliseconds to wait 4, ticket 28 |
 * | REGISTER   | 0x72 | 36..  | transaction 4, service 2, shelf 1, ticket 28, manifest |
 * | REGISTERED | 0x73 | 9     | transaction 4, milliseconds for which it stays 4 |
 * | REJECTED   | 0x74 | 6     | transaction 4, reason 1 |
 * | QUERY      | 0x75 | 400   | transaction 4, service 2, shelf 1, per 1, price at most 8, score of the asker 2, score at least 2, near 32, bits 2, zeros |
 * | ADS        | 0x76 | 6..   | transaction 4, count 1, that often: endpoint 18, length 2, manifest |
 * | OFFER      | 0x78 | 33..  | name of the manifest of yours that I accept (zeros: none yet) 32, my manifest |
 * | AGREE      | 0x79 | 33    | name of the terms 32 |
 * | DECLINE    | 0x7a | 38    | reason 1, seconds until it is worth asking again 4, name of the manifest declined 32 |
 *
 * Scores are thousandths. Transactions are 32 random bits of the asker; an answer counts only from the peer that was asked.
 *
 * No answer is longer than three times what caused it, as RFC 9000 has it for paths that are not proven: QUERY and ASK are padded for that. A
 * REGISTERED, TICKET or REJECTED answers a REGISTER that is longer; an OFFER draws an OFFER of at most about twice its length.
 *
 * Decoding is total; padding must be zero. Manifests are handed on unread: what they say is checked where it matters.
 */
import {
  isZero,
  readSafeUint64,
  readUint16,
  readUint32,
  writeSafeUint64,
  writeUint16,
  writeUint32,
} from '../codec/bytes.ts';
import { rangeFits } from '../crypto/bytes.ts';
import { DATAGRAM_BYTES_MAX } from '../host.ts';
import { ENDPOINT_BYTES } from '../identity/peer-book.ts';
import { ADDRESS_BITS, ADDRESS_WORDS, readAddress, writeAddress } from '../identity/proximity.ts';
import { PERMILLE } from '../swap/price.ts';
import { MANIFEST_BYTES_MAX, MANIFEST_BYTES_MIN, NAME_BYTES } from './manifest-codec.ts';
import { PER, type Per } from './manifest.ts';

export const MESSAGE_ASK = 0x70;
export const MESSAGE_TICKET = 0x71;
export const MESSAGE_REGISTER = 0x72;
export const MESSAGE_REGISTERED = 0x73;
export const MESSAGE_REJECTED = 0x74;
export const MESSAGE_QUERY = 0x75;
export const MESSAGE_ADS = 0x76;
export const MESSAGE_OFFER = 0x78;
export const MESSAGE_AGREE = 0x79;
export const MESSAGE_DECLINE = 0x7a;

export const TICKET_BYTES = 28;
const ASK_BYTES = 16;
const QUERY_BYTES = 400;
const ASK_END = 8;
const QUERY_END = 55;
const REGISTER_HEADER_BYTES = 8 + TICKET_BYTES;
const ADS_HEADER_BYTES = 6;
const AD_HEADER_BYTES = ENDPOINT_BYTES + 2;
const OFFER_HEADER_BYTES = 1 + NAME_BYTES;
/** Largest ADS, bytes: three times a QUERY. */
export const ADS_BYTES_MAX = DATAGRAM_BYTES_MAX;

/** Whether a message that begins with this byte belongs to discovery. */
export function isDiscovery(type: number): boolean {
  return (type & 0xf0) === 0x70;
}

/** Where an advertisement stands, or is looked for. */
export interface Shelf {
  service: number;
  shelf: number;
}

/** What a searcher wants. */
export interface Query {
  service: number;
  per: Per;
  /** Units for each `per`, at most. */
  priceMax: number;
  /** What the searcher says its own score is, which decides on the price that it would pay, thousandths. */
  ownScorePermille: number;
  /** Credit score of the provider, at least, thousandths. */
  minScorePermille: number;
  /** Providers whose addresses share the first `nearBits` bits with this. */
  near: Uint32Array;
  nearBits: number;
}

/** An advertisement as a registrar shows it: where it saw the advertiser, and what that one signed. */
export interface ShownAd {
  endpoint: Uint8Array;
  manifest: Uint8Array;
}

interface Answer {
  transaction: number;
}

export type DiscoveryMessage =
  | (Answer & Shelf & { type: typeof MESSAGE_ASK })
  | (Answer & { type: typeof MESSAGE_TICKET; waitMs: number; ticket: Uint8Array })
  | (Answer & Shelf & { type: typeof MESSAGE_REGISTER; ticket: Uint8Array; manifest: Uint8Array })
  | (Answer & { type: typeof MESSAGE_REGISTERED; staysMs: number })
  | (Answer & { type: typeof MESSAGE_REJECTED; reason: number })
  | (Answer & { type: typeof MESSAGE_QUERY; shelf: number; query: Query })
  | (Answer & { type: typeof MESSAGE_ADS; ads: ShownAd[] })
  | { type: typeof MESSAGE_OFFER; accepted: Uint8Array; manifest: Uint8Array }
  | { type: typeof MESSAGE_AGREE; terms: Uint8Array }
  | { type: typeof MESSAGE_DECLINE; reason: number; retrySeconds: number; name: Uint8Array };

const LENGTHS: { readonly [type: number]: readonly [least: number, most: number] } = {
  [MESSAGE_ASK]: [ASK_BYTES, ASK_BYTES],
  [MESSAGE_TICKET]: [9 + TICKET_BYTES, 9 + TICKET_BYTES],
  [MESSAGE_REGISTER]: [
    REGISTER_HEADER_BYTES + MANIFEST_BYTES_MIN,
    REGISTER_HEADER_BYTES + MANIFEST_BYTES_MAX,
  ],
  [MESSAGE_REGISTERED]: [9, 9],
  [MESSAGE_REJECTED]: [6, 6],
  [MESSAGE_QUERY]: [QUERY_BYTES, QUERY_BYTES],
  [MESSAGE_ADS]: [ADS_HEADER_BYTES, ADS_BYTES_MAX],
  [MESSAGE_OFFER]: [
    OFFER_HEADER_BYTES + MANIFEST_BYTES_MIN,
    OFFER_HEADER_BYTES + MANIFEST_BYTES_MAX,
  ],
  [MESSAGE_AGREE]: [1 + NAME_BYTES, 1 + NAME_BYTES],
  [MESSAGE_DECLINE]: [6 + NAME_BYTES, 6 + NAME_BYTES],
};

/** Decodes `bytes[offset..offset+length)`; parts of the result are copies. undefined for anything that is no message. */
export function decodeDiscovery(
  bytes: Uint8Array,
  offset: number,
  length: number,
): DiscoveryMessage | undefined {
  if (!(length >= 1) || !rangeFits(bytes, offset, length)) return undefined;
  const type = bytes[offset]!;
  const lengths = LENGTHS[type];
  if (lengths === undefined || length < lengths[0] || length > lengths[1]) return undefined;
  const end = offset + length;
  const part = (from: number, size: number): Uint8Array =>
    bytes.slice(offset + from, offset + from + size);
  const transaction = readUint32(bytes, offset + 1);
  const shelf = (): Shelf => ({
    service: readUint16(bytes, offset + 5),
    shelf: bytes[offset + 7]!,
  });
  switch (type) {
    case MESSAGE_ASK:
      if (!isZero(bytes, offset + ASK_END, ASK_BYTES - ASK_END)) return undefined;
      return { type, transaction, ...shelf() };
    case MESSAGE_TICKET: {
      const waitMs = readUint32(bytes, offset + 5);
      return { type, transaction, waitMs, ticket: part(9, TICKET_BYTES) };
    }
    case MESSAGE_REGISTER: {
      const manifest = bytes.slice(offset + REGISTER_HEADER_BYTES, end);
      return { type, transaction, ...shelf(), ticket: part(8, TICKET_BYTES), manifest };
    }
    case MESSAGE_REGISTERED:
      return { type, transaction, staysMs: readUint32(bytes, offset + 5) };
    case MESSAGE_REJECTED:
      return { type, transaction, reason: bytes[offset + 5]! };
    case MESSAGE_QUERY:
      return decodeQuery(bytes, offset, transaction, shelf());
    case MESSAGE_ADS: {
      const ads = decodeAds(bytes, offset, end);
      return ads && { type, transaction, ads };
    }
    case MESSAGE_OFFER: {
      const manifest = bytes.slice(offset + OFFER_HEADER_BYTES, end);
      return { type, accepted: part(1, NAME_BYTES), manifest };
    }
    case MESSAGE_AGREE:
      return { type, terms: part(1, NAME_BYTES) };
    case MESSAGE_DECLINE: {
      const retrySeconds = readUint32(bytes, offset + 2);
      return { type, reason: bytes[offset + 1]!, retrySeconds, name: part(6, NAME_BYTES) };
    }
    default:
      return undefined;
  }
}

function decodeQuery(
  bytes: Uint8Array,
  offset: number,
  transaction: number,
  { service, shelf }: Shelf,
): DiscoveryMessage | undefined {
  const per = PER[bytes[offset + 8]!];
  const priceMax = readSafeUint64(bytes, offset + 9);
  const ownScorePermille = readUint16(bytes, offset + 17);
  const minScorePermille = readUint16(bytes, offset + 19);
  const nearBits = readUint16(bytes, offset + 53);
  if (
    per === undefined ||
    priceMax === undefined ||
    ownScorePermille > PERMILLE ||
    minScorePermille > PERMILLE ||
    nearBits > ADDRESS_BITS ||
    !isZero(bytes, offset + QUERY_END, QUERY_BYTES - QUERY_END)
  )
    return undefined;
  const near = new Uint32Array(ADDRESS_WORDS);
  readAddress(bytes, offset + 21, near, 0);
  const query = { service, per, priceMax, ownScorePermille, minScorePermille, near, nearBits };
  return { type: MESSAGE_QUERY, transaction, shelf, query };
}

function decodeAds(bytes: Uint8Array, offset: number, end: number): ShownAd[] | undefined {
  const count = bytes[offset + 5]!;
  const ads: ShownAd[] = [];
  let at = offset + ADS_HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    if (at + AD_HEADER_BYTES > end) return undefined;
    const size = readUint16(bytes, at + ENDPOINT_BYTES);
    const from = at + AD_HEADER_BYTES;
    if (size < MANIFEST_BYTES_MIN || size > MANIFEST_BYTES_MAX || from + size > end)
      return undefined;
    ads.push({
      endpoint: bytes.slice(at, at + ENDPOINT_BYTES),
      manifest: bytes.slice(from, from + size),
    });
    at = from + size;
  }
  return at === end ? ads : undefined;
}

/** How many of `ads`, from the first on, one ADS can carry. */
export function adsThatFit(ads: readonly ShownAd[]): number {
  let bytes = ADS_HEADER_BYTES;
  for (let i = 0; i < ads.length; i++) {
    bytes += AD_HEADER_BYTES + ads[i]!.manifest.length;
    if (bytes > ADS_BYTES_MAX || i === 0xff) return i;
  }
  return ads.length;
}

/** The bytes of a message. ADS must fit (`adsThatFit`). */
export function encodeDiscovery(message: DiscoveryMessage): Uint8Array {
  switch (message.type) {
    case MESSAGE_ASK:
      return shelfMessage(message, ASK_BYTES);
    case MESSAGE_TICKET: {
      const bytes = answer(message.type, message.transaction, 9 + TICKET_BYTES);
      writeUint32(bytes, 5, message.waitMs);
      bytes.set(message.ticket, 9);
      return bytes;
    }
    case MESSAGE_REGISTER: {
      const bytes = shelfMessage(message, REGISTER_HEADER_BYTES + message.manifest.length);
      bytes.set(message.ticket, 8);
      bytes.set(message.manifest, REGISTER_HEADER_BYTES);
      return bytes;
    }
    case MESSAGE_REGISTERED: {
      const bytes = answer(message.type, message.transaction, 9);
      writeUint32(bytes, 5, message.staysMs);
      return bytes;
    }
    case MESSAGE_REJECTED: {
      const bytes = answer(message.type, message.transaction, 6);
      bytes[5] = message.reason;
      return bytes;
    }
    case MESSAGE_QUERY: {
      const { query, shelf, transaction, type } = message;
      const bytes = shelfMessage({ type, transaction, service: query.service, shelf }, QUERY_BYTES);
      bytes[8] = PER.indexOf(query.per);
      writeSafeUint64(bytes, 9, query.priceMax);
      writeUint16(bytes, 17, query.ownScorePermille);
      writeUint16(bytes, 19, query.minScorePermille);
      writeAddress(query.near, 0, bytes, 21);
      writeUint16(bytes, 53, query.nearBits);
      return bytes;
    }
    case MESSAGE_ADS:
      return encodeAds(message.transaction, message.ads);
    case MESSAGE_OFFER: {
      const bytes = new Uint8Array(OFFER_HEADER_BYTES + message.manifest.length);
      bytes[0] = message.type;
      bytes.set(message.accepted, 1);
      bytes.set(message.manifest, OFFER_HEADER_BYTES);
      return bytes;
    }
    case MESSAGE_AGREE: {
      const bytes = new Uint8Array(1 + NAME_BYTES);
      bytes[0] = message.type;
      bytes.set(message.terms, 1);
      return bytes;
    }
    case MESSAGE_DECLINE: {
      const bytes = new Uint8Array(6 + NAME_BYTES);
      bytes[0] = message.type;
      bytes[1] = message.reason;
      writeUint32(bytes, 2, message.retrySeconds);
      bytes.set(message.name, 6);
      return bytes;
    }
  }
}

function answer(type: number, transaction: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes[0] = type;
  writeUint32(bytes, 1, transaction);
  return bytes;
}

function shelfMessage(
  { type, transaction, service, shelf }: Shelf & { type: number; transaction: number },
  length: number,
): Uint8Array {
  const bytes = answer(type, transaction, length);
  writeUint16(bytes, 5, service);
  bytes[7] = shelf;
  return bytes;
}

function encodeAds(transaction: number, ads: readonly ShownAd[]): Uint8Array {
  const total = ads.reduce((sum, ad) => sum + AD_HEADER_BYTES + ad.manifest.length, 0);
  const bytes = answer(MESSAGE_ADS, transaction, ADS_HEADER_BYTES + total);
  bytes[5] = ads.length;
  let at = ADS_HEADER_BYTES;
  for (const { endpoint, manifest } of ads) {
    bytes.set(endpoint, at);
    writeUint16(bytes, at + ENDPOINT_BYTES, manifest.length);
    bytes.set(manifest, at + AD_HEADER_BYTES);
    at += AD_HEADER_BYTES + manifest.length;
  }
  return bytes;
}
