/** The modelled suite models: as good as random where the real one is, and frank about what it does not do. */
import { describe, expect, it } from 'vitest';
import { absorb, createLanes, spread, start } from '../../../protocols/crypto/modelled-hash.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { derived, flipped, sealed, shared, toHex } from './support.ts';

const suite = createSuite('modelled');
const noble = createSuite('noble');
const random = (purpose: string): ((length: number) => Uint8Array) => {
  const stream = new StreamFactory('modelled').stream(purpose);
  return (length) => {
    const bytes = new Uint8Array(length);
    stream.fill(bytes, 0, length);
    return bytes;
  };
};

function bitsApart(a: Uint8Array, b: Uint8Array): number {
  let bits = 0;
  for (let i = 0; i < a.length; i++) for (let x = a[i]! ^ b[i]!; x !== 0; x &= x - 1) bits++;
  return bits;
}

function hash(bytes: Uint8Array, length = 8): string {
  const lanes = createLanes();
  const out = new Uint8Array(length);
  start(lanes, 0);
  absorb(lanes, bytes, 0, bytes.length);
  spread(lanes, out, 0, length);
  return toHex(out);
}

describe('the modelled suite', () => {
  it('leaves the text readable, which its documentation says', () => {
    const text = new TextEncoder().encode('anybody can read this');
    const box = sealed(suite, new Uint8Array(32), new Uint8Array(12), new Uint8Array(0), text);
    expect(box.slice(0, text.length)).toEqual(text);
  });

  it('hashes and signs as the real ones do, so that addresses do not depend on the suite', () => {
    const bytes = random('hashes')(100);
    const secret = random('account')(32);
    expect(suite.sha256(bytes)).toEqual(noble.sha256(bytes));
    expect(suite.keccak256(bytes)).toEqual(noble.keccak256(bytes));
    expect(suite.accountPublicKey(secret)).toEqual(noble.accountPublicKey(secret));
    const signature = noble.accountSign(bytes.slice(0, 32), secret);
    expect(suite.accountSign(bytes.slice(0, 32), secret)).toEqual(signature);
    expect(suite.accountRecover(bytes.slice(0, 32), signature)).toEqual(
      noble.accountPublicKey(secret),
    );
  });

  it('makes public keys and shared secrets with a clear top bit, as X25519 does', () => {
    const draw = random('top');
    let peer = suite.agreementKey(draw(32)).publicKey;
    for (let i = 0; i < 200; i++) {
      const secret = draw(32);
      const { publicKey } = suite.agreementKey(secret);
      expect(publicKey[31]! >>> 7).toBe(0);
      expect(shared(suite, secret, peer)![31]! >>> 7).toBe(0);
      peer = publicKey;
    }
  });

  it('agrees with its own key on something', () => {
    const secret = new Uint8Array(32).fill(1);
    const own = shared(suite, secret, suite.agreementKey(secret).publicKey)!;
    expect(own.some((byte) => byte !== 0)).toBe(true);
  });

  it('never gives two inputs that differ in one byte the same hash', () => {
    const draw = random('bytes');
    for (const length of [1, 4, 7, 8, 9, 16, 31, 40]) {
      const bytes = draw(length);
      const base = hash(bytes);
      for (let at = 0; at < length; at++) {
        for (let value = 1; value < 256; value++) {
          const other = bytes.slice();
          other[at]! ^= value;
          expect(hash(other)).not.toBe(base);
        }
      }
    }
  });

  it('gives no two of 200,000 inputs the same hash', () => {
    // Uniform 64-bit hashes would collide here with probability 2e5^2 / 2 / 2^64, about 1e-9.
    const seen = new Set<string>();
    const bytes = new Uint8Array(24);
    const view = new DataView(bytes.buffer);
    for (let i = 0; i < 200_000; i++) {
      // Counters in places where a weak mix would cancel them out: top bits, and the same bits of both lanes.
      view.setUint32(0, i & 0x1ff);
      view.setUint32(7, (i >>> 9) << 23);
      view.setUint32(16, i >>> 3);
      seen.add(hash(bytes));
    }
    expect(seen.size).toBe(200_000);
  });

  it('gives no two inputs that differ from a third in up to three bits the same hash', () => {
    // What comes of flipped top bits: they pass a multiplication unchanged, so a weak mix lets the next words undo them.
    const base = random('flips')(16);
    const seen = new Set([hash(base)]);
    let count = 1;
    const add = (bytes: Uint8Array): void => {
      seen.add(hash(bytes));
      count++;
    };
    for (let i = 0; i < 128; i++) {
      const one = flipped(base, i);
      add(one);
      for (let j = i + 1; j < 128; j++) {
        const two = flipped(one, j);
        add(two);
        for (let k = j + 1; k < 128; k++) if (k % 8 === 7 || k % 8 === 2) add(flipped(two, k));
      }
    }
    expect(count).toBeGreaterThan(90_000);
    expect(seen.size).toBe(count);
  });

  it('tells inputs of different lengths apart, also where they differ by zeros', () => {
    const seen = new Set<string>();
    for (let length = 0; length <= 64; length++) seen.add(hash(new Uint8Array(length)));
    expect(seen.size).toBe(65);
  });

  it('flips half of the bits of a tag, and of a view tag, when one bit of the input flips', () => {
    const draw = random('avalanche');
    const rounds = 4_000;
    let tagBits = 0;
    let viewBits = 0;
    for (let i = 0; i < rounds; i++) {
      const [key, nonce, text] = [draw(32), draw(12), draw(33)];
      const bit = draw(2);
      const other = flipped(text, ((bit[0]! << 8) | bit[1]!) % (33 * 8));
      const none = new Uint8Array(0);
      tagBits += bitsApart(
        sealed(suite, key, nonce, none, text).slice(33),
        sealed(suite, key, nonce, none, other).slice(33),
      );
      const [first, second] = [draw(32), draw(32)];
      viewBits += bitsApart(
        derived(suite, key, first, second, 40).slice(32),
        derived(suite, flipped(key, bit[0]!), first, second, 40).slice(32),
      );
    }
    // A fair coin's mean over n flips has a standard error of 0.5 / sqrt(n); five of them, and twice that for the tag, whose
    // 128 bits come from a state of 64.
    expect(Math.abs(viewBits / (rounds * 64) - 0.5)).toBeLessThan(2.5 / Math.sqrt(rounds * 64));
    expect(Math.abs(tagBits / (rounds * 128) - 0.5)).toBeLessThan(5 / Math.sqrt(rounds * 128));
  });

  it('fills arrays of any length, a shorter one being the start of a longer', () => {
    const parts = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill));
    const long = derived(suite, parts[0]!, parts[1]!, parts[2]!, 100);
    for (const length of [1, 3, 4, 7, 8, 13, 40, 99]) {
      expect(derived(suite, parts[0]!, parts[1]!, parts[2]!, length)).toEqual(
        long.slice(0, length),
      );
    }
  });
});
