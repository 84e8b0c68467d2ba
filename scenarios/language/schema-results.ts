/** Keys of expectations, charts and sweeps. */
import { z } from 'zod';

import { anyValue, custom, key, oneOrMore, quantity, text, word, yesOrNo } from './fields.ts';
import { read } from './problems.ts';

export const MARKS = [
  'line',
  'area',
  'bar',
  'point',
  'cdf',
  'hist',
  'box',
  'pareto',
  'survival',
  'lorenz',
  'roc',
  'vintage',
  'contour',
  'sankey',
  'scatter',
] as const;

export const expectation = z.union([
  text(),
  z.strictObject({
    check: key(text(), {
      about: 'What must be true.',
      example: 'median(anonymity.entropy) >= 5.5 bits',
      required: true,
    }),
    when: key(text(), {
      about: 'Parameters for which it is asked; skipped otherwise.',
      example: '$luminosity <= 6 bits',
    }),
    why: key(text(), {
      about: 'Why it matters, for the report.',
      example: 'The dark setting promises a crowd of 64',
    }),
    confidence: key(quantity('share', { min: 0.5, max: 0.9999 }), {
      about: 'Coverage of the interval over seeds.',
      example: '99%',
      default: 'expect[].confidence',
    }),
  }),
]);

export const chart = z.strictObject({
  title: key(text(), {
    about: 'What the chart answers.',
    example: 'What does hiding cost?',
    required: true,
  }),
  mark: key(word(MARKS, 'mark'), {
    about: `How it is drawn: ${MARKS.join(', ')}.`,
    example: 'line',
    required: true,
  }),
  x: key(text(), {
    about:
      'A $parameter, a statistic of a metric, time or role; of boxes what stands side by side.',
    example: '$luminosity',
  }),
  y: key(oneOrMore(text()), {
    about:
      'One or more statistics; several are stacked panels on one x. Of a contour a second $parameter, of a scatter or of boxes a metric.',
    example: '[median(anonymity.entropy), mean(cost.bytes)]',
  }),
  of: key(text(), {
    about:
      'The metric whose samples are drawn (cdf, hist, box, survival, lorenz, roc, vintage), or whose way is (sankey).',
    example: 'delivery.latency',
  }),
  value: key(text(), {
    about: 'What a contour shows over two parameters; the line where it is zero is drawn bold.',
    example: 'mean(profit where role == lazy) - mean(profit where role == honest)',
  }),
  by: key(oneOrMore(text()), {
    about: 'Splits the data: the first by colour, the second by panel; short for colour and facet.',
    example: '[$policy, role]',
  }),
  colour: key(text(), { about: 'Splits the data by colour.', example: '$policy' }),
  facet: key(text(), { about: 'Splits the data into panels.', example: '$policy' }),
  label: key(text(), { about: 'Writes this at each point.', example: '$luminosity' }),
  band: key(quantity('share', { min: 0.5, max: 0.9999 }), {
    about: 'Draws the interval over seeds with this coverage.',
    example: '95%',
  }),
  scales: key(word(['linear', 'log'], 'scale'), {
    about: 'Scale of the measured axes.',
    example: 'log',
    default: 'charts[].scales',
  }),
  bound: key(yesOrNo(), {
    about:
      'Draws what theory says: the least copies, the price of an attack, or of a contour where a cheat that nobody stops would gain nothing.',
    example: 'true',
    default: 'charts[].bound',
  }),
});

const dimension = () =>
  z.union([custom('range with a step', (input) => read(input)), z.array(anyValue())]);

export const sweep = z.strictObject({
  over: key(z.record(z.string(), dimension()), {
    about: 'Values of parameters (or dotted keys); all combinations are run.',
    example: '{ luminosity: 0..12 bits step 2 }',
  }),
  zip: key(z.record(z.string(), z.array(anyValue())), {
    about: 'Values that vary side by side; lists of equal length.',
    example: '{ world.nodes: [1024, 4096], luminosity: [6 bits, 8 bits] }',
  }),
  where: key(text(), {
    about: 'Keeps only the points for which it is true.',
    example: '$luminosity <= 8 bits',
  }),
  repeat: key(quantity('count', { min: 1, max: 100_000 }), {
    about: 'Seeds at each point, the same everywhere.',
    example: '20',
    default: 'sweep.repeat',
  }),
});
