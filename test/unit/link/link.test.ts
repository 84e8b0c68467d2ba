/** The link between two nodes over a network that misbehaves in every way it can. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CLOSED_BY_PEER,
  CLOSED_IDLE,
  FAILED_OTHER_PEER,
  FAILED_SILENT,
  FAILED_VERSION,
  LINK_CLOSED,
  LINK_FAILED,
  LINK_MIGRATED,
  LINK_OPENED,
} from '../../../protocols/link/events.ts';
import {
  DATA_SIZE_CLASSES_BYTES,
  HANDSHAKE_BYTES,
  PATTERN_IK,
  TYPE_COOKIE,
  TYPE_DATA,
  TYPE_FINISH,
  TYPE_INITIATE,
} from '../../../protocols/link/wire.ts';
import { Net, type Datagram, type Member } from './net.ts';

const S = 1_000_000;

function two(seed: string, options = {}): { net: Net; a: Member; b: Member } {
  const net = new Net(seed);
  return { net, a: net.add(options), b: net.add(options) };
}

const ofType = (net: Net, type: number): Datagram[] => net.sent.filter((d) => d.bytes[0] === type);
const opened = (member: Member): number =>
  member.events.filter((e) => e.event === LINK_OPENED).length;

describe('a first word', () => {
  it.each(['noble', 'native', 'modelled'] as const)(
    'calls, introduces and arrives, and so does the answer (%s)',
    (suite) => {
      const net = new Net('first', suite);
      const [a, b] = [net.add(), net.add()];
      a.say(b, 'hello');
      a.say(b, 'again');
      net.run(S);
      expect(b.texts()).toEqual(['hello', 'again']);
      // Whoever it came from is known by the address that it has proved.
      expect(b.got[0]!.peer).toBe(b.handleOf(a));
      b.say(a, 'hello yourself');
      net.run(S);
      expect(a.texts()).toEqual(['hello yourself']);
      expect(opened(a)).toBe(1);
      expect(opened(b)).toBe(1);
    },
  );

  it('looks like any other of its size, and says nothing in clear', () => {
    // Real cryptography: the modelled suite has the sizes but hides nothing.
    const net = new Net('sizes', 'native');
    const [a, b] = [net.add(), net.add()];
    for (let i = 0; i < 30; i++) a.say(b, 'x'.repeat(i * 40));
    net.run(5 * S);
    a.say(b, 'secret word');
    net.run(S);
    const sizes = new Set([HANDSHAKE_BYTES, ...DATA_SIZE_CLASSES_BYTES]);
    expect(net.sent.every((d) => sizes.has(d.bytes.length))).toBe(true);
    const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');
    const said = net.sent.map((d) => hex(d.bytes)).join('');
    expect(said).not.toContain('secret word');
    for (const member of [a, b])
      expect(said).not.toContain(
        hex(member.link.about(member === a ? a.handleOf(b) : b.handleOf(a))!.publicKey!),
      );
  });

  it('never makes a stranger send more than it got', () => {
    const { net, a, b } = two('amplify');
    // Nothing of what b answers reaches a, so b never learns that a is where it says.
    net.fate = (d) => (d.from === b.machine ? [] : [d]);
    a.say(b, 'hello');
    net.run(60 * S);
    const bytes = (from: Member): number =>
      net.sent.filter((d) => d.from === from.machine).reduce((sum, d) => sum + d.bytes.length, 0);
    expect(bytes(b)).toBeGreaterThan(0);
    expect(bytes(b)).toBeLessThanOrEqual(bytes(a));
    expect(a.events).toContainEqual({ event: LINK_FAILED, a: a.handleOf(b), b: FAILED_SILENT });
    expect(b.texts()).toEqual([]);
  });

  it('gets through a network that loses a third of everything, once each', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { net, a, b } = two(`loss/${seed}`, { attempts: 8 });
      const random = net.streams.stream('loss');
      net.fate = (d) => (random.below(3) === 0 ? [] : random.below(4) === 0 ? [d, d] : [d]);
      a.say(b, 'first');
      net.run(60 * S);
      for (let i = 0; i < 20; i++) {
        a.say(b, `a${i}`);
        b.say(a, `b${i}`);
        net.run(S);
      }
      for (const member of [a, b]) {
        expect(member.got.length).toBeGreaterThan(6);
        expect(new Set(member.texts()).size).toBe(member.got.length);
      }
    }
  });

  it('arrives even if it overtakes the last of the handshake', () => {
    const { net, a, b } = two('overtake');
    net.fate = (d) => {
      if (d.bytes[0] !== TYPE_FINISH) return [d];
      net.at(net.nowUs + 0.3 * S, () => {
        net.deliver(d);
      });
      return [];
    };
    for (let i = 0; i < 3; i++) a.say(b, `m${i}`);
    net.run(0.2 * S);
    expect(b.texts()).toEqual([]);
    net.run(0.3 * S);
    expect(b.texts()).toEqual(['m0', 'm1', 'm2']);
  });

  it('may be said by both at once', () => {
    for (let seed = 0; seed < 10; seed++) {
      const { net, a, b } = two(`cross/${seed}`);
      a.say(b, 'from a');
      b.say(a, 'from b');
      net.run(5 * S);
      expect(b.texts()).toEqual(['from a']);
      expect(a.texts()).toEqual(['from b']);
      // The crossing cost one call, not two conversations.
      expect(opened(a)).toBe(1);
      a.say(b, 'more');
      b.say(a, 'more');
      net.run(S);
      expect(b.texts()).toEqual(['from a', 'more']);
      expect(a.texts()).toEqual(['from b', 'more']);
    }
  });

  it('goes to nobody else than the peer that was called', () => {
    const net = new Net('poisoned');
    const [a, b, c] = [net.add(), net.add(), net.add()];
    // Somebody has told a that b lives at c's place.
    a.handleOf(b, c.machine);
    a.say(b, 'for b alone');
    net.run(10 * S);
    expect(c.texts()).toEqual([]);
    expect(b.texts()).toEqual([]);
    expect(a.events).toContainEqual({ event: LINK_FAILED, a: a.handleOf(b), b: FAILED_OTHER_PEER });
  });

  it('is answered with the versions that are spoken, if it is of another', () => {
    const { net, a, b } = two('version');
    net.fate = (d) => {
      if (d.bytes[0] !== TYPE_INITIATE) return [d];
      const bytes = d.bytes.slice();
      bytes[1] = 9;
      return [{ ...d, bytes }];
    };
    a.say(b, 'hello');
    net.run(0.2 * S);
    expect(net.sent.at(-1)!.bytes.slice(0, 3)).toEqual(Uint8Array.of(0x24, 1, 1));
    // It claims to speak ours, so it is no reason to give up; only versions that leave us out are.
    expect(a.events.some((e) => e.event === LINK_FAILED)).toBe(false);
    const reply = net.sent.at(-1)!;
    const bytes = reply.bytes.slice();
    bytes[1] = 2;
    bytes[2] = 3;
    net.deliver({ ...reply, bytes });
    net.run(0.2 * S);
    expect(a.events).toContainEqual({ event: LINK_FAILED, a: a.handleOf(b), b: FAILED_VERSION });
  });
});

describe('what was sent before', () => {
  it('changes nothing when it is sent again, to either side', () => {
    const { net, a, b } = two('replay', { keepaliveUs: 0, idleUs: 1_000 * S });
    a.say(b, 'one');
    net.run(S);
    b.say(a, 'two');
    net.run(30 * S);
    const recorded = [...net.sent];
    for (const d of recorded) {
      net.deliver(d);
      net.deliver({ from: d.to, to: d.from, bytes: d.bytes });
    }
    net.run(30 * S);
    expect(b.texts()).toEqual(['one']);
    expect(a.texts()).toEqual(['two']);
    a.say(b, 'three');
    b.say(a, 'four');
    net.run(S);
    expect(b.texts()).toEqual(['one', 'three']);
    expect(a.texts()).toEqual(['two', 'four']);
  });

  it('does not open when a bit of it has changed', () => {
    const { net, a, b } = two('flip');
    a.say(b, 'one');
    net.run(S);
    const random = net.streams.stream('flip');
    net.fate = (d) => {
      const forged = d.bytes.slice();
      const bit = random.below(forged.length * 8);
      forged[bit >>> 3]! ^= 1 << (bit & 7);
      return [
        { ...d, bytes: forged },
        { ...d, bytes: d.bytes.slice(0, random.below(d.bytes.length)) },
      ];
    };
    for (let i = 0; i < 200; i++) a.say(b, `forged ${i}`);
    net.run(S);
    expect(b.texts()).toEqual(['one']);
    net.fate = (d) => [d];
    a.say(b, 'two');
    net.run(S);
    expect(b.texts()).toEqual(['one', 'two']);
  });

  it('does not open for a third node, nor spliced into another conversation', () => {
    const net = new Net('splice');
    const [a, b, c] = [net.add(), net.add(), net.add()];
    a.say(b, 'one');
    c.say(b, 'uno');
    net.run(S);
    const before = b.got.length;
    const data = ofType(net, TYPE_DATA);
    for (const d of data)
      for (const e of data) {
        const bytes = d.bytes.slice();
        // The index of one conversation with the contents of another.
        bytes.set(e.bytes.subarray(1, 5), 1);
        net.deliver({ from: e.from, to: e.to, bytes });
        net.deliver({ from: e.from, to: c.machine, bytes });
      }
    net.run(S);
    expect(b.got.length).toBe(before);
    expect(c.got.length).toBe(0);
  });
});

describe('a peer that comes back', () => {
  it('is called with its key, in one round trip, when it is known', () => {
    const { net, a, b } = two('renew', { rekeyAfterUs: 10 * S, keepaliveUs: 0 });
    a.say(b, 'one');
    net.run(11 * S);
    a.say(b, 'two');
    net.run(S);
    a.say(b, 'three');
    net.run(S);
    expect(b.texts()).toEqual(['one', 'two', 'three']);
    const calls = ofType(net, TYPE_INITIATE);
    expect(calls.map((d) => d.bytes[2])).toEqual([0, PATTERN_IK]);
    expect(opened(a)).toBe(2);
    expect(opened(b)).toBe(2);
  });

  it('answers a call by key once: a recorded one gets nothing', () => {
    const { net, a, b } = two('recorded', { rekeyAfterUs: 10 * S, keepaliveUs: 0 });
    a.say(b, 'one');
    net.run(11 * S);
    a.say(b, 'two');
    net.run(S);
    const call = ofType(net, TYPE_INITIATE).at(-1)!;
    expect(call.bytes[2]).toBe(PATTERN_IK);
    const before = net.sent.length;
    for (let i = 0; i < 5; i++) net.deliver({ ...call, from: 800 + i });
    net.run(S);
    expect(net.sent.slice(before).filter((d) => d.from === b.machine)).toEqual([]);
  });

  it('gets new keys by count too, and nothing is lost while they change', () => {
    const { net, a, b } = two('count', { rekeyAfterDatagrams: 50 });
    const expected: string[] = [];
    for (let i = 0; i < 400; i++) {
      a.say(b, `m${i}`);
      expected.push(`m${i}`);
      net.run(0.005 * S);
    }
    net.run(S);
    expect(b.texts()).toEqual(expected);
    expect(opened(a)).toBeGreaterThan(4);
  });

  it('is called again from scratch after it has lost its memory', () => {
    const net = new Net('restart');
    const a = net.add({ keepaliveUs: 5 * S });
    const b = net.add({ keepaliveUs: 5 * S }, { seed: 'b' });
    a.say(b, 'one');
    net.run(S);
    b.up = false;
    const again = net.add({ keepaliveUs: 5 * S }, { seed: 'b', sequence: 2 });
    again.machine = b.machine;
    net.members.splice(net.members.indexOf(b), 1);
    net.run(2 * S);
    // What is sent under the lost keys is lost with them, but it brings a new call about at once.
    a.say(again, 'two');
    net.run(S);
    a.say(again, 'three');
    net.run(S);
    expect(again.texts()).toEqual(['three']);
    expect(opened(a)).toBe(2);
  });

  it('is not called again because a stranger says that its keys are unknown', () => {
    const { net, a, b } = two('hint');
    a.say(b, 'one');
    net.run(5 * S);
    const data = ofType(net, TYPE_DATA).find((d) => d.from === a.machine)!;
    const hint = new Uint8Array(8);
    hint.set([0x26, 1, 0, 0, ...data.bytes.slice(1, 5)]);
    net.deliver({ from: 55, to: a.machine, bytes: hint });
    net.run(S);
    expect(opened(a)).toBe(1);
    // From b's own endpoint it costs one call, and nothing is lost.
    for (let i = 0; i < 50; i++) net.deliver({ from: b.machine, to: a.machine, bytes: hint });
    net.run(S);
    a.say(b, 'two');
    net.run(S);
    expect(opened(a)).toBe(2);
    expect(b.texts()).toEqual(['one', 'two']);
  });

  it('is called as a stranger if it does not answer to its old key', () => {
    const net = new Net('rotated');
    const options = { rekeyAfterUs: 10 * S, keepaliveUs: 0, idleUs: 10_000 * S };
    const [a, b] = [net.add(options), net.add(options)];
    a.say(b, 'one');
    net.run(11 * S);
    // Calls by key are lost on the way, as if the key were no longer b's.
    net.fate = (d) => (d.bytes[0] === TYPE_INITIATE && d.bytes[2] === PATTERN_IK ? [] : [d]);
    a.say(b, 'two');
    net.run(60 * S);
    expect(opened(a)).toBe(2);
    a.say(b, 'three');
    net.run(S);
    expect(b.texts()).toEqual(['one', 'two', 'three']);
  });

  it('is followed to a new endpoint, once it has answered there', () => {
    const { net, a, b } = two('move');
    a.say(b, 'one');
    net.run(S);
    const handle = b.handleOf(a);
    a.machine = 900;
    a.say(b, 'two');
    net.run(S);
    expect(b.texts()).toEqual(['one', 'two']);
    expect(b.events).toContainEqual({ event: LINK_MIGRATED, a: handle, b: 0 });
    expect(b.link.about(handle)!.endpoint).toBe(900);
    b.say(a, 'still there');
    net.run(S);
    expect(a.texts()).toEqual(['still there']);
  });

  it('is looked for in few of the forgeries that come from elsewhere, and follows all the same', () => {
    const { net, a, b } = two('strays');
    a.say(b, 'one');
    net.run(S);
    a.say(b, 'two');
    net.run(S);
    const known = net.sent.findLast((d) => d.from === a.machine && d.bytes[0] === TYPE_DATA)!;
    const { suite } = net;
    let tried = 0;
    const { open } = suite;
    suite.open = (...sealed) => {
      tried++;
      return open(...sealed);
    };
    const flood = (from: number): void => {
      for (let i = 0; i < 500; i++) {
        const bytes = known.bytes.slice();
        // A number of its own each, beyond all that were used.
        bytes[11] = 1 + (i >>> 8);
        bytes[12] = i & 255;
        net.deliver({ from, to: b.machine, bytes });
      }
    };
    flood(777);
    a.say(b, 'three');
    net.run(0.1 * S);
    expect(b.texts()).toEqual(['one', 'two', 'three']);
    expect(tried).toBeLessThan(40);
    expect(tried).toBeGreaterThan(31);
    // From the peer's own endpoint everything is tried.
    tried = 0;
    flood(a.machine);
    net.run(0.1 * S);
    expect(tried).toBe(500);
    net.run(S);
    a.machine = 901;
    a.say(b, 'four');
    net.run(S);
    expect(b.texts()).toEqual(['one', 'two', 'three', 'four']);
    expect(b.link.about(b.handleOf(a))!.endpoint).toBe(901);
  });

  it('is not followed to where somebody else has passed on its answer from', () => {
    const { net, a, b } = two('relayed');
    a.say(b, 'one');
    net.run(S);
    // Somebody on the way lets a's datagrams appear from two other places in turn, its answer to the ping from the second.
    let seen = 0;
    net.fate = (d) =>
      d.from === a.machine
        ? [{ ...d, from: seen++ === 0 ? 700 : 701 }]
        : d.to >= 700
          ? [{ ...d, to: a.machine }]
          : [d];
    a.say(b, 'two');
    net.run(0.5 * S);
    expect(b.texts()).toEqual(['one', 'two']);
    expect(b.link.about(b.handleOf(a))!.endpoint).toBe(a.machine);
  });

  it('is not followed to where somebody else has sent its datagram from', () => {
    const { net, a, b } = two('hijack');
    a.say(b, 'one');
    net.run(S);
    // The attacker takes the datagram off the wire and sends it from elsewhere.
    net.fate = (d) => (d.from === a.machine ? [{ ...d, from: 666 }] : [d]);
    a.say(b, 'two');
    net.run(0.1 * S);
    net.fate = (d) => [d];
    net.run(S);
    expect(b.texts()).toEqual(['one', 'two']);
    expect(b.link.about(b.handleOf(a))!.endpoint).toBe(a.machine);
  });
});

describe('a silent link', () => {
  it('is kept open, measures its round trip, and is forgotten when nobody uses it', () => {
    const { net, a, b } = two('idle', { idleUs: 100 * S, keepaliveUs: 10 * S });
    a.say(b, 'one');
    net.run(50 * S);
    expect(a.link.about(a.handleOf(b))!.roundTripUs).toBe(40_000);
    expect(a.link.size).toBe(1);
    net.run(100 * S);
    for (const member of [a, b]) {
      expect(member.link.size).toBe(0);
      expect(member.events.at(-1)).toMatchObject({ event: LINK_CLOSED });
      expect([CLOSED_IDLE, CLOSED_BY_PEER]).toContain(member.events.at(-1)!.b);
    }
    const quiet = net.sent.length;
    net.run(1_000 * S);
    expect(net.sent.length).toBe(quiet);
  });

  it('says farewell', () => {
    const { net, a, b } = two('bye');
    a.say(b, 'one');
    net.run(S);
    a.link.stop();
    net.run(S);
    expect(b.link.size).toBe(0);
    expect(b.events.at(-1)).toEqual({ event: LINK_CLOSED, a: b.handleOf(a), b: CLOSED_BY_PEER });
  });

  it('holds endpoints while it needs them and no longer', () => {
    const { net, a, b } = two('held', { idleUs: 20 * S, keepaliveUs: 0 });
    a.say(b, 'one');
    net.run(S);
    a.machine = 900;
    a.say(b, 'two');
    net.run(200 * S);
    for (const member of [a, b]) {
      expect([...member.held.values()].every((count) => count === 0)).toBe(true);
      expect(member.timers).toBe(0);
    }
  });
});

describe('a crowd of callers', () => {
  it('is asked for cookies, which real callers bring', () => {
    const net = new Net('crowd');
    const b = net.add({ handshakesPerSecond: 3 });
    const callers = Array.from({ length: 12 }, () => net.add());
    for (const caller of callers) caller.say(b, `from ${caller.machine}`);
    net.run(10 * S);
    expect(ofType(net, TYPE_COOKIE).length).toBeGreaterThan(0);
    expect(new Set(b.texts()).size).toBe(12);
  });

  it('costs no more than so many handshakes a second, and no memory beyond a limit', () => {
    const net = new Net('flood');
    const b = net.add({ handshakesPerSecond: 5, halfOpenMax: 8 });
    const a = net.add();
    a.say(b, 'x');
    net.run(0.001 * S);
    const first = net.sent[0]!;
    net.run(2 * S);
    const before = net.sent.length;
    for (let i = 0; i < 2_000; i++) {
      const bytes = first.bytes.slice();
      bytes[40 + (i % 16)]! ^= 1 + (i >>> 4);
      net.deliver({ from: 1_000 + i, to: b.machine, bytes });
    }
    net.run(0.5 * S);
    const answers = net.sent.slice(before).filter((d) => d.from === b.machine);
    expect(answers.filter((d) => d.bytes.length === HANDSHAKE_BYTES).length).toBeLessThanOrEqual(
      10,
    );
    const held = [...b.held.values()].reduce((sum, count) => sum + count, 0);
    expect(held).toBeLessThanOrEqual(8 + 2);
    // A friend is still heard.
    a.say(b, 'still here');
    net.run(S);
    expect(b.texts()).toContain('still here');
  });

  it('answers no more than ten times as many as without cookies, whatever they bring', () => {
    const net = new Net('overload');
    // A second begins.
    net.nowUs = 10 * S;
    const b = net.add({ handshakesPerSecond: 2 });
    const callers = Array.from({ length: 60 }, () => net.add());
    for (const caller of callers) caller.say(b, 'hi');
    net.run(0.9 * S);
    const answers = net.sent.filter(
      (d) => d.from === b.machine && d.bytes.length === HANDSHAKE_BYTES,
    );
    expect(answers.length).toBe(20);
  });

  it('makes room for the newest when there are too many links', () => {
    const net = new Net('room');
    const b = net.add({ linksMax: 4 });
    const callers = Array.from({ length: 10 }, () => net.add());
    for (const caller of callers) {
      caller.say(b, 'hi');
      net.run(S);
    }
    expect(b.got.length).toBe(10);
    expect(b.link.size).toBe(4);
  });
});

it('refuses a first message with a key of low order, without a throw or an answer', () => {
  for (const suite of ['noble', 'native', 'modelled'] as const) {
    const net = new Net('low-order', suite);
    const b = net.add();
    const forged = new Uint8Array(HANDSHAKE_BYTES);
    forged.set([TYPE_INITIATE, 1, 0, 0]);
    forged[24] = 1;
    b.link.onDatagram(77, forged, 0, forged.length);
    expect(net.sent).toEqual([]);
  }
});

it('takes any bytes without a throw and without an answer larger than they are', () => {
  const { net, a, b } = two('fuzz');
  a.say(b, 'one');
  net.run(S);
  const genuine = net.sent.map((d) => d.bytes);
  let before = net.sent.length;
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 1_300 }),
        fc.tuple(fc.nat(genuine.length - 1), fc.nat(), fc.nat(255)).map(([which, at, value]) => {
          const bytes = genuine[which]!.slice();
          bytes[at % bytes.length] = value;
          return bytes;
        }),
      ),
      (bytes) => {
        b.link.onDatagram(77, bytes, 0, bytes.length);
        const answers = net.sent.slice(before);
        before = net.sent.length;
        const total = answers.reduce((sum, d) => sum + d.bytes.length, 0);
        expect(total).toBeLessThanOrEqual(bytes.length);
      },
    ),
    { numRuns: 3_000 },
  );
  net.run(S);
  a.say(b, 'two');
  net.run(S);
  expect(b.texts()).toEqual(['one', 'two']);
});
