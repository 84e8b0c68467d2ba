import { secp256k1 } from '@noble/curves/secp256k1.js';
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import {
  accountFromPublicKey,
  accountToText,
  overlayAddress,
} from '../../../protocols/identity/address.ts';
import { readVector } from '../../support/vectors.ts';

const suite = createSuite('noble');
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
const accountOf = (secret: string): string =>
  hex(accountFromPublicKey(suite, suite.accountPublicKey(bytes(secret))));

describe('an overlay address', () => {
  it.each([
    // ethersphere/bee pkg/crypto/crypto_test.go TestNewOverlayFromEthereumAddress.
    [
      '1815cac638d1525b47f848daf02b7953e4edd15c',
      1n,
      'a38f7a814d4b249ae9d3821e9b898019c78ac9abe248fff171782c32a3849a17',
    ],
    [
      'd26bc1715e933bd5f8fad16310042f13abc16159',
      2n,
      '9f421f9149b8e31e238cfbdc6e5e833bacf1e42f77f60874d49291292858968e',
    ],
  ])('of account %s on network %s', (account, networkId, expected) => {
    const nonce = bytes('01'.padStart(64, '0'));
    for (const name of ['noble', 'native', 'modelled'] as const)
      expect(hex(overlayAddress(createSuite(name), bytes(account), networkId, nonce))).toBe(
        expected,
      );
  });

  it('hashes account, network id as eight bytes little endian, and nonce, in this order', () => {
    const account = new Uint8Array(20).fill(0xaa);
    const nonce = new Uint8Array(32).fill(0xbb);
    const preimage = `${'aa'.repeat(20)}efcdab8967452301${'bb'.repeat(32)}`;
    expect(overlayAddress(suite, account, 0x0123456789abcdefn, nonce)).toEqual(
      suite.keccak256(bytes(preimage)),
    );
  });

  it('refuses what does not fit its fields', () => {
    const [account, nonce] = [new Uint8Array(20), new Uint8Array(32)];
    expect(() => overlayAddress(suite, nonce, 1n, nonce)).toThrow('account: expected 20 bytes');
    expect(() => overlayAddress(suite, account, 1n, account)).toThrow('nonce: expected 32 bytes');
    for (const networkId of [-1n, 1n << 64n])
      expect(() => overlayAddress(suite, account, networkId, nonce)).toThrow(`got ${networkId}`);
    expect(overlayAddress(suite, account, (1n << 64n) - 1n, nonce).length).toBe(32);
  });
});

describe('an account', () => {
  it.each([
    // ethersphere/bee pkg/crypto/crypto_test.go TestNewEthereumAddress.
    [
      '2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae',
      '2f63cbeb054ce76050827e42dd75268f6b9d87c5',
    ],
    [
      '634fb5a872396d9693e5c9f9d7233cfa93f395c093371017ff44aa9ae6564cdd',
      '8d3766440f0d7b949a5e32995d09619a7f86e632',
    ],
  ])('of secret %s', (secret, account) => {
    expect(accountOf(secret)).toBe(account);
  });

  it('is made of 64 bytes of public key', () => {
    expect(() => accountFromPublicKey(suite, new Uint8Array(65))).toThrow('got 65');
  });

  it.each([
    // The test cases of EIP-55: all capitals, all small, mixed.
    '0x52908400098527886E0F7030069857D2E4169EE7',
    '0x8617E340B3D01FA5F11F306F4090FD50E238070D',
    '0xde709f2102306220921060314715629080e2fb77',
    '0x27b1fdb04752bbc536007a920d24acb045561c26',
    '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    '0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359',
    '0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB',
    '0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb',
  ])('is written %s', (text) => {
    expect(accountToText(suite, bytes(text.slice(2)))).toBe(text);
  });

  it('is written of 20 bytes', () => {
    expect(() => accountToText(suite, new Uint8Array(32))).toThrow('account: expected 20 bytes');
  });
});

describe('recorded keys', () => {
  const recorded = readVector('overlay_keys.json');
  const all = recorded === undefined ? it.skip : it;
  const suffix = recorded === undefined ? ' (no folder of vectors)' : '';

  all(`all overlay addresses${suffix}`, () => {
    expect(recorded.beeOverlay.length).toBeGreaterThanOrEqual(2);
    for (const { ethAddress, networkId, nonce, overlay } of recorded.beeOverlay) {
      const found = overlayAddress(suite, bytes(ethAddress), BigInt(networkId), bytes(nonce));
      expect(hex(found)).toBe(overlay);
    }
  });

  all(`all accounts${suffix}`, () => {
    expect(recorded.ethAddress.length).toBeGreaterThanOrEqual(2);
    for (const { privateKey, address } of recorded.ethAddress)
      expect(accountOf(privateKey)).toBe(address);
  });

  all(`all public keys, and the two older kinds of address made of them${suffix}`, () => {
    expect(recorded.other.length).toBeGreaterThanOrEqual(3);
    for (const { privateKey, publicKey, ethAddress, ...addresses } of recorded.other) {
      const key = suite.accountPublicKey(bytes(privateKey));
      expect(`04${hex(key)}`).toBe(publicKey);
      expect(hex(accountFromPublicKey(suite, key))).toBe(ethAddress);
      expect(hex(suite.keccak256(bytes(publicKey)))).toBe(addresses.swarmBzzOverlay);
      expect(hex(suite.keccak256(key))).toBe(addresses.discv4NodeId);
    }
  });

  all(`all shared keys of secp256k1, by our Keccak${suffix}`, () => {
    expect(recorded.dhSharedKey.length).toBeGreaterThanOrEqual(1);
    for (const { privateKey, publicKey, salt, sharedKey } of recorded.dhSharedKey) {
      const point = secp256k1.getSharedSecret(bytes(privateKey), bytes(publicKey), false);
      const preimage = Uint8Array.from([...point.subarray(1, 33), ...bytes(salt)]);
      expect(hex(suite.keccak256(preimage))).toBe(sharedKey);
    }
  });
});
