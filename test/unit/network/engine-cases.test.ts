import { describe, expect, it } from 'vitest';
import { engineCases } from '../../../scenarios/validation/engine-cases.ts';

const nowhere = { dataFolder: undefined, vectorsFolder: undefined };

describe.each(engineCases)('$id: $title', (validation) => {
  it('comes out as its source says', () => {
    const rows = validation.run(nowhere);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      expect(row.id).toBe(validation.id);
      expect(row.measured).toBeGreaterThanOrEqual(row.ci95[0]);
      expect(row.measured).toBeLessThanOrEqual(row.ci95[1]);
    }
    expect(rows.filter((row) => row.verdict !== 'pass')).toEqual([]);
  });
});
