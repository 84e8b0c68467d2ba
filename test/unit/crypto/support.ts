/** Hex and arbitraries for tests of the crypto suites. */
import fc from 'fast-check';
import type { CryptoSuite, SuiteName } from '../../../protocols/crypto/port.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';

export const REAL_SUITES: readonly SuiteName[] = ['noble', 'native'];

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.replace(/\s/g, ''), 'hex'));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function bytesOf(length: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: length, maxLength: length });
}

/** The shared secret of a secret and a peer's public key, or undefined if it is refused. */
export function shared(
  suite: CryptoSuite,
  secret: Uint8Array,
  peer: Uint8Array,
): Uint8Array | undefined {
  const out = new Uint8Array(32);
  return suite.agree(suite.agreementKey(secret), peer, 0, out) ? out : undefined;
}

/** `text` sealed, in an array of its own. */
export function sealed(
  suite: CryptoSuite,
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  text: Uint8Array,
): Uint8Array {
  const out = new Uint8Array(text.length + 16);
  suite.seal(key, nonce, associated, text, 0, text.length, out, 0);
  return out;
}

/** What `sealedText` opens to, or undefined; checks that a refusal writes nothing. */
export function opened(
  suite: CryptoSuite,
  key: Uint8Array,
  nonce: Uint8Array,
  associated: Uint8Array,
  sealedText: Uint8Array,
): Uint8Array | undefined {
  const out = new Uint8Array(sealedText.length).fill(0xa5);
  const length = suite.open(key, nonce, associated, sealedText, 0, sealedText.length, out, 0);
  if (length >= 0) return out.slice(0, length);
  if (out.some((byte) => byte !== 0xa5)) throw new Error('wrote although it did not open');
  return undefined;
}

export function derived(
  suite: CryptoSuite,
  secret: Uint8Array,
  first: Uint8Array,
  second: Uint8Array,
  length: number,
): Uint8Array {
  const out = new Uint8Array(length);
  suite.deriveKeys(secret, first, second, out);
  return out;
}

/** A copy with one bit flipped. */
export function flipped(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[bit >>> 3]! ^= 1 << (bit & 7);
  return copy;
}

export const suites = (['noble', 'native', 'modelled'] as const).map((name) => ({
  name,
  suite: createSuite(name),
}));
