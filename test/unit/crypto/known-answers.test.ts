/** Published answers, for both real suites. Each says where it stands. */
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import {
  derived,
  flipped,
  fromHex,
  opened,
  REAL_SUITES,
  sealed,
  shared,
  toHex,
} from './support.ts';

const BASE_POINT = fromHex('09' + '00'.repeat(31));

describe.each(REAL_SUITES)('the %s suite', (name) => {
  const suite = createSuite(name);

  describe('X25519 (RFC 7748)', () => {
    it.each([
      // §5.2; the u-coordinate of the second has its top bit set, which is to be ignored.
      [
        'a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4',
        'e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c',
        'c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552',
      ],
      [
        '4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d',
        'e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493',
        '95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957',
      ],
    ])('scalar %s', (scalar, u, result) => {
      expect(toHex(shared(suite, fromHex(scalar), fromHex(u))!)).toBe(result);
    });

    it('iterated once and a thousand times gives the published values (§5.2)', () => {
      let scalar = BASE_POINT;
      let u = BASE_POINT;
      for (let i = 1; i <= 1_000; i++) {
        const result = shared(suite, scalar, u)!;
        u = scalar;
        scalar = result;
        if (i === 1)
          expect(toHex(result)).toBe(
            '422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079',
          );
      }
      expect(toHex(scalar)).toBe(
        '684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51',
      );
    });

    it('Alice and Bob agree on the published secret (§6.1)', () => {
      const alice = suite.agreementKey(
        fromHex('77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a'),
      );
      const bob = suite.agreementKey(
        fromHex('5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb'),
      );
      expect(toHex(alice.publicKey)).toBe(
        '8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a',
      );
      expect(toHex(bob.publicKey)).toBe(
        'de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f',
      );
      const out = new Uint8Array(32);
      for (const [own, peer] of [
        [alice, bob],
        [bob, alice],
      ] as const) {
        expect(suite.agree(own, peer.publicKey, 0, out)).toBe(true);
        expect(toHex(out)).toBe('4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742');
      }
    });
  });

  describe('ChaCha20-Poly1305 (RFC 8439 §2.8.2)', () => {
    const key = fromHex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f');
    const nonce = fromHex('070000004041424344454647');
    const associated = fromHex('50515253c0c1c2c3c4c5c6c7');
    const text = new TextEncoder().encode(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    );
    const expected =
      'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6' +
      '3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36' +
      '92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc' +
      '3ff4def08e4b7a9de576d26586cec64b6116' +
      '1ae10b594f09e26a7e902ecbd0600691';

    it('seals to the published bytes', () => {
      expect(toHex(sealed(suite, key, nonce, associated, text))).toBe(expected);
    });

    it('opens them, and not with one bit changed', () => {
      const bytes = fromHex(expected);
      expect(opened(suite, key, nonce, associated, bytes)).toEqual(text);
      for (let bit = 0; bit < bytes.length * 8; bit += 7)
        expect(opened(suite, key, nonce, associated, flipped(bytes, bit))).toBeUndefined();
    });
  });

  it.each([
    // RFC 5869 appendix A.1 to A.3.
    [
      '0b'.repeat(22),
      '000102030405060708090a0b0c',
      'f0f1f2f3f4f5f6f7f8f9',
      '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    ],
    [
      Array.from({ length: 80 }, (_, i) => i.toString(16).padStart(2, '0')).join(''),
      Array.from({ length: 80 }, (_, i) => (0x60 + i).toString(16)).join(''),
      Array.from({ length: 80 }, (_, i) => (0xb0 + i).toString(16)).join(''),
      'b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c' +
        '59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71' +
        'cc30c58179ec3e87c14c01d5c1f3434f1d87',
    ],
    [
      '0b'.repeat(22),
      '',
      '',
      '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
    ],
  ])('HKDF-SHA256 of %s', (secret, salt, info, expected) => {
    const out = new Uint8Array(expected.length / 2);
    suite.hkdf(fromHex(secret), fromHex(salt), fromHex(info), out);
    expect(toHex(out)).toBe(expected);
  });

  it.each([
    // FIPS 180-4, as in NIST's example values.
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
  ])('SHA-256 of "%s"', (text, expected) => {
    expect(toHex(suite.sha256(new TextEncoder().encode(text)))).toBe(expected);
  });

  it.each([
    // The empty code hash of the Ethereum Yellow Paper; the Keccak team's submission package.
    ['', 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'],
    ['abc', '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45'],
  ])('Keccak-256 of "%s"', (text, expected) => {
    expect(toHex(suite.keccak256(new TextEncoder().encode(text)))).toBe(expected);
  });

  it('derives keys as HKDF does with both public keys as the salt', () => {
    const [secret, first, second] = [1, 2, 3].map((fill) => new Uint8Array(32).fill(fill));
    const expected = new Uint8Array(40);
    const salt = Uint8Array.from([...first!, ...second!]);
    suite.hkdf(secret!, salt, new TextEncoder().encode('mainframe sealed box 1'), expected);
    expect(derived(suite, secret!, first!, second!, 40)).toEqual(expected);
  });
});
