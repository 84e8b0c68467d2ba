/**
 * The capture of a live node: a file of every datagram at its sockets, in the columns of a recorded run (`scenarios/results/datagrams.ts`).
 *
 * It shows who talks with whom and when, so only the owner may read it. It is written every second, so that a killed node loses little, and it
 * ends at a size: a node runs for months, and a forgotten capture must not fill the disk. Trouble with the file ends the capture, never the node.
 */
import { chmodSync, closeSync, openSync } from 'node:fs';
import { ArrowFile } from '../../scenarios/results/arrow-file.ts';
import {
  DATAGRAM_FIELDS,
  FATE_DELIVERED,
  FATE_UNKNOWN,
  UNKNOWN,
} from '../../scenarios/results/datagrams.ts';
import { buildIdentity } from '../../scenarios/version.ts';
import { NETWORK_EPOCH_US } from '../host/clock.ts';
import type { Tap } from '../host/tap.ts';

const WRITE_EVERY_MS = 1_000;
/** Rows of a batch, under load. */
const BATCH_ROWS = 1_024;
/** What a row takes besides its payload, bytes, roughly. */
const ROW_BYTES = 140;
/** What a batch takes besides its rows, bytes, at most. */
const BATCH_BYTES = 4_096;
/** Index of the node whose capture it is. */
const SELF = 0;

export interface CaptureOptions {
  path: string;
  /** The capture ends before its file is larger. */
  bytesMax: number;
  /** Name and overlay address (hex) of the node. */
  node: string;
  address: string;
}

/** Why a capture has ended before its node. */
export type CaptureEnd = 'full' | 'refused';

export class Capture implements Tap {
  readonly #file: ArrowFile;
  readonly #bytesMax: number;
  readonly #nowUs: () => number;
  readonly #onEnd: (why: CaptureEnd, error?: Error) => void;
  readonly #timer: NodeJS.Timeout;
  /** An upper bound of the file's size. */
  #bytes = 0;
  #unwritten = 0;
  #ended = false;
  /** Rows are in the order of time, whatever the wall clock does. */
  #lastUs = 0;

  /**
   * Makes the file.
   *
   * @param nowUs network time
   * @param onEnd called once if the capture ends by itself
   * @throws the file system's error; EEXIST if the file is there.
   */
  constructor(
    options: CaptureOptions,
    nowUs: () => number,
    onEnd: (why: CaptureEnd, error?: Error) => void,
  ) {
    closeSync(openSync(options.path, 'wx', 0o600));
    chmodSync(options.path, 0o600);
    const { version, commit } = buildIdentity();
    this.#file = new ArrowFile(
      options.path,
      DATAGRAM_FIELDS,
      {
        program: 'mainframe',
        version,
        commit,
        node: options.node,
        address: options.address,
        epochUs: String(NETWORK_EPOCH_US),
      },
      BATCH_ROWS,
    );
    this.#bytesMax = options.bytesMax;
    this.#nowUs = nowUs;
    this.#onEnd = onEnd;
    this.#timer = setInterval(() => {
      this.#flush();
      this.#look();
    }, WRITE_EVERY_MS);
    this.#timer.unref();
  }

  out(from: Uint8Array, to: Uint8Array, bytes: Uint8Array): void {
    const timeUs = this.#time();
    this.#row([timeUs, timeUs, UNKNOWN, SELF, UNKNOWN], from, to, bytes, FATE_UNKNOWN);
  }

  in(from: Uint8Array, to: Uint8Array, bytes: Uint8Array): void {
    const timeUs = this.#time();
    this.#row([timeUs, UNKNOWN, timeUs, UNKNOWN, SELF], from, to, bytes, FATE_DELIVERED);
  }

  /** Writes what waits and closes the file. */
  close(): void {
    this.#ended = true;
    clearInterval(this.#timer);
    this.#file.close();
  }

  #time(): number {
    this.#lastUs = Math.max(this.#lastUs, this.#nowUs());
    return this.#lastUs;
  }

  #row(
    numbers: readonly number[],
    from: Uint8Array,
    to: Uint8Array,
    bytes: Uint8Array,
    fate: string,
  ): void {
    if (this.#ended) return;
    this.#unwritten++;
    this.#bytes += ROW_BYTES + bytes.length;
    if (this.#bytes + 2 * BATCH_BYTES > this.#bytesMax) {
      this.#end('full');
      return;
    }
    this.#file.append([
      ...numbers,
      new Uint8Array(from),
      new Uint8Array(to),
      new Uint8Array(bytes),
      fate,
      '',
    ]);
    this.#look();
  }

  #flush(): void {
    if (this.#unwritten === 0) return;
    this.#unwritten = 0;
    this.#bytes += BATCH_BYTES;
    this.#file.flush();
  }

  #look(): void {
    if (!this.#ended && this.#file.failure !== undefined) this.#end('refused', this.#file.failure);
  }

  #end(why: CaptureEnd, error?: Error): void {
    this.close();
    this.#onEnd(why, error);
  }
}
