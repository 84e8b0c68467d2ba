/** Conversations over a network that loses, repeats, reorders and forges, between people whose machines die. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { decodeContact } from '../../../protocols/session/contact-codec.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { exchange, Person } from './people.ts';

const S = 1_000_000;
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

function pair(suite: 'noble' | 'native' | 'modelled' = 'modelled'): [Person, Person] {
  const crypto = createSuite(suite);
  return [new Person(crypto, 'alice'), new Person(crypto, 'bob')];
}

describe('a conversation', () => {
  it.each(['noble', 'native', 'modelled'] as const)(
    'begins with the first text and goes on both ways (%s)',
    (suite) => {
      const [a, b] = pair(suite);
      a.say(b, 'hello');
      exchange(a, b);
      expect(b.got).toEqual([{ from: hex(a.party.address), text: 'hello' }]);
      for (let i = 0; i < 5; i++) {
        b.say(a, `b${i}`);
        exchange(b, a);
        a.say(b, `a${i}`);
        exchange(a, b);
      }
      expect(a.texts()).toEqual(['b0', 'b1', 'b2', 'b3', 'b4']);
      expect(b.texts()).toEqual(['hello', 'a0', 'a1', 'a2', 'a3', 'a4']);
      for (const person of [a, b]) expect(person.messenger.nextDueUs).toBe(Infinity);
    },
  );

  it('repeats nothing on the wire, not even when it says the same again', () => {
    const [a, b] = pair('native');
    a.say(b, 'hello');
    const passed = exchange(a, b);
    for (let i = 0; i < 20; i++) {
      a.say(b, 'the same words');
      passed.push(...exchange(a, b));
    }
    const windows = new Map<string, number>();
    passed.forEach((message, which) => {
      // The kind is in clear within the packet's seal; everything after it must be new each time.
      for (let at = 1; at + 8 <= message.length; at++) {
        const window = hex(message.subarray(at, at + 8));
        expect(windows.get(window) ?? which).toBe(which);
        windows.set(window, which);
      }
    });
  });

  it('sends again what is not acknowledged, later each time, and stops when it is', () => {
    const [a, b] = pair();
    a.say(b, 'hello');
    expect(a.due(0)).toHaveLength(1);
    expect(a.due(4 * S)).toHaveLength(0);
    expect(a.due(5 * S)).toHaveLength(1);
    expect(a.due(14 * S)).toHaveLength(0);
    const [third] = a.due(15 * S);
    const { answer } = b.take(third!)!;
    a.take(answer!);
    expect(a.due(10_000 * S)).toHaveLength(0);
    expect(b.texts()).toEqual(['hello']);
  });

  it('begun by both at once becomes one, and loses nothing', () => {
    for (const swap of [false, true]) {
      const suite = createSuite('modelled');
      const [a, b] = [
        new Person(suite, 'x', swap ? 'q' : 'p'),
        new Person(suite, 'y', swap ? 'p' : 'q'),
      ];
      a.say(b, 'from a');
      b.say(a, 'from b');
      const [fromA, fromB] = [a.due()[0]!, b.due()[0]!];
      const answers = [b.take(fromA)!.answer!, a.take(fromB)!.answer!];
      a.take(answers[0]!);
      b.take(answers[1]!);
      a.say(b, 'more a', 60 * S);
      b.say(a, 'more b', 60 * S);
      exchange(a, b, 60 * S);
      expect(a.texts()).toEqual(['from b', 'more b']);
      expect(b.texts()).toEqual(['from a', 'more a']);
      // Both now send with the same session.
      const opened = [a, b].map((p) => p.messenger.contacts()[0]!.sessions[0]!.parts);
      expect(opened[0]!.ours).not.toBe(opened[1]!.ours);
      expect(hex(opened[0]!.opening)).toBe(hex(opened[1]!.opening));
    }
  });

  it('goes on when one side has lost everything', () => {
    const [a, b] = pair();
    a.say(b, 'one');
    exchange(a, b);
    b.restart([]);
    b.say(a, 'who are you', 100 * S);
    exchange(a, b, 100 * S);
    a.say(b, 'still me', 200 * S);
    exchange(a, b, 200 * S);
    expect(a.texts()).toEqual(['who are you']);
    expect(b.texts()).toEqual(['one', 'still me']);
  });

  it('finds together again however many messages in a row were lost, either way', () => {
    const [a, b] = pair();
    a.say(b, 'one');
    exchange(a, b);
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      const said = to.got.length;
      from.say(to, 'lost for days', 1_000 * S);
      // Every attempt is lost, while the other side is heard well.
      for (let attempt = 0; attempt < 500; attempt++) {
        const nowUs = (1_000 + 600 * attempt) * S;
        from.due(nowUs);
        if (attempt % 50 === 0) {
          to.say(from, `from there ${attempt}`, nowUs);
          for (const message of to.due(nowUs)) from.take(message, nowUs);
        }
      }
      for (let round = 0; round < 100; round++) exchange(from, to, (1_000_000 + 600 * round) * S);
      expect(to.got.length).toBe(said + 1);
      expect(to.messenger.nextDueUs).toBe(Infinity);
      expect(from.messenger.nextDueUs).toBe(Infinity);
    }
  });

  it('is with nobody else', () => {
    const suite = createSuite('native');
    const [a, b, c] = ['a', 'b', 'c'].map((name) => new Person(suite, name)) as [
      Person,
      Person,
      Person,
    ];
    a.say(b, 'for b');
    const [message] = a.due();
    expect(c.take(message!)).toBeUndefined();
    // Somebody who has a's address but not a's key is not a.
    b.take(message!);
    const fake = new Person(suite, 'fake');
    fake.party.address.set(a.party.address);
    fake.messenger = new Person(suite, 'fake').messenger;
    fake.restart([]);
    fake.say(b, 'I am a');
    const before = b.disk().map(hex);
    for (const forged of fake.due()) expect(b.take(forged)).toBeUndefined();
    expect(b.disk().map(hex)).toEqual(before);
  });
});

it('is not begun with a key that everybody could agree with', () => {
  const [a] = pair('native');
  const nobody = { address: new Uint8Array(32).fill(9), publicKey: new Uint8Array(32) };
  a.messenger.say(a.messenger.know(nobody, 0), Uint8Array.of(65), 0);
  expect(a.due()).toEqual([]);
});

describe('what nobody has sent', () => {
  it('is refused and leaves the state as it was: changed, cut, extended, repeated, reflected, spliced', () => {
    const [a, b] = pair('native');
    a.say(b, 'hello');
    const passed = exchange(a, b);
    a.say(b, 'second');
    const [message] = a.due();
    b.say(a, 'other');
    const [other] = b.due();
    const before = b.disk().map(hex);
    const refused = (bytes: Uint8Array): void => {
      expect(b.take(bytes)).toBeUndefined();
      expect(b.disk().map(hex)).toEqual(before);
    };
    for (let bit = 0; bit < message!.length * 8; bit += 3) {
      const forged = message!.slice();
      forged[bit >>> 3]! ^= 1 << (bit & 7);
      refused(forged);
    }
    for (let length = 0; length < message!.length; length++) refused(message!.subarray(0, length));
    refused(Uint8Array.from([...message!, 0]));
    for (const old of passed) refused(old);
    refused(other!);
    // Head of one, body of another.
    for (let cut = 1; cut < message!.length; cut += 5)
      refused(Uint8Array.from([...passed[0]!.subarray(0, cut), ...message!.subarray(cut)]));
    expect(b.take(message!)).toBeDefined();
    expect(b.texts()).toEqual(['hello', 'second']);
    expect(b.take(message!)).toBeUndefined();
  });

  it('is refused if what stands before the seal was changed', () => {
    const [a, b] = pair('native');
    a.say(b, 'one');
    a.say(b, 'two');
    const [one, two] = a.due();
    b.take(one!);
    // The second carries the opening too; its session is known already, so only the seal protects it.
    for (const at of [1, 40, 100, 128]) {
      const forged = two!.slice();
      forged[at]! ^= 1;
      expect(b.take(forged)).toBeUndefined();
    }
    expect(b.take(two!)).toBeDefined();
    expect(b.texts()).toEqual(['one', 'two']);
  });

  it('is not opened by any bytes, and records are total too', () => {
    const [a, b] = pair();
    a.say(b, 'hello');
    exchange(a, b);
    const record = a.disk()[0]!;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(), fc.nat(255), (bytes, at, value) => {
        expect(b.take(bytes)).toBeUndefined();
        const spoilt = record.slice();
        spoilt[at % spoilt.length] = value;
        decodeContact(spoilt, () => {
          return a.messenger.contacts()[0]!.sessions[0]!;
        });
        expect(
          decodeContact(
            record.subarray(0, at % record.length),
            () => a.messenger.contacts()[0]!.sessions[0]!,
          ),
        ).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});

describe('an attacker who has recorded everything', () => {
  it('and later steals all long-term keys and both states cannot read what was said after the first answer', () => {
    const [a, b] = pair('native');
    a.say(b, 'hello');
    exchange(a, b);
    b.say(a, 'first answer');
    exchange(a, b);
    a.say(b, 'a secret');
    const recorded = exchange(a, b);
    for (let i = 0; i < 3; i++) {
      b.say(a, `b${i}`);
      exchange(a, b);
      a.say(b, `a${i}`);
      exchange(a, b);
    }
    // Everything that is left of either side, keys and disks.
    for (const victim of [a, b]) {
      const thief = new Person(victim.suite, victim.name);
      thief.restart(victim.disk());
      for (const message of recorded) expect(thief.take(message)).toBeUndefined();
      expect(thief.texts()).toEqual([]);
      // Nor with the keys alone, without a state.
      thief.restart([]);
      for (const message of recorded) expect(thief.take(message)).toBeUndefined();
    }
  });

  it('and has stolen a state reads on for a round trip and no longer', () => {
    const [a, b] = pair('native');
    a.say(b, 'hello');
    exchange(a, b);
    b.say(a, 'answer');
    exchange(a, b);
    const stolen = b.disk();
    const thief = new Person(b.suite, 'thief', 'bob');
    // The thief has another source of randomness than b.
    const random = new StreamFactory('another').stream('thief');
    (thief as { fresh: unknown }).fresh = (out: Uint8Array) => {
      random.fill(out, 0, out.length);
    };
    thief.restart(stolen);
    a.say(b, 'still readable');
    const next = a.due()[0]!;
    expect(thief.take(next)).toBeDefined();
    expect(thief.texts()).toEqual(['still readable']);
    const answer = b.take(next)!.answer!;
    a.take(answer);
    b.say(a, 'round');
    exchange(a, b);
    a.say(b, 'trip');
    exchange(a, b);
    // Healed: what comes now is closed to the thief.
    a.say(b, 'closed again');
    const passed = exchange(a, b);
    for (const message of passed) thief.take(message);
    expect(thief.texts()).not.toContain('closed again');
    expect(b.texts()).toContain('closed again');
  });

  it('finds no key in memory that has been used', () => {
    const [a, b] = pair('native');
    a.say(b, 'hello');
    exchange(a, b);
    const { ratchet } = b.messenger.contacts()[0]!.sessions[0]!.parts;
    const held = [ratchet.rootKey, ratchet.receiveChain!, ratchet.ownSecret];
    b.say(a, 'x');
    exchange(a, b);
    a.say(b, 'y');
    exchange(a, b);
    for (const key of held) expect(key.every((byte) => byte === 0)).toBe(true);
  });
});

it('delivers every text exactly once, whatever is lost, repeated or late, and whoever dies when', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1_000_000 }), (seed) => {
      const suite = createSuite('modelled');
      const a = new Person(suite, 'a', `a${seed}`);
      const b = new Person(suite, 'b', `b${seed}`);
      const random = new StreamFactory(`weather/${seed}`).stream('weather');
      const disks = new Map<Person, Uint8Array[]>([
        [a, []],
        [b, []],
      ]);
      const said = new Map<Person, string[]>([
        [a, []],
        [b, []],
      ]);
      let onTheWay: { to: Person; bytes: Uint8Array }[] = [];
      const keep = (person: Person): void => {
        disks.set(person, person.disk());
      };
      for (let step = 0; step < 160; step++) {
        const nowUs = step * 2 * S;
        const calm = step > 110;
        for (const [from, to] of [
          [a, b],
          [b, a],
        ] as const) {
          if (!calm && random.below(4) === 0) {
            const text = `${from.name}${step}`;
            from.say(to, text, nowUs);
            said.get(from)!.push(text);
          }
          const due = from.due(nowUs);
          // On disk before it is on the wire.
          keep(from);
          for (const bytes of due) {
            const copies = calm ? 1 : random.below(3);
            for (let i = 0; i < copies; i++) onTheWay.push({ to, bytes });
          }
        }
        const late: typeof onTheWay = [];
        // In any order.
        for (let i = onTheWay.length - 1; i > 0; i--) {
          const j = random.below(i + 1);
          [onTheWay[i], onTheWay[j]] = [onTheWay[j]!, onTheWay[i]!];
        }
        for (const { to, bytes } of onTheWay) {
          if (!calm && random.below(3) === 0) {
            late.push({ to, bytes });
            continue;
          }
          const result = to.take(bytes, nowUs);
          keep(to);
          const back = to === a ? b : a;
          if (result?.answer !== undefined && (calm || random.below(2) === 0))
            late.push({ to: back, bytes: result.answer });
        }
        onTheWay = late;
        if (!calm && random.below(10) === 0) {
          const dead = random.below(2) === 0 ? a : b;
          dead.restart(disks.get(dead)!);
        }
      }
      for (let step = 160; step < 700; step++) exchange(a, b, step * 2 * S);
      expect(b.texts().toSorted()).toEqual(said.get(a)!.toSorted());
      expect(a.texts().toSorted()).toEqual(said.get(b)!.toSorted());
    }),
    { numRuns: 40 },
  );
});
