import { expect, it } from 'vitest';
import { overlayCases } from '../../../scenarios/validation/overlay-cases.ts';
import { dataFolder, vectorsFolder } from '../../support/vectors.ts';

const context = { dataFolder: dataFolder(), vectorsFolder: vectorsFolder() };

// O1 takes ten seconds of walking and is left to the validation command.
it.each(['O2', 'O3', 'O5', 'O6'])('validation case %s has no failing row', (id) => {
  const rows = overlayCases.find((c) => c.id === id)!.run(context);
  expect(rows.length).toBeGreaterThan(0);
  for (const row of rows) {
    expect(row.id).toBe(id);
    expect(`${row.case} ${JSON.stringify(row.params)}: ${row.verdict}`).not.toContain('fail');
    if (row.verdict === 'pass') expect(Number.isFinite(row.measured)).toBe(true);
  }
});

it('without the folders, the cases that need them are skipped and say so', () => {
  const absent = { dataFolder: undefined, vectorsFolder: undefined };
  const rows = overlayCases.find((c) => c.id === 'O5')!.run(absent);
  expect(rows.map((row) => [row.verdict, row.note])).toEqual([
    ['skipped', 'the folder of known answers is absent'],
  ]);
});
