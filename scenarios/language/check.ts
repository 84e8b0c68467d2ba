/**
 * The tree as written against the schema: every mistake at its place, and the values of all that is right.
 *
 * zod checks and converts; this file speaks. Each of zod's issues carries a path, the tree knows where that path stands
 * in the file, and the sentences are ours. What is wrong is then cut out and the rest is read again, so that later
 * checks (do the shares fit? does the metric exist?) see everything that can be seen.
 */
import { z } from 'zod';

import { faultOf } from './fields.ts';
import { position, problemAt, type Fault, type Problem, type Span } from './problems.ts';
import { entryOf, nodeAt, pathText, spanOf, type Raw, type RawEntry, type RawMap } from './raw.ts';
import { LATER_KEYS, scenarioSchema, type ScenarioData } from './schema.ts';
import { alternatives, closest } from './suggest.ts';

type Plain = string | null | Plain[] | { [key: string]: Plain };

/** Plain data of a tree; `broken` nodes are left out, empty ones are null. */
function plainOf(raw: Raw): Plain | undefined {
  switch (raw.kind) {
    case 'scalar':
      return raw.text;
    case 'empty':
      return null;
    case 'broken':
      return undefined;
    case 'list':
      // A hole would shift the indices that problems refer to, so what is broken stays as null.
      return raw.items.map((item) => plainOf(item) ?? null);
    case 'map': {
      const map: { [key: string]: Plain } = {};
      for (const entry of raw.entries) {
        const value = plainOf(entry.value);
        if (value !== undefined) map[entry.key] = value;
      }
      return map;
    }
  }
}

/** The schema below wrappers that only say "optional" or "converted". */
export function unwrap(type: z.core.$ZodType): z.core.$ZodType {
  if (type instanceof z.ZodOptional) return unwrap(type.unwrap());
  if (type instanceof z.ZodPipe) return unwrap(type.in);
  return type;
}

/** All schemas that a path can mean: more than one where short and long forms exist. */
export function schemasAt(path: readonly PropertyKey[]): z.core.$ZodType[] {
  let at: z.core.$ZodType[] = [scenarioSchema];
  for (const step of path) at = at.flatMap((type) => below(type, String(step)));
  return at;
}

/** The schema of one key, still with its meaning attached. */
export function below(type: z.core.$ZodType, step: string): z.core.$ZodType[] {
  const bare = unwrap(type);
  if (bare instanceof z.ZodObject) {
    const next = (bare.shape as { [key: string]: z.core.$ZodType })[step];
    return next !== undefined && Object.hasOwn(bare.shape, step) ? [next] : [];
  }
  if (bare instanceof z.ZodRecord) return [bare.valueType];
  if (bare instanceof z.ZodArray) return /^\d+$/.test(step) ? [bare.element] : [];
  if (bare instanceof z.ZodUnion) return bare.options.flatMap((option) => below(option, step));
  return [];
}

/** Keys that a map at this path may have. */
export function knownKeys(path: readonly PropertyKey[]): string[] {
  const collect = (type: z.core.$ZodType): string[] => {
    const bare = unwrap(type);
    if (bare instanceof z.ZodObject) return Object.keys(bare.shape);
    if (bare instanceof z.ZodUnion) return bare.options.flatMap(collect);
    return [];
  };
  return schemasAt(path).flatMap(collect);
}

/** `roles.spies` is `roles.*`, `traffic[2]` is `traffic[]`. */
export function patternOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step, depth) => {
    if (/^\d+$/.test(String(step))) return `${text}[]`;
    const parent = schemasAt(path.slice(0, depth)).map(unwrap);
    const name = parent.some((type) => type instanceof z.ZodRecord) ? '*' : String(step);
    return text === '' ? name : `${text}.${name}`;
  }, '');
}

function later(path: readonly PropertyKey[], name: string): boolean {
  return (LATER_KEYS[patternOf(path)] ?? []).includes(name);
}

/** What values a node may be, in words: "a map", "a list", "a value". */
function expected(path: readonly PropertyKey[]): string {
  const words = new Set<string>();
  const collect = (type: z.core.$ZodType): void => {
    const bare = unwrap(type);
    if (bare instanceof z.ZodUnion) bare.options.forEach(collect);
    else if (bare instanceof z.ZodArray) words.add('a list');
    else if (bare instanceof z.ZodObject || bare instanceof z.ZodRecord) words.add('a map');
    else words.add('a single value');
  };
  schemasAt(path).forEach(collect);
  return alternatives([...words]);
}

const WRITTEN: { readonly [kind in Raw['kind']]: string } = {
  scalar: 'a single value',
  map: 'a map',
  list: 'a list',
  empty: 'nothing',
  broken: 'nothing',
};

type Issue = z.core.$ZodIssue;

/** The issues of the form that was probably meant, with full paths. */
function flatten(issues: readonly Issue[], prefix: readonly PropertyKey[] = []): Issue[] {
  return issues.flatMap((issue): Issue[] => {
    const path = [...prefix, ...issue.path];
    if (issue.code !== 'invalid_union') return [{ ...issue, path }];
    const wrongShape = (list: readonly Issue[]): boolean =>
      list.some((inner) => inner.code === 'invalid_type' && inner.path.length === 0);
    const fitting = issue.errors.filter((list) => list.length > 0 && !wrongShape(list));
    const best = fitting.toSorted((a, b) => a.length - b.length)[0];
    if (best !== undefined) return flatten(best, path);
    return [
      { code: 'invalid_type', expected: 'string', message: '', path, input: undefined } as Issue,
    ];
  });
}

/** `path` for the reader: `luminosity in traffic[0]`. */
function place(path: readonly PropertyKey[]): string {
  return path.length === 0 ? 'the scenario' : pathText(path);
}

function describe(raw: Raw, issue: Issue): Problem[] {
  const path = issue.path;
  const explain = String(path[0] ?? '');
  const topic = explain === '' ? {} : { explain };
  if (issue.code === 'unrecognized_keys') {
    const parent = nodeAt(raw, path);
    const known = knownKeys(path);
    return issue.keys.flatMap((name): Problem[] => {
      const entry = entryOf(parent, name);
      if (entry === undefined) return [];
      const where = path.length === 0 ? '' : ` in ${place(path)}`;
      if (later(path, name))
        return [
          problemAt(
            { code: 'MF-0111', message: `"${name}"${where} is not part of this version` },
            entry.keySpan,
            topic,
          ),
        ];
      const written = parent?.kind === 'map' ? parent.entries.map((e) => e.key) : [];
      const suggestion =
        closest(
          name,
          known.filter((k) => !written.includes(k)),
        ) ?? closest(name, known);
      const what: Fault = {
        code: 'MF-0101',
        message: `unknown key "${name}"${where}`,
        ...(suggestion === undefined
          ? { hint: `known here: ${known.join(', ')}` }
          : { suggestion }),
      };
      const neighbour = parent?.kind === 'map' && followsSibling(parent, entry);
      const problemTopic = path.length === 0 ? {} : topic;
      return [problemAt(what, entry.keySpan, { ...problemTopic, neighbour })];
    });
  }
  const node = nodeAt(raw, path);
  if (node === undefined || node.kind === 'broken') return [];
  const leafFault = issue.code === 'custom' ? faultOf(issue) : undefined;
  if (leafFault !== undefined) {
    const via =
      node.kind === 'scalar' && node.via !== undefined
        ? `$${node.via.join(', $')} does not fit ${pathText(path)}: `
        : '';
    return [
      problemAt({ ...leafFault, message: via + leafFault.message }, spanOf(node, leafFault), topic),
    ];
  }
  const name = pathText(path);
  if (node.kind === 'empty')
    return [
      problemAt(
        { code: 'MF-0104', message: `"${name}" has no value`, hint: `write ${expected(path)}` },
        labelSpan(raw, path, node.span),
        topic,
      ),
    ];
  const what: Fault = {
    code: 'MF-0105',
    message: `"${name}" is ${WRITTEN[node.kind]}, and ${expected(path)} is needed`,
  };
  return [problemAt(what, shapeSpan(raw, path, node), topic)];
}

/** True when the key right above stands in the same map: the line before then helps to see what was meant. */
function followsSibling(parent: RawMap, entry: RawEntry): boolean {
  const before = parent.entries[parent.entries.indexOf(entry) - 1];
  return before !== undefined && position(before.keySpan).line < position(entry.keySpan).line;
}

/** The key of a node, for values that have no letters of their own. */
function labelSpan(raw: Raw, path: readonly PropertyKey[], fallback: Span): Span {
  const parent = nodeAt(raw, path.slice(0, -1));
  return entryOf(parent, String(path.at(-1)))?.keySpan ?? fallback;
}

/** A map or list is shown by its key (its text may be many lines), a value by itself. */
function shapeSpan(raw: Raw, path: readonly PropertyKey[], node: Raw): Span {
  return node.kind === 'scalar' ? node.span : labelSpan(raw, path, firstLine(node.span));
}

function firstLine(span: Span): Span {
  const newline = span.source.text.indexOf('\n', span.start);
  return { ...span, end: newline < 0 ? span.end : Math.min(span.end, newline) };
}

/** Cuts what issues point at out of the data. */
function cut(data: Plain, issue: Issue): void {
  const remove = (path: readonly PropertyKey[]): void => {
    let at: Plain | undefined = data;
    for (const step of path.slice(0, -1)) {
      if (typeof at !== 'object' || at === null) return;
      at = Array.isArray(at) ? at[Number(step)] : at[String(step)];
    }
    const last = path.at(-1);
    if (typeof at !== 'object' || at === null || last === undefined) return;
    // An element becomes an empty map, not a hole, so that its neighbours keep their places.
    if (Array.isArray(at)) at[Number(last)] = typeof at[Number(last)] === 'string' ? '' : {};
    else delete at[String(last)];
  };
  if (issue.code === 'unrecognized_keys')
    for (const name of issue.keys) remove([...issue.path, name]);
  else remove(issue.path);
}

/** Checks a merged tree. `data` holds all that could be read. */
export function checkShape(raw: Raw): { data: ScenarioData; problems: Problem[] } {
  const plain = plainOf(raw) ?? {};
  let result = scenarioSchema.safeParse(plain);
  if (result.success) return { data: result.data, problems: [] };
  const problems = flatten(result.error.issues).flatMap((issue) => describe(raw, issue));
  // Each round removes at least one node, so the loop ends; two rounds are the usual case.
  for (let round = 0; round < 16 && !result.success; round++) {
    const issues = flatten(result.error.issues);
    if (round > 0) dropLists(plain, issues);
    else for (const issue of issues) cut(plain, issue);
    result = scenarioSchema.safeParse(plain);
  }
  return { data: result.success ? result.data : {}, problems };
}

/** Second and later rounds: what is still wrong goes with the list it stands in. */
function dropLists(plain: Plain, issues: readonly Issue[]): void {
  for (const issue of issues) {
    const inList = issue.path.findIndex((step) => typeof step === 'number');
    const path = inList < 0 ? issue.path : issue.path.slice(0, inList);
    cut(plain, { ...issue, code: 'custom', path } as Issue);
  }
}
