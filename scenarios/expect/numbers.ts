/** Numbers of expressions, with their units. */
import { meantUnit, splitQuantity, unitNames } from '../language/quantity.ts';
import { Mistake, type Token } from './tokens.ts';
import type { Dimension } from './units.ts';

/**
 * Reads the number in `token` in base units; `following` is the word after it, and `next` takes that one.
 * @throws Mistake
 */
export function readNumber(
  token: Token,
  following: Token,
  next: () => Token,
): { value: number; unit: Dimension; end: number } {
  const written = splitQuantity(token.text);
  const { start, end } = token;
  if (written === undefined)
    throw new Mistake('MF-0126', `"${token.text}" is not a number`, { start, end });
  const unit: Dimension | undefined = {
    time: 'us' as const,
    size: 'bytes' as const,
    rate: 'bits/s' as const,
    flow: 'bytes/s' as const,
    information: 'bits' as const,
    share: 'ratio' as const,
    money: 'MFT' as const,
    none: 'plain' as const,
    count: 'plain' as const,
    number: 'plain' as const,
    unknown: undefined,
  }[written.kind];
  if (unit === undefined) {
    const suggestion = meantUnit(written.unit, unitNames());
    throw new Mistake(
      'MF-0109',
      `unknown unit "${written.unit}"`,
      { start: end - written.unit.length, end },
      suggestion === undefined ? {} : { suggestion },
    );
  }
  if (unit !== 'plain' || following.text !== 'per') return { value: written.base, unit, end };
  next();
  const day = next();
  if (day.text !== 'day')
    throw new Mistake('MF-0126', `"per ${day.text}" is no rate`, day, { suggestion: 'day' });
  return { value: written.base, unit: 'per day', end: day.end };
}
