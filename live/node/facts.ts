/** Who a node is, besides its key: what stands in its folder as `node.json`. Everything in it is public. */
import { z } from 'zod';

/** Bytes as lower-case hex. */
export const hexBytes = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));

export const NODE_FACTS = z.strictObject({
  version: z.literal(2),
  name: z.string(),
  /** Decimal, below 2^64. */
  networkId: z.string().regex(/^\d{1,20}$/),
  address: hexBytes(32),
  publicKey: hexBytes(32),
  nonce: hexBytes(32),
  /** Of the node's record: grows with every change of key or place. */
  sequence: z.number().int().min(0),
  /** Which encryption key of the account is in use, from 1. */
  keyNumber: z.number().int().min(1),
  /** What its record says about where it is, as address:port; empty for where the node is seen. */
  announced: z.string(),
});
export type NodeFacts = z.infer<typeof NODE_FACTS>;
