/**
 * Networks by name: what a node needs to belong to one, in a file of the user's settings, `networks/<name>.yaml`. A network is its number and some cards of
 * nodes to join through; nobody runs one for everybody, so none comes with the program. Whoever runs one hands the file on; a testnet writes its own.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isNode, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import { readCard } from '../node/identity.ts';
import { configHome } from './places.ts';

export interface Network {
  id: string;
  bootstrap: readonly string[];
}

/** A network that is not known, or whose file is wrong; `message` is a sentence with what to do. */
export class NetworkError extends Error {}

const NAME = /^[a-z0-9][a-z0-9_-]{0,31}$/i;
const NETWORK = z.strictObject({
  id: z
    .string('expected a number below 2^64')
    .refine(
      (id) => /^\d{1,20}$/.test(id) && BigInt(id) < 2n ** 64n,
      'expected a number below 2^64',
    ),
  bootstrap: z.array(z.string(), 'expected a list of contact cards').min(1, 'no card is in it'),
});

function folder(): string {
  return join(configHome(), 'networks');
}

export function networkFile(name: string): string {
  return join(folder(), `${name}.yaml`);
}

/** Names of the networks that this user knows. */
export function networkNames(): string[] {
  if (!existsSync(folder())) return [];
  return readdirSync(folder())
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .toSorted();
}

/** @throws NetworkError */
export function readNetwork(suite: CryptoSuite, name: string): Network {
  const path = networkFile(name);
  if (!NAME.test(name) || !existsSync(path)) {
    const known = networkNames();
    throw new NetworkError(
      `No network "${name}" is known. ${known.length === 0 ? 'None is.' : `There are: ${known.join(', ')}.`} A network is a file with "id" and "bootstrap" (cards of nodes to join through); get it from whoever runs one and put it at ${path}`,
    );
  }
  const lines = new LineCounter();
  // Every scalar as text: 007 and 1e3 are what they look like.
  const document = parseDocument(readFileSync(path, 'utf8'), {
    schema: 'failsafe',
    lineCounter: lines,
  });
  const wrong = (at: number, why: string): NetworkError => {
    const { line, col } = lines.linePos(at);
    return new NetworkError(`${path}:${line}:${col}: ${why}.`);
  };
  const [mistake] = document.errors;
  if (mistake !== undefined) throw wrong(mistake.pos[0], mistake.message.split('\n')[0]!);
  const placeOf = (keys: readonly PropertyKey[]): number => {
    const node = document.getIn(keys, true);
    return (isNode(node) ? node.range?.[0] : undefined) ?? 0;
  };
  const read = NETWORK.safeParse(document.toJS());
  if (!read.success) {
    const issue = read.error.issues[0]!;
    throw wrong(placeOf(issue.path), `${[...issue.path, ''].join(' ')}${issue.message}`.trim());
  }
  read.data.bootstrap.forEach((text, i) => {
    const card = readCard(suite, text);
    const at = placeOf(['bootstrap', i]);
    if (!card.ok) throw wrong(at, `that is no contact card: ${card.why}`);
    if (card.record.networkId !== BigInt(read.data.id))
      throw wrong(at, `that card is for network ${card.record.networkId}, not ${read.data.id}`);
  });
  return { id: read.data.id, bootstrap: read.data.bootstrap.map((card) => card.trim()) };
}

export function writeNetwork(name: string, about: string, { id, bootstrap }: Network): void {
  const path = networkFile(name);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const cards = bootstrap.map((card) => `  - ${card}\n`).join('');
  writeFileSync(path, `# ${about}\nid: ${id}\nbootstrap:\n${cards}`, { mode: 0o600 });
}

export function forgetNetwork(name: string): void {
  rmSync(networkFile(name), { force: true });
}
