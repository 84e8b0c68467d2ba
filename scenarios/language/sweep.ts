/**
 * The `sweep` section: which points there are, in which order.
 *
 * Dimensions of `over` make a grid, the last one varying fastest, as the columns of a table read; the lists of `zip`
 * vary together as one more dimension after them; `where` keeps the points for which it is true.
 */
import { evaluateCondition } from '../expect/condition.ts';
import type { ParameterValue } from '../model.ts';
import type { ScenarioData } from './schema.ts';
import { splitPath } from './merge.ts';
import { pathFault } from './overrides.ts';
import { parameterValue, valueFault, type DeclaredParameter } from './parameters.ts';
import { problemAt, type Problem, type Span } from './problems.ts';
import { entryOf, nodeAt, spanOf, type Raw, type RawMap } from './raw.ts';
import { isRangeText, parseRange, rangeValues } from './values.ts';

export interface SweepPointSpec {
  /** Parameters and dotted keys with their values as text, in the order in which they vary. */
  params: { [name: string]: string };
}

export interface SweepSpec {
  over: { [name: string]: string[] };
  zip: { [name: string]: string[] };
  where?: string;
  repeat: number;
}

/** A swept value and where it stands. */
export interface SweptValue {
  name: string;
  text: string;
  span: Span;
}

export interface SweepReading {
  spec: SweepSpec;
  values: SweptValue[];
  problems: Problem[];
}

/** More points than this are a mistake in a range, not an experiment. */
export const POINTS_MAX = 100_000;

export function readSweep(
  raw: Raw,
  written: ScenarioData['sweep'],
  parameters: readonly DeclaredParameter[],
  repeatDefault: number,
): SweepReading {
  const problems: Problem[] = [];
  const values: SweptValue[] = [];
  const spec: SweepSpec = { over: {}, zip: {}, repeat: written?.repeat ?? repeatDefault };
  const names = parameters.map((parameter) => parameter.name);
  const topic = { explain: 'sweep' };

  const dimension = (map: RawMap, name: string): string[] => {
    const entry = entryOf(map, name);
    if (entry === undefined) return [];
    const wrongPath = pathFault(raw, name, names);
    if (wrongPath !== undefined) problems.push(problemAt(wrongPath, entry.keySpan, topic));
    const texts: SweptValue[] = [];
    const node = entry.value;
    if (node.kind === 'scalar') {
      const range = isRangeText(node.text) ? parseRange(node.text) : undefined;
      if (range === undefined)
        problems.push(
          problemAt(
            {
              code: 'MF-0108',
              message: `"${node.text}" is one value; a sweep needs a list or a range with a step`,
              hint: `write [${node.text}] or for example 0..16 bits step 2`,
            },
            node.span,
            topic,
          ),
        );
      else if (!range.ok) problems.push(problemAt(range.fault, spanOf(node, range.fault), topic));
      else if (range.value.step === undefined)
        problems.push(
          problemAt(
            {
              code: 'MF-0108',
              message: `the range "${node.text}" needs a step to be swept`,
              suggestion: `${node.text} step ${range.value.unit === '%' ? '10%' : '1'}`,
            },
            node.span,
            topic,
          ),
        );
      else if (
        (range.value.highBase - range.value.lowBase) / (range.value.stepBase ?? 1) >
        POINTS_MAX
      )
        problems.push(
          problemAt(
            { code: 'MF-0110', message: `"${node.text}" has more than ${POINTS_MAX} values` },
            node.span,
            topic,
          ),
        );
      else for (const text of rangeValues(range.value)) texts.push({ name, text, span: node.span });
    } else if (node.kind === 'list') {
      for (const item of node.items)
        if (item.kind === 'scalar') texts.push({ name, text: item.text, span: item.span });
      if (node.items.length === 0)
        problems.push(
          problemAt(
            { code: 'MF-0108', message: `"${name}" has no values to sweep` },
            entry.keySpan,
            topic,
          ),
        );
    }
    const parameter = parameters.find((known) => known.name === name);
    for (const value of texts) {
      const wrong = parameter === undefined ? undefined : valueFault(parameter, value.text);
      if (wrong !== undefined) problems.push(problemAt(wrong, value.span, topic));
    }
    if (parameter?.fixed === true)
      problems.push(
        problemAt(
          {
            code: 'MF-0125',
            message: `"${name}" is fixed: a resolved file records it and nothing reads it`,
          },
          entry.keySpan,
          topic,
        ),
      );
    values.push(...texts);
    return texts.map((value) => value.text);
  };

  const over = nodeAt(raw, ['sweep', 'over']);
  const zip = nodeAt(raw, ['sweep', 'zip']);
  if (over?.kind === 'map')
    for (const entry of over.entries) spec.over[entry.key] = dimension(over, entry.key);
  if (zip?.kind === 'map') {
    for (const entry of zip.entries) {
      spec.zip[entry.key] = dimension(zip, entry.key);
      if (over !== undefined && entryOf(over, entry.key) !== undefined)
        problems.push(
          problemAt(
            { code: 'MF-0112', message: `"${entry.key}" is swept by "over" and by "zip"` },
            entry.keySpan,
            topic,
          ),
        );
    }
    const [first, ...rest] = zip.entries;
    const length = spec.zip[first?.key ?? '']?.length ?? 0;
    for (const entry of rest)
      if (spec.zip[entry.key]?.length !== length)
        problems.push(
          problemAt(
            {
              code: 'MF-0143',
              message: `"${entry.key}" has ${spec.zip[entry.key]?.length ?? 0} values and "${first?.key ?? ''}" has ${length}; "zip" pairs them one by one`,
            },
            entry.keySpan,
            topic,
          ),
        );
  }
  if (written?.where !== undefined) {
    spec.where = written.where;
    const known = new Map<string, ParameterValue>(
      [...names, ...Object.keys(spec.over), ...Object.keys(spec.zip)].map((name) => {
        const value = parameters.find((parameter) => parameter.name === name)?.default;
        return [name, parameterValue(spec.over[name]?.[0] ?? spec.zip[name]?.[0] ?? value ?? '')];
      }),
    );
    const truth = evaluateCondition(written.where, known);
    const node = nodeAt(raw, ['sweep', 'where']);
    if (!truth.ok && node !== undefined)
      problems.push(problemAt(truth.fault, spanOf(node, truth.fault), topic));
  }
  return { spec, values, problems };
}

/** All points of a sweep without mistakes. A scenario without a sweep has one point, with no parameters. */
export function sweepPoints(
  spec: SweepSpec,
  base: ReadonlyMap<string, ParameterValue>,
): SweepPointSpec[] {
  let points: SweepPointSpec[] = [{ params: {} }];
  for (const [name, texts] of Object.entries(spec.over))
    points = points.flatMap((point) =>
      texts.map((text) => ({ params: { ...point.params, [name]: text } })),
    );
  const zipped = Object.entries(spec.zip);
  const length = zipped[0]?.[1].length ?? 0;
  if (length > 0)
    points = points.flatMap((point) =>
      Array.from({ length }, (_, i) => ({
        params: {
          ...point.params,
          ...Object.fromEntries(zipped.map(([name, texts]) => [name, texts[i] ?? ''])),
        },
      })),
    );
  const where = spec.where;
  if (where === undefined) return points;
  return points.filter(({ params }) => {
    const values = new Map(base);
    for (const [name, text] of Object.entries(params)) values.set(name, parameterValue(text));
    const truth = evaluateCondition(where, values);
    return truth.ok && truth.value;
  });
}

/** Swept keys that are no parameters, with their value in the file. */
export function dottedSwept(raw: Raw): string[] {
  return ['over', 'zip'].flatMap((kind) => {
    const node = nodeAt(raw, ['sweep', kind]);
    return node?.kind === 'map'
      ? node.entries.map((entry) => entry.key).filter((key) => splitPath(key).length > 1)
      : [];
  });
}
