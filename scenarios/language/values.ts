/**
 * Values that are more than a number: laws of durations, routing policies, files, ranges, names.
 *
 * Each reader is a total function from text to a value or a fault. The grammar has no commas (YAML would end the value
 * there), so arguments are told apart by words: `lognormal(median 60 ms p99 350 ms)`.
 */
import type { RoutingOptions } from '../../protocols/routing/options.ts';
import { STEM_HOPS_MAX, TREES_MAX } from '../../protocols/routing/params.ts';
import type { DurationLaw } from '../../sim/random/law.ts';
import { fault, read, type Fault, type Reading } from './problems.ts';
import { formatQuantity, parseQuantity, splitQuantity, type QuantityKind } from './quantity.ts';
import { balance, commaFault } from './raw.ts';
import { alternatives, closest } from './suggest.ts';

const CALL = /^([A-Za-z][\w-]*)\s*\((.*)\)$/s;

const LAW_FORMS: { readonly [name: string]: { pattern: RegExp; form: string } } = {
  exponential: { pattern: /^(.+)$/d, form: 'exponential(5 s)' },
  uniform: { pattern: /^(.+?)\s+to\s+(.+)$/d, form: 'uniform(1 s to 3 s)' },
  lognormal: {
    pattern: /^median\s+(.+?)\s+p99\s+(.+)$/d,
    form: 'lognormal(median 60 ms p99 350 ms)',
  },
  normal: { pattern: /^(.+?)\s+sd\s+(.+)$/d, form: 'normal(10 s sd 2 s)' },
  weibull: { pattern: /^scale\s+(.+?)\s+shape\s+(.+)$/d, form: 'weibull(scale 4 h shape 0.68)' },
};

/** Written in the language, but read by no part of this version. */
const LATER_LAWS = ['zipf', 'trace'];

export function shifted(what: Fault, by: number, length: number): Reading<never> {
  return {
    ok: false,
    fault: { ...what, offset: by + (what.offset ?? 0), length: what.length ?? length },
  };
}

/** A law of durations; a plain time is the constant law. */
export function parseLaw(text: string): Reading<DurationLaw> {
  const comma = text.indexOf(',');
  if (comma >= 0) return shifted(commaFault(text), comma, 1);
  if (balance(text) !== 0)
    return fault('MF-0107', `"${text}" has a parenthesis without its partner`);
  const call = CALL.exec(text);
  if (call === null) {
    if (splitQuantity(text) === undefined && /^[A-Za-z]/.test(text)) {
      const name = closest(text, Object.keys(LAW_FORMS));
      return fault('MF-0115', `"${text}" is neither a time nor a distribution`, {
        hint: `write for example 5 s or ${LAW_FORMS[name ?? 'exponential']?.form ?? ''}`,
      });
    }
    const time = parseQuantity(text, 'time');
    return time.ok ? read({ law: 'constant', valueUs: time.value }) : time;
  }
  const name = call[1] ?? '';
  const inner = call[2] ?? '';
  const law = LAW_FORMS[name];
  if (law === undefined) {
    if (LATER_LAWS.includes(name))
      return fault('MF-0111', `the distribution "${name}" is not part of this version`);
    const suggestion = closest(name, Object.keys(LAW_FORMS));
    return fault('MF-0115', `no distribution is called "${name}"`, {
      offset: 0,
      length: name.length,
      ...(suggestion === undefined
        ? { hint: `known: ${alternatives(Object.keys(LAW_FORMS))}` }
        : { suggestion }),
    });
  }
  const innerStart = text.indexOf('(') + 1 + (inner.length - inner.trimStart().length);
  const match = law.pattern.exec(inner.trim());
  const parts = [1, 2].map((i) => ({
    text: match?.[i] ?? '',
    at: innerStart + (match?.indices?.[i]?.[0] ?? 0),
  }));
  const [first, second] = parts;
  if (match === null || first === undefined || second === undefined)
    return fault('MF-0115', `"${text}" is not complete`, { hint: `write for example ${law.form}` });
  const one = parseQuantity(first.text, 'time');
  if (!one.ok) return shifted(one.fault, first.at, first.text.length);
  if (name === 'exponential')
    return one.value > 0
      ? read({ law: 'exponential', meanUs: one.value })
      : fault('MF-0110', 'the mean of an exponential distribution must be above 0');
  const two = parseQuantity(second.text, name === 'weibull' ? 'number' : 'time');
  if (!two.ok) return shifted(two.fault, second.at, second.text.length);
  const a = one.value;
  const b = two.value;
  if (name === 'uniform')
    return a <= b
      ? read({ law: 'uniform', lowUs: a, highUs: b })
      : fault('MF-0110', `the range of "${text}" ends before it starts`);
  if (name === 'lognormal')
    return a > 0 && b >= a
      ? read({ law: 'lognormal', medianUs: a, p99Us: b })
      : fault('MF-0110', `"${text}" needs a median above 0 and a p99 that is not below it`);
  if (name === 'normal') return read({ law: 'normal', meanUs: a, sdUs: b });
  return a > 0 && b > 0
    ? read({ law: 'weibull', scaleUs: a, shape: b })
    : fault('MF-0110', `"${text}" needs a scale and a shape above 0`);
}

export function formatLaw(law: DurationLaw): string {
  const time = (us: number): string => formatQuantity(us, 'time');
  switch (law.law) {
    case 'constant':
      return time(law.valueUs);
    case 'exponential':
      return `exponential(${time(law.meanUs)})`;
    case 'uniform':
      return `uniform(${time(law.lowUs)} to ${time(law.highUs)})`;
    case 'lognormal':
      return `lognormal(median ${time(law.medianUs)} p99 ${time(law.p99Us)})`;
    case 'normal':
      return `normal(${time(law.meanUs)} sd ${time(law.sdUs)})`;
    case 'weibull':
      return `weibull(scale ${time(law.scaleUs)} shape ${formatQuantity(law.shape, 'number')})`;
  }
}

/** Mean gap of a law, microseconds; used only for warnings, so Weibull's gamma function is bounded from below. */
export function shortestTypicalUs(law: DurationLaw): number {
  switch (law.law) {
    case 'constant':
      return law.valueUs;
    case 'uniform':
      return law.lowUs;
    default:
      return 0;
  }
}

export type PolicyWord = Pick<RoutingOptions, 'policy' | 'trees' | 'stemHops'>;

/** `pss`, `pss-v2` or `tree(r)`, each optionally ` + stem(g)`; one word so that one parameter can switch them. */
export function parsePolicy(text: string): Reading<PolicyWord> {
  const comma = text.indexOf(',');
  if (comma >= 0) return shifted(commaFault(text), comma, 1);
  const plus = text.indexOf('+');
  const main = (plus < 0 ? text : text.slice(0, plus)).trim();
  const stemText = plus < 0 ? undefined : text.slice(plus + 1).trim();
  const word = /^(pss-v2|pss|tree)(?:\s*\(\s*(\S+)\s*\))?$/.exec(main);
  const policy = word?.[1];
  const argument = word?.[2];
  if (policy !== 'pss' && policy !== 'pss-v2' && policy !== 'tree') {
    const suggestion = closest(main, ['pss', 'pss-v2', 'tree(3)', 'tree(1)']);
    return fault('MF-0106', `no routing policy is called "${main}"`, {
      offset: 0,
      length: Math.max(1, main.length),
      ...(suggestion === undefined ? { hint: 'known: pss, pss-v2 or tree(3)' } : { suggestion }),
    });
  }
  if (policy !== 'tree' && argument !== undefined)
    return fault('MF-0106', `"${policy}" takes nothing in parentheses`, { suggestion: policy });
  let trees = 1;
  if (policy === 'tree') {
    if (argument === undefined)
      return fault('MF-0106', '"tree" needs the number of trees', {
        suggestion: 'tree(3)',
        hint: 'write tree(3)',
      });
    const count = parseQuantity(argument, 'count', { min: 1, max: TREES_MAX });
    if (!count.ok) return shifted(count.fault, text.indexOf(argument), argument.length);
    trees = count.value;
  }
  if (stemText === undefined) return read({ policy, trees, stemHops: 0 });
  const stem = /^stem\s*\(\s*(\S+)\s*\)$/.exec(stemText);
  const hopsText = stem?.[1];
  if (hopsText === undefined)
    return fault('MF-0106', `after "+" only "stem(g)" can stand, not "${stemText}"`, {
      offset: text.indexOf(stemText, plus),
      length: Math.max(1, stemText.length),
      suggestion: 'stem(3)',
    });
  const hops = parseQuantity(hopsText, 'count', { min: 1, max: STEM_HOPS_MAX });
  if (!hops.ok) return shifted(hops.fault, text.indexOf(hopsText, plus), hopsText.length);
  return read({ policy, trees, stemHops: hops.value });
}

export function formatPolicy(word: PolicyWord): string {
  const main = word.policy === 'tree' ? `tree(${word.trees})` : word.policy;
  return word.stemHops === 0 ? main : `${main} + stem(${word.stemHops})`;
}

/** One of some words; `unknown` is the sentence for another one. */
export function parseWord(text: string, words: readonly string[], what: string): Reading<string> {
  if (words.includes(text)) return read(text);
  const suggestion = closest(text, words);
  return fault('MF-0106', `"${text}" is not a ${what}`, {
    ...(suggestion === undefined ? { hint: `known: ${alternatives(words)}` } : { suggestion }),
  });
}

/** `0..16 bits`, `0..12 bits step 2`, `0%..60% step 10%`: a unit may stand once, at the end of the range. */
export interface ValueRange {
  low: string;
  high: string;
  step?: string;
  lowBase: number;
  highBase: number;
  stepBase?: number;
  kind: QuantityKind | 'none';
  /** Unit as written, '' for a count. */
  unit: string;
}

export function isRangeText(text: string): boolean {
  return text.includes('..');
}

export function parseRange(text: string): Reading<ValueRange> {
  const match = /^(.+?)\s*\.\.\s*(.+?)(?:\s+step\s+(.+))?$/.exec(text.trim());
  if (match === null)
    return fault('MF-0108', `"${text}" is not a range`, {
      hint: 'write for example 0..16 bits step 2',
    });
  const high = splitQuantity(match[2] ?? '');
  const withUnit = (part: string): ReturnType<typeof splitQuantity> => {
    const plain = splitQuantity(part);
    return plain?.kind === 'none' && high !== undefined && high.unit !== ''
      ? splitQuantity(`${part} ${high.unit}`)
      : plain;
  };
  const low = withUnit(match[1] ?? '');
  const step = match[3] === undefined ? undefined : withUnit(match[3]);
  if (low === undefined || high === undefined || (match[3] !== undefined && step === undefined))
    return fault('MF-0108', `"${text}" is not a range of numbers`, {
      hint: 'write for example 0..16 bits step 2',
    });
  for (const part of [low, high, step]) {
    if (part === undefined) continue;
    if (part.kind === 'unknown') return fault('MF-0109', `unknown unit "${part.unit}"`);
    if (part.kind !== high.kind)
      return fault('MF-0109', `"${text}" mixes units of different kinds`);
  }
  if (low.base > high.base) return fault('MF-0110', `the range "${text}" ends before it starts`);
  if (step !== undefined && step.base <= 0)
    return fault('MF-0110', `the step of "${text}" must be above 0`);
  return read({
    low: unitText(low.digits, low.unit),
    high: unitText(high.digits, high.unit),
    lowBase: low.base,
    highBase: high.base,
    ...(step === undefined ? {} : { step: unitText(step.digits, step.unit), stepBase: step.base }),
    kind: high.kind === 'none' || high.kind === 'flow' ? 'none' : (high.kind as QuantityKind),
    unit: high.unit,
  });
}

function unitText(digits: string, unit: string): string {
  return unit === '' || unit === '%' ? digits + unit : `${digits} ${unit}`;
}

/** The values of a range with a step, as texts: `0..4 bits step 2` gives `0 bits`, `2 bits`, `4 bits`. */
export function rangeValues(range: ValueRange): string[] {
  const step = range.stepBase;
  if (step === undefined) return [range.low, range.high];
  const count = Math.floor((range.highBase - range.lowBase) / step + 1e-9) + 1;
  const unit = splitQuantity(unitText('1', range.unit));
  const factor = unit === undefined || range.unit === '' ? 1 : unit.base;
  return Array.from({ length: count }, (_, i) => {
    const number = Number(((range.lowBase + i * step) / factor).toPrecision(12));
    return unitText(String(number), range.unit);
  });
}

/** `matrix(./file)`: the file name, or undefined for another text. */
export function matrixFile(text: string): string | undefined {
  return /^matrix\s*\(\s*(.+?)\s*\)$/.exec(text)?.[1];
}
