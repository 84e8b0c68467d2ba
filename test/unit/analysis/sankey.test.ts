import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toSvg } from '../../../analysis/charts/render.ts';
import {
  balanceSentence,
  flowRows,
  imbalance,
  layOutSankey,
  moving,
} from '../../../analysis/charts/sankey.ts';
import { coverageSentence, scatterRows } from '../../../analysis/charts/scatter.ts';
import { SIZES } from '../../../analysis/charts/sizes.ts';
import { chartSpec } from '../../../analysis/charts/spec.ts';
import type { Chart } from '../../../scenarios/model.ts';
import type { TokenFlow, TokenNode } from '../../../scenarios/summary.ts';

const ROLES = ['steady', 'overdrawn', 'cheat'];
const AT = { panel: 'tokens.moved', facet: '' };

/** Flows of a run that add up: each role pays each, by cheques that are paid or bounce, and spends some. */
const flows: fc.Arbitrary<TokenFlow[]> = fc
  .array(
    fc.record({
      of: fc.constantFrom(...ROLES),
      to: fc.constantFrom(...ROLES),
      stage: fc.constantFrom('cashed' as const, 'bounced' as const),
      units: fc.integer({ min: 1, max: 1_000_000 }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .chain((payments) =>
    fc.array(fc.integer({ min: 0, max: 2_000_000 }), { minLength: 3, maxLength: 3 }).map((fees) => {
      const found: TokenFlow[] = [];
      const add = (from: TokenNode, to: TokenNode, of: string, units: number): void => {
        if (units > 0) found.push({ from, to, of, units });
      };
      for (const { of, to, stage, units } of payments) {
        add({ stage: 'deposited', role: of }, { stage, role: '' }, of, units);
        add({ stage, role: '' }, { stage: 'wallets', role: to }, of, units);
      }
      ROLES.forEach((role, i) => {
        const wallet: TokenNode = { stage: 'wallets', role };
        const inside = payments
          .filter(({ to }) => to === role)
          .reduce((s, { units }) => s + units, 0);
        add({ stage: 'at first', role }, { stage: 'deposited', role }, role, 9_000_000);
        add({ stage: 'at first', role }, wallet, role, 5_000_000);
        add(wallet, { stage: 'spent', role: '' }, role, fees[i]!);
        add(wallet, { stage: 'kept', role: '' }, role, 5_000_000 + inside - fees[i]!);
      });
      return found;
    }),
  );

describe('a Sankey', () => {
  it('adds up at every node when what lies still is left out', () => {
    fc.assert(
      fc.property(fc.array(flows, { minLength: 1, maxLength: 3 }), (runs) => {
        const rows = flowRows(runs, ROLES, AT);
        expect(imbalance(rows)).toBeLessThan(1e-3);
        expect(balanceSentence({ rows })).toContain('as much');
        // Nothing that was paid is lost on the way.
        const paid = runs.flat().filter(({ from }) => from.stage === 'cashed');
        const shown = rows.filter(({ xText }) => xText === 'cashed');
        const total = paid.reduce((s, { units }) => s + units, 0) / runs.length;
        expect(shown.reduce((s, { y }) => s + y, 0)).toBeCloseTo(total, 3);
      }),
    );
  });

  it('says so when it does not add up', () => {
    const wrong: TokenFlow[] = [
      {
        from: { stage: 'deposited', role: 'steady' },
        to: { stage: 'cashed', role: '' },
        of: 'steady',
        units: 10,
      },
      {
        from: { stage: 'cashed', role: '' },
        to: { stage: 'wallets', role: 'cheat' },
        of: 'steady',
        units: 9,
      },
    ];
    const rows = flowRows([wrong], ROLES, AT);
    expect(imbalance(rows)).toBe(1);
    expect(balanceSentence({ rows })).toContain('do not add up');
  });

  it('begins wallets with what they had only where they have spent more than they were paid', () => {
    const wallet: TokenNode = { stage: 'wallets', role: 'steady' };
    const of = 'steady';
    const spent: TokenFlow = { from: wallet, to: { stage: 'spent', role: '' }, of, units: 5 };
    const paid = (units: number): TokenFlow => ({
      from: { stage: 'cashed', role: '' },
      to: wallet,
      of,
      units,
    });
    expect(moving([paid(3), spent])).toContainEqual({
      from: { stage: 'at first', role: of },
      to: wallet,
      of,
      units: 2,
    });
    expect(moving([paid(7), spent])).toContainEqual({
      from: wallet,
      to: { stage: 'kept', role: '' },
      of,
      units: 2,
    });
    expect(moving([paid(5), spent]).length).toBe(2);
  });

  it('has ribbons that fill their nodes, which stand apart and fit the height', () => {
    fc.assert(
      fc.property(flows, (run) => {
        const gap = 0.05;
        const rows = flowRows([run], ROLES, AT);
        const { boxes, ribbons } = layOutSankey(rows, ROLES, gap);
        for (const box of boxes) {
          expect(box.bottom).toBeLessThanOrEqual(1 + 1e-9);
          const below = boxes.find((b) => b.column === box.column && b.top > box.top);
          if (below !== undefined) expect(below.top).toBeGreaterThan(box.bottom + gap - 1e-9);
          const out = ribbons.filter(
            ({ from }) =>
              from.column === box.column && from.top >= box.top - 1e-9 && from.top < box.bottom,
          );
          const width = out.reduce((s, r) => s + r.width, 0);
          if (out.length > 0) expect(width).toBeCloseTo(box.bottom - box.top, 6);
        }
        // One scale: areas can be compared.
        const [box] = boxes;
        const scale = (box!.bottom - box!.top) / box!.amount;
        for (const { top, bottom, amount } of boxes)
          expect((bottom - top) / amount).toBeCloseTo(scale, 12);
      }),
    );
  });

  it('is drawn with every node named', async () => {
    const [run] = fc.sample(flows, { numRuns: 1, seed: 7 });
    const rows = flowRows([run!], ROLES, AT);
    const chart: Chart = { title: 'Flow', mark: 'sankey', y: [], of: { metric: 'tokens.moved' } };
    const data = {
      rows,
      xUnit: 'MFT',
      xIsWord: false,
      panels: [{ name: 'tokens.moved', unit: 'MFT' }],
      colours: ROLES,
      facets: [''],
      shades: [],
    };
    for (const size of Object.values(SIZES)) {
      const svg = await toSvg(chartSpec(chart, data, size));
      for (const { label } of layOutSankey(rows, ROLES, 0.1).boxes) expect(svg).toContain(label);
      expect(svg).toContain('amounts in MFT');
    }
  });
});

describe('a scatter', () => {
  const pairs = {
    count: 1000,
    held: 950,
    x: [1, 2, 3, 4],
    low: [0, 3, 3, 0],
    high: [2, 4, 3, 3],
    y: [2, 2, 3, 9],
  };

  it('tells dots whose interval held from the others, both ends included', () => {
    const rows = scatterRows([pairs], AT);
    expect(rows.map(({ colour }) => colour)).toEqual([
      'within its interval',
      'outside it',
      'within its interval',
      'outside it',
    ]);
  });

  it('says how many held of all, not of those that are drawn', () => {
    expect(coverageSentence([pairs, { ...pairs, held: 850 }])).toContain(
      'Of 2,000 intervals of 95% 90.0%',
    );
    expect(coverageSentence([])).toBe('');
  });

  it('draws no more dots than can be told apart', () => {
    const many = Array.from({ length: 1000 }, (_, i) => i + 1);
    const big = { count: 1000, held: 1, x: many, low: many, high: many, y: many };
    const rows = scatterRows([big, big, big], AT);
    expect(rows.length).toBeLessThanOrEqual(1200);
    expect(rows.length).toBeGreaterThan(900);
  });
});
