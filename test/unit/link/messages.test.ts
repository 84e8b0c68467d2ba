/** Reliable messages through whole links: encrypted, across new keys, restarts and moves. */
import { describe, expect, it } from 'vitest';
import { LINK_MESSAGES_DROPPED, LINK_OPENED, LINK_RESENT } from '../../../protocols/link/events.ts';
import { DATA_SIZE_CLASSES_BYTES, TYPE_DATA } from '../../../protocols/link/wire.ts';
import { message } from './flow-pair.ts';
import { Net, type Member } from './net.ts';

const S = 1_000_000;

function two(seed: string, options = {}, suite: 'modelled' | 'native' = 'modelled') {
  const net = new Net(seed, suite);
  return { net, a: net.add(options), b: net.add(options) };
}

const counted = (member: Member, event: number): number =>
  member.events.filter((e) => e.event === event).length;

describe('a message of 64 KiB', () => {
  it.each(['modelled', 'native'] as const)(
    'is taken before there are keys and arrives whole, encrypted and in datagrams of the size classes (%s)',
    (suite) => {
      const { net, a, b } = two('whole', {}, suite);
      const bytes = message(65_536, 1);
      expect(a.send(b, 1, bytes)).toBe(true);
      net.run(5 * S);
      expect(b.messages).toEqual([{ peer: b.handleOf(a), stream: 1, bytes }]);
      const data = net.sent.filter((d) => d.bytes[0] === TYPE_DATA);
      for (const { bytes: sealed } of data)
        expect(DATA_SIZE_CLASSES_BYTES).toContain(sealed.length);
      expect(counted(a, LINK_RESENT)).toBe(0);
    },
  );

  it('and many more arrive though a fifth of the datagrams is lost and the keys are replaced on the way', () => {
    const { net, a, b } = two('rekey', { rekeyAfterDatagrams: 60 });
    const random = net.streams.stream('loss');
    net.fate = (d) => (random.below(100) < 20 ? [] : [d]);
    for (let i = 0; i < 3; i++) expect(a.send(b, 1, message(65_536, i))).toBe(true);
    net.run(25 * S);
    expect(b.messages.map((m) => m.bytes)).toEqual([0, 1, 2].map((i) => message(65_536, i)));
    expect(counted(a, LINK_OPENED)).toBeGreaterThan(2);
    expect(counted(a, LINK_RESENT)).toBeGreaterThan(10);
  });
});

describe('messages', () => {
  it('go on after either side has been started anew', () => {
    const { net, a, b } = two('restart');
    for (let i = 0; i < 4; i++) a.send(b, 1, message(60_000, i));
    net.run(200_000);
    b.link.start();
    net.run(20 * S);
    const seen = new Set(b.messages.map((m) => m.bytes[0]));
    expect(seen).toEqual(new Set([0, 1, 2, 3].map((i) => message(1, i)[0])));
    b.messages.length = 0;
    a.link.start();
    for (let i = 4; i < 6; i++) a.send(b, 1, message(60_000, i));
    net.run(20 * S);
    expect(b.messages.map((m) => m.bytes)).toEqual([4, 5].map((i) => message(60_000, i)));
  });

  it('are reported as lost when the peer cannot be called', () => {
    const { net, a, b } = two('silent');
    b.up = false;
    a.send(b, 1, message(100, 1));
    net.run(60 * S);
    expect(a.events.filter((e) => e.event === LINK_MESSAGES_DROPPED)).toMatchObject([{ b: 1 }]);
  });

  it('are refused beyond the buffer, and taken again when it has emptied', () => {
    const { net, a, b } = two('pressure');
    let taken = 0;
    while (a.send(b, 1, message(60_000, taken))) taken++;
    expect(taken).toBe(4);
    net.run(10 * S);
    expect(a.writable).toEqual([a.handleOf(b)]);
    expect(b.messages).toHaveLength(4);
    expect(a.send(b, 1, message(60_000, 9))).toBe(true);
  });

  it('keep a link from being forgotten while they are on their way', () => {
    const { net, a, b } = two('idle', { idleUs: 2 * S, keepaliveUs: 0 });
    a.say(b, 'hello');
    net.run(S);
    net.fate = () => [];
    a.send(b, 1, message(10, 1));
    net.run(1.5 * S);
    net.fate = (d) => [d];
    net.run(5 * S);
    expect(b.messages).toHaveLength(1);
  });

  it('disturb no datagram: both go the same way', () => {
    const { net, a, b } = two('both');
    a.send(b, 1, message(20_000, 1));
    a.say(b, 'hello');
    net.run(S);
    expect(b.texts()).toEqual(['hello']);
    expect(b.messages).toHaveLength(1);
  });
});
