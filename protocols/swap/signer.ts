/**
 * Who signs for a node, and how it is told who signed.
 *
 * Two forms with one behaviour. `accountSigner` is secp256k1 (RFC 6979, low s only): what a chain accepts. `modelledSigner` has the same sizes
 * and refuses the same things (another digest, another signer, a changed bit, a high s), and costs a hundredth: a world of a thousand nodes and a month
 * signs millions of cheques. It protects nobody, and no real chain takes it.
 */
import { bytesToHex } from '@noble/hashes/utils.js';
import { equalConstantTime } from '../crypto/bytes.ts';
import type { CryptoSuite } from '../crypto/port.ts';
import { accountFromPublicKey } from '../identity/address.ts';
import { writeAccount, type Account } from './typed-data.ts';

/** r ‖ s ‖ v, bytes. */
export const SIGNATURE_BYTES = 65;

export interface Signer {
  /** Whose signatures `sign` makes. */
  readonly account: Account;
  /** 65 bytes over a 32-byte digest. The same digest gives the same bytes. */
  sign(digest: Uint8Array): Uint8Array;
  /** Account that signed, or undefined for what nobody signed: any other length, range, high s. */
  signerOf(digest: Uint8Array, signature: Uint8Array): Account | undefined;
}

/** The text of an account's 20 bytes. */
export function accountOf(bytes: Uint8Array): Account {
  return `0x${bytesToHex(bytes)}`;
}

/** Signs as a chain account does. `secret` is 32 bytes and is kept, not copied. */
export function accountSigner(suite: CryptoSuite, secret: Uint8Array): Signer {
  return {
    account: accountOf(accountFromPublicKey(suite, suite.accountPublicKey(secret))),
    sign: (digest) => suite.accountSign(digest, secret),
    signerOf(digest, signature) {
      const publicKey = suite.accountRecover(digest, signature);
      return publicKey && accountOf(accountFromPublicKey(suite, publicKey));
    },
  };
}

const ACCOUNT_BYTES = 20;
const TAG_AT = 32;

/** Signs as a model does: the account in clear, and a hash of it with the digest. */
export function modelledSigner(suite: Pick<CryptoSuite, 'sha256'>, account: Account): Signer {
  const make = (digest: Uint8Array, owner: Account): Uint8Array => {
    const hashed = new Uint8Array(ACCOUNT_BYTES + digest.length);
    writeAccount(hashed, 0, owner);
    hashed.set(digest, ACCOUNT_BYTES);
    const signature = new Uint8Array(SIGNATURE_BYTES);
    writeAccount(signature, 0, owner);
    signature.set(suite.sha256(hashed), TAG_AT);
    // As a low s has it: the twin with the bit set is refused.
    signature[TAG_AT]! &= 0x7f;
    signature[SIGNATURE_BYTES - 1] = 27;
    return signature;
  };
  return {
    account,
    sign: (digest) => make(digest, account),
    signerOf(digest, signature) {
      if (signature.length !== SIGNATURE_BYTES) return undefined;
      const owner = accountOf(signature.subarray(0, ACCOUNT_BYTES));
      const expected = make(digest, owner);
      return equalConstantTime(expected, 0, signature, 0, SIGNATURE_BYTES) ? owner : undefined;
    },
  };
}
