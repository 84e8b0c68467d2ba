/** The command line that makes the same thing again, ready to be pasted into a shell. */

export interface RepeatableArguments {
  scenario: string;
  set: readonly string[];
  small: boolean;
  seed?: number;
  repeat?: number | undefined;
  only?: readonly string[];
  record?: string | undefined;
  transport?: 'simulated' | 'udp';
  processes?: number | undefined;
}

/** A word as a POSIX shell takes it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

export function commandOf(verb: string, args: RepeatableArguments): string {
  const words = ['mainframe', verb, args.scenario];
  if (args.seed !== undefined) words.push('--seed', String(args.seed));
  if (args.repeat !== undefined) words.push('--repeat', String(args.repeat));
  if (args.small) words.push('--small');
  for (const setting of args.set) words.push('--set', setting);
  for (const choice of args.only ?? []) words.push('--only', choice);
  if (args.record !== undefined) words.push('--record', args.record);
  if (args.transport === 'udp') words.push('--transport', 'udp');
  if (args.processes !== undefined) words.push('--processes', String(args.processes));
  return words.map(shellWord).join(' ');
}
