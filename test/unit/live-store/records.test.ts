/** Records: what goes in comes out, and what is cut, altered, misplaced or foreign is told apart, never thrown and never believed. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressKey,
  CONTACTS,
  INBOX,
  INBOX_NEXT,
  inboxKey,
  NAME_BYTES_MAX,
  OUTBOX,
  OUTBOX_STATES,
  PEERS,
  SESSION_BYTES_MAX,
  SESSIONS,
  TEXT_BYTES_MAX,
} from '../../../live/store/records.ts';
import type { RecordCodec } from '../../../live/store/record-codec.ts';
import { filled, textOf, utf8 } from './support.ts';

const exactly = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const UINT48 = 2 ** 48 - 1;
const times = fc.oneof(fc.integer({ min: 0, max: UINT48 }), fc.constantFrom(0, UINT48));
const texts = fc.uint8Array({ maxLength: 300 });
const addresses = exactly(32);

interface Kind<T> {
  codec: RecordCodec<T>;
  records: fc.Arbitrary<T>;
}
const kind = <T>(codec: RecordCodec<T>, records: fc.Arbitrary<T>): Kind<unknown> =>
  ({ codec, records }) as Kind<unknown>;

const KINDS = [
  kind(
    CONTACTS,
    fc.record({
      address: addresses,
      name: fc.string({ unit: 'grapheme', maxLength: 20 }),
      publicKey: exactly(32),
      endpoints: fc.array(exactly(18), { maxLength: 16 }),
      luminosityBits: fc.option(fc.integer({ min: 0, max: 256 }), { nil: undefined }),
      addedAtMs: times,
    }),
  ),
  kind(
    SESSIONS,
    fc.record({
      contact: addresses,
      version: times,
      bytes: fc.uint8Array({ maxLength: 2_000 }),
    }),
  ),
  kind(
    OUTBOX,
    fc.record({
      contact: addresses,
      id: exactly(16),
      text: texts,
      createdAtMs: times,
      attempts: fc.integer({ min: 0, max: 65_535 }),
      state: fc.constantFrom(...OUTBOX_STATES),
    }),
  ),
  kind(
    INBOX,
    fc.record({
      contact: addresses,
      sequence: times,
      text: texts,
      receivedAtMs: times,
      read: fc.boolean(),
    }),
  ),
  kind(PEERS, fc.record({ address: addresses, endpoint: exactly(18), lastSeenMs: times })),
  kind(INBOX_NEXT, fc.record({ contact: addresses, next: times })),
];

describe.each(KINDS.map((it) => [it.codec.namespace, it] as const))(
  'a %s',
  (_, { codec, records }) => {
    it('comes out as it went in', () => {
      fc.assert(
        fc.property(records, (record) => {
          expect(codec.decode(codec.key(record), codec.encode(record))).toEqual({
            ok: true,
            record,
          });
        }),
      );
    });

    it('is refused when cut, grown or altered in any byte', () => {
      fc.assert(
        fc.property(records, fc.nat(), fc.integer({ min: 1, max: 255 }), (record, at, flip) => {
          const key = codec.key(record);
          const bytes = codec.encode(record);
          const altered = Uint8Array.from(bytes);
          altered[at % bytes.length]! ^= flip;
          expect(codec.decode(key, altered).ok).toBe(false);
          expect(codec.decode(key, bytes.subarray(0, at % bytes.length)).ok).toBe(false);
          expect(codec.decode(key, Uint8Array.of(...bytes, flip)).ok).toBe(false);
        }),
      );
    });

    it('is refused under the key of another', () => {
      fc.assert(
        fc.property(records, records, (record, other) => {
          fc.pre(codec.key(record) !== codec.key(other));
          expect(codec.decode(codec.key(other), codec.encode(record)).ok).toBe(false);
        }),
      );
    });

    it('is never made of noise, nor noise of it', () => {
      fc.assert(
        fc.property(
          records,
          fc.uint8Array({ maxLength: 200 }),
          fc.string(),
          (record, noise, key) => {
            expect(codec.decode(codec.key(record), noise).ok).toBe(false);
            expect(codec.decode(key, codec.encode(record)).ok).toBe(false);
            // With the right first bytes it gets further, and still not through.
            noise.set(codec.encode(record).subarray(0, Math.min(2, noise.length)));
            expect(codec.decode(codec.key(record), noise).ok).toBe(false);
          },
        ),
      );
    });

    it('is not taken for another kind', () => {
      fc.assert(
        fc.property(records, (record) => {
          for (const { codec: other } of KINDS.filter((it) => it.codec !== codec)) {
            const decoded = other.decode(codec.key(record), codec.encode(record));
            expect(decoded.ok).toBe(false);
          }
        }),
      );
    });
  },
);

/** CRC-32 (ISO-HDLC) by its definition, bit by bit. */
function crc32Of(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** A record put together by hand with a right checksum. */
function forged(kindByte: number, key: string, ...fields: number[]): Uint8Array {
  const covered = Uint8Array.of(...utf8(`${key}\n`), kindByte, 1, ...fields);
  const crc = crc32Of(covered);
  return Uint8Array.of(kindByte, 1, crc >>> 24, crc >>> 16, crc >>> 8, crc, ...fields);
}

describe('the format', () => {
  const address = filled(32, 0xab);
  const key = addressKey(address);

  it('is what it was: these bytes are on disks', () => {
    expect(crc32Of(utf8('123456789'))).toBe(0xcbf43926);
    expect(PEERS.encode({ address, endpoint: filled(18, 7), lastSeenMs: 0x010203040506 })).toEqual(
      forged(5, key, ...filled(18, 7), 1, 2, 3, 4, 5, 6),
    );
    expect(SESSIONS.encode({ contact: address, version: 258, bytes: utf8('s') })).toEqual(
      forged(2, key, 0, 0, 0, 0, 1, 2, 0x73),
    );
    expect(
      CONTACTS.encode({
        address,
        name: 'é',
        publicKey: filled(32, 9),
        endpoints: [filled(18, 1)],
        luminosityBits: undefined,
        addedAtMs: 5,
      }),
    ).toEqual(
      forged(
        1,
        key,
        ...filled(32, 9),
        0xff,
        0xff,
        0,
        0,
        0,
        0,
        0,
        5,
        0,
        2,
        0xc3,
        0xa9,
        1,
        ...filled(18, 1),
      ),
    );
    const entry = { contact: address, sequence: 42, text: utf8('t'), receivedAtMs: 1, read: true };
    expect(INBOX.key(entry)).toBe(`${key}/000000000000042`);
    expect(INBOX.encode(entry)).toEqual(forged(4, INBOX.key(entry), 0, 0, 0, 0, 0, 1, 1, 0x74));
    const message = {
      contact: address,
      id: filled(16, 0xcd),
      text: utf8('t'),
      createdAtMs: 1,
      attempts: 3,
      state: 'acknowledged' as const,
    };
    expect(OUTBOX.key(message)).toBe(`${key}/${'cd'.repeat(16)}`);
    expect(OUTBOX.encode(message)).toEqual(
      forged(3, OUTBOX.key(message), 0, 0, 0, 0, 0, 1, 0, 3, 2, 0x74),
    );
  });

  it('refuses fields that cannot be, with a right checksum too', () => {
    const why = (
      codec: RecordCodec<never> | RecordCodec<unknown>,
      at: string,
      bytes: Uint8Array,
    ) => {
      const decoded = codec.decode(at, bytes);
      return decoded.ok ? 'ok' : decoded.reason;
    };
    const contact = (luminosity: number, name: number[], count: number, endpoints: number) =>
      forged(
        1,
        key,
        ...filled(32, 9),
        luminosity >>> 8,
        luminosity & 0xff,
        ...filled(6, 0),
        name.length >>> 8,
        name.length & 0xff,
        ...name,
        count,
        ...filled(18 * endpoints, 1),
      );
    const contacts = CONTACTS as RecordCodec<unknown>;
    expect(why(contacts, key, contact(256, [0x61], 1, 1))).toBe('ok');
    expect(why(contacts, key, contact(257, [0x61], 1, 1))).toBe('its fields are wrong');
    expect(why(contacts, key, contact(0, [0xff], 1, 1))).toBe('its fields are wrong');
    expect(why(contacts, key, contact(0, [0x61], 2, 1))).toBe('its fields are wrong');
    expect(why(contacts, key, contact(0, [0x61], 17, 17))).toBe('its fields are wrong');
    expect(why(contacts, key, contact(0, [...filled(NAME_BYTES_MAX + 1, 0x61)], 0, 0))).toBe(
      'its fields are wrong',
    );
    expect(why(contacts, key, forged(1, key, 1, 2, 3))).toBe('its fields are wrong');
    const outbox = `${key}/${'cd'.repeat(16)}`;
    expect(why(OUTBOX as RecordCodec<unknown>, outbox, forged(3, outbox, ...filled(8, 0), 4))).toBe(
      'its fields are wrong',
    );
    const inbox = inboxKey(address, 1);
    expect(why(INBOX as RecordCodec<unknown>, inbox, forged(4, inbox, ...filled(6, 0), 2))).toBe(
      'its fields are wrong',
    );
    const late = `${key}/999999999999999`;
    expect(why(INBOX as RecordCodec<unknown>, late, forged(4, late, ...filled(6, 0), 1))).toBe(
      'its fields are wrong',
    );
    const peer = forged(5, key, ...filled(24, 0));
    peer[1] = 2;
    expect(why(PEERS as RecordCodec<unknown>, key, peer)).toBe('its version is 2');
  });

  it('does not take what it cannot hold', () => {
    const contact = {
      address,
      name: 'n',
      publicKey: filled(32, 0),
      endpoints: [],
      luminosityBits: 0,
      addedAtMs: 0,
    };
    for (const wrong of [
      { publicKey: filled(31, 0) },
      { name: 'x'.repeat(NAME_BYTES_MAX + 1) },
      { endpoints: Array.from({ length: 17 }, () => filled(18, 0)) },
      { endpoints: [filled(17, 0)] },
      { luminosityBits: 257 },
      { luminosityBits: 0.5 },
      { addedAtMs: -1 },
      { addedAtMs: 2 ** 48 },
      { addedAtMs: NaN },
      { address: filled(33, 0) },
    ])
      expect(() => CONTACTS.encode({ ...contact, ...wrong }), JSON.stringify(wrong)).toThrow(
        RangeError,
      );
    const session = { contact: address, version: 1, bytes: new Uint8Array(SESSION_BYTES_MAX) };
    expect(SESSIONS.encode(session)).toHaveLength(SESSION_BYTES_MAX + 12);
    expect(() =>
      SESSIONS.encode({ ...session, bytes: new Uint8Array(SESSION_BYTES_MAX + 1) }),
    ).toThrow(RangeError);
    const message = {
      contact: address,
      id: filled(16, 0),
      text: filled(TEXT_BYTES_MAX + 1, 0),
      createdAtMs: 0,
      attempts: 0,
      state: 'queued' as const,
    };
    expect(() => OUTBOX.encode(message)).toThrow(RangeError);
    const text = utf8('t');
    expect(() => OUTBOX.encode({ ...message, text, id: filled(15, 0) })).toThrow(RangeError);
    expect(() => OUTBOX.encode({ ...message, text, state: 'lost' as 'sent' })).toThrow(RangeError);
    expect(() => OUTBOX.encode({ ...message, text, attempts: -1 })).toThrow(RangeError);
    // More attempts than are told apart are as many as can be.
    const many = OUTBOX.encode({ ...message, text, attempts: 1_000_000 });
    expect(OUTBOX.decode(OUTBOX.key(message), many)).toMatchObject({
      ok: true,
      record: { attempts: 65_535 },
    });
  });

  it('sorts an inbox by number', () => {
    const numbers = [0, 9, 10, 99, 100, 2 ** 31, 2 ** 40, UINT48];
    const sorted = numbers.map((sequence) => inboxKey(address, sequence));
    expect(sorted.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(sorted);
    expect(textOf(utf8(sorted.at(-1)!.slice(-15)))).toBe('281474976710655');
  });
});
