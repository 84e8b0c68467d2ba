/**
 * One place where settings stand, read: which settings it sets, to what, where exactly; and everything that is wrong with it. A layer is checked
 * whole, also where a stronger one overrules it, so that a mistake is found before it counts.
 */
import { z } from 'zod';
import {
  entryOf,
  nodeAt,
  parseRaw,
  spanOf,
  type Raw,
  type RawEntry,
} from '../../scenarios/language/raw.ts';
import {
  problemAt,
  type Fault,
  type Problem,
  type Source,
  type Span,
} from '../../scenarios/language/problems.ts';
import { closest } from '../../scenarios/language/suggest.ts';
import { ALL_SETTINGS, SETTINGS, settingNamed, type Setting } from './schema.ts';
import { faultOf } from './values.ts';

/** What a layer says about one setting. */
export interface Said {
  setting: Setting;
  /** As written. */
  text: string | readonly string[];
  value: unknown;
  /** Of the key. */
  span: Span;
}

export interface Layer {
  said: ReadonlyMap<string, Said>;
  problems: readonly Problem[];
}

type Tree = { [key: string]: string | string[] | Tree };

/** A key that would hold a secret. */
const SECRET = /pass(word|phrase|wd)?$|secret|token|mnemonic|private|seed_?phrase|api_?key/i;
const PREFIX = 'MAINFRAME_';

/** Reads a settings file. */
export function fileLayer(source: Source): Layer {
  const { raw, problems } = parseRaw(source);
  if (raw === undefined) return { said: new Map(), problems };
  if (raw.kind !== 'map') {
    const what = { code: 'MF-0105', message: 'a settings file has keys: "log: warn"' };
    return { said: new Map(), problems: [...problems, problemAt(what, raw.span)] };
  }
  return checked(raw, problems);
}

/** A setting given on the command line. */
export interface Flag {
  /** As typed: `--log`. */
  flag: string;
  /** The setting; undefined for a flag whose text is `name=value`. */
  name?: string;
  text: string;
}

/** Reads flags, of which the last is the strongest. */
export function flagLayer(flags: readonly Flag[]): Layer {
  const said = new Map<string, Said>();
  const problems: Problem[] = [];
  for (const { flag, name, text } of flags) {
    const source: Source = { file: flag, text, virtual: true };
    const whole = { source, start: 0, end: text.length };
    const at = text.indexOf('=');
    if (name !== undefined) oneSetting(name, text, whole, whole, said, problems);
    else if (at < 0)
      problems.push(
        problemAt(
          { code: 'MF-0105', message: `${flag} takes name=value`, hint: 'for example log=info' },
          whole,
        ),
      );
    else {
      const key = { ...whole, end: at };
      const value = { ...whole, start: at + 1 };
      oneSetting(text.slice(0, at), text.slice(at + 1), key, value, said, problems);
    }
  }
  return { said, problems };
}

/** Reads the variables of an environment: `MAINFRAME_NODE_UDP_PORT` is `node.udp.port`. */
export function environmentLayer(environment: {
  readonly [name: string]: string | undefined;
}): Layer {
  const said = new Map<string, Said>();
  const problems: Problem[] = [];
  const names = new Map(ALL_SETTINGS.map((setting) => [variableOf(setting.name), setting.name]));
  for (const [variable, text] of Object.entries(environment).toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    if (!variable.startsWith(PREFIX) || text === undefined) continue;
    const source: Source = { file: variable, text, virtual: true };
    const whole = { source, start: 0, end: text.length };
    const name = names.get(variable);
    if (name !== undefined) oneSetting(name, text, whole, whole, said, problems);
    else if (isMeant(variable))
      // The value may be a secret, so the frame shows the name alone.
      problems.push(unknownVariable(variable, [...names.keys()]));
  }
  return { said, problems };
}

/** The variable that sets a setting. */
export function variableOf(name: string): string {
  return `${PREFIX}${name.replaceAll('.', '_').toUpperCase()}`;
}

/** Whether a variable is meant for us to set something; others (MAINFRAME_HOME) have other purposes. */
function isMeant(variable: string): boolean {
  return /^MAINFRAME_(NODE|LOG|MONEY|METRICS)(_|$)/.test(variable) || SECRET.test(variable);
}

function unknownVariable(variable: string, known: readonly string[]): Problem {
  const source: Source = { file: 'environment', text: variable, virtual: true };
  const span = { source, start: 0, end: variable.length };
  return SECRET.test(variable)
    ? secretProblem(variable, span)
    : problemAt(unknownFault(variable, known, 'no setting has this variable'), span);
}

/** A setting given by name, outside a file. */
function oneSetting(
  name: string,
  text: string,
  key: Span,
  value: Span,
  said: Map<string, Said>,
  problems: Problem[],
): void {
  const setting = settingNamed(name);
  if (setting === undefined) {
    const names = ALL_SETTINGS.map((one) => one.name);
    problems.push(
      SECRET.test(name) ? secretProblem(name, key) : problemAt(unknownFault(name, names), key),
    );
    return;
  }
  const texts = setting.list ? text.split(/[\s,]+/).filter((word) => word !== '') : text;
  const reading = readSetting(setting, texts);
  if (reading.ok) said.set(name, { setting, text: texts, value: reading.value, span: key });
  else {
    const { offset = 0, length = value.end - value.start } = setting.list ? {} : reading.fault;
    const start = value.start + offset;
    problems.push(problemAt(reading.fault, { ...value, start, end: start + length }));
  }
}

/** The value of one setting from its text, or what is wrong with it. */
export function readSetting(
  setting: Setting,
  text: string | readonly string[],
): { ok: true; value: unknown } | { ok: false; fault: Fault } {
  const tree = setting.path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), text);
  const parsed = SETTINGS.safeParse(tree);
  if (parsed.success) return { ok: true, value: valueAt(parsed.data, setting.path) };
  const [issue] = parsed.error.issues;
  return {
    ok: false,
    fault: faultOf(issue!) ?? { code: 'MF-0105', message: issue!.message },
  };
}

export function valueAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((at, key) => (at as Tree | undefined)?.[key], tree);
}

function checked(raw: Raw, syntax: readonly Problem[]): Layer {
  const problems = [...syntax];
  const tree = treeOf(raw, [], problems);
  const parsed = SETTINGS.safeParse(tree);
  const wrong = new Set<string>();
  for (const issue of parsed.error?.issues ?? []) {
    wrong.add(issue.path.filter((step) => typeof step === 'string').join('.'));
    problems.push(...problemsOf(issue, raw));
  }
  const said = new Map<string, Said>();
  for (const setting of ALL_SETTINGS) {
    const text = valueAt(tree, setting.path) as string | string[] | undefined;
    if (text === undefined || wrong.has(setting.name)) continue;
    const reading = readSetting(setting, text);
    const entry = entryAt(raw, setting.path);
    if (reading.ok && entry !== undefined)
      said.set(setting.name, { setting, text, value: reading.value, span: entry.keySpan });
  }
  return { said, problems };
}

function entryAt(raw: Raw, path: readonly string[]): RawEntry | undefined {
  return entryOf(nodeAt(raw, path.slice(0, -1)), path.at(-1)!);
}

/** Texts in maps and lists. What cannot be read is left out; it has been reported. */
function treeOf(raw: Raw, path: readonly string[], problems: Problem[]): Tree {
  const tree: Tree = {};
  if (raw.kind !== 'map') return tree;
  for (const { key, keySpan, value } of raw.entries) {
    const own = [...path, key];
    if (value.kind === 'scalar') tree[key] = value.text;
    else if (value.kind === 'map') tree[key] = treeOf(value, own, problems);
    else if (value.kind === 'list')
      tree[key] = value.items.flatMap((item) => (item.kind === 'scalar' ? [item.text] : []));
    else if (value.kind === 'empty' && settingNamed(own.join('.')) !== undefined)
      problems.push(
        problemAt(
          {
            code: 'MF-0104',
            message: `"${key}" has no value`,
            hint: 'give it one, or leave it out',
          },
          keySpan,
        ),
      );
  }
  return tree;
}

function problemsOf(issue: z.core.$ZodIssue, raw: Raw): Problem[] {
  const path = issue.path as (string | number)[];
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(shapeAt(path));
    return issue.keys.flatMap((key) => {
      const entry = entryOf(nodeAt(raw, path), key);
      if (entry === undefined) return [];
      const where = path.length === 0 ? '' : ` in ${path.join('.')}`;
      if (SECRET.test(key)) return [secretProblem(key, entry.keySpan)];
      const what = unknownFault(key, known, `unknown key "${key}"${where}`);
      return [problemAt(what, entry.keySpan, { neighbour: true })];
    });
  }
  const at = nodeAt(raw, path) ?? raw;
  const what = faultOf(issue);
  if (what !== undefined) return [problemAt(what, spanOf(at, what))];
  const wanted = issue.code === 'invalid_type' ? SHAPES[issue.expected] : undefined;
  const message = `"${path.join('.')}" takes ${wanted ?? 'something else'}`;
  return [problemAt({ code: 'MF-0105', message }, at.span)];
}

const SHAPES: { readonly [type: string]: string } = {
  string: 'one value',
  array: 'a list',
  object: 'keys of its own',
};

function shapeAt(path: readonly (string | number)[]): z.core.$ZodShape {
  let schema: z.ZodObject = SETTINGS;
  for (const step of path) {
    const inner = (schema.shape[String(step)] as z.ZodOptional<z.ZodType>).unwrap();
    if (!(inner instanceof z.ZodObject)) return {};
    schema = inner;
  }
  return schema.shape;
}

function unknownFault(
  word: string,
  known: readonly string[],
  message = `no setting is called "${word}"`,
): Fault {
  const suggestion = closest(word, known);
  return {
    code: 'MF-0101',
    message,
    ...(suggestion === undefined
      ? {
          hint:
            known.length > 12 ? 'mainframe config show lists all' : `there are ${known.join(', ')}`,
        }
      : { suggestion }),
  };
}

/** The problem shows no line of the source: it would show the secret. */
function secretProblem(key: string, span: Span): Problem {
  const message = `"${key}" would be a secret, which stands in no setting, flag or variable: passwords come from --password-file or a prompt, the API token is made by the node`;
  return { ...problemAt({ code: 'MF-0401', message }, span), frame: [] };
}
