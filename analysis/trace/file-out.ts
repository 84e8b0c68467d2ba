/** A file that is there when it is whole, and not before: written beside its place in large pieces, then renamed. */
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';

/** Bytes that wait to be written. */
const CHUNK_BYTES = 1 << 20;

export type Write = (piece: Uint8Array | string) => void;

/** Calls `fill` with a place for the file. @throws what it throws, and the file system's errors; nothing is left behind then. */
export async function writeWhole(
  path: string,
  fill: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = `${path}.${process.pid}.partial`;
  try {
    await fill(temporary);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** `writeWhole` for what is written piece by piece. */
export function writePieces(path: string, fill: (write: Write) => Promise<void>): Promise<void> {
  return writeWhole(path, async (temporary) => {
    const descriptor = openSync(temporary, 'w');
    try {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      let used = 0;
      const flush = (): void => {
        for (let at = 0; at < used;) at += writeSync(descriptor, chunk, at, used - at);
        used = 0;
      };
      await fill((piece) => {
        const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
        if (used + bytes.length > CHUNK_BYTES) flush();
        if (bytes.length > CHUNK_BYTES) throw new Error(`a piece of ${bytes.length} bytes`);
        chunk.set(bytes, used);
        used += bytes.length;
      });
      flush();
    } finally {
      closeSync(descriptor);
    }
  });
}
