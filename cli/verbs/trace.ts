/** `mainframe trace export`: recorded datagrams in the formats of Wireshark, Perfetto and whatever reads Parquet. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  exportTrace,
  TRACE_ENDINGS,
  type Exported,
  type TraceFormat,
} from '../../analysis/trace/export.ts';
import { NoDatagrams, openRecording, TraceError } from '../../analysis/trace/recording.ts';
import { chosenBy } from '../../analysis/trace/view.ts';
import { KEY_LOG_FILE } from '../../scenarios/results/datagrams.ts';
import { EXIT, UserError } from '../exit.ts';
import { shownPath, type Output } from '../output.ts';
import { resultFolder } from '../result-folders.ts';

export interface TraceArguments {
  run: string;
  to: TraceFormat;
  node: string | undefined;
  keys: string | undefined;
  out: string | undefined;
}

const RESULTS = 'runs';
/** Beside the code, in a clone and in a build alike. */
const DISSECTOR = fileURLToPath(new URL('../../analysis/trace/mainframe.lua', import.meta.url));

export async function traceExportVerb(args: TraceArguments, output: Output): Promise<number> {
  const { place, results } = placeOf(args);
  if (args.keys !== undefined && !existsSync(args.keys))
    throw new UserError(EXIT.usage, 'MF-0011', `There is no key log ${args.keys}.`);
  try {
    const recording = await openRecording(place, args.keys);
    const chosen = args.node === undefined ? undefined : await chosenBy(recording, args.node);
    const file = fileOf(args, place, results);
    if (!existsSync(dirname(file)))
      throw new UserError(
        EXIT.usage,
        'MF-0011',
        `There is no folder ${dirname(file)} to write to.`,
      );
    const exported = await exportTrace(recording, args.to, chosen, file);
    output.print(screen(args, file, place, exported));
    output.object({ schema: 'trace-export/v1', file, format: args.to, ...exported });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof NoDatagrams)
      throw new UserError(
        EXIT.usage,
        'MF-0012',
        `${shownPath(place)} has no recorded datagrams. Record them: ${recordingCommand(place)}`,
      );
    if (error instanceof TraceError) throw new UserError(EXIT.usage, 'MF-0011', error.message);
    throw error;
  }
}

/** Prints the path of the dissector, for `tshark -X lua_script:`. */
export function traceDissectorVerb(output: Output): number {
  output.verdict(DISSECTOR);
  output.object({ schema: 'trace-dissector/v1', file: DISSECTOR });
  return EXIT.ok;
}

/** What is to be exported, and where results are looked for if that is what --out says. */
function placeOf({ run, out }: TraceArguments): { place: string; results: string } {
  const folder = out !== undefined && existsSync(out) && statSync(out).isDirectory();
  const results = folder ? out : RESULTS;
  const capture = existsSync(run) && statSync(run).isFile();
  return { place: capture ? run : resultFolder(run, results), results };
}

/** The file to write: what --out names unless that is the folder of results; else beside what was recorded. */
function fileOf({ out, to, node }: TraceArguments, place: string, results: string): string {
  if (out !== undefined && out !== results) return out;
  const view = node === undefined ? '' : `-${node.replace(/[^\w.-]+/g, '_')}`;
  const name = `${view}${TRACE_ENDINGS[to]}`;
  return statSync(place).isDirectory()
    ? join(place, `trace${name}`)
    : `${place.replace(/\.arrow$/, '')}${name}`;
}

/** How the same run is made again with its datagrams recorded. */
function recordingCommand(place: string): string {
  try {
    const manifest = readFileSync(join(place, 'run.json'), 'utf8');
    const { command } = JSON.parse(manifest) as { command: string };
    return `${command.replace(/ --record \w+/, '')} --record datagrams`;
  } catch {
    return 'mainframe run <scenario> --record datagrams';
  }
}

function screen(args: TraceArguments, file: string, place: string, exported: Exported): string {
  const types = Object.entries(exported.types).toSorted(([, a], [, b]) => b - a);
  const lines = [
    `${exported.datagrams.toLocaleString('en')} datagrams, ${exported.bytes.toLocaleString('en')} bytes`,
    ...types.map(([type, count]) => `  ${type.padEnd(20)} ${count.toLocaleString('en')}`),
    `wrote ${shownPath(file)}`,
  ];
  if (args.to === 'perfetto')
    lines.push('Open it at https://ui.perfetto.dev (it stays in your browser).');
  if (args.to === 'pcapng') lines.push(`Read it: ${readingCommand(args, file, place)}`);
  return lines.join('\n');
}

/** A tshark command that dissects the file. */
function readingCommand(args: TraceArguments, file: string, place: string): string {
  const beside = join(place, KEY_LOG_FILE);
  const keys = args.keys ?? (existsSync(beside) ? beside : undefined);
  return [
    'tshark',
    `-X lua_script:${shownPath(DISSECTOR)}`,
    ...(keys === undefined ? [] : [`-o mainframe.keylog:${shownPath(keys)}`]),
    `-r ${shownPath(file)}`,
  ].join(' ');
}
