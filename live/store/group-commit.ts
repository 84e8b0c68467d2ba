/**
 * Group commit: many batches, one write to the disk.
 *
 * A synchronous write costs a journey to the disk, whatever its size. So one write is under way at a time and everybody who comes meanwhile
 * waits for the next, which carries all of them: the busier a node is, the more messages share a journey, and nobody waits for more than two.
 * The first of a quiet spell waits for the end of the turn of the event loop, so that what one datagram or one call sets off goes together.
 *
 * A group that fails fails for all its members: which of them reached the disk cannot be told.
 */
import { StoreError, type Change } from './port.ts';

/** A group takes no further batch beyond this, so that one write does not hold up the next for long. */
const GROUP_BYTES_MAX = 4 * 1024 * 1024;
/** What may wait for the disk. A disk that hangs must not fill the memory. */
const WAITING_BYTES_MAX = 64 * 1024 * 1024;
/** Rough cost of a change beside its value: key, object, log record. */
const CHANGE_BYTES = 128;

interface Waiting {
  readonly changes: readonly Change[];
  readonly sizeBytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class GroupCommit {
  readonly #write: (changes: Change[]) => Promise<void>;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #running: Promise<void> | undefined;

  /** @param write makes changes durable in their order, all or none; called for one group at a time. */
  constructor(write: (changes: Change[]) => Promise<void>) {
    this.#write = write;
  }

  /** Resolves when the changes are safe. The changes belong to the group from now on. */
  submit(changes: readonly Change[]): Promise<void> {
    let sizeBytes = 0;
    for (const { value } of changes) sizeBytes += CHANGE_BYTES + (value?.length ?? 0);
    if (this.#waiting.length > 0 && this.#waitingBytes + sizeBytes > WAITING_BYTES_MAX)
      return Promise.reject(
        new StoreError('STORE_BUSY', 'The disk does not keep up with what is to be kept.'),
      );
    return new Promise((resolve, reject) => {
      this.#waiting.push({ changes, sizeBytes, resolve, reject });
      this.#waitingBytes += sizeBytes;
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits and nothing is being written. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      try {
        await this.#write(group.flatMap(({ changes }) => changes));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#running = undefined;
  }

  #nextGroup(): Waiting[] {
    let count = 0;
    let sizeBytes = 0;
    for (const waiting of this.#waiting) {
      if (count > 0 && sizeBytes + waiting.sizeBytes > GROUP_BYTES_MAX) break;
      sizeBytes += waiting.sizeBytes;
      count++;
    }
    const group = this.#waiting.slice(0, count);
    this.#waiting = this.#waiting.slice(count);
    this.#waitingBytes -= sizeBytes;
    return group;
  }
}
