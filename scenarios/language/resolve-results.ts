/** The sections about what is asked and shown: expect, charts, record. */
import { evaluateCondition } from '../expect/condition.ts';
import { parseExpectation, parseTerm, type ExpressionContext } from '../expect/parse.ts';
import { OVER_TIME } from '../metrics.ts';
import type {
  Channel,
  Chart,
  Expectation,
  Mark,
  MetricReference,
  ResolvedScenario,
} from '../model.ts';
import { checkCurve, exampleOf } from './resolve-curves.ts';
import type { ScenarioData } from './schema.ts';
import { checkPicture } from './resolve-pictures.ts';
import { unknownParameter } from './parameters.ts';
import { parseQuantity } from './quantity.ts';
import { alternatives } from './suggest.ts';
import {
  defaultValue,
  isWritten,
  nodeOf,
  report,
  reportKey,
  type Path,
  type Work,
} from './work.ts';

const share = (text: string) => parseQuantity(text, 'share');

export function resolveExpect(work: Work, context: ExpressionContext): Expectation[] {
  return (work.data.expect ?? []).flatMap((written, i): Expectation[] => {
    const path: Path = ['expect', i];
    const long = typeof written !== 'string';
    const at = long ? [...path, 'check'] : path;
    if (nodeOf(work, at)?.kind !== 'scalar') return [];
    const check = (long ? (written.check ?? '') : written).trim().replace(/\s+/g, ' ');
    const original = long ? (written.check ?? '') : written;
    const parsed = parseExpectation(original, context);
    if (!parsed.ok) report(work, at, parsed.fault);
    const when = long ? written.when : undefined;
    let applies = true;
    if (when !== undefined) {
      const truth = evaluateCondition(when, work.values);
      if (truth.ok) applies = truth.value;
      else report(work, [...path, 'when'], truth.fault);
    }
    if (!parsed.ok) return [];
    const why = long ? written.why : undefined;
    const confidence = long ? written.confidence : undefined;
    return [
      {
        check,
        mode: parsed.value.mode,
        ...(parsed.value.withinUs === undefined ? {} : { withinUs: parsed.value.withinUs }),
        condition: parsed.value.condition,
        applies,
        ...(when === undefined ? {} : { when }),
        ...(why === undefined ? {} : { why }),
        confidence: confidence ?? defaultValue('expect[].confidence', share),
      },
    ];
  });
}

/** Columns of a result table that are no metric. */
const COLUMNS = ['time', 'role', 'seed'];

/** What each mark must be told. */
const NEEDS: { readonly [mark in Mark]: readonly ('x' | 'y' | 'of' | 'value')[] } = {
  line: ['x', 'y'],
  area: ['x', 'y'],
  bar: ['x', 'y'],
  point: ['x', 'y'],
  pareto: ['x', 'y'],
  box: ['of'],
  cdf: ['of'],
  hist: ['of'],
  survival: ['of'],
  lorenz: ['of'],
  roc: ['of'],
  vintage: ['of'],
  contour: ['x', 'y', 'value'],
  sankey: ['of'],
  scatter: ['x', 'y'],
};

/** What such a key could say, where it is not what it is elsewhere. */
const EXAMPLES: { readonly [mark in Mark]?: { readonly [key: string]: string } } = {
  contour: { y: '$parameter', value: 'mean(profit)' },
  sankey: { of: 'tokens.moved' },
  scatter: { x: 'cost.estimate', y: 'cost.per_message' },
};

type WrittenChart = NonNullable<ScenarioData['charts']>[number];

/** Keys that belong to some marks only, and which. */
const KEYS = ['x', 'y', 'of', 'label'] as const;
const USES: { readonly [mark in Mark]: readonly ((typeof KEYS)[number] | 'value')[] } = {
  ...NEEDS,
  point: ['x', 'y', 'label'],
  pareto: ['x', 'y', 'label'],
  box: ['x', 'y', 'of'],
};

export function resolveCharts(work: Work, context: ExpressionContext): Chart[] {
  return (work.data.charts ?? []).flatMap((written, i): Chart[] => {
    const path: Path = ['charts', i];
    if (nodeOf(work, path)?.kind !== 'map') return [];
    const mark = written.mark;
    if (mark !== undefined) checkNeeds(work, path, mark);
    const isBox = mark === 'box';
    const one = (key: 'x' | 'value' | 'colour' | 'facet' | 'label'): Channel | undefined => {
      const text = written[key];
      return text === undefined ? undefined : channel(work, [...path, key], text, context);
    };
    // Boxes stand side by side, which may be written as their x, and over the samples of a metric, which may be written as their y.
    const across = one('x');
    const x = isBox ? undefined : across;
    const label = one('label');
    const value = one('value');
    const y = isBox ? [] : many(work, [...path, 'y'], written.y ?? [], context);
    const [first, second] = splits(work, path, written, context);
    const colour = one('colour') ?? first ?? (isBox ? across : undefined);
    const facet = one('facet') ?? second;
    const ofKey = isBox && written.of === undefined ? 'y' : 'of';
    const [samples] = [written[ofKey] ?? []].flat();
    const of =
      samples === undefined ? undefined : metricOf(work, [...path, ofKey], samples, context);
    if (mark === undefined) return [];
    checkCurve(work, path, mark, of, colour);
    checkPicture(work, path, { mark, y, x, of, value, colour });
    if (x?.kind === 'column' && x.name === 'time' && of === undefined)
      checkAgainstTime(work, [...path, 'y'], y);
    return [
      {
        title: written.title ?? '',
        mark,
        y,
        ...(x === undefined ? {} : { x }),
        ...(of === undefined ? {} : { of }),
        ...(value === undefined ? {} : { value }),
        ...(colour === undefined ? {} : { colour }),
        ...(facet === undefined ? {} : { facet }),
        ...(label === undefined ? {} : { label }),
        ...(written.band === undefined ? {} : { bandRatio: written.band }),
        scales: written.scales ?? 'linear',
        bound: written.bound ?? false,
      },
    ];
  });
}

function checkNeeds(work: Work, path: Path, mark: Mark): void {
  const written = (key: string): boolean => isWritten(work, [...path, key]);
  if (mark === 'box') checkBox(work, path, written);
  const missing = NEEDS[mark].filter((key) => !written(key) && !(mark === 'box' && written('y')));
  for (const key of KEYS)
    if (written(key) && !USES[mark].includes(key))
      reportKey(
        work,
        [...path, key],
        { code: 'MF-0194', message: `"${key}" does nothing in a ${mark} chart` },
        'warning',
      );
  if (missing.length > 0)
    report(work, [...path, 'mark'], {
      code: 'MF-0150',
      message: `a ${mark} chart needs ${alternatives(missing.map((key) => `"${key}"`)).replace(' or ', ' and ')}`,
      hint: `add ${missing.map((key) => `${key}: ${EXAMPLES[mark]?.[key] ?? (key === 'x' ? '$parameter' : exampleOf(mark))}`).join(', ')}`,
    });
  if (isWritten(work, [...path, 'bound']) && !['point', 'line', 'pareto', 'contour'].includes(mark))
    reportKey(work, [...path, 'bound'], {
      code: 'MF-0150',
      message: `a ${mark} chart has no axes for the limit; "bound" goes with point, line, pareto or contour`,
    });
}

/** What stands side by side, and of what the samples are, may each be written in two ways, not in both. */
function checkBox(work: Work, path: Path, written: (key: string) => boolean): void {
  const pairs = [
    ['x', 'colour', 'what stands side by side'],
    ['x', 'by', 'what stands side by side'],
    ['y', 'of', 'the metric'],
  ] as const;
  for (const [one, other, what] of pairs)
    if (written(one) && written(other))
      reportKey(work, [...path, one], {
        code: 'MF-0112',
        message: `"${one}" and "${other}" exclude each other: both name ${what} of a box chart`,
      });
}

/** Only what is noted with its time can be drawn against it: the mean of some metrics of the run. */
function checkAgainstTime(work: Work, path: Path, y: readonly Channel[]): void {
  for (const channel of y) {
    const { kind } = channel;
    const term = kind === 'term' ? channel.term : undefined;
    const known =
      term?.kind === 'statistic' && term.statistic === 'mean' && OVER_TIME.includes(term.of.metric);
    if (!known)
      report(work, path, {
        code: 'MF-0150',
        message: `"${channel.text}" has no course over time`,
        hint: `write ${alternatives(OVER_TIME.map((metric) => `mean(${metric})`))}`,
      });
  }
}

/** `by: [a, b]` is short for colour and facet. */
function splits(
  work: Work,
  path: Path,
  written: WrittenChart,
  context: ExpressionContext,
): (Channel | undefined)[] {
  const by = written.by ?? [];
  if (by.length > 2)
    report(work, [...path, 'by'], {
      code: 'MF-0110',
      message: 'a chart is split at most twice: by colour and by panel',
    });
  (['colour', 'facet'] as const).forEach((key, i) => {
    if (by.length > i && isWritten(work, [...path, key]))
      reportKey(work, [...path, key], {
        code: 'MF-0112',
        message: `"by" and "${key}" exclude each other: "by" is short for colour and facet`,
      });
  });
  return many(work, [...path, 'by'], by, context);
}

function many(
  work: Work,
  path: Path,
  texts: readonly string[],
  context: ExpressionContext,
): Channel[] {
  const isList = nodeOf(work, path)?.kind === 'list';
  return texts.flatMap((text, i) => {
    const found = channel(work, isList ? [...path, i] : path, text, context);
    return found === undefined ? [] : [found];
  });
}

function channel(
  work: Work,
  path: Path,
  text: string,
  context: ExpressionContext,
): Channel | undefined {
  if (nodeOf(work, path)?.kind !== 'scalar') return undefined;
  const single = /^\$?([A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)$/.exec(text)?.[1];
  if (
    single !== undefined &&
    context.values.has(single) &&
    (text.startsWith('$') || single.includes('.'))
  )
    return { kind: 'parameter', text, name: single };
  if (single !== undefined && text.startsWith('$')) {
    report(work, path, unknownParameter(single, context.values.keys()));
    return undefined;
  }
  if (COLUMNS.includes(text)) return { kind: 'column', text, name: text };
  const parsed = parseTerm(text, context);
  if (parsed.ok) return { kind: 'term', text, term: parsed.value.term };
  report(work, path, parsed.fault);
  return undefined;
}

/** `of` takes a metric, possibly of one role: a chart of samples has no statistic. */
function metricOf(
  work: Work,
  path: Path,
  text: string,
  context: ExpressionContext,
): MetricReference | undefined {
  if (nodeOf(work, path)?.kind !== 'scalar') return undefined;
  const parsed = parseTerm(text, context);
  if (!parsed.ok) {
    report(work, path, parsed.fault);
    return undefined;
  }
  const term = parsed.value.term;
  if (term.kind === 'statistic' && term.statistic === 'value') return term.of;
  report(work, path, {
    code: 'MF-0126',
    message: '"of" takes a metric, whose samples are drawn, not a statistic',
    hint: 'write for example delivery.latency',
  });
  return undefined;
}

export function resolveRecord(work: Work): ResolvedScenario['record'] {
  const written = work.data.record;
  const what = Array.isArray(written) ? written : written?.what;
  const sampleRatio = Array.isArray(written) ? undefined : written?.sample;
  return {
    what: what ?? ['summary'],
    sampleRatio: sampleRatio ?? defaultValue('record.sample', share),
  };
}
