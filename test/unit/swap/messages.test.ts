/** The wire: layouts, total decoding, and signatures against published ones. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import {
  CHEQUE_BYTES,
  CONFIRM_BYTES,
  decodeSwapMessage,
  encodeCheque,
  encodeConfirm,
  encodeInvoice,
  encodeStatement,
  INVOICE_BYTES,
  STATEMENT_BYTES,
} from '../../../protocols/swap/messages.ts';
import { accountOf, accountSigner, modelledSigner } from '../../../protocols/swap/signer.ts';
import { CHEQUE_TYPE, INVOICE_TYPE } from '../../../protocols/ledger/eip712.ts';
import { TypedData, type Statement } from '../../../protocols/swap/typed-data.ts';
import { readVector } from '../../support/vectors.ts';

const suite = createSuite('native');
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'));

const account = fc.uint8Array({ minLength: 20, maxLength: 20 }).map(accountOf);
const signature = fc.uint8Array({ minLength: 65, maxLength: 65 });
const wei = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n });
const uint64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
const uint48 = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const total = fc.maxSafeNat();
const statement: fc.Arbitrary<Statement> = fc.record({
  flags: fc.nat(7),
  sequence: uint48,
  answers: uint48,
  provided: total,
  forgiven: total,
  consumed: total,
  paid: total,
  voided: total,
  receivedPaid: total,
  receivedVoid: total,
});

describe('messages', () => {
  it('are read as they were written, from any place', () => {
    const message = fc.oneof(
      fc
        .record({ chequebook: account, cumulativePayout: wei, dueAt: uint64, signature })
        .map((m) => ({ encoded: encodeInvoice(m), expected: { kind: 'invoice', ...m } })),
      fc
        .tuple(uint64, account, account, wei, signature)
        .map(([chainId, chequebook, beneficiary, cumulativePayout, signature]) => {
          const cheque = { chequebook, beneficiary, cumulativePayout };
          const expected = { kind: 'cheque', chainId, cheque, signature };
          return { encoded: encodeCheque(chainId, cheque, signature), expected };
        }),
      fc.tuple(fc.nat(255), wei, signature).map(([status, cumulativePayout, signature]) => {
        const told = { status, cumulativePayout };
        return {
          encoded: encodeConfirm(told, signature),
          expected: { kind: 'confirm', told, signature },
        };
      }),
      fc.tuple(statement, signature).map(([statement, signature]) => ({
        encoded: encodeStatement(statement, signature),
        expected: { kind: 'statement', statement, signature },
      })),
    );
    fc.assert(
      fc.property(message, fc.nat(50), fc.nat(50), ({ encoded, expected }, before, after) => {
        const array = new Uint8Array(before + encoded.length + after).fill(0xee);
        array.set(encoded, before);
        expect(decodeSwapMessage(array, before, encoded.length)).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('have the lengths that the table says', () => {
    const s = new Uint8Array(65);
    const a = accountOf(new Uint8Array(20));
    const cheque = { chequebook: a, beneficiary: a, cumulativePayout: 0n };
    expect(
      encodeInvoice({ chequebook: a, cumulativePayout: 0n, dueAt: 0n, signature: s }),
    ).toHaveLength(126);
    expect(encodeCheque(1n, cheque, s)).toHaveLength(146);
    expect(encodeConfirm({ cumulativePayout: 0n, status: 0 }, s)).toHaveLength(99);
    expect([INVOICE_BYTES, CHEQUE_BYTES, CONFIRM_BYTES, STATEMENT_BYTES]).toEqual([
      126, 146, 99, 135,
    ]);
  });

  it('make a message or a reason of any bytes, and read nothing beside them', () => {
    const typed = fc.tuple(
      fc.constantFrom(0x40, 0x41, 0x42, 0x43, 0x44, 0x00),
      fc.constantFrom(0, 1, 98, 99, 100, 125, 126, 127, 134, 135, 136, 145, 146, 147),
      fc.infiniteStream(fc.nat(255)),
    );
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      typed.map(([type, length, stream]) => {
        const array = Uint8Array.from({ length }, () => stream.next().value as number);
        if (length > 0) array[0] = type;
        return array;
      }),
    );
    fc.assert(
      fc.property(
        any,
        fc.integer({ min: -2, max: 210 }),
        fc.integer({ min: -2, max: 210 }),
        (array, offset, length) => {
          const inside = decodeSwapMessage(array, offset, length);
          if (offset < 0 || length < 1 || offset + length > array.length) {
            expect(inside).toEqual({ kind: 'malformed', reason: 'too short' });
            return;
          }
          const alone = decodeSwapMessage(array.slice(offset, offset + length), 0, length);
          expect(inside).toEqual(alone);
        },
      ),
      { numRuns: 2_000 },
    );
    expect(decodeSwapMessage(new Uint8Array(5), NaN, NaN)).toEqual({
      kind: 'malformed',
      reason: 'too short',
    });
  });

  it('say what is wrong', () => {
    const s = encodeStatement(fc.sample(statement, 1)[0]!, new Uint8Array(65));
    expect(decodeSwapMessage(s, 0, 134)).toEqual({ kind: 'malformed', reason: 'too short' });
    const long = new Uint8Array(136);
    long.set(s);
    expect(decodeSwapMessage(long, 0, 136)).toEqual({ kind: 'malformed', reason: 'too long' });
    const flags = s.slice();
    flags[1] = 8;
    expect(decodeSwapMessage(flags, 0, 135)).toEqual({ kind: 'malformed', reason: 'no such flag' });
    for (let i = 0; i < 7; i++) {
      const large = s.slice();
      large[14 + 8 * i + 1] = 0x20;
      expect(decodeSwapMessage(large, 0, 135)).toEqual({
        kind: 'malformed',
        reason: 'total above 2^53 - 1',
      });
    }
    expect(decodeSwapMessage(new Uint8Array(10), 0, 10)).toEqual({
      kind: 'malformed',
      reason: 'no such type',
    });
  });
});

describe('what is signed', () => {
  const typed = new TypedData(suite, 1n);
  const digests = (s: Statement): string =>
    hex(typed.statement(accountOf(new Uint8Array(20)), accountOf(new Uint8Array(20).fill(1)), s));

  it('is all of a statement', () => {
    fc.assert(
      fc.property(
        statement,
        fc.constantFrom(...(Object.keys(fc.sample(statement, 1)[0]!) as (keyof Statement)[])),
        (s, field) => {
          expect(digests({ ...s, [field]: s[field] + 1 })).not.toBe(digests(s));
        },
      ),
    );
  });

  it('names chain, contract, parties, sum and time', () => {
    const a = (n: number): string => accountOf(new Uint8Array(20).fill(n));
    const invoice = {
      creditor: a(1),
      debtor: a(2),
      chequebook: a(3),
      cumulativePayout: 4n,
      dueAt: 5n,
    };
    const others = [
      typed.invoice({ ...invoice, creditor: a(9) }),
      typed.invoice({ ...invoice, debtor: a(9) }),
      typed.invoice({ ...invoice, chequebook: a(9) }),
      typed.invoice({ ...invoice, cumulativePayout: 9n }),
      typed.invoice({ ...invoice, dueAt: 9n }),
      new TypedData(suite, 2n).invoice(invoice),
      typed.confirmation(a(3), a(1), { cumulativePayout: 4n, status: 0 }),
      typed.confirmation(a(3), a(1), { cumulativePayout: 4n, status: 1 }),
      typed.invoice(invoice),
    ];
    expect(new Set(others.map(hex)).size).toBe(others.length);
    expect(CHEQUE_TYPE).toBe(
      'Cheque(address chequebook,address beneficiary,uint256 cumulativePayout)',
    );
    expect(INVOICE_TYPE).toMatch(/^Invoice\(address creditor,address debtor,address chequebook,/);
  });

  it.each(['modelled', 'secp256k1'] as const)('is told apart by who signed (%s)', (kind) => {
    const secret = new Uint8Array(32).fill(7);
    const signer =
      kind === 'modelled'
        ? modelledSigner(suite, accountOf(new Uint8Array(20).fill(7)))
        : accountSigner(suite, secret);
    const digest = new Uint8Array(32).fill(3);
    const made = signer.sign(digest);
    expect(made).toHaveLength(65);
    expect(hex(signer.sign(digest))).toBe(hex(made));
    expect(signer.signerOf(digest, made)).toBe(signer.account);
    expect(signer.signerOf(new Uint8Array(32).fill(4), made)).not.toBe(signer.account);
    expect(signer.signerOf(digest, made.subarray(0, 64))).toBeUndefined();
    for (let bit = 0; bit < 65 * 8; bit += 7) {
      const changed = made.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(signer.signerOf(digest, changed)).not.toBe(signer.account);
    }
  });

  it('is refused with a high s, which is the same signature to a careless reader', () => {
    const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
    const signer = accountSigner(suite, new Uint8Array(32).fill(7));
    const digest = new Uint8Array(32).fill(3);
    const made = signer.sign(digest);
    const s = BigInt(`0x${hex(made.subarray(32, 64))}`);
    const twin = made.slice();
    twin.set(bytes((order - s).toString(16).padStart(64, '0')), 32);
    twin[64] = 55 - made[64]!;
    expect(signer.signerOf(digest, twin)).toBeUndefined();
    const modelled = modelledSigner(suite, signer.account);
    const high = modelled.sign(digest);
    high[32]! ^= 0x80;
    expect(modelled.signerOf(digest, high)).toBeUndefined();
  });
});

const known = readVector('swap_cheques.json');
describe.skipIf(known === undefined)('published cheques', () => {
  interface TypedCase {
    privateKey: string;
    chainId: number;
    chequebook: string;
    beneficiary: string;
    cumulativePayout: string;
    digest: string;
    signature: string;
    signer?: string;
  }
  const typed: TypedCase[] =
    known === undefined ? [] : [...known.beeEip712, ...known.generatedEip712];

  it('of Bee: EIP-712 digest, signature, signer', () => {
    for (const c of typed) {
      const data = new TypedData(suite, BigInt(c.chainId));
      const signer = accountSigner(suite, bytes(c.privateKey));
      const cheque = {
        chequebook: `0x${c.chequebook}`,
        beneficiary: `0x${c.beneficiary}`,
        cumulativePayout: BigInt(c.cumulativePayout),
      };
      expect(hex(data.cheque(cheque))).toBe(c.digest);
      expect(hex(signer.sign(data.cheque(cheque)))).toBe(c.signature);
      expect(signer.signerOf(data.cheque(cheque), bytes(c.signature))).toBe(signer.account);
      if (c.signer !== undefined) expect(signer.account).toBe(`0x${c.signer}`);
    }
    expect(typed.length).toBeGreaterThan(1);
  });
});
