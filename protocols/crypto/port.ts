/**
 * The crypto port: every primitive a protocol may use, behind one interface with three suites.
 *
 * `noble` is the portable reference, `native` gives the same bytes faster, `modelled` gives the same *sizes* and
 * the same failures from a keyed fast hash, for very large worlds. A run must not depend on the suite: protocols may
 * branch on whether something opened, never on ciphertext bytes.
 *
 * Calls on the packet path write into buffers the caller owns, so that no array is made per packet.
 */

export type SuiteName = 'noble' | 'native' | 'modelled';

export const X25519_KEY_BYTES = 32;
export const AEAD_KEY_BYTES = 32;
export const AEAD_NONCE_BYTES = 12;
export const AEAD_TAG_BYTES = 16;
export const HASH_BYTES = 32;

/** An X25519 key pair held in the form the suite is fastest with. Only the suite that made it may use it. */
export interface AgreementKey {
  /** 32 bytes, little-endian u-coordinate (RFC 7748 §5). */
  readonly publicKey: Uint8Array;
}

export interface CryptoSuite {
  readonly name: SuiteName;

  /** X25519 key pair of a 32-byte secret (clamped as RFC 7748 §5 says; the bytes are copied). */
  agreementKey(secret: Uint8Array): AgreementKey;
  /** Zeroises the secret of `key` as far as the suite can reach it. From then on `agree` with it throws; twice is harmless. */
  forget(key: AgreementKey): void;
  /**
   * X25519: writes the 32-byte shared secret of `key` and `peer[peerOffset..+32)` to `out[0..32)`.
   * @returns false, with `out` zeroed, when the result is all zero (a low-order peer point, RFC 7748 §6.1) or the 32 bytes do not lie
   * within `peer`.
   */
  agree(key: AgreementKey, peer: Uint8Array, peerOffset: number, out: Uint8Array): boolean;

  /**
   * ChaCha20-Poly1305 (RFC 8439). Encrypts `text[textOffset..+textLength)` under `key` (32) and `nonce` (12),
   * authenticating `associated`, and writes textLength + 16 bytes at `out[outOffset]`.
   * `out` may be `text` itself at the same offset.
   */
  seal(
    key: Uint8Array,
    nonce: Uint8Array,
    associated: Uint8Array,
    text: Uint8Array,
    textOffset: number,
    textLength: number,
    out: Uint8Array,
    outOffset: number,
  ): void;
  /**
   * The inverse. `sealedLength` counts the 16-byte tag.
   * @returns plaintext length written at `out[outOffset]`, or -1 (nothing written) when the tag does not match or the sealed bytes
   * do not lie within `sealed`. `out` may be `sealed` itself at the same offset.
   */
  open(
    key: Uint8Array,
    nonce: Uint8Array,
    associated: Uint8Array,
    sealed: Uint8Array,
    sealedOffset: number,
    sealedLength: number,
    out: Uint8Array,
    outOffset: number,
  ): number;

  /**
   * Fills `out` with key material derived from a shared secret and the two public keys (32 bytes each, in an agreed order)
   * that made it. HKDF-SHA256 in the real suites; its own method because the modelled suite needs it cheap.
   */
  deriveKeys(shared: Uint8Array, first: Uint8Array, second: Uint8Array, out: Uint8Array): void;

  sha256(bytes: Uint8Array): Uint8Array;
  keccak256(bytes: Uint8Array): Uint8Array;
  /** HKDF-SHA256 (RFC 5869) into `out` (any length up to 8,160 bytes). */
  hkdf(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, out: Uint8Array): void;

  /** secp256k1: 64-byte uncompressed public key (x || y) of a 32-byte secret. */
  accountPublicKey(secret: Uint8Array): Uint8Array;
  /** secp256k1 ECDSA over a 32-byte digest, RFC 6979 nonce, low s: 65 bytes r || s || v with v in {27, 28}. */
  accountSign(digest: Uint8Array, secret: Uint8Array): Uint8Array;
  /** 64-byte public key that made `signature` over `digest`, or undefined (bad length, range, high s, not on curve). */
  accountRecover(digest: Uint8Array, signature: Uint8Array): Uint8Array | undefined;
}
