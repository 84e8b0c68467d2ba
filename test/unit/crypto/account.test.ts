/**
 * Chain accounts. The oracle is RFC 6979 §3.2 written out over node's HMAC, with node's own curve arithmetic: nothing of noble's.
 */
import { createECDH, createHmac, createPublicKey, verify } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accountPublicKey,
  accountRecover,
  accountSign,
} from '../../../protocols/crypto/account.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { bytesOf, flipped, fromHex, toHex } from './support.ts';

/** Order of secp256k1 (SEC 2 §2.4.1). */
const N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
/** Order of P-256 (SEC 2 §2.4.2). */
const N_P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

const sha256 = createSuite('native').sha256;
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes) || '0'}`);
const bytes32 = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, '0'));
const digestOf = (text: string): Uint8Array => sha256(new TextEncoder().encode(text));

/** The nonce of RFC 6979 §3.2 with SHA-256, for an order of 256 bits. */
function nonceOf(order: bigint, secret: Uint8Array, digest: Uint8Array): bigint {
  const hmac = (key: Uint8Array, ...parts: Uint8Array[]): Uint8Array => {
    const h = createHmac('sha256', key);
    for (const part of parts) h.update(part);
    return h.digest();
  };
  const reduced = bytes32(numberOf(digest) % order);
  let v: Uint8Array = new Uint8Array(32).fill(1);
  let k: Uint8Array = new Uint8Array(32);
  for (const step of [0, 1]) {
    k = hmac(k, v, Uint8Array.of(step), secret, reduced);
    v = hmac(k, v);
  }
  for (;;) {
    v = hmac(k, v);
    const candidate = numberOf(v);
    if (candidate >= 1n && candidate < order) return candidate;
    k = hmac(k, v, Uint8Array.of(0));
    v = hmac(k, v);
  }
}

/** x || y of `scalar` times the generator, by OpenSSL. */
function generatorTimes(scalar: Uint8Array): Uint8Array {
  const ecdh = createECDH('secp256k1');
  ecdh.setPrivateKey(scalar);
  return new Uint8Array(ecdh.getPublicKey().subarray(1));
}

function inverse(value: bigint): bigint {
  let [a, b, x, y] = [value, N, 1n, 0n];
  while (b > 0n) {
    const q = a / b;
    [a, b, x, y] = [b, a - q * b, y, x - q * y];
  }
  return ((x % N) + N) % N;
}

/** The signature that the RFC prescribes, in its low-s form. */
function expectedSignature(digest: Uint8Array, secret: Uint8Array): Uint8Array {
  const k = nonceOf(N, secret, digest);
  const point = generatorTimes(bytes32(k));
  const r = numberOf(point.slice(0, 32)) % N;
  let s = (inverse(k) * (numberOf(digest) + r * numberOf(secret))) % N;
  let odd = point[63]! & 1;
  if (s > N / 2n) {
    s = N - s;
    odd ^= 1;
  }
  return Uint8Array.from([...bytes32(r), ...bytes32(s), 27 + odd]);
}

const secrets = bytesOf(32).filter((bytes) => numberOf(bytes) > 0n && numberOf(bytes) < N);

describe('the oracle', () => {
  it('gives the nonces that RFC 6979 publishes (A.2.5, SHA-256)', () => {
    const secret = fromHex('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721');
    expect(nonceOf(N_P256, secret, digestOf('sample')).toString(16)).toBe(
      'a6e3c57dd01abe90086538398355dd4c3b17aa873382b0f24d6129493d8aad60',
    );
    expect(nonceOf(N_P256, secret, digestOf('test')).toString(16)).toBe(
      'd16b6ae827f17175e040871a1c7ec3500192c4c92677336ec2537acaee0008e0',
    );
  });
});

describe('a chain account', () => {
  it.each([
    // Answers for secp256k1 with SHA-256 that Bitcoin implementations share (bitcointalk.org, topic 285142).
    [
      1n,
      'Satoshi Nakamoto',
      '934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8',
      '2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5',
    ],
    [
      1n,
      'All those moments will be lost in time, like tears in rain. Time to die...',
      '8600dbd41e348fe5c9465ab92d23e3db8b98b873beecd930736488696438cb6b',
      '547fe64427496db33bf66019dacbf0039c04199abb0122918601db38a72cfc21',
    ],
    [
      N - 1n,
      'Satoshi Nakamoto',
      'fd567d121db66e382991534ada77a6bd3106f0a1098c231e47993447cd6af2d0',
      '6b39cd0eb1bc8603e159ef5c20a5c8ad685a45b06ce9bebed3f153d10d93bed5',
    ],
  ])('of secret %s signs "%s" to the published bytes', (secret, text, r, s) => {
    expect(toHex(accountSign(digestOf(text), bytes32(secret)).slice(0, 64))).toBe(r + s);
  });

  it('signs as RFC 6979 says, with low s and the right recovery bit', () => {
    fc.assert(
      fc.property(secrets, bytesOf(32), (secret, digest) => {
        expect(toHex(accountSign(digest, secret))).toBe(toHex(expectedSignature(digest, secret)));
      }),
      { numRuns: 40 },
    );
  });

  it('has the public key that OpenSSL computes, and signatures that OpenSSL accepts', () => {
    fc.assert(
      fc.property(secrets, fc.uint8Array({ maxLength: 50 }), (secret, text) => {
        const publicKey = accountPublicKey(secret);
        expect(publicKey).toEqual(generatorTimes(secret));
        const [x, y] = [publicKey.slice(0, 32), publicKey.slice(32)].map((part) =>
          Buffer.from(part).toString('base64url'),
        );
        const key = createPublicKey({
          key: { kty: 'EC', crv: 'secp256k1', x: x!, y: y! },
          format: 'jwk',
        });
        const signature = accountSign(sha256(text), secret).subarray(0, 64);
        expect(verify('sha256', text, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  it('is recovered from its signature, and another from an altered one or another digest', () => {
    fc.assert(
      fc.property(secrets, bytesOf(32), fc.nat(511), (secret, digest, bit) => {
        const signature = accountSign(digest, secret);
        const publicKey = accountPublicKey(secret);
        expect(accountRecover(digest, signature)).toEqual(publicKey);
        expect(accountRecover(digest, flipped(signature, bit))).not.toEqual(publicKey);
        expect(accountRecover(flipped(digest, bit & 255), signature)).not.toEqual(publicKey);
      }),
      { numRuns: 25 },
    );
  });

  it('is not recovered from a malformed signature', () => {
    const digest = digestOf('digest');
    const good = accountSign(digest, bytes32(5n));
    const [r, s, v] = [good.slice(0, 32), good.slice(32, 64), good[64]!];
    const high = bytes32(N - numberOf(s));
    const signature = (...parts: (Uint8Array | number)[]): Uint8Array =>
      Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...part])));
    expect(accountRecover(digest, signature(r, s, v))).toBeDefined();
    for (const bad of [
      new Uint8Array(0),
      good.slice(0, 64),
      signature(good, 0),
      signature(r, high, 55 - v),
      signature(r, high, v),
      signature(new Uint8Array(32), s, v),
      signature(r, new Uint8Array(32), v),
      signature(bytes32(N), s, v),
      signature(r, bytes32(N), v),
      signature(new Uint8Array(32).fill(0xff), s, v),
      // 5 is the x of no point: 5^3 + 7 is no square modulo p.
      signature(bytes32(5n), s, v),
      ...[0, 1, 2, 26, 29, 30, 255].map((other) => signature(r, s, other)),
    ]) {
      expect(accountRecover(digest, bad)).toBeUndefined();
    }
  });

  it('gives an answer for any 65 bytes', () => {
    const bytes = fc
      .tuple(bytesOf(64), fc.constantFrom(27, 28))
      .map(([rs, v]) => Uint8Array.from([...rs, v]));
    fc.assert(
      fc.property(bytes, bytesOf(32), (signature, digest) => {
        const publicKey = accountRecover(digest, signature);
        expect(publicKey === undefined || publicKey.length === 64).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('complains of our own mistakes', () => {
    expect(() => accountPublicKey(new Uint8Array(31))).toThrow('expected 32 bytes, got 31');
    expect(() => accountPublicKey(new Uint8Array(32))).toThrow();
    expect(() => accountPublicKey(bytes32(N))).toThrow();
    expect(() => accountSign(new Uint8Array(31), bytes32(1n))).toThrow('digest: expected 32');
    expect(() => accountSign(new Uint8Array(32), new Uint8Array(32))).toThrow();
    expect(() => accountRecover(new Uint8Array(33), new Uint8Array(65))).toThrow('digest');
  });
});
