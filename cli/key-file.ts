/** Key files as verbs make and open them. */
import { existsSync, readFileSync } from 'node:fs';
import { createSuite } from '../protocols/crypto/suites.ts';
import { accountFromPublicKey } from '../protocols/identity/address.ts';
import {
  decryptKey,
  encryptKey,
  KeyFileError,
  LIGHT_COST,
  STANDARD_COST,
} from '../live/keys/keystore.ts';
import { assertPrivate, KEY_FILE, type NodeFolder } from '../live/node/folder.ts';
import { newAccount, toHex } from '../live/node/identity.ts';
import { EXIT, UserError } from './exit.ts';
import { known } from './live.ts';
import { password } from './password.ts';

export interface KeyArguments {
  'password-file'?: string | undefined;
}

/** A key, and the text of the file that holds it. */
export interface Key {
  /** Of the account, 32 bytes. */
  secret: Uint8Array;
  text: string;
}

/** Draws a new key and encrypts it with a password that is asked for. */
export async function newKey(
  args: KeyArguments & { light: boolean },
  what: string,
): Promise<Key & { account: string }> {
  const words = await password(args['password-file'], what, true);
  const suite = createSuite('native');
  const secret = newAccount(suite);
  const account = accountFromPublicKey(suite, suite.accountPublicKey(secret));
  const text = await encryptKey(secret, words, account, args.light ? LIGHT_COST : STANDARD_COST);
  return { secret, text, account: toHex(account) };
}

/** The key in a file that is nobody else's to read. */
export async function keyIn(file: string, args: KeyArguments): Promise<Key> {
  if (!existsSync(file))
    throw new UserError(EXIT.environment, 'MF-0821', `${file} cannot be read.`);
  const text = known(() => {
    assertPrivate(file);
    return readFileSync(file, 'utf8');
  });
  return { text, secret: await opened(text, file, `The key in ${file}`, args) };
}

/** The account's secret of a node, with its password. */
export async function unlock(
  folder: NodeFolder,
  passwordFile: string | undefined,
): Promise<Uint8Array> {
  const text = known(() => folder.readSecret(KEY_FILE));
  const what = `The key of node "${folder.name}"`;
  return opened(text, folder.file(KEY_FILE), what, { 'password-file': passwordFile });
}

async function opened(
  text: string,
  file: string,
  what: string,
  args: KeyArguments,
): Promise<Uint8Array> {
  const words = await password(args['password-file'], what, false);
  try {
    return await decryptKey(text, words);
  } catch (error) {
    if (!(error instanceof KeyFileError)) throw error;
    throw new UserError(EXIT.environment, 'MF-0813', `${error.message} (${file})`);
  }
}
