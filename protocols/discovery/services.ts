/**
 * What nodes sell, by number. A service that is not in the list can be offered and searched for all the same: the number is all that the wire
 * knows of it.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { writeUint16 } from '../codec/bytes.ts';
import type { CryptoSuite } from '../crypto/port.ts';
import { ADDRESS_WORDS, readAddress } from '../identity/proximity.ts';

/** In the order of their numbers, which begin at 1: the paper's services. */
export const SERVICE_NAMES = ['relay', 'delivery', 'holding', 'storage', 'data'] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** Largest number of a service. */
export const SERVICE_MAX = 0xffff;

export function serviceNumber(name: ServiceName): number {
  return SERVICE_NAMES.indexOf(name) + 1;
}

const LABEL = utf8ToBytes('mainframe service 1');

/**
 * Where in the address space a service is advertised: eight words of keccak256(label ‖ service 2 ‖ shelf 1). Shelves are independent places, so
 * that whoever wants to sit at all of them must grind addresses for each.
 */
export function serviceKey(
  suite: Pick<CryptoSuite, 'keccak256'>,
  service: number,
  shelf: number,
): Uint32Array {
  const preimage = new Uint8Array(LABEL.length + 3);
  preimage.set(LABEL);
  writeUint16(preimage, LABEL.length, service);
  preimage[LABEL.length + 2] = shelf;
  const words = new Uint32Array(ADDRESS_WORDS);
  readAddress(suite.keccak256(preimage), 0, words, 0);
  return words;
}
