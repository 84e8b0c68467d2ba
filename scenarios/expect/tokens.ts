/**
 * An expression as words: numbers with their units, names, parameters, signs, each with its place in the text.
 */
import type { Fault } from '../language/problems.ts';

const WORDS = new Set(['as', 'per', 'rises', 'falls', 'within', 'where', 'and', 'or', 'when', 'x']);

export interface Token {
  kind: 'number' | 'name' | 'parameter' | 'operator' | 'end';
  text: string;
  start: number;
  end: number;
}

/** Raised inside the parser only; what it exports returns readings. */
export class Mistake extends Error {
  readonly fault: Fault;
  constructor(
    code: string,
    message: string,
    at: { start: number; end: number },
    more: Partial<Fault> = {},
  ) {
    super(message);
    this.fault = {
      code,
      message,
      offset: at.start,
      length: Math.max(1, at.end - at.start),
      ...more,
    };
  }
}

const TOKEN =
  /\s*(?:(\d+(?:\.\d+)?|\.\d+)|(\$[A-Za-z_][\w-]*(?:\.[A-Za-z_][\w-]*)*)|([A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*)|(<=|>=|==|!=|<|>|[()+\-*/]))/y;

/** The words of a text, closed by an 'end'. @throws Mistake for a letter that belongs to no word */
export function tokens(text: string): Token[] {
  const list: Token[] = [];
  let at = 0;
  while (text.slice(at).trim() !== '') {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    if (match === null) {
      const start = at + (text.slice(at).length - text.slice(at).trimStart().length);
      const letter = text[start] ?? '';
      const hint: Partial<Fault> =
        letter === '='
          ? { suggestion: '==' }
          : letter === ','
            ? { hint: 'the language has no commas' }
            : letter === '≥' || letter === '≤'
              ? { suggestion: letter === '≥' ? '>=' : '<=' }
              : {};
      throw new Mistake(
        'MF-0126',
        `"${letter}" does not belong in an expression`,
        { start, end: start + 1 },
        hint,
      );
    }
    const value = match[1] ?? match[2] ?? match[3] ?? match[4] ?? '';
    const end = TOKEN.lastIndex;
    const start = end - value.length;
    const kind =
      match[1] !== undefined
        ? 'number'
        : match[2] !== undefined
          ? 'parameter'
          : match[3] !== undefined
            ? 'name'
            : 'operator';
    if (kind === 'number') {
      const unit = /^\s*([A-Za-zµ%][A-Za-zµ]*(?:\/s\b)?)/.exec(text.slice(end));
      const name = unit?.[1];
      if (unit !== null && name !== undefined && !WORDS.has(name)) {
        const stop = end + unit[0].length;
        list.push({ kind, text: text.slice(start, stop), start, end: stop });
        at = stop;
        continue;
      }
    }
    list.push({ kind, text: value, start, end });
    at = end;
  }
  list.push({ kind: 'end', text: '', start: text.length, end: text.length });
  return list;
}
