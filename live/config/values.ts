/**
 * Kinds of values that a setting can have. Each reads the text that a person wrote and says, in the words of the scenario language, what is wrong
 * with it and what was probably meant; each also says what its text looks like, for JSON Schema.
 */
import { z } from 'zod';
import { createSuite } from '../../protocols/crypto/suites.ts';
import { isAddress, type Address } from '../../protocols/ledger/values.ts';
import { fault, read, type Fault, type Reading } from '../../scenarios/language/problems.ts';
import {
  parseQuantity,
  type Limits,
  type QuantityKind,
} from '../../scenarios/language/quantity.ts';
import { closest } from '../../scenarios/language/suggest.ts';
import { addressText, isIpv4, parseEndpoint, writeEndpointOf } from '../host/endpoint-text.ts';
import { parseLogSpec, type LogSpec } from '../log/levels.ts';
import { readCard } from '../node/identity.ts';

/** Everything about a setting but its name. */
export interface SettingFacts {
  /** One sentence without its full stop. */
  description: string;
  /** As somebody would write it. */
  default: string | readonly string[];
}

interface Form<T> {
  /** JSON Schema of the text. */
  json: { [key: string]: unknown };
  read: (text: string) => Reading<T>;
}

/** A setting: its text in, its value out. A fault goes through zod in the issue's `params`. */
function setting<T>(facts: SettingFacts, { json, read: reader }: Form<T>) {
  return z
    .string()
    .transform((text, context): T => {
      const reading = reader(text);
      if (reading.ok) return reading.value;
      context.addIssue({ code: 'custom', message: reading.fault.message, params: reading.fault });
      return z.NEVER;
    })
    .meta({ ...facts, ...json });
}

/** The fault behind an issue of zod's, if one of ours is. */
export function faultOf(issue: z.core.$ZodIssue): Fault | undefined {
  return issue.code === 'custom' ? (issue.params as Fault | undefined) : undefined;
}

export function quantity(kind: QuantityKind, facts: SettingFacts, limits: Limits = {}) {
  return setting(facts, {
    json: { type: 'string' },
    read: (text) => parseQuantity(text, kind, limits),
  });
}

/** A quantity, or a word that leaves it to the node. */
export function quantityOr<W extends string>(
  word: W,
  kind: QuantityKind,
  facts: SettingFacts,
  limits: Limits = {},
) {
  return setting<number | W>(facts, {
    json: { type: kind === 'count' ? ['integer', 'string'] : 'string' },
    read: (text) => (text === word ? read(word) : parseQuantity(text, kind, limits)),
  });
}

export function yesOrNo(facts: SettingFacts) {
  return setting(facts, {
    json: { type: ['boolean', 'string'], enum: [true, false, 'true', 'false'] },
    read: (text) =>
      text === 'true' || text === 'false' ? read(text === 'true') : oneOf(text, YES_OR_NO),
  });
}

/** A whole number, which YAML may take for one. */
export function count(facts: SettingFacts, limits: { min: number; max: number }) {
  return setting(facts, {
    json: { type: ['integer', 'string'], minimum: limits.min, maximum: limits.max },
    read: (text) => parseQuantity(text, 'count', limits),
  });
}

/** A port; `word` stands for 0, any that is free. */
export function port(facts: SettingFacts) {
  return setting(facts, {
    json: { type: ['integer', 'string'], minimum: 0, maximum: 65_535 },
    read: (text) => {
      if (text === 'any') return read(0);
      const reading = parseQuantity(text, 'count', { max: 65_535 });
      return reading.ok
        ? reading
        : { ok: false, fault: { ...reading.fault, hint: 'write a number up to 65535, or any' } };
    },
  });
}

/** An IP address of a family to listen at; `none` is the empty text. */
export function listenAddress(family: 4 | 6, facts: SettingFacts) {
  return setting(facts, {
    json: { type: 'string' },
    read: (text) => {
      if (text === 'none') return read('');
      const bytes = new Uint8Array(18);
      if (writeEndpointOf(text, 0, bytes, 0) && isIpv4(bytes, 0) === (family === 4))
        return read(addressText(bytes, 0));
      return fault('MF-0402', `"${text}" is no IPv${family} address`, {
        hint: `write for example ${family === 4 ? '0.0.0.0' : '"::"'}, or none`,
      });
    },
  });
}

/** What others are told to send to. */
export function announcedPlace(facts: SettingFacts) {
  return setting(facts, {
    json: { type: 'string' },
    read: (text) => {
      if (text === 'auto' || text === 'none' || parseEndpoint(text) !== undefined)
        return read(text);
      const word = closest(text, ['auto', 'none']);
      return fault('MF-0402', `"${text}" is no address:port`, {
        ...(word === undefined
          ? { hint: 'write for example 198.51.100.7:4242, auto or none' }
          : { suggestion: word }),
      });
    },
  });
}

export function logSpec(facts: SettingFacts) {
  return setting<LogSpec>(facts, { json: { type: 'string' }, read: parseLogSpec });
}

/** One of a few words. */
export function choice<W extends string>(words: readonly W[], facts: SettingFacts) {
  return setting<W>(facts, {
    json: { type: 'string', enum: words },
    read: (text) => {
      const found = words.find((one) => one === text);
      return found === undefined ? oneOf(text, words) : read(found);
    },
  });
}

/** An account or contract of a chain, lower case; `word` leaves it open. */
export function chainAddress<W extends string>(word: W, facts: SettingFacts) {
  return setting<Address | W>(facts, {
    json: { type: 'string' },
    read: (text) => {
      const address = text.toLowerCase();
      if (text === word || isAddress(address)) return read(text === word ? word : address);
      return fault('MF-0405', `"${text}" is no address of a chain`, {
        hint: `write 0x and 40 hex digits, or ${word}`,
      });
    },
  });
}

/** The address of a JSON-RPC endpoint; `none` is the empty text. */
export function endpointUrl(facts: SettingFacts) {
  return setting(facts, {
    json: { type: 'string' },
    read: (text) => {
      if (text === 'none') return read('');
      if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return read(text);
      return fault('MF-0406', `"${text}" is no address of an endpoint`, {
        hint: 'write for example http://127.0.0.1:8545, or none',
      });
    },
  });
}

/** Contact cards of nodes. */
export function cards(facts: SettingFacts) {
  const card = z.string().transform((text, context): string => {
    const reading = readCard(createSuite('native'), text);
    if (reading.ok) return text.trim();
    const what: Fault = { code: 'MF-0403', message: `that is no contact card: ${reading.why}` };
    context.addIssue({ code: 'custom', message: what.message, params: what });
    return z.NEVER;
  });
  return z.array(card).meta({ ...facts });
}

const YES_OR_NO = ['true', 'false'];
/** What YAML of old, and people, also say. */
const MEANT: { readonly [word: string]: string } = {
  yes: 'true',
  on: 'true',
  no: 'false',
  off: 'false',
};

function oneOf(text: string, words: readonly string[]): Reading<never> {
  const suggestion = MEANT[text.toLowerCase()] ?? closest(text, words);
  return fault('MF-0106', `"${text}" must be ${words.join(' or ')}`, {
    ...(suggestion === undefined ? {} : { suggestion }),
  });
}
