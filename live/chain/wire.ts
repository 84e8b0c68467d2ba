/**
 * What answers of a JSON-RPC endpoint must look like (Ethereum's execution API), as zod schemas. Quantities become bigint or safe integers, bytes become bytes,
 * and hex is lower case from here on. Fields that nobody reads are not looked at: chains differ in them.
 */
import { z } from 'zod';
import { bytesOf } from '../../protocols/ledger/values.ts';

/** An amount below 2^256. */
export const QUANTITY = z
  .string()
  .regex(/^0x[0-9a-f]{1,64}$/i)
  .transform((text) => BigInt(text));

/** A number of blocks, bytes, seconds or transactions, below 2^53. */
export const COUNT = QUANTITY.refine((value) => value <= BigInt(Number.MAX_SAFE_INTEGER)).transform(
  Number,
);

const hex = (bytes: number) =>
  z
    .string()
    .regex(new RegExp(`^0x[0-9a-f]{${2 * bytes}}$`, 'i'))
    .transform((text) => text.toLowerCase());

export const WORD = hex(32);
const ADDRESS = hex(20);

export const BYTES = z
  .string()
  .regex(/^0x([0-9a-f]{2})*$/i)
  .transform(bytesOf);

export const HEADER = z.object({
  number: COUNT,
  hash: WORD,
  parentHash: WORD,
  timestamp: QUANTITY,
  /** Chains without EIP-1559 have none. */
  baseFeePerGas: QUANTITY.default(0n),
});
export type Header = z.output<typeof HEADER>;

export const LOG = z.object({
  address: ADDRESS,
  topics: z.array(WORD).max(4),
  data: BYTES,
  blockHash: WORD,
  blockNumber: COUNT,
  transactionHash: WORD,
  logIndex: COUNT,
});
export type Log = z.output<typeof LOG>;

export const RECEIPT = z.object({
  transactionHash: WORD,
  blockHash: WORD,
  blockNumber: COUNT,
  status: z.enum(['0x0', '0x1']),
  gasUsed: QUANTITY,
  effectiveGasPrice: QUANTITY.default(0n),
  logs: z.array(LOG),
});
export type Receipt = z.output<typeof RECEIPT>;
