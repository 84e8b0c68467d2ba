/** Byte helpers that every suite shares. */

/** True if the `length` bytes at both places are equal; takes the same time wherever they differ. */
export function equalConstantTime(
  a: Uint8Array,
  aOffset: number,
  b: Uint8Array,
  bOffset: number,
  length: number,
): boolean {
  let difference = 0;
  for (let i = 0; i < length; i++) difference |= a[aOffset + i]! ^ b[bOffset + i]!;
  return difference === 0;
}

/** Refuses a key, nonce or digest of the wrong length: a programmer's error, never a peer's. */
export function assertBytes(what: string, bytes: Uint8Array, length: number): void {
  if (bytes.length !== length)
    throw new Error(`${what}: expected ${length} bytes, got ${bytes.length}`);
}
