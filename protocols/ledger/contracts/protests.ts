/**
 * Protests of late cheques. Cheques travel off the chain, so one that never came leaves no trace there; the paper wants it to be visible to
 * all. A creditor publishes its signed invoice once it is overdue, and pays a fee, which is burned: accusing costs something, and nobody
 * gains by it.
 *
 * An accusation says only that the creditor claims it. The debtor can answer with a cheque over the sum (which hands it to the creditor for
 * all to see), or anyone can show that the chequebook has paid; either closes the protest. What stays open counts against the debtor;
 * how much, is for the credit score to say.
 */
import { chequeDigest, invoiceDigest } from '../eip712.ts';
import type { Frame } from '../frame.ts';
import { recoverSigner } from '../recover.ts';
import type { Protest, ProtestsState } from '../state.ts';
import { hexOf, type Address, type Word } from '../values.ts';
import { PARAMETER_PROTEST_FEE } from './parameters.ts';

type ProtestsFrame = Frame<ProtestsState>;

const OPEN = 1n;
const ANSWERED = 2n;
const SETTLED = 3n;

export const protestsMethods = {
  token: ({ state }: ProtestsFrame): [Address] => [state.token],
  factory: ({ state }: ProtestsFrame): [Address] => [state.factory],
  parameters: ({ state }: ProtestsFrame): [Address] => [state.parameters],
  openAgainst: ({ state }: ProtestsFrame, who: Address): [bigint] => [state.open.get(who) ?? 0n],
  totalAgainst: ({ state }: ProtestsFrame, who: Address): [bigint] => [state.total.get(who) ?? 0n],
  /** 0 none, 1 open, 2 answered with a cheque, 3 settled by payment. */
  statusOf: ({ state }: ProtestsFrame, id: Word): [bigint] => [
    state.protests.get(id)?.status ?? 0n,
  ],

  /** Anyone may carry the invoice; the creditor must have signed it. @returns the protest's name, the invoice's digest. */
  protest(
    frame: ProtestsFrame,
    creditor: Address,
    debtor: Address,
    chequebook: Address,
    cumulativePayout: bigint,
    dueAt: bigint,
    creditorSignature: Uint8Array,
  ): [Word] {
    const { crypto, chainId } = frame.transition;
    const invoice = { creditor, debtor, chequebook, cumulativePayout, dueAt };
    const digest = invoiceDigest(crypto, chainId, invoice);
    const id = hexOf(digest);
    frame.require(frame.now > dueAt, 'invoice not overdue');
    frame.require(frame.state.protests.get(id) === undefined, 'already protested');
    const signer = recoverSigner(crypto, digest, creditorSignature);
    frame.require(signer === creditor, 'invalid creditor signature');
    const known = frame.call(frame.state.factory, 'deployedContracts', chequebook)[0] as boolean;
    frame.require(known, 'unknown chequebook');
    const issuer = frame.call(chequebook, 'issuer')[0] as Address;
    frame.require(issuer === debtor, 'debtor is not the issuer');
    const paid = frame.amount(chequebook, 'paidOut', creditor);
    frame.require(paid < cumulativePayout, 'already paid');
    const protest = { debtor, creditor, chequebook, cumulativePayout, status: OPEN };
    const { state } = frame;
    frame.state = {
      ...state,
      protests: state.protests.set(id, protest),
      open: state.open.set(debtor, (state.open.get(debtor) ?? 0n) + 1n),
      total: state.total.set(debtor, (state.total.get(debtor) ?? 0n) + 1n),
    };
    const fee = burnFee(frame);
    frame.emit('Protested', id, debtor, creditor, chequebook, cumulativePayout, dueAt, fee);
    return [id];
  },

  /** Shows the debtor's cheque, over the invoiced sum or more. Anyone may bring it. */
  answer(
    frame: ProtestsFrame,
    id: Word,
    cumulativePayout: bigint,
    issuerSignature: Uint8Array,
  ): [] {
    const protest = openProtest(frame, id);
    const { debtor, creditor, chequebook } = protest;
    frame.require(cumulativePayout >= protest.cumulativePayout, 'cheque too small');
    const { crypto, chainId } = frame.transition;
    const cheque = { chequebook, beneficiary: creditor, cumulativePayout };
    const signer = recoverSigner(crypto, chequeDigest(crypto, chainId, cheque), issuerSignature);
    frame.require(signer === debtor, 'invalid issuer signature');
    close(frame, id, protest, ANSWERED);
    frame.emit('ProtestAnswered', id, debtor, creditor, cumulativePayout, issuerSignature);
    return [];
  },

  /** Closes a protest whose sum has been paid out meanwhile. Anyone may point at it. */
  settle(frame: ProtestsFrame, id: Word): [] {
    const protest = openProtest(frame, id);
    const { debtor, creditor, chequebook, cumulativePayout } = protest;
    const paid = frame.amount(chequebook, 'paidOut', creditor);
    frame.require(paid >= cumulativePayout, 'not yet paid');
    close(frame, id, protest, SETTLED);
    frame.emit('ProtestSettled', id, debtor, creditor);
    return [];
  },
};

/** Takes the fee from the caller, who must have allowed it, and burns it. */
function burnFee(frame: ProtestsFrame): bigint {
  const { token, parameters } = frame.state;
  const fee = frame.amount(parameters, 'get', PARAMETER_PROTEST_FEE);
  frame.call(token, 'transferFrom', frame.caller, frame.self, fee);
  frame.call(token, 'burn', fee);
  return fee;
}

function openProtest(frame: ProtestsFrame, id: Word): Protest {
  const protest = frame.state.protests.get(id);
  frame.require(protest?.status === OPEN, 'no open protest');
  return protest!;
}

function close(frame: ProtestsFrame, id: Word, protest: Protest, status: bigint): void {
  const { state } = frame;
  frame.state = {
    ...state,
    protests: state.protests.set(id, { ...protest, status }),
    open: state.open.set(protest.debtor, state.open.get(protest.debtor)! - 1n),
  };
}
