/** Cheque bytes, digests and signatures against recorded ones. */
import fc from 'fast-check';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import {
  chequebookDomain,
  chequeDigest,
  CHEQUE_TYPE,
  encodeCheque,
  personalDigest,
  signerOf,
  structHash,
  typedDigest,
  typeHash,
  type Cheque,
} from '../../../protocols/ledger/eip712.ts';
import { Revert } from '../../../protocols/ledger/frame.ts';
import { recoverSigner } from '../../../protocols/ledger/recover.ts';
import {
  bytesOf,
  hexOf,
  UINT256_MAX,
  uintBytes,
  type Address,
} from '../../../protocols/ledger/values.ts';
import { readVector } from '../../support/vectors.ts';

const recorded = readVector('swap_cheques.json');
const suite = createSuite('native');
const bare = (bytes: Uint8Array): string => hexOf(bytes).slice(2);
const secret = (hex: string): Uint8Array => bytesOf(`0x${hex}`);

interface RecordedCheque {
  chequebook?: string;
  contract?: string;
  beneficiary: string;
  cumulativePayout: string;
}

function chequeOf(of: RecordedCheque): Cheque {
  return {
    chequebook: `0x${of.chequebook ?? of.contract}`,
    beneficiary: `0x${of.beneficiary}`,
    cumulativePayout: BigInt(of.cumulativePayout),
  };
}

describe.skipIf(recorded === undefined)('recorded cheques', () => {
  it('have the bytes and EIP-191 signatures of Swarm', () => {
    const { swarmFixture, swarmGenerated } = recorded;
    const cases = [
      {
        ...swarmFixture,
        issuer: swarmFixture.owner,
        issuerPrivateKey: swarmFixture.ownerPrivateKey,
      },
      ...swarmGenerated,
    ];
    for (const known of cases) {
      const encoded = encodeCheque(chequeOf(known));
      expect(bare(encoded)).toBe(known.encoded);
      const digest = personalDigest(suite, suite.keccak256(encoded));
      expect(bare(digest)).toBe(known.sigHash);
      expect(bare(suite.accountSign(digest, secret(known.issuerPrivateKey)))).toBe(known.signature);
      expect(signerOf(suite, digest, secret(known.signature))).toBe(`0x${known.issuer}`);
    }
    expect(cases.length).toBeGreaterThan(1);
  });

  it('have the EIP-712 digests and signatures of Bee', () => {
    for (const known of [...recorded.beeEip712, ...recorded.generatedEip712]) {
      const cheque = chequeOf(known);
      const digest = chequeDigest(suite, BigInt(known.chainId), cheque);
      expect(bare(digest)).toBe(known.digest);
      expect(bare(suite.accountSign(digest, secret(known.privateKey)))).toBe(known.signature);
      if (known.domainSeparator === undefined) continue;
      expect(bare(chequebookDomain(suite, BigInt(known.chainId)))).toBe(known.domainSeparator);
      const fields = [cheque.chequebook, cheque.beneficiary, cheque.cumulativePayout];
      const words = fields.map((field) => uintBytes(BigInt(field)));
      expect(bare(structHash(suite, typeHash(suite, CHEQUE_TYPE), words))).toBe(known.structHash);
      expect(signerOf(suite, digest, secret(known.signature))).toBe(`0x${known.signer}`);
    }
  });

  it('agree on other typed data and on plain messages', () => {
    const { typedData, signer } = recorded;
    const hashed = (text: string): Uint8Array => suite.keccak256(utf8ToBytes(text));
    const domain = structHash(suite, typeHash(suite, 'EIP712Domain(string name,string version)'), [
      hashed(typedData.domain.name),
      hashed(typedData.domain.version),
    ]);
    const struct = structHash(suite, typeHash(suite, 'MyType(string test)'), [
      hashed(typedData.message.test),
    ]);
    const digest = typedDigest(suite, domain, struct);
    expect(bare(digest)).toBe(typedData.digest);
    expect(bare(suite.accountSign(digest, secret(typedData.privateKey)))).toBe(typedData.signature);
    const message = personalDigest(suite, secret(signer.message));
    expect(bare(message)).toBe(signer.digest);
    expect(bare(suite.accountSign(message, secret(signer.privateKey)))).toBe(signer.signature);
  });
});

describe('signatures', () => {
  const key = new Uint8Array(32).fill(9);
  const account = 'a'.repeat(40);
  const cheque: Cheque = {
    chequebook: `0x${account}`,
    beneficiary: `0x${account}`,
    cumulativePayout: 7n,
  };
  const digest = chequeDigest(suite, 5n, cheque);
  const signature = suite.accountSign(digest, key);
  const owner = signerOf(suite, digest, signature)!;
  const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

  const attempt = (bytes: Uint8Array): Address | string => {
    try {
      return recoverSigner(suite, digest, bytes);
    } catch (error) {
      if (error instanceof Revert) return error.message;
      throw error;
    }
  };

  it('name their maker', () => {
    expect(attempt(signature)).toBe(owner);
  });

  it('have no second form', () => {
    const s = BigInt(hexOf(signature.slice(32, 64)));
    const twin = signature.slice();
    twin.set(uintBytes(ORDER - s), 32);
    twin[64] = 27 + 28 - signature[64]!;
    expect(attempt(twin)).toBe("ECDSA: invalid signature 's' value");
    for (const v of [0, 1, 26, 29, 255]) {
      const other = signature.slice();
      other[64] = v;
      expect(attempt(other)).toBe("ECDSA: invalid signature 'v' value");
    }
    expect(attempt(signature.slice(0, 64))).toBe('ECDSA: invalid signature length');
    expect(attempt(new Uint8Array(66))).toBe('ECDSA: invalid signature length');
    const zero = new Uint8Array(65);
    zero[64] = 27;
    expect(attempt(zero)).toBe('ECDSA: invalid signature');
  });

  it('cover every field and the chain, and recovery is total over all bytes', () => {
    const digests = [
      digest,
      chequeDigest(suite, 6n, cheque),
      chequeDigest(suite, 5n, { ...cheque, cumulativePayout: 8n }),
      chequeDigest(suite, 5n, { ...cheque, cumulativePayout: UINT256_MAX }),
      chequeDigest(suite, 5n, { ...cheque, beneficiary: `0x${'b'.repeat(40)}` }),
      chequeDigest(suite, 5n, { ...cheque, chequebook: `0x${'b'.repeat(40)}` }),
    ].map(bare);
    expect(new Set(digests).size).toBe(digests.length);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(attempt(bytes)).not.toBe(owner);
      }),
    );
  });
});
