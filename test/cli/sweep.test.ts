/** Sweeps that are killed, interrupted and resumed. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SweepSummary } from '../../scenarios/summary.ts';
import { inFolder, mainframe, start, TINY, until } from './support.ts';

/** Eighteen runs of about half a second: long enough to be caught in the middle. */
const SLOWER = TINY.replace('nodes: 16', 'nodes: 100')
  .replace('messages: 5', 'every: 20 s')
  .replace('repeat: 4', 'repeat: 6');

/** Runs that are kept. What is still being written has its summary too, but not its name yet. */
function cached(folder: string): string[] {
  const cache = join(folder, 'runs', '.sweep');
  if (!existsSync(cache)) return [];
  return readdirSync(cache).filter(
    (name) => !name.endsWith('.partial') && existsSync(join(cache, name, 'summary.json')),
  );
}

/** The summary file's text without what may differ between a whole sweep and a resumed one. */
function comparable(folder: string): string {
  const [name] = readdirSync(join(folder, 'runs')).filter((n) => n.endsWith('-sweep'));
  return readFileSync(join(folder, 'runs', name!, 'summary.json'), 'utf8')
    .replace(/^ {2}"wallSeconds": .*\n/m, '')
    .replace(/^ {2}"reused": .*\n/m, '');
}

describe('sweep', { timeout: 240_000 }, () => {
  it('prints with --json exactly what summary.json holds', async () => {
    await inFolder((folder) => {
      writeFileSync(join(folder, 'tiny.yaml'), TINY);
      const { code, stdout } = mainframe(folder, 'sweep', 'tiny.yaml', '--json');
      const summary = JSON.parse(stdout) as SweepSummary;
      expect([code, summary.runs, summary.points.length]).toEqual([0, 12, 3]);
      expect(summary.points.map((p) => p.seeds)).toEqual([1, 2, 3].map(() => [1, 2, 3, 4]));
      const [name] = readdirSync(join(folder, 'runs')).filter((n) => n.endsWith('-sweep'));
      expect(stdout).toBe(readFileSync(join(folder, 'runs', name!, 'summary.json'), 'utf8'));
    });
  });

  it('goes on after kill -9 where it was, with the same summary, and runs nothing twice', async () => {
    await inFolder(async (whole) => {
      await inFolder(async (folder) => {
        for (const place of [whole, folder]) writeFileSync(join(place, 's.yaml'), SLOWER);
        const { child, ended } = start(folder, 'sweep', 's.yaml', '--jobs', '2');
        await until(() => cached(folder).length >= 3, 'three finished runs');
        process.kill(-child.pid!, 'SIGKILL');
        expect((await ended).code).toBe(null);
        const before = cached(folder);
        expect(before.length).toBeLessThan(18);
        const written = before.map(
          (name) => statSync(join(folder, 'runs', '.sweep', name, 'summary.json')).mtimeMs,
        );
        const { code, stdout } = mainframe(folder, 'sweep', 's.yaml', '--json');
        const summary = JSON.parse(stdout) as SweepSummary;
        expect([code, summary.reused]).toEqual([0, before.length]);
        expect(cached(folder)).toHaveLength(18);
        expect(
          before.map(
            (name) => statSync(join(folder, 'runs', '.sweep', name, 'summary.json')).mtimeMs,
          ),
        ).toEqual(written);
        mainframe(whole, 'sweep', 's.yaml', '--jobs', '1');
        expect(comparable(folder)).toBe(comparable(whole));
        const left = readdirSync(join(folder, 'runs', '.sweep'));
        expect(left.filter((name) => name.endsWith('.partial'))).toEqual([]);
      });
    });
  });

  it('ends on the first Ctrl-C with the summary so far and exit 130', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 's.yaml'), SLOWER);
      const { child, ended } = start(folder, 'sweep', 's.yaml', '--jobs', '2', '--json');
      await until(() => cached(folder).length >= 2, 'two finished runs');
      process.kill(-child.pid!, 'SIGINT');
      const { code, stdout, stderr } = await ended;
      expect([code, stderr]).toEqual([130, expect.stringContaining('Stopping the sweep')]);
      const summary = JSON.parse(stdout) as SweepSummary;
      expect(summary.endedEarly).toBe('interrupted');
      const seeds = summary.points.reduce((n, point) => n + point.seeds.length, 0);
      expect(seeds).toBeGreaterThanOrEqual(2);
      expect(seeds).toBeLessThan(18);
      expect(seeds).toBe(cached(folder).length);
      const left = readdirSync(join(folder, 'runs', '.sweep'));
      expect(left.filter((name) => name.endsWith('.partial'))).toEqual([]);
    });
  });

  it('ends a single run on the first Ctrl-C with what was measured', async () => {
    await inFolder(async (folder) => {
      writeFileSync(join(folder, 's.yaml'), SLOWER.replace('duration: 1 min', 'duration: 10 h'));
      const { child, ended } = start(folder, 'run', 's.yaml', '--json');
      await until(() => existsSync(join(folder, 'runs')), 'the run to begin');
      await new Promise((done) => setTimeout(done, 500));
      process.kill(-child.pid!, 'SIGINT');
      const { code, stdout } = await ended;
      expect(code).toBe(130);
      expect(JSON.parse(stdout)).toMatchObject({ endedEarly: 'interrupted' });
    });
  });

  it('chooses points and seeds', async () => {
    await inFolder((folder) => {
      writeFileSync(join(folder, 'tiny.yaml'), TINY);
      const words = [
        'sweep',
        'tiny.yaml',
        '--only',
        'luminosity=0bits',
        '--only',
        'luminosity=2 bits',
      ];
      const { stdout } = mainframe(folder, ...words, '--repeat', '2', '--seed', '5', '--json');
      const summary = JSON.parse(stdout) as SweepSummary;
      expect(summary.points.map((p) => [p.params['luminosity'], p.seeds])).toEqual([
        ['0 bits', [5, 6]],
        ['2 bits', [5, 6]],
      ]);
      const wrong = mainframe(folder, 'sweep', 'tiny.yaml', '--only', 'luminosity=7 bits');
      expect([wrong.code, wrong.stderr]).toEqual([
        2,
        'No point has luminosity=7 bits. There are: 0 bits, 1 bits, 2 bits.\n',
      ]);
    });
  });

  it('--dry-run runs nothing and counts what is done', async () => {
    await inFolder((folder) => {
      writeFileSync(join(folder, 'tiny.yaml'), TINY);
      const before = JSON.parse(
        mainframe(folder, 'sweep', 'tiny.yaml', '--dry-run', '--json').stdout,
      );
      expect(before).toMatchObject({ runs: 12, done: 0, secondsFrom: 'model' });
      expect(existsSync(join(folder, 'runs'))).toBe(false);
      mainframe(folder, 'sweep', 'tiny.yaml', '--repeat', '2');
      const after = JSON.parse(
        mainframe(folder, 'sweep', 'tiny.yaml', '--dry-run', '--json').stdout,
      );
      expect(after).toMatchObject({ runs: 12, done: 6, secondsFrom: 'finished runs' });
    });
  });
});
