/** The observer of all links: certain of a lone wave's origin, unsure of overlapping ones, forgetful of what is over. */
import { describe, expect, it } from 'vitest';
import { GlobalObserver } from '../../../scenarios/observers/global.ts';

const SILENCE_US = 1_000;

/** A wave 0 -> 1 -> 2, 3 at some time. */
function wave(observer: GlobalObserver, atUs: number, nodes: readonly [number, number][]): void {
  nodes.forEach(([from, to], i) => {
    observer.observe({ timeUs: atUs + i, from, to });
  });
}

describe('a lone wave', () => {
  const observer = new GlobalObserver(10, SILENCE_US);
  wave(observer, 5_000, [
    [4, 1],
    [1, 2],
    [1, 3],
  ]);

  it('names its sender and leaves its receivers as candidates', () => {
    const judged = observer.judge({ sentUs: 4_990, sender: 4, recipient: 3, arrived: true });
    expect(judged.seen).toBe(true);
    expect(judged.sender).toMatchObject({ entropyBits: 0, logLossBits: 0, found: true });
    expect(judged.receiver!.entropyBits).toBeCloseTo(Math.log2(3), 12);
  });

  it('has no recipient to guess if it did not reach it', () => {
    const judged = observer.judge({ sentUs: 4_990, sender: 4, recipient: 9, arrived: true });
    expect(judged.receiver).toBeUndefined();
  });

  it('says nothing about a message of which no copy arrived', () => {
    const judged = observer.judge({ sentUs: 4_990, sender: 4, recipient: 3, arrived: false });
    expect(judged.seen).toBe(false);
    expect(judged.sender!.entropyBits).toBeCloseTo(Math.log2(10), 12);
  });
});

it('tells waves apart by the silence between them', () => {
  const observer = new GlobalObserver(10, SILENCE_US);
  wave(observer, 5_000, [[4, 1]]);
  wave(observer, 9_000, [
    [7, 2],
    [2, 1],
  ]);
  const first = observer.judge({ sentUs: 4_999, sender: 4, recipient: 1, arrived: true });
  const second = observer.judge({ sentUs: 8_999, sender: 7, recipient: 1, arrived: true });
  expect(first.receiver!.crowd).toBe(1);
  expect(first.sender).toMatchObject({ entropyBits: 0, found: true });
  expect(second.receiver!.crowd).toBe(2);
  expect(second.sender).toMatchObject({ entropyBits: 0, found: true });
});

it('cannot attribute overlapping waves, and doubts relays of having hidden a message of their own', () => {
  const observer = new GlobalObserver(10, SILENCE_US);
  wave(observer, 5_000, [
    [4, 1],
    [7, 2],
    [1, 3],
    [2, 3],
  ]);
  const ofOrigin = observer.judge({
    sentUs: 4_999,
    sender: 4,
    recipient: 1,
    arrived: true,
  }).sender!;
  expect(ofOrigin.crowd).toBe(4);
  expect(ofOrigin.logLossBits).toBeGreaterThanOrEqual(1);
  const ofRelay = observer.judge({ sentUs: 4_999, sender: 1, recipient: 3, arrived: true }).sender!;
  expect(ofRelay.logLossBits).toBeGreaterThan(ofOrigin.logLossBits);
  expect(ofRelay.logLossBits).toBeLessThan(40);
  const ofNobody = observer.judge({
    sentUs: 4_999,
    sender: 9,
    recipient: 3,
    arrived: true,
  }).sender!;
  expect(ofNobody.logLossBits).toBe(40);
});
