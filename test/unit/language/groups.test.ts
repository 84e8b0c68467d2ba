/** `services.groups` and the traffic in groups: what is read, and what is refused where. */
import { describe, expect, it } from 'vitest';
import { load, problemsOf, resolved } from './support.ts';
import { toYaml } from '../../../scenarios/language/yaml.ts';

const GROUPS = `world: { nodes: 100 }
services: { groups: { count: 3, members: 10, mode: dark, luminosity: 4 bits } }
`;
const WORDS = '  - { from: members, to: group, every: 20 s, size: 500 B }';

describe('groups in a scenario', () => {
  it('are read, and written so that reading them again gives the same', () => {
    const scenario = resolved(`${GROUPS}traffic:\n${WORDS}\n  - { leave: 10 min, join: 1 min }`);
    expect(scenario.services.groups).toEqual({
      count: 3,
      members: 10,
      mode: 'dark',
      luminosityBits: 4,
      rekeyOn: ['join', 'leave'],
      words: [{ every: { law: 'constant', valueUs: 20e6 }, sizeBytes: 500 }],
      stay: { law: 'constant', valueUs: 600e6 },
      away: { law: 'constant', valueUs: 60e6 },
    });
    expect(scenario.traffic).toEqual([]);
    const again = load(toYaml(scenario).replace(/^scenario: test\n/, '')).resolve({});
    expect(again.ok && again.scenario.services.groups).toEqual(scenario.services.groups);
  });

  it.each([
    ['traffic without groups', `traffic:\n${WORDS}`, 'MF-0104', 3],
    ['more people than nodes', `${GROUPS.replace('10,', '40,')}traffic:\n${WORDS}`, 'MF-0131', 3],
    ['words too long', `${GROUPS}traffic:\n${WORDS.replace('500', '1000')}`, 'MF-0133', 5],
    [
      'members who write to others',
      `${GROUPS}traffic:\n${WORDS.replace('group', 'anyone')}`,
      'MF-0121',
      5,
    ],
    [
      'words without a law',
      `${GROUPS}traffic:\n${WORDS.replace('every: 20 s, ', '')}`,
      'MF-0104',
      5,
    ],
    [
      'a luminosity in the wrong place',
      `${GROUPS}traffic:\n${WORDS.replace('size', 'luminosity: 4 bits, size')}`,
      'MF-0112',
      5,
    ],
    [
      'coming back without leaving',
      `${GROUPS}traffic:\n${WORDS}\n  - { join: 1 min }`,
      'MF-0104',
      6,
    ],
    ['a mode that is none', `${GROUPS.replace('dark', 'dork')}traffic:\n${WORDS}`, 'MF-0106', 3],
  ])('refuses %s', (_name, text, code, line) => {
    const [problem, ...others] = problemsOf(text);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ code, line });
  });
});
