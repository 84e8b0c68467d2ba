/** Credit metrics of whole runs: what they say must agree with what the other metrics say, and with who the people are. */
import { beforeAll, describe, expect, it } from 'vitest';
import { survivalRows } from '../../../analysis/charts/credit-rows.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import type { LifeTable, RunSummary } from '../../../scenarios/summary.ts';
import { scenarioOf } from '../../support/scenario.ts';

const AT = { panel: '', xText: '', colour: '', facet: '', label: '', n: 1 };
const HOUR_US = 3_600_000_000;
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const sizeOf = ({ events, censored }: LifeTable): number => sum(events) + sum(censored);

describe('a world of flows', () => {
  const text = `
scenario: town
uses: [mainframe-2018]
world: { nodes: 24, duration: 6 d, warmup: 1 h, detail: flows, suite: modelled }
roles:
  steady: { count: 14, pays: { within: 1 h } }
  forgetful: { count: 4, pays: { after: exponential(30 h) } }
  never: { count: 6, pays: never, rejoins: { after: 6 h, as: new address } }
services: { overlay: { bucket: 2 } }
money: { threshold: 0.5 MFT, tolerance: 400%, cash_after: 6 h, deadline: 6 h, min_score: 0.4, chain: { fee: 0 MFT per call } }
traffic:
  - { volume: 300 MiB per day }
charts:
  - { title: a, mark: survival, of: shutout.time, colour: role }
  - { title: b, mark: survival, of: invoices.lateness, colour: role }
  - { title: c, mark: roc, of: credit.score }
  - { title: d, mark: vintage, of: credit.defaulted }
`;
  let summary: RunSummary;
  beforeAll(async () => {
    summary = await runScenario(scenarioOf(text), { seed: 1, observe: true });
  });

  it('has a life for every name, ended for those who were shut out', () => {
    const { all, byRole } = summary.lives!['shutout.time']!;
    expect(sizeOf(all)).toBe(summary.metrics['shutout']!.count);
    expect(sum(all.events)).toBe(summary.metrics['shutout.time']!.count);
    expect(sum(byRole['steady']!.events)).toBe(0);
    // Whoever was there from the beginning and is still served was seen for the whole run.
    expect(byRole['steady']).toEqual({ timesUs: [6 * 24 * HOUR_US], events: [0], censored: [14] });
    // Names that came later were seen for less.
    expect(sizeOf(byRole['never']!)).toBeGreaterThan(6);
  });

  it('knows who pays late, by how much, and who never', () => {
    const { byRole } = summary.lives!['invoices.lateness']!;
    expect(sizeOf(byRole['steady']!)).toBe(0);
    const late = summary.byRole['forgetful']!['invoices.lateness']!;
    expect(late.count).toBe(sum(byRole['forgetful']!.events));
    expect(late.count).toBeGreaterThan(5);
    const unpaid = (role: string): number =>
      survivalRows([byRole[role]!], AT)
        .filter(({ label }) => label === '')
        .at(-1)!.y;
    expect(unpaid('forgetful')).toBeLessThan(0.1);
    // Whoever never pays may still carry for its creditor until they are even.
    expect(unpaid('never')).toBeGreaterThan(0.5);
  });

  it('loses most of what those owed who never pay', () => {
    const { never } = summary.byRole;
    const count = summary.metrics['shutout.time']!.count;
    expect(summary.metrics['default.exposure']!.count).toBe(count);
    const lost = never!['loss.given_default']!;
    expect(lost.mean).toBeGreaterThan(0.6);
    expect(lost.max).toBe(1);
    expect(summary.byRole['forgetful']!['loss.given_default']!.mean).toBeLessThan(lost.mean / 2);
    expect(never!['default.exposure']!.mean).toBeGreaterThan(0);
    expect(summary.byRole['steady']!['credit.defaulted']!.mean).toBe(0);
    expect(never!['credit.defaulted']!.mean).toBeGreaterThan(0.5);
  });

  it('has scores that know some of it before', () => {
    const { metrics, roc } = summary;
    expect(metrics['score.auc']!.mean).toBeGreaterThan(0.6);
    expect(metrics['score.auc']!.mean).toBeLessThan(1);
    expect(metrics['score.brier']!.mean).toBeLessThan(0.25);
    // The same curve on a grid: its greatest distance from the diagonal is the distance of the two distributions.
    const furthest = Math.max(...roc!.map((height, i) => height - i / 100));
    expect(Math.abs(furthest - metrics['score.ks']!.mean)).toBeLessThan(0.03);
  });

  it('has vintages of all its lines', () => {
    const { vintages, metrics } = summary;
    const lines = metrics['credit.defaulted']!;
    expect(sum(vintages!.map((vintage) => vintage.lines))).toBe(lines.count);
    for (const { defaulted } of vintages!)
      expect(defaulted).toEqual([...defaulted].sort((a, b) => a - b));
    // The first have been seen for nearly the whole run.
    const first = vintages![0]!;
    expect(first.fromUs).toBe(0);
    expect(first.defaulted.length * first.stepUs).toBeGreaterThan(4 * 24 * HOUR_US);
    expect(first.defaulted.at(-1)).toBeGreaterThan(0);
  });

  it('regrets what the best role earned more', () => {
    const means = ['steady', 'forgetful', 'never'].map(
      (role) => summary.byRole[role]!['profit']!.mean,
    );
    const best = Math.max(...means);
    ['steady', 'forgetful', 'never'].forEach((role, i) => {
      const { min, max } = summary.byRole[role]!['profit.regret']!;
      expect(min).toBeCloseTo(best - means[i]!, 0);
      expect(max).toBe(min);
    });
    expect(best - means[0]!).toBeGreaterThan(0);
  });

  it('keeps no curves that no chart draws', async () => {
    const plain = text.slice(0, text.indexOf('charts:'));
    const { lives, roc, vintages, digest } = await runScenario(scenarioOf(plain), { seed: 1 });
    expect([lives, roc, vintages]).toEqual([undefined, undefined, undefined]);
    expect(digest).toBe(summary.digest);
  });
});

describe('a world of packets', () => {
  it('says the same of those who do not pay', async () => {
    const scenario = scenarioOf(`
scenario: paid
world: { nodes: 24, duration: 4 min, warmup: 20 s, suite: modelled }
roles: { people: { share: 75%, pays: { within: 5 s } }, riders: { share: rest, pays: never } }
services: { routing: { policy: tree(2) } }
money: { price: 0.01 MFT per hop, threshold: 0.5 MFT, tolerance: 50%, deadline: 20 s, cash_after: 10 s, pricing: proximity, min_score: 0.4 }
traffic:
  - { every: exponential(3 s), size: 300 B, luminosity: 3 bits }
charts:
  - { title: a, mark: survival, of: shutout.time, colour: role }
`);
    const { metrics, byRole, lives, digest } = await runScenario(scenario, { seed: 1 });
    const { all } = lives!['shutout.time']!;
    expect(sizeOf(all)).toBe(24);
    expect(sum(all.events)).toBe(metrics['shutout.time']?.count ?? 0);
    expect(byRole['people']!['credit.defaulted']!.mean).toBe(0);
    expect(byRole['riders']!['credit.defaulted']!.mean).toBeGreaterThan(0.5);
    expect(metrics['score.brier']!.mean).toBeLessThan(0.5);
    const unwatched = await runScenario(scenario, { seed: 1, observe: false });
    expect(unwatched.digest).toBe(digest);
  });
});
