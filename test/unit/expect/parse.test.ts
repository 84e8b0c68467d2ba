import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { evaluateCondition } from '../../../scenarios/expect/condition.ts';
import {
  parseExpectation,
  parseTerm,
  type ExpressionContext,
} from '../../../scenarios/expect/parse.ts';
import { parameterValue } from '../../../scenarios/language/parameters.ts';

const CONTEXT: ExpressionContext = {
  values: new Map(
    Object.entries({ bits: '8 bits', policy: 'tree(3) + stem(3)', gap: '5 s', n: '4' }).map(
      ([k, v]) => [k, parameterValue(v)],
    ),
  ),
  roles: ['people', 'spies'],
  guesses: new Set(['receiver']),
};

function parsed(text: string) {
  const reading = parseExpectation(text, CONTEXT);
  if (!reading.ok) throw new Error(`${reading.fault.code} ${reading.fault.message}`);
  return reading.value;
}

function mistake(text: string) {
  const reading = parseExpectation(text, CONTEXT);
  return reading.ok ? undefined : reading.fault;
}

const metric = (name: string, statistic = 'value') => ({
  kind: 'statistic',
  statistic,
  of: { metric: name },
});

describe('expectations', () => {
  it.each([
    ['receiver', 'anonymity.entropy', undefined],
    ['receiver', 'anonymity.seen', undefined],
    ['sender', 'anonymity.seen', undefined],
    ['membership', 'anonymity.seen', 'receiver'],
    ['sender', 'anonymity.entropy', 'receiver'],
    ['membership', 'anonymity.sender_entropy', 'sender'],
  ] as const)('for an observer who guesses the %s: of %s', (guess, name, missing) => {
    const reading = parseExpectation(
      `mean(${name}) > ${name === 'anonymity.seen' ? '0%' : '0 bits'}`,
      {
        ...CONTEXT,
        guesses: new Set([guess]),
      },
    );
    expect(reading.ok ? undefined : reading.fault.hint).toBe(
      missing && `add one under watch with guesses: ${missing}`,
    );
  });

  it('compare a statistic with a number in base units', () => {
    expect(parsed('p95(delivery.latency) < 3 s')).toEqual({
      mode: 'check',
      condition: {
        kind: 'compare',
        left: metric('delivery.latency', 'p95'),
        operator: '<',
        right: { kind: 'number', value: 3_000_000 },
      },
    });
  });

  it.each([
    ['delivery.rate >= 99%', 0.99],
    ['delivery.rate >= 0.99', 0.99],
    ['relay.traffic < 2 KiB/s', 2048],
    ['cost.bytes < 1.5 KiB', 1536],
    ['anonymity.entropy >= 5.5 bits', 5.5],
    ['routing.copies <= 20', 20],
    ['anonymity.log_loss > -1 bits', -1],
    ['delivery.latency < $gap', 5_000_000],
  ])('%s has the right-hand side %s', (text, value) => {
    expect(parsed(text).condition).toMatchObject({ right: { kind: 'number', value } });
  });

  it('select the nodes of a role', () => {
    expect(parsed('mean(relay.traffic where role == spies) < 1 KiB/s').condition).toMatchObject({
      left: {
        statistic: 'mean',
        of: { metric: 'relay.traffic', where: { field: 'role', value: 'spies' } },
      },
    });
  });

  it('bind products closer than sums, and group to the left', () => {
    expect(parsed('routing.copies - zone.size - 2 * 3 / $n > 0').condition).toMatchObject({
      left: {
        operator: '-',
        left: { operator: '-', left: metric('routing.copies'), right: metric('zone.size') },
        right: { operator: '/', left: { operator: '*' }, right: { kind: 'number', value: 4 } },
      },
    });
    expect(parsed('routing.copies * (zone.size - 2) > 0').condition).toMatchObject({
      left: { operator: '*', right: { operator: '-' } },
    });
  });

  it('over the course of a run have a mode, and eventually a time', () => {
    expect(parsed('always zone.reached > 50%').mode).toBe('always');
    expect(parsed('never network.lost > 5%').mode).toBe('never');
    expect(parsed('sometimes network.queue_drops > 0').mode).toBe('sometimes');
    expect(parsed('eventually zone.reached > 50% within 2 h')).toMatchObject({
      mode: 'eventually',
      withinUs: 7.2e9,
    });
  });

  it('can be trends', () => {
    expect(parsed('median(anonymity.entropy) falls as $bits rises').condition).toEqual({
      kind: 'trend',
      of: metric('anonymity.entropy', 'median'),
      direction: 'falls',
      parameter: 'bits',
      parameterDirection: 'rises',
    });
  });

  it.each([
    ['p95(delivery.latency) < 3', 'MF-0114', 24, '3 s'],
    ['3 < p95(delivery.latency)', 'MF-0114', 0, '3 s'],
    ['cost.bytes < 2048', 'MF-0114', 13, '2048 B'],
    ['delivery.rat > 1%', 'MF-0120', 0, 'delivery.rate'],
    ['mean(latency) > 1 s', 'MF-0120', 5, 'delivery.latency'],
    ['mean(relay.traffic where role == peple) < 1 KiB/s', 'MF-0121', 33, 'people'],
    ['mean(relay.traffic where rol == people) < 1 KiB/s', 'MF-0126', 25, 'role'],
    ['mean(delivery.latency where role == people) < 1 s', 'MF-0126', 5, undefined],
    ['anonymity.sender_entropy > 1 bit', 'MF-0128', 0, undefined],
    ['delivery.rate falls as $bit rises', 'MF-0123', 23, '$bits'],
    ['delivery.rate falls as bits rises', 'MF-0126', 23, '$bits'],
    ['delivery.rate > $policy', 'MF-0127', 16, undefined],
    ['delivery.rate > $bits', 'MF-0127', 16, undefined],
    ['delivery.latency + cost.bytes > 1 s', 'MF-0127', 19, undefined],
    ['delivery.latency / cost.bytes > 1 s', 'MF-0127', 0, undefined],
    ['delivery.rate = 3%', 'MF-0126', 14, '=='],
    ['delivery.rate ≥ 3%', 'MF-0126', 14, '>='],
    ['p95 delivery.latency < 3 s', 'MF-0120', 0, undefined],
    ['delivery.rate > 3% within 2 s', 'MF-0126', 19, undefined],
    ['eventually delivery.rate > 3% within 2', 'MF-0114', 37, undefined],
    ['delivery.rate > 3% 4', 'MF-0126', 19, undefined],
    ['delivery.rate >', 'MF-0126', 15, undefined],
    ['', 'MF-0126', 0, undefined],
    ['slope(delivery.latency) > 3', 'MF-0111', 0, undefined],
    ['share(delivery.latency) > 3%', 'MF-0127', 6, undefined],
    ['mean(cost.bytes) < 3 MFT', 'MF-0127', 19, undefined],
    ['mean(chain.calls) < 3', 'MF-0114', 20, '3 per day'],
    ['mean(chain.calls) < 3 per hour', 'MF-0126', 26, 'day'],
    ['mean(cost.bytes) < 3 kib', 'MF-0109', 21, 'KiB'],
  ])('"%s" is refused with %s at %i', (text, code, offset, suggestion) => {
    const fault = mistake(text);
    expect({ code: fault?.code, offset: fault?.offset, suggestion: fault?.suggestion }).toEqual({
      code,
      offset,
      suggestion,
    });
  });

  it('of any text are read or refused inside the text, and never throw', () => {
    const piece = fc.constantFrom(
      'mean',
      '(',
      ')',
      'delivery.latency',
      'relay.traffic',
      ' where ',
      'role',
      '==',
      '3',
      ' s',
      '%',
      '$bits',
      ' < ',
      '*',
      '-',
      'always ',
      ' falls as ',
      'é',
      '.',
      '  ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        const fault = mistake(text);
        if (fault === undefined) return;
        expect(fault.offset).toBeGreaterThanOrEqual(0);
        expect(fault.offset).toBeLessThanOrEqual(text.length);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('terms of charts', () => {
  it('carry their unit', () => {
    const unit = (text: string) => {
      const reading = parseTerm(text, CONTEXT);
      return reading.ok ? reading.value.unit : reading.fault.code;
    };
    expect(unit('mean(cost.bytes)')).toBe('bytes');
    expect(unit('mean(cost.bytes) / 2')).toBe('bytes');
    expect(unit('2 * mean(cost.bytes)')).toBe('bytes');
    expect(unit('mean(cost.bytes) / median(cost.bytes)')).toBe('plain');
    expect(unit('count(delivery.latency)')).toBe('count');
    expect(unit('gini(relay.traffic)')).toBe('ratio');
    expect(unit('delivery.rate * 3 s')).toBe('us');
  });
});

describe('conditions', () => {
  const truth = (text: string) => {
    const reading = evaluateCondition(text, CONTEXT.values);
    return reading.ok ? reading.value : `${reading.fault.code} at ${reading.fault.offset ?? ''}`;
  };

  it.each([
    ['$bits <= 8 bits', true],
    ['$bits < 8bits', false],
    ['$policy == tree(3) + stem(3)', true],
    ['$policy == tree(3)+stem(3)', true],
    ['$policy == tree(3)', false],
    ['$policy != pss', true],
    ['$gap == 5000 ms', true],
    ['$n >= 4 and $gap > 6 s', false],
    ['$n >= 4 and $gap > 6 s or $bits == 8 bits', true],
    ['$bits == 8 bits or $n >= 4 and $gap > 6 s', true],
  ])('%s is %s', (text, expected) => {
    expect(truth(text)).toBe(expected);
  });

  it.each([
    ['$bit < 3 bits', 'MF-0123 at 0'],
    ['$n == 4 and  $gp < 3 s', 'MF-0123 at 13'],
    ['$bits < 3', 'MF-0114 at 8'],
    ['$policy < pss', 'MF-0126 at 0'],
    ['$bits', 'MF-0126 at 0'],
    ['$bits <', 'MF-0126 at 0'],
    ['$bits < 3 s', 'MF-0127 at 8'],
  ])('%s is refused: %s', (text, expected) => {
    expect(truth(text)).toBe(expected);
  });
});
