/**
 * MFT: an ERC-20 token (EIP-20) whose supply is made once, at genesis, and can only shrink by burning.
 * Reasons of refusal are those that wallets know from the most used implementation.
 */
import { minus, plus, type Frame } from '../frame.ts';
import type { TokenState } from '../state.ts';
import { ZERO_ADDRESS, type Address } from '../values.ts';

type TokenFrame = Frame<TokenState>;

/** Decimal places of one MFT. */
export const TOKEN_DECIMALS = 18n;

export const tokenMethods = {
  name: (): [string] => ['Mainframe Token'],
  symbol: (): [string] => ['MFT'],
  decimals: (): [bigint] => [TOKEN_DECIMALS],
  totalSupply: ({ state }: TokenFrame): [bigint] => [state.minted - state.burned],
  totalBurned: ({ state }: TokenFrame): [bigint] => [state.burned],
  balanceOf: ({ state }: TokenFrame, account: Address): [bigint] => [balanceIn(state, account)],
  allowance: ({ state }: TokenFrame, owner: Address, spender: Address): [bigint] => [
    state.allowances.get(owner + spender) ?? 0n,
  ],

  transfer(frame: TokenFrame, to: Address, amount: bigint): [boolean] {
    move(frame, frame.caller, to, amount);
    return [true];
  },

  approve(frame: TokenFrame, spender: Address, amount: bigint): [boolean] {
    allow(frame, frame.caller, spender, amount);
    return [true];
  },

  transferFrom(frame: TokenFrame, from: Address, to: Address, amount: bigint): [boolean] {
    move(frame, from, to, amount);
    const allowed = frame.state.allowances.get(from + frame.caller) ?? 0n;
    const left = minus(allowed, amount, 'ERC20: transfer amount exceeds allowance');
    allow(frame, from, frame.caller, left);
    return [true];
  },

  /** Destroys tokens of the caller, for ever. */
  burn(frame: TokenFrame, amount: bigint): [] {
    const before = balanceIn(frame.state, frame.caller);
    const left = minus(before, amount, 'ERC20: burn amount exceeds balance');
    const { state } = frame;
    frame.state = {
      ...withBalance(state, frame.caller, left),
      burned: plus(state.burned, amount),
    };
    frame.emit('Transfer', frame.caller, ZERO_ADDRESS, amount);
    return [];
  },
};

/** An account's balance in a token's state. */
export function balanceIn(state: TokenState, account: Address): bigint {
  return state.balances.get(account) ?? 0n;
}

/** The one place where a balance is written; the sum of all moves along. */
export function withBalance(state: TokenState, account: Address, amount: bigint): TokenState {
  const sum = state.sum + amount - balanceIn(state, account);
  return { ...state, sum, balances: state.balances.set(account, amount) };
}

function move(frame: TokenFrame, from: Address, to: Address, amount: bigint): void {
  frame.require(from !== ZERO_ADDRESS, 'ERC20: transfer from the zero address');
  frame.require(to !== ZERO_ADDRESS, 'ERC20: transfer to the zero address');
  const before = balanceIn(frame.state, from);
  const left = minus(before, amount, 'ERC20: transfer amount exceeds balance');
  const debited = withBalance(frame.state, from, left);
  // Read after the debit: `from` and `to` may be one account.
  frame.state = withBalance(debited, to, plus(balanceIn(debited, to), amount));
  frame.emit('Transfer', from, to, amount);
}

function allow(frame: TokenFrame, owner: Address, spender: Address, amount: bigint): void {
  frame.require(owner !== ZERO_ADDRESS, 'ERC20: approve from the zero address');
  frame.require(spender !== ZERO_ADDRESS, 'ERC20: approve to the zero address');
  const { state } = frame;
  frame.state = { ...state, allowances: state.allowances.set(owner + spender, amount) };
  frame.emit('Approval', owner, spender, amount);
}
