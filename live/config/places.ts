/**
 * Where settings stand, from the strongest to the weakest: flags, `MAINFRAME_…` variables, `mainframe.yaml` of the folder one is in, the user's
 * file, the node's file, defaults. Folders follow XDG (https://specifications.freedesktop.org/basedir); MAINFRAME_HOME moves all.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';

export const PROJECT_FILE = 'mainframe.yaml';

/** Folder of the user's settings. */
export function configHome(): string {
  const { MAINFRAME_HOME, XDG_CONFIG_HOME } = process.env;
  if (MAINFRAME_HOME !== undefined && MAINFRAME_HOME !== '') return join(MAINFRAME_HOME, 'config');
  const home =
    XDG_CONFIG_HOME !== undefined && XDG_CONFIG_HOME !== ''
      ? XDG_CONFIG_HOME
      : join(homedir(), '.config');
  return join(home, 'mainframe');
}

/** The user's own file, for all nodes. */
export function userConfigFile(): string {
  return join(configHome(), 'config.yaml');
}

/** The file of one node. */
export function nodeConfigFile(name: string): string {
  return join(configHome(), 'nodes', `${name}.yaml`);
}
