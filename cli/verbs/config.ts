/** `mainframe config show|set|check`: settings, where they come from, and what is wrong with them. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { position, problemAt } from '../../scenarios/language/problems.ts';
import { closest } from '../../scenarios/language/suggest.ts';
import { shown, withSetting } from '../../live/config/file.ts';
import { fileLayer, readSetting, type Said } from '../../live/config/layer.ts';
import { PROJECT_FILE, userConfigFile } from '../../live/config/places.ts';
import type { Value } from '../../live/config/resolve.ts';
import { ALL_SETTINGS, settingNamed, type Setting } from '../../live/config/schema.ts';
import { NodeFolder, nodeNames, writeWhole } from '../../live/node/folder.ts';
import { EXIT, UserError } from '../exit.ts';
import { folderOf, known } from '../live.ts';
import { shownPath, type Output } from '../output.ts';
import { layersFor, wrongSettings } from '../settings.ts';

/** The node that is meant, if any: the one named, or the only one there is. */
function meantNode(name: string | undefined): NodeFolder | undefined {
  if (name !== undefined) {
    const folder = folderOf(name);
    known(() => folder.facts());
    return folder;
  }
  const names = nodeNames();
  return names.length === 1 ? new NodeFolder(names[0]!) : undefined;
}

export function configShowVerb(
  args: { key?: string | undefined; origin: boolean; node?: string | undefined; set: string[] },
  output: Output,
): number {
  if (args.key !== undefined) known(() => settingOrSection(args.key!));
  const { values, problems } = layersFor(meantNode(args.node), args);
  if (problems.length > 0) throw wrongSettings(problems);
  const wanted = values.filter(
    ({ setting: { name } }) =>
      args.key === undefined || name === args.key || name.startsWith(`${args.key}.`),
  );
  const lines = wanted.map((value) => `${value.setting.name} = ${shown(value.text)}`);
  const width = Math.max(...lines.map((line) => line.length));
  wanted.forEach((value, i) => {
    output.print(args.origin ? `${lines[i]!.padEnd(width)}   ${originOf(value)}` : lines[i]!);
  });
  output.object({
    schema: 'config/v1',
    settings: wanted.map(({ setting, text, said }) => ({
      name: setting.name,
      value: text,
      default: setting.default,
      about: setting.description,
      from: said.map((one) => ({ value: one.text, ...placeOf(one) })),
    })),
  });
  return EXIT.ok;
}

/** A mistyped name, with what was meant. */
function settingOrSection(key: string): void {
  const names = ALL_SETTINGS.map(({ name }) => name);
  if (names.some((name) => name === key || name.startsWith(`${key}.`))) return;
  throw unknownSetting(key, names);
}

function unknownSetting(key: string, names: readonly string[]): UserError {
  const near = closest(key, names) ?? names.find((name) => name.endsWith(`.${key}`));
  return new UserError(
    EXIT.usage,
    'MF-0101',
    `No setting is called "${key}".${near === undefined ? ' mainframe config show lists all.' : ` Did you mean "${near}"?`}`,
  );
}

function placeOf({ span }: Said): { file: string; line?: number; column?: number } {
  const { source } = span;
  return source.virtual === true ? { file: source.file } : { file: source.file, ...position(span) };
}

/** `from FILE:line:column (over default X)` */
function originOf({ setting, text, said: [first, ...over] }: Value): string {
  if (first === undefined) return 'default';
  const words = [`from ${placeText(first)}`];
  const next = over[0];
  if (next !== undefined) words.push(`(over ${shown(next.text)} from ${placeText(next)})`);
  else if (shown(setting.default) !== shown(text))
    words.push(`(over default ${shown(setting.default)})`);
  return words.join(' ');
}

function placeText(said: Said): string {
  const { file, line, column } = placeOf(said);
  return line === undefined ? file : `${shownFile(file)}:${line}:${column}`;
}

/** A file as people read it: one of this folder begins with "./". */
function shownFile(file: string): string {
  const path = shownPath(file);
  return path.includes('/') ? path : `./${path}`;
}

export function configCheckVerb(
  args: { file?: string | undefined; node?: string | undefined },
  output: Output,
): number {
  const { problems, files } = args.file === undefined ? everyLayer(args.node) : oneFile(args.file);
  if (problems.length > 0) throw wrongSettings(problems);
  output.verdict(
    files.length === 0
      ? 'No settings file yet: every setting is at its default.'
      : `All well in ${files.map(shownFile).join(', ')}.`,
  );
  output.object({ schema: 'config-check/v1', files, problems: [] });
  return EXIT.ok;
}

type Checked = Pick<ReturnType<typeof layersFor>, 'problems' | 'files'>;

/** What counts for one node, or for each. */
function everyLayer(node: string | undefined): Checked {
  const folders =
    node === undefined ? nodeNames().map((name) => new NodeFolder(name)) : [meantNode(node)];
  const all = (folders.length === 0 ? [undefined] : folders).map((one) => layersFor(one, {}));
  return {
    problems: all.flatMap(({ problems }) => problems),
    files: [...new Set(all.flatMap(({ files }) => files))],
  };
}

function oneFile(file: string): Checked {
  return { problems: fileLayer({ file, text: textOf(file) }).problems, files: [file] };
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UserError(EXIT.environment, 'MF-0140', `${file} cannot be read.`);
  }
}

export function configSetVerb(
  args: {
    key: string;
    values: string[];
    node?: string | undefined;
    user: boolean;
    project: boolean;
  },
  output: Output,
): number {
  const setting = settingNamed(args.key);
  if (setting === undefined)
    throw unknownSetting(
      args.key,
      ALL_SETTINGS.map(({ name }) => name),
    );
  const { file, folder } = targetOf(args);
  const text = valueOf(setting, args.values);
  const migrated = folder === undefined ? undefined : known(() => folder.migrate());
  const old = existsSync(file) ? textOf(file) : '';
  const before = fileLayer({ file, text: old });
  if (before.problems.length > 0) throw wrongSettings(before.problems);
  const mode = existsSync(file) ? statSync(file).mode & 0o777 : args.project ? 0o644 : 0o600;
  writeWhole(file, withSetting(old, setting, text), mode);
  if (migrated !== undefined) output.talk(migrated);
  const now = layersFor(folder ?? meantNode(undefined), {}).values.find(
    (value) => value.setting.name === setting.name,
  )!;
  const own = now.said.find((one) => one.span.source.file === file);
  const was = before.said.get(setting.name);
  const place = own === undefined ? shownFile(file) : placeText(own);
  output.print(
    `${setting.name} = ${shown(text)}   in ${place} (was ${shown(was?.text ?? setting.default)})`,
  );
  const [counts] = now.said;
  if (counts !== own && counts !== undefined)
    output.complain(`! ${placeText(counts)} says ${shown(counts.text)}, and that counts.`);
  else if (folder !== undefined && existsSync(folder.file('api.json')))
    output.talk(
      `The node runs; it takes it with its next start: mainframe node stop ${folder.name}`,
    );
  output.object({ schema: 'config-set/v1', name: setting.name, value: text, file });
  return EXIT.ok;
}

/** Which file is to be changed. @throws UserError where that is not clear. */
function targetOf(args: { node?: string | undefined; user: boolean; project: boolean }): {
  file: string;
  folder?: NodeFolder;
} {
  const given = [args.user, args.project, args.node !== undefined].filter(Boolean).length;
  if (given > 1)
    throw new UserError(EXIT.usage, 'MF-0001', 'Give one of --node, --user and --project.');
  if (args.user) return { file: userConfigFile() };
  if (args.project) return { file: PROJECT_FILE };
  const folder = folderOf(args.node);
  known(() => folder.facts());
  return { file: folder.settingsFile, folder };
}

/** The value that was typed. @throws UserError that shows what is wrong with it. */
function valueOf(setting: Setting, words: readonly string[]): string | string[] {
  const text = setting.list ? words.filter((word) => word !== 'none') : words.join(' ');
  const reading = readSetting(setting, text);
  if (reading.ok) return typeof text === 'string' ? text.trim() : text;
  const typed = words.join(' ');
  const { offset = 0, length = typed.length } = setting.list ? {} : reading.fault;
  const source = { file: setting.name, text: typed, virtual: true };
  const problem = problemAt(reading.fault, { source, start: offset, end: offset + length });
  throw new UserError(EXIT.usage, problem.code, problem.message, [problem]);
}
