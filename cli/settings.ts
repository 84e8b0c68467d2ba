/** The settings that verbs about live nodes go by, and how their mistakes are told. */
import { sortProblems, type Problem } from '../scenarios/language/problems.ts';
import type { Flag } from '../live/config/layer.ts';
import { resolveSettings, type Resolved } from '../live/config/resolve.ts';
import type { NodeSettings } from '../live/config/schema.ts';
import type { NodeFolder } from '../live/node/folder.ts';
import { EXIT, UserError } from './exit.ts';
import { known } from './live.ts';

/** Flags of the command line that give settings. */
export interface SettingArguments {
  set?: readonly string[];
  log?: string | undefined;
  delay?: number | undefined;
  loss?: number | undefined;
}

export function flagsOf({ set = [], log, delay, loss }: SettingArguments): Flag[] {
  return [
    ...set.map((text): Flag => ({ flag: '--set', text })),
    ...(log === undefined ? [] : [{ flag: '--log', name: 'log', text: log }]),
    ...(delay === undefined
      ? []
      : [{ flag: '--delay', name: 'node.emulate.delay', text: `${delay} ms` }]),
    ...(loss === undefined
      ? []
      : [{ flag: '--loss', name: 'node.emulate.loss', text: `${loss}%` }]),
  ];
}

/** All layers for a node, or for none in particular. */
export function layersFor(folder: NodeFolder | undefined, args: SettingArguments): Resolved {
  return resolveSettings({
    flags: flagsOf(args),
    ...(folder === undefined
      ? {}
      : { node: folder.name, nodeSource: known(() => folder.oldSettings()) }),
  });
}

/** The settings of a node. @throws UserError with every mistake in any layer. */
export function settingsFor(folder: NodeFolder, args: SettingArguments = {}): NodeSettings {
  const { settings, problems } = layersFor(folder, args);
  if (problems.length > 0) throw wrongSettings(problems);
  return settings;
}

/** The error for mistakes in settings: of the command line if they are all there, of the files otherwise. */
export function wrongSettings(problems: readonly Problem[]): UserError {
  const [first] = problems;
  const files = [...new Set(problems.map(({ file }) => file))];
  const flagsOnly = files.every((file) => file.startsWith('--'));
  const count = `${problems.length} problem${problems.length === 1 ? '' : 's'}`;
  return new UserError(
    flagsOnly ? EXIT.usage : EXIT.scenario,
    first!.code,
    `${files.join(', ')}: ${count} in the settings. Nothing was run.`,
    sortProblems(problems, first!.file),
  );
}
