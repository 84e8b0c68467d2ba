/** What is logged: one level for all, and others for single modules: `info,link=debug`. */
import { fault, read, type Reading } from '../../scenarios/language/problems.ts';
import { closest } from '../../scenarios/language/suggest.ts';
import { LOG_LEVELS, LOG_MODULES, type LogLevel } from './events.ts';

export interface LogSpec {
  level: LogLevel;
  modules: { readonly [module: string]: LogLevel };
}

/** Reads a specification; the level for all may stand anywhere in it, once, and is `warn` where it is left out. */
export function parseLogSpec(text: string): Reading<LogSpec> {
  let level: LogLevel | undefined;
  const modules: { [module: string]: LogLevel } = {};
  let offset = 0;
  for (const part of text.split(',')) {
    const word = part.trim();
    const at = offset + part.indexOf(word);
    offset += part.length + 1;
    const [name = '', value] = word.split('=', 2).map((one) => one.trim());
    const given = value ?? name;
    if (!isLevel(given))
      return unknown(`"${given}" is no level`, given, at + word.lastIndexOf(given), LOG_LEVELS);
    if (value === undefined) {
      if (level !== undefined) return fault('MF-0404', `two levels for all: ${level} and ${given}`);
      level = given;
    } else if (!LOG_MODULES.includes(name))
      return unknown(`nothing that logs is called "${name}"`, name, at, LOG_MODULES);
    else modules[name] = given;
  }
  return read({ level: level ?? 'warn', modules });
}

/** The level of a module. */
export function levelOf({ level, modules }: LogSpec, module: string): LogLevel {
  return modules[module] ?? level;
}

function isLevel(text: string): text is LogLevel {
  return (LOG_LEVELS as readonly string[]).includes(text);
}

function unknown(
  message: string,
  word: string,
  offset: number,
  known: readonly string[],
): Reading<never> {
  const suggestion = closest(word, known);
  return fault('MF-0404', message, {
    offset,
    length: Math.max(1, word.length),
    ...(suggestion === undefined ? { hint: `one of ${known.join(', ')}` } : { suggestion }),
  });
}
