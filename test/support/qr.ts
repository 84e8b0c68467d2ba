/** Reads QR codes as a telephone would: from pixels, with a decoder that has nothing to do with what drew them. */
import { Resvg } from '@resvg/resvg-js';
import jsQR from 'jsqr';

// The package is of the time before modules: its default export is a property.
const decode = jsQR as unknown as { default: typeof jsQR.default };

type Colour = readonly [number, number, number];
export const DARK_TERMINAL = { ink: [220, 220, 220], ground: [0, 0, 0] } as const;
export const LIGHT_TERMINAL = { ink: [0, 0, 0], ground: [255, 255, 255] } as const;

const CELL = 4;
const COLOURS: { readonly [parameters: string]: { ink: Colour; ground: Colour } } = {
  '38;5;16;48;5;231': { ink: [0, 0, 0], ground: [255, 255, 255] },
};

/** What the pixels say; undefined if nothing that can be read. Codes with light and dark exchanged are not read. */
function read(pixels: Uint8ClampedArray, width: number, height: number): string | undefined {
  return decode.default(pixels, width, height, { inversionAttempts: 'dontInvert' })?.data;
}

/** What a picture says. */
export function readPicture(svg: string): string | undefined {
  const image = new Resvg(svg, { background: '#222' }).render();
  return read(new Uint8ClampedArray(image.pixels), image.width, image.height);
}

/** What stands on a terminal of these colours that has printed `text`, with a margin around it. */
export function readTerminal(
  text: string,
  theme: { ink: Colour; ground: Colour },
): string | undefined {
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => cellsOf(line, theme));
  const columns = Math.max(...lines.map((cells) => cells.length)) + 10;
  const [width, height] = [columns * CELL, (lines.length + 4) * 2 * CELL];
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const row = Math.floor(y / (2 * CELL)) - 2;
      const half = Math.floor(y / CELL) % 2;
      const cell = lines[row]?.[Math.floor(x / CELL) - 2];
      pixels.set([...(cell?.[half] ?? theme.ground), 255], 4 * (y * width + x));
    }
  return read(pixels, width, height);
}

/** Upper and lower half of each character. */
function cellsOf(line: string, theme: { ink: Colour; ground: Colour }): [Colour, Colour][] {
  let now = theme;
  const cells: [Colour, Colour][] = [];
  for (const [, parameters, character] of line.matchAll(/\u001b\[([\d;]+)m|(.)/gu)) {
    if (parameters !== undefined) {
      const colours = parameters === '0' ? theme : COLOURS[parameters];
      if (colours === undefined) throw new Error(`unknown colours ${parameters}`);
      now = colours;
    } else {
      const { ink, ground } = now;
      const halves = [' ', '▄', '▀', '█'].indexOf(character!);
      if (halves < 0) throw new Error(`"${character}" is no half block`);
      cells.push([halves >= 2 ? ink : ground, halves % 2 === 1 ? ink : ground]);
    }
  }
  return cells;
}
