/** Keys of money: prices, thresholds, cheques, credit, the chain; what roles deposit and when they pay. */
import { z } from 'zod';

import type { Paying, VolumeLaw } from '../model.ts';
import { custom, key, quantity, word } from './fields.ts';
import { fault, read, type Reading } from './problems.ts';
import { parseQuantity } from './quantity.ts';
import { chain, chainRole, per } from './schema-chain.ts';
import { law } from './schema-values.ts';

const amount = () => quantity('money');

/** `0.05 MFT per MiB` or `0.01 MFT per hop`. */
function price(text: string): Reading<{ units: number; per: 'MiB' | 'hop' }> {
  const unit = text.trim().endsWith('hop') ? 'hop' : 'MiB';
  const amount = per(unit, '0.05 MFT per MiB')(text);
  return amount.ok ? read({ units: amount.value, per: unit }) : amount;
}

export const money = z.strictObject({
  price: key(custom('amount per MiB or hop', price), {
    about:
      'What each relay on the way earns: for a MiB in a world of flows; in a world of packets for each packet (per hop, by default 0.01 MFT) or for the bytes of it (per MiB).',
    example: '0.05 MFT per MiB',
    default: 'money.price',
  }),
  pricing: key(word(['proximity', 'flat'], 'law'), {
    about:
      'proximity: whoever hands a packet on pays for all steps that are left, so that a relay keeps those it went. flat: the same at every hop.',
    example: 'flat',
    default: 'money.pricing',
  }),
  steps: key(quantity('count', { min: 1, max: 256 }), {
    about: 'Steps of a whole way, in bits of proximity; beyond them the price falls no more.',
    example: '16',
    default: 'money.steps',
  }),
  threshold: key(amount(), {
    about: 'Debt at which an invoice is sent.',
    example: '10 MFT',
    default: 'money.threshold',
  }),
  tolerance: key(quantity('share', { max: 100, maxText: '10000%' }), {
    about: 'How far beyond the threshold a debt may go before service stops.',
    example: '25%',
    default: 'money.tolerance',
  }),
  deadline: key(quantity('time', { min: 1, minText: '1 us' }), {
    about: 'Time to pay an invoice; then it may be protested.',
    example: '2 h',
    default: 'money.deadline',
  }),
  cash_after: key(quantity('time'), {
    about: 'How long a cheque is kept before it is cashed.',
    example: '24 h',
    default: 'money.cash_after',
  }),
  min_score: key(quantity('number', { min: 0, max: 1 }), {
    about: 'Serve nobody below this credit score (0 to 1).',
    example: '0.4',
    default: 'money.min_score',
  }),
  newcomer_score: key(quantity('number', { min: 0, max: 1 }), {
    about: 'Credit score of somebody of whom nothing is known.',
    example: '0.5',
    default: 'money.newcomer_score',
  }),
  solvency: key(word(['any', 'covered'], 'rule'), {
    about: 'Cheques that are taken: any genuine one, or only what its chequebook covers now.',
    example: 'covered',
    default: 'money.solvency',
  }),
  ledger: key(word(['model', 'evm'], 'ledger'), {
    about:
      'What runs the contracts: the model, or the compiled Solidity in an EVM, some hundred times slower and with the same result.',
    example: 'evm',
    default: 'money.ledger',
  }),
  protest_fee: key(amount(), {
    about: 'Burned for making a late payment public.',
    example: '0.5 MFT',
    default: 'money.protest_fee',
  }),
  carrying_cost: key(custom('amount per MiB', per('MiB', '0.01 MFT per MiB')), {
    about: 'What carrying costs a relay, for its profit.',
    example: '0.01 MFT per MiB',
    default: 'money.carrying_cost',
  }),
  identity_cost: key(amount(), {
    about: 'What a name costs whoever takes one, for its profit.',
    example: '5 MFT',
    default: 'money.identity_cost',
  }),
  chain: key(chain, {
    about: 'The chain that cheques are cashed on.',
    example: '{ block: 15 s, fee: 0.05 MFT per call }',
  }),
});

/** What a role has and does with money. */
export const payingRole = {
  ...chainRole,
  deposit: key(amount(), {
    about: 'What the chequebook begins with.',
    example: '200 MFT',
    default: 'roles.*.deposit',
  }),
  pays: key(
    z.union([
      custom('never', (text): Reading<Paying> =>
        text === 'never'
          ? read({ kind: 'never' })
          : fault('MF-0106', `"${text}" does not say when somebody pays`, {
              hint: 'write never, { within: 1 h }, { after: exponential(30 h) }, { until: 5 d } or { patience: 90% }',
            }),
      ),
      z.strictObject({
        within: key(quantity('time', { min: 1, minText: '1 us' }), {
          about: 'Pays at a random time within this.',
          example: '1 h',
        }),
        after: key(law(), { about: 'Pays this much later.', example: 'exponential(30 h)' }),
        until: key(quantity('time'), {
          about: 'Pays within an hour up to this time of the world, and nothing from then on.',
          example: '5 d',
        }),
        patience: key(quantity('share'), {
          about:
            "Pays within an hour, and nothing any more once it owes more than staying is worth to it; the part of an income's worth that is left by a day's delay.",
          example: '90%',
        }),
      }),
    ]),
    {
      about: 'When it pays an invoice.',
      example: '{ within: 1 h }',
      default: 'roles.*.pays',
    },
  ),
  protests: key(word(['unpaid', 'everything'], 'habit of protesting'), {
    about: 'Which of its invoices it protests.',
    example: 'everything',
    default: 'roles.*.protests',
  }),
  asks: key(quantity('share', { max: 100, maxText: '10000%' }), {
    about:
      'What it asks for carrying, as a part of the price; senders take the cheapest first link.',
    example: '80%',
    default: 'roles.*.asks',
  }),
  family: key(word(['one wallet'], 'kind of family'), {
    about:
      'All names of the role belong to one owner: they carry for one another without accounts, decide as one whether to leave, and share what they gain.',
    example: 'one wallet',
  }),
  rejoins: key(
    z.strictObject({
      after: key(quantity('time'), {
        about: 'How long after it was shut out.',
        example: '2 d',
        required: true,
      }),
      as: key(word(['new address'], 'way to come back'), {
        about: 'As whom it comes back.',
        example: 'new address',
        required: true,
      }),
    }),
    {
      about: 'Comes back under a new name when it is served no more.',
      example: '{ after: 2 d, as: new address }',
    },
  ),
};

/** `lognormal(median 40 MiB p99 2 GiB) per day`, `40 MiB per day`. */
export const volume = () =>
  custom('size or distribution, per day', (text): Reading<VolumeLaw> => {
    const match = /^(.*?)\s+per\s+day$/.exec(text.trim());
    if (match === null)
      return fault('MF-0108', `"${text}" is not a volume per day`, {
        hint: 'write for example 40 MiB per day',
      });
    const inner = match[1] ?? '';
    const lognormal = /^lognormal\s*\(\s*median\s+(.+?)\s+p99\s+(.+?)\s*\)$/.exec(inner);
    if (lognormal === null) {
      const bytes = parseQuantity(inner, 'size');
      return bytes.ok ? read({ law: 'constant', bytes: bytes.value }) : bytes;
    }
    const median = parseQuantity(lognormal[1] ?? '', 'size', { min: 1 });
    if (!median.ok) return median;
    const p99 = parseQuantity(lognormal[2] ?? '', 'size', { min: 1 });
    if (!p99.ok) return p99;
    return median.value <= p99.value
      ? read({ law: 'lognormal', medianBytes: median.value, p99Bytes: p99.value })
      : fault('MF-0110', `"${text}" needs a p99 that is not below the median`);
  });
