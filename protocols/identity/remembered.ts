/**
 * Signed bytes that were checked before, so that meeting them again costs no signature. Only what proved genuine is remembered: forgeries cost
 * their sender a datagram each and would otherwise push out what is worth remembering.
 */
export class Remembered<T> {
  readonly #check: (bytes: Uint8Array) => T | undefined;
  readonly #capacity: number;
  readonly #known = new Map<string, T>();

  /**
   * @param check must depend on the bytes alone; undefined for a forgery.
   * @param capacity how many are remembered; the oldest is forgotten first.
   */
  constructor(check: (bytes: Uint8Array) => T | undefined, capacity = 1_024) {
    this.#check = check;
    this.#capacity = capacity;
  }

  /** What `bytes[offset..+length)`, a range that exists, says; undefined for what nobody signed. */
  verify(bytes: Uint8Array, offset: number, length: number): T | undefined {
    let key = '';
    for (let i = 0; i < length; i++) key += String.fromCharCode(bytes[offset + i]!);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const checked = this.#check(bytes.slice(offset, offset + length));
    if (checked === undefined) return undefined;
    if (this.#known.size >= this.#capacity) {
      for (const oldest of this.#known.keys()) {
        this.#known.delete(oldest);
        break;
      }
    }
    this.#known.set(key, checked);
    return checked;
  }
}
