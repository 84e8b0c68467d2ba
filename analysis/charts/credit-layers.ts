/** How curves about credit are drawn: steps or a line, their interval behind them, a tick where somebody was seen no longer. */
import type { Spec } from './axes.ts';
import { CENSORED } from './credit-rows.ts';

/**
 * Layers of the marks.
 * @param dashed colour doubled by dashes.
 * @param plain colour alone.
 */
export function creditLayers(
  mark: 'survival' | 'roc' | 'vintage',
  x: Spec,
  y: (field: string) => Spec,
  { dashed, plain }: { dashed: Spec; plain: Spec },
): Spec[] {
  const interpolate = mark === 'roc' ? 'linear' : 'step-after';
  const isCurve = { filter: `datum.label !== '${CENSORED}'` };
  const line = {
    transform: [isCurve],
    mark: { type: 'line', interpolate },
    encoding: { x, y: y('y'), order: { field: 'x', type: 'quantitative' }, ...dashed },
  };
  if (mark === 'vintage') return [line];
  const band = {
    // Times that all ended, of a metric without a table of lives, have no interval.
    transform: [isCurve, { filter: 'isValid(datum.low)' }],
    mark: { type: 'area', interpolate, opacity: 0.15 },
    encoding: { x, y: y('low'), y2: { field: 'high' }, ...plain },
  };
  if (mark === 'roc') return [band, line];
  const ticks = {
    transform: [{ filter: `datum.label === '${CENSORED}'` }],
    mark: { type: 'tick', orient: 'vertical', size: 9, thickness: 1.5, opacity: 1 },
    encoding: { x, y: y('y'), ...plain },
  };
  return [band, line, ticks];
}
