/**
 * Coins: the chain's own currency, which pays for gas, and the nonces of its accounts. Base fees are burned, tips move; what was made at genesis is
 * always the sum of all balances and of what was burned.
 */
import { PersistentMap } from '../../protocols/ledger/persistent-map.ts';
import type { Address } from '../../protocols/ledger/values.ts';

interface CoinAccount {
  readonly balance: bigint;
  readonly nonce: number;
}

export interface Coins {
  readonly minted: bigint;
  readonly burned: bigint;
  /** Sum of all balances, moved along by every write. */
  readonly sum: bigint;
  readonly accounts: PersistentMap<CoinAccount>;
}

const NO_ACCOUNT: CoinAccount = { balance: 0n, nonce: 0 };

/** Coins at genesis. */
export function coinsAtGenesis(holders: readonly (readonly [Address, bigint])[]): Coins {
  let coins: Coins = { minted: 0n, burned: 0n, sum: 0n, accounts: PersistentMap.empty() };
  for (const [holder, amount] of holders) {
    if (amount < 0n) throw new Error(`${holder} was to begin with ${amount} coins`);
    coins = write(coins, holder, { nonce: 0, balance: coinsOf(coins, holder) + amount });
    coins = { ...coins, minted: coins.minted + amount };
  }
  return coins;
}

export function coinsOf(coins: Coins, account: Address): bigint {
  return (coins.accounts.get(account) ?? NO_ACCOUNT).balance;
}

export function nonceOf(coins: Coins, account: Address): number {
  return (coins.accounts.get(account) ?? NO_ACCOUNT).nonce;
}

/**
 * Takes `burned` and `tip` from `payer`, who must have them, gives the tip to `maker`, and counts the payer's nonce on if `ordered`.
 * @throws if the payer cannot pay: the chain must have looked first.
 */
export function payFee(
  coins: Coins,
  payer: Address,
  maker: Address,
  burned: bigint,
  tip: bigint,
  ordered: boolean,
): Coins {
  const account = coins.accounts.get(payer) ?? NO_ACCOUNT;
  const balance = account.balance - burned - tip;
  if (balance < 0n) throw new Error(`${payer} has ${account.balance} and was to pay more`);
  const paid = write(coins, payer, { balance, nonce: account.nonce + (ordered ? 1 : 0) });
  const earner = paid.accounts.get(maker) ?? NO_ACCOUNT;
  const tipped = write(paid, maker, { ...earner, balance: earner.balance + tip });
  return { ...tipped, burned: tipped.burned + burned };
}

/** What does not add up by the running sum; undefined if all is well. */
export function quickCoinAudit({ minted, burned, sum }: Coins): string | undefined {
  return sum + burned === minted
    ? undefined
    : `coins ${sum} + burned ${burned} differ from minted ${minted}`;
}

/** The same, counting every balance. */
export function fullCoinAudit(coins: Coins): string | undefined {
  let sum = 0n;
  let negative = false;
  coins.accounts.forEach(({ balance }) => {
    sum += balance;
    if (balance < 0n) negative = true;
  });
  if (negative) return 'an account owes coins';
  return quickCoinAudit({ ...coins, sum });
}

function write(coins: Coins, address: Address, account: CoinAccount): Coins {
  return {
    ...coins,
    sum: coins.sum + account.balance - coinsOf(coins, address),
    accounts: coins.accounts.set(address, account),
  };
}
