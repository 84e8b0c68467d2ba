/** Exit codes of every verb, and the one error class that carries one. All below 126, away from the shell's own meanings. */
import type { Problem } from '../scenarios/language/problems.ts';

export const EXIT = {
  ok: 0,
  /** Our fault: a bundle is written and a report asked for. */
  bug: 1,
  usage: 2,
  scenario: 3,
  expectation: 4,
  property: 5,
  /** Only with --strict. */
  unclear: 6,
  digest: 7,
  environment: 8,
  interrupted: 130,
} as const;

/** Something the user can put right: printed without a stack. */
export class UserError extends Error {
  readonly exit: number;
  readonly code: string;
  readonly problems: readonly Problem[];

  constructor(exit: number, code: string, message: string, problems: readonly Problem[] = []) {
    super(message);
    this.exit = exit;
    this.code = code;
    this.problems = problems;
  }
}

/** File-system errors that are the machine's, with what to do about them. */
const ENVIRONMENT: { readonly [code: string]: string } = {
  ENOSPC: 'The disk is full. Free some space or write elsewhere with --out.',
  EFBIG: 'A file would be larger than the system allows (ulimit -f). Write elsewhere with --out.',
  EIO: 'The disk does not work as it should. Write elsewhere with --out.',
  EDQUOT: 'Your disk quota is used up. Free some space or write elsewhere with --out.',
  EACCES: 'That folder cannot be written. Choose another with --out.',
  EPERM: 'That folder cannot be written. Choose another with --out.',
  EROFS: 'That file system is read-only. Choose another folder with --out.',
  ENOTDIR: 'Part of that path is a file, not a folder. Choose another with --out.',
  EEXIST: 'A file stands where a folder is needed. Choose another with --out.',
  EMFILE: 'Too many files are open. Raise the limit (ulimit -n) or use fewer --jobs.',
  ENOMEM: 'The machine is out of memory. Use fewer --jobs or a smaller world.',
};

/** The system's code; on a read-only file system Node.js reports a folder that could not be made as one that does not exist. */
function codeOf(error: Error & { code: unknown }): string {
  const unmade = error.code === 'ENOENT' && 'syscall' in error && error.syscall === 'mkdir';
  return unmade ? 'EROFS' : String(error.code);
}

/** The user error behind a system error, if it is one of the environment's. */
export function environmentError(error: unknown): UserError | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const advice = ENVIRONMENT[codeOf(error)];
  if (advice === undefined) return undefined;
  const path = 'path' in error && error.path !== undefined ? ` (${String(error.path)})` : '';
  return new UserError(EXIT.environment, 'MF-0802', `${advice}${path}`);
}
