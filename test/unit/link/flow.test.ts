/** Reliable messages over a road that loses: delivered once, in order where asked, within memory, at the pace that RFC 9002 allows. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BURST_BYTES, Congestion, Pacer } from '../../../protocols/link/flow/congestion.ts';
import { SEND_BUFFER_BYTES } from '../../../protocols/link/flow/flow.ts';
import {
  FramesWriter,
  MESSAGE_BYTES_MAX,
  PIECE_BYTES,
  readFrames,
} from '../../../protocols/link/flow/frames.ts';
import {
  CREDIT_WINDOW_BYTES,
  STREAMS_MAX,
  UNORDERED_FROM,
} from '../../../protocols/link/flow/inbox.ts';
import { ReceivedNumbers } from '../../../protocols/link/flow/numbers.ts';
import { RoundTrip } from '../../../protocols/link/flow/round-trip.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { FlowPair, message } from './flow-pair.ts';

const SECOND_US = 1_000_000;

describe('packets of reliable messages', () => {
  it('read back as they were written', () => {
    const range = fc.record({
      gap: fc.integer({ min: 1, max: 900 }),
      run: fc.integer({ min: 1, max: 900 }),
    });
    fc.assert(
      fc.property(
        fc.array(range, { minLength: 1, maxLength: 32 }),
        fc.integer({ min: 1, max: MESSAGE_BYTES_MAX }),
        fc.nat(255),
        fc.nat(2 ** 32 - 1),
        (spans, messageBytes, pick, life) => {
          let high = 100_000;
          const ranges = spans.map(({ gap, run }) => {
            const low = high - run + 1;
            const made = { low, high };
            high = low - gap - 1;
            return made;
          });
          const ack = { life, delayUs: 16 * 77, creditBytes: 2 ** 40 + 5, ranges };
          const bytes = message(messageBytes, pick);
          const index = pick % Math.ceil(messageBytes / PIECE_BYTES);
          const writer = new FramesWriter();
          writer.begin(true, life, 7);
          writer.piece(513, 65_537, bytes, index);
          if (writer.room >= 20) writer.ack(ack);
          const read = readFrames(writer.bytes, 0, writer.length)!;
          expect(read).toMatchObject({ opening: true, life, number: 7 });
          const [piece] = read.pieces;
          expect(piece).toMatchObject({ stream: 513, message: 65_537, messageBytes, index });
          const at = index * PIECE_BYTES;
          expect(writer.bytes.slice(piece!.at, piece!.at + piece!.length)).toEqual(
            bytes.slice(at, at + PIECE_BYTES),
          );
          // As many of the newest ranges as there was room for.
          expect(read.ack).toEqual({ ...ack, ranges: ranges.slice(0, read.ack!.ranges.length) });
        },
      ),
    );
  });

  it('are refused whole or read whole, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
        const bytes = Uint8Array.of(0x34, 0, ...noise);
        const read = readFrames(bytes, 0, bytes.length);
        for (const piece of read?.pieces ?? [])
          expect(piece.at + piece.length).toBeLessThanOrEqual(bytes.length);
        for (const range of read?.ack?.ranges ?? []) {
          expect(range.low).toBeGreaterThanOrEqual(0);
          expect(range.low).toBeLessThanOrEqual(range.high);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('numbers received', () => {
  it('are the set of what came, as ranges', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(40), { maxLength: 60 }), (numbers) => {
        const received = new ReceivedNumbers();
        for (const number of numbers) received.note(number, true, 0);
        const said = received.ranges.flatMap(({ low, high }) =>
          Array.from({ length: high - low + 1 }, (_, i) => high - i),
        );
        expect(said).toEqual([...new Set(numbers)].sort((x, y) => y - x));
      }),
    );
  });

  it('are told at once when every second has come or one is missing, else after 25 ms', () => {
    const received = new ReceivedNumbers();
    received.note(0, true, 1_000);
    expect(received.dueUs).toBe(26_000);
    received.note(1, true, 2_000);
    expect(received.dueUs).toBe(2_000);
    received.said();
    received.note(3, true, 3_000);
    expect(received.dueUs).toBe(3_000);
    received.said();
    received.note(4, false, 4_000);
    expect(received.dueUs).toBe(-1);
  });

  it('never fill more than the words in which they are said', () => {
    const received = new ReceivedNumbers();
    for (let number = 0; number < 200_000; number++) received.note(number, true, 0);
    for (let number = 300_000; number < 300_200; number += 2) received.note(number, true, 0);
    expect(received.ranges).toHaveLength(32);
    const writer = new FramesWriter();
    writer.begin(false, 1, 1);
    writer.ack({ life: 1, delayUs: 0, creditBytes: 0, ranges: received.ranges });
    const read = readFrames(writer.bytes, 0, writer.length);
    expect(read?.ack?.ranges[0]).toEqual({ low: 300_198, high: 300_198 });
  });
});

describe('the round trip', () => {
  it('is estimated as in RFC 9002, section 5', () => {
    const path = new RoundTrip();
    expect(path.probeTimeoutUs).toBe(333_000 + 4 * 166_500 + 25_000);
    path.sample(100_000, 50_000);
    expect(path).toMatchObject({ latestUs: 100_000, minimumUs: 100_000, smoothedUs: 100_000 });
    path.sample(180_000, 10_000);
    // The delay is taken off: 170 ms against 100 ms.
    expect(path.smoothedUs).toBe(108_750);
    expect(path.probeTimeoutUs).toBe(Math.ceil(108_750 + 4 * 55_000 + 25_000));
    expect(path.lossDelayUs).toBe(202_500);
    // A delay that would put the sample under the shortest one is not believed.
    path.sample(105_000, 25_000);
    expect(path.smoothedUs).toBe((7 * 108_750 + 105_000) / 8);
  });
});

describe('the window', () => {
  it('doubles in a round trip, then grows by one packet, halves once a round trip, and falls to two when the path is dead', () => {
    const window = new Congestion();
    expect(window.windowBytes).toBe(12_320);
    window.limited = true;
    for (let i = 0; i < 10; i++) window.sent(1_232);
    for (let i = 0; i < 10; i++) window.acknowledged(1_232, 1);
    expect(window.windowBytes).toBe(24_640);
    window.sent(3 * 1_232);
    window.lost(1_232, 10, 20);
    expect(window.windowBytes).toBe(12_320);
    window.lost(1_232, 15, 30);
    expect(window.windowBytes).toBe(12_320);
    window.acknowledged(1_232, 21);
    expect(window.windowBytes).toBeCloseTo(12_320 + (1_232 * 1_232) / 12_320, 9);
    window.persistentCongestion();
    expect(window.windowBytes).toBe(2_464);
  });

  it('does not grow while nothing waits for it', () => {
    const window = new Congestion();
    window.sent(1_232);
    window.acknowledged(1_232, 1);
    expect(window.windowBytes).toBe(12_320);
  });

  it('is never exceeded but by probes, on a road that loses', () => {
    const pair = new FlowPair();
    pair.fate = (_, i) => (i % 23 === 11 ? [] : [15_000]);
    let worst = 0;
    let sending = 0;
    pair.b.onMessage = () => {
      worst = Math.max(worst, pair.a.flow.congestion.inFlightBytes - sending);
    };
    const watch = (): void => {
      const { congestion } = pair.a.flow;
      sending = Math.max(congestion.windowBytes * 2, 2 * 1_232 + congestion.windowBytes);
      pair.at(pair.nowUs + 1_000, watch);
    };
    watch();
    for (let i = 0; i < 4; i++) pair.a.flow.offer(1, message(60_000, i));
    pair.run(20 * SECOND_US);
    expect(pair.b.got).toHaveLength(4);
    expect(worst).toBeLessThanOrEqual(0);
    expect(pair.a.flow.congestion.inFlightBytes).toBe(0);
  });
});

describe('the pacer', () => {
  it('lets through a burst and the rate, never more: a token bucket', () => {
    const path = new RoundTrip();
    path.sample(100_000, 0);
    const pacer = new Pacer();
    const window = 123_200;
    const rate = (1.25 * window) / 100_000;
    let now = 1_000_000;
    pacer.waitUs(1, window, path, now);
    const start = now;
    let passed = 0;
    for (let i = 0; i < 2_000; i++) {
      const wait = pacer.waitUs(1_232, window, path, now);
      now += wait;
      expect(pacer.waitUs(1_232, window, path, now)).toBe(0);
      pacer.sent(1_232);
      passed += 1_232;
      expect(passed).toBeLessThanOrEqual(BURST_BYTES + rate * (now - start) + 1e-6);
    }
    // And no less, but for whole microseconds.
    expect(passed).toBeGreaterThan(BURST_BYTES + rate * (now - start) - 1_232 - 2_000 * rate);
  });
});

describe('messages', () => {
  it('arrive once, in order on ordered streams, through loss, repetition and reordering, in both directions', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            side: fc.boolean(),
            stream: fc.constantFrom(1, 2, UNORDERED_FROM, UNORDERED_FROM + 9),
            length: fc.oneof(
              fc.integer({ min: 1, max: 3_000 }),
              fc.integer({ min: 1, max: MESSAGE_BYTES_MAX }),
            ),
          }),
          { minLength: 1, maxLength: 12 },
        ),
        fc.integer({ min: 0, max: 30 }),
        fc.nat(),
        (messages, lossPercent, seed) => {
          const pair = new FlowPair();
          const dice = new StreamFactory(`flow/${seed}`).stream('dice');
          const roll = (): number => dice.below(100);
          pair.fate = () => {
            const delay = 10_000 + 500 * roll();
            if (roll() < lossPercent) return [];
            return roll() < 10 ? [delay, delay + 30_000] : [delay];
          };
          const taken = [0, 1].map(() => new Map<number, Uint8Array[]>());
          messages.forEach(({ side, stream, length }, i) => {
            const bytes = message(length, i);
            if (!(side ? pair.a : pair.b).flow.offer(stream, bytes)) return;
            const list = taken[side ? 0 : 1]!;
            list.set(stream, [...(list.get(stream) ?? []), bytes]);
          });
          pair.run(60 * SECOND_US);
          for (const [from, to] of [[taken[0]!, pair.b] as const, [taken[1]!, pair.a] as const]) {
            for (const [stream, sent] of from) {
              const got = to.got.filter((m) => m.stream === stream).map((m) => hex(m.bytes));
              const want = sent.map(hex);
              if (stream < UNORDERED_FROM) expect(got).toEqual(want);
              else expect(got.sort(byText)).toEqual(want.sort(byText));
            }
            expect(to.budget.usedBytes).toBe(0);
            expect(to.dropped).toBe(0);
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('that cannot be taken are refused, and their sender told when there is room', () => {
    const { a, b } = pairOf();
    let taken = 0;
    while (a.end.flow.offer(1, message(50_000, taken))) taken++;
    expect(taken).toBe(Math.floor(SEND_BUFFER_BYTES / 50_000));
    expect(a.end.writable).toBe(0);
    a.pair.run(10 * SECOND_US);
    expect(a.end.writable).toBe(1);
    expect(b.end.got).toHaveLength(taken);
    expect(a.end.flow.offer(1, message(50_000, 99))).toBe(true);
  });

  it('of several streams share the road by bytes', () => {
    const pair = new FlowPair();
    const arrived = new Map<number, number>();
    // As much is offered as arrives, so that both always have something waiting.
    pair.b.onMessage = ({ stream, bytes }) => {
      arrived.set(stream, (arrived.get(stream) ?? 0) + bytes.length);
      pair.a.flow.offer(stream, message(bytes.length, stream));
    };
    for (let i = 0; i < 2; i++) pair.a.flow.offer(1, message(20_000, 1));
    for (let i = 0; i < 10; i++) pair.a.flow.offer(2, message(4_000, 2));
    pair.run(SECOND_US);
    const [one, two] = [arrived.get(1)!, arrived.get(2)!];
    expect(one).toBeGreaterThan(200_000);
    expect(Math.abs(one - two)).toBeLessThan(2 * 20_000 + 0.05 * one);
  });

  it('that are short are not held up by a long one of another stream', () => {
    const pair = new FlowPair();
    pair.a.flow.offer(1, message(65_536, 1));
    pair.a.flow.offer(1, message(65_536, 2));
    pair.a.flow.offer(2, message(100, 3));
    pair.run(10 * SECOND_US);
    expect(pair.b.got[0]).toMatchObject({ stream: 2 });
  });

  it('are sent again as soon as three packets have overtaken them', () => {
    const pair = new FlowPair();
    pair.fate = (_, i) => (i === 0 ? [] : [50_000]);
    const startUs = pair.nowUs;
    pair.a.flow.offer(1, message(10_000, 1));
    pair.run(300_000);
    expect(pair.b.got).toHaveLength(1);
    // A round trip and half of the way again; by time alone it would be an eighth of a round trip later.
    expect(pair.b.got[0]!.atUs - startUs).toBeLessThan(156_000);
  });

  it('go on at once when the peer is there again', () => {
    const pair = new FlowPair();
    pair.fate = () => [];
    pair.a.flow.offer(1, message(3_000, 1));
    pair.run(12 * SECOND_US);
    pair.fate = () => [20_000];
    pair.a.flow.ready();
    pair.run(200_000);
    expect(pair.b.got).toHaveLength(1);
  });

  it('are not begun beyond the credit, however many of them are acknowledged', () => {
    const pair = new FlowPair();
    let holding = true;
    // The first piece of all never comes through, so nothing can be handed on; everything behind it arrives and waits.
    pair.fate = ({ content }) => {
      const { pieces } = readFrames(content, 0, content.length)!;
      return holding && pieces.some((p) => p.message === 0 && p.index === 0) ? [] : [20_000];
    };
    let taken = 0;
    for (let i = 0; i < 200; i++) {
      while (pair.a.flow.offer(1, message(20_000, taken))) taken++;
      pair.run(100_000);
    }
    expect(pair.b.got).toHaveLength(0);
    expect(pair.b.budget.usedBytes).toBeLessThanOrEqual(CREDIT_WINDOW_BYTES);
    const begun = new Map<number, number>();
    for (const { from, content } of pair.sent)
      if (from === 0)
        for (const piece of readFrames(content, 0, content.length)!.pieces)
          begun.set(piece.message, piece.messageBytes);
    const bytes = [...begun.values()].reduce((sum, length) => sum + length, 0);
    expect(bytes).toBeLessThanOrEqual(CREDIT_WINDOW_BYTES);
    expect(bytes).toBeGreaterThan(CREDIT_WINDOW_BYTES / 2);
    holding = false;
    pair.run(20 * SECOND_US);
    expect(pair.b.got).toHaveLength(taken);
  });

  it('unacknowledged reach a peer that has lost its memory, all of them and in order', () => {
    for (const lostAtUs of [5_000, 45_000, 85_000, 130_000, 400_000]) {
      const pair = new FlowPair();
      const total = 8;
      for (let i = 0; i < total; i++) pair.a.flow.offer(1, message(30_000, i));
      pair.run(lostAtUs);
      const before = pair.b.got.length;
      // What was under way is sealed under keys that are lost too.
      const old = pair.fate;
      pair.fate = () => [];
      pair.b.restart();
      pair.run(30_000);
      pair.fate = old;
      pair.run(20 * SECOND_US);
      expect(pair.a.flow.busy).toBe(false);
      const seeds = pair.b.got.slice(before).map((m) => m.bytes[0]);
      const wanted = Array.from({ length: total }, (_, i) => message(1, i)[0]);
      // Those after the restart are the last ones, none missing.
      expect(seeds).toEqual(wanted.slice(total - seeds.length));
      expect(before + seeds.length).toBeGreaterThanOrEqual(total);
    }
  });

  it('wait for keys, and are dropped when nobody answers for half a minute', () => {
    const pair = new FlowPair();
    pair.a.keys = false;
    pair.a.flow.offer(1, message(5_000, 1));
    pair.run(SECOND_US);
    expect(pair.sent).toHaveLength(0);
    pair.a.keys = true;
    pair.a.flow.pump();
    pair.run(SECOND_US);
    expect(pair.b.got).toHaveLength(1);
    pair.fate = () => [];
    pair.a.flow.offer(1, message(5_000, 2));
    pair.a.flow.offer(1, message(5_000, 3));
    pair.run(29 * SECOND_US);
    expect(pair.a.dropped).toBe(0);
    // Probes become rare.
    expect(pair.sent.length).toBeLessThan(60);
    pair.run(2 * SECOND_US);
    expect(pair.a.dropped).toBe(2);
    // The next begins anew, though the peer saw nothing of the end.
    pair.fate = () => [20_000];
    pair.a.flow.offer(1, message(5_000, 4));
    pair.run(SECOND_US);
    expect(pair.b.got).toHaveLength(2);
  });
});

describe('a hostile peer', () => {
  /** Begins message `of` of a stream at `pair.b`, of the largest size. */
  function beginner(pair: FlowPair): (stream: number, of: number) => void {
    const writer = new FramesWriter();
    let number = 0;
    return (stream, of) => {
      writer.begin(true, 77, number++);
      writer.piece(stream, of, message(MESSAGE_BYTES_MAX, of), 0);
      pair.b.flow.onFrames(writer.bytes, 0, writer.length);
    };
  }

  it('cannot have more memory than its credit', () => {
    const pair = new FlowPair();
    const begin = beginner(pair);
    for (let i = 0; i < 200; i++) begin(1, i);
    expect(pair.b.budget.usedBytes).toBe(CREDIT_WINDOW_BYTES);
    for (let i = 0; i < 200; i++) begin(2 + i, 0);
    expect(pair.b.budget.usedBytes).toBe(CREDIT_WINDOW_BYTES);
    pair.b.flow.close();
    expect(pair.b.budget.usedBytes).toBe(0);
  });

  it('cannot have more than all peers together may, which good ones only feel as a wait', () => {
    const limit = 100_000;
    const hostile = new FlowPair(limit);
    const begin = beginner(hostile);
    for (let i = 0; i < 10; i++) begin(1, i);
    expect(hostile.b.budget.usedBytes).toBe(MESSAGE_BYTES_MAX);

    const good = new FlowPair(limit);
    let most = 0;
    good.fate = () => {
      most = Math.max(most, good.b.budget.usedBytes);
      return [20_000];
    };
    // Taking turns, so that all three would be under way at once.
    for (const stream of [1, 2, 3]) good.a.flow.offer(stream, message(65_536, stream));
    good.run(20 * SECOND_US);
    expect(most).toBe(MESSAGE_BYTES_MAX);
    expect(good.b.got).toHaveLength(3);
  });

  it('cannot open more streams than there are', () => {
    const pair = new FlowPair();
    for (let stream = 0; stream < STREAMS_MAX + 5; stream++)
      pair.a.flow.offer(stream, message(10, stream));
    pair.run(5 * SECOND_US);
    expect(pair.b.got.length).toBeLessThanOrEqual(STREAMS_MAX);
  });

  it('cannot make the window grow with acknowledgements of what was never sent', () => {
    const pair = new FlowPair();
    pair.a.flow.offer(1, message(60_000, 1));
    const life = readFrames(pair.sent[0]!.content, 0, pair.sent[0]!.content.length)!.life;
    const writer = new FramesWriter();
    writer.begin(true, 5, 0);
    writer.ack({ life, delayUs: 0, creditBytes: 2 ** 40, ranges: [{ low: 0, high: 5_000 }] });
    expect(pair.a.flow.onFrames(writer.bytes, 0, writer.length)).toBe(false);
    expect(pair.a.flow.congestion.windowBytes).toBe(12_320);
  });

  it('cannot end a life with late packets of the one before', () => {
    const pair = new FlowPair();
    const writer = new FramesWriter();
    const say = (life: number, bytes: Uint8Array, index: number, number: number): void => {
      writer.begin(true, life, number);
      writer.piece(1, 0, bytes, index);
      pair.b.flow.onFrames(writer.bytes, 0, writer.length);
    };
    const [old, bytes] = [message(2_000, 1), message(2_000, 2)];
    say(5, old, 0, 0);
    say(6, bytes, 0, 0);
    say(5, old, 1, 1);
    say(6, bytes, 1, 1);
    expect(pair.b.got.map((m) => hex(m.bytes))).toEqual([hex(bytes)]);
  });

  it('cannot change a message that has begun, nor deliver it twice', () => {
    const pair = new FlowPair();
    const writer = new FramesWriter();
    const say = (bytes: Uint8Array, index: number, number: number): void => {
      writer.begin(true, 9, number);
      writer.piece(UNORDERED_FROM, 0, bytes, index);
      pair.b.flow.onFrames(writer.bytes, 0, writer.length);
    };
    const bytes = message(2_000, 1);
    say(bytes, 0, 0);
    say(message(3_000, 2), 1, 1);
    say(message(2_000, 3), 0, 2);
    say(bytes, 1, 3);
    say(bytes, 1, 4);
    say(bytes, 0, 5);
    expect(pair.b.got.map((m) => hex(m.bytes))).toEqual([hex(bytes)]);
  });
});

function pairOf(): Record<'a' | 'b', { pair: FlowPair; end: FlowPair['a'] }> {
  const pair = new FlowPair();
  return { a: { pair, end: pair.a }, b: { pair, end: pair.b } };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function byText(x: string, y: string): number {
  return x < y ? -1 : x > y ? 1 : 0;
}
