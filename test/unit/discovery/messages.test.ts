import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MANIFEST_BYTES_MAX,
  MANIFEST_BYTES_MIN,
} from '../../../protocols/discovery/manifest-codec.ts';
import { PER } from '../../../protocols/discovery/manifest.ts';
import {
  ADS_BYTES_MAX,
  adsThatFit,
  decodeDiscovery,
  encodeDiscovery,
  MESSAGE_ADS,
  MESSAGE_AGREE,
  MESSAGE_ASK,
  MESSAGE_DECLINE,
  MESSAGE_OFFER,
  MESSAGE_QUERY,
  MESSAGE_REGISTER,
  MESSAGE_REGISTERED,
  MESSAGE_REJECTED,
  MESSAGE_TICKET,
  type DiscoveryMessage,
} from '../../../protocols/discovery/messages.ts';

const uint32 = fc.integer({ min: 0, max: 0xffff_ffff });
const uint16 = fc.integer({ min: 0, max: 0xffff });
const byte = fc.integer({ min: 0, max: 255 });
const permille = fc.integer({ min: 0, max: 1_000 });
const bytes = (least: number, most = least) => fc.uint8Array({ minLength: least, maxLength: most });
const manifest = bytes(MANIFEST_BYTES_MIN, MANIFEST_BYTES_MAX);
const shelf = { transaction: uint32, service: uint16, shelf: byte };

const query = fc.record({
  service: uint16,
  per: fc.constantFrom(...PER),
  priceMax: fc.maxSafeNat(),
  ownScorePermille: permille,
  minScorePermille: permille,
  near: fc.uint32Array({ minLength: 8, maxLength: 8 }),
  nearBits: fc.integer({ min: 0, max: 256 }),
});

const messages: fc.Arbitrary<DiscoveryMessage> = fc.oneof(
  fc.record({ type: fc.constant(MESSAGE_ASK), ...shelf }),
  fc.record({
    type: fc.constant(MESSAGE_TICKET),
    transaction: uint32,
    waitMs: uint32,
    ticket: bytes(28),
  }),
  fc.record({ type: fc.constant(MESSAGE_REGISTER), ...shelf, ticket: bytes(28), manifest }),
  fc.record({ type: fc.constant(MESSAGE_REGISTERED), transaction: uint32, staysMs: uint32 }),
  fc.record({ type: fc.constant(MESSAGE_REJECTED), transaction: uint32, reason: byte }),
  fc.record({ type: fc.constant(MESSAGE_QUERY), transaction: uint32, shelf: byte, query }),
  fc.record({
    type: fc.constant(MESSAGE_ADS),
    transaction: uint32,
    ads: fc.array(fc.record({ endpoint: bytes(18), manifest }), { maxLength: 2 }),
  }),
  fc.record({ type: fc.constant(MESSAGE_OFFER), accepted: bytes(32), manifest }),
  fc.record({ type: fc.constant(MESSAGE_AGREE), terms: bytes(32) }),
  fc.record({
    type: fc.constant(MESSAGE_DECLINE),
    reason: byte,
    retrySeconds: uint32,
    name: bytes(32),
  }),
);

describe('messages of discovery', () => {
  it('come out as they went in, wherever they lie', () => {
    fc.assert(
      fc.property(messages, fc.nat(40), (message, offset) => {
        const encoded = encodeDiscovery(message);
        const around = new Uint8Array(encoded.length + offset + 7).fill(0xee);
        around.set(encoded, offset);
        expect(decodeDiscovery(around, offset, encoded.length)).toEqual(message);
      }),
    );
  });

  it('have these bytes', () => {
    const hex = (message: DiscoveryMessage): string =>
      Buffer.from(encodeDiscovery(message)).toString('hex');
    const transaction = 0x01020304;
    const ask = { type: MESSAGE_ASK, transaction, service: 3, shelf: 2 } as const;
    expect(hex(ask)).toBe('70' + '01020304' + '0003' + '02' + '00'.repeat(8));
    const ticket = new Uint8Array(28).fill(0xab);
    expect(hex({ type: MESSAGE_TICKET, transaction, waitMs: 500, ticket })).toBe(
      '71' + '01020304' + '000001f4' + 'ab'.repeat(28),
    );
    const near = new Uint32Array(8).fill(0xdd);
    const asked = {
      service: 3,
      per: 'MiB and day',
      priceMax: 40,
      ownScorePermille: 500,
      minScorePermille: 400,
      near,
      nearBits: 6,
    } as const;
    expect(hex({ type: MESSAGE_QUERY, transaction, shelf: 1, query: asked })).toBe(
      '75' +
        '01020304' +
        '0003' +
        '01' +
        '03' +
        '0000000000000028' +
        '01f4' +
        '0190' +
        '000000dd'.repeat(8) +
        '0006' +
        '00'.repeat(345),
    );
    const name = new Uint8Array(32).fill(7);
    expect(hex({ type: MESSAGE_DECLINE, reason: 1, retrySeconds: 600, name })).toBe(
      '7a' + '01' + '00000258' + '07'.repeat(32),
    );
  });

  it('are whole or nothing', () => {
    fc.assert(
      fc.property(messages, (message) => {
        // Lengths vary in what carries manifests, and only there within what manifests may be long.
        const encoded = encodeDiscovery(message);
        const varies = message.type === MESSAGE_REGISTER || message.type === MESSAGE_OFFER;
        for (let length = 0; length < encoded.length; length++) {
          const cut = decodeDiscovery(encoded, 0, length);
          if (varies && cut?.type === message.type)
            expect((cut as { manifest: Uint8Array }).manifest.length).toBeGreaterThanOrEqual(
              MANIFEST_BYTES_MIN,
            );
          else expect(cut).toBeUndefined();
        }
        const longer = new Uint8Array(encoded.length + 1);
        longer.set(encoded);
        if (!varies) expect(decodeDiscovery(longer, 0, longer.length)).toBeUndefined();
      }),
      { numRuns: 50 },
    );
  });

  it('have no room for hidden words', () => {
    const ask = encodeDiscovery({ type: MESSAGE_ASK, transaction: 1, service: 1, shelf: 0 });
    for (let at = 8; at < 16; at++) {
      const changed = ask.slice();
      changed[at] = 1;
      expect(decodeDiscovery(changed, 0, 16)).toBeUndefined();
    }
  });

  it('refuse a query that is out of range', () => {
    const good = encodeDiscovery({
      type: MESSAGE_QUERY,
      transaction: 1,
      shelf: 0,
      query: {
        service: 1,
        per: 'packet',
        priceMax: 1,
        ownScorePermille: 0,
        minScorePermille: 0,
        near: new Uint32Array(8),
        nearBits: 256,
      },
    });
    expect(decodeDiscovery(good, 0, 400)).toBeDefined();
    for (const [at, value] of [
      [8, [4]],
      [9, [0, 0x20]],
      [17, [3, 0xe9]],
      [19, [3, 0xe9]],
      [53, [1, 1]],
      [399, [1]],
    ] as [number, number[]][]) {
      const bad = good.slice();
      bad.set(value, at);
      expect(decodeDiscovery(bad, 0, 400), `at ${at}`).toBeUndefined();
    }
  });

  it('never throw, read over the end, or answer more than three times the question', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 1_300 }), byte, (random, type) => {
        random[0] = 0x70 + (type % 12);
        const message = decodeDiscovery(random, 0, random.length);
        // What was read can be written, and is what was read.
        if (message !== undefined) expect(encodeDiscovery(message)).toEqual(random);
      }),
      { numRuns: 2_000 },
    );
    expect(decodeDiscovery(new Uint8Array(10), 5, 6)).toBeUndefined();
    expect(decodeDiscovery(new Uint8Array(10), -1, 5)).toBeUndefined();
    expect(decodeDiscovery(new Uint8Array(10), 0, Number.NaN)).toBeUndefined();
    const size = (message: DiscoveryMessage): number => encodeDiscovery(message).length;
    const ticket = new Uint8Array(28);
    const asks = size({ type: MESSAGE_ASK, transaction: 1, service: 1, shelf: 0 });
    expect(size({ type: MESSAGE_TICKET, transaction: 1, waitMs: 1, ticket })).toBeLessThanOrEqual(
      3 * asks,
    );
    expect(ADS_BYTES_MAX).toBeLessThanOrEqual(3 * 400);
    expect(MANIFEST_BYTES_MAX).toBeLessThanOrEqual(3 * MANIFEST_BYTES_MIN);
  });

  it('carry as many advertisements as fit, and not one more', () => {
    fc.assert(
      fc.property(fc.array(manifest, { maxLength: 8 }), (manifests) => {
        const ads = manifests.map((one) => ({ endpoint: new Uint8Array(18), manifest: one }));
        const fit = adsThatFit(ads);
        const encode = (count: number): number =>
          encodeDiscovery({ type: MESSAGE_ADS, transaction: 1, ads: ads.slice(0, count) }).length;
        expect(encode(fit)).toBeLessThanOrEqual(ADS_BYTES_MAX);
        if (fit < ads.length) expect(encode(fit + 1)).toBeGreaterThan(ADS_BYTES_MAX);
      }),
    );
  });
});
