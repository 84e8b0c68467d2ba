/**
 * The four messages of SWAP. Integers are big-endian; a message is exactly as long as its layout says.
 *
 * | message   | type | bytes | layout after the type byte                                                                            |
 * |-----------|------|-------|-------------------------------------------------------------------------------------------------------|
 * | INVOICE   | 0x40 | 126   | chequebook 20, cumulative payout 32, due at 8, signature of the creditor 65                             |
 * | CHEQUE    | 0x41 | 146   | chain id 8, chequebook 20, beneficiary 20, cumulative payout 32, signature of the issuer 65             |
 * | CONFIRM   | 0x42 | 99    | status 1, cumulative payout 32, signature of the beneficiary 65                                       |
 * | STATEMENT | 0x43 | 135   | flags 1, sequence 6, answers 6, then 8 each: provided, forgiven, consumed, paid, voided, received paid, |
 * |           |      |       | received void; signature 65                                                                           |
 *
 * Payouts are wei, totals of a statement accounting units below 2^53. Every message is signed over all it says and over who says it to whom
 * (`typed-data.ts`), so none depends on the link for its truth. Decoding is total: any bytes give a message or a reason, nothing is read beyond the
 * range, and no more is made than the message holds.
 */
import {
  readSafeUint64,
  readUint32,
  readUint48,
  writeSafeUint64,
  writeUint32,
  writeUint48,
} from '../codec/bytes.ts';
import { rangeFits } from '../crypto/bytes.ts';
import { accountOf, SIGNATURE_BYTES } from './signer.ts';
import {
  writeAccount,
  writeUint256,
  type Account,
  type Cheque,
  type Confirmation,
  type Statement,
} from './typed-data.ts';

export const MESSAGE_INVOICE = 0x40;
export const MESSAGE_CHEQUE = 0x41;
export const MESSAGE_CONFIRM = 0x42;
export const MESSAGE_STATEMENT = 0x43;

export const INVOICE_BYTES = 126;
export const CHEQUE_BYTES = 146;
export const CONFIRM_BYTES = 99;
export const STATEMENT_BYTES = 135;

/** A statement that wants an answer; one that is the answer, given at once, to the statement that it names; the first in a new life of its sender. */
export const FLAG_ANSWER_WANTED = 1;
export const FLAG_ANSWER = 2;
export const FLAG_BACK = 4;
const FLAGS = FLAG_ANSWER_WANTED | FLAG_ANSWER | FLAG_BACK;

export interface InvoiceMessage {
  kind: 'invoice';
  chequebook: Account;
  cumulativePayout: bigint;
  dueAt: bigint;
  signature: Uint8Array;
}
export interface ChequeMessage {
  kind: 'cheque';
  chainId: bigint;
  cheque: Cheque;
  signature: Uint8Array;
}
export interface ConfirmMessage {
  kind: 'confirm';
  told: Confirmation;
  signature: Uint8Array;
}
export interface StatementMessage {
  kind: 'statement';
  statement: Statement;
  signature: Uint8Array;
}
export type SwapMessage = InvoiceMessage | ChequeMessage | ConfirmMessage | StatementMessage;

/** Why bytes are no message. */
export interface Malformed {
  kind: 'malformed';
  reason: 'too short' | 'too long' | 'no such type' | 'no such flag' | 'total above 2^53 - 1';
}

/** The seven totals of a statement, in the order of the wire. */
const TOTALS = [
  'provided',
  'forgiven',
  'consumed',
  'paid',
  'voided',
  'receivedPaid',
  'receivedVoid',
] as const;
const TOTALS_AT = 14;

function lengthOf(type: number | undefined): number {
  switch (type) {
    case MESSAGE_INVOICE:
      return INVOICE_BYTES;
    case MESSAGE_CHEQUE:
      return CHEQUE_BYTES;
    case MESSAGE_CONFIRM:
      return CONFIRM_BYTES;
    case MESSAGE_STATEMENT:
      return STATEMENT_BYTES;
    default:
      return -1;
  }
}

/** Whether a datagram that begins with `type` is SWAP's. */
export function isSwap(type: number): boolean {
  return type >= MESSAGE_INVOICE && type <= MESSAGE_STATEMENT;
}

/** Decodes `bytes[offset..offset+length)`. What is returned shares nothing with `bytes`. */
export function decodeSwapMessage(
  bytes: Uint8Array,
  offset: number,
  length: number,
): SwapMessage | Malformed {
  if (!(length >= 1) || !rangeFits(bytes, offset, length)) return malformed('too short');
  const expected = lengthOf(bytes[offset]);
  if (expected < 0) return malformed('no such type');
  if (length !== expected) return malformed(length < expected ? 'too short' : 'too long');
  const signature = bytes.slice(offset + length - SIGNATURE_BYTES, offset + length);
  switch (bytes[offset]) {
    case MESSAGE_INVOICE:
      return {
        kind: 'invoice',
        chequebook: readAccount(bytes, offset + 1),
        cumulativePayout: readUint256(bytes, offset + 21),
        dueAt: readUint64(bytes, offset + 53),
        signature,
      };
    case MESSAGE_CHEQUE:
      return {
        kind: 'cheque',
        chainId: readUint64(bytes, offset + 1),
        cheque: {
          chequebook: readAccount(bytes, offset + 9),
          beneficiary: readAccount(bytes, offset + 29),
          cumulativePayout: readUint256(bytes, offset + 49),
        },
        signature,
      };
    case MESSAGE_CONFIRM: {
      const told = {
        status: bytes[offset + 1]!,
        cumulativePayout: readUint256(bytes, offset + 2),
      };
      return { kind: 'confirm', told, signature };
    }
    default:
      return decodeStatement(bytes, offset, signature);
  }
}

function decodeStatement(
  bytes: Uint8Array,
  offset: number,
  signature: Uint8Array,
): StatementMessage | Malformed {
  const flags = bytes[offset + 1]!;
  if (flags > FLAGS) return malformed('no such flag');
  const totals: number[] = [];
  for (let i = 0; i < TOTALS.length; i++) {
    const at = offset + TOTALS_AT + 8 * i;
    const total = readSafeUint64(bytes, at);
    if (total === undefined) return malformed('total above 2^53 - 1');
    totals.push(total);
  }
  const [provided, forgiven, consumed, paid, voided, receivedPaid, receivedVoid] = totals;
  const statement: Statement = {
    flags,
    sequence: readUint48(bytes, offset + 2),
    answers: readUint48(bytes, offset + 8),
    provided: provided!,
    forgiven: forgiven!,
    consumed: consumed!,
    paid: paid!,
    voided: voided!,
    receivedPaid: receivedPaid!,
    receivedVoid: receivedVoid!,
  };
  return { kind: 'statement', statement, signature };
}

/** The bytes of an invoice. */
export function encodeInvoice(invoice: Omit<InvoiceMessage, 'kind'>): Uint8Array {
  const bytes = new Uint8Array(INVOICE_BYTES);
  bytes[0] = MESSAGE_INVOICE;
  writeAccount(bytes, 1, invoice.chequebook);
  writeUint256(bytes, 21, invoice.cumulativePayout);
  writeUint64(bytes, 53, invoice.dueAt);
  bytes.set(invoice.signature, INVOICE_BYTES - SIGNATURE_BYTES);
  return bytes;
}

/** The bytes of a cheque of the chain `chainId`, below 2^64. */
export function encodeCheque(chainId: bigint, cheque: Cheque, signature: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(CHEQUE_BYTES);
  bytes[0] = MESSAGE_CHEQUE;
  writeUint64(bytes, 1, chainId);
  writeAccount(bytes, 9, cheque.chequebook);
  writeAccount(bytes, 29, cheque.beneficiary);
  writeUint256(bytes, 49, cheque.cumulativePayout);
  bytes.set(signature, CHEQUE_BYTES - SIGNATURE_BYTES);
  return bytes;
}

/** The bytes of a confirmation, or of a refusal. */
export function encodeConfirm(told: Confirmation, signature: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(CONFIRM_BYTES);
  bytes[0] = MESSAGE_CONFIRM;
  bytes[1] = told.status;
  writeUint256(bytes, 2, told.cumulativePayout);
  bytes.set(signature, CONFIRM_BYTES - SIGNATURE_BYTES);
  return bytes;
}

/** The bytes of a statement. */
export function encodeStatement(statement: Statement, signature: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(STATEMENT_BYTES);
  bytes[0] = MESSAGE_STATEMENT;
  bytes[1] = statement.flags;
  writeUint48(bytes, 2, statement.sequence);
  writeUint48(bytes, 8, statement.answers);
  TOTALS.forEach((name, i) => {
    writeSafeUint64(bytes, TOTALS_AT + 8 * i, statement[name]);
  });
  bytes.set(signature, STATEMENT_BYTES - SIGNATURE_BYTES);
  return bytes;
}

function malformed(reason: Malformed['reason']): Malformed {
  return { kind: 'malformed', reason };
}

function readAccount(bytes: Uint8Array, at: number): Account {
  return accountOf(bytes.subarray(at, at + 20));
}

function readUint64(bytes: Uint8Array, at: number): bigint {
  return (BigInt(readUint32(bytes, at)) << 32n) | BigInt(readUint32(bytes, at + 4));
}

function readUint256(bytes: Uint8Array, at: number): bigint {
  let value = 0n;
  for (let i = 0; i < 32; i += 8) value = (value << 64n) | readUint64(bytes, at + i);
  return value;
}

function writeUint64(bytes: Uint8Array, at: number, value: bigint): void {
  writeUint32(bytes, at, Number((value >> 32n) & 0xffff_ffffn));
  writeUint32(bytes, at + 4, Number(value & 0xffff_ffffn));
}
