/**
 * Numbers with units. A bare `3` where a time is meant is the commonest silent mistake of simulation files, so the unit
 * is mandatory and its kind is checked: the reader of a key says which kind it wants and gets base units back
 * (integer microseconds, bytes, bits per second, bits, a ratio in [0, 1], a count).
 *
 * Percentages are read by moving the decimal point in the text, not by dividing, so that `7%` is exactly the double
 * nearest to 0.07 and writing a ratio and reading it again gives the same number.
 */
import { closest, alternatives } from './suggest.ts';
import { fault, read, type Reading } from './problems.ts';

export type QuantityKind =
  'time' | 'size' | 'rate' | 'information' | 'share' | 'money' | 'count' | 'number';

interface UnitDefinition {
  kind: QuantityKind | 'flow';
  /** Base units in one of this unit. */
  factor: number;
}

const UNITS: ReadonlyMap<string, UnitDefinition> = new Map<string, UnitDefinition>([
  ...['us', 'µs'].map((n) => [n, { kind: 'time', factor: 1 }] as const),
  ['ms', { kind: 'time', factor: 1e3 }],
  ...['s', 'second', 'seconds'].map((n) => [n, { kind: 'time', factor: 1e6 }] as const),
  ...['min', 'mins', 'minute', 'minutes'].map((n) => [n, { kind: 'time', factor: 6e7 }] as const),
  ...['h', 'hour', 'hours'].map((n) => [n, { kind: 'time', factor: 3.6e9 }] as const),
  ...['d', 'day', 'days'].map((n) => [n, { kind: 'time', factor: 8.64e10 }] as const),
  ...['B', 'byte', 'bytes'].map((n) => [n, { kind: 'size', factor: 1 }] as const),
  ['kB', { kind: 'size', factor: 1e3 }],
  ['MB', { kind: 'size', factor: 1e6 }],
  ['GB', { kind: 'size', factor: 1e9 }],
  ['KiB', { kind: 'size', factor: 1024 }],
  ['MiB', { kind: 'size', factor: 1048576 }],
  ['GiB', { kind: 'size', factor: 1073741824 }],
  ['bit/s', { kind: 'rate', factor: 1 }],
  ['kbit/s', { kind: 'rate', factor: 1e3 }],
  ['Mbit/s', { kind: 'rate', factor: 1e6 }],
  ['Gbit/s', { kind: 'rate', factor: 1e9 }],
  ['B/s', { kind: 'flow', factor: 1 }],
  ['kB/s', { kind: 'flow', factor: 1e3 }],
  ['MB/s', { kind: 'flow', factor: 1e6 }],
  ['KiB/s', { kind: 'flow', factor: 1024 }],
  ['MiB/s', { kind: 'flow', factor: 1048576 }],
  ...['bit', 'bits'].map((n) => [n, { kind: 'information', factor: 1 }] as const),
  ['%', { kind: 'share', factor: 0.01 }],
  ['MFT', { kind: 'money', factor: 1e9 }],
  ['mMFT', { kind: 'money', factor: 1e6 }],
]);

const SLIPS: ReadonlyMap<string, string> = new Map([
  ['sec', 's'],
  ['secs', 's'],
  ['m', 'min'],
  ['hr', 'h'],
  ['hrs', 'h'],
  ['msec', 'ms'],
  ['kb', 'kB'],
  ['Kb', 'KiB'],
  ['KB', 'kB'],
  ['K', 'KiB'],
  ['M', 'MiB'],
  ['k', 'kB'],
  ['Mbps', 'Mbit/s'],
  ['kbps', 'kbit/s'],
  ['percent', '%'],
]);

interface KindWords {
  /** "needs a unit of ..." */
  unitOf: string;
  /** "is not a ..." */
  a: string;
  example: string;
  /** Units to propose after a bare number. */
  propose: readonly string[];
}

const WORDS: { readonly [kind in QuantityKind]: KindWords } = {
  time: { unitOf: 'time', a: 'a time', example: '10 s', propose: ['s', 'ms'] },
  size: { unitOf: 'size', a: 'a size', example: '1 KiB', propose: ['KiB', 'B'] },
  rate: { unitOf: 'rate', a: 'a rate', example: '10 Mbit/s', propose: ['Mbit/s', 'kbit/s'] },
  information: {
    unitOf: 'information',
    a: 'a number of bits',
    example: '8 bits',
    propose: ['bits'],
  },
  share: { unitOf: 'share', a: 'a share', example: '30%', propose: ['%'] },
  money: { unitOf: 'money', a: 'an amount of money', example: '10 MFT', propose: ['MFT'] },
  count: { unitOf: 'count', a: 'a whole number', example: '1000', propose: [] },
  number: { unitOf: 'number', a: 'a number', example: '0.68', propose: [] },
};

/** A quantity as written: number, unit (if any) and what the unit measures. */
export interface WrittenQuantity {
  /** The digits, sign and point, as written. */
  digits: string;
  unit: string;
  kind: QuantityKind | 'flow' | 'unknown' | 'none';
  /** Value in base units. */
  base: number;
}

const QUANTITY = /^([+-]?(?:\d+\.?\d*|\.\d+))\s*([A-Za-zµ%][A-Za-zµ/%]*)?$/;

/** Splits `8 bits` into number and unit, whatever the unit; undefined when it does not start with a number. */
export function splitQuantity(text: string): WrittenQuantity | undefined {
  const match = QUANTITY.exec(text.trim());
  if (match === null) return undefined;
  const digits = match[1] ?? '';
  const unit = match[2] ?? '';
  if (unit === '') return { digits, unit, kind: 'none', base: Number(digits) };
  const definition = UNITS.get(unit);
  if (definition === undefined) return { digits, unit, kind: 'unknown', base: NaN };
  const base =
    definition.kind === 'share' ? Number(`${digits}e-2`) : Number(digits) * definition.factor;
  return { digits, unit, kind: definition.kind, base };
}

/** Rounds away the last bits that the multiplication by a unit added, where the base unit is whole. */
function whole(value: number): number | undefined {
  const rounded = Math.round(value);
  return Math.abs(value - rounded) <= 1e-6 && Number.isSafeInteger(rounded) ? rounded : undefined;
}

/** Smallest and largest value that a key takes, in base units; `text` forms are for the message. */
export interface Limits {
  min?: number;
  max?: number;
  minText?: string;
  maxText?: string;
}

/** Reads a quantity of one kind into base units. */
export function parseQuantity(
  text: string,
  kind: QuantityKind,
  limits: Limits = {},
): Reading<number> {
  const words = WORDS[kind];
  const written = splitQuantity(text);
  if (written === undefined)
    return fault('MF-0108', `"${text}" is not ${words.a}`, {
      hint: `write for example ${words.example}`,
    });
  const unitFault = checkUnit(text, written, kind);
  if (unitFault !== undefined) return unitFault;
  let value = written.base;
  if (kind !== 'number' && kind !== 'share') {
    const exact = whole(value);
    if (exact === undefined && kind !== 'information') {
      if (!Number.isFinite(value) || Math.abs(value) > Number.MAX_SAFE_INTEGER)
        return fault('MF-0110', `"${text}" is too large`);
      return fault(
        'MF-0110',
        kind === 'time'
          ? `"${text}" is not a whole number of microseconds`
          : kind === 'size'
            ? `"${text}" is not a whole number of bytes`
            : kind === 'rate'
              ? `"${text}" is not a whole number of bits per second`
              : kind === 'money'
                ? `"${text}" is not a whole number of accounting units (10^-9 MFT)`
                : `"${text}" is not a whole number`,
      );
    }
    value = exact ?? value;
  }
  const min = limits.min ?? (kind === 'number' ? -Infinity : 0);
  const max = limits.max ?? (kind === 'share' ? 1 : Infinity);
  if (value < min || value > max) {
    const low = limits.minText ?? (Number.isFinite(min) ? formatQuantity(min, kind) : undefined);
    const high = limits.maxText ?? (Number.isFinite(max) ? formatQuantity(max, kind) : undefined);
    const allowed =
      high === undefined
        ? `must be at least ${low ?? ''}`
        : low === undefined
          ? `must be at most ${high}`
          : `must be from ${low} to ${high}`;
    return fault('MF-0110', `"${text}" is out of range: it ${allowed}`);
  }
  return read(value);
}

/** The unit that was probably meant, among some. */
export function meantUnit(unit: string, known: readonly string[]): string | undefined {
  const slip = SLIPS.get(unit);
  return slip !== undefined && known.includes(slip) ? slip : closest(unit, known);
}

/** Units to propose for a bare number, the likelier one first: nobody writes 1024 and means KiB. */
export function proposedUnits(units: readonly string[], number: number): string[] {
  return number >= 100 && units.includes('B')
    ? ['B', ...units.filter((u) => u !== 'B')]
    : [...units];
}

function checkUnit(
  text: string,
  written: WrittenQuantity,
  kind: QuantityKind,
): Reading<never> | undefined {
  const words = WORDS[kind];
  const bare = kind === 'count' || kind === 'number';
  const { digits, unit } = written;
  if (written.kind === 'none') {
    if (bare) return undefined;
    const proposals = proposedUnits(words.propose, Number(digits)).map((u) =>
      u === '%' ? `${digits}%` : `${digits} ${u}`,
    );
    return fault('MF-0114', `"${text}" needs a unit of ${words.unitOf}`, {
      ...(proposals[0] === undefined ? {} : { suggestion: proposals[0] }),
      hint: `write ${alternatives(proposals)}`,
    });
  }
  if (written.kind === kind) return undefined;
  if (written.kind === 'unknown') {
    const unitOffset = text.lastIndexOf(unit);
    const known = [...UNITS.entries()].filter(([, d]) => d.kind === kind).map(([name]) => name);
    const meant = meantUnit(unit, known);
    const suggestion = meant === undefined || bare ? undefined : meant;
    return fault('MF-0109', `unknown unit "${unit}"`, {
      offset: unitOffset,
      length: unit.length,
      ...(suggestion === undefined
        ? { hint: bare ? `write ${digits}` : `write for example ${words.example}` }
        : { suggestion }),
    });
  }
  const is = written.kind === 'flow' ? 'a flow of bytes' : WORDS[written.kind].a;
  return fault('MF-0109', `"${text}" is ${is}, and ${words.a} is needed`, {
    hint: `write for example ${words.example}`,
  });
}

/** Decimal text of a number with its point moved right by `places`, without arithmetic. */
function shiftPoint(value: number, places: number): string {
  const [mantissa = '0', exponent = '0'] = String(value).split('e');
  const [integer = '0', fraction = ''] = mantissa.replace('-', '').split('.');
  const digits = integer + fraction;
  const point = integer.length + Number(exponent) + places;
  const padded =
    point <= 0
      ? `0.${'0'.repeat(-point)}${digits}`
      : point >= digits.length
        ? digits + '0'.repeat(point - digits.length)
        : `${digits.slice(0, point)}.${digits.slice(point)}`;
  const tidy = padded
    .replace(/^0+(?=\d)/, '')
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
  return (value < 0 ? '-' : '') + tidy;
}

const TIME_LADDER: readonly (readonly [number, string])[] = [
  [8.64e10, 'd'],
  [3.6e9, 'h'],
  [6e7, 'min'],
  [1e6, 's'],
  [1e3, 'ms'],
  [1, 'us'],
];
const SIZE_LADDER: readonly (readonly [number, string])[] = [
  [1073741824, 'GiB'],
  [1048576, 'MiB'],
  [1024, 'KiB'],
  [1, 'B'],
];
const RATE_LADDER: readonly (readonly [number, string])[] = [
  [1e6, 'Mbit/s'],
  [1e3, 'kbit/s'],
  [1, 'bit/s'],
];

function ladder(value: number, steps: readonly (readonly [number, string])[]): string {
  for (const [factor, unit] of steps)
    if (value >= factor && value % factor === 0) return `${value / factor} ${unit}`;
  return `${value} ${steps[steps.length - 1]?.[1] ?? ''}`;
}

/** The inverse of `parseQuantity`: reading the text again gives the same number. */
export function formatQuantity(value: number, kind: QuantityKind): string {
  switch (kind) {
    case 'time':
      return value === 0 ? '0 s' : ladder(value, TIME_LADDER);
    case 'size':
      return ladder(value, SIZE_LADDER);
    case 'rate':
      return ladder(value, RATE_LADDER);
    case 'money':
      return `${shiftPoint(value, -9)} MFT`;
    case 'information':
      return `${shiftPoint(value, 0)} ${value === 1 ? 'bit' : 'bits'}`;
    case 'share':
      return `${shiftPoint(value, 2)}%`;
    case 'count':
    case 'number':
      return shiftPoint(value, 0);
  }
}

/** All unit names. */
export function unitNames(): string[] {
  return [...UNITS.keys()];
}
