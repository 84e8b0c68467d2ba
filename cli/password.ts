/**
 * Passwords: from a file, from stdin, or asked for on a terminal. Never from a flag or the environment, where other processes and shell histories
 * see them.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { assertPrivate, FolderError } from '../live/node/folder.ts';
import { EXIT, UserError } from './exit.ts';

/** Reads a password. @param file a file readable by its owner alone, "-" for stdin, undefined to ask. @param twice asks again, for a new one. */
export async function password(
  file: string | undefined,
  what: string,
  twice: boolean,
): Promise<string> {
  if (file !== undefined && file !== '-') {
    try {
      assertPrivate(file);
      return firstLine(readFileSync(file, 'utf8'));
    } catch (error) {
      const why =
        error instanceof FolderError ? error.message : `The password file ${file} cannot be read.`;
      throw new UserError(EXIT.environment, 'MF-0810', why);
    }
  }
  if (file === '-') return firstLine(readFileSync(0, 'utf8'));
  if (process.stdin.isTTY !== true)
    throw new UserError(
      EXIT.usage,
      'MF-0811',
      `${what} needs a password and there is no terminal to ask at. Give --password-file FILE (mode 600), or - for stdin.`,
    );
  const first = await ask('Password: ');
  if (twice && (await ask('Again: ')) !== first)
    throw new UserError(EXIT.usage, 'MF-0812', 'The two passwords differ. Nothing was made.');
  return first;
}

function firstLine(text: string): string {
  return text.split(/\r?\n/)[0] ?? '';
}

/** Asks on stderr without showing what is typed. */
async function ask(question: string): Promise<string> {
  const silent = new Writable({
    write(_chunk, _encoding, done) {
      done();
    },
  });
  const prompt = createInterface({ input: process.stdin, output: silent, terminal: true });
  process.stderr.write(question);
  try {
    return await prompt.question('');
  } finally {
    prompt.close();
    process.stderr.write('\n');
  }
}
