/** What the program says about itself without being asked to do anything. */
import { COMMANDS } from './commands.ts';
import { COMMON_OPTIONS } from './command.ts';

/** Shown without any argument. */
export const WELCOME = `mainframe: ask what a dark-routed, incentivised messaging network would do.

  mainframe run luminosity-vs-anonymity        one world, one seed
  mainframe sweep luminosity-vs-anonymity      every point, with intervals

New here? mainframe demo      Everything: mainframe --help
`;

const EXIT_CODES = [
  '0 all well              1 our fault                 2 wrong command line  3 wrong scenario',
  '4 expectation broken    5 number does not come out  6 unclear (--strict)  7 other digest',
  '8 disk, memory, limit   130 interrupted, results so far are kept',
];

/** `mainframe --help`. */
export function overview(): string {
  const rows = [
    ...COMMANDS.map(({ usage, about }) => [usage, about]),
    ['completion', 'Print a completion script for bash or zsh'],
  ];
  const width = Math.max(...rows.map(([usage]) => usage!.length)) + 2;
  const options = [
    ...Object.entries(COMMON_OPTIONS).map(([name, option]) => [`--${name}`, option.describe]),
    ['--version', 'Version, commit and Node'],
    ['--help', 'After a verb: its own options'],
  ];
  return [
    'mainframe <verb> [options]',
    '',
    ...rows.map(([usage, about]) => `  ${usage!.padEnd(width)}${about}`),
    '',
    'With every verb',
    ...options.map(([name, about]) => `  ${name!.padEnd(width)}${about}`),
    '',
    'Exit codes',
    ...EXIT_CODES.map((line) => `  ${line}`),
    '',
  ].join('\n');
}
