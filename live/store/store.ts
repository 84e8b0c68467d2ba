/**
 * What a live node keeps on disk: bytes under names, changed in groups that happen whole or not at all.
 *
 * classic-level (LevelDB) behind a small class. A group is safe when its promise resolves: written with fsync, in the order of the calls. Groups
 * that begin while another is being written go to disk together, so many messages at once cost one fsync. LevelDB locks its folder, and the lock
 * dies with its process: a second node on one folder is refused, a killed one leaves nothing to clean up.
 */
import { ClassicLevel } from 'classic-level';

/** One change: a value under a name, or a name without. */
export interface Change {
  name: string;
  /** undefined removes it. */
  value: Uint8Array | undefined;
}

/** Another process has the folder. */
export class StoreLockedError extends Error {}

export class Store {
  readonly #level: ClassicLevel<string, Uint8Array>;
  #waiting: {
    changes: readonly Change[];
    resolve: () => void;
    reject: (error: unknown) => void;
  }[] = [];
  #writing: Promise<void> | undefined;

  private constructor(level: ClassicLevel<string, Uint8Array>) {
    this.#level = level;
  }

  /** Opens the store in `folder`, made if it is not there. @throws StoreLockedError if another process has it. */
  static async open(folder: string): Promise<Store> {
    const level = new ClassicLevel<string, Uint8Array>(folder, {
      keyEncoding: 'utf8',
      valueEncoding: 'view',
    });
    try {
      await level.open();
    } catch (error) {
      const cause = (error as { cause?: { code?: string } }).cause;
      if (cause?.code === 'LEVEL_LOCKED')
        throw new StoreLockedError(`another process uses ${folder}`);
      throw error;
    }
    return new Store(level);
  }

  /** The value under a name, if there is one. */
  async get(name: string): Promise<Uint8Array | undefined> {
    return this.#level.get(name) as Promise<Uint8Array | undefined>;
  }

  /** Names that begin with `prefix`, in order, with their values. */
  async list(prefix: string): Promise<{ name: string; value: Uint8Array }[]> {
    const found: { name: string; value: Uint8Array }[] = [];
    for await (const [name, value] of this.#level.iterator({ gte: prefix, lt: `${prefix}\uffff` }))
      found.push({ name, value });
    return found;
  }

  /** Makes all changes or none. Resolves when they are safe. */
  change(changes: readonly Change[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, resolve, reject });
      this.#writing ??= this.#write();
    });
  }

  /** Waits for what is being written, then closes. */
  async close(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
    await this.#level.close();
  }

  async #write(): Promise<void> {
    // Whoever comes within this turn of the loop goes along.
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    while (this.#waiting.length > 0) {
      const group = this.#waiting;
      this.#waiting = [];
      const batch = group.flatMap(({ changes }) =>
        changes.map(({ name, value }) =>
          value === undefined
            ? ({ type: 'del', key: name } as const)
            : ({ type: 'put', key: name, value } as const),
        ),
      );
      try {
        await this.#level.batch(batch, { sync: true });
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#writing = undefined;
  }
}
