/** From words to a verb: builds the parser from the table of commands, and turns what happens into an exit code. */
import yargs, { type Argv } from 'yargs';
import { COMMANDS } from './commands.ts';
import { COMMON_OPTIONS, wordsOf, type Command } from './command.ts';
import { EXIT, UserError } from './exit.ts';
import { fail } from './failure.ts';
import { mistypedWord } from './mistakes.ts';
import { Output, type CommonFlags } from './output.ts';

/** Runs a command line. @returns the exit code. */
export async function runProgram(words: readonly string[]): Promise<number> {
  const completing = words[0] === '--get-yargs-completions';
  const mistyped = completing ? undefined : mistypedWord(words, COMMANDS);
  if (mistyped !== undefined) return wrongUsage(words, mistyped);

  let code: number = EXIT.ok;
  const perform = async (command: Command, args: CommonFlags): Promise<void> => {
    const output = new Output(args);
    try {
      assertOnce(command, args);
      code = await command.perform(args as never, output);
    } catch (error) {
      code = await fail(error, output);
    }
  };

  const parser = yargs([...words])
    .scriptName('mainframe')
    .usage('$0 <verb> [options]')
    .options(COMMON_OPTIONS)
    .completion('completion', 'Print a completion script for bash or zsh')
    .version(false)
    .demandCommand(1, 'Which verb? mainframe --help lists them.')
    .strict()
    .exitProcess(false)
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .fail((message, error) => {
      // Verbs report through `perform`, so what arrives here is a wrong command line. Without a throw yargs would go on to the verb.
      throw error ?? new WrongUsage(message);
    });
  for (const [first, family] of families()) addFamily(parser, first, family, perform);
  try {
    await parser.parseAsync();
  } catch (error) {
    if (error instanceof WrongUsage) return wrongUsage(words, error.message);
    throw error;
  }
  return code;
}

/** A command line that the parser refuses. */
class WrongUsage extends Error {}

type Perform = (command: Command, args: CommonFlags) => Promise<void>;

/** Commands by their first word. */
function families(): Map<string, Command[]> {
  const result = new Map<string, Command[]>();
  for (const command of COMMANDS) {
    const first = wordsOf(command)[0]!;
    result.set(first, [...(result.get(first) ?? []), command]);
  }
  return result;
}

function addFamily(parser: Argv, first: string, family: Command[], perform: Perform): void {
  if (family.every((command) => wordsOf(command).length === 1)) {
    for (const command of family) add(parser, command, command.usage, perform);
    return;
  }
  const seconds = family.flatMap((command) => wordsOf(command)[1] ?? []);
  // `money` alone shows what there is; most families have no such verb.
  const bare = family.some((command) => wordsOf(command).length === 1);
  parser.command(first, `${seconds.join(', ')}`, (inner) => {
    for (const command of family) {
      add(inner, command, command.usage.slice(first.length + 1) || '$0', perform);
    }
    return bare ? inner : inner.demandCommand(1, `${first}: ${seconds.join(', ')}?`);
  });
}

function add(parser: Argv, command: Command, usage: string, perform: Perform): void {
  parser.command(
    usage,
    command.about,
    (inner) => {
      for (const [name, positional] of Object.entries(command.positionals)) {
        inner.positional(name, positional as never);
      }
      return inner.options(command.options);
    },
    (args) => perform(command, args as unknown as CommonFlags),
  );
}

/** Refuses an option that was given twice and can only have one value; yargs would hand over a list. */
function assertOnce(command: Command, args: object): void {
  for (const [name, value] of Object.entries(args)) {
    const option = command.options[name] ?? command.positionals[name];
    const single = option !== undefined && option.array !== true;
    if (Array.isArray(value) && (single || name in COMMON_OPTIONS)) {
      throw new UserError(EXIT.usage, 'MF-0001', `--${name} was given twice.`);
    }
  }
}

function wrongUsage(words: readonly string[], sentence: string): number {
  const [first, second] = words.filter((word) => !word.startsWith('-'));
  const meant = COMMANDS.find((command) => {
    const own = wordsOf(command);
    return own[0] === first && (own.length === 1 || own[1] === second);
  });
  const missing = /^(Not enough non-option arguments|Missing required argument)/.test(sentence);
  const message =
    missing && meant !== undefined
      ? `Something is missing. It goes: mainframe ${meant.usage}`
      : (wrongChoice(sentence) ?? sentence.trim());
  const output = new Output({ json: words.includes('--json'), quiet: false, color: false });
  if (output.json) output.object({ error: { code: 'MF-0001', message, problems: [] } });
  else output.complain(message);
  return EXIT.usage;
}

/** The parser's three lines about a value that is none of the choices, as one sentence. */
function wrongChoice(sentence: string): string | undefined {
  const match = /Argument: (\S+), Given: (.*), Choices: (.*)/.exec(sentence);
  return match === null
    ? undefined
    : `${match[1]} cannot be ${match[2]}; it is one of ${match[3]}.`;
}
