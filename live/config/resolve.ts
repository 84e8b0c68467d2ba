/** All layers of settings, one over the other, and for each setting which of them counts. */
import { existsSync, readFileSync } from 'node:fs';
import type { Problem, Source } from '../../scenarios/language/problems.ts';
import {
  environmentLayer,
  fileLayer,
  flagLayer,
  readSetting,
  type Flag,
  type Layer,
  type Said,
} from './layer.ts';
import { nodeConfigFile, PROJECT_FILE, userConfigFile } from './places.ts';
import { ALL_SETTINGS, type NodeSettings, type Setting } from './schema.ts';

/** Where settings are looked for. */
export interface Where {
  /** Name of the node, if one is meant. */
  node?: string | undefined;
  /** Of the command line, the last the strongest. */
  flags?: readonly Flag[];
  environment?: { readonly [name: string]: string | undefined };
  /** Stands for the node's file: the settings of a node of an older version. */
  nodeSource?: Source | undefined;
}

export interface Value {
  setting: Setting;
  text: string | readonly string[];
  value: unknown;
  /** What says so, from the strongest; empty where the default counts. */
  said: readonly Said[];
}

export interface Resolved {
  settings: NodeSettings;
  values: readonly Value[];
  /** Of all layers, the strongest first. */
  problems: readonly Problem[];
  /** Files that were read. */
  files: readonly string[];
}

/** Puts the layers together. With problems, what they are about is left out of `settings`. */
export function resolveSettings(where: Where): Resolved {
  const sources = [
    sourceOf(PROJECT_FILE),
    sourceOf(userConfigFile()),
    where.nodeSource ??
      (where.node === undefined ? undefined : sourceOf(nodeConfigFile(where.node))),
  ].filter((source) => source !== undefined);
  const layers: Layer[] = [
    flagLayer(where.flags ?? []),
    environmentLayer(where.environment ?? process.env),
    ...sources.map(fileLayer),
  ];
  const values = ALL_SETTINGS.map((setting): Value => {
    const said = layers.flatMap((layer) => layer.said.get(setting.name) ?? []);
    const [first] = said;
    return first === undefined
      ? { setting, text: setting.default, value: defaultOf(setting), said }
      : { setting, text: first.text, value: first.value, said };
  });
  return {
    settings: assembled(values),
    values,
    problems: layers.flatMap(({ problems }) => problems),
    files: sources.map(({ file }) => file),
  };
}

function sourceOf(file: string): Source | undefined {
  return existsSync(file) ? { file, text: readFileSync(file, 'utf8') } : undefined;
}

/** @throws if a default does not pass its own check, which is our fault. */
function defaultOf(setting: Setting): unknown {
  const reading = readSetting(setting, setting.default);
  if (!reading.ok) throw new Error(`default of ${setting.name}: ${reading.fault.message}`);
  return reading.value;
}

function assembled(values: readonly Value[]): NodeSettings {
  const settings = {};
  for (const { setting, value } of values) {
    let at: { [key: string]: unknown } = settings;
    for (const key of setting.path.slice(0, -1))
      at = (at[key] ??= {}) as { [key: string]: unknown };
    at[setting.path.at(-1)!] = value;
  }
  return settings as NodeSettings;
}
