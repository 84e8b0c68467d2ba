/** Recorded datagrams in the formats of other people's tools. Each is written as the recording is read; nothing is held but what is in flight. */
import { DATAGRAM_FIELDS, FATE_DELIVERED, FATE_LOST } from '../../scenarios/results/datagrams.ts';
import { ParquetRows } from '../../scenarios/results/parquet.ts';
import type { Field } from '../../scenarios/results/sink.ts';
import { writePieces, writeWhole } from './file-out.ts';
import { endpointOf, kindOf, kindText, nodeName } from './names.ts';
import { interfaceBlock, ipPacket, packetBlock, sectionBlock } from './pcapng.ts';
import { PerfettoTrace } from './perfetto.ts';
import type { Datagram, Recording } from './recording.ts';
import { ends, sightings, touches, type Chosen, type Sighting } from './view.ts';

export const TRACE_FORMATS = ['pcapng', 'perfetto', 'parquet'] as const;
export type TraceFormat = (typeof TRACE_FORMATS)[number];

/** Ends of file names. */
export const TRACE_ENDINGS: { readonly [format in TraceFormat]: string } = {
  pcapng: '.pcapng',
  perfetto: '.perfetto.json',
  parquet: '.parquet',
};

/** Rows of a row group: raw bytes make them large. */
const GROUP_ROWS = 8_192;

/** What was written. */
export interface Exported {
  datagrams: number;
  bytes: number;
  /** How many of each type; the content of DATA by its own name where its key is known. */
  types: { [type: string]: number };
}

/** Writes a trace to `path`, whole or not at all. @throws the file system's errors. */
export async function exportTrace(
  recording: Recording,
  format: TraceFormat,
  chosen: Chosen | undefined,
  path: string,
): Promise<Exported> {
  const tally = new Tally(recording);
  if (format === 'pcapng') await toPcapng(recording, chosen, path, tally);
  else if (format === 'perfetto') await toPerfetto(recording, chosen, path, tally);
  else await toParquet(recording, chosen, path, tally);
  return tally.result;
}

class Tally {
  readonly result: Exported = { datagrams: 0, bytes: 0, types: {} };
  readonly #recording: Recording;

  constructor(recording: Recording) {
    this.#recording = recording;
  }

  count({ payload }: Datagram): void {
    const { result } = this;
    const type = kindText(kindOf(payload, this.#recording.keys));
    result.datagrams++;
    result.bytes += payload.length;
    result.types[type] = (result.types[type] ?? 0) + 1;
  }
}

function toPcapng(
  recording: Recording,
  chosen: Chosen | undefined,
  path: string,
  tally: Tally,
): Promise<void> {
  const { program = 'mainframe', version = '', scenario, seed } = recording.facts;
  const { owner } = recording;
  const about =
    owner === undefined
      ? `scenario ${scenario}, seed ${seed}: network time, which begins at 0`
      : `capture of node ${owner}`;
  return writePieces(path, async (write) => {
    write(sectionBlock(`${program} ${version}`, about));
    write(interfaceBlock(owner === undefined ? 'simulated network' : 'udp'));
    for await (const sighting of sightings(recording, chosen)) {
      const { datagram, timeUs, direction } = sighting;
      tally.count(datagram);
      const packet = ipPacket(datagram.fromEndpoint, datagram.toEndpoint, datagram.payload);
      const comment = commentOn(recording, sighting);
      write(packetBlock(recording.epochUs + timeUs, packet, comment, direction));
    }
  });
}

/** What no packet says: who the nodes are, what became of it. */
function commentOn(recording: Recording, { datagram }: Sighting): string {
  const { from, to, fromEndpoint, toEndpoint, sentUs, endedUs, fate, detail } = datagram;
  const sender = nodeName(recording, from, fromEndpoint);
  const receiver = nodeName(recording, to, toEndpoint);
  const after =
    sentUs >= 0 && endedUs >= 0 ? ` after ${((endedUs - sentUs) / 1_000).toFixed(3)} ms` : '';
  const what =
    fate === FATE_DELIVERED
      ? `delivered${after}`
      : fate === FATE_LOST
        ? `lost${after}`
        : 'what became of it is not known';
  return `${sender} to ${receiver}: ${what}${detail === '' ? '' : ` (${detail})`}`;
}

function toPerfetto(
  recording: Recording,
  chosen: Chosen | undefined,
  path: string,
  tally: Tally,
): Promise<void> {
  return writePieces(path, async (write) => {
    const trace = new PerfettoTrace(recording, write);
    for await (const sighting of ends(recording, chosen)) {
      // Each datagram is counted at its first end.
      if (sighting.direction === 'out' || sighting.datagram.sentUs < 0)
        tally.count(sighting.datagram);
      trace.add(sighting);
    }
    trace.end();
  });
}

/** Columns of the Parquet file: those of the recording, endpoints as text, and what the payload is. */
const PARQUET_FIELDS: readonly Field[] = [
  ...DATAGRAM_FIELDS.map((field): Field => {
    const endpoint = field.name.endsWith('_endpoint');
    return endpoint
      ? { ...field, type: 'text', unit: 'name', meaning: 'address:port as people write it' }
      : field;
  }),
  { name: 'bytes', type: 'int', unit: 'bytes', meaning: 'Length of the UDP payload' },
  { name: 'type', type: 'text', unit: 'name', meaning: 'Type of the datagram' },
  {
    name: 'content',
    type: 'text',
    unit: 'name',
    meaning: 'Type of what a DATA carries, empty without its key',
  },
  { name: 'packet', type: 'text', unit: 'name', meaning: 'Id of the dark packet in it, hex' },
];

function toParquet(
  recording: Recording,
  chosen: Chosen | undefined,
  path: string,
  tally: Tally,
): Promise<void> {
  return writeWhole(path, async (temporary) => {
    const rows = new ParquetRows(temporary, PARQUET_FIELDS, recording.facts, GROUP_ROWS);
    for await (const datagram of recording.datagrams()) {
      const { from, to, fromEndpoint, toEndpoint, payload } = datagram;
      if (chosen !== undefined && !touches(datagram, chosen)) continue;
      tally.count(datagram);
      const { type, content, packet } = kindOf(payload, recording.keys);
      const written = rows.append([
        datagram.timeUs,
        datagram.sentUs,
        datagram.endedUs,
        from,
        to,
        endpointOf(fromEndpoint),
        endpointOf(toEndpoint),
        payload,
        datagram.fate,
        datagram.detail,
        payload.length,
        type,
        content,
        packet,
      ]);
      if (written !== undefined) await written;
    }
    await rows.finish();
  });
}
