/** What reports say of one role, from the rows of charts. */
import { expect, it } from 'vitest';
import type { ChartData } from '../../../analysis/charts/chart-data.ts';
import { CELL } from '../../../analysis/charts/contour.ts';
import type { Row } from '../../../analysis/charts/row.ts';
import { roleSentences } from '../../../analysis/report/answer-roles.ts';
import type { Chart, Channel } from '../../../scenarios/model.ts';

const MFT = 1e9;
const parameter = (name: string): Channel => ({ kind: 'parameter', text: `$${name}`, name });
const chart = (mark: 'line' | 'contour'): Chart => ({
  title: 'One',
  mark,
  x: parameter('threshold'),
  y: [parameter('cash_after')],
});
const base: Row = { panel: '', xText: '', y: 0, colour: '', facet: '', label: '', n: 3 };
const data = (rows: Row[], more: Partial<ChartData>): ChartData => ({
  rows,
  xUnit: 'MFT',
  xIsWord: false,
  panels: [],
  colours: [''],
  facets: [''],
  shades: [],
  ...more,
});

it('say on which side of zero a surface lies, and nothing where its intervals reach over', () => {
  const cell = (xText: string, mean: number, half: number): Row => ({
    ...base,
    xText,
    colour: CELL,
    value: mean * MFT,
    valueLow: (mean - half) * MFT,
    valueHigh: (mean + half) * MFT,
  });
  const rows = [
    cell('2 MFT', -80, 5),
    cell('2 MFT', -74, 5),
    cell('4 MFT', 1, 3),
    cell('4 MFT', 9, 3),
    cell('8 MFT', 99, 9),
    cell('8 MFT', 101, 9),
  ];
  const value = { name: 'mean(default.gain where role == cheat)', unit: 'MFT' };
  expect(roleSentences(chart('contour'), data(rows, { value }))).toEqual([
    'Whatever cash_after, with threshold rising, mean(default.gain where role == cheat) is below zero at 2 MFT (-80.0 to -74.0 MFT); above zero at 8 MFT (99.0 to 101 MFT).',
  ]);
  // Of everybody together the summary speaks.
  const all = { name: 'mean(default.gain)', unit: 'MFT' };
  expect(roleSentences(chart('contour'), data(rows, { value: all }))).toEqual([]);
});

it('say from where to where a line goes, or that it does not', () => {
  const name = 'mean(profit where role == honest)';
  const spot = (x: number, y: number, colour: string): Row => ({
    ...base,
    panel: name,
    x,
    xText: `${x} MFT`,
    y: y * MFT,
    low: (y - 1) * MFT,
    high: (y + 1) * MFT,
    colour,
  });
  const rows = [spot(8, 30, 'a'), spot(2, 10, 'a'), spot(2, 10, 'b'), spot(8, 11, 'b')];
  const panels = [{ name, unit: 'MFT' }];
  expect(roleSentences(chart('line'), data(rows, { panels, colours: ['a', 'b'] }))).toEqual([
    `With a: as threshold rises from 2 MFT to 8 MFT, ${name} goes from 10.0 ± 1.0 MFT to 30.0 ± 1.0 MFT.`,
    `With b: as threshold rises from 2 MFT to 8 MFT, ${name} does not change beyond its interval (11.0 ± 1.0 MFT).`,
  ]);
});
