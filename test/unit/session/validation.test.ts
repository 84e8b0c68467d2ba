import { expect, it } from 'vitest';
import { sessionCases } from '../../../scenarios/validation/session-cases.ts';

it('validation case S1 has no failing row', { timeout: 60_000 }, () => {
  const rows = sessionCases[0]!.run({ dataFolder: undefined, vectorsFolder: undefined });
  // Packets at four losses, times at the three where their variance exists.
  expect(rows.length).toBe(7);
  for (const row of rows) {
    expect(row.id).toBe('S1');
    expect(`${row.case} ${JSON.stringify(row.params)}: ${row.verdict}`).toContain('pass');
    expect(row.measured).toBeGreaterThanOrEqual(row.ci95[0]);
  }
});
