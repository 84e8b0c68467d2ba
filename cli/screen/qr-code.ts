/**
 * A text as a QR code (ISO/IEC 18004), for a telephone to read from a screen or from paper.
 *
 * A terminal shows two modules in one character: its upper half is the foreground, its lower half the background. A reader wants dark on light and four
 * light modules all around, whatever colours the terminal has; so both are said for every line, as the two ends of the 256-colour cube,
 * which themes leave alone (they redefine the first sixteen colours). Where no terminal is, a dark module is ink: the text can be pasted and printed.
 */
import encodeQR from 'qr';

/** Light modules on each side: the standard's quiet zone. */
const QUIET_MODULES = 4;
/** Black on white. */
const INK_ON_PAPER = '\u001b[38;5;16;48;5;231m';
const RESET = '\u001b[0m';
/** By upper and lower half, 1 for dark: neither, lower, upper, both. */
const HALVES = [' ', '▄', '▀', '█'];
/** Side of a module in pictures, pixels: 61 modules, the size of a card's code, make an inch and a half at 300 dpi. */
const MODULE_PIXELS = 8;

/**
 * The modules of `text`, rows from the top, true for dark, the quiet zone included. Screens and fresh prints are clean, so the weakest correction (7%)
 * is taken and the modules are as large as they can be.
 */
export function qrModules(text: string): boolean[][] {
  return encodeQR(text, 'raw', { ecc: 'low', border: QUIET_MODULES });
}

/** The code in half-block characters, a line for two rows. `painted`: with colours, for a terminal. */
export function qrText(modules: readonly (readonly boolean[])[], painted: boolean): string {
  const lines: string[] = [];
  for (let row = 0; row < modules.length; row += 2) {
    const below = modules[row + 1];
    const line = modules[row]!.map(
      (dark, column) => HALVES[(dark ? 2 : 0) + (below?.[column] === true ? 1 : 0)]!,
    ).join('');
    lines.push(painted ? `${INK_ON_PAPER}${line}${RESET}` : line);
  }
  return lines.join('\n');
}

/** The code as a picture, on white ground. */
export function qrSvg(modules: readonly (readonly boolean[])[]): string {
  const side = modules.length;
  const ink = modules.flatMap((row, y) =>
    row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : [])),
  );
  const pixels = side * MODULE_PIXELS;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${pixels}" height="${pixels}" viewBox="0 0 ${side} ${side}" shape-rendering="crispEdges">`,
    `<rect width="${side}" height="${side}" fill="#fff"/>`,
    `<path d="${ink.join('')}"/>`,
    '</svg>\n',
  ].join('');
}
