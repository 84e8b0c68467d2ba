import { describe, expect, it } from 'vitest';

import { evaluate, summarySource, type MetricSource } from '../../../scenarios/expect/evaluate.ts';
import { ExpectationMonitor } from '../../../scenarios/expect/monitor.ts';
import { parseExpectation } from '../../../scenarios/expect/parse.ts';
import type { Expectation } from '../../../scenarios/model.ts';
import type { MetricSummary } from '../../../scenarios/summary.ts';

function expectationOf(check: string, more: Partial<Expectation> = {}): Expectation {
  const reading = parseExpectation(check, {
    values: new Map([['bits', { text: '8 bits', number: 8, unit: 'bits' }]]),
    roles: ['people'],
    guesses: new Set(['receiver', 'sender']),
  });
  if (!reading.ok) throw new Error(reading.fault.message);
  return { check, applies: true, confidence: 0.95, ...reading.value, ...more };
}

/** Values by `statistic metric`. */
function table(values: { [key: string]: number }): MetricSource {
  return { value: (statistic, of) => values[`${statistic} ${of.metric}`] };
}

describe('one run', () => {
  const source = table({
    'value delivery.rate': 0.9992,
    'p95 delivery.latency': 3_410_000,
    'mean routing.copies': 12,
    'mean zone.size': 0,
  });

  it('holds, with the value and the room to spare', () => {
    const result = evaluate(expectationOf('delivery.rate >= 99%'), source);
    expect(result).toMatchObject({ verdict: 'holds', value: 0.9992, unit: 'ratio' });
    expect(result.margin).toBeCloseTo(0.0092, 10);
  });

  it('is broken, with a negative margin', () => {
    expect(
      evaluate(expectationOf('p95(delivery.latency) < 3 s', { why: 'patience' }), source),
    ).toEqual({
      check: 'p95(delivery.latency) < 3 s',
      why: 'patience',
      unit: 'us',
      verdict: 'broken',
      value: 3_410_000,
      margin: -410_000,
    });
  });

  it('is unclear when nothing was measured or a division has no result', () => {
    expect(evaluate(expectationOf('cost.bytes < 1 KiB'), source)).toMatchObject({
      verdict: 'unclear',
      reason: 'nothing was measured',
    });
    expect(
      evaluate(expectationOf('mean(routing.copies) / mean(zone.size) < 2'), source).verdict,
    ).toBe('unclear');
  });

  it('does arithmetic', () => {
    expect(
      evaluate(expectationOf('(mean(routing.copies) + 3) * 2 - 1 == 29'), source),
    ).toMatchObject({ verdict: 'holds', value: 29, margin: 0 });
  });

  it('skips what does not apply and what needs a sweep', () => {
    const when = { applies: false, when: '$bits <= 6 bits' };
    expect(evaluate(expectationOf('delivery.rate >= 99%', when), source)).toMatchObject({
      verdict: 'skipped',
      reason: 'applies when $bits <= 6 bits',
    });
    expect(evaluate(expectationOf('delivery.rate falls as $bits rises'), source)).toMatchObject({
      verdict: 'skipped',
      reason: 'needs a sweep',
    });
  });

  it.each([
    ['<', -1, 1, true],
    ['<', 0, 0, false],
    ['<=', 0, 0, true],
    ['>', 1, 1, true],
    ['>=', 0, 0, true],
    ['==', 0, 0, true],
    ['==', 1, -1, false],
    ['!=', 1, 1, true],
    ['!=', 0, 0, false],
  ] as const)(
    'with %s and a distance of %i has the margin %i',
    (operator, distance, margin, holds) => {
      const result = evaluate(
        expectationOf(`zone.size ${operator} 5`),
        table({ 'value zone.size': 5 + distance }),
      );
      expect(result).toMatchObject({ margin, verdict: holds ? 'holds' : 'broken' });
    },
  );
});

describe('the course of a run', () => {
  /** Feeds one value a second and returns the verdict. */
  function course(check: string, values: (number | undefined)[]) {
    const expectation = expectationOf(check);
    const monitor = new ExpectationMonitor([expectation]);
    let now = 0;
    const at = (value: number | undefined) =>
      table(value === undefined ? {} : { 'value zone.reached': value });
    for (const value of values) monitor.observe((now += 1_000_000), at(value));
    return evaluate(expectation, at(values.at(-1)), monitor.history(0));
  }

  it('always: is broken by one moment, whose time is told', () => {
    expect(course('always zone.reached > 50%', [0.6, 0.7])).toMatchObject({
      verdict: 'holds',
      reason: 'checked 2 times',
    });
    expect(course('always zone.reached > 50%', [0.6, 0.4, 0.3, 0.9])).toMatchObject({
      verdict: 'broken',
      firstBrokenUs: 2_000_000,
    });
  });

  it('never: is broken by one moment', () => {
    expect(course('never zone.reached > 50%', [0.1, 0.2]).verdict).toBe('holds');
    expect(course('never zone.reached > 50%', [0.1, 0.6, 0.2])).toMatchObject({
      verdict: 'broken',
      firstBrokenUs: 2_000_000,
    });
  });

  it('sometimes: one moment is enough', () => {
    expect(course('sometimes zone.reached > 50%', [0.1, 0.6, 0.2]).verdict).toBe('holds');
    expect(course('sometimes zone.reached > 50%', [0.1, 0.2]).verdict).toBe('broken');
  });

  it('eventually: counts only within its time', () => {
    expect(course('eventually zone.reached > 50% within 2 s', [0.1, 0.6]).verdict).toBe('holds');
    expect(course('eventually zone.reached > 50% within 2 s', [0.1, 0.1, 0.6]).verdict).toBe(
      'broken',
    );
    expect(course('eventually zone.reached > 50%', [0.1, 0.1, 0.6]).verdict).toBe('holds');
  });

  it('without a sample is unclear, and moments without one do not count', () => {
    expect(course('always zone.reached > 50%', [undefined, undefined]).verdict).toBe('unclear');
    expect(course('always zone.reached > 50%', [undefined, 0.6])).toMatchObject({
      verdict: 'holds',
      reason: 'checked 1 time',
    });
  });

  it('is not watched for what is judged at the end', () => {
    const monitor = new ExpectationMonitor([expectationOf('zone.reached > 50%')]);
    expect(monitor.needed).toBe(false);
    expect(monitor.history(0)).toBeUndefined();
  });
});

describe('a stored summary', () => {
  const summary: MetricSummary = {
    unit: 'count',
    count: 4,
    mean: 5,
    median: 4,
    p95: 9,
    p99: 10,
    min: 1,
    max: 11,
  };
  const source = summarySource({
    metrics: { 'zone.size': summary },
    byRole: { people: { 'relay.traffic': { ...summary, mean: 7 } } },
  });

  it('gives the statistics it keeps, and none that it does not', () => {
    const of = { metric: 'zone.size' };
    const values = (
      ['value', 'mean', 'median', 'p95', 'p99', 'min', 'max', 'sum', 'count'] as const
    ).map((s) => source.value(s, of));
    expect(values).toEqual([5, 5, 4, 9, 10, 1, 11, 20, 4]);
    expect(source.value('gini', of)).toBeUndefined();
    expect(source.value('mean', { metric: 'cost.bytes' })).toBeUndefined();
    expect(source.value('count', { metric: 'cost.bytes' })).toBe(0);
  });

  it('finds the metrics of a role', () => {
    expect(
      source.value('mean', { metric: 'relay.traffic', where: { field: 'role', value: 'people' } }),
    ).toBe(7);
  });
});
