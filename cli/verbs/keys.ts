/** `mainframe keys …`: what makes a node who it is, made and kept safe. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createSuite } from '../../protocols/crypto/suites.ts';
import { keyFileAccount } from '../../live/keys/keystore.ts';
import { backupText, readBackup } from '../../live/node/backup.ts';
import { KEY_FILE, keyNames, NodeFolder } from '../../live/node/folder.ts';
import { fromHex, identityOf, toHex } from '../../live/node/identity.ts';
import { EXIT, UserError } from '../exit.ts';
import { newKey, unlock, type KeyArguments } from '../key-file.ts';
import { folderOf, known } from '../live.ts';
import type { Output } from '../output.ts';
import { short } from './node.ts';

interface KeyLine {
  /** Of the node or the file. */
  name: string;
  /** 40 hex digits; undefined for a file that does not say. */
  account: string | undefined;
  /** Undefined while there is no node. */
  address?: string;
  keyNumber?: number;
  file: string;
  backedUp?: boolean;
  next?: string;
}

/** Keys of this machine's nodes, of nodes to be, and in files that are named. */
export function keysListVerb(args: { files: readonly string[] }, output: Output): number {
  const keys = [...keyNames().map(keyOf), ...args.files.map(keyInFile)];
  for (const { name, account, address, keyNumber, backedUp, next } of keys)
    output.print(
      [
        name.padEnd(16),
        `0x${account ?? '?'}`,
        address === undefined ? 'no node' : `${short(address)}   key ${keyNumber}`,
        backedUp === true ? 'backed up' : (next ?? ''),
      ]
        .join('   ')
        .trimEnd(),
    );
  if (keys.length === 0) output.print('There is no key yet. mainframe node init home');
  output.object({ schema: 'key-list/v1', keys });
  return EXIT.ok;
}

function keyOf(name: string): KeyLine {
  const folder = new NodeFolder(name);
  const file = folder.file(KEY_FILE);
  const account = keyFileAccount(readFileSync(file, 'utf8'));
  if (!folder.exists) return { name, account, file, next: `mainframe node init ${name}` };
  const { address, keyNumber } = known(() => folder.facts());
  const backedUp = existsSync(folder.file('backed-up'));
  const next = `never backed up: mainframe keys backup ${name} --to FILE`;
  return { name, account, address, keyNumber, file, backedUp, ...(backedUp ? {} : { next }) };
}

function keyInFile(file: string): KeyLine {
  const text = textOf(file);
  const account = keyFileAccount(text);
  if (account === undefined && !text.includes('"crypto"'))
    throw new UserError(EXIT.environment, 'MF-0813', `${file} is no key file.`);
  return { name: file, account, file, next: `mainframe node init NAME --key ${file}` };
}

/** Makes a key: for a node that is still to be made, or in a file of its own. */
export async function keysCreateVerb(
  args: { name?: string | undefined; to?: string | undefined; light: boolean } & KeyArguments,
  output: Output,
): Promise<number> {
  const { name, to } = args;
  if ((name === undefined) === (to === undefined))
    throw new UserError(
      EXIT.usage,
      'MF-0825',
      'Name the node that the key is for, or give --to FILE; one of the two.',
    );
  const folder = name === undefined ? undefined : known(() => new NodeFolder(name));
  const file = folder?.file(KEY_FILE) ?? to!;
  if (existsSync(file))
    throw new UserError(
      EXIT.environment,
      'MF-0820',
      `${file} is there already; a key does not replace anything.`,
    );
  const key = await newKey(args, 'A new key');
  if (folder === undefined) writeFileSync(file, key.text, { mode: 0o600, flag: 'wx' });
  else {
    folder.create();
    folder.write(KEY_FILE, key.text);
  }
  const next =
    folder === undefined
      ? `mainframe node init NAME --key ${file}`
      : `mainframe node init ${folder.name}`;
  output.print(
    `Made a key, account 0x${key.account}, in ${file} (scrypt, mode 0600). Next: ${next}`,
  );
  output.object({ schema: 'key-create/v1', account: key.account, file });
  return EXIT.ok;
}

export async function keysBackupVerb(
  args: { name: string | undefined; to: string } & KeyArguments,
  output: Output,
): Promise<number> {
  const folder = folderOf(args.name);
  const node = known(() => folder.facts());
  // A backup whose password nobody knows is none.
  await unlock(folder, args['password-file']);
  if (existsSync(args.to))
    throw new UserError(
      EXIT.environment,
      'MF-0820',
      `${args.to} is there already; a backup does not replace anything.`,
    );
  const account = known(() => folder.readSecret(KEY_FILE));
  const settings =
    known(() => folder.oldSettings())?.text ??
    (existsSync(folder.settingsFile) ? readFileSync(folder.settingsFile, 'utf8') : '');
  writeFileSync(args.to, backupText({ node, account, settings }), { mode: 0o600, flag: 'wx' });
  folder.write('backed-up', '');
  output.print(
    `Backed up "${folder.name}" to ${args.to}, its key encrypted with its password. Back: mainframe keys restore ${args.to}`,
  );
  output.object({ schema: 'key-backup/v1', name: folder.name, file: args.to });
  return EXIT.ok;
}

export function keysRestoreVerb(
  args: { file: string; name?: string | undefined },
  output: Output,
): number {
  const read = readBackup(textOf(args.file));
  if (!read.ok)
    throw new UserError(
      EXIT.environment,
      'MF-0822',
      `${args.file} is no backup of a node: ${read.why}.`,
    );
  const name = args.name ?? read.node.name;
  const folder = known(() => new NodeFolder(name));
  if (folder.exists || existsSync(folder.file(KEY_FILE)))
    throw new UserError(
      EXIT.environment,
      'MF-0801',
      `There is a ${folder.exists ? 'node' : 'key for'} "${name}" already, in ${folder.path}. Give another --name.`,
    );
  folder.create();
  folder.write(KEY_FILE, read.account);
  if (existsSync(folder.settingsFile))
    output.talk(`Its settings are those of ${folder.settingsFile}, which was there.`);
  else folder.writeSettings(read.settings);
  folder.saveFacts({ ...read.node, name });
  folder.write('backed-up', '');
  output.print(
    `Restored "${name}", ${short(read.node.address)}. Do not run it in two places at once. Next: mainframe node run ${name}`,
  );
  output.object({ schema: 'key-restore/v1', name, address: read.node.address });
  return EXIT.ok;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UserError(EXIT.environment, 'MF-0821', `${file} cannot be read.`);
  }
}

/** A new encryption key of the same account, with a record that replaces the old one. */
export async function keysRotateVerb(
  args: { name: string | undefined; 'password-file'?: string | undefined },
  output: Output,
): Promise<number> {
  const folder = folderOf(args.name);
  const facts = known(() => folder.facts());
  if (existsSync(folder.file('api.json')))
    throw new UserError(
      EXIT.environment,
      'MF-0823',
      `"${folder.name}" runs. Stop it first: mainframe node stop ${folder.name}`,
    );
  const secret = await unlock(folder, args['password-file']);
  const migrated = known(() => folder.migrate());
  if (migrated !== undefined) output.talk(migrated);
  const keyNumber = facts.keyNumber + 1;
  const identity = identityOf(
    createSuite('native'),
    secret,
    BigInt(facts.networkId),
    fromHex(facts.nonce),
    keyNumber,
  );
  folder.saveFacts({
    ...facts,
    keyNumber,
    sequence: facts.sequence + 1,
    publicKey: toHex(identity.key.publicKey),
  });
  output.print(
    `"${folder.name}" has encryption key ${keyNumber} now. Neighbours learn it by themselves; give friends the new card: mainframe node id ${folder.name}`,
  );
  output.object({ schema: 'key-rotate/v1', name: folder.name, keyNumber });
  return EXIT.ok;
}
