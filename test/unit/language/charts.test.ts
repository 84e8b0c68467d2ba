/** Charts as they are written: what each mark has a use for, and boxes, which may be written in two ways. */
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../../scenarios/language/load.ts';
import type { Chart } from '../../../scenarios/model.ts';

const text = (chart: string): string => `
scenario: pictures
params: { members: { default: 5 }, mode: { default: 30 s } }
world: { nodes: $members, duration: 90 s, warmup: $mode }
traffic: [{ every: 1 s, size: 100 B }]
charts: [{ title: One, ${chart} }]
`;

function load(chart: string): { charts: Chart[]; problems: string[] } {
  const shown = (all: readonly { code: string; message: string }[]): string[] =>
    all.map(({ code, message }) => `${code} ${message}`);
  const result = loadScenario({ file: 'x.yaml', text: text(chart) });
  if (!result.ok) return { charts: [], problems: shown(result.problems) };
  const resolved = result.loaded.resolve();
  return resolved.ok
    ? { charts: resolved.scenario.charts, problems: shown(result.loaded.warnings) }
    : { charts: [], problems: shown(resolved.problems) };
}

describe('boxes', () => {
  it('may be written by x and y, as charts of statistics are', () => {
    const [one] = load('mark: box, of: delivery.latency, colour: $members, facet: $mode').charts;
    const { charts, problems } = load('mark: box, x: $members, y: delivery.latency, facet: $mode');
    expect(problems).toEqual([]);
    expect(charts).toEqual([one]);
  });

  it.each([
    ['mark: box, x: $members', 'MF-0150 a box chart needs "of"'],
    ['mark: box, x: $members, colour: $mode, of: delivery.latency', 'MF-0112 "x" and "colour"'],
    ['mark: box, x: $members, by: $mode, of: delivery.latency', 'MF-0112 "x" and "by"'],
    ['mark: box, y: delivery.latency, of: delivery.hops', 'MF-0112 "y" and "of"'],
    ['mark: box, y: mean(delivery.latency)', 'MF-0126'],
  ])('%s is refused', (chart, problem) => {
    expect(load(chart).problems[0]).toContain(problem);
  });
});

describe('keys that a mark has no use for', () => {
  it.each([
    ['mark: cdf, of: delivery.latency, x: $members', '"x" does nothing in a cdf chart'],
    ['mark: line, x: $members, y: mean(delivery.rate), label: $mode', '"label" does nothing'],
    ['mark: line, x: $members, y: mean(delivery.rate), of: delivery.hops', '"of" does nothing'],
    [
      'mark: bar, x: $members, y: mean(delivery.rate), label: $mode',
      '"label" does nothing in a bar',
    ],
  ])('are told of: %s', (chart, problem) => {
    const { charts, problems } = load(chart);
    expect(charts).toHaveLength(1);
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(problems[0]).toMatch(/^MF-0194/);
  });

  it('are none where all have one', () => {
    const { problems } = load('mark: pareto, x: $members, y: mean(delivery.rate), label: $mode');
    expect(problems).toEqual([]);
  });
});
