#!/usr/bin/env node
/**
 * The command line: parses, calls a verb, turns what happened into an exit code. Verbs are imported when they are called, so that
 * `--help` answers at once.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { buildIdentity } from '../scenarios/version.ts';
import { EXIT, environmentError, UserError } from './exit.ts';
import { JOBS_OPTION, runFlags, scenarioFlags, SEED_OPTION } from './flags.ts';
import { Output, type CommonFlags } from './output.ts';
import { optionsOf, VERBS, suggestWord } from './words.ts';

const WELCOME = `mainframe: ask what a dark-routed, incentivised messaging network would do.

  mainframe run luminosity-vs-anonymity        one world, one seed
  mainframe sweep luminosity-vs-anonymity      every point, with intervals

New here? mainframe demo      Everything: mainframe --help`;

type Handler = (output: Output) => Promise<number> | number;

let code: number = EXIT.ok;

/** Runs a verb and remembers its exit code; a failure becomes one too. */
async function perform(flags: CommonFlags, handler: Handler): Promise<void> {
  const output = new Output(flags);
  try {
    code = await handler(output);
  } catch (error) {
    code = await fail(error, output);
  }
}

async function fail(error: unknown, output: Output): Promise<number> {
  const known = error instanceof UserError ? error : environmentError(error);
  if (known === undefined) return bug(error, output);
  if (output.json) {
    const problems = known.problems.map(({ code, file, line, column, message, suggestion }) => ({
      code,
      file,
      line,
      column,
      message,
      ...(suggestion === undefined ? {} : { suggestion }),
    }));
    output.object({ error: { code: known.code, message: known.message, problems } });
  } else if (known.problems.length > 0) {
    const { renderProblems } = await import('../scenarios/language/problems.ts');
    process.stderr.write(
      `${renderProblems(known.problems, { colour: output.colour })}      exit ${known.exit}\n`,
    );
  } else process.stderr.write(`${known.message}\n`);
  return known.exit;
}

/** Our own fault: says so, and leaves what a report needs in a file. */
function bug(error: unknown, output: Output): number {
  const identity = buildIdentity();
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const bundle = join(mkdtempSync(join(tmpdir(), 'mainframe-bug-')), 'report.json');
  const report = {
    ...identity,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    command: process.argv.slice(2),
    stack,
  };
  writeFileSync(bundle, `${JSON.stringify(report, null, 2)}\n`);
  const message = error instanceof Error ? error.message : String(error);
  if (output.json) output.object({ error: { code: 'bug', message, problems: [], bundle } });
  process.stderr.write(
    `This is a fault of mainframe, not yours: ${message}\nPlease report it with the file ${bundle}\n`,
  );
  return EXIT.bug;
}

function usage(message: string): void {
  const json = process.argv.includes('--json');
  if (json)
    process.stdout.write(
      `${JSON.stringify({ error: { code: 'usage', message, problems: [] } }, null, 2)}\n`,
    );
  else process.stderr.write(`${message}\n`);
  code = EXIT.usage;
}

/** Mistyped options, found before yargs complains of what they leave missing. */
function unknownOption(words: readonly string[]): string | undefined {
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  const verb = own.find((w) => !w.startsWith('-'));
  const known = optionsOf(verb);
  for (const word of own) {
    const name = /^--(no-)?([a-z][\w-]*)/.exec(word)?.[2];
    if (name === undefined || known.includes(name) || known.includes(word.slice(2).split('=')[0]!))
      continue;
    const near = suggestWord(name, known);
    return `No option "--${name}"${verb === undefined ? '' : ` for ${verb}`}.${near === undefined ? '' : ` Did you mean "--${near}"?`}`;
  }
  return undefined;
}

async function main(words: string[]): Promise<void> {
  if (words.length === 0) {
    process.stdout.write(`${WELCOME}\n`);
    return;
  }
  const mistyped = words[0] === '--get-yargs-completions' ? undefined : unknownOption(words);
  if (mistyped !== undefined) return usage(mistyped);

  const parser = yargs(words)
    .scriptName('mainframe')
    .usage('$0 <verb> [options]')
    .option('json', {
      type: 'boolean',
      default: false,
      describe: 'Print the complete result as JSON',
    })
    .option('quiet', { type: 'boolean', default: false, describe: 'Print the verdict line only' })
    .option('color', {
      type: 'boolean',
      default: true,
      describe: 'Colour on a terminal (--no-color, NO_COLOR)',
    })
    .command(
      'demo',
      'First minute: a small world, a chart, a report',
      (y) => y.option('out', { type: 'string', default: 'runs', describe: 'Folder for results' }),
      (a) => perform(a, async (o) => (await import('./verbs/demo.ts')).demoVerb(a.out, o)),
    )
    .command(
      'run <scenario>',
      'Run one world with one seed',
      (y) =>
        runFlags(
          y.positional('scenario', {
            type: 'string',
            demandOption: true,
            describe: 'Gallery name or file',
          }),
        )
          .option('seed', SEED_OPTION)
          .option('again', {
            type: 'boolean',
            default: false,
            describe: 'Run even if this very run is there; exit 7 if its digest differs',
          }),
      (a) => perform(a, async (o) => (await import('./verbs/run.ts')).runVerb(a, o)),
    )
    .command(
      'sweep <scenario>',
      'Run every point of a scenario with several seeds',
      (y) =>
        runFlags(
          y.positional('scenario', {
            type: 'string',
            demandOption: true,
            describe: 'Gallery name or file',
          }),
        )
          .option('seed', { ...SEED_OPTION, describe: 'First seed; the others follow' })
          .option('repeat', {
            type: 'number',
            describe: 'Seeds at each point (default: as the scenario says)',
          })
          .option('only', {
            type: 'string',
            array: true,
            default: [] as string[],
            describe: 'Only points with parameter=value (repeatable)',
          })
          .option('jobs', JOBS_OPTION)
          .option('dry-run', {
            type: 'boolean',
            default: false,
            describe: 'List the points and what they will take',
          }),
      (a) =>
        perform(a, async (o) =>
          (await import('./verbs/sweep.ts')).sweepVerb({ ...a, repeat: a.repeat, jobs: a.jobs }, o),
        ),
    )
    .command(
      'new <question>',
      'Write a commented copy of a gallery scenario here',
      (y) =>
        y.positional('question', { type: 'string', demandOption: true, describe: 'Gallery name' }),
      (a) => perform(a, async (o) => (await import('./verbs/scenarios.ts')).newVerb(a.question, o)),
    )
    .command('scenarios', 'List, show, check and explain scenarios', (y) =>
      y
        .command('list', 'The gallery', {}, (a) =>
          perform(a as unknown as CommonFlags, async (o) =>
            (await import('./verbs/scenarios.ts')).listVerb(o),
          ),
        )
        .command(
          'show <scenario>',
          'Print a scenario',
          (z) =>
            scenarioFlags(z.positional('scenario', { type: 'string', demandOption: true })).option(
              'resolved',
              {
                type: 'boolean',
                default: false,
                describe: 'With every default filled in',
              },
            ),
          (a) =>
            perform(a as unknown as CommonFlags, async (o) => {
              const { showVerb } = await import('./verbs/scenarios.ts');
              const { parseSettings } = await import('./scenario-files.ts');
              return showVerb(
                a.scenario,
                { set: parseSettings(a.set), small: a.small, resolved: a.resolved },
                o,
              );
            }),
        )
        .command(
          'validate <scenario>',
          'Find mistakes without running',
          (z) => scenarioFlags(z.positional('scenario', { type: 'string', demandOption: true })),
          (a) =>
            perform(a as unknown as CommonFlags, async (o) =>
              (await import('./verbs/scenarios.ts')).validateScenarioVerb(a.scenario, a.set, o),
            ),
        )
        .command(
          'explain <key>',
          'What a key means',
          (z) =>
            z.positional('key', {
              type: 'string',
              demandOption: true,
              describe: 'For example world.latency',
            }),
          (a) =>
            perform(a as unknown as CommonFlags, async (o) =>
              (await import('./verbs/scenarios.ts')).explainVerb(a.key, o),
            ),
        )
        .demandCommand(1, 'scenarios: list, show, validate or explain?'),
    )
    .command(
      'chart <run> [chart]',
      'List or draw the charts of a result',
      (y) =>
        y
          .positional('run', {
            type: 'string',
            demandOption: true,
            describe: 'Id, @last or folder',
          })
          .positional('chart', { type: 'string', describe: 'Name of the chart; none lists them' })
          .option('for', {
            type: 'string',
            default: 'screen',
            choices: ['screen', 'slide', 'acm-column', 'usenix-column', 'ieee-column'],
            describe: 'Size of the figure',
          })
          .option('output', {
            alias: 'o',
            type: 'string',
            describe: 'File to write: .svg, .png, .csv or .json',
          })
          .option('out', { type: 'string', default: 'runs', describe: 'Folder of results' }),
      (a) =>
        perform(a, async (o) =>
          (await import('./verbs/chart.ts')).chartVerb(
            { ...a, chart: a.chart, output: a.output },
            o,
          ),
        ),
    )
    .command(
      'report <run>',
      'Write report.html of a result',
      (y) =>
        y
          .positional('run', {
            type: 'string',
            demandOption: true,
            describe: 'Id, @last or folder',
          })
          .option('out', { type: 'string', default: 'runs', describe: 'Folder of results' }),
      (a) =>
        perform(a, async (o) => (await import('./verbs/chart.ts')).reportVerb(a.run, a.out, o)),
    )
    .command('metrics', 'The glossary', (y) =>
      y
        .command('list', 'All metrics', {}, (a) =>
          perform(a as unknown as CommonFlags, async (o) =>
            (await import('./verbs/metrics.ts')).metricsListVerb(o),
          ),
        )
        .command(
          'show <metric>',
          'One metric',
          (z) => z.positional('metric', { type: 'string', demandOption: true }),
          (a) =>
            perform(a as unknown as CommonFlags, async (o) =>
              (await import('./verbs/metrics.ts')).metricsShowVerb(a.metric, o),
            ),
        )
        .demandCommand(1, 'metrics: list or show?'),
    )
    .command(
      'validate [ids..]',
      'Check the numbers that must come out',
      (y) =>
        y.positional('ids', {
          type: 'string',
          array: true,
          default: [] as string[],
          describe: 'Cases, all by default',
        }),
      (a) => perform(a, async (o) => (await import('./verbs/validate.ts')).validateVerb(a.ids, o)),
    )
    .command(
      'schema <what>',
      'JSON Schema of scenario files, for editors',
      (y) => y.positional('what', { choices: ['scenario'] as const, demandOption: true }),
      (a) => perform(a, async () => (await import('./verbs/scenarios.ts')).schemaVerb()),
    )
    .completion('completion', 'Print a completion script for bash or zsh')
    .version(versionText())
    .demandCommand(1, 'Which verb? mainframe --help lists them.')
    .strict()
    .exitProcess(false)
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .fail((message, error) => {
      // Async verbs report through `perform`; what arrives here is a wrong command line.
      const verb = words.find((w) => !w.startsWith('-'));
      const near =
        verb === undefined || VERBS.includes(verb) ? undefined : suggestWord(verb, VERBS);
      if (verb !== undefined && !VERBS.includes(verb)) {
        usage(
          `No command "${verb}".${near === undefined ? ' mainframe --help lists them.' : ` Did you mean "${near}"?`}`,
        );
      } else usage(message ?? error?.message ?? 'wrong command line');
    });
  await parser.parseAsync();
}

function versionText(): string {
  const { version, commit } = buildIdentity();
  return `mainframe ${version} (${commit}) node ${process.version}`;
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // `mainframe … | head` closes our output; that is not an error.
  if (error.code === 'EPIPE') process.exit(EXIT.ok);
  throw error;
});
try {
  await main(hideBin(process.argv));
} catch (error) {
  if (code === EXIT.ok)
    code = await fail(
      error,
      new Output({ json: process.argv.includes('--json'), quiet: false, color: false }),
    );
}
process.exitCode = code;
