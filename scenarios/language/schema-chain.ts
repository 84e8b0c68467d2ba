/** Keys of the chain that cheques are cashed on: one price for ever, or a market for room in blocks; who fills it, and who cashes when. */
import { z } from 'zod';

import type { Cashing } from '../model.ts';
import { custom, key, quantity, word } from './fields.ts';
import { fault, read, type Reading } from './problems.ts';
import { parseQuantity } from './quantity.ts';
import { law } from './schema-values.ts';
import { shifted } from './values.ts';

/** `0.05 MFT per MiB`. */
export function per(what: string, example: string): (text: string) => Reading<number> {
  return (text) => {
    const match = /^(.*?)\s+per\s+(\S+)$/.exec(text.trim());
    if (match?.[2] !== what)
      return fault('MF-0108', `"${text}" is not an amount per ${what}`, {
        hint: `write for example ${example}`,
      });
    const amount = match[1] ?? '';
    const units = parseQuantity(amount, 'money');
    return units.ok ? units : shifted(units.fault, text.indexOf(amount), amount.length);
  };
}

const perCall = (example: string) => custom('amount per call', per('call', example));

/** Gas of a protest, the dearest call, twice: a block must have room for more than one call. */
const GAS_LIMIT_MIN = 520_000;
/** A hundred million load transactions a day are no simulation of anything. */
const GAS_LIMIT_MAX = 1_000_000_000;
/** What a chain keeps of old states for its readers. */
const CONFIRMATIONS_MAX = 64;

export const chain = z.strictObject({
  block: key(law(), {
    about: 'Time between two blocks; a distribution goes with a market only.',
    example: 'exponential(12 s)',
    default: 'money.chain.block',
  }),
  fee: key(perCall('0.05 MFT per call'), {
    about:
      'What a transaction costs whoever sends it, always the same; without any of the keys of a market.',
    example: '0.05 MFT per call',
    default: 'money.chain.fee',
  }),
  base_fee: key(perCall('0.05 MFT per call'), {
    about:
      'A market: what room for one cashing costs in the first block; then demand decides (EIP-1559).',
    example: '0.05 MFT per call',
    default: 'money.chain.base_fee',
  }),
  gas_limit: key(quantity('count', { min: GAS_LIMIT_MIN, max: GAS_LIMIT_MAX }), {
    about: 'Gas of a full block, of which a cashing takes 150000; the market aims at half of it.',
    example: '3000000',
    default: 'money.chain.gas_limit',
  }),
  load: key(quantity('share', { max: 100, maxText: '10000%' }), {
    about:
      'What others would put into blocks if room were free, as a share of full ones; above 50%, or there is no market.',
    example: '70%',
    default: 'money.chain.load',
  }),
  confirmations: key(quantity('count', { max: CONFIRMATIONS_MAX }), {
    about: 'Blocks on top of a transaction before a node believes in it.',
    example: '6',
    default: 'money.chain.confirmations',
  }),
  reorganises: key(
    z.strictObject({
      every: key(quantity('time', { min: 1, minText: '1 us' }), {
        about: 'Mean time between two rival branches.',
        example: '2 h',
        required: true,
      }),
      depth: key(quantity('count', { min: 1 }), {
        about: 'Most blocks that a rival branch replaces; each further one is half as likely.',
        example: '3',
        required: true,
      }),
    }),
    {
      about: 'How often a rival branch replaces the newest blocks; never if absent.',
      example: '{ every: 2 h, depth: 3 }',
    },
  ),
  seen_after: key(law(), {
    about: "From a block's making until a node hears of it.",
    example: '30 s',
    default: 'money.chain.seen_after',
  }),
  fee_cap: key(perCall('0.5 MFT per call'), {
    about: 'Most that a node bids for room for one cashing; above, its transactions wait.',
    example: '0.5 MFT per call',
    default: 'money.chain.fee_cap',
  }),
  raise_after: key(quantity('count', { min: 1 }), {
    about: 'Blocks that a transaction waits before its node bids a quarter more for it.',
    example: '3',
    default: 'money.chain.raise_after',
  }),
});

function cashing(text: string): Reading<Cashing> {
  const words = text.trim().replace(/\s+/g, ' ');
  if (words === 'at once') return read({ kind: 'at once' });
  if (words === 'covered') return read({ kind: 'covered' });
  const match = /^(after|above|fee below) (.+)$/.exec(words);
  const amount = match?.[2] ?? '';
  const inside = <T>(reading: Reading<T>): Reading<T> =>
    reading.ok ? reading : shifted(reading.fault, text.lastIndexOf(amount), amount.length);
  switch (match?.[1]) {
    case 'after': {
      const us = inside(parseQuantity(amount, 'time'));
      return us.ok ? read({ kind: 'after', us: us.value }) : us;
    }
    case 'above': {
      const units = inside(parseQuantity(amount, 'money', { min: 1, minText: 'some' }));
      return units.ok ? read({ kind: 'above', units: units.value }) : units;
    }
    case 'fee below': {
      const ratio = inside(parseQuantity(amount, 'share'));
      return ratio.ok ? read({ kind: 'fee below', ratio: ratio.value }) : ratio;
    }
    default:
      return fault('MF-0106', `"${text}" does not say when cheques are cashed`, {
        hint: 'write at once, covered, after 24 h, above 5 MFT or fee below 20%',
      });
  }
}

/** What a role does with the chain. */
export const chainRole = {
  cashes: key(
    custom('at once | covered | after <time> | above <amount> | fee below <share>', cashing),
    {
      about:
        'When it cashes cheques: at once, when the chequebook covers all of them, a time after the first, above an amount, or when the fee is a small enough share of it. Without it, after money.cash_after.',
      example: 'after 7 d',
    },
  ),
  congests: key(
    z.strictObject({
      at: key(quantity('time'), {
        about: 'When it begins to fill blocks.',
        example: '6 h',
        required: true,
      }),
      blocks: key(quantity('count', { max: 1_000 }), {
        about: 'How many blocks it fills, at any price, until its coins are gone; 0 for none.',
        example: '20',
        required: true,
      }),
      tip: key(perCall('0.05 MFT per call'), {
        about: 'What it bids on top of the base fee; whoever bids more gets in all the same.',
        example: '0.01 MFT per call',
        default: 'roles.*.congests.tip',
      }),
      budget: key(quantity('money'), {
        about: 'What it can spend on fees.',
        example: '1000 MFT',
        default: 'roles.*.congests.budget',
      }),
      then: key(word(['stay', 'withdraw'], 'last step'), {
        about:
          'What it does behind the full blocks: nothing, or empty its own chequebook before anybody can cash.',
        example: 'withdraw',
        default: 'roles.*.congests.then',
      }),
    }),
    {
      about: 'Fills the blocks of a chain with a market, so that others must wait or pay.',
      example: '{ at: 6 h, blocks: 20 }',
    },
  ),
};
