/**
 * The store on disk and the store in memory are the same thing: any sequence of operations leaves them equal, to any reader, also after reopening.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LevelStore } from '../../../live/store/level-store.ts';
import { MemoryStore } from './memory-store.ts';
import { KEY_LENGTH_MAX, type Change, type Store } from '../../../live/store/port.ts';
import { folders, utf8 } from './support.ts';

const folder = folders();

/** Few letters, so that keys meet; among them the first and last of the alphabet and the separator. */
const letters = fc.constantFrom(' ', '/', '0', 'a', 'Z', '~');
const keys = fc.string({ unit: letters, minLength: 1, maxLength: 4 });
const bounds = fc.string({ unit: letters, maxLength: 3 });
/** One begins with another, and one sorts between another and its separator. */
const namespaces = fc.constantFrom('a', 'ab', 'a-b');
const values = fc.uint8Array({ maxLength: 20 });
const changes: fc.Arbitrary<Change> = fc.record({
  namespace: namespaces,
  key: keys,
  value: fc.option(values, { nil: undefined, freq: 3 }),
});
const ranges = fc.record(
  {
    prefix: bounds,
    after: bounds,
    before: bounds,
    limit: fc.nat(6),
    reverse: fc.boolean(),
  },
  { requiredKeys: [] },
);
const operations = fc.oneof(
  fc.record({
    kind: fc.constant('batches' as const),
    batches: fc.array(fc.array(changes, { maxLength: 6 }), { maxLength: 5 }),
  }),
  fc.record({ kind: fc.constant('put' as const), namespace: namespaces, key: keys, value: values }),
  fc.record({ kind: fc.constant('delete' as const), namespace: namespaces, key: keys }),
  fc.record({ kind: fc.constant('get' as const), namespace: namespaces, key: keys }),
  fc.record({ kind: fc.constant('scan' as const), namespace: namespaces, range: ranges }),
  fc.record({ kind: fc.constantFrom('close' as const, 'reopen' as const, 'compact' as const) }),
);

const contents = async (store: Store): Promise<unknown> =>
  Promise.all(['a', 'ab', 'a-b'].map((namespace) => store.scan(namespace)));

describe('disk and memory', () => {
  it('are equal after any operations', { timeout: 120_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(operations, { maxLength: 25 }), async (all) => {
        const path = folder();
        let disk = await LevelStore.open(path);
        const memory = new MemoryStore();
        try {
          for (const operation of all) {
            switch (operation.kind) {
              case 'batches':
                // At once: they share a write, and the order of the calls still counts.
                await Promise.all(operation.batches.map((batch) => disk.batch(batch)));
                for (const batch of operation.batches) await memory.batch(batch);
                break;
              case 'put':
                for (const store of [disk, memory])
                  await store.put(operation.namespace, operation.key, operation.value);
                break;
              case 'delete':
                for (const store of [disk, memory])
                  await store.delete(operation.namespace, operation.key);
                break;
              case 'get':
                expect(await disk.get(operation.namespace, operation.key)).toEqual(
                  await memory.get(operation.namespace, operation.key),
                );
                break;
              case 'scan':
                expect(await disk.scan(operation.namespace, operation.range)).toEqual(
                  await memory.scan(operation.namespace, operation.range),
                );
                break;
              case 'close':
                await disk.close();
                disk = await LevelStore.open(path);
                break;
              case 'reopen':
                await disk.reopen();
                break;
              case 'compact':
                await disk.compact();
                break;
            }
          }
          expect(await contents(disk)).toEqual(await contents(memory));
          await disk.close();
          disk = await LevelStore.open(path);
          expect(await contents(disk)).toEqual(await contents(memory));
        } finally {
          await disk.close();
        }
      }),
      { numRuns: 150 },
    );
  });
});

const kinds: [string, () => Promise<Store>][] = [
  ['memory', () => Promise.resolve(new MemoryStore())],
  ['disk', () => LevelStore.open(folder())],
];

describe.each(kinds)('a store in %s', (_, open) => {
  it('owns what it is given and gives copies', async () => {
    const store = await open();
    const value = utf8('secret');
    const put = store.put('a', 'k', value);
    value.fill(0);
    await put;
    const first = await store.get('a', 'k');
    expect(first).toEqual(utf8('secret'));
    expect(Object.getPrototypeOf(first)).toBe(Uint8Array.prototype);
    first!.fill(1);
    const [entry] = await store.scan('a');
    expect(entry).toEqual({ key: 'k', value: utf8('secret') });
    entry!.value.fill(2);
    expect(await store.get('a', 'k')).toEqual(utf8('secret'));
    await store.close();
  });

  it('refuses keys, namespaces and ranges that could be mistaken, and then writes nothing', async () => {
    const store = await open();
    const value = utf8('v');
    for (const key of ['', 'é', '\ud800', 'a\n', '\x7f', 'x'.repeat(KEY_LENGTH_MAX + 1)]) {
      await expect(
        store.batch([
          { namespace: 'a', key: 'good', value },
          { namespace: 'a', key, value },
        ]),
      ).rejects.toMatchObject({ code: 'STORE_KEY' });
      await expect(store.get('a', key)).rejects.toMatchObject({ code: 'STORE_KEY' });
    }
    for (const namespace of ['', 'A', 'a/b', '0', 'a'.repeat(33)]) {
      await expect(store.put(namespace, 'k', value)).rejects.toMatchObject({ code: 'STORE_KEY' });
      await expect(store.scan(namespace)).rejects.toMatchObject({ code: 'STORE_KEY' });
    }
    for (const range of [{ prefix: 'é' }, { after: '\x7f' }, { limit: -1 }, { limit: 0.5 }])
      await expect(store.scan('a', range)).rejects.toMatchObject({ code: 'STORE_KEY' });
    expect(await store.scan('a')).toEqual([]);
    await store.put('a', 'x'.repeat(KEY_LENGTH_MAX), value);
    await store.batch([]);
    await store.close();
  });

  it('does nothing after it is closed', async () => {
    const store = await open();
    await store.close();
    await store.close();
    const closed = { code: 'STORE_CLOSED' };
    await expect(store.get('a', 'k')).rejects.toMatchObject(closed);
    await expect(store.put('a', 'k', utf8('v'))).rejects.toMatchObject(closed);
    await expect(store.delete('a', 'k')).rejects.toMatchObject(closed);
    await expect(store.batch([])).rejects.toMatchObject(closed);
    await expect(store.scan('a')).rejects.toMatchObject(closed);
  });
});
