/** The rendezvous' wire: every message there and back, and every other byte string refused. */
import { bytesToHex } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dataBytes, HANDSHAKE_BYTES } from '../../../protocols/link/wire.ts';
import { DEFAULT_RENDEZVOUS_OPTIONS } from '../../../protocols/rendezvous/options.ts';
import {
  decodeKnock,
  decodeRendezvous,
  encodeKnock,
  encodeRendezvous,
  isRendezvous,
  KNOCK_BYTES,
  MESSAGE_ACCEPT,
  MESSAGE_ASKED,
  MESSAGE_CHECK,
  MESSAGE_DECLINE,
  MESSAGE_GONE,
  MESSAGE_INTRODUCE,
  MESSAGE_INVITE,
  MESSAGE_MEET,
  MESSAGE_REFUSE,
  MESSAGE_RELAY,
  MESSAGE_SEEN,
  MESSAGE_VISIT,
  MESSAGE_WHERE,
  writeRelayHeader,
} from '../../../protocols/rendezvous/messages.ts';

type Sent = Parameters<typeof encodeRendezvous>[0];

const number = fc.integer({ min: 0, max: 0xffffffff });
const bytesOf = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });
const endpoint = bytesOf(18);
const address = bytesOf(32);
const nonce = bytesOf(8);
const relay = fc.boolean();

const message: fc.Arbitrary<Sent> = fc.oneof(
  ...([MESSAGE_WHERE, MESSAGE_ACCEPT, MESSAGE_DECLINE, MESSAGE_GONE] as const).map((type) =>
    fc.record({ type: fc.constant(type), number }),
  ),
  fc.record({ type: fc.constant(MESSAGE_SEEN), number, endpoint }),
  fc.record({ type: fc.constant(MESSAGE_INTRODUCE), number, address }),
  fc.record({ type: fc.constant(MESSAGE_INVITE), number, relay, address, endpoint }),
  fc.record({ type: fc.constant(MESSAGE_MEET), number, channel: number, relay, endpoint }),
  fc.record({
    type: fc.constant(MESSAGE_REFUSE),
    number,
    reason: fc.integer({ min: 0, max: 255 }),
  }),
  fc.record({ type: fc.constant(MESSAGE_CHECK), nonce }),
  fc.record({ type: fc.constant(MESSAGE_ASKED), nonce }),
  fc.record({ type: fc.constant(MESSAGE_VISIT), nonce, endpoint }),
) as fc.Arbitrary<Sent>;

describe('a message', () => {
  it('comes back as it went, from anywhere in an array', () => {
    fc.assert(
      fc.property(message, fc.integer({ min: 0, max: 9 }), (sent, offset) => {
        const bytes = encodeRendezvous(sent);
        expect(isRendezvous(bytes[0]!)).toBe(true);
        const array = new Uint8Array(bytes.length + offset + 5).fill(0xee);
        array.set(bytes, offset);
        expect(decodeRendezvous(array, offset, bytes.length)).toEqual(sent);
        expect(decodeRendezvous(array, offset, bytes.length - 1)).toBeUndefined();
        expect(decodeRendezvous(array, offset, bytes.length + 1)).toBeUndefined();
      }),
    );
  });

  it('has one form: what decodes encodes to the same bytes', () => {
    const length = fc.constantFrom(1, 5, 6, 9, 23, 27, 37, 380, 381);
    const array = length.chain((size) =>
      fc.tuple(fc.integer({ min: 0x60, max: 0x6f }), fc.constant(size), bytesOf(64), fc.boolean()),
    );
    let decoded = 0;
    fc.assert(
      fc.property(array, ([type, size, head, flag]) => {
        const bytes = new Uint8Array(size);
        bytes.set(head.subarray(0, size));
        bytes[0] = type;
        if (size === 380) bytes[type === MESSAGE_INVITE ? 5 : 9] = flag ? 1 : 0;
        // Only the fields, so that padding is zero often enough.
        bytes.fill(
          0,
          Math.min(size, type === MESSAGE_INVITE ? 56 : type === MESSAGE_MEET ? 28 : size),
        );
        const read = decodeRendezvous(bytes, 0, size);
        if (read === undefined || read.type === MESSAGE_RELAY) return;
        decoded++;
        expect(bytesToHex(encodeRendezvous(read))).toBe(bytesToHex(bytes));
      }),
      { numRuns: 2_000 },
    );
    expect(decoded).toBeGreaterThan(50);
  });

  it('is refused, not thrown at, whatever the bytes are', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.integer({ min: -2, max: 405 }),
        (bytes, n) => {
          decodeRendezvous(bytes, 0, n);
          decodeRendezvous(bytes, 3, n);
          decodeKnock(bytes, 0, Math.max(0, Math.min(n, bytes.length)));
        },
      ),
    );
  });

  it.each([MESSAGE_INVITE, MESSAGE_MEET])(
    'of type %i is refused with padding or another flag',
    (type) => {
      const parts = { number: 1, channel: 2, relay: true, address: new Uint8Array(32).fill(7) };
      const bytes = encodeRendezvous({
        ...parts,
        type,
        endpoint: new Uint8Array(18).fill(9),
      } as Sent);
      const flagAt = type === MESSAGE_INVITE ? 5 : 9;
      for (const [at, value] of [
        [bytes.length - 1, 1],
        [type === MESSAGE_INVITE ? 56 : 28, 1],
        [flagAt, 2],
      ] as const) {
        const changed = bytes.slice();
        changed[at] = value;
        expect(decodeRendezvous(changed, 0, changed.length)).toBeUndefined();
      }
    },
  );

  it('has these bytes', () => {
    const place = new Uint8Array(18).fill(0xaa);
    const golden = [
      encodeRendezvous({ type: MESSAGE_SEEN, number: 0x01020304, endpoint: place }),
      encodeRendezvous({ type: MESSAGE_REFUSE, number: 5, reason: 2 }),
      encodeRendezvous({
        type: MESSAGE_MEET,
        number: 1,
        channel: 0xfffffffe,
        relay: true,
        endpoint: place,
      }).subarray(0, 29),
      encodeKnock(new Uint8Array(8).fill(3)),
    ].map((bytes) => bytesToHex(bytes));
    expect(golden).toEqual([
      `6101020304${'aa'.repeat(18)}`,
      '670000000502',
      `6600000001fffffffe01${'aa'.repeat(18)}00`,
      `2f01000000000000${'03'.repeat(8)}`,
    ]);
    const header = new Uint8Array(6);
    writeRelayHeader(0x0a0b0c0d, 2, header);
    expect(bytesToHex(header)).toBe('680a0b0c0d02');
    expect(decodeRendezvous(header, 0, 6)).toBeUndefined();
    expect(decodeRendezvous(Uint8Array.of(...header, 1), 0, 7)).toEqual({
      type: MESSAGE_RELAY,
      number: 0x0a0b0c0d,
      part: 2,
    });
    header[5] = 3;
    expect(decodeRendezvous(Uint8Array.of(...header, 1), 0, 7)).toBeUndefined();
  });

  it('never makes its receiver send more than three times its own bytes to a place it has not proved', () => {
    const { unprovenDatagrams } = DEFAULT_RENDEZVOUS_OPTIONS;
    const wire = (type: typeof MESSAGE_INVITE | typeof MESSAGE_MEET): number =>
      dataBytes(
        encodeRendezvous({
          type,
          number: 0,
          channel: 0,
          relay: false,
          address: new Uint8Array(32),
          endpoint: new Uint8Array(18),
        } as Sent).length,
      );
    expect(unprovenDatagrams * HANDSHAKE_BYTES).toBeLessThanOrEqual(3 * wire(MESSAGE_INVITE));
    expect(unprovenDatagrams * HANDSHAKE_BYTES).toBeLessThanOrEqual(3 * wire(MESSAGE_MEET));
    expect(KNOCK_BYTES).toBeLessThan(dataBytes(27));
  });
});

describe('a knock', () => {
  it('is read, and nothing else is', () => {
    const bytes = encodeKnock(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    expect(decodeKnock(bytes, 0, 16)).toEqual(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    for (const at of [0, 1, 2, 7]) {
      const changed = bytes.slice();
      changed[at]! ^= 1;
      expect(decodeKnock(changed, 0, 16)).toBeUndefined();
    }
    expect(decodeKnock(bytes, 0, 15)).toBeUndefined();
  });
});
