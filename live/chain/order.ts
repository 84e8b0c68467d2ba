/** A transaction that this node wants, from the wish to the end of it, as it lies on disk. */
import { z } from 'zod';

/** One signed form of it; a dearer one follows if a block after the other leaves it out. All have the same number, so only one can ever count. */
const BID = z.strictObject({
  hash: z.string(),
  /** The signed bytes, hex: sent again as they are. */
  raw: z.string(),
  /** Wei of coin per gas, decimal. */
  maxFee: z.string(),
  tip: z.string(),
  /** Head when it was sent. */
  block: z.number(),
});

export const ORDER = z.strictObject({
  id: z.int().min(1),
  /** For people: "cash a cheque of 0x…". */
  what: z.string(),
  /** For whoever ordered it: what it was about. */
  tag: z.string(),
  /** Undefined where it makes a contract. */
  to: z.string().optional(),
  data: z.string(),
  gas: z.int().min(21_000),
  /** An event without which it cannot have succeeded: of which contract, and its first topic. */
  expects: z.strictObject({ contract: z.string(), topic: z.string() }).optional(),
  /** Not sent if the contract would refuse it now: the order may be outdated. */
  dryRun: z.boolean(),
  /** Of the account; given when it is signed, and kept for ever. */
  nonce: z.int().min(0).optional(),
  bids: z.array(BID),
  state: z.enum(['waiting', 'sent', 'done', 'failed']),
  /** Why it failed, or what the endpoint said about it last. */
  reason: z.string().optional(),
  /** Block that has it, as of the last look. */
  block: z.int().min(0).optional(),
});
export type Order = z.infer<typeof ORDER>;
export type Bid = z.infer<typeof BID>;

/** What is wanted. */
export type Wish = Pick<Order, 'what' | 'tag' | 'to' | 'data' | 'gas' | 'expects' | 'dryRun'>;

export function isOpen({ state }: Order): boolean {
  return state === 'waiting' || state === 'sent';
}
