/** What every suite promises, and that the two real ones give the same bytes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOW_ORDER_POINTS } from '../../../protocols/crypto/low-order.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { bytesOf, derived, flipped, opened, sealed, shared, suites } from './support.ts';

const noble = createSuite('noble');
const native = createSuite('native');

describe('noble and native give the same bytes', () => {
  it('for key pairs and agreements', () => {
    fc.assert(
      fc.property(bytesOf(32), bytesOf(32), (secret, peer) => {
        expect(native.agreementKey(secret).publicKey).toEqual(noble.agreementKey(secret).publicKey);
        expect(shared(native, secret, peer)).toEqual(shared(noble, secret, peer));
      }),
      { numRuns: 40 },
    );
  });

  it('for sealing, opening and refusing', () => {
    const text = fc.uint8Array({ maxLength: 300, size: 'max' });
    fc.assert(
      fc.property(bytesOf(32), bytesOf(12), text, text, fc.nat(), (key, nonce, data, bytes, at) => {
        const box = sealed(noble, key, nonce, data, bytes);
        expect(sealed(native, key, nonce, data, bytes)).toEqual(box);
        expect(opened(native, key, nonce, data, box)).toEqual(bytes);
        expect(opened(noble, key, nonce, data, box)).toEqual(bytes);
        const altered = flipped(box, at % (box.length * 8));
        expect(opened(native, key, nonce, data, altered)).toBeUndefined();
        expect(opened(noble, key, nonce, data, altered)).toBeUndefined();
      }),
    );
  });

  it('for hashes and derived keys of any length', () => {
    const any = fc.uint8Array({ maxLength: 300, size: 'max' });
    fc.assert(
      fc.property(any, any, any, fc.integer({ min: 1, max: 200 }), (a, b, c, length) => {
        expect(native.sha256(a)).toEqual(noble.sha256(a));
        expect(native.keccak256(a)).toEqual(noble.keccak256(a));
        const outs = [noble, native].map((suite) => {
          const out = new Uint8Array(length);
          suite.hkdf(a, b, c, out);
          return out;
        });
        expect(outs[1]).toEqual(outs[0]);
      }),
    );
  });

  it('for keys derived from an agreement', () => {
    fc.assert(
      fc.property(bytesOf(32), bytesOf(32), bytesOf(32), (secret, first, second) => {
        expect(derived(native, secret, first, second, 40)).toEqual(
          derived(noble, secret, first, second, 40),
        );
      }),
    );
  });
});

describe.each(suites)('the $name suite', ({ name, suite }) => {
  const runs = name === 'noble' ? 15 : 200;

  it('says its name', () => {
    expect(suite.name).toBe(name);
  });

  it('agrees on one secret from both ends', () => {
    fc.assert(
      fc.property(bytesOf(32), bytesOf(32), (a, b) => {
        const publicA = suite.agreementKey(a).publicKey;
        const publicB = suite.agreementKey(b).publicKey;
        const secret = shared(suite, a, publicB);
        expect(secret).toBeDefined();
        expect(shared(suite, b, publicA)).toEqual(secret);
        expect(secret!.some((byte) => byte !== 0)).toBe(true);
      }),
      { numRuns: runs },
    );
  });

  it('agrees on another secret with another peer', () => {
    fc.assert(
      fc.property(bytesOf(32), bytesOf(32), bytesOf(32), (a, b, c) => {
        const [publicB, publicC] = [b, c].map((secret) => suite.agreementKey(secret).publicKey);
        fc.pre(!Buffer.from(publicB!).equals(publicC!));
        expect(shared(suite, a, publicB!)).not.toEqual(shared(suite, a, publicC!));
      }),
      { numRuns: runs },
    );
  });

  it('refuses each low-order point, however spelt, and zeroes the output', () => {
    const key = suite.agreementKey(new Uint8Array(32).fill(7));
    for (const point of LOW_ORDER_POINTS) {
      for (const top of [0, 0x80]) {
        const place = new Uint8Array(40).fill(3);
        place.set(point, 5);
        place[5 + 31]! |= top;
        const out = new Uint8Array(33).fill(9);
        expect(suite.agree(key, place, 5, out)).toBe(false);
        expect(out).toEqual(Uint8Array.from([...new Uint8Array(32), 9]));
      }
    }
  });

  it('accepts what differs from a low-order point in one bit', () => {
    const secret = new Uint8Array(32).fill(7);
    const last = LOW_ORDER_POINTS.map((point) => Buffer.from(point).toString('hex'));
    for (const point of LOW_ORDER_POINTS) {
      for (const bit of [0, 1, 100, 254]) {
        const other = flipped(point, bit);
        if (last.includes(Buffer.from(other).toString('hex'))) continue;
        expect(shared(suite, secret, other)).toBeDefined();
      }
    }
  });

  it('refuses a peer key that reaches out of its array', () => {
    const key = suite.agreementKey(new Uint8Array(32).fill(7));
    const place = new Uint8Array(64).fill(5);
    for (const offset of [-1, -32, -40, 33, 64, 1_000, Number.NaN]) {
      const out = new Uint8Array(32).fill(9);
      expect(suite.agree(key, place, offset, out)).toBe(false);
      expect(out).toEqual(new Uint8Array(32));
    }
    expect(suite.agree(key, place, 32, new Uint8Array(32))).toBe(true);
  });

  it('keeps a copy of the secret, forgets it on request, and then refuses to work', () => {
    const secret = new Uint8Array(32).fill(7);
    const peer = suite.agreementKey(new Uint8Array(32).fill(8)).publicKey;
    const key = suite.agreementKey(secret);
    const expected = shared(suite, secret, peer);
    const out = new Uint8Array(32);
    secret.fill(0);
    expect(suite.agree(key, peer, 0, out)).toBe(true);
    expect(out).toEqual(expected);
    suite.forget(key);
    suite.forget(key);
    expect(() => suite.agree(key, peer, 0, out)).toThrow('forgotten');
  });

  it('opens what it sealed, at any offset, and writes nothing beside it', () => {
    fc.assert(
      fc.property(
        bytesOf(32),
        bytesOf(12),
        fc.uint8Array({ maxLength: 70, size: 'max' }),
        fc.uint8Array({ maxLength: 300, size: 'max' }),
        fc.nat(9),
        fc.nat(9),
        (key, nonce, associated, text, before, after) => {
          const source = Uint8Array.from([...new Uint8Array(after).fill(1), ...text, 2, 2]);
          const box = new Uint8Array(before + text.length + 16 + after).fill(0x5a);
          suite.seal(key, nonce, associated, source, after, text.length, box, before);
          const margins = [...box.subarray(0, before), ...box.subarray(box.length - after)];
          expect(margins.slice(0, before + after).every((byte) => byte === 0x5a)).toBe(true);
          const out = new Uint8Array(after + text.length + 4).fill(0xa5);
          const length = suite.open(
            key,
            nonce,
            associated,
            box,
            before,
            text.length + 16,
            out,
            after,
          );
          expect(length).toBe(text.length);
          expect(out.slice(after, after + length)).toEqual(text);
          expect([...out.subarray(0, after), ...out.subarray(after + length)]).toEqual(
            new Array(after + 4).fill(0xa5),
          );
        },
      ),
    );
  });

  it('seals and opens in place', () => {
    const [key, nonce] = [new Uint8Array(32).fill(1), new Uint8Array(12).fill(2)];
    const text = Uint8Array.from({ length: 61 }, (_, i) => i);
    const expected = sealed(suite, key, nonce, key, text);
    const place = new Uint8Array(100);
    place.set(text, 10);
    suite.seal(key, nonce, key, place, 10, text.length, place, 10);
    expect(place.slice(10, 10 + expected.length)).toEqual(expected);
    expect(suite.open(key, nonce, key, place, 10, expected.length, place, 10)).toBe(text.length);
    expect(place.slice(10, 10 + text.length)).toEqual(text);
  });

  it('does not open with any bit of key, nonce, associated data or sealed text changed', () => {
    const key = Uint8Array.from({ length: 32 }, (_, i) => i * 3);
    const nonce = Uint8Array.from({ length: 12 }, (_, i) => i * 5);
    const associated = Uint8Array.from({ length: 13 }, (_, i) => i * 7);
    const text = Uint8Array.from({ length: 21 }, (_, i) => i * 11);
    const box = sealed(suite, key, nonce, associated, text);
    expect(opened(suite, key, nonce, associated, box)).toEqual(text);
    const parts = [key, nonce, associated, box] as const;
    parts.forEach((part, which) => {
      for (let bit = 0; bit < part.length * 8; bit++) {
        const [k, n, a, b] = parts.map((bytes, i) => (i === which ? flipped(bytes, bit) : bytes));
        expect(opened(suite, k!, n!, a!, b!)).toBeUndefined();
      }
    });
  });

  it('does not open with bytes appended, cut off or moved between text and associated data', () => {
    const key = new Uint8Array(32).fill(4);
    const nonce = new Uint8Array(12);
    const text = Uint8Array.from({ length: 24 }, (_, i) => i);
    const box = sealed(suite, key, nonce, text, text);
    for (let length = 0; length < box.length; length++)
      expect(opened(suite, key, nonce, text, box.slice(0, length))).toBeUndefined();
    expect(opened(suite, key, nonce, text, Uint8Array.from([...box, 0]))).toBeUndefined();
    for (const cut of [1, 7, 8, 16, 23])
      expect(opened(suite, key, nonce, text.slice(0, cut), box)).toBeUndefined();
    expect(opened(suite, key, nonce, Uint8Array.from([...text, 0]), box)).toBeUndefined();
    expect(opened(suite, key, nonce, new Uint8Array(0), box)).toBeUndefined();
  });

  it('does not open what reaches out of its array', () => {
    const key = new Uint8Array(32).fill(4);
    const nonce = new Uint8Array(12);
    const out = new Uint8Array(200).fill(0xa5);
    const box = sealed(suite, key, nonce, key, new Uint8Array(20));
    for (const [offset, length] of [
      [1, box.length],
      [-1, box.length],
      [-box.length, box.length],
      [0, box.length + 1],
      [0, -1],
      [0, Number.NaN],
      [box.length, 16],
      [Number.NaN, 16],
    ] as const) {
      expect(suite.open(key, nonce, key, box, offset, length, out, 0)).toBe(-1);
    }
    expect(out.every((byte) => byte === 0xa5)).toBe(true);
  });

  it('complains of our own mistakes, naming what was wrong', () => {
    const [key, nonce] = [new Uint8Array(32), new Uint8Array(12)];
    const text = new Uint8Array(20);
    const box = sealed(suite, key, nonce, key, text);
    const out = new Uint8Array(36);
    expect(() => suite.agreementKey(new Uint8Array(31))).toThrow('expected 32 bytes, got 31');
    expect(() => suite.seal(text, nonce, key, text, 0, 20, out, 0)).toThrow('AEAD key');
    expect(() => suite.seal(key, text, key, text, 0, 20, out, 0)).toThrow('AEAD nonce');
    expect(() => suite.seal(key, nonce, key, text, 1, 20, out, 0)).toThrow('20 bytes at 1');
    expect(() => suite.seal(key, nonce, key, text, 0, 20, out, 1)).toThrow('36 bytes at 1');
    expect(() => suite.open(key, nonce, key, box, 0, 36, out, 17)).toThrow('20 bytes at 17');
    expect(() => suite.open(text, nonce, key, box, 0, 36, out, 0)).toThrow('AEAD key');
    expect(() => suite.deriveKeys(key, text, key, out)).toThrow('first public key');
    const pair = suite.agreementKey(key);
    expect(() => suite.agree(pair, pair.publicKey, 0, text)).toThrow('32 bytes at 0');
  });

  it('derives other keys when any bit of secret or public keys changes, and in another order', () => {
    const parts = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill * 37));
    const [secret, first, second] = parts;
    const base = derived(suite, secret!, first!, second!, 40);
    expect(derived(suite, secret!, second!, first!, 40)).not.toEqual(base);
    parts.forEach((part, which) => {
      for (let bit = 0; bit < 256; bit += 3) {
        const changed = parts.map((bytes, i) => (i === which ? flipped(part, bit) : bytes));
        const keys = derived(suite, changed[0]!, changed[1]!, changed[2]!, 40);
        expect(keys.slice(0, 32)).not.toEqual(base.slice(0, 32));
        expect(keys.slice(32)).not.toEqual(base.slice(32));
      }
    });
  });
});
