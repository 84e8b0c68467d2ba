/**
 * What calls cost in the model: gas per method, measured on the compiled twins (a test measures again). One figure a method: what
 * it costs where it writes to storage that was not used before, which is the dearer case. A refused call pays for what it looked at first.
 */
import type { ContractKind } from './abi.ts';

const GAS: { readonly [kind in ContractKind]: { readonly [method: string]: number } } = {
  token: { transfer: 52_000, approve: 47_000, transferFrom: 58_000, burn: 51_000 },
  chequebook: {
    init: 95_000,
    cashCheque: 180_000,
    cashChequeBeneficiary: 150_000,
    prepareDecreaseHardDeposit: 80_000,
    decreaseHardDeposit: 45_000,
    increaseHardDeposit: 84_000,
    setCustomHardDepositTimeout: 62_000,
    withdraw: 66_000,
  },
  factory: { deploySimpleSwap: 160_000 },
  protests: { protest: 260_000, answer: 60_000, settle: 52_000 },
  stakes: {
    authoriseCourt: 47_000,
    deposit: 112_000,
    requestWithdrawal: 82_000,
    withdraw: 65_000,
    slash: 108_000,
  },
  parameters: { set: 48_000, transferOwnership: 30_000 },
};

/** Any transaction's own cost (EIP-2), and what one costs that calls nothing we know. */
export const GAS_TRANSACTION = 21_000;
/** What "per call" means where a scenario speaks of prices: the gas of a beneficiary's cashing. */
export const CALL_GAS = GAS.chequebook['cashChequeBeneficiary']!;
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
