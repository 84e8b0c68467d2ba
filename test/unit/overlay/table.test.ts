import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ENDPOINT_BYTES, PeerBook } from '../../../protocols/identity/peer-book.ts';
import {
  BIN_COUNT,
  INSERT_ADDED,
  INSERT_FULL,
  INSERT_SELF,
  INSERT_UPDATED,
  RoutingTable,
} from '../../../protocols/overlay/table.ts';
import { addressOf } from './support.ts';

const PEERS = 24;

/** Peer 0 is ourselves; the others share 0..5 bits with us. */
function book(): PeerBook {
  const peers = new PeerBook();
  for (let i = 0; i < PEERS; i++)
    peers.intern(
      addressOf(i === 0 ? '' : `${'0'.repeat(i % 6)}1`, i),
      0,
      new Uint8Array(ENDPOINT_BYTES),
      0,
    );
  return peers;
}

it('a routing table behaves as a list of lists', () => {
  const command = fc.tuple(
    fc.constantFrom('insert', 'remove', 'clear'),
    fc.nat(PEERS - 1),
    fc.nat(9),
  );
  fc.assert(
    fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
      const table = new RoutingTable(book(), 0);
      const model = new Map<number, { peer: number; seen: number }[]>();
      const CAPACITY = 3;
      for (const [name, peer, now] of commands) {
        const bin = peer === 0 ? BIN_COUNT - 1 : peer % 6;
        const list = model.get(bin) ?? [];
        model.set(bin, list);
        const known = list.find((entry) => entry.peer === peer);
        const version = table.version;
        if (name === 'insert') {
          const result = table.insert(peer, now, CAPACITY);
          if (peer === 0) expect(result).toBe(INSERT_SELF);
          else if (known !== undefined) {
            expect(result).toBe(INSERT_UPDATED);
            known.seen = now;
          } else if (list.length >= CAPACITY) expect(result).toBe(INSERT_FULL);
          else {
            expect(result).toBe(INSERT_ADDED);
            list.push({ peer, seen: now });
          }
          expect(table.version !== version).toBe(result === INSERT_ADDED);
        } else if (name === 'remove') {
          expect(table.remove(peer)).toBe(known !== undefined);
          model.set(
            bin,
            list.filter((entry) => entry.peer !== peer),
          );
        } else if (now === 0) {
          table.clear();
          model.clear();
        }
        let size = 0;
        for (let b = 0; b < BIN_COUNT; b++) {
          const expected = model.get(b) ?? [];
          size += expected.length;
          const range = [table.start(b), table.end(b)] as const;
          expect(table.binSize(b)).toBe(expected.length);
          expect(Array.from(table.handles.subarray(...range))).toEqual(expected.map((e) => e.peer));
          expect(Array.from(table.seenSeconds.subarray(...range))).toEqual(
            expected.map((e) => e.seen),
          );
          const stalest = expected.reduce<{ peer: number; seen: number } | undefined>(
            (best, entry) => (best === undefined || entry.seen < best.seen ? entry : best),
            undefined,
          );
          expect(table.stalest(b)).toBe(stalest?.peer ?? -1);
        }
        expect(table.size).toBe(size);
      }
    }),
  );
});

it('columns handed over must add up', () => {
  const table = new RoutingTable(book(), 0);
  const sizes = new Uint16Array(BIN_COUNT);
  sizes[1] = 2;
  const columns = [Int32Array.of(1, 7), Uint32Array.of(0, 0), Uint32Array.of(3, 4)] as const;
  table.assign(...columns, sizes);
  expect([table.start(1), table.end(1), table.size]).toEqual([0, 2, 2]);
  expect(table.insert(13, 5, 8)).toBe(INSERT_ADDED);
  expect(Array.from(table.handles.subarray(0, 3))).toEqual([1, 7, 13]);
  sizes[2] = 1;
  expect(() => table.assign(...columns, sizes)).toThrow('2 contacts, but the bins add up to 3');
});
