/**
 * The chequebook: tokens of one issuer, drawn on by cumulative cheques (Swarm's contract, whose behaviour chequebook_contract_scenarios.json
 * pins down).
 *
 * A cheque names the total that a beneficiary may ever draw, so only the newest one matters and none can be cashed twice. A chequebook pays
 * what it has: a shortfall marks it as bounced for ever and stays payable. A hard deposit is a part that only one beneficiary can draw on;
 * lowering it takes a notice, whose length the beneficiary can agree to change.
 *
 * One difference from the original: a timeout that would put the end of the notice beyond 2^256 is refused, where the original wraps
 * around and lets the deposit go at once.
 */
import { cashoutDigest, chequeDigest, timeoutDigest } from '../eip712.ts';
import { minus, plus, type Frame } from '../frame.ts';
import { PersistentMap } from '../persistent-map.ts';
import { recoverSigner } from '../recover.ts';
import type { ChequebookState, HardDeposit } from '../state.ts';
import { ZERO_ADDRESS, type Address } from '../values.ts';

type ChequebookFrame = Frame<ChequebookState>;

const UNDERFLOW = 'SafeMath: subtraction overflow';
const OVERFLOW = 'SafeMath: addition overflow';
const NO_DEPOSIT: HardDeposit = {
  amount: 0n,
  decreaseAmount: 0n,
  timeout: 0n,
  canBeDecreasedAt: 0n,
};

export const chequebookMethods = {
  issuer: ({ state }: ChequebookFrame): [Address] => [state.issuer],
  token: ({ state }: ChequebookFrame): [Address] => [state.token],
  bounced: ({ state }: ChequebookFrame): [boolean] => [state.bounced],
  paidOut: ({ state }: ChequebookFrame, to: Address): [bigint] => [state.paidOut.get(to) ?? 0n],
  totalPaidOut: ({ state }: ChequebookFrame): [bigint] => [state.totalPaidOut],
  totalHardDeposit: ({ state }: ChequebookFrame): [bigint] => [state.totalHardDeposit],
  defaultHardDepositTimeout: ({ state }: ChequebookFrame): [bigint] => [
    state.defaultHardDepositTimeout,
  ],
  hardDeposits({ state }: ChequebookFrame, to: Address): [bigint, bigint, bigint, bigint] {
    const { amount, decreaseAmount, timeout, canBeDecreasedAt } = depositIn(state, to);
    return [amount, decreaseAmount, timeout, canBeDecreasedAt];
  },
  balance: (frame: ChequebookFrame): [bigint] => [balance(frame)],
  liquidBalance: (frame: ChequebookFrame): [bigint] => [liquidBalance(frame)],
  liquidBalanceFor: (frame: ChequebookFrame, to: Address): [bigint] => [liquidFor(frame, to)],

  init(frame: ChequebookFrame, issuer: Address, token: Address, timeout: bigint): [] {
    frame.require(issuer !== ZERO_ADDRESS, 'invalid issuer');
    frame.require(frame.state.issuer === ZERO_ADDRESS, 'already initialized');
    frame.state = { ...frame.state, issuer, token, defaultHardDepositTimeout: timeout };
    return [];
  },

  /** Cashes for a beneficiary who has agreed to it, and keeps `callerPayout` of it. */
  cashCheque(
    frame: ChequebookFrame,
    beneficiary: Address,
    recipient: Address,
    cumulativePayout: bigint,
    beneficiarySignature: Uint8Array,
    callerPayout: bigint,
    issuerSignature: Uint8Array,
  ): [] {
    const { crypto, chainId } = frame.transition;
    const digest = cashoutDigest(crypto, chainId, {
      chequebook: frame.self,
      sender: frame.caller,
      requestPayout: cumulativePayout,
      recipient,
      callerPayout,
    });
    const agreed = recoverSigner(crypto, digest, beneficiarySignature) === beneficiary;
    frame.require(agreed, 'invalid beneficiary signature');
    cash(frame, beneficiary, recipient, cumulativePayout, callerPayout, issuerSignature);
    return [];
  },

  cashChequeBeneficiary(
    frame: ChequebookFrame,
    recipient: Address,
    cumulativePayout: bigint,
    issuerSignature: Uint8Array,
  ): [] {
    cash(frame, frame.caller, recipient, cumulativePayout, 0n, issuerSignature);
    return [];
  },

  prepareDecreaseHardDeposit(
    frame: ChequebookFrame,
    beneficiary: Address,
    decreaseAmount: bigint,
  ): [] {
    frame.require(frame.caller === frame.state.issuer, 'SimpleSwap: not issuer');
    const deposit = depositIn(frame.state, beneficiary);
    frame.require(decreaseAmount <= deposit.amount, 'hard deposit not sufficient');
    const timeout =
      deposit.timeout === 0n ? frame.state.defaultHardDepositTimeout : deposit.timeout;
    const canBeDecreasedAt = plus(frame.now, timeout, OVERFLOW);
    setDeposit(frame, beneficiary, { ...deposit, decreaseAmount, canBeDecreasedAt });
    frame.emit('HardDepositDecreasePrepared', beneficiary, decreaseAmount);
    return [];
  },

  /** Anyone may finish a prepared decrease. It fails while cashing has left less than was to be taken off. */
  decreaseHardDeposit(frame: ChequebookFrame, beneficiary: Address): [] {
    const deposit = depositIn(frame.state, beneficiary);
    const due = deposit.canBeDecreasedAt !== 0n && frame.now >= deposit.canBeDecreasedAt;
    frame.require(due, 'deposit not yet timed out');
    const amount = minus(deposit.amount, deposit.decreaseAmount, UNDERFLOW);
    setDeposit(frame, beneficiary, { ...deposit, amount, canBeDecreasedAt: 0n });
    addToTotal(frame, -deposit.decreaseAmount);
    frame.emit('HardDepositAmountChanged', beneficiary, amount);
    return [];
  },

  increaseHardDeposit(frame: ChequebookFrame, beneficiary: Address, amount: bigint): [] {
    frame.require(frame.caller === frame.state.issuer, 'SimpleSwap: not issuer');
    const total = plus(frame.state.totalHardDeposit, amount, OVERFLOW);
    frame.require(total <= balance(frame), 'hard deposit exceeds balance');
    const deposit = depositIn(frame.state, beneficiary);
    // A prepared decrease no longer holds.
    const raised = { ...deposit, amount: deposit.amount + amount, canBeDecreasedAt: 0n };
    setDeposit(frame, beneficiary, raised);
    addToTotal(frame, amount);
    frame.emit('HardDepositAmountChanged', beneficiary, raised.amount);
    return [];
  },

  /** Another notice for one beneficiary, who must have agreed. A decrease that is already prepared keeps its time. */
  setCustomHardDepositTimeout(
    frame: ChequebookFrame,
    beneficiary: Address,
    timeout: bigint,
    beneficiarySignature: Uint8Array,
  ): [] {
    frame.require(frame.caller === frame.state.issuer, 'not issuer');
    const { crypto, chainId } = frame.transition;
    const digest = timeoutDigest(crypto, chainId, {
      chequebook: frame.self,
      beneficiary,
      decreaseTimeout: timeout,
    });
    const agreed = recoverSigner(crypto, digest, beneficiarySignature) === beneficiary;
    frame.require(agreed, 'invalid beneficiary signature');
    setDeposit(frame, beneficiary, { ...depositIn(frame.state, beneficiary), timeout });
    frame.emit('HardDepositTimeoutChanged', beneficiary, timeout);
    return [];
  },

  withdraw(frame: ChequebookFrame, amount: bigint): [] {
    frame.require(frame.caller === frame.state.issuer, 'not issuer');
    frame.require(amount <= liquidBalance(frame), 'liquidBalance not sufficient');
    frame.call(frame.state.token, 'transfer', frame.state.issuer, amount);
    return [];
  },
};

/** The state of a chequebook that nobody has initialised. */
export function blankChequebook(): ChequebookState {
  return {
    kind: 'chequebook',
    issuer: ZERO_ADDRESS,
    token: ZERO_ADDRESS,
    defaultHardDepositTimeout: 0n,
    paidOut: PersistentMap.empty(),
    totalPaidOut: 0n,
    hardDeposits: PersistentMap.empty(),
    totalHardDeposit: 0n,
    bounced: false,
  };
}

function cash(
  frame: ChequebookFrame,
  beneficiary: Address,
  recipient: Address,
  cumulativePayout: bigint,
  callerPayout: bigint,
  issuerSignature: Uint8Array,
): void {
  requireIssuer(frame, beneficiary, cumulativePayout, issuerSignature);
  const paidBefore = frame.state.paidOut.get(beneficiary) ?? 0n;
  const request = minus(cumulativePayout, paidBefore, UNDERFLOW);
  const liquid = liquidFor(frame, beneficiary);
  const payout = request < liquid ? request : liquid;
  frame.require(payout >= callerPayout, 'SimpleSwap: cannot pay caller');
  const deposit = depositIn(frame.state, beneficiary);
  const fromDeposit = payout < deposit.amount ? payout : deposit.amount;
  if (fromDeposit !== 0n) {
    setDeposit(frame, beneficiary, { ...deposit, amount: deposit.amount - fromDeposit });
    addToTotal(frame, -fromDeposit);
  }
  const { state } = frame;
  frame.state = {
    ...state,
    paidOut: state.paidOut.set(beneficiary, plus(paidBefore, payout, OVERFLOW)),
    totalPaidOut: plus(state.totalPaidOut, payout, OVERFLOW),
    bounced: state.bounced || payout !== request,
  };
  if (payout !== request) frame.emit('ChequeBounced');
  if (callerPayout !== 0n) frame.call(state.token, 'transfer', frame.caller, callerPayout);
  frame.call(state.token, 'transfer', recipient, payout - callerPayout);
  frame.emit(
    'ChequeCashed',
    beneficiary,
    recipient,
    frame.caller,
    payout,
    cumulativePayout,
    callerPayout,
  );
}

/** The issuer promises by signing, or by being the caller. */
function requireIssuer(
  frame: ChequebookFrame,
  beneficiary: Address,
  cumulativePayout: bigint,
  signature: Uint8Array,
): void {
  const { issuer } = frame.state;
  if (frame.caller === issuer) return;
  const { crypto, chainId } = frame.transition;
  const cheque = { chequebook: frame.self, beneficiary, cumulativePayout };
  const signer = recoverSigner(crypto, chequeDigest(crypto, chainId, cheque), signature);
  frame.require(signer === issuer, 'invalid issuer signature');
}

function balance(frame: ChequebookFrame): bigint {
  return frame.amount(frame.state.token, 'balanceOf', frame.self);
}

function liquidBalance(frame: ChequebookFrame): bigint {
  return minus(balance(frame), frame.state.totalHardDeposit, UNDERFLOW);
}

function liquidFor(frame: ChequebookFrame, beneficiary: Address): bigint {
  return plus(liquidBalance(frame), depositIn(frame.state, beneficiary).amount, OVERFLOW);
}

function depositIn(state: ChequebookState, beneficiary: Address): HardDeposit {
  return state.hardDeposits.get(beneficiary) ?? NO_DEPOSIT;
}

function setDeposit(frame: ChequebookFrame, beneficiary: Address, deposit: HardDeposit): void {
  const { state } = frame;
  frame.state = { ...state, hardDeposits: state.hardDeposits.set(beneficiary, deposit) };
}

function addToTotal(frame: ChequebookFrame, change: bigint): void {
  const { state } = frame;
  frame.state = { ...state, totalHardDeposit: state.totalHardDeposit + change };
}
