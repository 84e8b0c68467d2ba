/**
 * The building blocks of the schema: zod types that read one text into one value and remember what they mean.
 *
 * Two decisions. (1) A value arrives as text, because its source text is what the grammar is about; the leaf's reader
 * turns it into base units and its fault travels inside zod's issue, so the reporter can underline the letter. (2) No
 * key is required at this level: whether a key is missing is asked of the tree as written, later, so that one broken
 * value does not make its neighbours look broken too.
 */
import { z } from 'zod';

import { fault, read, type Fault, type Reading } from './problems.ts';
import { parseQuantity, type Limits, type QuantityKind } from './quantity.ts';
import { parseWord } from './values.ts';

export interface Meaning {
  /** What the key means, one sentence. */
  about: string;
  example: string;
  /** Path in the table of defaults, where there is one. */
  default?: string;
  required?: boolean;
}

/** What a leaf says of itself; `plain` is the JSON type that YAML would give the bare value. */
interface LeafFacts {
  'x-kind': string;
  plain?: 'number' | 'boolean';
}

function leaf<T>(facts: LeafFacts, reader: (text: string) => Reading<T>) {
  const text = z.string().meta({ 'x-kind': facts['x-kind'], 'x-plain': facts.plain ?? 'string' });
  return text
    .transform((input, context): T => {
      const reading = reader(input);
      if (reading.ok) return reading.value;
      context.addIssue({
        code: 'custom',
        message: reading.fault.message,
        params: { fault: reading.fault },
        input,
      });
      return z.NEVER;
    })
    .meta({ 'x-kind': facts['x-kind'] });
}

/** The fault inside a zod issue, if a leaf put one there. */
export function faultOf(issue: { params?: unknown }): Fault | undefined {
  const params = issue.params;
  if (typeof params !== 'object' || params === null || !('fault' in params)) return undefined;
  return params.fault as Fault;
}

const KIND_NAMES: { readonly [kind in QuantityKind]: string } = {
  time: 'time (us ms s min h d)',
  size: 'size (B KiB MiB GiB kB MB GB)',
  rate: 'rate (kbit/s Mbit/s)',
  information: 'information (bits)',
  share: 'share (%)',
  money: 'money (MFT mMFT)',
  count: 'whole number',
  number: 'number',
};

export function quantity(kind: QuantityKind, limits: Limits = {}) {
  const plain = kind === 'count' || kind === 'number' ? { plain: 'number' as const } : {};
  return leaf({ 'x-kind': KIND_NAMES[kind], ...plain }, (text) =>
    parseQuantity(text, kind, limits),
  );
}

export function text() {
  return leaf({ 'x-kind': 'text' }, (input) => read(input));
}

/** A value of any kind, kept as text. */
export function anyValue() {
  return leaf({ 'x-kind': 'any value', plain: 'number' }, (input) => read(input));
}

export function word<const W extends string>(words: readonly W[], what: string) {
  return leaf(
    { 'x-kind': words.join(' | ') },
    (input) => parseWord(input, words, what) as Reading<W>,
  );
}

export function yesOrNo() {
  return leaf({ 'x-kind': 'true | false', plain: 'boolean' }, (input): Reading<boolean> => {
    if (input === 'true') return read(true);
    if (input === 'false') return read(false);
    const yes = ['yes', 'on', 'y', '1', 'True', 'TRUE'].includes(input);
    const no = ['no', 'off', 'n', '0', 'False', 'FALSE'].includes(input);
    return fault('MF-0106', `"${input}" is not true or false`, {
      ...(yes || no ? { suggestion: yes ? 'true' : 'false' } : { hint: 'write true or false' }),
    });
  });
}

export function custom<T>(kind: string, reader: (text: string) => Reading<T>) {
  return leaf({ 'x-kind': kind }, reader);
}

/** Declares a key: optional here, with its meaning. */
export function key<T extends z.ZodType>(type: T, meaning: Meaning): z.ZodOptional<T> {
  return type.optional().meta({
    description: meaning.about,
    examples: [meaning.example],
    ...(meaning.default === undefined ? {} : { 'x-default': meaning.default }),
    ...(meaning.required === true ? { 'x-required': true } : {}),
  });
}

/** One value or a list of values; always a list when read. */
export function oneOrMore<T extends z.ZodType>(type: T) {
  return z
    .union([type, z.array(type)])
    .transform((input): z.output<T>[] => (Array.isArray(input) ? input : [input]) as z.output<T>[]);
}
