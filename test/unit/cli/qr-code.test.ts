import { describe, expect, it } from 'vitest';
import { toPng } from '../../../analysis/charts/render.ts';
import { qrModules, qrSvg, qrText } from '../../../cli/screen/qr-code.ts';
import {
  announcedEndpoint,
  cardText,
  identityOf,
  readCard,
  recordOf,
} from '../../../live/node/identity.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { DARK_TERMINAL, LIGHT_TERMINAL, readPicture, readTerminal } from '../../support/qr.ts';

const suite = createSuite('native');

/** The card of a node with account number `account`. */
function card(account: number): string {
  const secret = new Uint8Array(32).fill(account);
  const identity = identityOf(suite, secret, 7n, secret, 1);
  return cardText(
    recordOf(suite, identity, { networkId: '7', sequence: 1 }, announcedEndpoint('192.0.2.1:4242')),
  );
}

const cards = Array.from({ length: 12 }, (_, i) => card(i + 1));

describe('the QR code of a contact card', () => {
  it.each(cards)('gives the card back from any terminal, from paper and from pictures', (text) => {
    const modules = qrModules(text);
    const painted = qrText(modules, true);
    expect(readTerminal(painted, DARK_TERMINAL)).toBe(text);
    expect(readTerminal(painted, LIGHT_TERMINAL)).toBe(text);
    expect(readTerminal(qrText(modules, false), LIGHT_TERMINAL)).toBe(text);
    const svg = qrSvg(modules);
    expect(readPicture(svg)).toBe(text);
    expect(readPicture(asImage(toPng(svg), 2 * 8 * modules.length))).toBe(text);
    expect(readCard(suite, text).ok).toBe(true);
  });

  it('has four light modules all around, and fits a terminal of 80 columns', () => {
    const modules = qrModules(cards[0]!);
    const side = modules.length;
    expect(side).toBeLessThan(80);
    modules.forEach((row, y) => {
      row.forEach((dark, x) => {
        const edge = Math.min(x, y, side - 1 - x, side - 1 - y);
        if (edge < 4) expect(dark).toBe(false);
      });
    });
    expect(modules[4]!.slice(4, 11)).toEqual(Array(7).fill(true));
    for (const line of qrText(modules, false).split('\n')) expect(line).toHaveLength(side);
  });
});

/** A picture that shows a PNG. */
function asImage(png: Uint8Array, side: number): string {
  const data = Buffer.from(png).toString('base64');
  return `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${side}" height="${side}"><image width="${side}" height="${side}" xlink:href="data:image/png;base64,${data}"/></svg>`;
}
