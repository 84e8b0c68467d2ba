/**
 * Byte helpers that every suite shares.
 *
 * Two kinds of range check, never mixed: `rangeFits` asks about places that a peer may have chosen and answers no; the assertions are about
 * places that only our own code chooses, where a wrong one is a mistake to be heard of at once.
 */

/** Whether `length` bytes at `offset` lie within `bytes`. False for a negative or NaN offset or length. */
export function rangeFits(bytes: Uint8Array, offset: number, length: number): boolean {
  return offset >= 0 && length >= 0 && offset + length <= bytes.length;
}

/**
 * True if the `length` bytes at both places are equal; takes the same time wherever they differ. False if either place reaches
 * out of its array.
 */
export function equalConstantTime(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
  length: number,
): boolean {
  if (!rangeFits(a, aOffset, length) || !rangeFits(b, bOffset, length)) return false;
  let difference = 0;
  for (let i = 0; i < length; i++) difference |= a[aOffset + i]! ^ b[bOffset + i]!;
  return difference === 0;
}

/** Refuses a key, nonce or digest of the wrong length: a programmer's error, never a peer's. */
export function assertBytes(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length)
    throw new Error(`${what}: expected ${length} bytes, got ${bytes.length}`);
}

/** Refuses a place to read from or write to that the array does not have: a programmer's error, never a peer's. */
export function assertRange(what: string, bytes: Uint8Array, offset: number, length: number): void {
  if (!rangeFits(bytes, offset, length))
    throw new Error(
      `${what}: expected ${length} bytes at ${offset}, got an array of ${bytes.length}`,
    );
}

/** Copies `from[fromOffset..+length)` to `to[toOffset]`. Both places must exist. Nothing happens where they are one and the same. */
export function copyBytes(
  from: Uint8Array,
  fromOffset: number,
  length: number,
  to: Uint8Array,
  toOffset: number,
): void {
  if (from === to && fromOffset === toOffset) return;
  // A view costs about what thirty bytes cost in a loop; whole arrays need none.
  const whole = fromOffset === 0 && length === from.length;
  to.set(whole ? from : from.subarray(fromOffset, fromOffset + length), toOffset);
}
