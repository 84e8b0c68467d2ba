/**
 * The values that contracts speak in: addresses and 32-byte words as lower-case hex texts, amounts as bigint in [0, 2^256), bytes.
 *
 * Texts rather than byte arrays, because they are compared, kept as keys of maps and printed far more often than they are hashed.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import type { CryptoSuite } from '../crypto/port.ts';

/** `0x` and 40 lower-case hex digits. */
export type Address = string;
/** `0x` and 64 lower-case hex digits. */
export type Word = string;

export type Keccak = Pick<CryptoSuite, 'keccak256'>;

export const ZERO_ADDRESS: Address = `0x${'0'.repeat(40)}`;
/** Largest amount a contract can hold, 2^256 - 1. */
export const UINT256_MAX = (1n << 256n) - 1n;
export const WORD_BYTES = 32;

/** The text of an account's 20 bytes. */
export function addressOf(account: Uint8Array): Address {
  if (account.length !== 20)
    throw new Error(`an account has 20 bytes, this one has ${account.length}`);
  return `0x${bytesToHex(account)}`;
}

/** The bytes of `0x…` (an address: 20, a word: 32). @throws on anything else than hex digits in pairs. */
export function bytesOf(hex: string): Uint8Array {
  return hexToBytes(hex.slice(2));
}

/** `0x…` of bytes. */
export function hexOf(bytes: Uint8Array): string {
  return `0x${bytesToHex(bytes)}`;
}

export function isAddress(value: unknown): value is Address {
  return typeof value === 'string' && /^0x[0-9a-f]{40}$/.test(value);
}

export function isWord(value: unknown): value is Word {
  return typeof value === 'string' && /^0x[0-9a-f]{64}$/.test(value);
}

export function isUint256(value: unknown): value is bigint {
  return typeof value === 'bigint' && value >= 0n && value <= UINT256_MAX;
}

/** 32 bytes, big-endian, of an amount in [0, 2^256). */
export function uintBytes(value: bigint): Uint8Array {
  if (!isUint256(value)) throw new Error(`expected an amount in [0, 2^256), got ${value}`);
  return hexToBytes(value.toString(16).padStart(64, '0'));
}

/** A short ASCII name as a word, left-aligned, as Solidity's `bytes32("name")`. */
export function nameWord(name: string): Word {
  if (!/^[\x20-\x7e]{1,32}$/.test(name))
    throw new Error(`"${name}" is no name of 1 to 32 ASCII letters`);
  let hex = '';
  for (let i = 0; i < name.length; i++) hex += name.charCodeAt(i).toString(16).padStart(2, '0');
  return `0x${hex.padEnd(64, '0')}`;
}

/** Several byte strings as one. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Address of the contract that `creator` makes with its `nonce`-th creation (Yellow Paper §7; nonce below 128 is all that is needed). */
export function createdAddress(suite: Keccak, creator: Address, nonce: number): Address {
  if (!(Number.isInteger(nonce) && nonce >= 0 && nonce < 128))
    throw new Error(`nonce ${nonce}: expected 0..127`);
  // RLP of [address, nonce]: a list of 22 bytes, a text of 20 bytes, and a single byte (0 is the empty text).
  const list = concat(Uint8Array.of(0xd6, 0x94), bytesOf(creator), Uint8Array.of(nonce || 0x80));
  return hexOf(suite.keccak256(list).slice(12));
}

/** Address of a minimal proxy (EIP-1167) to `master` made by `creator` under `salt` (EIP-1014). */
export function cloneAddress(
  suite: Keccak,
  creator: Address,
  master: Address,
  salt: Word,
): Address {
  const code = concat(
    bytesOf('0x3d602d80600a3d3981f3363d3d373d3d3d363d73'),
    bytesOf(master),
    bytesOf('0x5af43d82803e903d91602b57fd5bf3'),
  );
  const preimage = concat(
    Uint8Array.of(0xff),
    bytesOf(creator),
    bytesOf(salt),
    suite.keccak256(code),
  );
  return hexOf(suite.keccak256(preimage).slice(12));
}
