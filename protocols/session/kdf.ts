/** Key derivation of sessions: HKDF with a label for each purpose, so that no two purposes ever share a key. */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { CryptoSuite } from '../crypto/port.ts';

export const KEY_BYTES = 32;

const LABELS = {
  /** Noise's transport keys into the root key and the first two header keys. */
  start: utf8ToBytes('mainframe session start'),
  /** Root key and an agreement into the next root, chain and header keys (KDF_RK_HE). */
  root: utf8ToBytes('mainframe ratchet root'),
  /** Chain key into the next chain key and a message key (KDF_CK). */
  chain: utf8ToBytes('mainframe ratchet chain'),
  /** Tag key and a counter into a tag. */
  tag: utf8ToBytes('mainframe topic tag'),
  /** Tag key of the opener into the topic of the session. */
  topic: utf8ToBytes('mainframe session topic'),
} as const;

/** `count` keys of 32 bytes derived from `secret`. */
export function deriveKeys(
  suite: CryptoSuite,
  label: keyof typeof LABELS,
  secret: Uint8Array,
  salt: Uint8Array,
  count: number,
): Uint8Array[] {
  const out = new Uint8Array(count * KEY_BYTES);
  suite.hkdf(secret, salt, LABELS[label], out);
  const keys = Array.from({ length: count }, (_, i) =>
    out.slice(i * KEY_BYTES, (i + 1) * KEY_BYTES),
  );
  out.fill(0);
  return keys;
}
