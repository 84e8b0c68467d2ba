import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseSessionTrace,
  sessionsByLaw,
  sessionsByTrace,
  type SessionChange,
  type SessionLaws,
} from '../../../sim/churn/sessions.ts';
import { meanUs } from '../../../sim/random/laws.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';

const streams = new StreamFactory('sessions.test');
const HOUR = 3_600_000_000;
const weibull = (scaleUs: number) => ({ law: 'weibull' as const, scaleUs, shape: 0.5 });
const exponential = (mean: number) => ({ law: 'exponential' as const, meanUs: mean });

function changesOf(laws: SessionLaws, node: number, untilUs: number): SessionChange[] {
  return [...sessionsByLaw(laws, streams.stream(`node/${node}`), untilUs)];
}

function onlineAt(changes: readonly SessionChange[], atUs: number): boolean {
  return changes.findLast((change) => change.atUs <= atUs)!.online;
}

describe('sessions by law', () => {
  it.each<[string, SessionLaws]>([
    ['exponential', { online: exponential(HOUR), offline: exponential(3 * HOUR) }],
    [
      'lognormal',
      {
        online: { law: 'lognormal', medianUs: 40 * 60e6, p99Us: 6 * HOUR },
        offline: { law: 'lognormal', medianUs: 5 * HOUR, p99Us: 48 * HOUR },
      },
    ],
    ['heavy-tailed Weibull', { online: weibull(HOUR), offline: weibull(HOUR / 2) }],
    ['constant', { online: { law: 'constant', valueUs: HOUR }, offline: exponential(HOUR) }],
  ])('%s: the share online is steady from the first instant', (_name, laws) => {
    const nodes = 4_000;
    const up = meanUs(laws.online!);
    const share = up / (up + meanUs(laws.offline!));
    const times = [0, 0.1, 0.5, 1, 3].map((periods) => Math.floor(periods * up));
    const online = times.map(() => 0);
    for (let node = 0; node < nodes; node++) {
      const changes = changesOf(laws, node, 4 * up);
      times.forEach((at, i) => {
        if (onlineAt(changes, at)) online[i]!++;
      });
    }
    const error = Math.sqrt((share * (1 - share)) / nodes);
    for (const count of online) expect(Math.abs(count / nodes - share)).toBeLessThan(3 * error);
  });

  it('begin at 0, alternate, and run forward', () => {
    const laws = { online: exponential(HOUR), offline: weibull(HOUR) };
    for (let node = 0; node < 50; node++) {
      const changes = changesOf(laws, node, 100 * HOUR);
      expect(changes[0]!.atUs).toBe(0);
      for (let i = 1; i < changes.length; i++) {
        expect(changes[i]!.online).toBe(!changes[i - 1]!.online);
        expect(changes[i]!.atUs).toBeGreaterThan(changes[i - 1]!.atUs);
        expect(Number.isSafeInteger(changes[i]!.atUs)).toBe(true);
      }
    }
  });

  it('hold sessions of the mean of their law once they have begun', () => {
    const lengths: number[] = [];
    for (let node = 0; node < 200; node++) {
      const changes = changesOf(
        { online: exponential(HOUR), offline: exponential(HOUR) },
        node,
        100 * HOUR,
      );
      // Complete sessions only, and none of the last: a session cut off by the end is likely a long one.
      for (let i = 1; i + 1 < Math.min(changes.length, 40); i++)
        if (changes[i]!.online) lengths.push(changes[i + 1]!.atUs - changes[i]!.atUs);
    }
    const mean = lengths.reduce((a, b) => a + b, 0) / lengths.length;
    expect(Math.abs(mean / HOUR - 1)).toBeLessThan(3 / Math.sqrt(lengths.length));
  });

  it('end once with one law only: the other state is for ever', () => {
    for (let node = 0; node < 20; node++) {
      const mayfly = changesOf({ online: exponential(HOUR) }, node, 1_000 * HOUR);
      expect(mayfly.map((c) => c.online)).toEqual([true, false]);
      const newcomer = changesOf({ offline: exponential(HOUR) }, node, 1_000 * HOUR);
      expect(newcomer.map((c) => c.online)).toEqual([false, true]);
    }
    expect(changesOf({}, 0, HOUR)).toEqual([{ atUs: 0, online: true }]);
  });
});

describe('a session trace', () => {
  const text = 'node,start_s,end_s\n# two nodes\n1,5,8.5\n0,0,10\n\n0,20,30\r\n';

  it('is read in any order, with a heading and comments', () => {
    const { sessions, problems } = parseSessionTrace(text);
    expect(problems).toEqual([]);
    expect(sessions).toEqual([
      [
        [0, 10_000_000],
        [20_000_000, 30_000_000],
      ],
      [[5_000_000, 8_500_000]],
    ]);
  });

  it('becomes changes, from the state at 0 on', () => {
    const trace = parseSessionTrace(text);
    const plain = (ordinal: number, untilUs: number) =>
      [...sessionsByTrace(trace, ordinal, untilUs)].map((c) => [c.atUs / 1e6, c.online]);
    expect(plain(0, 25e6)).toEqual([
      [0, true],
      [10, false],
      [20, true],
    ]);
    expect(plain(1, 25e6)).toEqual([
      [0, false],
      [5, true],
      [8.5, false],
    ]);
    // A third node of the role follows the first line of the trace again.
    expect(plain(2, 25e6)).toEqual(plain(0, 25e6));
  });

  it('joins sessions that touch', () => {
    const trace = parseSessionTrace('0,1,2\n0,2,3');
    expect([...sessionsByTrace(trace, 0, 10e6)].map((c) => c.atUs / 1e6)).toEqual([0, 1, 3]);
  });

  it('knows a node without sessions: it is never online', () => {
    const trace = parseSessionTrace('2,0,1');
    expect([...sessionsByTrace(trace, 0, 10e6)]).toEqual([{ atUs: 0, online: false }]);
    expect([...sessionsByTrace(parseSessionTrace(''), 0, 10e6)]).toEqual([
      { atUs: 0, online: false },
    ]);
  });

  it('reports every mistake at its line', () => {
    const { problems } = parseSessionTrace(
      ['0,0,10', 'x,1,2', '0,5', '1,9,3', '0,5,20', '-1,0,1', '1e12,0,1', '0,,1', '3,-1,4'].join(
        '\n',
      ),
    );
    expect(problems.map((p) => `${p.line}: ${p.message}`)).toEqual([
      '2: expected "node,start_s,end_s", got "x,1,2"',
      '3: expected "node,start_s,end_s", got "0,5"',
      '4: a session from 9 s to 3 s does not run forward from 0',
      '5: node 0 is online at 5 s already, by line 1',
      '6: node -1 is not a whole number below 1000000',
      '7: node 1000000000000 is not a whole number below 1000000',
      '8: expected "node,start_s,end_s", got "0,,1"',
      '9: a session from -1 s to 4 s does not run forward from 0',
    ]);
  });

  it('alternates whatever the text', () => {
    const line = fc.tuple(fc.nat(2), fc.nat(50), fc.nat(50)).map((f) => f.join(','));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(line, fc.string()), { maxLength: 30 }),
        fc.nat(3),
        (lines, n) => {
          const changes = [...sessionsByTrace(parseSessionTrace(lines.join('\n')), n, 40e6)];
          return changes.every(
            (c, i) =>
              i === 0 ||
              (c.online !== changes[i - 1]!.online &&
                c.atUs > changes[i - 1]!.atUs &&
                c.atUs < 40e6),
          );
        },
      ),
    );
  });
});
