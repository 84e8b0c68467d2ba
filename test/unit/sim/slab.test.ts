import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WIRE_BYTES_MAX } from '../../../protocols/host.ts';
import { Slab } from '../../../sim/slab.ts';

describe('the datagram slab', () => {
  it('gives back the bytes that were stored, however slots are reused', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            bytes: fc.uint8Array({ minLength: 0, maxLength: WIRE_BYTES_MAX + 4 }),
            drop: fc.nat(20),
          }),
          { maxLength: 80 },
        ),
        (steps) => {
          const slab = new Slab();
          const held: { id: number; bytes: Uint8Array }[] = [];
          for (const { bytes, drop } of steps) {
            held.push({ id: slab.store(bytes, 0, bytes.length), bytes });
            if (held.length > drop) slab.release(held.splice(drop % held.length, 1)[0]!.id);
            for (const { id, bytes: expected } of held) {
              expect(slab.lengthOf(id)).toBe(expected.length);
              const at = slab.offsetOf(id);
              expect(slab.bytesOf(id).slice(at, at + expected.length)).toEqual(expected);
            }
            expect(slab.live).toBe(held.length);
          }
        },
      ),
      { numRuns: 50 },
    );
  });

  it('keeps a slot until the last reference goes, and refuses one release too many', () => {
    const slab = new Slab();
    const id = slab.store(new Uint8Array(10), 0, 10);
    slab.retain(id);
    slab.release(id);
    expect(slab.live).toBe(1);
    slab.release(id);
    expect(slab.live).toBe(0);
    expect(() => slab.release(id)).toThrow(/more often than retained/);
  });

  it('keeps the largest apart that a host may send, and refuses what does not fit', () => {
    const slab = new Slab();
    const size = WIRE_BYTES_MAX + 4;
    const slots = [1, 2, 3].map((byte) => slab.store(new Uint8Array(size).fill(byte), 0, size));
    slots.forEach((slot, i) => {
      const at = slab.offsetOf(slot);
      expect(slab.bytesOf(slot).slice(at, at + size)).toEqual(new Uint8Array(size).fill(i + 1));
    });
    expect(() => slab.store(new Uint8Array(1_241), 0, 1_241)).toThrow('1241');
  });
});
