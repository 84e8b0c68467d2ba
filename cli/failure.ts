/** What a failure looks like: a sentence and an exit code, the same as an object with --json, a bundle when it is our own fault. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIdentity } from '../scenarios/version.ts';
import { environmentError, EXIT, UserError } from './exit.ts';
import type { Output } from './output.ts';

/** Says what went wrong. @returns the exit code. */
export async function fail(error: unknown, output: Output): Promise<number> {
  const known = error instanceof UserError ? error : environmentError(error);
  if (known === undefined) return bug(error, output);
  if (output.json) {
    output.object({
      error: {
        code: known.code,
        message: known.message,
        problems: known.problems.map(({ code, file, line, column, message, suggestion }) => ({
          code,
          file,
          line,
          column,
          message,
          ...(suggestion === undefined ? {} : { suggestion }),
        })),
      },
    });
  } else if (known.problems.length > 0) {
    const { renderProblems } = await import('../scenarios/language/problems.ts');
    const frames = renderProblems(known.problems, { colour: output.colourOfTalk });
    output.complain(`${frames}      exit ${known.exit}`);
  } else output.complain(known.message);
  return known.exit;
}

/** Our own fault: says so, and leaves what a report needs in a file. */
function bug(error: unknown, output: Output): number {
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? message) : message;
  const report = {
    ...buildIdentity(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    command: process.argv.slice(2),
    stack,
  };
  let bundle: string | undefined;
  try {
    bundle = join(mkdtempSync(join(tmpdir(), 'mainframe-bug-')), 'report.json');
    writeFileSync(bundle, `${JSON.stringify(report, null, 2)}\n`);
  } catch {
    // Not even a temporary file can be written; then the report goes to the screen.
    bundle = undefined;
  }
  output.object({
    error: {
      code: 'MF-0000',
      message,
      problems: [],
      ...(bundle === undefined ? { report } : { bundle }),
    },
  });
  output.complain(
    `This is a fault of mainframe, not yours: ${message}\n${
      bundle === undefined
        ? `Please report it with this text:\n${JSON.stringify(report, null, 2)}`
        : `Please report it with the file ${bundle}`
    }`,
  );
  return EXIT.bug;
}
