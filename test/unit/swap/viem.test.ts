/** Cheques, invoices and transactions as another library signs and reads them: viem's EIP-712 and EIP-1559 against ours, over random values. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  encodeFunctionData,
  hashTypedData,
  keccak256,
  recoverTransactionAddress,
  recoverTypedDataAddress,
  type Abi,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import chequebookArtifact from '../../../contracts/artifacts/Chequebook.json' with { type: 'json' };
import { accountOfSecret } from '../../../live/chain/account.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { ABIS } from '../../../protocols/ledger/abi.ts';
import { encodeCall } from '../../../protocols/ledger/abi-codec.ts';
import { hexOf } from '../../../protocols/ledger/values.ts';
import { accountSigner } from '../../../protocols/swap/signer.ts';
import { TypedData } from '../../../protocols/swap/typed-data.ts';

const suite = createSuite('native');
type Hex = `0x${string}`;
const hex = (bytes: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((all) => hexOf(all) as Hex);
const secret = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((bytes) => bytes.with(0, 1 + (bytes[0]! % 0xf0)));
const uint256 = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n });
const chain = fc.integer({ min: 1, max: 2 ** 31 });

const domainOf = (chainId: number) => ({ name: 'Chequebook', version: '1.0', chainId }) as const;
const CHEQUE = {
  Cheque: [
    { name: 'chequebook', type: 'address' },
    { name: 'beneficiary', type: 'address' },
    { name: 'cumulativePayout', type: 'uint256' },
  ],
} as const;
const INVOICE = {
  Invoice: [
    { name: 'creditor', type: 'address' },
    { name: 'debtor', type: 'address' },
    { name: 'chequebook', type: 'address' },
    { name: 'cumulativePayout', type: 'uint256' },
    { name: 'dueAt', type: 'uint256' },
  ],
} as const;

describe('viem and we', () => {
  it('hash, sign and recover cheques and invoices alike', async () => {
    await fc.assert(
      fc.asyncProperty(
        secret,
        chain,
        fc.tuple(hex(20), hex(20), hex(20)),
        fc.tuple(uint256, uint256),
        async (key, chainId, [a, b, c], [cumulativePayout, dueAt]) => {
          const typed = new TypedData(suite, BigInt(chainId));
          const ours = accountSigner(suite, key);
          const theirs = privateKeyToAccount(hexOf(key) as Hex);
          const domain = domainOf(chainId);
          const cheque = {
            domain,
            types: CHEQUE,
            primaryType: 'Cheque',
            message: { chequebook: a, beneficiary: b, cumulativePayout },
          } as const;
          const digest = typed.cheque(cheque.message);
          expect(hashTypedData(cheque)).toBe(hexOf(digest));
          const signature = hexOf(ours.sign(digest)) as Hex;
          expect(await theirs.signTypedData(cheque)).toBe(signature);
          const recovered = await recoverTypedDataAddress({ ...cheque, signature });
          expect(recovered.toLowerCase()).toBe(ours.account);
          expect(
            hashTypedData({
              domain,
              types: INVOICE,
              primaryType: 'Invoice',
              message: { creditor: a, debtor: b, chequebook: c, cumulativePayout, dueAt },
            }),
          ).toBe(
            hexOf(
              typed.invoice({ creditor: a, debtor: b, chequebook: c, cumulativePayout, dueAt }),
            ),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('encode calls alike, and transactions are signed by the account of the key', async () => {
    await fc.assert(
      fc.asyncProperty(
        secret,
        hex(20),
        uint256,
        fc.uint8Array({ maxLength: 100 }),
        async (key, to, amount, bytes) => {
          const args = [to, amount, bytes] as const;
          const data = encodeCall(suite, ABIS.chequebook, 'cashChequeBeneficiary', args);
          const theirs = encodeFunctionData({
            abi: chequebookArtifact.abi as Abi,
            functionName: 'cashChequeBeneficiary',
            args: [to, amount, hexOf(bytes)],
          });
          expect(theirs).toBe(hexOf(data!));
          const signer = accountOfSecret(key, 31_337n);
          const transaction = { nonce: 3, to, data: theirs, gas: 100_000, maxFee: 10n, tip: 1n };
          const raw = (await signer.sign(transaction)) as `0x02${string}`;
          const from = await recoverTransactionAddress({ serializedTransaction: raw });
          expect(from.toLowerCase()).toBe(signer.account);
          expect(signer.account).toBe(accountSigner(suite, key).account);
          const hash = suite.keccak256(Uint8Array.from(Buffer.from(raw.slice(2), 'hex')));
          expect(keccak256(raw)).toBe(hexOf(hash));
        },
      ),
      { numRuns: 25 },
    );
  });
});
