/**
 * A node's folder: what is in it, who may read it, where it is.
 *
 * `MAINFRAME_HOME/nodes/<name>`, else `$XDG_DATA_HOME/mainframe/nodes/<name>`, else `~/.local/share/mainframe/nodes/<name>`. In it:
 * `node.json` (who the node is and how it is set; no secret), `account.json` (the encrypted key), `store/` (conversations, peers), `api.token` and
 * `api.json` (how to reach the running node), all readable by the owner alone.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/i;
const hexBytes = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));

/** `node.json`. Everything in it is public. */
export const NODE_SETTINGS = z.strictObject({
  version: z.literal(1),
  name: z.string(),
  /** Decimal, below 2^64. */
  networkId: z.string().regex(/^\d{1,20}$/),
  address: hexBytes(32),
  publicKey: hexBytes(32),
  nonce: hexBytes(32),
  /** Of the node's record: grows with every change of key or place. */
  sequence: z.number().int().min(0),
  /** Which encryption key of the account is in use, from 1. */
  keyNumber: z.number().int().min(1),
  /** IP addresses to listen at; the empty text for none of that family. */
  listenIpv4: z.string(),
  listenIpv6: z.string(),
  port: z.number().int().min(0).max(65535),
  /** What others are told to send to, as address:port; empty for where the node is seen. */
  announce: z.string(),
  apiPort: z.number().int().min(0).max(65535),
  /** Contact cards of nodes to join through. */
  bootstrap: z.array(z.string()),
  /** Bits of the recipient's address that messages show. */
  luminosityBits: z.number().int().min(0).max(256),
  /** Most contacts of one bin from one network: 1 where all nodes share a machine. */
  networkShareRatio: z.number().min(0).max(1),
  /** Something is sent to each neighbour at least this often, so that address translators in between keep their bindings; 0 for never. */
  keepaliveSeconds: z.number().int().min(0).max(120).default(25),
  /** Bytes carried for neighbours that cannot reach each other, all together; 0 to carry none. */
  relayBytesPerSecond: z.number().int().min(0).default(131_072),
});
export type NodeSettingsFile = z.infer<typeof NODE_SETTINGS>;

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
  const home = nodesHome();
  if (!existsSync(home)) return [];
  return readdirSync(home)
    .filter((name) => existsSync(join(home, name, 'node.json')))
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

  settings(): NodeSettingsFile {
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
    const parsed = NODE_SETTINGS.safeParse(json);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw new FolderError(`${this.file('node.json')}: ${issue!.path.join('.')}: ${issue!.message}`);
  }

  saveSettings(settings: NodeSettingsFile): void {
    this.write('node.json', `${JSON.stringify(settings, null, 2)}\n`);
  }

  /** Writes a file whole or not at all, readable by the owner alone. */
  write(name: string, text: string): void {
    const temporary = this.file(`.${name}.${process.pid}`);
    writeFileSync(temporary, text, { mode: 0o600, flush: true });
    renameSync(temporary, this.file(name));
  }

  /** A file that holds a secret. @throws FolderError if others may read it. */
  readSecret(name: string): string {
    const path = this.file(name);
    if (!existsSync(path)) throw new FolderError(`${path} is missing.`);
    assertPrivate(path);
    return readFileSync(path, 'utf8');
  }
}

/** @throws FolderError if somebody else than the owner may read the file. */
export function assertPrivate(path: string): void {
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0)
    throw new FolderError(
      `Others may read ${path} (mode ${mode.toString(8)}). Run: chmod 600 ${path}`,
    );
}
