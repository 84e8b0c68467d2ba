import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readUint16,
  readUint32,
  readUint48,
  writeUint16,
  writeUint32,
  writeUint48,
} from '../../../protocols/codec/bytes.ts';
import { DATAGRAM_BYTES_MAX } from '../../../protocols/host.ts';
import { PeerBook } from '../../../protocols/identity/peer-book.ts';
import {
  AMPLIFICATION_LIMIT,
  DECODED,
  decodeOverlayMessage,
  encodeFindNode,
  encodeLeave,
  encodeNodes,
  encodePing,
  FIND_NODE_BYTES,
  MALFORMED_COUNT,
  MALFORMED_LONG,
  MALFORMED_PADDING,
  MALFORMED_SHORT,
  MALFORMED_TYPE,
  MESSAGE_NODES,
  MESSAGE_PING,
  MESSAGE_PONG,
  NODES_MAX,
  OVERLAY_BYTES_MAX,
  OverlayMessage,
  PING_BYTES,
} from '../../../protocols/overlay/messages.ts';

const hex = (bytes: Uint8Array, length: number) =>
  Buffer.from(bytes.subarray(0, length)).toString('hex');

/** A book with peers whose address is n repeated and whose endpoint is 127.0.0.n, port 0x1000 + n. */
function book(count: number): PeerBook {
  const peers = new PeerBook();
  for (let n = 0; n < count; n++) {
    const endpoint = new Uint8Array(18);
    endpoint.set([0xff, 0xff, 127, 0, 0, n, 0x10, n], 10);
    peers.intern(new Uint8Array(32).fill(n), 0, endpoint, 0);
  }
  return peers;
}

describe('golden bytes', () => {
  const out = new Uint8Array(OVERLAY_BYTES_MAX);

  it('of PING and PONG', () => {
    expect(hex(out, encodePing(MESSAGE_PING, 0xdeadbeef, out))).toBe('01deadbeef');
    expect(hex(out, encodePing(MESSAGE_PONG, 1, out))).toBe('0200000001');
  });

  it('of FIND_NODE', () => {
    out.fill(0xee);
    const target = Uint32Array.of(9, 0x01020304, 1, 2, 3, 4, 5, 6, 0xffffffff);
    const length = encodeFindNode(0xcafe, 16, target, 1, out);
    expect(length).toBe(272);
    expect(hex(out, length)).toBe(
      '030000cafe10' +
        '01020304' +
        '000000010000000200000003000000040000000500000006' +
        'ffffffff' +
        '00'.repeat(234),
    );
  });

  it('of NODES', () => {
    const length = encodeNodes(0x01020304, Int32Array.of(2, 1), 2, book(3), out);
    expect(length).toBe(106);
    expect(hex(out, length)).toBe(
      '040102030402' +
        '02'.repeat(32) +
        '00000000000000000000ffff7f0000021002' +
        '01'.repeat(32) +
        '00000000000000000000ffff7f0000011001',
    );
  });

  it('of LEAVE', () => {
    expect(hex(out, encodeLeave(out))).toBe('05');
  });
});

describe('sizes', () => {
  it('fit a datagram and keep the amplification bound even with a PING besides', () => {
    const out = new Uint8Array(OVERLAY_BYTES_MAX);
    const all = Int32Array.from({ length: NODES_MAX }, (_, i) => i);
    const length = encodeNodes(0, all, NODES_MAX, book(NODES_MAX), out);
    expect(length).toBe(OVERLAY_BYTES_MAX);
    expect(length).toBeLessThanOrEqual(DATAGRAM_BYTES_MAX);
    expect((length + PING_BYTES) / FIND_NODE_BYTES).toBeLessThanOrEqual(AMPLIFICATION_LIMIT);
  });
});

describe('decoding', () => {
  const message = new OverlayMessage();
  const decode = (bytes: Uint8Array) => decodeOverlayMessage(bytes, 0, bytes.length, message);
  const encoded = (length: number, out: Uint8Array) => out.slice(0, length);

  it('gives back what was encoded, at any offset', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffffffff }),
        fc.integer({ min: 1, max: NODES_MAX }),
        fc.array(fc.integer({ min: 0, max: 0xffffffff }), { minLength: 8, maxLength: 8 }),
        fc.integer({ min: 0, max: 40 }),
        (transaction, count, words, offset) => {
          const out = new Uint8Array(OVERLAY_BYTES_MAX);
          const shifted = new Uint8Array(offset + OVERLAY_BYTES_MAX);
          const length = encodeFindNode(transaction, count, Uint32Array.from(words), 0, out);
          shifted.set(out.subarray(0, length), offset);
          expect(decodeOverlayMessage(shifted, offset, length, message)).toBe(DECODED);
          expect(message.transaction).toBe(transaction);
          expect(message.count).toBe(count);
          expect(Array.from(message.target)).toEqual(words);
          const handles = Int32Array.from({ length: count }, (_, i) => i);
          const size = encodeNodes(transaction, handles, count, book(NODES_MAX), out);
          shifted.set(out.subarray(0, size), offset);
          expect(decodeOverlayMessage(shifted, offset, size, message)).toBe(DECODED);
          expect(message.type).toBe(MESSAGE_NODES);
          expect(message.count).toBe(count);
          expect(message.contactsAt).toBe(offset + 6);
        },
      ),
    );
  });

  it('names the reason', () => {
    const out = new Uint8Array(OVERLAY_BYTES_MAX);
    expect(decode(new Uint8Array(0))).toBe(MALFORMED_SHORT);
    expect(decode(Uint8Array.of(0x01, 0, 0, 0))).toBe(MALFORMED_SHORT);
    expect(decode(Uint8Array.of(0x02, 0, 0, 0, 0, 0))).toBe(MALFORMED_LONG);
    expect(decode(Uint8Array.of(0x05, 0))).toBe(MALFORMED_LONG);
    expect(decode(Uint8Array.of(0x77))).toBe(MALFORMED_TYPE);
    const find = encoded(encodeFindNode(1, 1, new Uint32Array(8), 0, out), out);
    expect(decode(find.subarray(0, 271))).toBe(MALFORMED_SHORT);
    find[5] = 0;
    expect(decode(find)).toBe(MALFORMED_COUNT);
    find[5] = NODES_MAX + 1;
    expect(decode(find)).toBe(MALFORMED_COUNT);
    find[5] = NODES_MAX;
    find[271] = 1;
    expect(decode(find)).toBe(MALFORMED_PADDING);
    const nodes = encoded(encodeNodes(1, Int32Array.of(0), 1, book(1), out), out);
    nodes[5] = 2;
    expect(decode(nodes)).toBe(MALFORMED_SHORT);
    nodes[5] = 0;
    expect(decode(nodes)).toBe(MALFORMED_LONG);
    nodes[5] = 255;
    expect(decode(nodes)).toBe(MALFORMED_COUNT);
    expect(decodeOverlayMessage(nodes, 0, nodes.length + 1, message)).toBe(MALFORMED_SHORT);
  });

  it('never throws and never reads outside its range, whatever the bytes', () => {
    const valid = (out: Uint8Array, which: number): number =>
      which === 0
        ? encodePing(MESSAGE_PING, 7, out)
        : which === 1
          ? encodeFindNode(7, 3, new Uint32Array(8), 0, out)
          : which === 2
            ? encodeNodes(7, Int32Array.of(0, 1, 2), 3, book(3), out)
            : encodeLeave(out);
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          fc
            .tuple(
              fc.integer({ min: 0, max: 3 }),
              fc.array(fc.tuple(fc.nat(OVERLAY_BYTES_MAX), fc.integer({ min: 0, max: 255 })), {
                maxLength: 6,
              }),
              fc.integer({ min: -3, max: 3 }),
            )
            .map(([which, edits, change]) => {
              const out = new Uint8Array(OVERLAY_BYTES_MAX + 8);
              const length = valid(out, which);
              for (const [at, value] of edits) out[at % Math.max(1, length)] = value;
              return out.slice(0, Math.max(0, length + change));
            }),
        ),
        (bytes) => {
          // Watched: any read outside [offset, offset + length) is recorded.
          const offset = 5;
          const room = new Uint8Array(offset + bytes.length + 900);
          room.set(bytes, offset);
          let outside = 0;
          const watched = new Proxy(room, {
            get(target, key) {
              const index = typeof key === 'string' ? Number(key) : NaN;
              if (Number.isInteger(index) && (index < offset || index >= offset + bytes.length))
                outside++;
              return Reflect.get(target, key, target) as unknown;
            },
          });
          const result = decodeOverlayMessage(watched, offset, bytes.length, message);
          expect(result).toBeGreaterThanOrEqual(DECODED);
          expect(result).toBeLessThanOrEqual(MALFORMED_PADDING);
          expect(outside).toBe(0);
          if (result === DECODED && message.type === MESSAGE_NODES)
            expect(message.contactsAt + message.count * 50).toBe(offset + bytes.length);
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

it('integers of 16, 32 and 48 bits survive the wire', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), fc.nat(3), (value, at) => {
      const bytes = new Uint8Array(9);
      writeUint48(bytes, at, value);
      expect(readUint48(bytes, at)).toBe(value);
      writeUint32(bytes, at, value % 2 ** 32);
      expect(readUint32(bytes, at)).toBe(value % 2 ** 32);
      writeUint16(bytes, at, value % 2 ** 16);
      expect(readUint16(bytes, at)).toBe(value % 2 ** 16);
    }),
  );
});
