/**
 * Chain accounts and overlay addresses.
 *
 * The overlay address is `keccak256(account ‖ network id as u64, little endian ‖ nonce)`: anyone who knows the three can check it, and it
 * hides where the node is in the network (Swarm's rule, known answers in overlay_keys.json).
 */
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { assertBytes } from '../crypto/bytes.ts';
import type { CryptoSuite } from '../crypto/port.ts';

export const ACCOUNT_BYTES = 20;
export const NONCE_BYTES = 32;
const PUBLIC_KEY_BYTES = 64;
const NETWORK_ID_MAX = 0xffff_ffff_ffff_ffffn;

type Keccak = Pick<CryptoSuite, 'keccak256'>;

/** The 20-byte account of a 64-byte uncompressed secp256k1 public key (Ethereum Yellow Paper, appendix F). */
export function accountFromPublicKey(suite: Keccak, publicKey: Uint8Array): Uint8Array {
  assertBytes('account public key', publicKey, PUBLIC_KEY_BYTES);
  return suite.keccak256(publicKey).slice(12);
}

/**
 * The 32-byte overlay address of an account (20 bytes) on a network.
 * `networkId` lies in [0, 2^64), `nonce` is 32 bytes of the owner's choice.
 */
export function overlayAddress(
  suite: Keccak,
  account: Uint8Array,
  networkId: bigint,
  nonce: Uint8Array,
): Uint8Array {
  assertBytes('account', account, ACCOUNT_BYTES);
  assertBytes('nonce', nonce, NONCE_BYTES);
  // A DataView would silently keep the lowest 64 bits.
  if (networkId < 0n || networkId > NETWORK_ID_MAX)
    throw new Error(`network id: expected 0..2^64 - 1, got ${networkId}`);
  const preimage = new Uint8Array(ACCOUNT_BYTES + 8 + NONCE_BYTES);
  preimage.set(account);
  new DataView(preimage.buffer).setBigUint64(ACCOUNT_BYTES, networkId, true);
  preimage.set(nonce, ACCOUNT_BYTES + 8);
  return suite.keccak256(preimage);
}

/** `0x…` with the checksum in the letters' case (EIP-55). */
export function accountToText(suite: Keccak, account: Uint8Array): string {
  assertBytes('account', account, ACCOUNT_BYTES);
  const hex = bytesToHex(account);
  const hash = bytesToHex(suite.keccak256(utf8ToBytes(hex)));
  let text = '0x';
  for (let i = 0; i < hex.length; i++) {
    text += Number.parseInt(hash[i]!, 16) >= 8 ? hex[i]!.toUpperCase() : hex[i]!;
  }
  return text;
}
