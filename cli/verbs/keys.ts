/** `mainframe keys …`: what makes a node who it is, kept safe. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createSuite } from '../../protocols/crypto/suites.ts';
import { backupText, readBackup } from '../../live/node/backup.ts';
import { NodeFolder, nodeNames } from '../../live/node/folder.ts';
import { fromHex, identityOf, toHex } from '../../live/node/identity.ts';
import { EXIT, UserError } from '../exit.ts';
import { folderOf, known } from '../live.ts';
import type { Output } from '../output.ts';
import { KEY_FILE, short, unlock } from './node.ts';

export function keysListVerb(output: Output): number {
  const keys = nodeNames().map((name) => {
    const folder = new NodeFolder(name);
    const { address, keyNumber } = known(() => folder.settings());
    return {
      name,
      address,
      keyNumber,
      file: folder.file(KEY_FILE),
      backedUp: existsSync(folder.file('backed-up')),
    };
  });
  for (const { name, address, keyNumber, backedUp } of keys)
    output.print(
      `${name.padEnd(16)} ${short(address)}   key ${keyNumber}   ${backedUp ? 'backed up' : `never backed up: mainframe keys backup ${name} --to FILE`}`,
    );
  if (keys.length === 0) output.print('There is no node yet. mainframe node init home');
  output.object({ schema: 'key-list/v1', keys });
  return EXIT.ok;
}

export async function keysBackupVerb(
  args: { name: string | undefined; to: string; 'password-file'?: string | undefined },
  output: Output,
): Promise<number> {
  const folder = folderOf(args.name);
  const settings = known(() => folder.settings());
  // A backup whose password nobody knows is none.
  await unlock(folder, args['password-file']);
  if (existsSync(args.to))
    throw new UserError(
      EXIT.environment,
      'MF-0820',
      `${args.to} is there already; a backup does not replace anything.`,
    );
  writeFileSync(
    args.to,
    backupText(
      settings,
      known(() => folder.readSecret(KEY_FILE)),
    ),
    { mode: 0o600, flag: 'wx' },
  );
  folder.write('backed-up', '');
  output.print(
    `Backed up "${folder.name}" to ${args.to}, encrypted with its password. Back: mainframe keys restore ${args.to}`,
  );
  output.object({ schema: 'key-backup/v1', name: folder.name, file: args.to });
  return EXIT.ok;
}

export function keysRestoreVerb(
  args: { file: string; name?: string | undefined },
  output: Output,
): number {
  let text: string;
  try {
    text = readFileSync(args.file, 'utf8');
  } catch {
    throw new UserError(EXIT.environment, 'MF-0821', `${args.file} cannot be read.`);
  }
  const read = readBackup(text);
  if (!read.ok)
    throw new UserError(
      EXIT.environment,
      'MF-0822',
      `${args.file} is no backup of a node: ${read.why}.`,
    );
  const name = args.name ?? read.settings.name;
  const folder = known(() => new NodeFolder(name));
  if (folder.exists)
    throw new UserError(
      EXIT.environment,
      'MF-0801',
      `There is a node "${name}" already, in ${folder.path}. Give another --name.`,
    );
  folder.create();
  folder.write(KEY_FILE, read.account);
  folder.saveSettings({ ...read.settings, name });
  folder.write('backed-up', '');
  output.print(
    `Restored "${name}", ${short(read.settings.address)}. Do not run it in two places at once. Next: mainframe node run ${name}`,
  );
  output.object({ schema: 'key-restore/v1', name, address: read.settings.address });
  return EXIT.ok;
}

/** A new encryption key of the same account, with a record that replaces the old one. */
export async function keysRotateVerb(
  args: { name: string | undefined; 'password-file'?: string | undefined },
  output: Output,
): Promise<number> {
  const folder = folderOf(args.name);
  const settings = known(() => folder.settings());
  if (existsSync(folder.file('api.json')))
    throw new UserError(
      EXIT.environment,
      'MF-0823',
      `"${folder.name}" runs. Stop it first: mainframe node stop ${folder.name}`,
    );
  const secret = await unlock(folder, args['password-file']);
  const keyNumber = settings.keyNumber + 1;
  const identity = identityOf(
    createSuite('native'),
    secret,
    BigInt(settings.networkId),
    fromHex(settings.nonce),
    keyNumber,
  );
  folder.saveSettings({
    ...settings,
    keyNumber,
    sequence: settings.sequence + 1,
    publicKey: toHex(identity.key.publicKey),
  });
  output.print(
    `"${folder.name}" has encryption key ${keyNumber} now. Neighbours learn it by themselves; give friends the new card: mainframe node id ${folder.name}`,
  );
  output.object({ schema: 'key-rotate/v1', name: folder.name, keyNumber });
  return EXIT.ok;
}
