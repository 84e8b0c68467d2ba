/**
 * What a live node asks of its disk: bytes under keys, in namespaces, changed in groups that happen whole or not at all.
 *
 * The contract is small so that the memory (tests, simulated machines) and LevelDB (real nodes) can keep it to the letter. A change is safe when
 * its promise resolves: a node that then says "I have it" to its peer can be killed at that instant and still has it. Changes take effect in the
 * order of the calls, also when many wait at once. Before its promise resolves a change may or may not be seen by readers.
 *
 * Keys are printable ASCII, because that is the one alphabet in which JavaScript (UTF-16) and LevelDB (bytes) sort alike and in which no two
 * keys become the same one when encoded. Bytes are copied on the way in: a caller may wipe its buffer as soon as the call returns.
 */

/** One change: a value under a key, or a key without. */
export interface Change {
  readonly namespace: string;
  readonly key: string;
  /** undefined removes the key; removing what is not there is no error. */
  readonly value: Uint8Array | undefined;
}

/** A key with its value. */
export interface Entry {
  key: string;
  /** The reader's own copy. */
  value: Uint8Array;
}

/** Which keys of a namespace to read; all bounds hold at once. */
export interface ScanRange {
  /** Only keys that begin with this. */
  readonly prefix?: string;
  /** Only keys that sort behind this one. */
  readonly after?: string;
  /** Only keys that sort before this one. */
  readonly before?: string;
  /** Most entries to read; without it all, so give one where strangers decide how many there are. */
  readonly limit?: number;
  /** Last key first. */
  readonly reverse?: boolean;
}

/** @throws StoreError from every call (as a rejection). */
export interface Store {
  /** The value of a key, the caller's own copy; undefined if there is none. */
  get(namespace: string, key: string): Promise<Uint8Array | undefined>;
  /** A batch of one. */
  put(namespace: string, key: string, value: Uint8Array): Promise<void>;
  /** A batch of one removal. */
  delete(namespace: string, key: string): Promise<void>;
  /** Makes all changes or none; of two changes of one key the later counts. Resolves when they are safe. */
  batch(changes: readonly Change[]): Promise<void>;
  /** Entries of a namespace in the order of their keys, as they were at one moment. */
  scan(namespace: string, range?: ScanRange): Promise<Entry[]>;
  /** Leaves nothing in the files of what was replaced or removed before. Costs several times what is stored. */
  compact(): Promise<void>;
  /** Waits for what is being written, then lets go of the folder. Closing twice is no error. */
  close(): Promise<void>;
}

/**
 * - LEVEL_LOCKED: another process (or this one, already) has the folder.
 * - STORE_FOREIGN: the folder holds something else than this store.
 * - STORE_CORRUPT: the files are damaged.
 * - STORE_FULL: no space is left on the disk; what was read before can still be read.
 * - STORE_FAILED: the disk failed, or failed earlier and the store was not opened anew since.
 * - STORE_BUSY: more waits for the disk than is reasonable; nothing of this batch was written.
 * - STORE_CLOSED: after `close`.
 * - STORE_KEY: a mistake of the caller: no key, namespace or limit that the contract allows.
 */
export type StoreErrorCode =
  | 'LEVEL_LOCKED'
  | 'STORE_FOREIGN'
  | 'STORE_CORRUPT'
  | 'STORE_FULL'
  | 'STORE_FAILED'
  | 'STORE_BUSY'
  | 'STORE_CLOSED'
  | 'STORE_KEY';

/** Why the store did not do it; `message` is a sentence for the user. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'StoreError';
    this.code = code;
  }
}

/** Longest key. */
export const KEY_LENGTH_MAX = 512;
const NAMESPACE = /^[a-z][a-z0-9-]{0,31}$/;
const KEY = /^[\x20-\x7e]*$/;

/** @throws StoreError STORE_KEY */
export function checkNamespace(namespace: string): void {
  if (!NAMESPACE.test(namespace))
    throw new StoreError('STORE_KEY', `${JSON.stringify(namespace)} cannot name a namespace`);
}

/** Whether the contract knows such a key. */
export function isKey(key: string): boolean {
  return key.length > 0 && key.length <= KEY_LENGTH_MAX && KEY.test(key);
}

/** @throws StoreError STORE_KEY */
export function checkKey(key: string): void {
  if (!isKey(key))
    throw new StoreError('STORE_KEY', `${JSON.stringify(key.slice(0, 100))} cannot be a key`);
}

/** @throws StoreError STORE_KEY */
export function checkRange({ prefix = '', after = '', before = '', limit }: ScanRange): void {
  for (const bound of [prefix, after, before])
    if (bound.length > KEY_LENGTH_MAX || !KEY.test(bound))
      throw new StoreError(
        'STORE_KEY',
        `${JSON.stringify(bound.slice(0, 100))} cannot bound a scan`,
      );
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit >= 0))
    throw new StoreError('STORE_KEY', `${limit} cannot limit a scan`);
}

/** Checks a batch and takes copies of its values. @throws StoreError STORE_KEY */
export function ownChanges(changes: readonly Change[]): Change[] {
  return changes.map(({ namespace, key, value }) => {
    checkNamespace(namespace);
    checkKey(key);
    return { namespace, key, value: value && new Uint8Array(value) };
  });
}
