/**
 * The XOR metric over 256-bit overlay addresses, on 32-bit words.
 *
 * An address is eight big-endian words inside a larger array, named by (array, offset of its first word). Comparing
 * words in place costs nanoseconds where a BigInt distance costs microseconds, and this is the inner loop of routing.
 * Source: Maymounkov & Mazières 2002 §2.1 (metric); Swarm calls the common prefix length *proximity order*.
 */
export const ADDRESS_BYTES = 32;
export const ADDRESS_WORDS = 8;
export const ADDRESS_BITS = 256;

/** Proximity order: number of leading bits that two addresses share, 0..256 (256 when equal). */
export function proximity(
  a: Uint32Array,
  aOffset: number,
  b: Uint32Array,
  bOffset: number,
): number {
  for (let i = 0; i < ADDRESS_WORDS; i++) {
    const difference = a[aOffset + i]! ^ b[bOffset + i]!;
    if (difference !== 0) return 32 * i + Math.clz32(difference);
  }
  return ADDRESS_BITS;
}

/**
 * Which of `x`, `y` is closer to `target`: negative when x is, positive when y is, 0 when they are the same address.
 * A total order, hence fit for sorting.
 */
export function compareDistance(
  target: Uint32Array,
  targetOffset: number,
  x: Uint32Array,
  xOffset: number,
  y: Uint32Array,
  yOffset: number,
): number {
  for (let i = 0; i < ADDRESS_WORDS; i++) {
    const t = target[targetOffset + i]!;
    const dx = (t ^ x[xOffset + i]!) >>> 0;
    const dy = (t ^ y[yOffset + i]!) >>> 0;
    if (dx !== dy) return dx < dy ? -1 : 1;
  }
  return 0;
}

/** Reads 32 address bytes (big-endian) at `bytes[offset]` into `words[wordOffset..+8)`. */
export function readAddress(
  bytes: Uint8Array,
  offset: number,
  words: Uint32Array,
  wordOffset: number,
): void {
  for (let i = 0; i < ADDRESS_WORDS; i++) {
    const at = offset + 4 * i;
    words[wordOffset + i] =
      ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
  }
}

/** Writes eight words as 32 big-endian bytes at `bytes[offset]`. */
export function writeAddress(
  words: Uint32Array,
  wordOffset: number,
  bytes: Uint8Array,
  offset: number,
): void {
  for (let i = 0; i < ADDRESS_WORDS; i++) {
    const word = words[wordOffset + i]!;
    const at = offset + 4 * i;
    bytes[at] = word >>> 24;
    bytes[at + 1] = word >>> 16;
    bytes[at + 2] = word >>> 8;
    bytes[at + 3] = word;
  }
}
