/** Capture files, read back by a parser of the test's own: block by block, option by option, checksum by checksum. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportTrace } from '../../../analysis/trace/export.ts';
import { ipPacket } from '../../../analysis/trace/pcapng.ts';
import { chosenBy } from '../../../analysis/trace/view.ts';
import { captureOf, fresh, recorded, rowsOf, SMALL } from './support.ts';

interface Block {
  type: number;
  body: Buffer;
  options: Map<number, Buffer>;
}

/** Bytes before the options, by block type; packets carry their own length. */
const FIXED: { readonly [type: number]: number } = { 0x0a0d0d0a: 16, 1: 8 };

/** All blocks of a file (draft-ietf-opsawg-pcapng, section 3.1), with every length checked. */
function blocksOf(file: Buffer): Block[] {
  const blocks: Block[] = [];
  for (let at = 0; at < file.length;) {
    const type = file.readUInt32LE(at);
    const length = file.readUInt32LE(at + 4);
    expect(length % 4).toBe(0);
    expect(file.readUInt32LE(at + length - 4)).toBe(length);
    const whole = file.subarray(at + 8, at + length - 4);
    const fixed = type === 6 ? 20 + 4 * Math.ceil(whole.readUInt32LE(12) / 4) : FIXED[type]!;
    blocks.push({
      type,
      body: whole.subarray(0, fixed),
      options: optionsOf(whole.subarray(fixed)),
    });
    at += length;
  }
  return blocks;
}

function optionsOf(bytes: Buffer): Map<number, Buffer> {
  const options = new Map<number, Buffer>();
  for (let at = 0; at < bytes.length;) {
    const code = bytes.readUInt16LE(at);
    const length = bytes.readUInt16LE(at + 2);
    if (code === 0) {
      expect([length, at + 4]).toEqual([0, bytes.length]);
      return options;
    }
    options.set(code, bytes.subarray(at + 4, at + 4 + length));
    expect(
      bytes.subarray(at + 4 + length, at + 4 + 4 * Math.ceil(length / 4)).every((b) => b === 0),
    ).toBe(true);
    at += 4 + 4 * Math.ceil(length / 4);
  }
  throw new Error('options without an end');
}

interface Packet {
  nanoseconds: bigint;
  ip: Buffer;
  comment: string;
  direction: number | undefined;
}

function packetsOf(path: string): Packet[] {
  return blocksOf(readFileSync(path))
    .filter(({ type }) => type === 6)
    .map(({ body, options }) => {
      expect(body.readUInt32LE(12)).toBe(body.readUInt32LE(16));
      return {
        nanoseconds: (BigInt(body.readUInt32LE(4)) << 32n) | BigInt(body.readUInt32LE(8)),
        ip: body.subarray(20, 20 + body.readUInt32LE(12)),
        comment: options.get(1)!.toString(),
        direction: options.get(2)?.readUInt32LE(0),
      };
    });
}

/** The one's complement sum of 16-bit words, by way of one large number: 2^16 is 1 modulo 2^16 - 1. */
function sum16(bytes: Buffer): number {
  const even = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.from([0])]);
  return Number(BigInt(`0x${even.toString('hex')}`) % 0xffffn);
}

/** Checks headers, lengths and sums of an IP packet. @returns endpoints and payload. */
function opened(ip: Buffer): { from: Buffer; to: Buffer; payload: Buffer } {
  const four = ip[0]! >>> 4 === 4;
  const header = four ? 20 : 40;
  const [from, to] = four
    ? [ip.subarray(12, 16), ip.subarray(16, 20)]
    : [ip.subarray(8, 24), ip.subarray(24, 40)];
  const udp = ip.subarray(header);
  if (four) {
    expect(ip[0]).toBe(0x45);
    expect(ip.readUInt16BE(2)).toBe(ip.length);
    expect(ip[9]).toBe(17);
    // A header with its checksum in it sums to all ones, which is nothing.
    expect(sum16(ip.subarray(0, 20))).toBe(0);
  } else {
    expect(ip.readUInt32BE(0)).toBe(0x60000000);
    expect(ip.readUInt16BE(4)).toBe(udp.length);
    expect(ip[6]).toBe(17);
  }
  expect(udp.readUInt16BE(4)).toBe(udp.length);
  expect(udp.readUInt16BE(6)).not.toBe(0);
  const pseudo = Buffer.alloc(8);
  pseudo.writeUInt32BE(udp.length, 0);
  pseudo[7] = 17;
  expect(sum16(Buffer.concat([from!, to!, pseudo, udp]))).toBe(0);
  const port = (at: number): Buffer => udp.subarray(at, at + 2);
  return {
    from: Buffer.concat([from!, port(0)]),
    to: Buffer.concat([to!, port(2)]),
    payload: udp.subarray(8),
  };
}

const mapped = Buffer.from('00000000000000000000ffff', 'hex');
const endpoint = fc
  .tuple(fc.boolean(), fc.uint8Array({ minLength: 18, maxLength: 18 }))
  .map(([four, bytes]) => {
    if (four) bytes.set(mapped);
    return bytes;
  });

describe('a packet', () => {
  it('is IPv4 between IPv4 endpoints and IPv6 otherwise, with right lengths and checksums', () => {
    fc.assert(
      fc.property(endpoint, endpoint, fc.uint8Array({ maxLength: 1_232 }), (from, to, payload) => {
        const packet = opened(Buffer.from(ipPacket(from, to, payload)));
        const four = [from, to].every((e) => mapped.equals(e.subarray(0, 12)));
        const skip = four ? 12 : 0;
        expect(packet.from).toEqual(Buffer.from(from.subarray(skip)));
        expect(packet.to).toEqual(Buffer.from(to.subarray(skip)));
        expect(packet.payload).toEqual(Buffer.from(payload));
      }),
      { numRuns: 300 },
    );
  });

  it('whose checksum would be zero says all ones, since zero means none', () => {
    const nobody = Buffer.concat([mapped, Buffer.alloc(6)]);
    let zeros = 0;
    for (let i = 0; i < 0x10000; i++) {
      const packet = Buffer.from(ipPacket(nobody, nobody, Uint8Array.of(i >>> 8, i & 0xff)));
      opened(packet);
      if (packet.readUInt16BE(26) === 0xffff) zeros++;
    }
    expect(zeros).toBe(1);
  });
});

describe('a capture file', () => {
  it('begins with its section and one interface of bare IP packets in nanoseconds', () => {
    const [section, network, ...packets] = blocksOf(
      readFileSync(captureOf([Uint8Array.of(5), new Uint8Array(7)])),
    );
    expect(section!.type).toBe(0x0a0d0d0a);
    expect(section!.body.readUInt32LE(0)).toBe(0x1a2b3c4d);
    expect(section!.options.get(4)!.toString()).toBe('test');
    expect(network!.type).toBe(1);
    expect(network!.body.readUInt16LE(0)).toBe(101);
    expect([...network!.options.get(9)!]).toEqual([9]);
    expect(packets.map(({ type }) => type)).toEqual([6, 6]);
  });

  it('of a run has every datagram once, in the order of time, with its fate as a comment', async () => {
    const { recording } = await recorded(SMALL);
    const rows = await rowsOf(recording);
    const path = fresh('.pcapng');
    const exported = await exportTrace(recording, 'pcapng', undefined, path);
    const packets = packetsOf(path);
    expect(exported.datagrams).toBe(rows.length);
    expect(packets).toHaveLength(rows.length);
    packets.forEach(({ nanoseconds, ip, comment, direction }, i) => {
      const row = rows[i]!;
      expect(nanoseconds).toBe(BigInt(row.timeUs) * 1_000n);
      expect(direction).toBeUndefined();
      const { from, to, payload } = opened(ip);
      expect(from).toEqual(Buffer.from(row.fromEndpoint.subarray(12)));
      expect(to).toEqual(Buffer.from(row.toEndpoint.subarray(12)));
      expect(payload).toEqual(Buffer.from(row.payload));
      expect(comment).toContain(`node ${row.from} (`);
      expect(comment).toContain(row.fate === 'unknown' ? 'not known' : row.fate);
    });
  });

  it('of one node has what it sent when it sent it, and what it received when it came', async () => {
    const { recording } = await recorded(SMALL);
    const rows = await rowsOf(recording);
    const path = fresh('.pcapng');
    const address = recording.nodes.get(4)!.address;
    for (const word of ['4', address.slice(0, 12)]) {
      await exportTrace(recording, 'pcapng', await chosenBy(recording, word), path);
      const packets = packetsOf(path);
      const mine = rows.filter((row) => row.from === 4 && row.sentUs >= 0);
      const theirs = rows.filter((row) => row.to === 4 && row.fate === 'delivered');
      expect(packets.filter(({ direction }) => direction === 2)).toHaveLength(mine.length);
      expect(packets.filter(({ direction }) => direction === 1)).toHaveLength(theirs.length);
      expect(packets).toHaveLength(mine.length + theirs.length);
      const wanted = [...mine.map((row) => row.sentUs), ...theirs.map((row) => row.endedUs)];
      expect(packets.map(({ nanoseconds }) => Number(nanoseconds) / 1_000)).toEqual(
        wanted.toSorted((a, b) => a - b),
      );
    }
  });

  it('names a node by role or place too, and a word that means nobody is an error', async () => {
    const { recording } = await recorded(SMALL);
    const count = async (word: string): Promise<number> =>
      (await exportTrace(recording, 'pcapng', await chosenBy(recording, word), fresh('.pcapng')))
        .datagrams;
    const row = (await rowsOf(recording))[0]!;
    const place = row.fromEndpoint.subarray(12, 16).join('.');
    expect(await count(place)).toBe(await count(String(row.from)));
    expect(await count(`${place}:4242`)).toBe(await count(String(row.from)));
    expect(await count('moody')).toBeGreaterThan(await count(String(row.from)));
    await expect(count('mody')).rejects.toThrow(
      'No node "mody" in this recording. Did you mean "moody"?',
    );
    await expect(count('14')).rejects.toThrow('There are nodes 0 to 13, of roles');
    await expect(count('10.0.0.1')).rejects.toThrow('No node "10.0.0.1"');
  });

  it('is not begun where it cannot be finished', async () => {
    const { recording } = await recorded(SMALL);
    const path = fresh('.pcapng');
    mkdirSync(path);
    await expect(exportTrace(recording, 'pcapng', undefined, path)).rejects.toThrow('EISDIR');
    expect(existsSync(`${path}.${process.pid}.partial`)).toBe(false);
  });
});
