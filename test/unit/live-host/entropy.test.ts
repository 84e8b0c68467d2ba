/** Streams of a live node: uniform, separate, gone once drawn; with a seed those of the simulator. */
import { describe, expect, it } from 'vitest';
import { entropyStreams, seededStreams } from '../../../live/host/entropy.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { bookOf } from './support.ts';

describe('streams of entropy', () => {
  it('give each purpose a block of its own and wipe what was drawn', () => {
    const blocks: Uint32Array[] = [];
    let next = 1;
    const streams = entropyStreams((block) => {
      if (!blocks.includes(block)) blocks.push(block);
      for (let i = 0; i < block.length; i++) block[i] = next++;
    });
    const a = streams('a');
    const b = streams('b');
    expect(streams('a')).toBe(a);
    expect(a.uint32()).toBe(1);
    expect(b.uint32()).toBe(257);
    expect(a.uint32()).toBe(2);
    expect(blocks.map((block) => [...block.subarray(0, 3)])).toEqual([
      [0, 0, 3],
      [0, 258, 259],
    ]);
    for (let i = 3; i <= 256; i++) expect(a.uint32()).toBe(i);
    expect(a.uint32()).toBe(513);
  });

  it('fills bytes as the simulator does: the low byte first, one draw for four', () => {
    const streams = entropyStreams((block) => block.fill(0x04030201));
    const out = new Uint8Array(9);
    streams('a').fill(out, 1, 6);
    expect([...out]).toEqual([0, 1, 2, 3, 4, 1, 2, 0, 0]);
  });

  it('has no modulo bias', () => {
    // Of the values from 3·2^30 on, `below(3·2^30)` may use none.
    const values = [0xc0000000, 0xffffffff, 0xbfffffff, 7];
    const streams = entropyStreams((block) => block.set(values));
    const stream = streams('a');
    expect(stream.below(0xc0000000)).toBe(0xbfffffff);
    expect(stream.below(0xc0000000)).toBe(7);
    for (const bound of [0, -1, 1.5, 2 ** 32 + 1, NaN])
      expect(() => stream.below(bound)).toThrow('below');
  });

  it('is uniform', () => {
    const stream = entropyStreams()('a');
    const draws = 60_000;
    const counts = new Array<number>(6).fill(0);
    for (let i = 0; i < draws; i++) counts[stream.below(6)]!++;
    const chiSquare = counts.reduce((sum, n) => sum + (n - draws / 6) ** 2 / (draws / 6), 0);
    // 5 degrees of freedom: above 36 once in a million runs.
    expect(chiSquare).toBeLessThan(36);
  });
});

it('a seed gives the streams that the simulator names after the address', () => {
  const stream = seededStreams('s', bookOf(['10.0.0.1:1', '10.0.0.2:1']), 1)('overlay/refresh');
  const expected = new StreamFactory('s').stream(`node/${'02'.repeat(32)}/overlay/refresh`);
  for (let i = 0; i < 10; i++) expect(stream.uint32()).toBe(expected.uint32());
});
