#!/usr/bin/env node
/**
 * The entry. What can be answered without a parser is answered here: the welcome, the overview and the version, in little more than the
 * time that Node takes to start. Everything else goes to `program.ts`.
 */
import { EXIT } from './exit.ts';

async function main(words: readonly string[]): Promise<number> {
  const only = words.length === 1 ? words[0] : undefined;
  if (words.length === 0 || only === '--help' || only === 'help') {
    const { overview, WELCOME } = await import('./overview.ts');
    process.stdout.write(words.length === 0 ? WELCOME : overview());
    return EXIT.ok;
  }
  if (words.includes('--version') && words.every((word) => word.startsWith('-'))) {
    const { buildIdentity } = await import('../scenarios/version.ts');
    const identity = { ...buildIdentity(), node: process.version };
    process.stdout.write(
      words.includes('--json')
        ? `${JSON.stringify({ schema: 'version/v1', ...identity }, null, 2)}\n`
        : `mainframe ${identity.version} (${identity.commit}) node ${identity.node}\n`,
    );
    return EXIT.ok;
  }
  return (await import('./program.ts')).runProgram(words);
}

/** Something that nobody caught is our fault, wherever it comes from. */
async function uncaught(error: unknown): Promise<void> {
  const { fail } = await import('./failure.ts');
  const { Output } = await import('./output.ts');
  const json = process.argv.includes('--json');
  process.exit(await fail(error, new Output({ json, quiet: false, color: false })));
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `mainframe … | head` closes our output; that is not an error.
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  void uncaught(error);
});
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  // Nobody listens to our talk any more; a node that runs goes on.
  if (error.code !== 'EPIPE') void uncaught(error);
});
process.on('uncaughtException', (error) => void uncaught(error));
process.on('unhandledRejection', (error) => void uncaught(error));

process.exitCode = await main(process.argv.slice(2));
