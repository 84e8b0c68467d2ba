/**
 * A node's folder: what is in it, who may read it, where it is.
 *
 * `MAINFRAME_HOME/nodes/<name>`, else `$XDG_DATA_HOME/mainframe/nodes/<name>`, else `~/.local/share/mainframe/nodes/<name>`. In it:
 * `node.json` (who the node is; no secret), `account.json` (the encrypted key), `store/` (conversations, peers), `api.token` and
 * `api.json` (how to reach the running node), all readable by the owner alone. How the node is set stands elsewhere, among the user's
 * settings (`live/config/places.ts`).
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import type { Source } from '../../scenarios/language/problems.ts';
import { settingsText } from '../config/file.ts';
import { nodeConfigFile } from '../config/places.ts';
import { NODE_FACTS, type NodeFacts } from './facts.ts';
import { factsOf, OLD_NODE_FILE, settingsOf } from './old-settings.ts';

/** The encrypted account key. */
export const KEY_FILE = 'account.json';
const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/i;

const NODE_FILE = z.discriminatedUnion('version', [NODE_FACTS, OLD_NODE_FILE]);

/** Something in a node's folder that the user can put right; `message` says what and how. */
export class FolderError extends Error {}

/** Where nodes live. */
export function nodesHome(): string {
  const { MAINFRAME_HOME, XDG_DATA_HOME } = process.env;
  if (MAINFRAME_HOME !== undefined && MAINFRAME_HOME !== '') return join(MAINFRAME_HOME, 'nodes');
  const data =
    XDG_DATA_HOME !== undefined && XDG_DATA_HOME !== ''
      ? XDG_DATA_HOME
      : join(homedir(), '.local', 'share');
  return join(data, 'mainframe', 'nodes');
}

/** Names of the nodes there are. */
export function nodeNames(): string[] {
  return namesWith('node.json');
}

/** Names under which there is a key, with a node or none yet. */
export function keyNames(): string[] {
  return namesWith(KEY_FILE);
}

function namesWith(file: string): string[] {
  const home = nodesHome();
  if (!existsSync(home)) return [];
  return readdirSync(home)
    .filter((name) => existsSync(join(home, name, file)))
    .toSorted();
}

export class NodeFolder {
  readonly name: string;
  readonly path: string;

  constructor(name: string) {
    if (!NAME.test(name))
      throw new FolderError(
        `"${name}" cannot name a node: use letters, digits, "-" and "_", at most 32.`,
      );
    this.name = name;
    this.path = join(nodesHome(), name);
  }

  get exists(): boolean {
    return existsSync(this.file('node.json'));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  create(): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    chmodSync(this.path, 0o700);
  }

  /** Who the node is. @throws FolderError if there is none, or its file is damaged. */
  facts(): NodeFacts {
    const file = this.#nodeFile();
    return file.version === 1 ? factsOf(file) : file;
  }

  saveFacts(facts: NodeFacts): void {
    this.write('node.json', `${JSON.stringify(facts, null, 2)}\n`);
  }

  /** The settings of a node that an older version made and that has no settings file yet. */
  oldSettings(): Source | undefined {
    if (!this.exists || existsSync(this.settingsFile)) return undefined;
    const file = this.#nodeFile();
    if (file.version !== 1) return undefined;
    const text = settingsText(this.name, settingsOf(file));
    return { file: this.file('node.json'), text, virtual: true };
  }

  /** Gives such a node its settings file. @returns a sentence about it, if there was something to do. */
  migrate(): string | undefined {
    const file = this.#nodeFile();
    if (file.version !== 1) return undefined;
    // The settings first: between the two writes both can be read.
    if (!existsSync(this.settingsFile))
      this.writeSettings(settingsText(this.name, settingsOf(file)));
    this.saveFacts(factsOf(file));
    return `The settings of "${this.name}" stand in ${this.settingsFile} now, each with what it means.`;
  }

  get settingsFile(): string {
    return nodeConfigFile(this.name);
  }

  writeSettings(text: string): void {
    writeWhole(this.settingsFile, text);
  }

  /** Takes the node off the disk: key, conversations, settings. */
  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
    rmSync(this.settingsFile, { force: true });
  }

  #nodeFile(): z.infer<typeof NODE_FILE> {
    if (!this.exists) {
      const known = nodeNames();
      const others =
        known.length === 0 ? '' : ` There is ${known.map((name) => `"${name}"`).join(', ')}.`;
      throw new FolderError(
        `There is no node "${this.name}".${others} Make it: mainframe node init ${this.name}`,
      );
    }
    const text = readFileSync(this.file('node.json'), 'utf8');
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch (error) {
      throw new FolderError(`${this.file('node.json')} is not JSON: ${(error as Error).message}`);
    }
    const parsed = NODE_FILE.safeParse(json);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new FolderError(`${this.file('node.json')}: ${issue!.path.join('.')}: ${issue!.message}`);
  }

  /** Writes a file whole or not at all, readable by the owner alone. */
  write(name: string, text: string): void {
    writeWhole(this.file(name), text);
  }

  /** A file that holds a secret. @throws FolderError if others may read it. */
  readSecret(name: string): string {
    const path = this.file(name);
    if (!existsSync(path)) throw new FolderError(`${path} is missing.`);
    assertPrivate(path);
    return readFileSync(path, 'utf8');
  }
}

/** Writes a file whole or not at all, readable by the owner alone if nothing else is said; its folder is made if need be. */
export function writeWhole(path: string, text: string, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}`);
  writeFileSync(temporary, text, { mode, flush: true });
  renameSync(temporary, path);
}

/** @throws FolderError if somebody else than the owner may read the file. */
export function assertPrivate(path: string): void {
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new FolderError(
      `Others may read ${path} (mode ${mode.toString(8)}). Run: chmod 600 ${path}`,
    );
}
