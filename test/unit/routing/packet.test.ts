import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { DATAGRAM_BYTES_MAX } from '../../../protocols/host.ts';
import {
  ASSOCIATED_BYTES,
  AT_EXPIRY,
  AT_FLAGS,
  AT_ID,
  AT_LEVEL,
  AT_LUMINOSITY,
  AT_STEM,
  AT_TAG,
  AT_TARGET,
  AT_TREE,
  DarkHeader,
  HEADER_BYTES,
  PACKET_FIELD,
  PACKET_OK,
  PACKET_TOO_LONG,
  PACKET_TRUNCATED,
  PACKET_VERSION,
  writeAssociated,
  writeHeader,
} from '../../../protocols/routing/packet.ts';
import { SIZE_CLASSES_BYTES, TEXT_BYTES_MAX } from '../../../protocols/routing/params.ts';
import { addressOf, bytesOf, hexOf, loneRouter, sendText } from './support.ts';

const LENGTH = HEADER_BYTES + 48;

/** A packet whose fields are all different, by hand from the table in packet.ts. */
const GOLDEN =
  '10' + // type
  '01' + // version
  '01' + // flags: exact expiry
  '04' + // tree
  '0100' + // luminosity 256
  '00fe' + // level 254
  '01' + // on the stem
  '000000' +
  '89abcdef' + // expiry
  '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f' + // target
  'f0e1d2c3b4a5968778695a4b3c2d1e0f' + // id
  'a1a2a3a4a5a6a7a8' + // topic tag
  '00'.repeat(48);

function valid(): Uint8Array {
  const bytes = new Uint8Array(LENGTH);
  writeHeader(bytes, 0, 9, 0, 77);
  return bytes;
}

it('a header is read field by field as the wire table says', () => {
  const header = new DarkHeader();
  expect(header.read(bytesOf(GOLDEN), 0, LENGTH)).toBe(PACKET_OK);
  expect(header).toMatchObject({
    flags: 1,
    tree: 4,
    luminosity: 256,
    level: 254,
    stem: 1,
    expiry: 0x89abcdef,
    idHigh: 0xf0e1d2c3,
    idLow: 0xb4a59687,
  });
  expect([...header.target].map((word) => word.toString(16).padStart(8, '0')).join('')).toBe(
    GOLDEN.slice(2 * AT_TARGET, 2 * AT_ID),
  );
});

it('a header is written byte for byte as the wire table says', () => {
  const bytes = new Uint8Array(LENGTH).fill(0xee);
  writeHeader(bytes, 1, 0x0100, 1, 0x89abcdef);
  expect(hexOf(bytes.subarray(0, AT_TARGET))).toBe('10010100010000000100000089abcdef');
  expect(hexOf(bytes.subarray(AT_TARGET))).toBe('ee'.repeat(LENGTH - AT_TARGET));
});

it('a header at an offset reads as one at the start', () => {
  const header = new DarkHeader();
  const bytes = new Uint8Array(LENGTH + 37).fill(0xff);
  bytes.set(bytesOf(GOLDEN), 37);
  expect(header.read(bytes, 37, LENGTH)).toBe(PACKET_OK);
  expect(header.idLow).toBe(0xb4a59687);
});

it('a whole packet of the portable suite is frozen', () => {
  const suite = createSuite('noble');
  const lone = loneRouter({ contacts: [addressOf('1')], suite, seed: 'golden' });
  const recipient = suite.agreementKey(new Uint8Array(32).fill(9));
  expect(sendText(lone, recipient, addressOf('10110', 0xaa), 5, bytesOf('68656c6c6f'))).toBe(true);
  const packet = lone.host.sent[0]!.bytes;
  expect(packet.length).toBe(HEADER_BYTES + SIZE_CLASSES_BYTES[0]! + 48);
  expect(hexOf(packet.subarray(0, HEADER_BYTES + 32))).toMatchInlineSnapshot(
    `"10010000000500000000000000000000b1ee7286d52f565532db6e920b87b2ebce4007bc7ac624a15347c96fa3e6a442f2a63443c9ac5b223fd0ad6ede166a7db1eceafc471ff411fe72e8e50c9575e2a224843833e8e958c1f49a2585e8543da6e225e4404e7460"`,
  );
  expect(hexOf(suite.sha256(packet))).toMatchInlineSnapshot(
    `"721fc809a242bd32cda8966cecde7277a288281e4fd84b727a3c5936b7eff19c"`,
  );
});

it.each([
  ['type', 0, 0x11, PACKET_VERSION],
  ['version', 1, 2, PACKET_VERSION],
  ['unknown flag', AT_FLAGS, 2, PACKET_FIELD],
  ['sixth tree', AT_TREE, 5, PACKET_FIELD],
  ['luminosity 512', AT_LUMINOSITY, 2, PACKET_FIELD],
  ['level 512', AT_LEVEL, 2, PACKET_FIELD],
  ['stem 2', AT_STEM, 2, PACKET_FIELD],
  ['first reserved byte', AT_STEM + 1, 1, PACKET_FIELD],
  ['second reserved byte', AT_STEM + 2, 1, PACKET_FIELD],
  ['third reserved byte', AT_STEM + 3, 1, PACKET_FIELD],
])('a wrong %s is refused with its reason', (_what, at, value, problem) => {
  const bytes = valid();
  expect(new DarkHeader().read(bytes, 0, LENGTH)).toBe(PACKET_OK);
  bytes[at] = value;
  expect(new DarkHeader().read(bytes, 0, LENGTH)).toBe(problem);
});

it('luminosity and level may be 256 and not 257', () => {
  for (const at of [AT_LUMINOSITY, AT_LEVEL]) {
    const bytes = valid();
    bytes[at] = 1;
    bytes[at + 1] = 0;
    expect(new DarkHeader().read(bytes, 0, LENGTH)).toBe(PACKET_OK);
    bytes[at + 1] = 1;
    expect(new DarkHeader().read(bytes, 0, LENGTH)).toBe(PACKET_FIELD);
  }
});

it('datagrams shorter than an empty box, or longer than anyone may send, are refused', () => {
  const header = new DarkHeader();
  const bytes = new Uint8Array(4_000);
  bytes.set(valid());
  expect(header.read(bytes, 0, LENGTH - 1)).toBe(PACKET_TRUNCATED);
  expect(header.read(bytes, 0, DATAGRAM_BYTES_MAX)).toBe(PACKET_OK);
  expect(header.read(bytes, 0, DATAGRAM_BYTES_MAX + 1)).toBe(PACKET_TOO_LONG);
});

it('any bytes give a result, and what is accepted is within its ranges', () => {
  const header = new DarkHeader();
  // Half of the draws start like a packet, or almost none would get past the first two bytes.
  const tail = fc.uint8Array({ maxLength: 1_300, size: 'max' });
  const bytes = fc
    .tuple(fc.boolean(), tail)
    .map(([start, rest]) =>
      start ? Uint8Array.from([0x10, 1, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, ...rest]) : rest,
    );
  let accepted = 0;
  fc.assert(
    fc.property(bytes, (b) => {
      if (header.read(b, 0, b.length) !== PACKET_OK) return;
      accepted++;
      expect(header.luminosity).toBeLessThanOrEqual(256);
      expect(header.level).toBeLessThanOrEqual(256);
      expect(header.tree).toBeLessThan(5);
    }),
    { numRuns: 2_000 },
  );
  expect(accepted).toBeGreaterThan(200);
});

it('associated data are luminosity, disclosed bits and id: nothing that a relay changes', () => {
  const mutable = [AT_TREE, AT_LEVEL + 1, AT_STEM, AT_EXPIRY, AT_TAG, HEADER_BYTES];
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: LENGTH, maxLength: LENGTH }),
      fc.integer({ min: 0, max: 256 }),
      fc.integer({ min: 0, max: 255 }),
      (bytes, luminosity, bit) => {
        const before = new Uint8Array(ASSOCIATED_BYTES);
        const after = new Uint8Array(ASSOCIATED_BYTES);
        writeAssociated(bytes, 0, luminosity, true, before);
        const flip = (at: number, mask: number): string => {
          bytes[at]! ^= mask;
          writeAssociated(bytes, 0, luminosity, true, after);
          bytes[at]! ^= mask;
          return hexOf(after);
        };
        for (const at of mutable) expect(flip(at, 1)).toBe(hexOf(before));
        const flipped = flip(AT_TARGET + (bit >>> 3), 0x80 >>> (bit & 7));
        if (bit < luminosity) expect(flipped).not.toBe(hexOf(before));
        else expect(flipped).toBe(hexOf(before));
        expect(flip(AT_ID + (bit & 15), 1)).not.toBe(hexOf(before));
        writeAssociated(bytes, 0, luminosity ^ 1, true, after);
        expect(hexOf(after)).not.toBe(hexOf(before));
      },
    ),
  );
});

it('the largest text fills one datagram of at most 1,200 bytes', () => {
  const largest = SIZE_CLASSES_BYTES[SIZE_CLASSES_BYTES.length - 1]!;
  expect(TEXT_BYTES_MAX).toBeGreaterThanOrEqual(1_024);
  expect(largest - 2).toBeGreaterThanOrEqual(TEXT_BYTES_MAX);
  expect(HEADER_BYTES + largest + 48).toBeLessThanOrEqual(DATAGRAM_BYTES_MAX);
});
