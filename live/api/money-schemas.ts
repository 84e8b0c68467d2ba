/** What the API says and takes about money. Amounts are decimal texts in wei, since JSON's numbers cannot hold them; 10^18 wei are one MFT, or one coin of the chain. */
import { z } from 'zod';
import { CHAIN_TROUBLES } from '../chain/trouble.ts';

const wei = (description: string) =>
  z
    .string()
    .regex(/^\d{1,78}$/)
    .meta({ description });
const address = (description: string) =>
  z
    .string()
    .regex(/^0x[0-9a-f]{40}$/)
    .meta({ description });
const OVERLAY = z.string().regex(/^[0-9a-f]{64}$/);
const count = (description: string) => z.int().min(0).meta({ description });

/** One of the node's transactions. */
export const TRANSACTION = z
  .strictObject({
    id: z.int().min(1),
    what: z.string().meta({ description: 'In words' }),
    state: z.enum(['waiting', 'sent', 'done', 'failed']),
    hash: z.string().meta({ description: 'Of the last form that was sent; empty before' }),
    reason: z.string().meta({ description: 'Why it failed, or what the endpoint said last' }),
  })
  .meta({ description: 'A transaction of the node' });

export const MONEY = z
  .strictObject({
    endpoint: z.string().meta({ description: 'Of the chain, without what may be secret in it' }),
    chainId: z.string(),
    head: z.int().min(0).nullable().meta({ description: 'Newest block heard of' }),
    trouble: z
      .strictObject({ code: z.enum(CHAIN_TROUBLES), why: z.string(), next: z.string() })
      .nullable(),
    deployed: z.boolean().meta({ description: 'Whether the settings name contracts' }),
    account: address('Chain account of the node'),
    wallet: z
      .strictObject({ tokens: wei('MFT'), coins: wei('Coins of the chain, for gas') })
      .nullable()
      .meta({ description: 'null until the chain has been heard' }),
    chequebook: z
      .strictObject({
        address: address('Where it is, or will be'),
        opened: z.boolean(),
        balance: wei('In it, as of the newest confirmed block'),
        promised: wei('Of that, in cheques that were not cashed'),
        withdrawing: wei('Of that, on its way out'),
        bounced: z.boolean().meta({ description: 'A cheque of it has bounced; it stays so' }),
      })
      .nullable(),
    owed: wei('What neighbours owe without having written a cheque'),
    owing: wei('What we owe them'),
    earnedToday: wei('Cheques taken today'),
    earnedMonth: wei('Cheques taken in the last thirty days'),
    neighbours: count('With whom there is an account'),
    creditMax: wei('What a neighbour in the best standing may owe before it is served no more'),
    protestCost: wei(
      'What a protest burns, and its gas; nobody is protested who owes less',
    ).nullable(),
    transactions: z.array(TRANSACTION).meta({ description: 'Open ones, and the last ended ones' }),
  })
  .meta({ description: 'What the node owns, owes and is owed' });
export type MoneyReport = z.infer<typeof MONEY>;

/** What is held of one neighbour's cheques, or it of ours. */
export const CHEQUE_LINE = z
  .strictObject({
    direction: z.enum(['in', 'out']),
    address: OVERLAY.meta({ description: 'Overlay address of the neighbour' }),
    name: z.string().meta({ description: 'As a contact; empty for a stranger' }),
    account: address('Chain account of the neighbour'),
    chequebook: address('That pays'),
    amount: wei('Not cashed yet'),
    covered: wei('Of that, what the chequebook could pay now'),
    paid: wei('Cashed so far'),
    bounced: z.boolean(),
    cashing: z.boolean().meta({ description: 'A cashing is on its way' }),
    pending: z.boolean().meta({ description: 'Not confirmed by the neighbour yet' }),
    heldSeconds: count('For how long the oldest of it has been held'),
    score: z.number().min(0).max(1).meta({ description: 'Credit score of the neighbour' }),
  })
  .meta({ description: 'Cheques of one neighbour, in or out' });
export type ChequeLine = z.infer<typeof CHEQUE_LINE>;

export const CHEQUES = z.strictObject({ cheques: z.array(CHEQUE_LINE) });

export const CASH_WISH = z.strictObject({
  from: z
    .string()
    .min(1)
    .meta({ description: 'Name, overlay address (or its beginning) or account of a neighbour' }),
  dryRun: z.boolean().default(false),
});

export const CASHING = z
  .strictObject({
    from: z.string().meta({ description: 'Overlay address' }),
    amount: wei('Asked for'),
    brings: wei('What the chequebook could pay now'),
    fee: wei('What the gas is worth in MFT'),
    bounces: z.boolean().meta({ description: 'It brings less than it asks for, for ever visible' }),
    done: z.boolean().meta({ description: 'The cashing is ordered; false for a dry run' }),
  })
  .meta({ description: 'What cashing brings' });
export type Cashing = z.infer<typeof CASHING>;

export const AMOUNT_WISH = z.strictObject({ amount: wei('Of the token, at least 1') });
export const TRANSFER_WISH = z.strictObject({
  to: address('Account'),
  amount: wei('Of the token, at least 1'),
});

export const ORDERED = z.strictObject({ transactions: z.array(TRANSACTION) });

export const DEPLOYED = z
  .strictObject({
    token: address('MFT'),
    factory: address('Of chequebooks'),
    protests: address('Where late payers are named'),
    transactions: z.array(TRANSACTION),
  })
  .meta({ description: 'Where the contracts will be' });
export type Deployed = z.infer<typeof DEPLOYED>;
