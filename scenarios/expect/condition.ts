/**
 * Conditions over parameters: `when` of an expectation, `where` of a sweep.
 *
 *   condition := clause { or clause }     clause := comparison { and comparison }
 *   comparison := operand (< <= > >= == !=) operand      operand := $name | value
 *
 * A value may be any text (`$policy == tree(3) + stem(3)`), so operands are cut out between the operators instead of
 * being parsed. "and" binds closer than "or", as everywhere.
 */
import type { Comparison, ParameterValue } from '../model.ts';
import { parameterValue, sameValue, unknownParameter } from '../language/parameters.ts';
import { fault, read, type Reading } from '../language/problems.ts';

interface Piece {
  text: string;
  offset: number;
}

/** Pieces of a text between separators, trimmed, with their offsets. */
function split(piece: Piece, separator: RegExp): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of [...piece.text.matchAll(separator), undefined]) {
    const to = match?.index ?? piece.text.length;
    const part = piece.text.slice(from, to);
    const lead = part.length - part.trimStart().length;
    pieces.push({ text: part.trim(), offset: piece.offset + from + lead });
    from = to + (match?.[0].length ?? 0);
  }
  return pieces;
}

/** True or false of a condition at the given parameter values. */
export function evaluateCondition(
  text: string,
  values: ReadonlyMap<string, ParameterValue>,
): Reading<boolean> {
  let any = false;
  for (const clause of split({ text, offset: 0 }, /\s+or\s+/g)) {
    let all = true;
    for (const comparison of split(clause, /\s+and\s+/g)) {
      const truth = compare(comparison, values);
      if (!truth.ok) return truth;
      all &&= truth.value;
    }
    any ||= all;
  }
  return read(any);
}

function compare(piece: Piece, values: ReadonlyMap<string, ParameterValue>): Reading<boolean> {
  const operator = /<=|>=|==|!=|<|>/.exec(piece.text);
  const example = { hint: 'write for example $luminosity <= 6 bits' };
  if (operator === null) {
    const single = /(^|[^=])=([^=]|$)/.exec(piece.text);
    return fault('MF-0126', `"${piece.text}" compares nothing`, {
      offset: piece.offset,
      length: Math.max(1, piece.text.length),
      ...(single === null ? example : { suggestion: piece.text.replace('=', '==') }),
    });
  }
  const [left, right] = split(piece, /<=|>=|==|!=|<|>/g);
  if (left === undefined || right === undefined || left.text === '' || right.text === '')
    return fault('MF-0126', `"${piece.text}" compares with nothing`, {
      offset: piece.offset,
      length: Math.max(1, piece.text.length),
      ...example,
    });
  const a = operand(left, values);
  if (!a.ok) return a;
  const b = operand(right, values);
  if (!b.ok) return b;
  const sign = operator[0] as Comparison;
  if (sign === '==') return read(sameValue(a.value.text, b.value.text));
  if (sign === '!=') return read(!sameValue(a.value.text, b.value.text));
  const x = a.value;
  const y = b.value;
  if (x.number === undefined || y.number === undefined)
    return fault('MF-0126', `"${piece.text}": words can be equal or not, never less or more`, {
      offset: piece.offset,
      length: piece.text.length,
    });
  if (x.unit !== y.unit) {
    const bare = y.unit === 'count' && x.unit !== 'count';
    return fault(
      bare ? 'MF-0114' : 'MF-0127',
      bare
        ? `"${right.text}" needs a unit, as "${x.text}" has one`
        : `"${x.text}" and "${y.text}" have different units`,
      { offset: right.offset, length: right.text.length },
    );
  }
  return read(ordered(x.number, sign, y.number));
}

function operand(
  piece: Piece,
  values: ReadonlyMap<string, ParameterValue>,
): Reading<ParameterValue> {
  if (!piece.text.startsWith('$')) return read(parameterValue(piece.text));
  const name = piece.text.slice(1);
  const value = values.get(name);
  if (value !== undefined) return read(value);
  return {
    ok: false,
    fault: {
      ...unknownParameter(name, values.keys()),
      offset: piece.offset,
      length: piece.text.length,
    },
  };
}

/** The four orderings and two equalities of numbers. */
export function ordered(left: number, operator: Comparison, right: number): boolean {
  switch (operator) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
    case '==':
      return left === right;
    case '!=':
      return left !== right;
  }
}
