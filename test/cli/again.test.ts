/** The line that makes the same thing again really says everything that made it. */
import { describe, expect, it } from 'vitest';
import { commandOf } from '../../cli/again.ts';

describe('the command that makes a run again', () => {
  it('names the seed, the settings and what is recorded, in words a shell takes', () => {
    const args = {
      scenario: 'first-contact',
      set: ['loss=5 %'],
      small: true,
      seed: 3,
      record: 'all',
    };
    expect(commandOf('run', args)).toBe(
      "mainframe run first-contact --seed 3 --small --set 'loss=5 %' --record all",
    );
  });

  it('names real sockets, and leaves out the simulator, which needs no word', () => {
    const args = { scenario: 'first-contact', set: [], small: false, seed: 1 };
    expect(commandOf('run', { ...args, transport: 'udp' })).toBe(
      'mainframe run first-contact --seed 1 --transport udp',
    );
    expect(commandOf('run', { ...args, transport: 'simulated' })).toBe(
      'mainframe run first-contact --seed 1',
    );
  });
});
