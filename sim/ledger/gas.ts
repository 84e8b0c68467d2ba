/**
 * What calls cost in the model: gas per method, measured on the compiled twins (a test measures again). One figure a method, for a call that
 * finds its storage in use; first uses cost more, and the figure is the dearer one. A refused call pays for what it looked at first.
 */
import type { ContractKind } from '../../protocols/ledger/abi.ts';

const GAS: { readonly [kind in ContractKind]: { readonly [method: string]: number } } = {
  token: { transfer: 52_000, approve: 47_000, transferFrom: 64_000, burn: 56_000 },
  chequebook: {
    init: 95_000,
    cashCheque: 180_000,
    cashChequeBeneficiary: 150_000,
    prepareDecreaseHardDeposit: 80_000,
    decreaseHardDeposit: 50_000,
    increaseHardDeposit: 90_000,
    setCustomHardDepositTimeout: 70_000,
    withdraw: 70_000,
  },
  factory: { deploySimpleSwap: 190_000 },
  protests: { protest: 260_000, answer: 80_000, settle: 70_000 },
  stakes: {
    authoriseCourt: 50_000,
    deposit: 120_000,
    requestWithdrawal: 90_000,
    withdraw: 70_000,
    slash: 120_000,
  },
  parameters: { set: 48_000, transferOwnership: 30_000 },
};

/** Any transaction's own cost (EIP-2), and what one costs that calls nothing we know. */
export const GAS_TRANSACTION = 21_000;
/** Part of a method's gas that a refused call uses, in hundredths. */
const REFUSED_PERCENT = 50;

/** Gas of a call that succeeds. */
export function gasOfMethod(kind: ContractKind | undefined, method: string): number {
  return (kind === undefined ? undefined : GAS[kind][method]) ?? GAS_TRANSACTION;
}

/** Gas of a call that is refused. */
export function gasOfRefusal(kind: ContractKind | undefined, method: string): number {
  const gas = Math.floor((gasOfMethod(kind, method) * REFUSED_PERCENT) / 100);
  return gas > GAS_TRANSACTION ? gas : GAS_TRANSACTION;
}
