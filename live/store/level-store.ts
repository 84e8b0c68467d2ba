/**
 * The store on disk: LevelDB behind the contract of `port.ts`.
 *
 * LevelDB writes a batch as one checksummed record of its log, so after kill -9 a batch is there or is not; `sync` makes the write wait for the disk,
 * so it survives a power cut too, if the disk and the file system keep their promises (LevelDB does not sync the folder when it begins a new log; ext4
 * and its like write the entry with the file). Batches go through `GroupCommit`.
 *
 * The store refuses all writes after one has failed, until it is opened anew. LevelDB 1.20 does so itself when the disk refuses to sync, but not
 * when it refuses the bytes (ENOSPC): there it goes on appending behind a half-written record, says that all is well once space is free again, and
 * at the next start skips what stands behind the damage, acknowledged or not (on a disk that was full for a moment, 169 of 518 acknowledged writes
 * were gone). Opening anew begins a new log, so nothing is lost.
 *
 * In the folder: `level/` (LevelDB's files, also its lock) and `node.pid`. Nothing is encrypted, and LevelDB does not overwrite: what was replaced
 * or removed stays in its files until it is compacted, see `compact`.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { GroupCommit } from './group-commit.ts';
import { isAlive, readPid, removePid, replacePid } from './pid-file.ts';
import {
  checkKey,
  checkNamespace,
  checkRange,
  isKey,
  ownChanges,
  StoreError,
  type Change,
  type Entry,
  type ScanRange,
  type Store,
} from './port.ts';

/** Between namespace and key; no namespace contains it. */
const SEPARATOR = '/';
/** Sorts before and behind every key that there can be, and is none. */
const BEFORE_ALL = ' ';
const BEHIND_ALL = '\x7f';
/** Free space without which LevelDB is not opened anew: it copies up to 4 MiB of log into a table, then writes a new log. */
const REOPEN_BYTES = 8 * 1024 * 1024;

type Level = ClassicLevel<string, Uint8Array>;

export class LevelStore implements Store {
  readonly folder: string;
  /** Process that had the folder before and did not close it (killed, crashed, power cut). */
  readonly leftByPid: number | undefined;
  readonly #commits: GroupCommit;
  #level: Level;
  #failure: StoreError | undefined;
  #reopening: Promise<void> | undefined;
  #closing: Promise<void> | undefined;

  private constructor(folder: string, level: Level, leftByPid: number | undefined) {
    this.folder = folder;
    this.#level = level;
    this.leftByPid = leftByPid;
    this.#commits = new GroupCommit((changes) => this.#write(changes));
  }

  /**
   * Opens the store in `folder`, made (readable by the owner alone) if it is not there.
   * @throws StoreError LEVEL_LOCKED, STORE_FOREIGN, STORE_CORRUPT, STORE_FULL or STORE_FAILED.
   */
  static async open(folder: string): Promise<LevelStore> {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw explain(error, folder);
    }
    if (existsSync(join(folder, 'CURRENT')))
      throw new StoreError(
        'STORE_FOREIGN',
        `${folder} holds a database of another layout; move it away or choose another folder.`,
      );
    const level = await openLevel(folder);
    return new LevelStore(folder, level, replacePid(folder));
  }

  /** Why writes are refused; undefined while all is well. */
  get failure(): StoreError | undefined {
    return this.#failure;
  }

  async get(namespace: string, key: string): Promise<Uint8Array | undefined> {
    this.#assertOpen();
    checkNamespace(namespace);
    checkKey(key);
    try {
      const value = (await this.#level.get(namespace + SEPARATOR + key)) as Uint8Array | undefined;
      // LevelDB gives a Buffer, whose `slice` shares memory where that of an array copies.
      return value && new Uint8Array(value);
    } catch (error) {
      throw explain(error, this.folder);
    }
  }

  put(namespace: string, key: string, value: Uint8Array): Promise<void> {
    return this.batch([{ namespace, key, value }]);
  }

  delete(namespace: string, key: string): Promise<void> {
    return this.batch([{ namespace, key, value: undefined }]);
  }

  async batch(changes: readonly Change[]): Promise<void> {
    // No await before `submit`: the order of the calls is the order on disk.
    this.#assertOpen();
    if (this.#failure !== undefined) throw refusal(this.#failure);
    return this.#commits.submit(ownChanges(changes));
  }

  async scan(namespace: string, range: ScanRange = {}): Promise<Entry[]> {
    this.#assertOpen();
    checkNamespace(namespace);
    checkRange(range);
    const { prefix = '', after, before, limit = -1, reverse = false } = range;
    const start = namespace + SEPARATOR;
    // Of two bounds the narrower; as text, because ASCII sorts as bytes do.
    const from =
      after !== undefined && after >= prefix ? { gt: start + after } : { gte: start + prefix };
    const behindPrefix = start + prefix + BEHIND_ALL;
    const beforeKey = start + (before ?? BEHIND_ALL);
    const to = { lt: beforeKey < behindPrefix ? beforeKey : behindPrefix };
    try {
      const found = await this.#level.iterator({ ...from, ...to, limit, reverse }).all();
      // Keys that no caller could name were put there by another program: they are not the store's.
      return found
        .map(([key, value]) => ({ key: key.slice(start.length), value: new Uint8Array(value) }))
        .filter(({ key }) => isKey(key));
    } catch (error) {
      throw explain(error, this.folder);
    }
  }

  /**
   * Opens the files anew, which ends a failure. What was acknowledged is all there; a batch that was rejected may be there or not, but whole.
   * Reads fail while it lasts.
   * @throws StoreError STORE_FULL if there is not yet room for it (the store then stays readable), or as `open`.
   */
  reopen(): Promise<void> {
    this.#reopening ??= this.#reopen().finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  /**
   * Rewrites all files, so that what was replaced or removed before is in none of them any more (as far as the file system and the medium really let
   * go of a file's blocks). Old session states are such things: without this they lie about until LevelDB tidies up by itself, which on a
   * quiet node may be never. Costs reading and writing everything about three times.
   */
  async compact(): Promise<void> {
    this.#assertOpen();
    if (this.#failure !== undefined) throw refusal(this.#failure);
    try {
      // The first moves what is in memory into a table, old versions and all, the second moves every table to the deepest level. There LevelDB lets it
      // lie: it rewrites a level only when there is something to merge into it. So the third brings something that overlaps with everything.
      await this.#level.compactRange(BEFORE_ALL, BEHIND_ALL);
      await this.#level.compactRange(BEFORE_ALL, BEHIND_ALL);
      await this.#level.batch(
        [BEFORE_ALL, BEHIND_ALL].map((key) => ({ type: 'put', key, value: new Uint8Array(0) })),
        { sync: true },
      );
      await this.#level.compactRange(BEFORE_ALL, BEHIND_ALL);
    } catch (error) {
      this.#failure ??= explain(error, this.folder);
      throw this.#failure;
    }
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#reopening?.catch(() => undefined);
      await this.#commits.idle();
      removePid(this.folder);
      await this.#level.close();
    })();
    return this.#closing;
  }

  async #reopen(): Promise<void> {
    this.#assertOpen();
    const { bavail, bsize } = await statfs(this.folder);
    if (bavail * bsize < REOPEN_BYTES) throw full(this.folder);
    // Nobody writes between here and the end: the group under way is let through, the rest is refused.
    this.#failure ??= new StoreError('STORE_FAILED', `${this.folder} is being opened anew.`);
    await this.#commits.idle();
    await this.#level.close();
    this.#level = await openLevel(this.folder);
    this.#failure = undefined;
  }

  async #write(changes: readonly Change[]): Promise<void> {
    if (this.#failure !== undefined) throw refusal(this.#failure);
    try {
      await this.#level.batch(
        changes.map(({ namespace, key, value }) =>
          value === undefined
            ? { type: 'del', key: namespace + SEPARATOR + key }
            : { type: 'put', key: namespace + SEPARATOR + key, value },
        ),
        { sync: true },
      );
    } catch (error) {
      this.#failure = explain(error, this.folder);
      throw this.#failure;
    }
  }

  #assertOpen(): void {
    if (this.#closing !== undefined) throw new StoreError('STORE_CLOSED', 'The store is closed.');
  }
}

async function openLevel(folder: string): Promise<Level> {
  const level: Level = new ClassicLevel(join(folder, 'level'), {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
  });
  try {
    await level.open();
  } catch (error) {
    throw explain(error, folder);
  }
  return level;
}

/** Later writes fail for the reason of the first. */
function refusal(failure: StoreError): StoreError {
  return new StoreError(failure.code, failure.message, failure);
}

function full(folder: string, cause?: unknown): StoreError {
  return new StoreError(
    'STORE_FULL',
    `No space is left on the disk of ${folder}: free some, then start again.`,
    cause,
  );
}

/** What an error of LevelDB or the file system means, as a sentence. */
function explain(error: unknown, folder: string): StoreError {
  if (error instanceof StoreError) return error;
  // abstract-level wraps what the binding says into an error of its own.
  const { cause } = error as { cause?: unknown };
  const { code, message } = (cause ?? error) as { code?: string; message?: string };
  if (code === 'LEVEL_LOCKED') return locked(folder, error);
  if (code === 'ENOSPC' || message?.includes('No space left on device')) return full(folder, error);
  if (code === 'LEVEL_CORRUPTION')
    return new StoreError('STORE_CORRUPT', `The files in ${folder} are damaged: ${message}`, error);
  return new StoreError('STORE_FAILED', `The disk failed in ${folder}: ${message}`, error);
}

function locked(folder: string, cause: unknown): StoreError {
  const pid = readPid(folder);
  const who =
    pid === process.pid
      ? `This process (${pid}) has ${folder} open already; it can be open once.`
      : pid !== undefined && isAlive(pid)
        ? `Process ${pid} has ${folder} open; stop it first, or choose another folder.`
        : `Another process has ${folder} open; stop it first, or choose another folder.`;
  return new StoreError('LEVEL_LOCKED', who, cause);
}
