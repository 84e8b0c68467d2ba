/**
 * Known answers and measured data live outside the repository. Tests take every case they find there and skip,
 * saying so, where the folder is absent (`MAINFRAME_VECTORS`, `MAINFRAME_DATA`).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

function folder(variable: string, fallback: string): string | undefined {
  const path = resolve(process.env[variable] ?? fallback);
  return existsSync(path) ? path : undefined;
}

/** Folder of the known answers, or undefined where it is absent. */
export function vectorsFolder(): string | undefined {
  return folder('MAINFRAME_VECTORS', '../shared/vectors');
}

/** Folder of the measured data, or undefined where it is absent. */
export function dataFolder(): string | undefined {
  return folder('MAINFRAME_DATA', '../shared/data');
}

/** One vector file parsed as JSON, or undefined where it is absent. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export function readVector(name: string): any {
  const base = vectorsFolder();
  if (base === undefined) return undefined;
  const path = join(base, name);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}
