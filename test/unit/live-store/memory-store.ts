/**
 * A store in memory, to compare the one on disk with.
 *
 * It is written as plainly as possible (a map per namespace, a scan that filters and sorts): two implementations that share their cleverness share its mistakes.
 */
import {
  checkKey,
  checkNamespace,
  checkRange,
  ownChanges,
  StoreError,
  type Change,
  type Entry,
  type ScanRange,
  type Store,
} from '../../../live/store/port.ts';

export class MemoryStore implements Store {
  readonly #namespaces = new Map<string, Map<string, Uint8Array>>();
  #closed = false;

  async get(namespace: string, key: string): Promise<Uint8Array | undefined> {
    this.#assertOpen();
    checkNamespace(namespace);
    checkKey(key);
    const value = this.#namespaces.get(namespace)?.get(key);
    return value && new Uint8Array(value);
  }

  put(namespace: string, key: string, value: Uint8Array): Promise<void> {
    return this.batch([{ namespace, key, value }]);
  }

  delete(namespace: string, key: string): Promise<void> {
    return this.batch([{ namespace, key, value: undefined }]);
  }

  async batch(changes: readonly Change[]): Promise<void> {
    this.#assertOpen();
    for (const { namespace, key, value } of ownChanges(changes)) {
      let entries = this.#namespaces.get(namespace);
      if (entries === undefined) this.#namespaces.set(namespace, (entries = new Map()));
      if (value === undefined) entries.delete(key);
      else entries.set(key, value);
    }
  }

  async scan(namespace: string, range: ScanRange = {}): Promise<Entry[]> {
    this.#assertOpen();
    checkNamespace(namespace);
    checkRange(range);
    const { prefix = '', after, before, limit, reverse = false } = range;
    const found = [...(this.#namespaces.get(namespace) ?? [])]
      .filter(
        ([key]) =>
          key.startsWith(prefix) &&
          (after === undefined || key > after) &&
          (before === undefined || key < before),
      )
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    if (reverse) found.reverse();
    return found.slice(0, limit).map(([key, value]) => ({ key, value: new Uint8Array(value) }));
  }

  async compact(): Promise<void> {
    this.#assertOpen();
  }

  async close(): Promise<void> {
    this.#closed = true;
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('STORE_CLOSED', 'The store is closed.');
  }
}
