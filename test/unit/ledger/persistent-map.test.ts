/** The persistent map against JavaScript's own, with old versions kept and looked at again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PersistentMap } from '../../../protocols/ledger/persistent-map.ts';

function entries(map: PersistentMap<number>): [string, number][] {
  const all: [string, number][] = [];
  map.forEach((value, key) => all.push([key, value]));
  return all.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Strings over two letters of which many share a hash in their low bits, and some share all of it. */
const key = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }),
  fc.integer({ min: 0, max: 5_000 }).map(String),
);

describe('a persistent map', () => {
  it('holds what was set, in every version', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, fc.nat()), { maxLength: 400 }), (writes) => {
        const versions: { map: PersistentMap<number>; twin: Map<string, number> }[] = [
          { map: PersistentMap.empty(), twin: new Map() },
        ];
        for (const [name, value] of writes) {
          const { map, twin } = versions.at(-1)!;
          versions.push({ map: map.set(name, value), twin: new Map(twin).set(name, value) });
        }
        for (const { map, twin } of versions.filter(
          (_, at) => at % 37 === 0 || at === writes.length,
        )) {
          expect(map.size).toBe(twin.size);
          expect(entries(map)).toEqual([...twin].sort(([a], [b]) => (a < b ? -1 : 1)));
          for (const name of ['', 'a', 'ab', '17', 'zz'])
            expect(map.get(name)).toBe(twin.get(name));
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keeps keys of one hash apart', () => {
    const [one, two] = collision();
    const map = PersistentMap.empty<number>().set(one, 1).set(two, 2).set('other', 3);
    expect([map.get(one), map.get(two), map.size]).toEqual([1, 2, 3]);
    const next = map.set(two, 5).set(one, 4);
    expect([next.get(one), next.get(two), next.size]).toEqual([4, 5, 3]);
    expect([map.get(one), map.get(two)]).toEqual([1, 2]);
    expect(entries(next)).toHaveLength(3);
  });
});

/** Two texts with one FNV-1a hash, found by trying (about 2^17 of them are enough). */
function collision(): [string, string] {
  const seen = new Map<number, string>();
  for (let i = 0; ; i++) {
    const text = i.toString(36);
    let hash = 0x811c9dc5;
    for (let at = 0; at < text.length; at++)
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    const earlier = seen.get(hash);
    if (earlier !== undefined) return [earlier, text];
    seen.set(hash, text);
  }
}
