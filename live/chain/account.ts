/** The node's chain account, made of the key in its folder: signs transactions as the chain wants them (EIP-1559), by viem. */
import { privateKeyToAccount } from 'viem/accounts';
import { hexOf } from '../../protocols/ledger/values.ts';
import type { TransactionSigner } from './outbox.ts';

/** `secret` is 32 bytes. */
export function accountOfSecret(secret: Uint8Array, chainId: bigint): TransactionSigner {
  const account = privateKeyToAccount(hexOf(secret) as `0x${string}`);
  return {
    account: account.address.toLowerCase(),
    sign: ({ nonce, to, data, gas, maxFee, tip }) =>
      account.signTransaction({
        type: 'eip1559',
        chainId: Number(chainId),
        nonce,
        ...(to === undefined ? {} : { to: to as `0x${string}` }),
        data: data as `0x${string}`,
        gas: BigInt(gas),
        maxFeePerGas: maxFee,
        maxPriorityFeePerGas: tip,
      }),
  };
}
