/**
 * Where all tokens are: minted = held + locked + burned. `quickAudit` costs nothing and is made after every transaction; `audit` counts every
 * balance and is made at the end of every block.
 */
import type { ContractState, LedgerState, TokenState } from './state.ts';
import type { Address } from './values.ts';

export interface Audit {
  readonly minted: bigint;
  /** Balances of accounts. */
  readonly held: bigint;
  /** Balances of contracts: chequebooks, stakes, bonds. */
  readonly locked: bigint;
  readonly burned: bigint;
}

/** What does not add up, in words; undefined if all is well. Trusts the running sum of balances. */
export function quickAudit(state: LedgerState, token: Address): string | undefined {
  const { minted, burned, sum } = tokenIn(state, token);
  if (sum + burned === minted) return undefined;
  return `balances ${sum} + burned ${burned} differ from minted ${minted}`;
}

/** Counts every balance. */
export function audit(state: LedgerState, token: Address): Audit {
  const { minted, burned, balances } = tokenIn(state, token);
  let held = 0n;
  let locked = 0n;
  balances.forEach((amount, account) => {
    if (state.get(account) === undefined) held += amount;
    else locked += amount;
  });
  return { minted, held, locked, burned };
}

/** Says what is wrong with the whole state; empty if every token is somewhere and every promise of a contract is covered. */
export function fullAudit(state: LedgerState, token: Address): string[] {
  const { minted, held, locked, burned } = audit(state, token);
  const wrong: string[] = [];
  if (held + locked + burned !== minted)
    wrong.push(`held ${held} + locked ${locked} + burned ${burned} differ from minted ${minted}`);
  const { balances } = tokenIn(state, token);
  balances.forEach((amount, account) => {
    if (amount < 0n) wrong.push(`${account} holds ${amount}`);
  });
  state.forEach((contract, address) => {
    const promised = promisedBy(contract);
    const has = balances.get(address) ?? 0n;
    if (promised > has) wrong.push(`${contract.kind} ${address} holds ${has}, owes ${promised}`);
  });
  return wrong;
}

/** What a contract must be able to pay out, counted from its entries rather than from its own total. */
function promisedBy(contract: ContractState): bigint {
  let sum = 0n;
  if (contract.kind === 'chequebook')
    contract.hardDeposits.forEach(({ amount }) => (sum += amount));
  if (contract.kind === 'stakes')
    contract.stakes.forEach(({ active, pending }) => (sum += active + pending));
  return sum;
}

function tokenIn(state: LedgerState, token: Address): TokenState {
  const contract = state.get(token);
  if (contract?.kind !== 'token') throw new Error(`${token} is no token`);
  return contract;
}
