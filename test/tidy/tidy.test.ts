/**
 * House rules that no other tool checks: file length (a ratchet), exports with a docstring, links that resolve, no machine's own paths.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
})
  .split('\n')
  .filter((file) => file !== '' && existsSync(file));
const sources = tracked.filter((file) => file.endsWith('.ts') && !file.startsWith('test/'));

/** Longest a source file may be. */
const LINES_MAX = 400;
/** Files that are longer, with the length they had when last looked at: they may shrink, not grow. */
const LONGER: { [file: string]: number } = {
  'protocols/node/groups.ts': 426,
  'scenarios/expect/parse.ts': 456,
  'scenarios/validation/overlay-cases.ts': 417,
  'sim/world.ts': 430,
};

describe('the house', () => {
  it('has source files to look at', () => {
    expect(sources.length).toBeGreaterThan(60);
  });

  it('keeps source files within their limit', () => {
    const tooLong = sources
      .map((file) => ({ file, lines: readFileSync(file, 'utf8').split('\n').length - 1 }))
      .filter(({ file, lines }) => lines > (LONGER[file] ?? LINES_MAX));
    expect(tooLong).toEqual([]);
  });

  it('opens every source file with what it is for', () => {
    const silent = sources.filter(
      (file) => !/^(#!.*\n)?\s*\/\*\*/.test(readFileSync(file, 'utf8')),
    );
    expect(silent).toEqual([]);
  });

  it('has no absolute path of a machine', () => {
    const pattern = new RegExp(`/(${['work', 'root', 'home', 'farm'].join('|')})/[A-Za-z.]`);
    const found = tracked.filter(
      (file) =>
        /\.(ts|md|json|ya?ml|js|mjs|cjs)$|run$/.test(file) &&
        file !== 'package-lock.json' &&
        file !== 'test/tidy/tidy.test.ts' &&
        pattern.test(readFileSync(file, 'utf8')),
    );
    expect(found).toEqual([]);
  });

  it('has documents whose links lead somewhere', () => {
    const broken: string[] = [];
    for (const file of tracked.filter((f) => f.endsWith('.md'))) {
      for (const match of readFileSync(file, 'utf8').matchAll(/\]\(([^)#\s]+)(#[^)]*)?\)/g)) {
        const target = match[1]!;
        if (/^[a-z]+:/.test(target)) continue;
        if (!existsSync(join(dirname(file), target))) broken.push(`${file}: ${target}`);
      }
    }
    expect(broken).toEqual([]);
  });
});
