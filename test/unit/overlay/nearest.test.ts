import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ADDRESS_WORDS, compareDistance } from '../../../protocols/identity/proximity.ts';
import { ENDPOINT_BYTES, PeerBook } from '../../../protocols/identity/peer-book.ts';
import { nearest, nextHop } from '../../../protocols/overlay/nearest.ts';
import { RoutingTable } from '../../../protocols/overlay/table.ts';

const NO_ENDPOINT = new Uint8Array(ENDPOINT_BYTES);

/** Addresses that share long prefixes often: words from a tiny alphabet, or a copy of `base` with one bit flipped. */
const crowded = fc.array(fc.constantFrom(0, 1, 0x80000000, 0xffffffff, 0x7fffffff), {
  minLength: ADDRESS_WORDS,
  maxLength: ADDRESS_WORDS,
});
const uniform = fc.array(fc.integer({ min: 0, max: 0xffffffff }), {
  minLength: ADDRESS_WORDS,
  maxLength: ADDRESS_WORDS,
});
const address = fc.oneof(crowded, uniform);

function build(self: number[], contacts: number[][]): { peers: PeerBook; table: RoutingTable } {
  const peers = new PeerBook();
  const table = new RoutingTable(
    peers,
    peers.internWords(Uint32Array.from(self), 0, NO_ENDPOINT, 0),
  );
  for (const words of contacts)
    table.insert(peers.internWords(Uint32Array.from(words), 0, NO_ENDPOINT, 0), 0, 1_000);
  return { peers, table };
}

/** The oracle: sort the whole table. */
function sorted(table: RoutingTable, peers: PeerBook, target: Uint32Array): number[] {
  const words = peers.words;
  return Array.from(table.handles.subarray(0, table.size)).sort((a, b) =>
    compareDistance(target, 0, words, a * ADDRESS_WORDS, words, b * ADDRESS_WORDS),
  );
}

describe('the nearest contacts', () => {
  it('by bin walk are those of a full sort, in the same order', () => {
    fc.assert(
      fc.property(
        address,
        fc.array(address, { maxLength: 60 }),
        address,
        fc.integer({ min: 0, max: 20 }),
        (self, contacts, goal, count) => {
          const { peers, table } = build(self, contacts);
          const target = Uint32Array.from(goal);
          const out = new Int32Array(20);
          const found = nearest(table, peers, target, 0, count, out);
          expect(Array.from(out.subarray(0, found))).toEqual(
            sorted(table, peers, target).slice(0, count),
          );
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('may be asked for with a target inside a larger array', () => {
    const { peers, table } = build(new Array<number>(8).fill(0), [
      [0x80000000, 0, 0, 0, 0, 0, 0, 1],
    ]);
    const target = new Uint32Array(24);
    target[8] = 0x80000000;
    const out = new Int32Array(3).fill(-7);
    expect(nearest(table, peers, target, 8, 3, out)).toBe(1);
    expect(out[1]).toBe(-7);
  });
});

describe('the next hop', () => {
  it('is the nearest contact if that is nearer than we are, else nobody', () => {
    fc.assert(
      fc.property(
        address,
        fc.array(address, { maxLength: 60 }),
        address,
        (self, contacts, goal) => {
          const { peers, table } = build(self, contacts);
          const target = Uint32Array.from(goal);
          const words = peers.words;
          const best = sorted(table, peers, target)[0];
          const nearer =
            best !== undefined &&
            compareDistance(
              target,
              0,
              words,
              best * ADDRESS_WORDS,
              words,
              table.self * ADDRESS_WORDS,
            ) < 0;
          expect(nextHop(table, peers, target, 0)).toBe(nearer ? best : -1);
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
