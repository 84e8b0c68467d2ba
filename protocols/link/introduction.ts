/**
 * What two nodes tell each other while they shake hands, inside Noise's payloads: who they are, what time it is, and where they see each other.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 162 | node record of the sender |
 * | 162 | 18 | endpoint at which the sender sees the receiver: for who reads captures, since one peer's word decides nothing (`rendezvous`) |
 * | 180 | 6 | network time of the sender, microseconds: of two calls by one node the later counts |
 *
 * Payloads are as long as a handshake datagram leaves room for, zeros after this. Where the pattern does not hide the sender
 * (the first message of XX) the payload is all zeros.
 */
import { readUint48, writeUint48 } from '../codec/bytes.ts';
import type { Micros } from '../host.ts';
import { ENDPOINT_BYTES } from '../identity/peer-book.ts';
import { RECORD_BYTES, type NodeRecord, type RecordVerifier } from '../identity/record.ts';

const AT_ENDPOINT = RECORD_BYTES;
const AT_TIME = AT_ENDPOINT + ENDPOINT_BYTES;
export const INTRODUCTION_BYTES = AT_TIME + 6;

export interface Introduction {
  record: NodeRecord;
  sentUs: Micros;
}

/** Writes an introduction at `out[0]`. */
export function writeIntroduction(
  record: Uint8Array,
  theirEndpoint: Uint8Array,
  nowUs: Micros,
  out: Uint8Array,
): void {
  out.set(record);
  out.set(theirEndpoint, AT_ENDPOINT);
  writeUint48(out, AT_TIME, nowUs % 0x1_0000_0000_0000);
}

/** Reads the introduction at `bytes[0..length)` of somebody who has proved to hold `publicKey`; undefined if the record is not theirs. */
export function readIntroduction(
  verifier: RecordVerifier,
  bytes: Uint8Array,
  length: number,
  publicKey: Uint8Array,
): Introduction | undefined {
  if (length < INTRODUCTION_BYTES) return undefined;
  const record = verifier.verify(bytes, 0);
  if (record === undefined || !record.publicKey.every((byte, i) => byte === publicKey[i]))
    return undefined;
  return {
    record,
    sentUs: readUint48(bytes, AT_TIME),
  };
}
