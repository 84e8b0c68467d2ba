/** `run --transport udp --processes n`: one world in several processes, and what becomes of it when one is killed or the user has had enough. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunSummary } from '../../scenarios/summary.ts';
import { inFolder, mainframe, start, until } from './support.ts';

const WORLD = `scenario: spread
about: Is a world in several processes the same world?
world: { nodes: 6, duration: 9 s, warmup: 500 ms, suite: native, latency: 20 ms }
services:
  overlay: { refresh: never, start: converged, lookups_every: 1 s }
  routing: { lifetime: 2 s }
  link: { encrypt: true, keepalive: never }
traffic:
  - { messages: 6, size: 100 B, luminosity: 0 bits, conversation: true, reply: 200 ms }
  - { messages: 6, size: 300 B, luminosity: 1 bits }
faults:
  - { at: 1500 ms, crash: 40%, for: 300 ms }
  - { at: 2500 ms, partition: 50%, for: 200 ms }
`;
const SPREAD = ['run', 'spread.yaml', '--transport', 'udp', '--processes', '3'];

/** Ids of the worker processes below a process. */
function workersOf(pid: number): number[] {
  try {
    return execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map(Number);
  } catch {
    return [];
  }
}

const GROUPS = `scenario: groups
about: Do people in a group hear each other over real sockets?
world: { nodes: 12, duration: 14 s, warmup: 4 s, suite: native, latency: 10 ms }
services:
  overlay: { refresh: never, start: converged }
  routing: { lifetime: 2 s }
  link: { encrypt: true }
  groups: { count: 1, members: 4 }
traffic:
  - { from: members, to: group, every: 1 s, size: 100 B }
watch: { wire: { controls: 30%, guesses: [membership, sender] } }
`;

describe('groups in a live run', () => {
  it('come together and hear each other as in the simulated one', { timeout: 60_000 }, () =>
    inFolder((folder) => {
      writeFileSync(join(folder, 'groups.yaml'), GROUPS);
      const read = (...words: string[]): RunSummary =>
        JSON.parse(
          mainframe(folder, 'run', 'groups.yaml', '--json', ...words).stdout,
        ) as RunSummary;
      const live = ['--transport', 'udp'];
      const [real, simulated, spread] = [read(...live), read(), read(...live, '--processes', '3')];
      for (const { metrics } of [real, simulated, spread]) {
        expect(metrics['delivery.rate']!.count).toBeGreaterThan(60);
        expect(metrics['delivery.rate']!.mean).toBe(1);
        expect(metrics['bytes.per_message']!.mean).toBeGreaterThan(1_000);
      }
      // What colluders read, they read behind the links; who is among them does not depend on the clock.
      const disclosed = (run: RunSummary): number => run.metrics['group.disclosed']!.mean;
      expect(disclosed(real)).toBe(disclosed(simulated));
      expect(disclosed(spread)).toBe(disclosed(simulated));
      const exposed = (run: RunSummary): number => run.metrics['anonymity.members_exposed']!.mean;
      expect(exposed(spread)).toBe(exposed(simulated));
      expect(exposed(spread)).toBeGreaterThan(0);
      // Of whom they had words, and who was first, comes from other processes, too.
      const lost = (run: RunSummary): number => run.metrics['anonymity.sender_log_loss']!.mean;
      expect(lost(simulated)).toBeLessThan(Math.log2(12));
      expect(Math.abs(lost(spread) - lost(simulated))).toBeLessThan(0.5);
      // Who says what when is the scenario's: of each of the four, the first and the last text may be counted in one run only.
      const texts = (run: RunSummary): number => run.metrics['bytes.per_message']!.count;
      expect(Math.abs(texts(spread) - texts(simulated))).toBeLessThanOrEqual(8);
      // Ways are those of the tables, which stand in other processes.
      const saved = (run: RunSummary): number => run.metrics['bytes.saved_over_unicast']!.mean;
      expect(Math.abs(saved(spread) - saved(simulated))).toBeLessThan(0.03);
    }),
  );
});

const SELLERS = `scenario: sellers
about: Are sellers found over real sockets?
world: { nodes: 16, duration: 14 s, warmup: 6 s, suite: native, latency: 10 ms }
roles:
  holders: { count: 4, sells: { holding: 20 mMFT } }
  people: { share: rest }
services:
  overlay: { refresh: never, start: converged }
  discovery:
    admission: tickets
    ad_life: 2 min
    searches_every: 2 s
    search: holding
    price_max: 30 mMFT
    wanted: 2
`;

describe('discovery in a live run in several processes', () => {
  it('is measured as in the simulated one', { timeout: 60_000 }, () =>
    inFolder((folder) => {
      writeFileSync(join(folder, 'sellers.yaml'), SELLERS);
      const read = (...words: string[]): RunSummary['metrics'] =>
        (
          JSON.parse(
            mainframe(folder, 'run', 'sellers.yaml', '--json', ...words).stdout,
          ) as RunSummary
        ).metrics;
      const spread = read('--transport', 'udp', '--processes', '3');
      const simulated = read();
      for (const metrics of [spread, simulated]) {
        // Twelve people search every two seconds.
        expect(metrics['discovery.found']!.count).toBeGreaterThan(24);
        expect(metrics['discovery.found']!.mean).toBe(1);
        expect(metrics['discovery.staleness']!.max).toBe(0);
        expect(metrics['peering.agreed']!.mean).toBe(1);
        expect(metrics['discovery.table']!.count).toBe(16);
        expect(metrics['discovery.table']!.mean).toBeGreaterThan(0);
      }
      expect(spread['discovery.table']!.mean).toBe(simulated['discovery.table']!.mean);
    }),
  );
});

describe('a live run in several processes', () => {
  it('has the workload, the faults and the texts of the simulated one', { timeout: 60_000 }, () =>
    inFolder((folder) => {
      writeFileSync(join(folder, 'spread.yaml'), WORLD);
      const live = mainframe(folder, ...SPREAD, '--record', 'datagrams', '--json');
      expect(live.stderr).not.toContain('fault of mainframe');
      const real = JSON.parse(live.stdout) as RunSummary;
      const simulated = JSON.parse(
        mainframe(folder, 'run', 'spread.yaml', '--json').stdout,
      ) as RunSummary;
      expect(real.faults).toEqual(simulated.faults);
      expect(real.faults[0]!.fired).toBeGreaterThan(0);
      // Which answers are still counted depends on moments; the six texts do not.
      const texts = (run: RunSummary): number => run.metrics['session.delivery']!.count;
      expect(Math.abs(texts(real) - texts(simulated))).toBeLessThanOrEqual(2);
      expect(real.metrics['session.delivery']!.min).toBe(1);
      expect(real.metrics['session.duplicates']!.max).toBe(0);
      expect(real.metrics['overlay.table_fill']!.count).toBe(6);
      expect(real.metrics['overlay.table_fill']!.mean).toBe(1);
      expect(real.metrics['overlay.lookup_hops']!.count).toBeGreaterThan(20);
      // Of the links. Not the least: what a node had sent within 20 ms before it crashed leaves at once.
      expect(real.metrics['delivery.latency']!.median).toBeGreaterThanOrEqual(20_000);
      expect(real.events).toBeGreaterThan(200);
      const [run] = readdirSync(join(folder, 'runs')).filter((name) => name.endsWith('-udp'));
      // Keys of links of every worker, each in the one file.
      const keys = readFileSync(join(folder, 'runs', run!, 'keys.log'), 'utf8');
      expect(keys.match(/^LINK_KEY/gm)!.length).toBeGreaterThan(30);
      const compared = mainframe(folder, 'compare', ...['@last-1', '@last']);
      expect(compared.stdout).toContain('median differs by');
    }),
  );

  it(
    'says which process has died, keeps nothing, and leaves none behind',
    { timeout: 60_000 },
    () =>
      inFolder(async (folder) => {
        writeFileSync(join(folder, 'spread.yaml'), WORLD);
        const { child, ended } = start(folder, ...SPREAD);
        await until(() => workersOf(child.pid!).length === 3, 'three workers');
        const workers = workersOf(child.pid!);
        process.kill(workers[1]!, 'SIGKILL');
        const { code, stderr } = await ended;
        expect(code).toBe(8);
        expect(stderr).toMatch(
          /^Process \d of 3, in which 2 nodes live, ended \(SIGKILL\)\. Nothing was kept\./m,
        );
        expect(readdirSync(join(folder, 'runs'))).toEqual([]);
        for (const pid of workers) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
      }),
  );

  it('keeps what it has when it is interrupted', { timeout: 60_000 }, () =>
    inFolder(async (folder) => {
      writeFileSync(join(folder, 'spread.yaml'), WORLD.replace('9 s', '60 s'));
      const { child, ended } = start(folder, ...SPREAD, '--json');
      await until(() => workersOf(child.pid!).length === 3, 'three workers');
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      process.kill(-child.pid!, 'SIGINT');
      const { code, stdout } = await ended;
      expect(code).toBe(130);
      expect((JSON.parse(stdout) as RunSummary).endedEarly).toBe('interrupted');
      expect(readdirSync(join(folder, 'runs')).length).toBe(1);
    }),
  );

  it.each([
    [['--processes', '2'], 2, 'give --transport udp with it'],
    [['--transport', 'udp', '--processes', '7'], 2, 'the world has only 6 nodes'],
    [
      ['--transport', 'udp', '--processes', '0'],
      2,
      '--processes takes a whole number of at least 1',
    ],
    [['--transport', 'udp', '--set', 'world.duplicate=1%'], 3, 'cannot duplicate datagrams'],
  ])('refuses %j', (words, exit, why) =>
    inFolder((folder) => {
      writeFileSync(join(folder, 'spread.yaml'), WORLD);
      const { code, stderr } = mainframe(folder, 'run', 'spread.yaml', ...words);
      expect(stderr).toContain(why);
      expect(code).toBe(exit);
    }),
  );
});
