/**
 * secp256k1 for chain accounts, shared by the real suites: noble's signer, since its nonce is RFC 6979's and so its bytes are
 * the same everywhere (node:crypto's nonce is random).
 */
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { assertBytes } from './bytes.ts';
import { HASH_BYTES } from './port.ts';

export const SIGNATURE_BYTES = 65;
const SECRET_BYTES = 32;

export function accountPublicKey(secret: Uint8Array): Uint8Array {
  assertBytes('account secret', secret, SECRET_BYTES);
  return secp256k1.getPublicKey(secret, false).slice(1);
}

export function accountSign(digest: Uint8Array, secret: Uint8Array): Uint8Array {
  assertBytes('digest', digest, HASH_BYTES);
  assertBytes('account secret', secret, SECRET_BYTES);
  const recovered = secp256k1.sign(digest, secret, { prehash: false, format: 'recovered' });
  const signature = new Uint8Array(SIGNATURE_BYTES);
  signature.set(recovered.subarray(1));
  signature[64] = 27 + recovered[0]!;
  return signature;
}

export function accountRecover(digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined {
  assertBytes('digest', digest, HASH_BYTES);
  if (signature.length !== SIGNATURE_BYTES) return undefined;
  const recovery = signature[64]! - 27;
  if (recovery !== 0 && recovery !== 1) return undefined;
  try {
    const parsed = secp256k1.Signature.fromBytes(signature.subarray(0, 64), 'compact');
    if (parsed.hasHighS()) return undefined;
    const point = parsed.addRecoveryBit(recovery).recoverPublicKey(digest);
    return point.toBytes(false).slice(1);
  } catch {
    // Out of range, or no curve point has that x: forged bytes, not our error.
    return undefined;
  }
}
