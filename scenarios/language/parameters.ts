/**
 * Parameters: `$name` stands for a value everywhere in the world's description.
 *
 * The name is replaced by the value's text before anything is read, so a parameter can stand for any value (a time, a
 * policy, part of a distribution) without each reader knowing about parameters. The replaced text remembers its
 * parameter, so that a value that does not fit is reported where it is used, with the parameter's name.
 */
import type { ParameterValue } from '../model.ts';
import { problemAt, type Fault, type Problem } from './problems.ts';
import { splitQuantity } from './quantity.ts';
import { entryOf, spanOf, type Raw, type RawScalar } from './raw.ts';
import { alternatives, closest } from './suggest.ts';
import { parseRange } from './values.ts';

/** `$name`; dots so that a swept key (`$world.nodes`) can be named in expectations and charts. */
export const PARAMETER = /\$([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)/g;

export const NAME = /^[A-Za-z][\w-]*$/;

export interface DeclaredParameter {
  name: string;
  default: string;
  range?: string;
  oneOf?: string[];
  about?: string;
  /** Recorded by a resolved file: not to be changed, and allowed to be used by charts only. */
  fixed: boolean;
  /** The node of the default, for problems. */
  node: Raw;
}

/** A value with its base-unit number and unit, for conditions and chart axes. */
export function parameterValue(text: string): ParameterValue {
  const written = splitQuantity(text);
  if (written === undefined || Number.isNaN(written.base)) return { text };
  const unit = {
    time: 'us',
    size: 'bytes',
    rate: 'bits/s',
    flow: 'bytes/s',
    information: 'bits',
    share: 'ratio',
    none: 'count',
    count: 'count',
    number: 'count',
    money: 'MFT',
    unknown: undefined,
  }[written.kind];
  return unit === undefined ? { text } : { text, number: written.base, unit };
}

/** Two texts of one value: `8 bits` and `8bits`, `tree(3)` and `tree( 3 )`. */
export function sameValue(left: string, right: string): boolean {
  const a = parameterValue(left);
  const b = parameterValue(right);
  if (a.number !== undefined && b.number !== undefined)
    return a.number === b.number && a.unit === b.unit;
  const tidy = (text: string): string => text.replace(/\s+/g, '');
  return tidy(left) === tidy(right);
}

/** Why a value is not allowed for a parameter, or undefined when it is. */
export function valueFault(parameter: DeclaredParameter, text: string): Fault | undefined {
  if (parameter.oneOf !== undefined) {
    if (parameter.oneOf.some((allowed) => sameValue(allowed, text))) return undefined;
    const suggestion = closest(text, parameter.oneOf);
    return {
      code: 'MF-0125',
      message: `"${text}" is not a value of "${parameter.name}": ${alternatives(parameter.oneOf)}`,
      ...(suggestion === undefined ? {} : { suggestion }),
    };
  }
  if (parameter.range === undefined) return undefined;
  const range = parseRange(parameter.range);
  if (!range.ok) return undefined; // reported where the range stands
  const value = splitQuantity(text);
  const kind = value?.kind;
  const fits =
    value !== undefined &&
    (kind === range.value.kind || (kind === 'none' && range.value.kind === 'none')) &&
    value.base >= range.value.lowBase &&
    value.base <= range.value.highBase;
  return fits
    ? undefined
    : {
        code: 'MF-0125',
        message: `"${text}" is outside the range of "${parameter.name}": ${range.value.low} to ${range.value.high}`,
        hint: `write from ${range.value.low} to ${range.value.high}`,
      };
}

/** Reads the `params` section. */
export function declaredParameters(params: Raw | undefined): {
  parameters: DeclaredParameter[];
  problems: Problem[];
} {
  const parameters: DeclaredParameter[] = [];
  const problems: Problem[] = [];
  if (params?.kind !== 'map') return { parameters, problems };
  for (const { key: name, keySpan, value } of params.entries) {
    if (!NAME.test(name)) {
      problems.push(
        problemAt(
          {
            code: 'MF-0116',
            message: `"${name}" cannot name a parameter: use letters, digits, "_" and "-", a letter first`,
          },
          keySpan,
          { explain: 'params' },
        ),
      );
      continue;
    }
    if (value.kind !== 'map') continue; // its shape is reported by the schema
    const text = (key: string): string | undefined => {
      const node = entryOf(value, key)?.value;
      return node?.kind === 'scalar' ? node.text : undefined;
    };
    const fixed = entryOf(value, 'fixed');
    const node = entryOf(value, 'default') ?? fixed;
    if (node === undefined) {
      problems.push(
        problemAt(
          {
            code: 'MF-0104',
            message: `"default" is missing in params.${name}`,
            hint: 'add for example default: 8 bits',
          },
          keySpan,
          { explain: 'params' },
        ),
      );
      continue;
    }
    if (node.value.kind !== 'scalar') continue;
    const oneOfNode = entryOf(value, 'one_of')?.value;
    const oneOf =
      oneOfNode?.kind === 'list'
        ? oneOfNode.items.flatMap((item) => (item.kind === 'scalar' ? [item.text] : []))
        : undefined;
    const range = text('range');
    const about = text('about');
    const parameter: DeclaredParameter = {
      name,
      default: node.value.text,
      fixed: fixed !== undefined,
      node: node.value,
      ...(range === undefined ? {} : { range }),
      ...(oneOf === undefined ? {} : { oneOf }),
      ...(about === undefined ? {} : { about }),
    };
    const rangeNode = entryOf(value, 'range')?.value;
    if (range !== undefined && rangeNode !== undefined) {
      const reading = parseRange(range);
      if (!reading.ok)
        problems.push(problemAt(reading.fault, spanOf(rangeNode), { explain: 'params' }));
    }
    const wrong = valueFault(parameter, parameter.default);
    if (wrong !== undefined)
      problems.push(problemAt(wrong, spanOf(node.value), { explain: 'params' }));
    parameters.push(parameter);
  }
  return { parameters, problems };
}

export interface Substitution {
  raw: Raw;
  problems: Problem[];
  /** Names that were replaced somewhere. */
  used: Set<string>;
}

export function unknownParameter(name: string, known: Iterable<string>): Fault {
  const suggestion = closest(name, known);
  return {
    code: 'MF-0123',
    message: `no parameter is called "$${name}"`,
    ...(suggestion === undefined
      ? { hint: 'declare it under params' }
      : { suggestion: `$${suggestion}` }),
  };
}

/**
 * Replaces `$name` in all values of a tree. A value with an unknown name becomes `broken`; names in `unreadable` are
 * declared, but their declaration is wrong and reported already.
 */
export function substitute(
  root: Raw,
  values: ReadonlyMap<string, string>,
  unreadable: ReadonlySet<string> = new Set(),
): Substitution {
  const problems: Problem[] = [];
  const used = new Set<string>();
  const visit = (raw: Raw): Raw => {
    switch (raw.kind) {
      case 'map':
        return { ...raw, entries: raw.entries.map((e) => ({ ...e, value: visit(e.value) })) };
      case 'list':
        return { ...raw, items: raw.items.map(visit) };
      case 'scalar':
        return scalar(raw);
      default:
        return raw;
    }
  };
  const scalar = (raw: RawScalar): Raw => {
    if (!raw.text.includes('$')) return raw;
    const via: string[] = [];
    let unknown = false;
    const text = raw.text.replace(PARAMETER, (whole, name: string, offset: number) => {
      const value = values.get(name);
      if (value === undefined) {
        unknown = true;
        if (unreadable.has(name)) return whole;
        const what = unknownParameter(name, values.keys());
        problems.push(
          problemAt(what, spanOf(raw, { offset, length: whole.length }), { explain: 'params' }),
        );
        return whole;
      }
      used.add(name);
      via.push(name);
      return value;
    });
    if (unknown) return { kind: 'broken', span: raw.span };
    return { kind: 'scalar', text, span: raw.span, via };
  };
  return { raw: visit(root), problems, used };
}
