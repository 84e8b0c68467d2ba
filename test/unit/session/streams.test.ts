/** Streams: texts in order or not, sent again or not, longer than a packet, over a network that loses, repeats and reorders. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { MESSAGE_TEXT_BYTES_MAX } from '../../../protocols/session/contact.ts';
import { HELD_BYTES_MAX, Inflow } from '../../../protocols/session/inflow.ts';
import {
  decodeSegment,
  segmentsOf,
  streamKey,
  streamOfKey,
  STREAM_TEXT_BYTES_MAX,
  type Segment,
  type Stream,
} from '../../../protocols/session/streams.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { exchange, Person } from './people.ts';

const S = 1_000_000;
const ORDERED: Stream = { ordered: true, acknowledged: true, id: 0 };
const UNORDERED: Stream = { ordered: false, acknowledged: true, id: 0 };
const LOOSE: Stream = { ordered: false, acknowledged: false, id: 0 };
const LOOSE_ORDERED: Stream = { ordered: true, acknowledged: false, id: 0 };

function pair(): [Person, Person] {
  const suite = createSuite('modelled');
  const [a, b] = [new Person(suite, 'alice'), new Person(suite, 'bob')];
  a.say(b, 'hello');
  b.say(a, 'hello');
  exchange(a, b);
  a.got.length = 0;
  b.got.length = 0;
  return [a, b];
}

const letters = (length: number, seed: string): string => {
  const random = new StreamFactory(seed).stream('letters');
  return Array.from({ length }, () => String.fromCharCode(97 + random.below(26))).join('');
};

/** Passes what `from` has to send now, in the order that `order` makes of it. @returns how many packets there were. */
function pass(
  from: Person,
  to: Person,
  nowUs: number,
  order: (packets: Uint8Array[]) => Uint8Array[] = (packets) => packets,
): number {
  const packets = from.due(nowUs);
  for (const packet of order(packets)) {
    const answer = to.take(packet, nowUs)?.answer;
    if (answer !== undefined) from.take(answer, nowUs);
  }
  return packets.length;
}

const reversed = (packets: Uint8Array[]): Uint8Array[] => [...packets].reverse();

describe('an ordered stream', () => {
  it('is told in order whatever order it comes in, and others do not wait for it', () => {
    const [a, b] = pair();
    for (let i = 0; i < 6; i++) a.say(b, `ordered ${i}`, 0, ORDERED);
    a.say(b, 'another', 0, { ...ORDERED, id: 7 });
    a.say(b, 'as most are');
    a.say(b, 'unordered', 0, UNORDERED);
    pass(a, b, 0, reversed);
    expect(b.texts().slice(0, 3)).toEqual(['unordered', 'as most are', 'another']);
    expect(b.texts().slice(3)).toEqual([0, 1, 2, 3, 4, 5].map((i) => `ordered ${i}`));
  });

  it('waits for what was lost, over a restart of both, and tells nothing twice', () => {
    const [a, b] = pair();
    for (let i = 0; i < 4; i++) a.say(b, `${i}`, 0, ORDERED);
    pass(a, b, 0, (packets) => packets.slice(1));
    expect(b.texts()).toEqual([]);
    b.restart(b.disk());
    a.restart(a.disk());
    a.say(b, '4', 1 * S, ORDERED);
    for (let at = 1; at < 60; at += 5) pass(a, b, at * S);
    expect(b.texts()).toEqual(['0', '1', '2', '3', '4']);
    expect(a.messenger.contact(b.party.address)!.waiting.size).toBe(0);
  });

  it('begins anew with a numbering that begins anew', () => {
    const [a, b] = pair();
    a.say(b, 'lost', 0, ORDERED);
    a.say(b, 'held', 0, ORDERED);
    pass(a, b, 0, (packets) => packets.slice(1));
    a.restart([]);
    a.say(b, 'from a new machine', 9 * S, ORDERED);
    pass(a, b, 9 * S);
    expect(b.texts()).toEqual(['from a new machine']);
  });
});

describe('a text longer than a packet', () => {
  it.each([MESSAGE_TEXT_BYTES_MAX + 1, 20_000, STREAM_TEXT_BYTES_MAX])(
    'of %i bytes comes whole, once, and is acknowledged as one text',
    (length) => {
      const [a, b] = pair();
      const text = letters(length, 'long');
      a.say(b, text);
      const acknowledged: number[] = [];
      let packets = 0;
      for (let round = 0; round < 10; round++)
        for (const packet of a.due(round)) {
          packets++;
          const answer = b.take(packet, round)!.answer!;
          acknowledged.push(...a.messenger.receive(answer, round)!.acknowledged);
        }
      expect(b.texts()).toEqual([text]);
      expect(packets).toBe(Math.ceil(length / (MESSAGE_TEXT_BYTES_MAX - 8)));
      expect(acknowledged).toEqual([1]);
    },
  );

  it('fills no disk: what is held stays below the limit while three of the longest cross, half of every window lost', () => {
    const [a, b] = pair();
    const texts = [0, 1, 2].map((i) => letters(STREAM_TEXT_BYTES_MAX, `long ${i}`));
    for (const text of texts) a.say(b, text, 0, ORDERED);
    const random = new StreamFactory('losses').stream('losses');
    let most = 0;
    for (let at = 0; at < 40_000 && b.texts().length < 3; at += 5) {
      pass(a, b, at * S, (packets) => packets.filter(() => random.below(2) === 0));
      most = Math.max(most, b.disk()[0]!.length);
    }
    expect(b.texts()).toEqual(texts);
    expect(most).toBeGreaterThan(STREAM_TEXT_BYTES_MAX);
    expect(most).toBeLessThan(HELD_BYTES_MAX);
  });

  it('does not wake before an acknowledgement moves the window', () => {
    const [a, b] = pair();
    a.say(b, letters(STREAM_TEXT_BYTES_MAX, 'long'));
    expect(a.due(0)).toHaveLength(32);
    expect(a.messenger.nextDueUs).toBe(5 * S);
  });
});

describe('a stream without acknowledgement', () => {
  it('sends once, asks for no answer, and tells each text at most once', () => {
    const [a, b] = pair();
    for (let i = 0; i < 5; i++) a.say(b, `${i}`, 0, LOOSE);
    const packets = a.due(0);
    expect(packets).toHaveLength(5);
    for (const packet of [packets[4]!, packets[4]!, packets[1]!]) {
      const taken = b.take(packet, 0);
      if (taken !== undefined) expect(taken.answer).toBeUndefined();
    }
    expect(b.texts()).toEqual(['4', '1']);
    expect(a.messenger.nextDueUs).toBe(Infinity);
    expect(a.due(1_000 * S)).toEqual([]);
  });

  it('in order: a late text is dropped, after a restart too', () => {
    const [a, b] = pair();
    for (let i = 0; i < 4; i++) a.say(b, `${i}`, 0, LOOSE_ORDERED);
    const [zero, one, two, three] = a.due(0) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    b.take(one);
    b.take(zero);
    b.restart(b.disk());
    b.take(three);
    b.take(two);
    expect(b.texts()).toEqual(['1', '3']);
  });

  it('carries long texts, whole or not at all', () => {
    const [a, b] = pair();
    const long = letters(STREAM_TEXT_BYTES_MAX, 'long');
    a.say(b, long, 0, LOOSE);
    pass(a, b, 0, reversed);
    a.say(b, letters(5_000, 'other'), 0, LOOSE);
    pass(a, b, 0, (packets) => packets.slice(1));
    expect(b.texts()).toEqual([long]);
  });

  it('a numbering of its own leaves no gap in the conversation', () => {
    const [a, b] = pair();
    a.say(b, 'loose', 0, LOOSE);
    a.due(0);
    a.say(b, 'sure');
    pass(a, b, 0);
    expect(b.texts()).toEqual(['sure']);
    expect(b.messenger.contact(a.party.address)!.receivedBits).toBe(0);
  });
});

describe('what an unkind sender can do', () => {
  const segment = (text: number, index: number, count: number, bytes = 900): Segment => ({
    ordered: true,
    id: 0,
    text,
    index,
    count,
    bytes: new Uint8Array(bytes),
  });

  it('is held up to a limit, and the rest is not acknowledged', () => {
    const inflow = new Inflow();
    let taken = 0;
    for (let i = 1; i < 1_000; i++) if (inflow.take(segment(i, 0, 1), i) !== undefined) taken++;
    expect(taken).toBe(Math.floor(HELD_BYTES_MAX / 932));
    // What can be told at once needs no room, and makes some.
    expect(inflow.take(segment(0, 0, 1), 0)).toHaveLength(taken + 1);
    for (let i = 0; i < 5_000; i++) inflow.take(segment(i * 2 + 5_000, 0, 2, 0), 9_000 + i);
    expect(inflow.held().length).toBeLessThanOrEqual(HELD_BYTES_MAX / 32);
  });

  it('unacknowledged segments give way to acknowledged ones', () => {
    const inflow = new Inflow();
    for (let i = 0; i < 1_000; i++) inflow.take(segment(i, 0, 2), undefined);
    for (let i = 0; i < 100; i++) expect(inflow.take(segment(i, 0, 2), 2 * i)).toEqual([]);
    expect(inflow.held()).toHaveLength(100);
  });

  it('gets nowhere with segments that contradict one another, or a text that is too long', () => {
    const inflow = new Inflow();
    inflow.take(segment(0, 0, 3), 0);
    expect(inflow.take(segment(0, 1, 2), 1)).toEqual([]);
    expect(inflow.take(segment(0, 1, 3), 5)).toEqual([]);
    expect(inflow.take(segment(1, 3, 4), 2)).toEqual([]);
    const whole = new Inflow();
    for (let i = 0; i < 100; i++)
      expect(whole.take({ ...segment(0, i, 100), ordered: false }, i)).toEqual([]);
    expect(whole.held()).toEqual([]);
  });

  it('bytes that are no segment are none', () => {
    const good = segmentsOf(ORDERED, 5, new Uint8Array(3), 100)[0]!;
    expect(decodeSegment(good)).toMatchObject({ ordered: true, text: 5, index: 0, count: 1 });
    for (const [at, byte] of [
      [0, 2],
      [6, 1],
      [7, 0],
    ] as const) {
      const bad = good.slice();
      bad[at] = byte;
      expect(decodeSegment(bad)).toBeUndefined();
    }
    expect(decodeSegment(good.subarray(0, 7))).toBeUndefined();
    for (let key = 0; key < 1_024; key++) expect(streamKey(streamOfKey(key))).toBe(key);
  });
});

it('whatever is lost, repeated, reordered and restarted: acknowledged texts come once, ordered ones in order', () => {
  const step = fc.record({
    who: fc.boolean(),
    stream: fc.constantFrom(
      undefined,
      ORDERED,
      UNORDERED,
      { ...ORDERED, id: 3 },
      LOOSE,
      LOOSE_ORDERED,
    ),
    bytes: fc.constantFrom(0, 10, 10, 10, 2_500),
    fate: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 8, maxLength: 8 }),
    restart: fc.integer({ min: 0, max: 9 }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const people = pair();
      const said: [string[][], string[][]] = [[], []];
      let nowUs = 0;
      const move = (fate: (i: number) => number): void => {
        nowUs += 700 * S;
        people.forEach((from, i) => {
          const to = people[1 - i]!;
          const late: Uint8Array[] = [];
          from.due(nowUs).forEach((packet, j) => {
            if (fate(j) === 3) return;
            if (fate(j) === 2) late.push(packet);
            else for (let n = 0; n <= fate(j); n++) give(from, to, packet);
          });
          for (const packet of late.reverse()) give(from, to, packet);
        });
      };
      const give = (from: Person, to: Person, packet: Uint8Array): void => {
        const answer = to.take(packet, nowUs)?.answer;
        if (answer !== undefined) from.take(answer, nowUs);
      };
      steps.forEach(({ who, stream, bytes, fate, restart }, i) => {
        const at = who ? 0 : 1;
        const key = stream === undefined ? 'plain' : String(streamKey(stream));
        const text = `${key}:${String(i).padStart(3, '0')}${letters(bytes, `${i}`)}`;
        people[at]!.say(people[1 - at]!, text, nowUs, stream);
        said[at].push([key, text]);
        move((j) => fate[j % 8]!);
        if (restart < 2) people[restart]!.restart(people[restart]!.disk());
      });
      for (let i = 0; i < 20; i++) move(() => 0);
      people.forEach((_, i) => {
        const got = people[1 - i]!.texts();
        const of = (key: string): string[] => got.filter((text) => text.startsWith(`${key}:`));
        const sent = (key: string): string[] =>
          said[i]!.filter(([one]) => one === key).map(([, text]) => text!);
        for (const ordered of [ORDERED, { ...ORDERED, id: 3 }]) {
          const key = String(streamKey(ordered));
          expect(of(key)).toEqual(sent(key));
        }
        for (const key of ['plain', String(streamKey(UNORDERED))])
          expect(of(key).sort()).toEqual(sent(key).sort());
        const loose = of(String(streamKey(LOOSE)));
        expect(new Set(loose).size).toBe(loose.length);
        const inOrder = of(String(streamKey(LOOSE_ORDERED)));
        expect(inOrder).toEqual([...new Set(inOrder)].sort());
      });
    }),
    { numRuns: 60, seed: 7 },
  );
});

/** Bob's record of a conversation with two texts that wait, as written before there were streams. */
const RECORD_OF_VERSION_1 = [
  '01c74b365b83d9b608e555f18932c16e18df714c0eb4e892504a44e99ca6e07da1c0eb43240b7f43946660d4b10dff9bf5c0cdfaf48106a5ab5fe12c390f6f8242',
  '000000000000000000020000000000000000000100000000010002ffff0264e2ded370dea71c2118f19076b20043e330c5b29cfa1e6bd983ee5099e3c44b7f971c',
  'e5c8dafa0186e31ecf16a06210a2e2109b3b856b5a5a07ec5f10f42efe0000000000030000000000008ec5e45e7767acb662780f9401e1763b070e022e2441edc2',
  'ff89694286218d35c7abcb60d2266ec96a32e01563881e6124b29fb8407632ec21a6ed05a656ae570d7da82712bf28d118f05919b9b4214d532bfc21a245f07854',
  '8c7630aed24edbd73a9c40a033e923384429a3d4129d753ac2f6e24ee44b9d3225a38d2c523e310000013001ff0000000300000001000000000000a0252da9517a',
  '454b24a7c06dcba513b3382893c25737074a00c090d187af38f5130d551572302bd907032e2f8d8d8091917c8a300b1b9aaab21e263abcece1161ce19c5b8a79d1',
  '71f19dd57a6c6cbe6678c31e6c937dede126e421107a29f4f11cfb4559b54e8be44da020c3b4e7570f6c1a82b4fb9884884f497bd023dfb34945aa76c3cba065e7',
  '5353be665229df71850022dc06ddb10016b269d585c52f8f762775c26e012ece9cf48042d65a6d434befe7ce78c4611c2859f873971295374ed10155988771d411',
  '41bdf3b0422f37d994e3ddca9223a521db6139e866ab2d0e5f6c9df77eb457d46386d4c1d31c8139a86ad2a32a86a325931109c6b9db72b3bb41aaa26bfe2189e8',
  '175a2295b7308527b8573f82137e35c175308645429e000000000001000000004c4b4000056669727374000000010001000000004c4b4000067365636f6e64',
].join('');

describe('a record on disk', () => {
  it('of version 1 is read, goes on, and is written as version 2', () => {
    const old = Uint8Array.from(Buffer.from(RECORD_OF_VERSION_1, 'hex'));
    expect(old[0]).toBe(1);
    const bob = new Person(createSuite('noble'), 'bob');
    bob.restart([old]);
    const [contact] = bob.messenger.contacts();
    expect([...contact!.waiting.values()].map(({ text }) => Buffer.from(text).toString())).toEqual([
      'first',
      'second',
    ]);
    const [record] = bob.disk();
    expect(record![0]).toBe(2);
    bob.restart([record!]);
    expect(bob.due(10 * S)).toHaveLength(2);
    expect(bob.due(10 * S)).toHaveLength(0);
  });

  it('that is cut short or too long is none', () => {
    const [a, b] = pair();
    for (let i = 0; i < 3; i++) a.say(b, letters(2_000, 'long'), 0, ORDERED);
    pass(a, b, 0, (packets) => packets.slice(1));
    const [record] = b.disk();
    b.restart([record!]);
    expect(b.messenger.contacts()[0]!.inflow.held()).toHaveLength(3);
    for (let end = 0; end < record!.length; end++)
      expect(b.messenger.restore(record!.slice(0, end))).toBe(false);
    expect(b.messenger.restore(Uint8Array.of(...record!, 0))).toBe(false);
  });
});
