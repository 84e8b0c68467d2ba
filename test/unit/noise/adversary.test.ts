/**
 * What strangers may send, for every pattern and suite: nothing of it may throw, change a pending handshake, or get through. A handshake that has
 * refused something must go on as a twin does that never saw it, so both are finished and their keys compared.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOW_ORDER_POINTS } from '../../../protocols/crypto/low-order.ts';
import type { SuiteName } from '../../../protocols/crypto/port.ts';
import { createSuite, SUITE_NAMES } from '../../../protocols/crypto/suites.ts';
import { Handshake, type PatternName } from '../../../protocols/noise/handshake.ts';
import { SymmetricState } from '../../../protocols/noise/symmetric-state.ts';
import {
  FIXED,
  keyOf,
  messageOf,
  NOTHING,
  pairOf,
  PATTERN_NAMES,
  readBy,
  STEPS,
  toHex,
} from './support.ts';

const PAYLOAD = new Uint8Array(20).fill(9);
const CASES = SUITE_NAMES.flatMap((suite) =>
  PATTERN_NAMES.map((pattern): [SuiteName, PatternName] => [suite, pattern]),
);

/** Nothing authenticates the first message of XX: a changed one is another handshake's first message. */
const isOpenToAll = (pattern: PatternName, step: number): boolean => pattern === 'XX' && step === 0;

function keysOf(handshake: Handshake): string {
  const { send, receive } = handshake.split();
  return `${toHex(send.key)} ${toHex(receive.key)}`;
}

/** The undisturbed run: messages, and the keys of both ends. */
function undisturbed(suite: SuiteName, pattern: PatternName): { messages: string[]; keys: string } {
  const ends = pairOf(createSuite(suite), pattern);
  const messages: string[] = [];
  for (let step = 0; step < STEPS[pattern]; step++) {
    const message = messageOf(ends[step % 2]!, PAYLOAD);
    expect(readBy(ends[1 - (step % 2)]!, message)).toEqual(PAYLOAD);
    messages.push(toHex(message));
  }
  return { messages, keys: ends.map(keysOf).join(' / ') };
}

/** Runs a handshake, showing each reader what `forgeries` makes of the message before the message itself. */
function disturbed(
  suite: SuiteName,
  pattern: PatternName,
  forgeries: (message: Uint8Array, step: number) => Iterable<Uint8Array>,
): void {
  const expected = undisturbed(suite, pattern);
  const ends = pairOf(createSuite(suite), pattern);
  for (let step = 0; step < STEPS[pattern]; step++) {
    const message = messageOf(ends[step % 2]!, PAYLOAD);
    expect(toHex(message)).toBe(expected.messages[step]);
    const reader = ends[1 - (step % 2)]!;
    const before = [toHex(reader.hash), reader.remoteStatic, reader.finished];
    for (const forged of forgeries(message, step)) {
      // Where the modelled suite leaves a static key readable, a splice may be the message itself.
      if (toHex(forged) === toHex(message)) continue;
      const out = new Uint8Array(forged.length).fill(0xcc);
      const read = reader.read(forged, 0, forged.length, out, 0);
      if (read !== -1) expect.fail(`step ${step} took ${toHex(forged)}`);
      expect(out.every((byte) => byte === 0xcc)).toBe(true);
    }
    expect([toHex(reader.hash), reader.remoteStatic, reader.finished]).toEqual(before);
    expect(readBy(reader, message)).toEqual(PAYLOAD);
  }
  expect(ends.map(keysOf).join(' / ')).toBe(expected.keys);
}

describe.each(CASES)('%s: a pending handshake of pattern %s', (suite, pattern) => {
  it('refuses every truncation', () => {
    disturbed(suite, pattern, function* (message, step) {
      const end = isOpenToAll(pattern, step) ? 32 : message.length;
      for (let length = 0; length < end; length++) yield message.slice(0, length);
    });
  });

  it('refuses every message with a bit changed, or bytes added', () => {
    // A refusal by noble takes a few milliseconds, so it gets every eleventh bit, which comes to each place in a byte.
    const every = suite === 'noble' ? 11 : 1;
    disturbed(suite, pattern, function* (message, step) {
      if (isOpenToAll(pattern, step)) return;
      for (let bit = 0; bit < message.length * 8; bit += every) {
        const forged = message.slice();
        forged[bit >>> 3]! ^= 1 << (bit & 7);
        yield forged;
      }
      for (const more of [1, 16, 500, 70_000])
        yield Uint8Array.from([...message, ...new Uint8Array(more)]);
    });
  });

  it('refuses keys of low order, in either spelling, before it would have to use them', () => {
    disturbed(suite, pattern, function* (message, step) {
      if (step === 2) return;
      for (const point of LOW_ORDER_POINTS) {
        const forged = message.slice();
        forged.set(point);
        yield forged;
        const respelled = forged.slice();
        respelled[31]! |= 0x80;
        yield respelled;
      }
    });
  });

  it('refuses messages of a parallel handshake between the same two, of other steps, and its own', () => {
    const parallel = pairOf(createSuite(suite), pattern, {
      ...FIXED,
      initiatorEphemeral: new Uint8Array(32).fill(5),
      responderEphemeral: new Uint8Array(32).fill(6),
    });
    const theirs: Uint8Array[] = [];
    for (let step = 0; step < STEPS[pattern]; step++) {
      const message = messageOf(parallel[step % 2]!, PAYLOAD);
      readBy(parallel[1 - (step % 2)]!, message);
      theirs.push(message);
    }
    const ours = undisturbed(suite, pattern).messages.map((hex) =>
      Uint8Array.from(Buffer.from(hex, 'hex')),
    );
    disturbed(suite, pattern, function* (message, step) {
      if (isOpenToAll(pattern, step)) return;
      yield* ours.filter((_, other) => other !== step);
      // A first message of the same sender is genuine whichever handshake it begins.
      yield* theirs.filter((_, other) => other !== 0 || step !== 0);
      for (const their of theirs) {
        // Spliced: the key of the one, the rest of the other.
        yield Uint8Array.from([...message.slice(0, 32), ...their.slice(32)]);
        yield Uint8Array.from([...their.slice(0, 32), ...message.slice(32)]);
      }
    });
  });

  it('takes any bytes at any place without a throw', () => {
    const ends = pairOf(createSuite(suite), pattern);
    const place = fc.oneof(fc.integer({ min: -5, max: 300 }), fc.constantFrom(NaN, 2e9, -1e16));
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 0, maxLength: 250 }),
        place,
        place,
        place,
        (bytes, offset, length, outOffset) => {
          // XX takes any first key, which would end its turn.
          const fits = offset + length <= bytes.length && offset >= 0;
          fc.pre(pattern !== 'XX' || !fits || length < 32);
          expect(ends[1].read(bytes, offset, length, new Uint8Array(250), outOffset)).toBe(-1);
        },
      ),
      { numRuns: 300 },
    );
    expect(readBy(ends[1], messageOf(ends[0], PAYLOAD))).toEqual(PAYLOAD);
  });

  it('reads within a larger buffer and writes nothing around the payload, wherever that overlaps the message', () => {
    for (const shift of [-33, -1, 0, 16, 32, 48, 64, 80, 96]) {
      const ends = pairOf(createSuite(suite), pattern);
      for (let step = 0; step < STEPS[pattern]; step++) {
        const [from, to] = [ends[step % 2]!, ends[1 - (step % 2)]!];
        const message = messageOf(from, PAYLOAD);
        const buffer = new Uint8Array(message.length + 200).fill(0xcc);
        buffer.set(message, 33);
        const expected = buffer.slice();
        expected.set(PAYLOAD, 33 + shift);
        expect(to.read(buffer, 33, message.length, buffer, 33 + shift)).toBe(PAYLOAD.length);
        expect(buffer).toEqual(expected);
        expect(toHex(to.hash)).toBe(toHex(from.hash));
      }
    }
  });

  it('refuses what has no room, and reads it once there is some', () => {
    const ends = pairOf(createSuite(suite), pattern);
    for (let step = 0; step < STEPS[pattern]; step++) {
      const to = ends[1 - (step % 2)]!;
      const message = messageOf(ends[step % 2]!, PAYLOAD);
      const [small, exact] = [new Uint8Array(PAYLOAD.length - 1), new Uint8Array(PAYLOAD.length)];
      expect(to.read(message, 0, message.length, small, 0)).toBe(-1);
      for (const outOffset of [1, -1, NaN])
        expect(to.read(message, 0, message.length, exact, outOffset)).toBe(-1);
      expect(to.read(message, 0, message.length, exact, 0)).toBe(PAYLOAD.length);
    }
  });
});

describe.each(SUITE_NAMES)('a static key of low order (%s)', (name) => {
  /** A first message of X and IK by somebody with no secret: `ss` leaves the key as it is, or mixes in what everybody would get. */
  function forged(pattern: 'X' | 'IK', point: Uint8Array, mixesZeros: boolean): Uint8Array {
    const suite = createSuite(name);
    const ephemeral = keyOf(suite, 2);
    const responder = keyOf(suite, 3).publicKey;
    const shared = new Uint8Array(32);
    expect(suite.agree(ephemeral, responder, 0, shared)).toBe(true);
    const state = new SymmetricState(suite, `Noise_${pattern}_25519_ChaChaPoly_SHA256`);
    for (const known of [NOTHING, responder, ephemeral.publicKey]) state.mixHash(known);
    state.mixKey(shared);
    const message = new Uint8Array(32 + 48 + PAYLOAD.length + 16);
    message.set(ephemeral.publicKey);
    state.seal(point, 0, 32, message, 32);
    if (mixesZeros) state.mixKey(new Uint8Array(32));
    state.seal(PAYLOAD, 0, PAYLOAD.length, message, 80);
    return message;
  }

  it.each(['X', 'IK'] as const)('proves nothing in %s', (pattern) => {
    const [initiator, responder] = pairOf(createSuite(name), pattern);
    for (const point of LOW_ORDER_POINTS)
      for (const mixesZeros of [false, true])
        expect(readBy(responder, forged(pattern, point, mixesZeros))).toBeUndefined();
    expect(responder.remoteStatic).toBeUndefined();
    expect(readBy(responder, messageOf(initiator, PAYLOAD))).toEqual(PAYLOAD);
  });
});

describe('identities', () => {
  it.each(['N', 'X', 'NK', 'IK'] as const)('%s is not answered by anybody else', (pattern) => {
    const suite = createSuite('native');
    const [initiator] = pairOf(suite, pattern);
    const [, impostor] = pairOf(suite, pattern, {
      ...FIXED,
      responderStatic: new Uint8Array(32).fill(7),
    });
    expect(readBy(impostor, messageOf(initiator, PAYLOAD))).toBeUndefined();
  });

  it('XX names whoever answers, not whoever was meant', () => {
    const suite = createSuite('native');
    const [initiator] = pairOf(suite, 'XX');
    const [, impostor] = pairOf(suite, 'XX', {
      ...FIXED,
      responderStatic: new Uint8Array(32).fill(7),
    });
    readBy(impostor, messageOf(initiator, NOTHING));
    expect(initiator.remoteStatic).toBeUndefined();
    expect(readBy(initiator, messageOf(impostor, NOTHING))).toEqual(NOTHING);
    expect(initiator.remoteStatic).toEqual(keyOf(suite, 7).publicKey);
  });

  it.each(['X', 'IK'] as const)('%s cannot be called in the name of another', (pattern) => {
    const suite = createSuite('native');
    const victim = keyOf(suite, 1);
    const caller = new Handshake(suite, {
      pattern,
      initiator: true,
      prologue: NOTHING,
      // The victim's public key over a secret that is not the victim's.
      staticKey: { ...keyOf(suite, 8), publicKey: victim.publicKey },
      ephemeral: keyOf(suite, 2),
      remoteStatic: keyOf(suite, 3).publicKey,
    });
    const [, responder] = pairOf(suite, pattern);
    expect(readBy(responder, messageOf(caller, PAYLOAD))).toBeUndefined();
    expect(responder.remoteStatic).toBeUndefined();
  });
});
