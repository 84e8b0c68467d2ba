/** What a chart plots, one by one. */

/** One plotted value; numbers in base units. */
export interface Row {
  /** Which of several y's (stacked panels). */
  panel: string;
  /** Number, or undefined where x is a word. */
  x?: number;
  xText: string;
  xLow?: number;
  xHigh?: number;
  y: number;
  low?: number;
  high?: number;
  /** What a contour shows at this place, and its interval; or how much a ribbon carries. */
  value?: number;
  valueLow?: number;
  valueHigh?: number;
  colour: string;
  facet: string;
  label: string;
  /** Seeds behind the value. */
  n: number;
}
