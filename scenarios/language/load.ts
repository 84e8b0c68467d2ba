/**
 * From text to a scenario that can be run, or to the list of all that is wrong with it.
 *
 * The steps, each in its own file: read YAML with places (`raw.ts`), lay presets and used files under it (`base.ts`),
 * put set values over it (`overrides.ts`), replace parameters (`parameters.ts`), check against the schema (`check.ts`),
 * turn each section into base units (`resolve-*.ts`). Loading does all of it once with the default values, then once
 * more for each value of the sweep, so that a sweep never starts that would fail at its last point.
 */
import type { ParameterValue, ResolvedScenario } from '../model.ts';
import { readBase, type Base } from './base.ts';
import { applyOverrides, type Override } from './overrides.ts';
import { declaredParameters, type DeclaredParameter } from './parameters.ts';
import { problemAt, sortProblems, type Problem, type Source } from './problems.ts';
import { entryOf, nodeAt, parseRaw, type Raw } from './raw.ts';
import { resolveAt, type Resolved } from './resolve.ts';
import { readSweep, sweepPoints, type SweepPointSpec, type SweepSpec } from './sweep.ts';
import { defaultValue } from './work.ts';
import { parseQuantity } from './quantity.ts';
import { toYaml } from './yaml.ts';

export interface LoadOptions {
  /** Parameters and dotted keys to set, as on the command line. */
  set?: { [path: string]: string };
  /** Applies the file's `small:` values (below those of `set`). */
  small?: boolean;
}

export interface ParameterInfo {
  default: string;
  range?: string;
  one_of?: string[];
  about?: string;
}

export type ResolveResult =
  | { ok: true; scenario: ResolvedScenario; warnings: Problem[] }
  | { ok: false; problems: Problem[] };

export interface LoadedScenario {
  name: string;
  about: string;
  params: { [name: string]: ParameterInfo };
  sweep: SweepSpec;
  /** True when the file has a small variant. */
  hasSmall: boolean;
  /** What is odd but allowed. */
  warnings: Problem[];
  /** Points of the sweep in grid order; one without parameters when there is no sweep. */
  points(): SweepPointSpec[];
  /** The scenario at given values of parameters and dotted keys; the rest as loaded. */
  resolve(overrides?: { [path: string]: string }): ResolveResult;
  /** A resolved scenario as a file of its own. */
  toYaml(scenario: ResolvedScenario): string;
}

export type LoadResult = { ok: true; loaded: LoadedScenario } | { ok: false; problems: Problem[] };

/** Values given as text: each is a small source of its own, so that mistakes in it have a place. */
function textOverrides(
  values: { [path: string]: string },
  flag: string,
): {
  overrides: Override[];
  problems: Problem[];
} {
  const problems: Problem[] = [];
  const overrides = Object.entries(values).map(([path, text]): Override => {
    const source: Source = { file: `${flag} ${path}`, text, virtual: true };
    const span = { source, start: 0, end: text.length };
    const plain: Raw = { kind: 'scalar', text, span, textStart: 0 };
    if (!/^\s*[[{]/.test(text)) return { path, value: plain, pathSpan: span };
    const parsed = parseRaw(source);
    problems.push(...parsed.problems);
    return { path, value: parsed.raw ?? plain, pathSpan: span };
  });
  return { overrides, problems };
}

function smallOverrides(raw: Raw): Override[] {
  const small = nodeAt(raw, ['small']);
  if (small?.kind !== 'map') return [];
  return small.entries.map((entry) => ({
    path: entry.key,
    value: entry.value,
    pathSpan: entry.keySpan,
  }));
}

/** Loads a scenario from its text. `file` is used in messages and to find files it names. */
export function loadScenario(source: Source, options: LoadOptions = {}): LoadResult {
  const read = readBase(source);
  const fail = (problems: readonly Problem[]): LoadResult => ({
    ok: false,
    problems: sortProblems(problems, source.file),
  });
  if (read.base === undefined) return fail(read.problems);
  const base = read.base;
  const set = textOverrides(options.set ?? {}, '--set');
  const small = smallOverrides(base.raw);
  const fixed = [...(options.small === true ? small : []), ...set.overrides];

  const whole = attempt(base, fixed);
  const problems = [...read.problems, ...set.problems, ...whole.problems];
  const errors = (list: readonly Problem[]): boolean => list.some((p) => p.severity === 'error');
  // The small variant is part of the file, so it is checked even when it is not asked for.
  if (options.small !== true && small.length > 0 && !errors(problems))
    problems.push(...attempt(base, small).problems.filter((p) => p.severity === 'error'));
  if (errors(problems) || whole.resolved.scenario === undefined) return fail(problems);
  const warnings = sortProblems(problems, source.file);

  const resolve = (overrides: { [path: string]: string } = {}): ResolveResult => {
    const more = textOverrides(overrides, '--set');
    const result = pointAt(base, [...fixed, ...more.overrides]);
    const found = sortProblems([...more.problems, ...result.problems], source.file);
    if (errors(found) || result.scenario === undefined)
      return { ok: false, problems: found.filter((p) => p.severity === 'error') };
    return { ok: true, scenario: result.scenario, warnings: found };
  };
  const { scenario, values } = whole.resolved;
  return {
    ok: true,
    loaded: {
      name: scenario.scenario,
      about: scenario.about,
      params: Object.fromEntries(whole.parameters.map((p) => [p.name, infoOf(p, values)])),
      sweep: whole.sweep,
      hasSmall: small.length > 0,
      warnings,
      points: () => sweepPoints(whole.sweep, values),
      resolve,
      toYaml,
    },
  };
}

function infoOf(p: DeclaredParameter, values: ReadonlyMap<string, ParameterValue>): ParameterInfo {
  return {
    default: values.get(p.name)?.text ?? p.default,
    ...(p.range === undefined ? {} : { range: p.range }),
    ...(p.oneOf === undefined ? {} : { one_of: p.oneOf }),
    ...(p.about === undefined ? {} : { about: p.about }),
  };
}

function pointAt(base: Base, overrides: readonly Override[]): Resolved {
  const names = parameterNames(base.raw);
  const applied = applyOverrides(base.raw, overrides, names);
  const resolved = resolveAt(applied.raw, applied.parameterNodes, base.surroundings);
  return { ...resolved, problems: [...applied.problems, ...resolved.problems] };
}

function parameterNames(raw: Raw): string[] {
  return declaredParameters(entryOf(raw, 'params')?.value).parameters.map((p) => p.name);
}

/** Everything that can be said about a file with some values set: at its defaults, and at each swept value. */
function attempt(
  base: Base,
  overrides: readonly Override[],
): {
  resolved: Resolved;
  parameters: DeclaredParameter[];
  sweep: SweepSpec;
  problems: Problem[];
} {
  const applied = applyOverrides(base.raw, overrides, parameterNames(base.raw));
  const resolved = resolveAt(applied.raw, applied.parameterNodes, base.surroundings);
  const { parameters } = declaredParameters(entryOf(applied.raw, 'params')?.value);
  const repeat = defaultValue('sweep.repeat', (text) => parseQuantity(text, 'count'));
  const swept = readSweep(applied.raw, resolved.data.sweep, parameters, repeat);
  const problems = [...applied.problems, ...resolved.problems, ...swept.problems];
  const known = new Set(problems.map((p) => `${p.code} ${p.message}`));
  if (swept.problems.length === 0)
    for (const value of swept.values) {
      const override: Override = {
        path: value.name,
        value: { kind: 'scalar', text: value.text, span: value.span },
        pathSpan: value.span,
      };
      for (const problem of pointAt(base, [...overrides, override]).problems) {
        const isNew = !known.has(`${problem.code} ${problem.message}`);
        if (problem.severity === 'error' && isNew) {
          known.add(`${problem.code} ${problem.message}`);
          problems.push(atSweptValue(problem, value));
        }
      }
    }
  return { resolved, parameters, sweep: swept.spec, problems };
}

/** A problem that only a swept value causes is shown at that value. */
function atSweptValue(
  problem: Problem,
  value: { name: string; text: string; span: Override['pathSpan'] },
): Problem {
  const message = `with ${value.name} = ${value.text}: ${problem.message}`;
  const { code, suggestion } = problem;
  return problemAt(
    { code, message, ...(suggestion === undefined ? {} : { suggestion }) },
    value.span,
    { explain: 'sweep' },
  );
}

export type { SweepPointSpec, SweepSpec };
