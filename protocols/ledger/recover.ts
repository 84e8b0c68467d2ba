/**
 * Who signed a digest, as contracts ask: with a reason for each way in which a signature can be no signature.
 * High s and any v but 27 and 28 are refused, so nobody can make a second valid signature out of one (EIP-2).
 */
import { signerOf } from './eip712.ts';
import { Revert, type LedgerCrypto } from './frame.ts';
import type { Address } from './values.ts';

const SIGNATURE_BYTES = 65;
/** Half the order of secp256k1, rounded down: the largest s that is taken. */
const LOW_S_MAX = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n;

/** @throws Revert, never returns the zero address. */
export function recoverSigner(
  crypto: LedgerCrypto,
  digest: Uint8Array,
  signature: Uint8Array,
): Address {
  if (signature.length !== SIGNATURE_BYTES) throw new Revert('ECDSA: invalid signature length');
  let s = 0n;
  for (let i = 32; i < 64; i++) s = (s << 8n) | BigInt(signature[i]!);
  if (s > LOW_S_MAX) throw new Revert("ECDSA: invalid signature 's' value");
  const v = signature[64]!;
  if (v !== 27 && v !== 28) throw new Revert("ECDSA: invalid signature 'v' value");
  const signer = signerOf(crypto, digest, signature);
  if (signer === undefined) throw new Revert('ECDSA: invalid signature');
  return signer;
}
