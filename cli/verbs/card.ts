/** `mainframe contacts card`: a node's own card, for friends to copy or to photograph. */
import { existsSync, writeFileSync } from 'node:fs';
import { EXIT, UserError } from '../exit.ts';
import { shownPath, type Output } from '../output.ts';
import { qrModules, qrSvg, qrText } from '../screen/qr-code.ts';
import { factsAndCard } from './node.ts';

export interface CardArguments {
  node: string | undefined;
  /** Undefined: as text; empty: on the screen; else the file to write. */
  qr: string | undefined;
  'password-file'?: string | undefined;
}

export async function contactsCardVerb(
  { node, qr, ...args }: CardArguments,
  output: Output,
): Promise<number> {
  if (qr !== undefined && qr !== '') assertWritable(qr);
  const { facts, card } = await factsAndCard(node, args['password-file']);
  if (qr === undefined) output.print(card);
  else if (qr === '') output.print(onScreen(card));
  else {
    await write(qr, card);
    output.print(`Wrote the card of "${facts.name}" as a QR code to ${shownPath(qr)}.`);
  }
  output.object({
    schema: 'contact-card/v1',
    name: facts.name,
    address: facts.address,
    card,
    ...(qr === undefined || qr === '' ? {} : { file: qr }),
  });
  return EXIT.ok;
}

/** Before a password is asked for: whether the code could be written. */
function assertWritable(file: string): void {
  if (!/\.(svg|png)$/.test(file))
    throw new UserError(
      EXIT.usage,
      'MF-0833',
      `--qr takes a file that ends in .svg or .png, not "${file}"; without one it shows the code here.`,
    );
  if (existsSync(file))
    throw new UserError(
      EXIT.environment,
      'MF-0834',
      `${file} is there already; a card does not replace anything. Name another file.`,
    );
}

/** @throws UserError where a line would not fit: a code whose lines are broken cannot be read. */
function onScreen(card: string): string {
  const modules = qrModules(card);
  const isTerminal = process.stdout.isTTY === true;
  if (isTerminal && process.stdout.columns < modules.length)
    throw new UserError(
      EXIT.environment,
      'MF-0835',
      `The code is ${modules.length} columns wide, this terminal ${process.stdout.columns}. Make it wider, or write a picture: --qr card.svg`,
    );
  return qrText(modules, isTerminal);
}

async function write(file: string, card: string): Promise<void> {
  const svg = qrSvg(qrModules(card));
  const bytes = file.endsWith('.svg')
    ? svg
    : (await import('../../analysis/charts/render.ts')).toPng(svg);
  writeFileSync(file, bytes, { flag: 'wx' });
}
