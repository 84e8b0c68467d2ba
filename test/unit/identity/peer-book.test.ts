import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENDPOINT_BYTES, PeerBook } from '../../../protocols/identity/peer-book.ts';
import { ADDRESS_BYTES, ADDRESS_WORDS } from '../../../protocols/identity/proximity.ts';
import { addressOf, anyAddress, wordsOf } from './support.ts';

const endpointOf = (fill: number): Uint8Array => new Uint8Array(ENDPOINT_BYTES).fill(fill);
const anyEndpoint = fc.uint8Array({ minLength: ENDPOINT_BYTES, maxLength: ENDPOINT_BYTES });

function addressIn(book: PeerBook, handle: number): Uint8Array {
  const bytes = new Uint8Array(ADDRESS_BYTES);
  book.writeAddress(handle, bytes, 0);
  return bytes;
}

function endpointIn(book: PeerBook, handle: number): Uint8Array {
  const bytes = new Uint8Array(ENDPOINT_BYTES);
  book.writeEndpoint(handle, bytes, 0);
  return bytes;
}

/** The obvious book. */
class Model {
  readonly handles = new Map<string, number>();
  readonly entries: { address: Uint8Array; endpoint: Uint8Array }[] = [];

  intern(address: Uint8Array, endpoint: Uint8Array): number {
    const key = String(address);
    const known = this.handles.get(key);
    if (known !== undefined) return known;
    this.handles.set(key, this.entries.length);
    return this.entries.push({ address, endpoint }) - 1;
  }
}

interface Real {
  book: PeerBook;
}

class Intern implements fc.Command<Model, Real> {
  readonly address: Uint8Array;
  readonly endpoint: Uint8Array;
  readonly asWords: boolean;

  constructor(address: Uint8Array, endpoint: Uint8Array, asWords: boolean) {
    this.address = address;
    this.endpoint = endpoint;
    this.asWords = asWords;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, { book }: Real): void {
    const expected = model.intern(this.address, this.endpoint);
    const handle = this.asWords
      ? book.internWords(wordsOf(this.address), 0, this.endpoint, 0)
      : book.intern(
          Uint8Array.from([1, 2, 3, ...this.address, 4]),
          3,
          Uint8Array.from([5, ...this.endpoint]),
          1,
        );
    expect(handle).toBe(expected);
    expect(book.size).toBe(model.entries.length);
  }

  toString(): string {
    return `intern(${Buffer.from(this.address).toString('hex')})`;
  }
}

class Look implements fc.Command<Model, Real> {
  readonly address: Uint8Array;

  constructor(address: Uint8Array) {
    this.address = address;
  }

  check(): boolean {
    return true;
  }

  run(model: Model, { book }: Real): void {
    expect(book.lookup(wordsOf(this.address), 0)).toBe(
      model.handles.get(String(this.address)) ?? -1,
    );
    // One comparison for all entries: an `expect` for each would take most of the test's time.
    const [found, expected]: [number[], number[]] = [[], []];
    model.entries.forEach(({ address, endpoint }, handle) => {
      const words = book.words.subarray(handle * ADDRESS_WORDS, (handle + 1) * ADDRESS_WORDS);
      found.push(...addressIn(book, handle), ...endpointIn(book, handle), ...words);
      expected.push(...address, ...endpoint, ...wordsOf(address));
    });
    expect(String(found) === String(expected)).toBe(true);
  }

  toString(): string {
    return `look(${Buffer.from(this.address).toString('hex')})`;
  }
}

describe('a peer book', () => {
  it('does what a Map does, whatever its capacity and secret', () => {
    // Few different addresses, so that many are met again, and some that differ in one word only.
    const address = fc.oneof(
      anyAddress,
      fc.nat(12).map((value) => addressOf(BigInt(value))),
      fc.nat(12).map((value) => addressOf(BigInt(value) << 128n)),
    );
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer(),
        fc.commands(
          [
            fc
              .tuple(address, anyEndpoint, fc.boolean())
              .map(([a, endpoint, asWords]) => new Intern(a, endpoint, asWords)),
            address.map((a) => new Look(a)),
          ],
          { maxCommands: 120, size: 'max' },
        ),
        (capacity, secret, commands) => {
          fc.modelRun(
            () => ({ model: new Model(), real: { book: new PeerBook(capacity, secret) } }),
            commands,
          );
        },
      ),
      { numRuns: 60 },
    );
  });

  it('gives handles in the order of first meeting, also when it has grown many times', () => {
    const book = new PeerBook(1);
    const count = 5_000;
    for (let i = 0; i < count; i++) {
      const address = addressOf(BigInt(i) << 96n);
      if (book.intern(address, 0, endpointOf(i & 0xff), 0) !== i) throw new Error(`not ${i}`);
    }
    expect(book.size).toBe(count);
    for (let i = 0; i < count; i += 7) {
      expect(book.lookup(wordsOf(addressOf(BigInt(i) << 96n)), 0)).toBe(i);
      expect(endpointIn(book, i)).toEqual(endpointOf(i & 0xff));
    }
    expect(book.lookup(wordsOf(addressOf(1n)), 0)).toBe(-1);
  });

  it('keeps the endpoint that it heard first', () => {
    const book = new PeerBook();
    const address = addressOf(7n);
    const handle = book.intern(address, 0, endpointOf(1), 0);
    expect(book.intern(address, 0, endpointOf(2), 0)).toBe(handle);
    expect(endpointIn(book, handle)).toEqual(endpointOf(1));
  });

  it('can intern an address out of its own words while it grows', () => {
    const book = new PeerBook(1);
    book.intern(addressOf(1n), 0, endpointOf(1), 0);
    const words = Uint32Array.from([9, ...book.words.subarray(0, 7), 5]);
    expect(book.internWords(words, 1, endpointOf(2), 0)).toBe(1);
    expect(book.internWords(book.words, 0, endpointOf(3), 0)).toBe(0);
    expect(book.internWords(book.words, ADDRESS_WORDS, endpointOf(3), 0)).toBe(1);
  });

  it('spreads addresses that were ground to look alike', () => {
    // Each set is one that a hash of fewer words, or of one multiplication a word, puts into one chain. Time would tell, but not
    // reliably: probes are counted through the array of words, which each comparison of a probe reads.
    const sets: bigint[][] = [
      Array.from({ length: 4_096 }, (_, i) => BigInt(i) << 40n),
      Array.from({ length: 4_096 }, (_, i) => (BigInt(i) << 244n) | 0xffn),
      Array.from({ length: 4_096 }, (_, i) => BigInt(i) * (1n | (1n << 128n))),
      Array.from({ length: 4_096 }, (_, i) => flips(i)),
    ];
    for (const set of sets) {
      const probes = probesPerLookup(set);
      expect(probes).toBeGreaterThanOrEqual(1);
      expect(probes).toBeLessThan(3);
    }
  });

  it('refuses handles, ranges and capacities that do not exist', () => {
    const book = new PeerBook();
    const address = addressOf(7n);
    book.intern(address, 0, endpointOf(1), 0);
    for (const handle of [-1, 1, 64, Number.NaN]) {
      expect(() => book.endpointNetwork(handle)).toThrow('handles 0 to 0');
      expect(() => book.writeAddress(handle, new Uint8Array(32), 0)).toThrow(`peer ${handle}`);
      expect(() => book.writeEndpoint(handle, new Uint8Array(18), 0)).toThrow(`peer ${handle}`);
    }
    expect(() => book.intern(address, 1, endpointOf(1), 0)).toThrow('address: expected 32 bytes');
    expect(() => book.intern(addressOf(8n), 0, endpointOf(1), 1)).toThrow(
      'endpoint: expected 18 bytes at 1',
    );
    expect(book.size).toBe(1);
    for (const capacity of [0, -1, 1.5, Number.NaN])
      expect(() => new PeerBook(capacity)).toThrow(`got ${capacity}`);
  });
});

/** Top bits of the eight words, and the bit that one shifted multiplication leaves of each, flipped in all combinations. */
function flips(i: number): bigint {
  let value = 0n;
  for (let bit = 0; bit < 8; bit++) {
    const shift = BigInt(32 * bit);
    if ((i >>> bit) & 1) value ^= 0x80000000n << shift;
    if (bit < 4 && (i >>> (8 + bit)) & 1) value ^= 0x80008000n << shift;
  }
  return value;
}

/** Mean number of entries that looking up one of `values` compares with, in a book that holds them all. */
function probesPerLookup(values: bigint[]): number {
  const distinct = [...new Set(values)];
  const book = new PeerBook(distinct.length);
  const words = distinct.map((value) => wordsOf(addressOf(value)));
  for (const address of words) book.internWords(address, 0, endpointOf(0), 0);
  expect(book.size).toBe(distinct.length);
  const stored = book.words;
  let reads = 0;
  // Comparing begins with an entry's first word, so reading one with an index divisible by eight is one probe.
  book.words = new Proxy(stored, {
    get(target, property) {
      if (typeof property === 'string' && Number(property) % ADDRESS_WORDS === 0) reads++;
      return Reflect.get(target, property, target) as unknown;
    },
  });
  for (const address of words) book.lookup(address, 0);
  return reads / distinct.length;
}

describe('the network of an endpoint', () => {
  const network = (address: number[]): number => {
    const book = new PeerBook();
    book.intern(addressOf(1n), 0, Uint8Array.from([...address, 0x10, 0x92]), 0);
    return book.endpointNetwork(0);
  };
  const ipv4 = (...parts: number[]): number[] => [...new Array(10).fill(0), 255, 255, ...parts];
  const ipv6 = (prefix: number[], rest: number): number[] => [
    ...prefix,
    ...new Array<number>(16 - prefix.length).fill(rest),
  ];

  it('is the first 24 bits of an IPv4 address', () => {
    expect(network(ipv4(192, 0, 2, 1))).toBe(0xc00002);
    expect(network(ipv4(192, 0, 2, 254))).toBe(0xc00002);
    expect(network(ipv4(192, 0, 3, 1))).toBe(0xc00003);
  });

  it('depends on the first 48 bits of an IPv6 address and on nothing else', () => {
    const prefix = [0x20, 0x01, 0x0d, 0xb8, 0x12, 0x34];
    const base = network(ipv6(prefix, 1));
    expect(network(ipv6(prefix, 0xff))).toBe(base);
    for (let bit = 0; bit < 48; bit++) {
      const other = [...prefix];
      other[bit >>> 3]! ^= 0x80 >>> (bit & 7);
      expect(network(ipv6(other, 1))).not.toBe(base);
    }
  });

  it('takes for IPv4 only what has ten bytes of zeros before the mark', () => {
    for (let at = 0; at < 10; at++) {
      const address = ipv4(192, 0, 2, 1);
      address[at] = 1;
      expect(network(address)).not.toBe(0xc00002);
    }
  });
});
