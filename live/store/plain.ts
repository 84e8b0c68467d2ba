/** Plain values on disk: JSON that also knows big integers, bytes and infinity, which JSON itself would lose. */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';

const BIG = '$big';
const BYTES = '$bytes';
const INFINITE = '$infinite';

/** The bytes of a plain value: objects, lists, texts, numbers, bigint, Uint8Array, true, false, null. What is undefined is left out. */
export function encodePlain(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(tagged(value)));
}

/** What `encodePlain` wrote. @throws SyntaxError for what it did not. */
export function decodePlain(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes), (_key, value: unknown) => untagged(value));
}

function tagged(value: unknown): unknown {
  if (typeof value === 'bigint') return { [BIG]: value.toString() };
  if (value === Infinity) return { [INFINITE]: true };
  if (value instanceof Uint8Array) return { [BYTES]: bytesToHex(value) };
  if (Array.isArray(value)) return value.map(tagged);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, tagged(inner)]));
}

function untagged(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (BIG in value) return BigInt(value[BIG] as string);
  if (BYTES in value) return hexToBytes(value[BYTES] as string);
  if (INFINITE in value) return Infinity;
  return value;
}
