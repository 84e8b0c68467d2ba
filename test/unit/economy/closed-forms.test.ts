import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BetaScore } from '../../../scenarios/economy/beta-score.ts';
import {
  chequebookRuin,
  congestionCost,
  creditLineRejection,
  creditPathSuccess,
  failuresToDisqualify,
  inspectionEquilibrium,
  minimumStake,
  packetsPerCheque,
  selfChallengeStake,
  storageDetection,
  storageDetectionWithout,
  ticketVariation,
} from '../../../scenarios/economy/closed-forms.ts';
import { fixed, ONE } from '../../../scenarios/economy/nym-reward.ts';
import { economicsCases } from '../../../scenarios/validation/economics-cases.ts';
import { dataFolder, vectorsFolder } from '../../support/vectors.ts';

const data = dataFolder();
const file = data === undefined ? undefined : join(data, 'economics', 'closed_form.json');

describe('closed forms', () => {
  it.each([
    [creditLineRejection(16, 0.5), 1 / 33],
    [creditLineRejection(8, 0.6), 0.2004],
    [packetsPerCheque(10, 0.5), 100],
    [packetsPerCheque(10, 0.6), 48.3],
    [packetsPerCheque(20, 0.55), 192.9],
    [chequebookRuin(5, 0.55), 0.3666],
    [chequebookRuin(5, 0.5), 1],
    [creditPathSuccess(4, 3), 0.512],
    [creditPathSuccess(9, 4), 0.6561],
    [minimumStake(1, 0.25, false), 4],
    [minimumStake(1, 0.25, true), 3],
    [selfChallengeStake(1, 0.25, 0.5), 8],
    [inspectionEquilibrium({ check: 1, reward: 10, loss: 5, gain: 4, bond: 20 }).cheat, 1 / 15],
    [inspectionEquilibrium({ check: 1, reward: 10, loss: 5, gain: 4, bond: 20 }).check, 1 / 6],
    [storageDetection(0.05, 60), 0.9539],
    [storageDetectionWithout(1000, 50, 60), 0.9582],
    // Two chunks are left and three are asked for.
    [storageDetectionWithout(10, 8, 3), 1],
    [ticketVariation(0.01, 1e4), 0.0995],
    [failuresToDisqualify(0.95, 0.6), 10],
    [failuresToDisqualify(0.999, 0.96), 41],
    [congestionCost(38).cost, 694.9],
  ])('%d is %d', (value, expected) => {
    expect(value / expected).toBeCloseTo(1, 3);
  });

  it.skipIf(file === undefined || !existsSync(file))(
    'agree with the recorded table (MAINFRAME_DATA)',
    () => {
      const of: { [id: string]: (p: Record<string, number>) => unknown } = {
        'CF1-credit-line-rejection': ({ T, p }) => creditLineRejection(T!, p!),
        'CF2-packets-per-cheque': ({ T, p }) => packetsPerCheque(T!, p!),
        'CF3-gamblers-ruin': ({ D, p }) => chequebookRuin(D!, p!),
        'CF4-credit-path-success': ({ c, d }) => creditPathSuccess(c!, d!),
        'CF8-min-stake': ({ p, G }) => [minimumStake(G!, p!, false), minimumStake(G!, p!, true)],
        'CF9-burn-share': ({ rho, p, G }) => selfChallengeStake(G!, p!, rho!),
        'CF10-inspection-game-cheat': ({ C, R, L }) =>
          inspectionEquilibrium({ check: C!, reward: R!, loss: L!, gain: 1, bond: 1 }).cheat,
        'CF11-storage-detection': ({ f, k }) => storageDetection(f!, k!),
        'CF12-das': ({ s }) => storageDetection(0.25, s!),
        'CF16-lottery-ticket-cv': ({ p, N }) => ticketVariation(p!, N!),
        'CF17-beta-reputation-dq': ({ lam, thr }) => failuresToDisqualify(lam!, thr!),
        'CF18-eip1559-censor-cost': ({ W }) => {
          const { cost, feeFactor } = congestionCost(W!);
          return [feeFactor, cost];
        },
      };
      let compared = 0;
      for (const { id, params, closed_form } of JSON.parse(readFileSync(file!, 'utf8'))) {
        if (of[id] === undefined) continue;
        const found = [of[id](params)].flat() as number[];
        const expected = (
          typeof closed_form === 'object' ? Object.values(closed_form) : [closed_form]
        ) as number[];
        expect(found.length).toBe(expected.length);
        found.forEach((value, at) => expect(value / expected[at]!, id).toBeCloseTo(1, 10));
        compared++;
      }
      expect(compared).toBeGreaterThanOrEqual(18);
    },
  );
});

describe('audit score with forgetting', () => {
  it('is that of the operator who reported being paused', () => {
    // forum.storj.io thread 1555: weights 11.97474 and 8.02526.
    expect(new BetaScore(0.95, 11.97474, 8.02526).score).toBeCloseTo(0.598737, 6);
  });

  it('keeps a steady perfect score and recovers from a failure', () => {
    const score = new BetaScore(0.95);
    score.audit(true);
    expect(score.score).toBe(1);
    score.audit(false);
    expect(score.score).toBeCloseTo(0.95, 12);
    for (let i = 0; i < 200; i++) score.audit(true);
    expect(score.score).toBeGreaterThan(0.9999);
  });
});

describe('fixed-point numbers', () => {
  it('are read exactly', () => {
    expect(fixed('1.5')).toBe((ONE * 3n) / 2n);
    expect(fixed('0.000000000000000001')).toBe(1n);
    expect(fixed('250000000000000')).toBe(250000000000000n * ONE);
    for (const text of ['', '1.', '-1', '1e3', '0.0000000000000000001'])
      expect(() => fixed(text)).toThrow(/expected a decimal number/);
  });
});

describe('validation', () => {
  const context = { dataFolder: data, vectorsFolder: vectorsFolder() };

  // M1 runs 17 million requests, E7 four thousand experiments; both are left to the validation command.
  it.each(['M2', 'M5', 'M7', 'M8', 'M10', 'M11', 'CF16', 'CF17', 'NYM'])(
    'case %s has no failing row',
    (id) => {
      const rows = economicsCases.find((c) => c.id === id)!.run(context);
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) {
        expect(row.id).toBe(id);
        expect(`${row.case} ${JSON.stringify(row.params)}: ${row.verdict}`).not.toMatch(/: fail$/);
        if (row.verdict === 'skipped') continue;
        expect(Number.isFinite(row.measured)).toBe(true);
      }
    },
  );

  it.each(['M2', 'NYM'])('case %s is skipped, saying so, without its data', (id) => {
    const rows = economicsCases
      .find((c) => c.id === id)!
      .run({ dataFolder: undefined, vectorsFolder: undefined });
    expect(rows.map((row) => row.verdict)).toEqual(['skipped']);
    expect(rows[0]!.note).toMatch(/absent/);
  });
});
