/**
 * The header of a dark packet: what reading and writing its 72 bytes costs. Reading is what every hop pays; a DataView reader of the
 * same fields, in the same process, is the obvious alternative.
 */
import { SEALED_OVERHEAD_BYTES } from '../protocols/crypto/sealed-box.ts';
import { ADDRESS_BYTES, ADDRESS_WORDS } from '../protocols/identity/proximity.ts';
import {
  AT_EXPIRY,
  AT_ID,
  AT_LEVEL,
  AT_LUMINOSITY,
  AT_TARGET,
  AT_TREE,
  DarkHeader,
  HEADER_BYTES,
  PACKET_OK,
  writeHeader,
} from '../protocols/routing/packet.ts';
import { SIZE_CLASSES_BYTES } from '../protocols/routing/params.ts';
import type { BenchCase, BenchRow } from './harness.ts';
import { median, slices } from './harness.ts';

/** Packets laid end to end, so that the reader cannot learn one by heart. */
const PACKETS = 256;
const PACKET_BYTES = HEADER_BYTES + SIZE_CLASSES_BYTES[0]! + SEALED_OVERHEAD_BYTES;

function packets(): Uint8Array {
  const bytes = new Uint8Array(PACKETS * PACKET_BYTES);
  const one = new Uint8Array(PACKET_BYTES);
  for (let i = 0; i < PACKETS; i++) {
    writeHeader(one, 0, i, 0, 1_000 + i);
    for (let at = AT_TARGET; at < HEADER_BYTES; at++) one[at] = i * 31 + at * 17;
    bytes.set(one, i * PACKET_BYTES);
  }
  return bytes;
}

/** The same fields by a DataView. */
function readByView(view: DataView, at: number, target: Uint32Array): number {
  let sum = view.getUint8(at + AT_TREE) + view.getUint16(at + AT_LUMINOSITY);
  sum += view.getUint16(at + AT_LEVEL) + view.getUint32(at + AT_EXPIRY);
  sum += view.getUint32(at + AT_ID) + view.getUint32(at + AT_ID + 4);
  for (let i = 0; i < ADDRESS_WORDS; i++) target[i] = view.getUint32(at + AT_TARGET + 4 * i);
  return sum + target[0]!;
}

function nanoseconds(quick: boolean, pass: () => number): number[] {
  const rounds = quick ? 400 : 4_000;
  let sum = 0;
  for (let i = 0; i < rounds; i++) sum += pass();
  const values: number[] = [];
  for (let slice = 0; slice < slices(quick); slice++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < rounds; i++) sum += pass();
    values.push(Number(process.hrtime.bigint() - start) / (rounds * PACKETS));
  }
  if (sum === 0) throw new Error('nothing was read');
  return values;
}

function row(name: string, values: number[], baseline?: number[]): BenchRow {
  return {
    bench: 'codec',
    case: name,
    unit: 'ns',
    median: median(values),
    low: Math.min(...values),
    high: Math.max(...values),
    ...(baseline === undefined
      ? {}
      : {
          baseline: `DataView ${median(baseline).toFixed(1)} ns`,
          ratio: median(baseline) / median(values),
        }),
  };
}

export const codecBench: BenchCase = {
  name: 'codec',
  run({ quick }): BenchRow[] {
    const bytes = packets();
    const view = new DataView(bytes.buffer);
    const header = new DarkHeader();
    const target = new Uint32Array(ADDRESS_WORDS);
    const read = nanoseconds(quick, () => {
      let sum = 0;
      for (let i = 0; i < PACKETS; i++) {
        if (header.read(bytes, i * PACKET_BYTES, PACKET_BYTES) !== PACKET_OK)
          throw new Error(`packet ${i} is malformed`);
        sum += header.luminosity + header.idLow + header.target[0]!;
      }
      return sum;
    });
    const byView = nanoseconds(quick, () => {
      let sum = 0;
      for (let i = 0; i < PACKETS; i++) sum += readByView(view, i * PACKET_BYTES, target);
      return sum;
    });
    const one = new Uint8Array(HEADER_BYTES);
    const written = nanoseconds(quick, () => {
      for (let i = 0; i < PACKETS; i++) writeHeader(one, 0, i, 0, i);
      return one[AT_LUMINOSITY + 1]! + 1;
    });
    const fixed = HEADER_BYTES - ADDRESS_BYTES;
    return [
      row(`read and check a header of ${HEADER_BYTES} bytes`, read, byView),
      row(`write the fixed fields of a header (${fixed} bytes with id and tag)`, written),
    ];
  },
};
