/**
 * The language of expectations and chart axes: a recursive-descent parser over one line of text.
 *
 *   expectation := [always | never | sometimes | eventually] body [within time]
 *   body        := term (< | <= | > | >= | == | !=) term
 *                | term (rises | falls) as $name (rises | falls)
 *   term        := product { (+ | -) product }          product := factor { (* | /) factor }
 *   factor      := number [unit] | $name | ( term ) | statistic ( metric [where role == name] ) | metric
 *
 * Each part of the tree carries its unit and its place in the text, so that a mistake is underlined where it stands.
 * Precedence is the usual one; there is nothing else to remember.
 */
import { guessesFor } from '../metric-definition.ts';
import { METRICS, metricDefinition } from '../metrics.ts';
import type {
  Comparison,
  Condition,
  Expectation,
  Guess,
  MetricReference,
  ParameterValue,
  Statistic,
  Term,
} from '../model.ts';
import type { Fault, Reading } from '../language/problems.ts';
import { proposedUnits, splitQuantity } from '../language/quantity.ts';
import { alternatives, closest, closestDotted } from '../language/suggest.ts';
import { readNumber } from './numbers.ts';
import { Mistake, tokens, type Token } from './tokens.ts';
import { agree, isPure, joined, statisticUnit, UNIT_WORDS, type Dimension } from './units.ts';

/** What an expression may refer to. */
export interface ExpressionContext {
  /** Parameters and swept keys with their values at this point. */
  values: ReadonlyMap<string, ParameterValue>;
  roles: readonly string[];
  /** What the declared observers guess; metrics of anonymity need one. */
  guesses: ReadonlySet<Guess>;
}

export const STATISTICS: readonly Statistic[] = [
  'p95',
  'p99',
  'median',
  'mean',
  'min',
  'max',
  'sum',
  'count',
  'share',
  'slope',
  'gini',
];

const MODES = ['always', 'never', 'sometimes', 'eventually'] as const;
/** A term with its unit and place. */
export interface TypedTerm {
  term: Term;
  unit: Dimension;
  start: number;
  end: number;
}

class Parser {
  private readonly tokens: Token[];
  private at = 0;
  private readonly context: ExpressionContext;

  constructor(text: string, context: ExpressionContext) {
    this.tokens = tokens(text);
    this.context = context;
  }

  private get token(): Token {
    const token = this.tokens[this.at];
    if (token === undefined) throw new Error(`read past the end at token ${this.at}`);
    return token;
  }

  private next(): Token {
    const token = this.token;
    if (token.kind !== 'end') this.at++;
    return token;
  }

  private take(text: string): Token | undefined {
    return this.token.text === text && this.token.kind !== 'end' ? this.next() : undefined;
  }

  private expect(text: string, after: string): Token {
    const found = this.take(text);
    if (found !== undefined) return found;
    throw this.unexpected(`"${text}" is needed after ${after}`);
  }

  private unexpected(message: string, more: Partial<Fault> = {}): Mistake {
    return new Mistake('MF-0126', message, this.token, more);
  }

  end(): void {
    if (this.token.kind === 'end') return;
    throw this.unexpected(`"${this.token.text}" does not fit here`);
  }

  expectation(): { mode: Expectation['mode']; withinUs?: number; condition: Condition } {
    const mode = MODES.find((word) => this.take(word) !== undefined) ?? 'check';
    const condition = this.body(mode);
    let withinUs: number | undefined;
    const within = this.token;
    if (this.take('within') !== undefined) {
      if (mode !== 'eventually')
        throw new Mistake('MF-0126', '"within" goes with "eventually" only', within);
      const time = this.next();
      const quantity = time.kind === 'number' ? splitQuantity(time.text) : undefined;
      if (quantity?.kind !== 'time')
        throw new Mistake('MF-0114', `"${time.text}" needs a unit of time`, time, {
          hint: 'write for example within 2 h',
        });
      withinUs = Math.round(quantity.base);
    }
    this.end();
    return { mode, condition, ...(withinUs === undefined ? {} : { withinUs }) };
  }

  private body(mode: Expectation['mode']): Condition {
    const left = this.term();
    const direction = this.take('rises') ?? this.take('falls');
    if (direction !== undefined) {
      if (mode !== 'check')
        throw new Mistake('MF-0126', `a trend is asked of a sweep, not with "${mode}"`, direction);
      this.expect('as', `"${direction.text}"`);
      const name = this.next();
      if (name.kind !== 'parameter')
        throw new Mistake(
          'MF-0126',
          `a trend is over a parameter, as in "falls as $luminosity rises"`,
          name,
          {
            ...(this.context.values.has(name.text) ? { suggestion: `$${name.text}` } : {}),
          },
        );
      const parameter = this.parameterName(name);
      const parameterDirection = this.take('rises') ?? this.take('falls');
      if (parameterDirection === undefined)
        throw this.unexpected('"rises" or "falls" is needed after the parameter');
      const word = (token: Token): 'rises' | 'falls' =>
        token.text === 'rises' ? 'rises' : 'falls';
      return {
        kind: 'trend',
        of: left.term,
        direction: word(direction),
        parameter,
        parameterDirection: word(parameterDirection),
      };
    }
    const operator = this.token;
    if (!['<', '<=', '>', '>=', '==', '!='].includes(operator.text)) {
      if (left.unit === 'boolean')
        return {
          kind: 'compare',
          left: left.term,
          operator: '==',
          right: { kind: 'number', value: 1 },
        };
      throw this.unexpected(
        operator.kind === 'end'
          ? 'an expectation compares: something is missing at the end'
          : `"${operator.text}" does not compare`,
        { hint: 'write for example >= 99%' },
      );
    }
    this.next();
    const right = this.term();
    this.comparable(left, right);
    return {
      kind: 'compare',
      left: left.term,
      operator: operator.text as Comparison,
      right: right.term,
    };
  }

  /** Units of both sides must agree; the number without its unit is the one to blame. */
  private comparable(left: TypedTerm, right: TypedTerm): void {
    if (agree(left.unit, right.unit)) return;
    const [bare, other] =
      right.unit === 'plain' ? [right, left] : left.unit === 'plain' ? [left, right] : [];
    if (bare !== undefined && other !== undefined && bare.term.kind === 'number') {
      const words = UNIT_WORDS[other.unit];
      const digits = String(bare.term.value);
      const proposals = proposedUnits(words.propose, Number(digits)).map(
        (unit) => `${digits} ${unit}`,
      );
      throw new Mistake('MF-0114', `"${digits}" needs a unit of ${words.of}`, bare, {
        ...(proposals[0] === undefined ? {} : { suggestion: proposals[0] }),
        hint: `write ${alternatives(proposals)}`,
      });
    }
    throw new Mistake(
      'MF-0127',
      `${UNIT_WORDS[left.unit].of} and ${UNIT_WORDS[right.unit].of} cannot be put together`,
      right,
    );
  }

  term(): TypedTerm {
    let left = this.product();
    for (;;) {
      const operator = this.take('+') ?? this.take('-');
      if (operator === undefined) return left;
      const right = this.product();
      this.comparable(left, right);
      left = {
        term: {
          kind: 'arithmetic',
          operator: operator.text === '+' ? '+' : '-',
          left: left.term,
          right: right.term,
        },
        unit: joined(left.unit, right.unit),
        start: left.start,
        end: right.end,
      };
    }
  }

  private product(): TypedTerm {
    let left = this.factor();
    for (;;) {
      const operator = this.take('*') ?? this.take('/');
      if (operator === undefined) return left;
      const right = this.factor();
      left = {
        term: {
          kind: 'arithmetic',
          operator: operator.text === '*' ? '*' : '/',
          left: left.term,
          right: right.term,
        },
        unit: this.productUnit(left, operator, right),
        start: left.start,
        end: right.end,
      };
    }
  }

  private productUnit(left: TypedTerm, operator: Token, right: TypedTerm): Dimension {
    if (isPure(right.unit)) return isPure(left.unit) ? 'plain' : left.unit;
    if (operator.text === '*' && isPure(left.unit)) return right.unit;
    if (operator.text === '/' && left.unit === right.unit) return 'plain';
    throw new Mistake(
      'MF-0127',
      `${UNIT_WORDS[left.unit].of} ${operator.text === '*' ? 'times' : 'divided by'} ${UNIT_WORDS[right.unit].of} has no unit here`,
      { start: left.start, end: right.end },
    );
  }

  private factor(): TypedTerm {
    const token = this.next();
    if (token.kind === 'number') return this.number(token, 1);
    if (token.text === '-' && this.token.kind === 'number')
      return { ...this.number(this.next(), -1), start: token.start };
    if (token.kind === 'parameter') return this.parameter(token);
    if (token.text === '(') {
      const inner = this.term();
      const close = this.expect(')', 'the term in parentheses');
      return { ...inner, start: token.start, end: close.end };
    }
    if (token.kind === 'name') {
      if (this.token.text === '(') return this.statistic(token);
      return this.reference(token, 'value');
    }
    throw new Mistake(
      'MF-0126',
      token.kind === 'end'
        ? 'a metric or a number is missing at the end'
        : `a metric or a number is needed, not "${token.text}"`,
      token,
    );
  }

  private number(token: Token, sign: 1 | -1): TypedTerm {
    const { value, unit, end } = readNumber(token, this.token, () => this.next());
    return { term: { kind: 'number', value: sign * value }, unit, start: token.start, end };
  }

  private parameterName(token: Token): string {
    const name = token.text.slice(1);
    if (this.context.values.has(name)) return name;
    const suggestion = closest(name, this.context.values.keys());
    throw new Mistake('MF-0123', `no parameter is called "${token.text}"`, token, {
      ...(suggestion === undefined
        ? { hint: 'declare it under params' }
        : { suggestion: `$${suggestion}` }),
    });
  }

  private parameter(token: Token): TypedTerm {
    const value = this.context.values.get(this.parameterName(token));
    if (value?.number === undefined)
      throw new Mistake(
        'MF-0127',
        `${token.text} is the word "${value?.text ?? ''}", not a number`,
        token,
      );
    const unit =
      value.unit === undefined || value.unit === 'count' ? 'plain' : (value.unit as Dimension);
    return {
      term: { kind: 'number', value: value.number },
      unit,
      start: token.start,
      end: token.end,
    };
  }

  private statistic(name: Token): TypedTerm {
    const statistic = STATISTICS.find((known) => known === name.text);
    if (statistic === undefined) {
      const suggestion = closest(name.text, STATISTICS);
      throw new Mistake('MF-0126', `no statistic is called "${name.text}"`, name, {
        ...(suggestion === undefined
          ? { hint: `known: ${alternatives(STATISTICS)}` }
          : { suggestion }),
      });
    }
    if (statistic === 'slope')
      throw new Mistake('MF-0111', 'the slope of a metric is not part of this version', name, {
        hint: 'a trend over a sweep is written "falls as $name rises"',
      });
    this.expect('(', `"${name.text}"`);
    const metric = this.next();
    if (metric.kind !== 'name')
      throw new Mistake('MF-0126', `"${name.text}" is taken of a metric`, metric, {
        hint: `write for example ${name.text}(delivery.latency)`,
      });
    const inner = this.reference(metric, statistic);
    if (statistic === 'share' && metricDefinition(metric.text)?.unit !== 'ratio')
      throw new Mistake(
        'MF-0127',
        `"share" is taken of what happens or not, and "${metric.text}" is a size`,
        metric,
        {
          hint: 'write for example mean',
        },
      );
    const close = this.expect(')', `"${metric.text}"`);
    return { ...inner, start: name.start, end: close.end };
  }

  private reference(token: Token, statistic: Statistic): TypedTerm {
    const definition = metricDefinition(token.text);
    if (definition === undefined) throw this.unknownMetric(token);
    if (definition.needsObserver) {
      const [needs, ...others] = guessesFor(definition.name);
      if (![needs, ...others].some((guess) => this.context.guesses.has(guess)))
        throw new Mistake(
          'MF-0128',
          `"${token.text}" needs an observer who guesses ${needs === 'membership' ? '' : 'the '}${needs}`,
          token,
          {
            hint: `add one under watch with guesses: ${needs}`,
          },
        );
    }
    const of: MetricReference = { metric: token.text };
    const where = this.take('where');
    let end = token.end;
    if (where !== undefined) {
      const field = this.next();
      if (field.text !== 'role')
        throw new Mistake(
          'MF-0126',
          `samples can be told apart by role, not by "${field.text}"`,
          field,
          {
            suggestion: 'role',
          },
        );
      this.expect('==', '"role"');
      const role = this.next();
      if (!this.context.roles.includes(role.text)) {
        const suggestion = closest(role.text, this.context.roles);
        throw new Mistake('MF-0121', `no role is called "${role.text}"`, role, {
          ...(suggestion === undefined
            ? { hint: `known: ${alternatives(this.context.roles)}` }
            : { suggestion }),
        });
      }
      if (definition.per !== 'node')
        throw new Mistake(
          'MF-0126',
          `"${token.text}" belongs to a ${definition.per}, not to a node of a role`,
          token,
        );
      of.where = { field: 'role', value: role.text };
      end = role.end;
    }
    return {
      term: { kind: 'statistic', statistic, of },
      unit: statisticUnit(statistic, definition.unit),
      start: token.start,
      end,
    };
  }

  private unknownMetric(token: Token): Mistake {
    const known = METRICS.map((m) => m.name);
    const suggestion = closestDotted(token.text, known);
    const definition = suggestion === undefined ? undefined : metricDefinition(suggestion);
    const statistic = closest(token.text, STATISTICS);
    return new Mistake('MF-0120', `no metric is called "${token.text}"`, token, {
      ...(definition === undefined
        ? {
            hint:
              statistic === token.text
                ? `write for example ${statistic}(delivery.latency)`
                : 'mainframe metrics list',
          }
        : {
            suggestion: definition.name,
            hint: `closest: ${definition.name} (${lowerFirst(definition.meaning)})`,
          }),
    });
  }
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

function guarded<T>(parse: () => T): Reading<T> {
  try {
    return { ok: true, value: parse() };
  } catch (error) {
    if (error instanceof Mistake) return { ok: false, fault: error.fault };
    throw error;
  }
}

/** Reads one expectation. */
export function parseExpectation(
  text: string,
  context: ExpressionContext,
): Reading<{ mode: Expectation['mode']; withinUs?: number; condition: Condition }> {
  return guarded(() => new Parser(text, context).expectation());
}

/** Reads a term, as chart axes use it. */
export function parseTerm(text: string, context: ExpressionContext): Reading<TypedTerm> {
  return guarded(() => {
    const parser = new Parser(text, context);
    const term = parser.term();
    parser.end();
    return term;
  });
}
