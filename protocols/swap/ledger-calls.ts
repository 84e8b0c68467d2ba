/** SWAP's errands as calls of the contracts: the same for a ledger in this process, a simulated chain and one behind an endpoint. */
import type { Call } from '../ledger/abi.ts';
import type { Address } from '../ledger/values.ts';
import type { SignedCheque, SignedInvoice } from './ledger-port.ts';

/** Cashes a cheque to its beneficiary, who must be the sender. */
export function cashCall(beneficiary: Address, { cheque, signature }: SignedCheque): Call {
  const { chequebook, cumulativePayout } = cheque;
  return {
    to: chequebook,
    method: 'cashChequeBeneficiary',
    args: [beneficiary, cumulativePayout, signature],
  };
}

export function protestCall(protests: Address, { invoice, signature }: SignedInvoice): Call {
  const { creditor, debtor, chequebook, cumulativePayout, dueAt } = invoice;
  const args = [creditor, debtor, chequebook, cumulativePayout, dueAt, signature];
  return { to: protests, method: 'protest', args };
}

/** @param protest digest of the invoice in hex, without 0x, as facts have it */
export function answerCall(
  protests: Address,
  protest: string,
  { cheque, signature }: SignedCheque,
): Call {
  return {
    to: protests,
    method: 'answer',
    args: [`0x${protest}`, cheque.cumulativePayout, signature],
  };
}
