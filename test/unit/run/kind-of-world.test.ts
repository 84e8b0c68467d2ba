/** What readers are told of a coarser world before its numbers. */
import { expect, it } from 'vitest';
import { kindOfWorld } from '../../../scenarios/run/kind-of-world.ts';
import { scenarioOf } from '../../support/scenario.ts';

it.each([
  [{ detail: 'flows' as const }, /^A world of flows: .* no packets/],
  [{ detail: 'packets' as const }, undefined],
])('results of a world with %o begin with what it leaves out', (world, begins) => {
  const scenario = scenarioOf(
    'scenario: one\nworld: { nodes: 4, duration: 2 d }\ntraffic: [{ volume: 1 MiB per day }]\n',
    { set: { 'world.detail': 'flows' } },
  );
  const kind = kindOfWorld({ world: { ...scenario.world, ...world } });
  if (begins === undefined) expect(kind).toBeUndefined();
  else expect(kind).toMatch(begins);
});
