/**
 * Runs every command block of the documents and compares what it prints with what the page shows.
 *
 * A block fenced as `console` holds `$ command` lines, each followed by its output. A line `...` stands for any lines; inside a line, `…`
 * stands for anything (times, sizes, paths that differ between machines). Blocks of one page run in order in one empty folder.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

interface Step {
  command: string;
  output: string[];
  line: number;
}

function stepsOf(page: string): Step[] {
  const steps: Step[] = [];
  let inside = false;
  readFileSync(page, 'utf8')
    .split('\n')
    .forEach((line, index) => {
      if (line.startsWith('```')) inside = !inside && line.trim() === '```console';
      else if (inside && line.startsWith('$ ')) {
        steps.push({ command: line.slice(2), output: [], line: index + 1 });
      } else if (inside) steps.at(-1)?.output.push(line);
    });
  return steps;
}

/** True if `got` matches the lines `expected`, where `...` skips any lines and `…` any text. */
function matches(expected: string[], got: string[]): boolean {
  const [first, ...rest] = expected;
  if (first === undefined) return got.every((line) => line.trim() === '');
  if (first.trim() === '...') {
    for (let skip = 0; skip <= got.length; skip++) if (matches(rest, got.slice(skip))) return true;
    return false;
  }
  const pattern = first
    .trimEnd()
    .split('…')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return (
    got.length > 0 &&
    new RegExp(`^${pattern}$`).test(got[0]!.trimEnd()) &&
    matches(rest, got.slice(1))
  );
}

/** Ends nodes that a page has started, also when one of its commands has failed. */
function stopNodes(folder: string): void {
  const nodes = join(folder, 'nodes');
  for (const name of existsSync(nodes) ? readdirSync(nodes) : []) {
    const api = join(nodes, name, 'api.json');
    if (!existsSync(api)) continue;
    const { pid } = JSON.parse(readFileSync(api, 'utf8')) as { pid: number };
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
}

const pages = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'],
  {
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((page) => page !== '' && existsSync(page) && stepsOf(page).length > 0);
const program = resolve('dist/cli/main.js');

describe('the documents', () => {
  it('have pages with commands', () => expect(pages).toContain('README.md'));

  for (const page of pages) {
    it(`${page} shows what its commands print`, { timeout: 240_000 }, () => {
      const folder = mkdtempSync(join(tmpdir(), 'mainframe-docs-'));
      try {
        for (const step of stepsOf(page)) {
          const words = step.command.replace(
            /npx mainframe/g,
            `"${process.execPath}" "${program}"`,
          );
          const ran = spawnSync('bash', ['-c', words], {
            cwd: folder,
            encoding: 'utf8',
            env: { ...process.env, NO_COLOR: '1', COLUMNS: '100', MAINFRAME_HOME: folder },
          });
          const got = ran.stdout.replace(/\n$/, '').split('\n');
          if (!matches(step.output, got)) {
            expect(`${page}:${step.line} $ ${step.command}\n${ran.stdout}${ran.stderr}`).toBe(
              `${page}:${step.line} $ ${step.command}\n${step.output.join('\n')}`,
            );
          }
        }
      } finally {
        stopNodes(folder);
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }
});
