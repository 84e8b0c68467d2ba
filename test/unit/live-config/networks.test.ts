/** Networks by name are files; what is wrong in one is said with its place. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import {
  forgetNetwork,
  networkFile,
  networkNames,
  readNetwork,
  writeNetwork,
} from '../../../live/config/networks.ts';
import { cardText, newIdentity, recordOf } from '../../../live/node/identity.ts';
import type { NodeFacts } from '../../../live/node/facts.ts';

const suite = createSuite('native');
const home = mkdtempSync(join(tmpdir(), 'mainframe-networks-'));
vi.stubEnv('MAINFRAME_HOME', home);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true, force: true });
});

function cardFor(networkId: bigint): string {
  const identity = newIdentity(suite, new Uint8Array(32).fill(5), networkId);
  const facts = { networkId: String(networkId), sequence: 1 } as NodeFacts;
  return cardText(recordOf(suite, identity, facts, undefined));
}
const card = cardFor(77n);

function file(text: string): void {
  mkdirSync(dirname(networkFile('play')), { recursive: true });
  writeFileSync(networkFile('play'), text);
}

describe('a network', () => {
  beforeEach(() => {
    rmSync(join(home, 'config'), { recursive: true, force: true });
  });

  it('is read as it was written, listed, and forgotten', () => {
    expect(networkNames()).toEqual([]);
    writeNetwork('play', 'For tests.', { id: '77', bootstrap: [card] });
    expect(readNetwork(suite, 'play')).toEqual({ id: '77', bootstrap: [card] });
    expect(networkNames()).toEqual(['play']);
    forgetNetwork('play');
    expect(networkNames()).toEqual([]);
  });

  it('that nobody has told of is none, and the sentence says where it would be', () => {
    expect(() => readNetwork(suite, 'play')).toThrow(
      `No network "play" is known. None is. A network is a file`,
    );
    expect(() => readNetwork(suite, 'play')).toThrow(networkFile('play'));
    writeNetwork('other', '', { id: '1', bootstrap: [card] });
    expect(() => readNetwork(suite, 'play')).toThrow('There are: other.');
    expect(() => readNetwork(suite, '../other')).toThrow('No network');
  });

  it.each([
    ['id: 77\nbootstrap: [hello]\n', '2:13: that is no contact card'],
    [`id: 78\nbootstrap:\n  - ${card}\n`, '3:5: that card is for network 77, not 78'],
    [`id: abc\nbootstrap: [${card}]\n`, '1:5: id expected a number below 2^64'],
    [`id: 18446744073709551616\nbootstrap: [${card}]\n`, '1:5: id expected a number below 2^64'],
    ['id: 77\nbootstrap: []\n', '2:12: bootstrap no card is in it'],
    ['id: 77\nbootstrap: x\n', '2:12: bootstrap expected a list of contact cards'],
    ['id: 77\nid: 78\n', '2:1: Map keys must be unique'],
    [`bootstrap: [${card}]\n`, '1:1: id expected a number below 2^64'],
    ['- 77\n', '1:1: '],
  ])('with a mistake says where: %j', (text, sentence) => {
    file(text);
    expect(() => readNetwork(suite, 'play')).toThrow(`${networkFile('play')}:${sentence}`);
  });
});
