/** Names and places of result folders. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  beginFolder,
  endFolder,
  findByHash,
  folderName,
} from '../../../scenarios/results/names.ts';

const HASH = `8c41${'0'.repeat(60)}`;
const OTHER = `8c41${'f'.repeat(60)}`;

let out: string;
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'mainframe-names-'));
});
afterEach(() => rmSync(out, { recursive: true, force: true }));

function keep(hash: string, text = ''): string {
  const final = findByHash(out, 'run.json', hash) ?? join(out, folderName(out, hash, 'some-name'));
  const partial = beginFolder(final);
  writeFileSync(join(partial, 'run.json'), JSON.stringify({ hash, text }));
  endFolder(partial, final);
  return final;
}

describe('a result folder', () => {
  it('is named by four digits of the hash, and more where another has the same', () => {
    expect(keep(HASH)).toBe(join(out, '8c41-some-name'));
    expect(keep(OTHER)).toBe(join(out, '8c41f-some-name'));
    expect(findByHash(out, 'run.json', HASH)).toBe(join(out, '8c41-some-name'));
    expect(findByHash(out, 'run.json', OTHER)).toBe(join(out, '8c41f-some-name'));
    expect(findByHash(out, 'sweep.json', HASH)).toBeUndefined();
  });

  it('is replaced as a whole by the same run', () => {
    keep(HASH, 'first');
    const place = keep(HASH, 'second');
    expect(readFileSync(join(place, 'run.json'), 'utf8')).toContain('second');
    expect(readdirSync(out)).toEqual(['8c41-some-name']);
  });

  it('cannot be seen before it is whole', () => {
    const final = join(out, '8c41-some-name');
    const partial = beginFolder(final);
    writeFileSync(join(partial, 'run.json'), JSON.stringify({ hash: HASH }));
    expect(findByHash(out, 'run.json', HASH)).toBeUndefined();
    expect(folderName(out, HASH, 'some-name')).toBe('8c41-some-name');
    endFolder(partial, final);
    expect(findByHash(out, 'run.json', HASH)).toBe(final);
  });

  it('of a process that died is removed, that of a living one is not', () => {
    // Process ids end at 2^22 on Linux and far below elsewhere, so this one never lives.
    const dead = join(out, `8c41-some-name.${2 ** 30}.partial`);
    const living = join(out, `9999-other.${process.ppid}.partial`);
    mkdirSync(dead);
    mkdirSync(living);
    beginFolder(join(out, 'aaaa-new'));
    expect([existsSync(dead), existsSync(living)]).toEqual([false, true]);
  });

  it('with a manifest that cannot be read is not taken for a result', () => {
    mkdirSync(join(out, '8c41-some-name'));
    writeFileSync(join(out, '8c41-some-name', 'run.json'), '{ half');
    expect(findByHash(out, 'run.json', HASH)).toBeUndefined();
    expect(folderName(out, HASH, 'some-name')).toBe('8c410-some-name');
  });
});
