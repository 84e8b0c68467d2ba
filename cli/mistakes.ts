/**
 * Mistyped words of a command line, found before the parser: it would complain of what a mistyped word leaves missing
 * ("--sed 7" as a missing seed) before it complains of the word.
 */
import { closest } from '../scenarios/language/suggest.ts';
import { COMMON_OPTIONS, wordsOf, type Command } from './command.ts';

const EVERYWHERE = [...Object.keys(COMMON_OPTIONS), 'help', 'version'];

/** What is wrong with the verb or an option, as one sentence; undefined when every word is known. */
export function mistypedWord(
  words: readonly string[],
  commands: readonly Command[],
): string | undefined {
  const end = words.indexOf('--');
  const own = end < 0 ? words : words.slice(0, end);
  const verbs = [...new Set([...commands.map((c) => wordsOf(c)[0]!), 'completion', 'help'])];
  // Common options are the only ones before the verb, and none takes a value.
  const at = own.findIndex((word) => !word.startsWith('-'));
  const verb = own[at];
  if (verb === undefined) return unknownOption(own, EVERYWHERE, undefined);
  if (!verbs.includes(verb)) {
    return `No command "${verb}".${hint(closest(verb, verbs)) ?? ' mainframe --help lists them.'}`;
  }
  const family = commands.filter((c) => wordsOf(c)[0] === verb);
  const rest = own.slice(at + 1);
  // After a verb that can stand alone (`money --node ann`) a later word may be an option's value.
  const alone = family.some((c) => wordsOf(c).length === 1);
  const second = (alone ? rest.slice(0, 1) : rest).find((word) => !word.startsWith('-'));
  const subverbs = family.flatMap((c) => wordsOf(c)[1] ?? []);
  if (subverbs.length > 0 && second !== undefined && !subverbs.includes(second)) {
    const alternatives = ` There are ${subverbs.join(', ')}.`;
    return `No command "${verb} ${second}".${hint(closest(second, subverbs), `${verb} `) ?? alternatives}`;
  }
  const meant = family.filter((c) => subverbs.length === 0 || wordsOf(c)[1] === second);
  const known = meant.flatMap((c) => Object.keys(c.options));
  const name = subverbs.length > 0 && second !== undefined ? `${verb} ${second}` : verb;
  return unknownOption(own, [...EVERYWHERE, ...known], name);
}

function unknownOption(
  words: readonly string[],
  known: readonly string[],
  verb: string | undefined,
): string | undefined {
  for (const word of words) {
    const written = /^--([A-Za-z][\w-]*)/.exec(word)?.[1];
    if (written === undefined || known.includes(written)) continue;
    const name = written.startsWith('no-') ? written.slice(3) : written;
    if (known.includes(name)) continue;
    const meant = closest(name, known);
    const where = verb === undefined ? '' : ` for ${verb}`;
    return `No option "--${written}"${where}.${hint(meant, '--') ?? ''}`;
  }
  return undefined;
}

function hint(word: string | undefined, before = ''): string | undefined {
  return word === undefined ? undefined : ` Did you mean "${before}${word}"?`;
}
