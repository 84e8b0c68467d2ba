/**
 * What is signed, as EIP-712 has it.
 *
 * Domain "Chequebook", version "1.0", chain id, no verifying contract: the contract stands in each message (Swarm's and Bee's choice, which their
 * chequebooks check). The chain id in the domain keeps a cheque of one chain worthless on another. Invoice, confirmation and statement are our own
 * types in the same domain; the invoice is what a protest shows to the ledger.
 *
 * Swarm's older form of a cheque (EIP-191 over contract ‖ beneficiary ‖ payout) names no chain. It is here so that its bytes can be checked
 * against ours; nothing accepts it.
 */
import { hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import type { CryptoSuite } from '../crypto/port.ts';

type Keccak = Pick<CryptoSuite, 'keccak256'>;

/** A chain account or contract: `0x` and 40 lower-case hex digits. */
export type Account = string;

export const CHEQUE_TYPE =
  'Cheque(address chequebook,address beneficiary,uint256 cumulativePayout)';
export const INVOICE_TYPE =
  'Invoice(address creditor,address debtor,address chequebook,uint256 cumulativePayout,uint256 dueAt)';
const CONFIRMATION_TYPE =
  'Confirmation(address chequebook,address beneficiary,uint256 cumulativePayout,uint256 status)';
const STATEMENT_TYPE =
  'Statement(address from,address to,uint256 flags,uint256 sequence,uint256 answers,uint256 provided,uint256 forgiven,' +
  'uint256 consumed,uint256 paid,uint256 voided,uint256 receivedPaid,uint256 receivedVoid)';
const DOMAIN_TYPE = 'EIP712Domain(string name,string version,uint256 chainId)';

const WORD_BYTES = 32;

/** `beneficiary` may draw `cumulativePayout` wei in all, over all cheques, from `chequebook`. */
export interface Cheque {
  chequebook: Account;
  beneficiary: Account;
  cumulativePayout: bigint;
}

/** The debtor's cheques from `chequebook` to `creditor` should reach `cumulativePayout` by `dueAt` (ledger time, seconds). */
export interface Invoice {
  creditor: Account;
  debtor: Account;
  chequebook: Account;
  cumulativePayout: bigint;
  dueAt: bigint;
}

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

/** Hash of one typed value: `keccak256(typeHash ‖ fields)`, each field a word. */
function structHash(suite: Keccak, typeHash: Uint8Array, fields: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(WORD_BYTES * (1 + fields.length));
  bytes.set(typeHash);
  fields.forEach((field, i) => {
    writeUint256(bytes, WORD_BYTES * (1 + i), field);
  });
  return suite.keccak256(bytes);
}

/** Digests for one chain. Hashes of types and domain are computed once. */
export class TypedData {
  readonly chainId: bigint;
  readonly domain: Uint8Array;
  readonly #suite: Keccak;
  readonly #types: { [kind in 'cheque' | 'invoice' | 'confirmation' | 'statement']: Uint8Array };

  constructor(suite: Keccak, chainId: bigint) {
    this.#suite = suite;
    this.chainId = chainId;
    const hash = (text: string): Uint8Array => suite.keccak256(utf8ToBytes(text));
    this.#types = {
      cheque: hash(CHEQUE_TYPE),
      invoice: hash(INVOICE_TYPE),
      confirmation: hash(CONFIRMATION_TYPE),
      statement: hash(STATEMENT_TYPE),
    };
    const words = new Uint8Array(4 * WORD_BYTES);
    words.set(hash(DOMAIN_TYPE));
    words.set(hash('Chequebook'), WORD_BYTES);
    words.set(hash('1.0'), 2 * WORD_BYTES);
    writeUint256(words, 3 * WORD_BYTES, chainId);
    this.domain = suite.keccak256(words);
  }

  cheque(cheque: Cheque): Uint8Array {
    return this.#digest(this.chequeStruct(cheque));
  }

  /** EIP-712 `hashStruct` of a cheque. */
  chequeStruct({ chequebook, beneficiary, cumulativePayout }: Cheque): Uint8Array {
    const fields = [BigInt(chequebook), BigInt(beneficiary), cumulativePayout];
    return structHash(this.#suite, this.#types.cheque, fields);
  }

  invoice({ creditor, debtor, chequebook, cumulativePayout, dueAt }: Invoice): Uint8Array {
    const parties = [BigInt(creditor), BigInt(debtor), BigInt(chequebook)];
    const fields = [...parties, cumulativePayout, dueAt];
    return this.#digest(structHash(this.#suite, this.#types.invoice, fields));
  }

  confirmation(chequebook: Account, beneficiary: Account, told: Confirmation): Uint8Array {
    const fields = [chequebook, beneficiary, told.cumulativePayout, told.status].map(BigInt);
    return this.#digest(structHash(this.#suite, this.#types.confirmation, fields));
  }

  statement(from: Account, to: Account, s: Statement): Uint8Array {
    const head = [from, to, s.flags, s.sequence, s.answers].map(BigInt);
    const given = [s.provided, s.forgiven, s.consumed].map(BigInt);
    const payments = [s.paid, s.voided, s.receivedPaid, s.receivedVoid].map(BigInt);
    const fields = [...head, ...given, ...payments];
    return this.#digest(structHash(this.#suite, this.#types.statement, fields));
  }

  #digest(struct: Uint8Array): Uint8Array {
    const bytes = new Uint8Array(2 + 2 * WORD_BYTES);
    bytes[0] = 0x19;
    bytes[1] = 0x01;
    bytes.set(this.domain, 2);
    bytes.set(struct, 2 + WORD_BYTES);
    return this.#suite.keccak256(bytes);
  }
}

/** Swarm's bytes of a cheque: contract (20) ‖ beneficiary (20) ‖ cumulative payout (32, big-endian). */
export function encodeSwarmCheque(cheque: Cheque): Uint8Array {
  const bytes = new Uint8Array(72);
  writeAccount(bytes, 0, cheque.chequebook);
  writeAccount(bytes, 20, cheque.beneficiary);
  writeUint256(bytes, 40, cheque.cumulativePayout);
  return bytes;
}

/** Digest of a plain message as wallets sign it (EIP-191, version 0x45). */
export function personalDigest(suite: Keccak, message: Uint8Array): Uint8Array {
  const prefix = utf8ToBytes(`\x19Ethereum Signed Message:\n${message.length}`);
  const bytes = new Uint8Array(prefix.length + message.length);
  bytes.set(prefix);
  bytes.set(message, prefix.length);
  return suite.keccak256(bytes);
}

/** Writes `value`, in [0, 2^256), at `bytes[at..at+32)`, big-endian. */
export function writeUint256(bytes: Uint8Array, at: number, value: bigint): void {
  bytes.set(hexToBytes(value.toString(16).padStart(2 * WORD_BYTES, '0')), at);
}

/** Writes the 20 bytes of an account at `bytes[at]`. */
export function writeAccount(bytes: Uint8Array, at: number, account: Account): void {
  bytes.set(hexToBytes(account.slice(2)), at);
}
