/** Groups against a model that knows no cryptography, under loss, repetition, reordering, commits that cross, restarts and theft. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import type { SuiteName } from '../../../protocols/crypto/port.ts';
import { World } from './model.ts';
import { NOTHING } from './people.ts';

const ACTIONS = [
  'update',
  'add',
  'add',
  'remove',
  'say',
  'say',
  'say',
  'leave',
  'lose',
  'repeat',
  'deliver',
  'deliver',
  'deliver',
  'deliver',
  'restart',
  'settle',
] as const;

const steps = (length: number) =>
  fc.array(fc.record({ what: fc.constantFrom(...ACTIONS), a: fc.nat(999), b: fc.nat(999) }), {
    minLength: length / 2,
    maxLength: length,
  });

function play(
  world: World,
  { what, a, b }: { what: (typeof ACTIONS)[number]; a: number; b: number },
): void {
  const active = world.active();
  const seat = active[a % active.length];
  const other = world.people[b % world.people.length]!;
  if (what === 'lose' || what === 'repeat' || what === 'deliver') {
    // Whatever is delivered comes a few at a time, the others stay behind.
    for (let i = 0; i < 3; i++) world.travel(a + i * b, what);
    return;
  }
  if (what === 'settle') return world.settle();
  if (seat === undefined) return;
  if (what === 'update') world.commit(seat, NOTHING);
  else if (what === 'add') world.add(seat, other);
  else if (what === 'remove') world.remove(seat, other);
  else if (what === 'restart') world.restart(seat);
  else if (what === 'say') world.say(seat);
  else world.leave(seat);
}

function playAll(
  name: SuiteName,
  people: number,
  length: number,
  numRuns: number,
): World['counts'][] {
  const all: World['counts'][] = [];
  fc.assert(
    fc.property(fc.nat(people - 1), steps(length), fc.nat(999), (start, moves, robbed) => {
      const world = new World(createSuite(name), people);
      for (const who of world.people.slice(1, 1 + start)) world.add(world.seats[0]!, who);
      world.settle();
      for (const move of moves) play(world, move);
      world.settle();
      const active = world.active();
      if (active.length > 0) world.rob(active[robbed % active.length]!);
      all.push(world.counts);
    }),
    { numRuns },
  );
  return all;
}

describe('a group', () => {
  it('does what the model says, among twelve people', () => {
    const all = playAll('modelled', 12, 60, 30);
    const sum = (key: keyof World['counts']): number => all.reduce((n, one) => n + one[key], 0);
    // All that the test is about has happened, and often.
    for (const key of [
      'commits',
      'forks',
      'heard',
      'unread',
      'joined',
      'undone',
      'removed',
    ] as const)
      expect(sum(key), key).toBeGreaterThan(20);
  });

  it.each(['native', 'noble'] as const)('does so with the suite %s', (name) => {
    playAll(name, 5, 24, name === 'native' ? 6 : 2);
  });
});
