/** What SWAP reports through `Host.emit`: code, name, and what the four integers mean. Amounts in accounting units. */
import type { EventDefinition } from '../overlay/events.ts';

export const INVOICE_SENT = 0x500;
export const INVOICE_RECEIVED = 0x501;
export const CHEQUE_SENT = 0x502;
export const CHEQUE_ACCEPTED = 0x503;
export const CHEQUE_REFUSED = 0x504;
export const CHEQUE_ANSWERED = 0x505;
export const CHEQUES_GIVEN_BACK = 0x506;
export const CHEQUES_RETURNED = 0x507;
export const BOOKS_DIFFER = 0x508;
export const SERVICE_REFUSED = 0x509;
export const CASHING = 0x50a;
export const INVOICE_OVERDUE = 0x50b;
export const PROTEST = 0x50c;
export const UNFUNDED = 0x50d;
export const OVERCASHED = 0x50e;

/** Why a service was refused (field c of SERVICE_REFUSED). */
export const REFUSED_DISCONNECT = 1;
export const REFUSED_DISPUTED = 2;
export const REFUSED_NUMBERS = 3;
export const REFUSED_POLICY = 4;
export const REFUSED_STRANGER = 5;
export const REFUSED_TOO_DEAR = 6;
export const REFUSED_EXPOSURE = 7;

export const SWAP_EVENTS: readonly EventDefinition[] = [
  { code: INVOICE_SENT, name: 'swap.invoice_sent', fields: ['peer', 'units', '', ''] },
  {
    code: INVOICE_RECEIVED,
    name: 'swap.invoice_received',
    fields: ['peer', 'units asked for', 'units that we owe', ''],
  },
  { code: CHEQUE_SENT, name: 'swap.cheque_sent', fields: ['peer', 'units', 'units in all', ''] },
  {
    code: CHEQUE_ACCEPTED,
    name: 'swap.cheque_accepted',
    fields: ['peer', 'units', 'units uncashed', ''],
  },
  { code: CHEQUE_REFUSED, name: 'swap.cheque_refused', fields: ['peer', 'status', '', ''] },
  { code: CHEQUE_ANSWERED, name: 'swap.cheque_answered', fields: ['peer', 'status', '', ''] },
  {
    code: CHEQUES_GIVEN_BACK,
    name: 'swap.cheques_given_back',
    fields: ['peer', 'units', 'units in all', ''],
  },
  {
    code: CHEQUES_RETURNED,
    name: 'swap.cheques_returned',
    fields: ['peer', 'units', 'units in all', ''],
  },
  {
    code: BOOKS_DIFFER,
    name: 'swap.books_differ',
    fields: ['peer', 'units that it claims and we deny', 'written off', 'in dispute'],
  },
  {
    code: SERVICE_REFUSED,
    name: 'swap.service_refused',
    fields: ['peer', 'units', 'reason', 'balance'],
  },
  { code: CASHING, name: 'swap.cashing', fields: ['peer', 'units', '', ''] },
  { code: INVOICE_OVERDUE, name: 'swap.invoice_overdue', fields: ['peer', 'units', '', ''] },
  { code: PROTEST, name: 'swap.protest', fields: ['peer', 'units', '1 if it was paid', ''] },
  { code: UNFUNDED, name: 'swap.unfunded', fields: ['peer', 'units', '', ''] },
  { code: OVERCASHED, name: 'swap.overcashed', fields: ['peer', 'units', '', ''] },
];
