/** Routes about money; part of the table in `routes.ts`. */
import { z } from 'zod';
import {
  AMOUNT_WISH,
  CASH_WISH,
  CASHING,
  CHEQUES,
  DEPLOYED,
  MONEY,
  ORDERED,
  TRANSFER_WISH,
} from './money-schemas.ts';
import { json, type Route } from './route.ts';

const ABOUT = 'ordered when the answer comes; what becomes of it is in /money';

export const MONEY_ROUTES: readonly Route[] = [
  json({
    method: 'GET',
    path: '/money',
    about: 'What the node owns, owes and is owed, and how its chain is',
    answer: MONEY,
    perform: ({ node }) => node.money().report(),
  }),
  json({
    method: 'GET',
    path: '/cheques',
    about: 'Cheques held and written, by neighbour',
    query: z.strictObject({
      direction: z.enum(['in', 'out']).optional().meta({ description: 'Only those' }),
    }),
    answer: CHEQUES,
    perform: async ({ node }, { query }) => ({
      cheques: (await node.money().cheques()).filter(
        ({ direction }) => query.direction === undefined || direction === query.direction,
      ),
    }),
  }),
  json({
    method: 'POST',
    path: '/cheques/cash',
    about: 'Cash the cheques of a neighbour, or see what that would bring',
    body: CASH_WISH,
    answer: CASHING,
    perform: ({ node }, { body }) => node.money().cash(body.from, body.dryRun),
  }),
  json({
    method: 'POST',
    path: '/money/deploy',
    about: `Put the network's contracts on a chain that has none; ${ABOUT}`,
    answer: DEPLOYED,
    perform: ({ node }) => node.money().deploy(),
  }),
  json({
    method: 'POST',
    path: '/money/deposit',
    about: `Put tokens into the chequebook, which the first opens; ${ABOUT}`,
    body: AMOUNT_WISH,
    answer: ORDERED,
    perform: ({ node }, { body }) => node.money().deposit(BigInt(body.amount)),
  }),
  json({
    method: 'POST',
    path: '/money/withdraw',
    about: `Take tokens out of the chequebook; ${ABOUT}`,
    body: AMOUNT_WISH,
    answer: ORDERED,
    perform: ({ node }, { body }) => node.money().withdraw(BigInt(body.amount)),
  }),
  json({
    method: 'POST',
    path: '/money/send',
    about: `Send tokens of the wallet to an account; ${ABOUT}`,
    body: TRANSFER_WISH,
    answer: ORDERED,
    perform: ({ node }, { body }) => node.money().send(body.to, BigInt(body.amount)),
  }),
];
