/** Tags: found by those who expect them, new to everybody else, and no dearer with many sessions than with few. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import {
  sessionTopic,
  TAG_BYTES,
  TAG_WINDOW,
  TagTable,
  TopicSet,
  topicTag,
} from '../../../protocols/session/topic-tags.ts';

const suite = createSuite('native');
const keyOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);

describe('a tag', () => {
  it('depends on key and number, and never repeats', () => {
    const seen = new Set<string>();
    for (let key = 0; key < 10; key++)
      for (const counter of [0, 1, 2, 255, 256, 2 ** 32 - 1, 2 ** 32, 2 ** 40])
        seen.add(topicTag(suite, keyOf(key), counter).join());
    expect(seen.size).toBe(80);
    expect(topicTag(suite, keyOf(1), 7)).toHaveLength(TAG_BYTES);
  });
});

describe('a topic', () => {
  it('depends on the session alone, and is none of its tags', () => {
    const topics = Array.from({ length: 50 }, (_, n) => sessionTopic(suite, keyOf(n)).join());
    expect(new Set(topics).size).toBe(50);
    expect(sessionTopic(suite, keyOf(3)).join()).toBe(topics[3]);
    expect(sessionTopic(suite, keyOf(3))).toHaveLength(TAG_BYTES);
    for (let counter = 0; counter < 100; counter++)
      expect(topicTag(suite, keyOf(3), counter).join()).not.toBe(topics[3]);
  });

  it('is listened for as long as one of the sessions that share it is there', () => {
    const topics = new TopicSet();
    const bytes = Uint8Array.from([9, ...sessionTopic(suite, keyOf(1)), 9]);
    const topic = bytes.slice(1, 9);
    const heard = (): boolean[] => [0, 1, 2].map((at) => topics.has(bytes, at));
    expect(heard()).toEqual([false, false, false]);
    topics.add(topic);
    topics.add(topic);
    topics.add(sessionTopic(suite, keyOf(2)));
    expect(heard()).toEqual([false, true, false]);
    topics.remove(topic);
    expect(heard()).toEqual([false, true, false]);
    topics.remove(topic);
    topics.remove(topic);
    expect(heard()).toEqual([false, false, false]);
    topics.add(topic);
    expect(heard()).toEqual([false, true, false]);
  });
});

describe('the table', () => {
  it('finds what may come within the window, once, in any order, and keeps no more than it needs', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 200 }),
        fc.nat(TAG_WINDOW - 1),
        (gaps, lag) => {
          const table = new TagTable<string>(suite);
          table.watch('a', keyOf(1), 0);
          table.watch('b', keyOf(2), 0);
          let highest = -1;
          let at = 0;
          const late: number[] = [];
          for (const gap of gaps) {
            for (let i = 0; i < gap && late.length < 8; i++) late.push(at + i);
            at += gap;
            if (at - highest > TAG_WINDOW) return;
            const [found] = table.find(topicTag(suite, keyOf(1), at), 0);
            expect(found).toEqual({ owner: 'a', counter: at });
            table.came('a', at);
            highest = at++;
            expect(table.next('a')).toBe(at);
            expect(table.find(topicTag(suite, keyOf(1), highest), 0)).toEqual([]);
          }
          for (const counter of late.filter((c) => c >= highest - lag && c >= highest - TAG_WINDOW))
            expect(table.find(topicTag(suite, keyOf(1), counter), 0)).toHaveLength(1);
          expect(table.size).toBeLessThanOrEqual(4 * TAG_WINDOW);
          table.forget('a');
          table.forget('b');
          expect(table.size).toBe(0);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('gives both owners of one tag', () => {
    const table = new TagTable<string>(suite);
    table.watch('a', keyOf(1), 0);
    table.watch('b', keyOf(1), 0);
    const found = table.find(topicTag(suite, keyOf(1), 3), 0);
    expect(found.map(({ owner }) => owner).toSorted()).toEqual(['a', 'b']);
    table.forget('a');
    expect(table.find(topicTag(suite, keyOf(1), 3), 0)).toEqual([{ owner: 'b', counter: 3 }]);
  });
});
