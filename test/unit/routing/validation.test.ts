import { expect, it } from 'vitest';
import { routingCases } from '../../../scenarios/validation/routing-cases.ts';

const context = { dataFolder: undefined, vectorsFolder: undefined };

// R2 and R3 flood worlds of 4,096 nodes for a quarter of a minute each and are left to the validation command.
it.each(['R1', 'R4'])('validation case %s has no failing row', (id) => {
  const rows = routingCases.find((c) => c.id === id)!.run(context);
  expect(rows.length).toBeGreaterThan(3);
  for (const row of rows) {
    expect(row.id).toBe(id);
    expect(`${row.case} ${JSON.stringify(row.params)}: ${row.verdict}`).toContain('pass');
    expect(Number.isFinite(row.measured)).toBe(true);
    expect(row.measured).toBeGreaterThanOrEqual(row.ci95[0]);
    expect(row.measured).toBeLessThanOrEqual(row.ci95[1]);
  }
});

it('there is one case for each row of the table', () => {
  expect(routingCases.map((c) => c.id)).toEqual(['R1', 'R2', 'R3', 'R4']);
});
