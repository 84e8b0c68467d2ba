/**
 * Signed data of the money protocols: EIP-712 digests, and the recovery of who signed.
 *
 * Domain "Chequebook", version "1.0", chain id, no verifying contract: the contract is named within each message (Swarm's and Bee's
 * choice; the known answers in swap_cheques.json hold us to it). An invoice is our own type in the same domain.
 */
import { utf8ToBytes } from '@noble/hashes/utils.js';
import type { LedgerCrypto } from './frame.ts';
import { accountFromPublicKey } from '../identity/address.ts';
import { addressOf, concat, uintBytes, WORD_BYTES, type Address, type Keccak } from './values.ts';

const DOMAIN_TYPE = 'EIP712Domain(string name,string version,uint256 chainId)';
export const CHEQUE_TYPE =
  'Cheque(address chequebook,address beneficiary,uint256 cumulativePayout)';
export const CASHOUT_TYPE =
  'Cashout(address chequebook,address sender,uint256 requestPayout,address recipient,uint256 callerPayout)';
export const TIMEOUT_TYPE =
  'CustomDecreaseTimeout(address chequebook,address beneficiary,uint256 decreaseTimeout)';
export const INVOICE_TYPE =
  'Invoice(address creditor,address debtor,address chequebook,uint256 cumulativePayout,uint256 dueAt)';

/** A promise: `beneficiary` may draw `cumulativePayout` in all, over all cheques, from `chequebook`. Signed by the chequebook's issuer. */
export interface Cheque {
  chequebook: Address;
  beneficiary: Address;
  /** Smallest units of the token, [0, 2^256). */
  cumulativePayout: bigint;
}

/** A beneficiary's word that `sender` may cash for it and keep `callerPayout`. */
export interface Cashout {
  chequebook: Address;
  sender: Address;
  requestPayout: bigint;
  recipient: Address;
  callerPayout: bigint;
}

/** A beneficiary's agreement to another delay (seconds) before its hard deposit may be lowered. */
export interface CustomDecreaseTimeout {
  chequebook: Address;
  beneficiary: Address;
  decreaseTimeout: bigint;
}

/** A demand: the debtor's cheques from `chequebook` to `creditor` should reach `cumulativePayout` by `dueAt`. Signed by the creditor. */
export interface Invoice {
  creditor: Address;
  debtor: Address;
  chequebook: Address;
  cumulativePayout: bigint;
  /** Ledger time, seconds. */
  dueAt: bigint;
}

/** Hash of a type's text, the first word of what is hashed for its values. */
export function typeHash(suite: Keccak, type: string): Uint8Array {
  return suite.keccak256(utf8ToBytes(type));
}

/** Hash of one typed value: `keccak256(typeHash ‖ fields)`, each field a word (dynamic ones come hashed). */
export function structHash(
  suite: Keccak,
  type: Uint8Array,
  fields: readonly Uint8Array[],
): Uint8Array {
  for (const field of fields)
    if (field.length !== WORD_BYTES) throw new Error(`a field of ${field.length} bytes`);
  return suite.keccak256(concat(type, ...fields));
}

/** Digest to sign: `keccak256(0x1901 ‖ domain separator ‖ struct hash)` (EIP-712). */
export function typedDigest(suite: Keccak, domain: Uint8Array, struct: Uint8Array): Uint8Array {
  return suite.keccak256(concat(Uint8Array.of(0x19, 0x01), domain, struct));
}

/** The fields of a cheque, as words, in the order of its type. */
export function chequeFields(cheque: Cheque): Uint8Array[] {
  const { chequebook, beneficiary, cumulativePayout } = cheque;
  return [addressWord(chequebook), addressWord(beneficiary), uintBytes(cumulativePayout)];
}

/** The fields of an invoice, as words, in the order of its type. */
export function invoiceFields(invoice: Invoice): Uint8Array[] {
  const { creditor, debtor, chequebook, cumulativePayout, dueAt } = invoice;
  const parties = [creditor, debtor, chequebook].map(addressWord);
  return [...parties, uintBytes(cumulativePayout), uintBytes(dueAt)];
}

/** Domain separator of the money protocols on a chain. */
export function chequebookDomain(suite: Keccak, chainId: bigint): Uint8Array {
  return structHash(suite, typeHash(suite, DOMAIN_TYPE), [
    suite.keccak256(utf8ToBytes('Chequebook')),
    suite.keccak256(utf8ToBytes('1.0')),
    uintBytes(chainId),
  ]);
}

export function chequeDigest(suite: Keccak, chainId: bigint, cheque: Cheque): Uint8Array {
  return digest(suite, chainId, CHEQUE_TYPE, chequeFields(cheque));
}

export function cashoutDigest(suite: Keccak, chainId: bigint, cashout: Cashout): Uint8Array {
  return digest(suite, chainId, CASHOUT_TYPE, [
    addressWord(cashout.chequebook),
    addressWord(cashout.sender),
    uintBytes(cashout.requestPayout),
    addressWord(cashout.recipient),
    uintBytes(cashout.callerPayout),
  ]);
}

export function timeoutDigest(
  suite: Keccak,
  chainId: bigint,
  change: CustomDecreaseTimeout,
): Uint8Array {
  return digest(suite, chainId, TIMEOUT_TYPE, [
    addressWord(change.chequebook),
    addressWord(change.beneficiary),
    uintBytes(change.decreaseTimeout),
  ]);
}

/** Digest of an invoice; also its name on the ledger. */
export function invoiceDigest(suite: Keccak, chainId: bigint, invoice: Invoice): Uint8Array {
  return digest(suite, chainId, INVOICE_TYPE, invoiceFields(invoice));
}

/** Digest of a plain message as wallets sign it (EIP-191, version 0x45; the length in decimal counts bytes). */
export function personalDigest(suite: Keccak, message: Uint8Array): Uint8Array {
  const prefix = utf8ToBytes(`\x19Ethereum Signed Message:\n${message.length}`);
  return suite.keccak256(concat(prefix, message));
}

/** Wire form of a cheque without its signature: chequebook (20) ‖ beneficiary (20) ‖ cumulative payout (32, big-endian). */
export function encodeCheque(cheque: Cheque): Uint8Array {
  return concat(
    addressWord(cheque.chequebook).subarray(12),
    addressWord(cheque.beneficiary).subarray(12),
    uintBytes(cheque.cumulativePayout),
  );
}

/** Account that signed `digest`, or undefined: 65 bytes r ‖ s ‖ v, v in {27, 28}, low s only (EIP-2). */
export function signerOf(
  suite: LedgerCrypto,
  digest: Uint8Array,
  signature: Uint8Array,
): Address | undefined {
  if (suite.signerOf !== undefined) return suite.signerOf(digest, signature);
  const publicKey = suite.accountRecover(digest, signature);
  return publicKey && addressOf(accountFromPublicKey(suite, publicKey));
}

function digest(
  suite: Keccak,
  chainId: bigint,
  type: string,
  fields: readonly Uint8Array[],
): Uint8Array {
  const struct = structHash(suite, typeHash(suite, type), fields);
  return typedDigest(suite, chequebookDomain(suite, chainId), struct);
}

/** An address as a word. */
export function addressWord(address: Address): Uint8Array {
  return uintBytes(BigInt(address));
}
