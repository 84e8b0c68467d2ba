/**
 * The bytes of a manifest. Big-endian; as long as its counts say.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | version 1 |
 * | 1 | 8 | network id |
 * | 9 | 32 | nonce of the overlay address |
 * | 41 | 6 | sequence number |
 * | 47 | 6 | holds from, seconds |
 * | 53 | 6 | holds until, seconds |
 * | 59 | 32 | name of the one it replaces, zeros for the first |
 * | 91 | 20 | chequebook, zeros for none |
 * | 111 | 8 | stake, units |
 * | 119 | 24 | payment threshold, disconnect threshold, allowance per second |
 * | 143 | 4 | deadline, seconds |
 * | 147 | 2 | least score served, thousandths |
 * | 149 | 1 | bands (1..4) |
 * | 150 | 1 | services (1..8) |
 * | 151 | 10 each | band: least score 2, price 4, credit 4, all thousandths |
 * | then | 14 each | service: number 2, per 1, law 1 (0 flat, 1 proximity), base price 8, largest proximity 2 |
 * | then | 65 | signature r ‖ s ‖ v over keccak256(label ‖ everything before) |
 *
 * The account is not carried but recovered, as in a node record, so nobody can name one account and sign with another; with nonce and network id it
 * gives the overlay address. What was signed has one form: bands and services rise, nothing is left over, and what the rules of
 * `manifest.ts` forbid does not decode. Decoding is total.
 */
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import {
  isZero,
  readSafeUint64,
  readUint16,
  readUint32,
  readUint48,
  writeSafeUint64,
  writeUint16,
  writeUint32,
  writeUint48,
} from '../codec/bytes.ts';
import type { CryptoSuite } from '../crypto/port.ts';
import { NONCE_BYTES, overlayAddress } from '../identity/address.ts';
import { Remembered } from '../identity/remembered.ts';
import { PERMILLE } from '../swap/price.ts';
import type { CreditBand } from '../swap/score.ts';
import { accountOf, SIGNATURE_BYTES, type Signer } from '../swap/signer.ts';
import {
  BANDS_MAX,
  offerFault,
  PER,
  scorePermille,
  SERVICES_MAX,
  termFault,
  type Manifest,
  type Offer,
  type ServicePrice,
} from './manifest.ts';

const VERSION = 1;
const AT_NETWORK = 1;
const AT_NONCE = 9;
const AT_SEQUENCE = AT_NONCE + NONCE_BYTES;
const AT_FROM = AT_SEQUENCE + 6;
const AT_UNTIL = AT_FROM + 6;
const AT_REPLACES = AT_UNTIL + 6;
export const NAME_BYTES = 32;
const AT_CHEQUEBOOK = AT_REPLACES + NAME_BYTES;
const ACCOUNT_BYTES = 20;
const AT_STAKE = AT_CHEQUEBOOK + ACCOUNT_BYTES;
const AT_LIMITS = AT_STAKE + 8;
const AT_DEADLINE = AT_LIMITS + 24;
const AT_MIN_SCORE = AT_DEADLINE + 4;
const AT_BANDS = AT_MIN_SCORE + 2;
const AT_SERVICES = AT_BANDS + 1;
const AT_LISTS = AT_SERVICES + 1;
const BAND_BYTES = 10;
const SERVICE_BYTES = 14;

/** Bytes of the shortest and of the longest manifest. */
export const MANIFEST_BYTES_MIN = AT_LISTS + BAND_BYTES + SERVICE_BYTES + SIGNATURE_BYTES;
export const MANIFEST_BYTES_MAX =
  AT_LISTS + BANDS_MAX * BAND_BYTES + SERVICES_MAX * SERVICE_BYTES + SIGNATURE_BYTES;

const LABEL = utf8ToBytes('mainframe manifest 1');

/** Whose manifest it is, on which network, and where it stands in the chain. */
export interface Issue {
  networkId: bigint;
  /** Of the overlay address, 32 bytes. */
  nonce: Uint8Array;
  sequence: number;
  fromSeconds: number;
  untilSeconds: number;
  /** Name of the one before, or zeros. */
  replaces: Uint8Array;
}

function nameOf(suite: CryptoSuite, unsigned: Uint8Array): Uint8Array {
  const signed = new Uint8Array(LABEL.length + unsigned.length);
  signed.set(LABEL);
  signed.set(unsigned, LABEL.length);
  return suite.keccak256(signed);
}

/** @throws RangeError for an offer or a term that cannot stand: a programmer's error, or the owner's. */
export function signManifest(
  suite: CryptoSuite,
  signer: Signer,
  issue: Issue,
  offer: Offer,
): Uint8Array {
  const fault = offerFault(offer) ?? termFault(issue);
  if (fault !== undefined) throw new RangeError(fault);
  const { bands, services, limits } = offer;
  const unsignedBytes = AT_LISTS + bands.length * BAND_BYTES + services.length * SERVICE_BYTES;
  const bytes = new Uint8Array(unsignedBytes + SIGNATURE_BYTES);
  bytes[0] = VERSION;
  new DataView(bytes.buffer).setBigUint64(AT_NETWORK, issue.networkId);
  bytes.set(issue.nonce, AT_NONCE);
  writeUint48(bytes, AT_SEQUENCE, issue.sequence);
  writeUint48(bytes, AT_FROM, issue.fromSeconds);
  writeUint48(bytes, AT_UNTIL, issue.untilSeconds);
  bytes.set(issue.replaces, AT_REPLACES);
  if (offer.chequebook !== undefined)
    bytes.set(hexToBytes(offer.chequebook.slice(2)), AT_CHEQUEBOOK);
  writeSafeUint64(bytes, AT_STAKE, offer.stake);
  writeSafeUint64(bytes, AT_LIMITS, limits.paymentThreshold);
  writeSafeUint64(bytes, AT_LIMITS + 8, limits.disconnectThreshold);
  writeSafeUint64(bytes, AT_LIMITS + 16, limits.allowancePerSecond);
  writeUint32(bytes, AT_DEADLINE, offer.deadlineSeconds);
  writeUint16(bytes, AT_MIN_SCORE, offer.minScorePermille);
  bytes[AT_BANDS] = bands.length;
  bytes[AT_SERVICES] = services.length;
  let at = AT_LISTS;
  for (const band of bands) {
    writeUint16(bytes, at, scorePermille(band.minScore));
    writeUint32(bytes, at + 2, band.pricePermille);
    writeUint32(bytes, at + 6, band.creditPermille);
    at += BAND_BYTES;
  }
  for (const { service, per, law, base, proximityMax } of services) {
    writeUint16(bytes, at, service);
    bytes[at + 2] = PER.indexOf(per);
    bytes[at + 3] = law === 'flat' ? 0 : 1;
    writeSafeUint64(bytes, at + 4, base);
    writeUint16(bytes, at + 12, proximityMax);
    at += SERVICE_BYTES;
  }
  bytes.set(signer.sign(nameOf(suite, bytes.subarray(0, unsignedBytes))), unsignedBytes);
  return bytes;
}

/** Reads and checks a manifest that takes up all of `bytes` (which are kept); undefined for anything that nobody signed or that cannot stand. */
export function verifyManifest(
  suite: CryptoSuite,
  signer: Pick<Signer, 'signerOf'>,
  bytes: Uint8Array,
): Manifest | undefined {
  if (bytes.length < MANIFEST_BYTES_MIN || bytes[0] !== VERSION) return undefined;
  const bandCount = bytes[AT_BANDS]!;
  const serviceCount = bytes[AT_SERVICES]!;
  const servicesAt = AT_LISTS + bandCount * BAND_BYTES;
  const signatureAt = servicesAt + serviceCount * SERVICE_BYTES;
  if (bytes.length !== signatureAt + SIGNATURE_BYTES) return undefined;
  const offer = readOffer(bytes, bandCount, servicesAt, serviceCount);
  if (offer === undefined || offerFault(offer) !== undefined) return undefined;
  const term = {
    sequence: readUint48(bytes, AT_SEQUENCE),
    fromSeconds: readUint48(bytes, AT_FROM),
    untilSeconds: readUint48(bytes, AT_UNTIL),
    replaces: bytes.slice(AT_REPLACES, AT_REPLACES + NAME_BYTES),
  };
  if (termFault(term) !== undefined) return undefined;
  const name = nameOf(suite, bytes.subarray(0, signatureAt));
  const account = signer.signerOf(name, bytes.subarray(signatureAt));
  if (account === undefined) return undefined;
  const networkId = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(AT_NETWORK);
  const nonce = bytes.subarray(AT_NONCE, AT_NONCE + NONCE_BYTES);
  const address = overlayAddress(suite, hexToBytes(account.slice(2)), networkId, nonce);
  return { ...offer, ...term, networkId, account, address, name, bytes };
}

function readOffer(
  bytes: Uint8Array,
  bandCount: number,
  servicesAt: number,
  serviceCount: number,
): Offer | undefined {
  const stake = readSafeUint64(bytes, AT_STAKE);
  const paymentThreshold = readSafeUint64(bytes, AT_LIMITS);
  const disconnectThreshold = readSafeUint64(bytes, AT_LIMITS + 8);
  const allowancePerSecond = readSafeUint64(bytes, AT_LIMITS + 16);
  if (
    stake === undefined ||
    paymentThreshold === undefined ||
    disconnectThreshold === undefined ||
    allowancePerSecond === undefined
  )
    return undefined;
  const bands: CreditBand[] = [];
  for (let i = 0; i < bandCount; i++) {
    const at = AT_LISTS + i * BAND_BYTES;
    bands.push({
      minScore: readUint16(bytes, at) / PERMILLE,
      pricePermille: readUint32(bytes, at + 2),
      creditPermille: readUint32(bytes, at + 6),
    });
  }
  const services: ServicePrice[] = [];
  for (let i = 0; i < serviceCount; i++) {
    const at = servicesAt + i * SERVICE_BYTES;
    const per = PER[bytes[at + 2]!];
    const law = bytes[at + 3]!;
    const base = readSafeUint64(bytes, at + 4);
    if (per === undefined || law > 1 || base === undefined) return undefined;
    services.push({
      service: readUint16(bytes, at),
      per,
      law: law === 0 ? 'flat' : 'proximity',
      base,
      proximityMax: readUint16(bytes, at + 12),
    });
  }
  return {
    chequebook: isZero(bytes, AT_CHEQUEBOOK, ACCOUNT_BYTES)
      ? undefined
      : accountOf(bytes.subarray(AT_CHEQUEBOOK, AT_CHEQUEBOOK + ACCOUNT_BYTES)),
    stake,
    limits: { paymentThreshold, disconnectThreshold, allowancePerSecond },
    deadlineSeconds: readUint32(bytes, AT_DEADLINE),
    minScorePermille: readUint16(bytes, AT_MIN_SCORE),
    bands,
    services,
  };
}

/** Manifests checked before: nodes of one process may share it, since what a manifest says depends on its bytes alone. */
export function manifestMemory(
  suite: CryptoSuite,
  signer: Pick<Signer, 'signerOf'>,
  capacity?: number,
): Remembered<Manifest> {
  return new Remembered((bytes) => verifyManifest(suite, signer, bytes), capacity);
}
