/**
 * What SWAP signs: cheques and invoices as the ledger defines them (`ledger/eip712.ts`), and two types of our own in the same domain,
 * the confirmation of a cheque and the statement of totals, which no contract ever sees.
 *
 * A node signs and checks for one chain only, and does it for every cheque, so hashes of domain and types are computed once.
 */
import {
  addressWord,
  CHEQUE_TYPE,
  chequebookDomain,
  chequeFields,
  INVOICE_TYPE,
  invoiceFields,
  structHash,
  typedDigest,
  typeHash,
  type Cheque,
  type Invoice,
} from '../ledger/eip712.ts';
import { bytesOf, uintBytes, type Address, type Keccak } from '../ledger/values.ts';

export type { Cheque, Invoice } from '../ledger/eip712.ts';

/** A chain account or contract. */
export type Account = Address;

const CONFIRMATION_TYPE =
  'Confirmation(address chequebook,address beneficiary,uint256 cumulativePayout,uint256 status)';
const STATEMENT_TYPE =
  'Statement(address from,address to,uint256 flags,uint256 sequence,uint256 answers,uint256 provided,uint256 forgiven,' +
  'uint256 consumed,uint256 paid,uint256 voided,uint256 receivedPaid,uint256 receivedVoid)';

/** What the beneficiary made of a cheque: 0 accepted, else why not (`cheques.ts`). */
export interface Confirmation {
  cumulativePayout: bigint;
  status: number;
}

/** One side's totals, in accounting units, as told to the other. */
export interface Statement {
  /** Sum of: 1, an answer is wanted; 2, this is the answer to `answers`. */
  flags: number;
  /** Number of this statement, and of the last one of the other side that was taken into account. */
  sequence: number;
  answers: number;
  provided: number;
  forgiven: number;
  consumed: number;
  paid: number;
  voided: number;
  receivedPaid: number;
  receivedVoid: number;
}

/** Digests for one chain. */
export class TypedData {
  readonly chainId: bigint;
  readonly #suite: Keccak;
  readonly #domain: Uint8Array;
  readonly #types: { [kind in 'cheque' | 'invoice' | 'confirmation' | 'statement']: Uint8Array };

  constructor(suite: Keccak, chainId: bigint) {
    this.#suite = suite;
    this.chainId = chainId;
    this.#domain = chequebookDomain(suite, chainId);
    this.#types = {
      cheque: typeHash(suite, CHEQUE_TYPE),
      invoice: typeHash(suite, INVOICE_TYPE),
      confirmation: typeHash(suite, CONFIRMATION_TYPE),
      statement: typeHash(suite, STATEMENT_TYPE),
    };
  }

  cheque(cheque: Cheque): Uint8Array {
    return this.#digest(this.#types.cheque, chequeFields(cheque));
  }

  invoice(invoice: Invoice): Uint8Array {
    return this.#digest(this.#types.invoice, invoiceFields(invoice));
  }

  confirmation(chequebook: Account, beneficiary: Account, told: Confirmation): Uint8Array {
    const parties = [chequebook, beneficiary].map(addressWord);
    const fields = [...parties, uintBytes(told.cumulativePayout), uintBytes(BigInt(told.status))];
    return this.#digest(this.#types.confirmation, fields);
  }

  statement(from: Account, to: Account, s: Statement): Uint8Array {
    const given = [s.flags, s.sequence, s.answers, s.provided, s.forgiven, s.consumed];
    const numbers = [...given, s.paid, s.voided, s.receivedPaid, s.receivedVoid];
    const words = numbers.map((number) => uintBytes(BigInt(number)));
    return this.#digest(this.#types.statement, [addressWord(from), addressWord(to), ...words]);
  }

  #digest(type: Uint8Array, fields: readonly Uint8Array[]): Uint8Array {
    return typedDigest(this.#suite, this.#domain, structHash(this.#suite, type, fields));
  }
}

/** Writes `value`, in [0, 2^256), at `bytes[at..at+32)`, big-endian. */
export function writeUint256(bytes: Uint8Array, at: number, value: bigint): void {
  bytes.set(uintBytes(value), at);
}

/** Writes the 20 bytes of an account at `bytes[at]`. */
export function writeAccount(bytes: Uint8Array, at: number, account: Account): void {
  bytes.set(bytesOf(account), at);
}
