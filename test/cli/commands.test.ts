/** What the program answers to right and wrong command lines: streams, words and exit codes. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inFolder, mainframe, TINY } from './support.ts';

function withTiny(folder: string, text = TINY): string {
  writeFileSync(join(folder, 'tiny.yaml'), text);
  return 'tiny.yaml';
}

/** The only result folder. */
function result(folder: string): string {
  const names = readdirSync(join(folder, 'runs')).filter((name) => !name.startsWith('.'));
  expect(names).toHaveLength(1);
  return join(folder, 'runs', names[0]!);
}

describe('without a verb', () => {
  it('welcomes with six lines and names the demo', async () => {
    await inFolder((folder) => {
      const { code, stdout, stderr } = mainframe(folder);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout.trimEnd().split('\n')).toHaveLength(6);
      expect(stdout).toContain('New here? mainframe demo');
    });
  });

  it('lists every verb with --help', async () => {
    await inFolder((folder) => {
      const { stdout } = mainframe(folder, '--help');
      for (const verb of [
        'demo',
        'run <scenario>',
        'sweep <scenario>',
        'validate',
        'chart <run>',
      ]) {
        expect(stdout).toContain(`  ${verb}`);
      }
    });
  });

  it('says version, commit and Node', async () => {
    await inFolder((folder) => {
      expect(mainframe(folder, '--version').stdout).toMatch(
        /^mainframe \d+\.\d+\.\d+ \([0-9a-z+]+\) node v\d+\.\d+\.\d+\n$/,
      );
    });
  });
});

describe('a wrong command line', () => {
  it.each([
    [['swep', 'x'], 'No command "swep". Did you mean "sweep"?'],
    [['scenarios', 'lst'], 'No command "scenarios lst". Did you mean "scenarios list"?'],
    [['run', '--sed', '7', 'x'], 'No option "--sed" for run. Did you mean "--seed"?'],
    [['run', '--dry-run', 'x'], 'No option "--dry-run" for run.'],
    [['run'], 'Something is missing. It goes: mainframe run <scenario>'],
    [['run', 'x', 'y'], 'Unknown argument: y'],
    [['run', 'x', '--seed', 'seven'], '--seed takes a whole number of at least 0.'],
    [['run', 'x', '--seed', '-1'], '--seed takes a whole number of at least 0, not -1.'],
    [['run', 'x', '--seed', '1', '--seed', '2'], '--seed was given twice.'],
    [['sweep', 'x', '--repeat', '0'], '--repeat takes a whole number of at least 1, not 0.'],
    [['sweep', 'x', '--jobs', '0'], '--jobs takes a whole number of at least 1, not 0.'],
    [['schema', 'world'], 'what cannot be "world"; it is one of'],
    [['validate', 'Z9'], 'No validation case Z9.'],
    [['metrics', 'show', 'delivery.ratio'], 'Did you mean "delivery.rate"?'],
    [['report', '@last'], 'No result "@last" in runs/. There are none yet: mainframe run …'],
  ])('%j is exit 2 with a sentence on stderr', async (words, sentence) => {
    await inFolder((folder) => {
      const { code, stdout, stderr } = mainframe(folder, ...words);
      expect(stderr).toContain(sentence);
      expect([code, stdout]).toEqual([2, '']);
    });
  });

  it('is an object on stdout with --json', async () => {
    await inFolder((folder) => {
      const { code, stdout } = mainframe(folder, 'swep', '--json');
      expect(code).toBe(2);
      expect(JSON.parse(stdout)).toEqual({
        error: {
          code: 'MF-0001',
          message: 'No command "swep". Did you mean "sweep"?',
          problems: [],
        },
      });
    });
  });

  it('names the form of --set', async () => {
    await inFolder((folder) => {
      const ran = mainframe(folder, 'run', withTiny(folder), '--set', 'nodes');
      expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining('--set takes key=value')]);
    });
  });
});

describe('a wrong scenario', () => {
  it('is exit 3 with place and suggestion, and nothing is written', async () => {
    await inFolder((folder) => {
      const file = withTiny(folder, TINY.replace('luminosity: $', 'luminousity: $'));
      const { code, stdout, stderr } = mainframe(folder, 'run', file);
      expect([code, stdout]).toEqual([3, '']);
      expect(stderr).toMatch(/^tiny\.yaml:7:\d+ +MF-0101 +unknown key "luminousity"/m);
      expect(stderr).toContain('did you mean "luminosity"?');
      expect(existsSync(join(folder, 'runs'))).toBe(false);
    });
  });

  it('carries its problems with --json', async () => {
    await inFolder((folder) => {
      const file = withTiny(folder, TINY.replace('luminosity: $', 'luminousity: $'));
      const { code, stdout } = mainframe(folder, 'run', file, '--json');
      const { error } = JSON.parse(stdout) as { error: { problems: object[] } };
      expect(code).toBe(3);
      expect(error.problems[0]).toMatchObject({ code: 'MF-0101', line: 7, file: 'tiny.yaml' });
    });
  });

  it('says what a missing name or a folder is', async () => {
    await inFolder((folder) => {
      mkdirSync(join(folder, 'here'));
      const typo = mainframe(folder, 'run', 'luminosity-vs-anonimity');
      expect([typo.code, typo.stderr]).toEqual([
        3,
        'No scenario "luminosity-vs-anonimity". Did you mean "luminosity-vs-anonymity"?\n',
      ]);
      expect(mainframe(folder, 'run', 'here').stderr).toBe(
        'here is a folder, not a scenario file.\n',
      );
    });
  });
});

describe('run', () => {
  it('prints with --json exactly what summary.json holds, and reuses the folder', async () => {
    await inFolder((folder) => {
      const file = withTiny(folder);
      const first = mainframe(folder, 'run', file, '--json');
      expect([first.code, first.stderr]).toEqual([0, '']);
      expect(first.stdout).toBe(readFileSync(join(result(folder), 'summary.json'), 'utf8'));
      const second = mainframe(folder, 'run', file, '--json');
      expect(second.stdout).toBe(first.stdout);
      expect(mainframe(folder, 'run', file).stdout).toContain('(this very run was there already)');
      for (const name of ['run.json', 'scenario.resolved.yaml', 'junit.xml', 'report.html']) {
        expect(existsSync(join(result(folder), name)), name).toBe(true);
      }
    });
  });

  it('repeats the same digest with --again, and from its resolved scenario', async () => {
    await inFolder((folder) => {
      const file = withTiny(folder);
      const { stdout } = mainframe(folder, 'run', file, '--json', '--set', 'luminosity=1 bits');
      const { digest } = JSON.parse(stdout) as { digest: string };
      const again = mainframe(
        folder,
        'run',
        file,
        '--set',
        'luminosity=1 bits',
        '--again',
        '--quiet',
      );
      expect([again.code, again.stdout]).toEqual([0, expect.stringContaining(digest)]);
      const resolved = join(result(folder), 'scenario.resolved.yaml');
      const out = join(folder, 'other');
      const ran = mainframe(folder, 'run', resolved, '--quiet', '--out', out);
      expect(ran.stdout).toContain(digest);
    });
  });

  it('is exit 7 when the stored run has another digest, and keeps both', async () => {
    await inFolder((folder) => {
      const file = withTiny(folder);
      mainframe(folder, 'run', file);
      const path = join(result(folder), 'summary.json');
      const stored = JSON.parse(readFileSync(path, 'utf8')) as { digest: string };
      stored.digest = `mf1:${'0'.repeat(64)}`;
      writeFileSync(path, JSON.stringify(stored));
      const ran = mainframe(folder, 'run', file, '--again');
      expect([ran.code, ran.stderr]).toEqual([7, expect.stringContaining('another digest')]);
      expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ digest: stored.digest });
      expect(readdirSync(join(folder, 'runs')).some((n) => n.endsWith('.different'))).toBe(true);
    });
  });

  it('is exit 4 when an expectation is broken, and junit.xml says which', async () => {
    await inFolder((folder) => {
      const file = withTiny(
        folder,
        TINY.replace('delivery.rate >= 1%', 'p95(delivery.latency) < 1 ms'),
      );
      const { code, stdout } = mainframe(folder, 'run', file);
      expect([code, stdout]).toEqual([
        4,
        expect.stringMatching(/✗ p95\(delivery\.latency\) < 1 ms/),
      ]);
      expect(stdout.trimEnd().split('\n').at(-1)).toBe('exit 4');
      expect(readFileSync(join(result(folder), 'junit.xml'), 'utf8')).toContain('failures="1"');
    });
  });

  it('records the message table only when asked', async () => {
    await inFolder((folder) => {
      const file = withTiny(folder);
      mainframe(folder, 'run', file);
      expect(existsSync(join(result(folder), 'messages.parquet'))).toBe(false);
      mainframe(folder, 'run', file, '--record', 'messages', '--out', 'kept');
      const [name] = readdirSync(join(folder, 'kept'));
      expect(existsSync(join(folder, 'kept', name!, 'messages.parquet'))).toBe(true);
    });
  });

  it('refuses a world larger than the memory, before it starts', async () => {
    await inFolder((folder) => {
      const words = ['sweep', withTiny(folder), '--set', 'world.nodes=1000000', '--jobs', '100'];
      const ran = mainframe(folder, ...words);
      expect(ran.stderr).toMatch(/^This needs about [\d.]+ GiB of memory/m);
      expect([ran.code, existsSync(join(folder, 'runs'))]).toEqual([8, false]);
    });
  });

  it('ends at a limit with what was measured, and exit 8', async () => {
    await inFolder((folder) => {
      const words = ['run', withTiny(folder), '--set', 'world.events_max=50', '--json'];
      const { code, stdout } = mainframe(folder, ...words);
      expect(code).toBe(8);
      const summary = JSON.parse(stdout) as { endedEarly: string };
      expect(summary.endedEarly).toContain('events limit');
      expect(existsSync(join(result(folder), 'summary.json'))).toBe(true);
    });
  });

  it('says in one sentence that a folder cannot be written', async () => {
    await inFolder((folder) => {
      const file = withTiny(folder);
      const ran = mainframe(folder, 'run', file, '--out', 'tiny.yaml/below', '--quiet');
      expect([ran.code, ran.stdout]).toEqual([8, '']);
      expect(ran.stderr.trim().split('\n')).toHaveLength(1);
    });
  });
});

describe('a key without effect', () => {
  it.each([
    ['run', 'tiny.yaml'],
    ['sweep', 'tiny.yaml', '--dry-run'],
    ['scenarios', 'validate', 'tiny.yaml'],
  ])('is told of by %s', (...words) =>
    inFolder((folder) => {
      withTiny(folder, `${TINY}services: { discovery: { wanted: 2 } }\n`);
      const { code, stderr } = mainframe(folder, ...words);
      expect(stderr).toMatch(/^tiny\.yaml:\d+:\d+ {2}"wanted" does nothing without discovery$/m);
      expect(code).toBe(0);
    }),
  );
});

describe('other verbs', () => {
  it('new writes a valid copy and never overwrites', async () => {
    await inFolder((folder) => {
      const [name] = mainframe(folder, 'scenarios', 'list', '--json').stdout.match(
        /(?<="name": ")[^"]+/,
      )!;
      expect(mainframe(folder, 'new', name).code).toBe(0);
      expect(mainframe(folder, 'scenarios', 'validate', `${name}.yaml`).code).toBe(0);
      writeFileSync(join(folder, `${name}.yaml`), 'mine');
      expect(mainframe(folder, 'new', name).code).toBe(8);
      expect(readFileSync(join(folder, `${name}.yaml`), 'utf8')).toBe('mine');
    });
  });

  it('chart lists and draws, report rewrites the page', async () => {
    await inFolder((folder) => {
      const charts = 'charts: [{ title: How long, mark: cdf, of: delivery.latency }]\n';
      mainframe(folder, 'run', withTiny(folder, TINY + charts));
      expect(mainframe(folder, 'chart', '@last').stdout).toMatch(/^how-long +How long$/m);
      const drawn = mainframe(folder, 'chart', '@last', 'how', '-o', 'a.csv');
      expect([drawn.code, existsSync(join(folder, 'a.csv'))]).toEqual([0, true]);
      expect(mainframe(folder, 'chart', '@last', 'howlong').stderr).toContain(
        'Did you mean "how-long"?',
      );
      expect(mainframe(folder, 'chart', '@last', 'how', '-o', 'a.pdf').code).toBe(2);
      const id = result(folder).split('/').at(-1)!.slice(0, 4);
      expect(mainframe(folder, 'report', id).code).toBe(0);
    });
  });

  it('prints objects with --json everywhere', async () => {
    await inFolder((folder) => {
      for (const words of [
        ['scenarios', 'list'],
        ['scenarios', 'show', withTiny(folder)],
        ['scenarios', 'validate', 'tiny.yaml'],
        ['scenarios', 'explain', 'world.nodes'],
        ['metrics', 'list'],
        ['metrics', 'show', 'delivery.rate'],
        ['schema', 'scenario'],
        ['sweep', 'tiny.yaml', '--dry-run'],
        ['--version'],
      ]) {
        const { code, stdout } = mainframe(folder, ...words, '--json');
        expect(code, words.join(' ')).toBe(0);
        expect(typeof JSON.parse(stdout), words.join(' ')).toBe('object');
      }
    });
  });

  it('completes verbs', async () => {
    await inFolder((folder) => {
      expect(mainframe(folder, 'completion').stdout).toContain('mainframe');
      const words = ['--get-yargs-completions', 'mainframe', 'sc'];
      expect(mainframe(folder, ...words).stdout).toMatch(/^(scenarios|schema)/m);
    });
  });
});
