/**
 * What Wireshark makes of our captures, by tshark: the dissector must see the same types, fields and mistakes as the protocols' own decoders, and
 * open what was sealed.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { poly1305 } from '@noble/ciphers/_poly1305.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportTrace } from '../../../analysis/trace/export.ts';
import { LinkKeys } from '../../../analysis/trace/link-keys.ts';
import { readUint16, readUint32 } from '../../../protocols/codec/bytes.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { LinkScratch, Session } from '../../../protocols/link/session.ts';
import { FramesWriter, readFrames } from '../../../protocols/link/flow/frames.ts';
import {
  MESSAGE_MULTICAST,
  readMulticast,
  writeMulticast,
} from '../../../protocols/routing/multicast/packet.ts';
import * as wire from '../../../protocols/link/wire.ts';
import * as rendezvous from '../../../protocols/rendezvous/messages.ts';
import * as overlay from '../../../protocols/overlay/messages.ts';
import { LINK_OPENED } from '../../../protocols/link/events.ts';
import { PACKET_SENT } from '../../../protocols/routing/events.ts';
import { AT_ID, DarkHeader, MESSAGE_DARK, PACKET_OK } from '../../../protocols/routing/packet.ts';
import { KeyLogFile } from '../../../scenarios/results/key-log.ts';
import {
  captureOf,
  DISSECTOR,
  fresh,
  HAS_TSHARK,
  recorded,
  rowsOf,
  SMALL,
  tshark,
} from './support.ts';

const WRONG =
  'mainframe.malformed or mainframe.forged or mainframe.no_key or _ws.malformed or _ws.lua.error or ip.checksum.status == 0 or udp.checksum.status == 0';

/** Whether the protocols would call a message of theirs, outside or inside DATA, malformed. */
function isMalformed(bytes: Uint8Array, inside: boolean): boolean {
  const [type] = bytes;
  if (type === undefined) return !inside;
  if (inside && type === wire.CONTENT_FRAMES)
    return readFrames(bytes, 0, bytes.length) === undefined;
  if (!inside && type === rendezvous.DATAGRAM_KNOCK)
    return rendezvous.decodeKnock(bytes, 0, bytes.length) === undefined;
  if (type >= rendezvous.MESSAGE_WHERE && type <= rendezvous.MESSAGE_VISIT)
    return rendezvous.decodeRendezvous(bytes, 0, bytes.length) === undefined;
  if (type === MESSAGE_MULTICAST) return readMulticast(bytes, 0, bytes.length) === undefined;
  if (inside && wire.isLinkContent(type))
    return (type === wire.CONTENT_PING || type === wire.CONTENT_PONG) && bytes.length !== 9;
  if (!inside && type >= wire.TYPE_INITIATE && type <= wire.TYPE_UNKNOWN)
    return !wire.isWellFormed(bytes, 0, bytes.length);
  if (type === MESSAGE_DARK) return new DarkHeader().read(bytes, 0, bytes.length) !== PACKET_OK;
  const message = new overlay.OverlayMessage();
  return overlay.decodeOverlayMessage(bytes, 0, bytes.length, message) !== overlay.DECODED;
}

/** Lengths at which something may be right. */
const LENGTHS = [
  1, 5, 6, 8, 9, 16, 24, 56, 96, 119, 120, 272, 416, 672, 806, 864, 1_184, 1_200, 1_201, 1_232,
];

/** Messages that are nearly right: a type, a likely length, mostly zeros, a few bytes of anything. */
const nearly = fc
  .tuple(
    fc.constantFrom(
      1,
      2,
      3,
      4,
      5,
      0x10,
      0x11,
      0x20,
      0x21,
      0x22,
      0x23,
      0x24,
      0x25,
      0x26,
      0x2f,
      0x30,
      0x31,
      0x32,
      0x33,
      0x34,
      0x3a,
      0x77,
    ),
    fc.constantFrom(...LENGTHS),
    fc.array(fc.tuple(fc.oneof(fc.nat(12), fc.nat(80)), fc.constantFrom(1, 2, 4, 5, 16, 17, 255)), {
      maxLength: 2,
    }),
    fc.constantFrom(0, 1),
  )
  .map(([type, length, changes, version]) => {
    const bytes = new Uint8Array(length);
    bytes[0] = type;
    if (length > 5) bytes[5] = type === 3 || type === 4 ? version : 0;
    if (length > 1) bytes[1] = type >= 0x10 ? version : 0;
    for (const [at, value] of changes) if (at > 0 && at < length) bytes[at] = value;
    return bytes;
  });
/** A multicast packet for three zones, and a packet of reliable messages with every kind of frame. */
function composed(): Uint8Array[] {
  const multicast = new Uint8Array(1_200);
  const length = writeMulticast(multicast, {
    ...{ tree: 1, luminosity: 12, expiry: 9, id: new Uint8Array(16), tag: new Uint8Array(8) },
    prefixes: [Uint8Array.of(1, 0x10), Uint8Array.of(1, 0x20), Uint8Array.of(9, 0)],
    sealed: new Uint8Array(60),
  });
  const frames = new FramesWriter();
  frames.begin(true, 7, 8);
  const ranges = [
    { low: 90, high: 100 },
    { low: 50, high: 60 },
  ];
  frames.ack({ life: 3, delayUs: 160, creditBytes: 2 ** 33, ranges });
  frames.piece(1, 2, new Uint8Array(30), 0);
  frames.reset(5);
  const twice = new FramesWriter();
  twice.begin(false, 7, 8);
  for (let i = 0; i < 2; i++)
    twice.ack({ life: 3, delayUs: 160, creditBytes: 5, ranges: [{ low: 1, high: 2 }] });
  return [
    multicast.slice(0, length),
    frames.bytes.slice(0, frames.length),
    twice.bytes.slice(0, twice.length),
  ];
}

/** Right messages of every type with one byte of their beginning or their last changed to each value at which a rule may turn. */
function edges(): Uint8Array[] {
  const right: [number, number, number][] = [
    ...([
      [1, 5, 0],
      [2, 5, 0],
      [3, 272, 0],
      [4, 56, 0],
      [5, 1, 0],
    ] as [number, number, number][]),
    ...([0x20, 0x21, 0x22].map((type) => [type, 416, 1]) as [number, number, number][]),
    ...([
      [0x10, 120, 1],
      [0x10, 1_200, 1],
      [0x23, 24, 1],
      [0x24, 8, 1],
      [0x26, 8, 1],
      [0x2f, 16, 1],
    ] as [number, number, number][]),
    ...([
      ...[0x60, 0x64, 0x65, 0x69].map((type) => [type, 5, 0]),
      ...[0x6a, 0x6b].map((type) => [type, 9, 0]),
      ...[0x63, 0x66].map((type) => [type, 380, 0]),
      [0x61, 23, 0],
      [0x62, 37, 0],
      [0x67, 6, 0],
      [0x68, 7, 0],
      [0x6c, 27, 0],
    ] as [number, number, number][]),
  ];
  const changedComposed = composed().flatMap((base) => [
    base,
    ...Array.from({ length: base.length - 1 }, (_, i) => i + 1).flatMap((at) =>
      [0, 1, 2, 16, 64, 255].map((value) => {
        const bytes = base.slice();
        bytes[at] = value;
        return bytes;
      }),
    ),
    ...Array.from({ length: base.length - 1 }, (_, i) => base.slice(0, i + 1)),
  ]);
  return changedComposed.concat(
    right.flatMap(([type, length, version]) => {
      const base = new Uint8Array(length);
      base[0] = type;
      if (version > 0) base[1] = version;
      if (type === 3 || type === 4) base[5] = 1;
      const places = [
        ...Array.from({ length: 17 }, (_, i) => i + 1),
        27,
        28,
        38,
        55,
        56,
        length - 1,
      ];
      const changed = places
        .filter((at) => at > 0 && at < length)
        .flatMap((at) =>
          [0, 1, 2, 4, 5, 15, 16, 17, 255].map((value) => {
            const bytes = base.slice();
            bytes[at] = value;
            return bytes;
          }),
        );
      return [base, ...changed];
    }),
  );
}
const anything = fc.uint8Array({ minLength: 1, maxLength: 1_200 });

describe.skipIf(!HAS_TSHARK)('tshark, of a recorded run,', { timeout: 120_000 }, () => {
  it('sees no mistake, and as many packets of each type as the run has counted', async () => {
    const { recording, world, events } = await recorded(SMALL);
    const path = fresh('.pcapng');
    const { types } = await exportTrace(recording, 'pcapng', undefined, path);
    expect(tshark(path, ['frame.number'], { filter: WRONG })).toEqual([]);
    const seen: { [type: string]: number } = {};
    const rows = await rowsOf(recording);
    tshark(path, ['mainframe.type', 'udp.length']).forEach(([type, length], i) => {
      // Copies made by the network were received, not sent.
      if (rows[i]!.sentUs >= 0) seen[type!] = (seen[type!] ?? 0) + 1;
      expect(Number(length)).toBe(rows[i]!.payload.length + 8);
    });
    const sent = Object.values(seen).reduce((a, b) => a + b, 0);
    expect(sent).toBe(world.datagramsSent.reduce((a, b) => a + b, 0));
    expect(seen['0x10']).toBe(events.get(PACKET_SENT));
    expect(Object.keys(types).toSorted()).toEqual(
      ['DARK', 'FIND_NODE', 'LEAVE', 'NODES', 'PING', 'PONG'].toSorted(),
    );
  });

  it.each(['noble', 'modelled'])('opens all of an encrypted one, suite %s', async (suite) => {
    const run = await recorded(SMALL, { 'services.link.encrypt': 'true', 'world.suite': suite });
    const path = fresh('.pcapng');
    await exportTrace(run.recording, 'pcapng', undefined, path);
    const keyLog = join(run.folder, 'keys.log');
    expect(tshark(path, ['frame.number'], { filter: WRONG, keyLog })).toEqual([]);
    const rows = await rowsOf(run.recording);
    const packets = tshark(
      path,
      [
        'mainframe.type',
        'mainframe.content',
        'mainframe.link.counter',
        'mainframe.overlay.transaction',
        'mainframe.dark.id',
        'mainframe.dark.luminosity',
        'mainframe.link.length',
      ],
      { keyLog },
    );
    expect(packets).toHaveLength(rows.length);
    packets.forEach((packet, i) => {
      const { payload } = rows[i]!;
      const inner = run.recording.keys.open(payload);
      const hex = (value: number, digits: number): string =>
        `0x${value.toString(16).padStart(digits, '0')}`;
      const data = payload[0] === wire.TYPE_DATA;
      const dark = inner?.[0] === MESSAGE_DARK;
      const overlayed = inner !== undefined && inner[0]! >= 1 && inner[0]! <= 4;
      expect(packet).toEqual([
        hex(payload[0]!, 2),
        inner === undefined ? '' : hex(inner[0]!, 2),
        data ? String(wire.readCounter(payload, 5)) : '',
        overlayed ? hex(readUint32(inner, 1), 8) : '',
        dark ? Buffer.from(inner.subarray(AT_ID, AT_ID + 16)).toString('hex') : '',
        dark ? String(readUint16(inner, 4)) : '',
        inner === undefined ? '' : String(inner.length),
      ]);
    });
    expect(run.events.get(LINK_OPENED)).toBeGreaterThan(20);
  });

  it('opens nothing without keys or with others, and says which it was', async () => {
    const run = await recorded(SMALL, { 'services.link.encrypt': 'true' });
    const path = fresh('.pcapng');
    await exportTrace(run.recording, 'pcapng', undefined, path);
    const data = tshark(path, ['frame.number'], { filter: 'mainframe.type == 0x25' }).length;
    expect(data).toBeGreaterThan(200);
    expect(tshark(path, ['frame.number'], { filter: 'mainframe.no_key' })).toHaveLength(data);
    const log = readFileSync(join(run.folder, 'keys.log'), 'utf8');
    const keyLog = fresh('.log');
    writeFileSync(keyLog, log.replace(/ [0-9a-f]{64}$/gm, ` ${'7'.repeat(64)}`));
    const filter = 'mainframe.forged and not mainframe.content';
    expect(tshark(path, ['frame.number'], { filter, keyLog })).toHaveLength(data);
  });
});

describe.skipIf(!HAS_TSHARK)('the dissector', { timeout: 120_000 }, () => {
  it('calls malformed exactly what the decoders do', () => {
    const payloads = [...edges(), ...fc.sample(nearly, 3_000), ...fc.sample(anything, 300)];
    const flagged = tshark(captureOf(payloads), ['mainframe.malformed', '_ws.lua.error']);
    expect(flagged).toHaveLength(payloads.length);
    const wanted = payloads.map((bytes) => isMalformed(bytes, false));
    const differing = payloads.flatMap((bytes, i) =>
      (flagged[i]![0] !== '') === wanted[i] && flagged[i]![1] === ''
        ? []
        : [
            `${Buffer.from(bytes.subarray(0, 80)).toString('hex')} of ${bytes.length}: ${flagged[i]}`,
          ],
    );
    expect(differing).toEqual([]);
    for (const verdict of [true, false])
      expect(wanted.filter((malformed) => malformed === verdict).length).toBeGreaterThan(100);
  });

  it('calls malformed inside DATA exactly what the decoders do', () => {
    const suite = createSuite('native');
    const contents = [new Uint8Array(0), ...edges(), ...fc.sample(nearly, 700)].filter(
      ({ length }) => length <= wire.CONTENT_BYTES_MAX,
    );
    const sendKey = new Uint8Array(32).fill(3);
    const session = new Session(suite, new LinkScratch(suite), {
      ...{ localIndex: 1, remoteIndex: 0xfedcba98, initiator: true, createdUs: 0 },
      ...{ sendKey, receiveKey: new Uint8Array(32) },
    });
    // Beyond 32 bits, where a reader that counts in them would go wrong.
    session.sent = 0x1_2345_6789;
    const keyLog = fresh('.log');
    const log = new KeyLogFile(keyLog, 'native');
    log.opened(1, 0xfedcba98, sendKey, new Uint8Array(32));
    log.close();
    const payloads = contents.map((content) => {
      const out = new Uint8Array(wire.DATA_SIZE_CLASSES_BYTES.at(-1)!);
      return out.slice(0, session.seal(content, 0, content.length, out));
    });
    const keys = new LinkKeys(readFileSync(keyLog, 'utf8'));
    const seen = tshark(
      captureOf(payloads),
      ['mainframe.malformed', 'mainframe.content', 'mainframe.link.opened', '_ws.lua.error'],
      { keyLog },
    );
    const wanted = contents.map((content, i) => {
      expect(Buffer.from(keys.open(payloads[i]!)!)).toEqual(Buffer.from(content));
      const type = content.length === 0 ? '' : `0x${content[0]!.toString(16).padStart(2, '0')}`;
      return [isMalformed(content, true), type, 'ChaCha20-Poly1305, tag verified', ''];
    });
    expect(seen.map(([malformed, ...rest]) => [malformed !== '', ...rest])).toEqual(wanted);
  });

  it('takes a datagram with one changed bit for forged', () => {
    const suite = createSuite('native');
    const keyLog = fresh('.log');
    const log = new KeyLogFile(keyLog, 'native');
    const sendKey = new Uint8Array(32).fill(5);
    log.opened(1, 2, sendKey, new Uint8Array(32));
    log.close();
    const session = new Session(suite, new LinkScratch(suite), {
      ...{ localIndex: 1, remoteIndex: 2, initiator: true, createdUs: 0 },
      ...{ sendKey, receiveKey: new Uint8Array(32) },
    });
    const out = new Uint8Array(96);
    session.seal(Uint8Array.of(wire.CONTENT_IDLE), 0, 1, out);
    // Every bit of the counter, the sealed text and the tag.
    const forged = Array.from({ length: (96 - 5) * 8 }, (_, bit) => {
      const bytes = out.slice();
      bytes[5 + (bit >>> 3)]! ^= 1 << (bit & 7);
      return bytes;
    });
    const path = captureOf([out, ...forged]);
    const seen = tshark(path, ['mainframe.forged', 'mainframe.content'], { keyLog });
    expect(seen[0]).toEqual(['', '0x33']);
    expect(seen.slice(1).filter(([found, content]) => found === '' || content !== '')).toEqual([]);
  });

  it('computes Poly1305 where its carries are longest', () => {
    const full = new Uint8Array(16).fill(255);
    const key = (r: Uint8Array, s: Uint8Array): Uint8Array => Uint8Array.of(...r, ...s);
    const cases: [Uint8Array, Uint8Array][] = [
      // RFC 8439, appendix A.3: sums that reach the prime, or 2^128, or stop just short.
      [key(Uint8Array.of(2, ...new Uint8Array(15)), new Uint8Array(16)), full],
      [key(Uint8Array.of(2, ...new Uint8Array(15)), full), Uint8Array.of(2, ...new Uint8Array(15))],
      [
        key(Uint8Array.of(1, ...new Uint8Array(15)), new Uint8Array(16)),
        Uint8Array.of(...full, 0xf0, ...full.subarray(1), 0x11, ...new Uint8Array(15)),
      ],
      [
        key(Uint8Array.of(1, ...new Uint8Array(15)), new Uint8Array(16)),
        Uint8Array.of(
          ...full,
          0xfb,
          ...new Uint8Array(15).fill(0xfe),
          ...new Uint8Array(16).fill(1),
        ),
      ],
      [
        key(Uint8Array.of(2, ...new Uint8Array(15)), new Uint8Array(16)),
        Uint8Array.of(0xfd, ...full.subarray(1)),
      ],
      ...fc.sample(
        fc.tuple(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ maxLength: 70 })),
        300,
      ),
      ...fc
        .sample(
          fc.tuple(
            fc.array(fc.constantFrom(0, 255), { minLength: 32, maxLength: 32 }),
            fc.array(fc.constantFrom(0, 255), { maxLength: 70 }),
          ),
          300,
        )
        .map(([k, text]): [Uint8Array, Uint8Array] => [Uint8Array.from(k), Uint8Array.from(text)]),
    ];
    const literal = (bytes: Uint8Array): string =>
      `"${[...bytes].map((b) => `\\${String(b).padStart(3, '0')}`).join('')}"`;
    const script = fresh('.lua');
    const answers = fresh('.txt');
    writeFileSync(
      script,
      [
        // Without Wireshark's names the dissector gives its cryptography alone.
        'local kept = rawget(_G, "Proto"); rawset(_G, "Proto", nil)',
        `local crypto = load(io.open(${JSON.stringify(resolve(DISSECTOR))}):read("*a"))()`,
        'rawset(_G, "Proto", kept)',
        'local function hex(s) return (s:gsub(".", function(c) return string.format("%02x", c:byte()) end)) end',
        `local out = io.open(${JSON.stringify(answers)}, "w")`,
        ...cases.map(
          ([k, text]) => `out:write(hex(crypto.poly1305(${literal(k)}, ${literal(text)})), "\\n")`,
        ),
        'out:close()',
        '',
      ].join('\n'),
    );
    execFileSync('tshark', ['-X', `lua_script:${script}`, '-r', captureOf([])], { stdio: 'pipe' });
    expect(readFileSync(answers, 'utf8').trimEnd().split('\n')).toEqual(
      cases.map(([k, text]) => Buffer.from(poly1305(text, k)).toString('hex')),
    );
  });
});

describe('the dissector’s tables', () => {
  const lua = readFileSync(DISSECTOR, 'utf8');

  it('know every type of datagram and content that the protocols have', () => {
    const constants: [string, number][] = [
      ...Object.entries(wire).filter(
        ([name]) => /^(TYPE|CONTENT)_/.test(name) && !name.endsWith('_MAX'),
      ),
      ...Object.entries(overlay).filter(([name]) => name.startsWith('MESSAGE_')),
      ...Object.entries(rendezvous).filter(([name]) => /^(MESSAGE|DATAGRAM)_/.test(name)),
      ['MESSAGE_DARK', MESSAGE_DARK],
      ['MESSAGE_MULTICAST', MESSAGE_MULTICAST],
    ] as [string, number][];
    expect(constants.length).toBeGreaterThan(16);
    const missing = constants.filter(
      ([, value]) => !new RegExp(`\\[0x${value.toString(16).padStart(2, '0')}\\] = "`).test(lua),
    );
    expect(missing).toEqual([]);
  });

  it('know every size of DATA', () => {
    const sizes = /DATA_SIZES = \{(.*)\}/.exec(lua)![1]!;
    expect([...sizes.matchAll(/\[(\d+)\] = true/g)].map((match) => Number(match[1]))).toEqual(
      wire.DATA_SIZE_CLASSES_BYTES,
    );
  });
});
