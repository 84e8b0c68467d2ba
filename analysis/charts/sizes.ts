/** Sizes of figures: columns of journals, slides, the screen. */

export interface FigureSize {
  /** Width of the whole figure in CSS pixels (1/96 inch). */
  widthPx: number;
  /** Height of one panel. */
  panelHeightPx: number;
  fontPx: number;
}

const MM = 96 / 25.4;
const POINT = 96 / 72;

/** Widths of the columns that figures go into, and text no smaller than 7 pt in them. */
export const SIZES: { readonly [name: string]: FigureSize } = {
  screen: { widthPx: 720, panelHeightPx: 220, fontPx: 12 },
  slide: { widthPx: 1200, panelHeightPx: 420, fontPx: 22 },
  'acm-column': { widthPx: 84 * MM, panelHeightPx: 40 * MM, fontPx: 7.5 * POINT },
  'usenix-column': { widthPx: 84 * MM, panelHeightPx: 40 * MM, fontPx: 7.5 * POINT },
  'ieee-column': { widthPx: 88.9 * MM, panelHeightPx: 42 * MM, fontPx: 7.5 * POINT },
};
