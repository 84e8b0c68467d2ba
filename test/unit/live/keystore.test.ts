/** Key files: those of others open here, ours hold what was put in, and no file or password does harm. */
import { keccak_256 } from '@noble/hashes/sha3.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decryptKey, encryptKey, KeyFileError, LIGHT_COST } from '../../../live/keys/keystore.ts';
import { accountPublicKey } from '../../../protocols/crypto/account.ts';
import { accountFromPublicKey } from '../../../protocols/identity/address.ts';
import { readVector } from '../../support/vectors.ts';

interface Vector {
  json: object;
  password: string;
  priv: string;
}

const vectors = Object.entries(
  (readVector('keystore_v3.json') ?? {}) as { [name: string]: Vector | string },
).flatMap(([name, vector]) =>
  typeof vector === 'object' && 'json' in vector ? [{ name, ...vector }] : [],
);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const COST = { n: 2, r: 1, p: 1 };
/** The address that belongs to a secret. */
const addressOf = (secret: Uint8Array): Uint8Array =>
  accountFromPublicKey({ keccak256: keccak_256 }, accountPublicKey(secret));

describe('key files', () => {
  it.skipIf(vectors.length === 0)('of other wallets open', { timeout: 60_000 }, async () => {
    for (const { json, password, priv } of vectors)
      expect(hex(await decryptKey(JSON.stringify(json), password))).toBe(priv.padStart(64, '0'));
    expect(vectors.length).toBeGreaterThan(0);
  });

  it('from the test vectors of the format (Web3 Secret Storage, PBKDF2)', async () => {
    // The example of the specification, with its published password and key.
    const text = JSON.stringify({
      crypto: {
        cipher: 'aes-128-ctr',
        cipherparams: { iv: '6087dab2f9fdbbfaddc31a909735c1e6' },
        ciphertext: '5318b4d5bcd28de64ee5559e671353e16f075ecae9f99c7a79a38af5f869aa46',
        kdf: 'pbkdf2',
        kdfparams: {
          c: 262144,
          dklen: 32,
          prf: 'hmac-sha256',
          salt: 'ae3cd4e7013836a3df6bd7241b12db061dbe2c6785853cce422d148a624ce0bd',
        },
        mac: '517ead924a9d0dc3124507e3393d175ce3ff7c1e96529c6c555ce9e51205e9b2',
      },
      id: '3198bc9c-6672-5ab3-d995-4942343ae5b6',
      version: 3,
    });
    expect(hex(await decryptKey(text, 'testpassword'))).toBe(
      '7a28b5ba57c53603b0b07b56bba752f7784bf506fa95edc395f5cf6c7514fe9d',
    );
  });

  it('hold what was put in, under any password', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 32, maxLength: 32, min: 1, max: 254 }),
        fc.string({ unit: 'binary' }),
        async (secret, password) => {
          const text = await encryptKey(secret, password, addressOf(secret), COST);
          expect(hex(await decryptKey(text, password))).toBe(hex(secret));
          await expect(decryptKey(text, `${password}x`)).rejects.toMatchObject({
            reason: 'password',
          });
        },
      ),
      { numRuns: 30 },
    );
  });

  it('show no two alike, and nothing of the secret', async () => {
    const secret = new Uint8Array(32).fill(0xab);
    const [one, two] = await Promise.all([
      encryptKey(secret, 'p', addressOf(secret), LIGHT_COST),
      encryptKey(secret, 'p', addressOf(secret), LIGHT_COST),
    ]);
    expect(one).not.toBe(two);
    expect(one).not.toContain('abababab');
  });

  it.each([
    ['no JSON', '{', 'not JSON'],
    ['another version', '{"version":1}', 'version'],
    [
      'absurd memory',
      JSON.stringify({
        version: 3,
        crypto: {
          cipher: 'aes-128-ctr',
          ciphertext: '00'.repeat(32),
          cipherparams: { iv: '00'.repeat(16) },
          mac: '00'.repeat(32),
          kdf: 'scrypt',
          kdfparams: { dklen: 32, salt: '00', n: 2 ** 30, r: 8, p: 1 },
        },
      }),
      'refused',
    ],
    [
      'a wrong power',
      JSON.stringify({
        version: 3,
        crypto: {
          cipher: 'aes-128-ctr',
          ciphertext: '00'.repeat(32),
          cipherparams: { iv: '00'.repeat(16) },
          mac: '00'.repeat(32),
          kdf: 'scrypt',
          kdfparams: { dklen: 32, salt: '00', n: 1000, r: 8, p: 1 },
        },
      }),
      'power of two',
    ],
    [
      'endless rounds',
      JSON.stringify({
        version: 3,
        crypto: {
          cipher: 'aes-128-ctr',
          ciphertext: '00'.repeat(32),
          cipherparams: { iv: '00'.repeat(16) },
          mac: '00'.repeat(32),
          kdf: 'pbkdf2',
          kdfparams: { dklen: 32, salt: '00', c: 1e9 },
        },
      }),
      'rounds',
    ],
    ['another cipher', '{"version":3,"crypto":{"cipher":"rot13"}}', 'cipher'],
  ])('with %s are refused in words', async (_what, text, word) => {
    await expect(decryptKey(text, 'p')).rejects.toThrow(KeyFileError);
    await expect(decryptKey(text, 'p')).rejects.toThrow(word);
  });

  it('spoilt anywhere give a reason, never another key', async () => {
    const secret = new Uint8Array(32).fill(7);
    const text = await encryptKey(secret, 'p', addressOf(secret), COST);
    await fc.assert(
      fc.asyncProperty(
        fc.nat(text.length - 1),
        fc.constantFrom('0', 'a', '"', '{', ' ', '9'),
        async (at, letter) => {
          const spoilt = text.slice(0, at) + letter + text.slice(at + 1);
          try {
            // A change outside of what matters (the id, the address, white space) changes nothing.
            expect(hex(await decryptKey(spoilt, 'p'))).toBe(hex(secret));
          } catch (error) {
            expect(error).toBeInstanceOf(KeyFileError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
