/**
 * The keyed hash of the modelled suite: fast and well mixed, and no cryptographic hash.
 *
 * State is two lanes of 32 bits. Bytes are absorbed four at a time by steps that can be undone (exclusive or, an odd multiplier, a shifted
 * exclusive or). Therefore inputs of one length that differ within one such word, whatever the difference, *never* end in the same
 * state; inputs that differ in more places do with probability about 2^-64. Each word enters both lanes, once by exclusive or and once by
 * addition: with a word for each lane, three well-placed flips cancel, since a flipped top bit passes a multiplication unchanged. Whoever
 * knows the function can still make collisions at will.
 *
 * Functions over a two-element array rather than an object: this runs for every packet at every node of a zone, and here the lanes stay in
 * registers. Every part is preceded by its length, so no two sequences of parts look alike.
 */

export type Lanes = Uint32Array;

const MULTIPLIER_A = 0x9e3779b1;
const MULTIPLIER_B = 0x85ebca6b;

export function createLanes(): Lanes {
  return new Uint32Array(2);
}

/** Forgets everything; `domain` (a small integer) keeps hashes made for different purposes apart. */
export function start(lanes: Lanes, domain: number): void {
  lanes[0] = domain ^ 0x243f6a88;
  lanes[1] = domain ^ 0x85a308d3;
}

/** Absorbs `bytes[offset..+length)`. */
export function absorb(lanes: Lanes, bytes: Uint8Array, offset: number, length: number): void {
  let a = Math.imul(lanes[0]! ^ length, MULTIPLIER_A);
  let b = lanes[1]! ^ (a >>> 15);
  let i = offset;
  for (const whole = offset + (length & ~3); i < whole; i += 4) {
    const word = bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    a = Math.imul(a ^ word, MULTIPLIER_A);
    a ^= a >>> 15;
    b = Math.imul((b + word + a) | 0, MULTIPLIER_B);
    b ^= b >>> 13;
  }
  for (const end = offset + length; i < end; i++) {
    a = Math.imul(a ^ bytes[i]!, MULTIPLIER_A);
    a ^= a >>> 15;
    b = Math.imul((b + bytes[i]! + a) | 0, MULTIPLIER_B);
    b ^= b >>> 13;
  }
  lanes[0] = a;
  lanes[1] = b;
}

/** Fills `out[offset..+length)` with bytes that depend on everything absorbed; the first eight differ whenever the states do. */
export function spread(lanes: Lanes, out: Uint8Array, offset: number, length: number): void {
  let a = lanes[0]!;
  let b = lanes[1]!;
  // The words absorbed last have been mixed least.
  for (let round = 0; round < 2; round++) {
    a = Math.imul(a ^ (b >>> 16), MULTIPLIER_A);
    b = Math.imul(b ^ (a >>> 15), MULTIPLIER_B);
  }
  for (let i = 0; i < length; i += 8) {
    a = Math.imul(a ^ (b >>> 16) ^ i, MULTIPLIER_A);
    b = Math.imul(b ^ (a >>> 15), MULTIPLIER_B);
    a ^= b >>> 13;
    const at = offset + i;
    if (i + 8 <= length) {
      out[at] = a;
      out[at + 1] = a >>> 8;
      out[at + 2] = a >>> 16;
      out[at + 3] = a >>> 24;
      out[at + 4] = b;
      out[at + 5] = b >>> 8;
      out[at + 6] = b >>> 16;
      out[at + 7] = b >>> 24;
    } else {
      for (let j = 0; i + j < length; j++) out[at + j] = (j < 4 ? a : b) >>> (8 * (j & 3));
    }
  }
}
