/** Specification to SVG and PNG, without a browser. The same specification gives the same bytes. */
import { existsSync } from 'node:fs';
import { Resvg } from '@resvg/resvg-js';
import * as vega from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Spec } from './axes.ts';

/** Where Debian keeps DejaVu; elsewhere the system's fonts are used for PNG. */
const FONT_FILE = '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf';
const PNG_SCALE = 2;

/** Vega-Lite to an SVG document. */
export async function toSvg(spec: Spec): Promise<string> {
  const compiled = compile(spec as unknown as TopLevelSpec, { logger: silent() }).spec;
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logLevel: vega.Error });
  // Vega numbers gradients and clips across figures; from zero each time, so that a figure does not depend on those before it.
  vega.resetSVGDefIds();
  const svg = await view.toSVG();
  view.finalize();
  return svg;
}

/** Warnings of the compiler about layered channels are known and harmless; errors still throw. */
function silent() {
  const logger = {
    level: () => logger,
    error: (...words: readonly unknown[]) => {
      throw new Error(words.join(' '));
    },
    warn: () => logger,
    info: () => logger,
    debug: () => logger,
  };
  return logger as never;
}

/** SVG to PNG at twice the size, for slides and looking. */
export function toPng(svg: string): Uint8Array {
  const font = existsSync(FONT_FILE)
    ? { fontFiles: [FONT_FILE], loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans' }
    : { loadSystemFonts: true };
  return new Resvg(svg, { font, fitTo: { mode: 'zoom', value: PNG_SCALE } }).render().asPng();
}
