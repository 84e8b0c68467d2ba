/** Words of the command line, for suggestions: verbs, and the options of each. */
import { closest } from '../scenarios/language/suggest.ts';

export const VERBS: readonly string[] = [
  'demo',
  'run',
  'sweep',
  'new',
  'scenarios',
  'chart',
  'report',
  'metrics',
  'validate',
  'schema',
  'completion',
];

const COMMON = ['json', 'quiet', 'color', 'no-color', 'help', 'version'];
const SCENARIO = ['set', 'small'];
const RUN = [...SCENARIO, 'out', 'force', 'strict', 'seed'];

/** Options that a verb takes (all of them before a verb is known). */
export function optionsOf(verb: string | undefined): readonly string[] {
  switch (verb) {
    case 'run':
      return [...COMMON, ...RUN, 'again'];
    case 'sweep':
      return [...COMMON, ...RUN, 'repeat', 'only', 'jobs', 'dry-run'];
    case 'scenarios':
      return [...COMMON, ...SCENARIO, 'resolved'];
    case 'chart':
      return [...COMMON, 'for', 'output', 'out'];
    case 'report':
    case 'demo':
      return [...COMMON, 'out'];
    default:
      return COMMON;
  }
}

/** The word that was probably meant. */
export function suggestWord(word: string, known: readonly string[]): string | undefined {
  return closest(word, known);
}
