/** What a chart draws, in base units: made by `rows.ts`, drawn by everybody else. */
import type { Row } from './row.ts';
import type { Shade } from './series.ts';

export interface ChartData {
  rows: Row[];
  xUnit: string;
  /** True when x is a word, drawn in the order given. */
  xIsWord: boolean;
  /** Base unit of each panel's y. */
  panels: { name: string; unit: string }[];
  /** Name and base unit of what a contour shows over its plane. */
  value?: { name: string; unit: string };
  /** Orders of the categorical channels, as the sweep has them. */
  colours: string[];
  facets: string[];
  /** Spans of time to be shaded. */
  shades: Shade[];
}
