/** What callers may rely on: bytes of every pattern, sizes, mistakes that are heard of and do no harm, and counters that never come back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSuite, SUITE_NAMES } from '../../../protocols/crypto/suites.ts';
import { CipherState, writeNonce } from '../../../protocols/noise/cipher-state.ts';
import { Handshake } from '../../../protocols/noise/handshake.ts';
import { aead, oracle } from './oracle.ts';
import {
  FIXED,
  keyOf,
  messageOf,
  NOTHING,
  pairOf,
  PATTERN_NAMES,
  readBy,
  secrets,
  STEPS,
  toHex,
} from './support.ts';

const native = createSuite('native');

describe.each(PATTERN_NAMES)('%s', (pattern) => {
  it('has the bytes, keys and hash that the specification written out gives', () => {
    const steps = STEPS[pattern];
    fc.assert(
      fc.property(
        secrets,
        fc.uint8Array({ maxLength: 40 }),
        fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: steps, maxLength: steps }),
        (of, prologue, payloads) => {
          const expected = oracle(pattern, of, prologue, payloads);
          const ends = pairOf(native, pattern, of, prologue);
          payloads.forEach((payload, step) => {
            const message = messageOf(ends[step % 2]!, payload);
            expect(toHex(message)).toBe(toHex(expected.messages[step]!));
            expect(readBy(ends[1 - (step % 2)]!, message)).toEqual(payload);
          });
          expect(ends.map((end) => toHex(end.hash))).toEqual(ends.map(() => toHex(expected.hash)));
          const [initiator, responder] = ends.map((end) => end.split());
          const keys = expected.keys.map(toHex);
          expect([initiator!.send.key, initiator!.receive.key].map(toHex)).toEqual(keys);
          expect([responder!.receive.key, responder!.send.key].map(toHex)).toEqual(keys);
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each(SUITE_NAMES)('is as long as it says, and ends in keys that match (%s)', (name) => {
    const suite = createSuite(name);
    for (const length of [0, 1, 100, 1_000]) {
      const ends = pairOf(suite, pattern);
      for (let step = 0; step < STEPS[pattern]; step++) {
        expect(ends.some((end) => end.finished)).toBe(false);
        const message = messageOf(ends[step % 2]!, new Uint8Array(length));
        expect(message.length).toBe(ends[1].messageBytes(step, length));
        expect(readBy(ends[1 - (step % 2)]!, message)?.length).toBe(length);
      }
      expect(ends.every((end) => end.finished)).toBe(true);
      const [initiator, responder] = ends.map((end) => end.split());
      expect(toHex(initiator!.send.key)).toBe(toHex(responder!.receive.key));
      expect(toHex(initiator!.receive.key)).toBe(toHex(responder!.send.key));
    }
  });

  it('knows no message beyond its last', () => {
    const [initiator] = pairOf(native, pattern);
    expect(() => initiator.messageBytes(STEPS[pattern], 0)).toThrow('no message');
    expect(() => initiator.messageBytes(-1, 0)).toThrow('no message');
  });
});

describe('a mistake of the caller', () => {
  it.each(PATTERN_NAMES)('in a place to write to changes nothing (%s)', (pattern) => {
    const [initiator, responder] = pairOf(native, pattern);
    const text = Uint8Array.of(1, 2, 3);
    const bytes = initiator.messageBytes(0, text.length);
    for (let room = 0; room < bytes; room++)
      expect(() => initiator.write(text, 0, 3, new Uint8Array(room), 0)).toThrow(
        'handshake message',
      );
    expect(() => initiator.write(text, 0, 3, new Uint8Array(bytes), 1)).toThrow(
      'handshake message',
    );
    expect(() => initiator.write(text, 1, 3, new Uint8Array(500), 0)).toThrow('payload');
    expect(readBy(responder, messageOf(initiator, text))).toEqual(text);
  });

  it('in the keys changes nothing, and is heard of', () => {
    const parts = { pattern: 'IK', initiator: true, prologue: NOTHING } as const;
    const remoteStatic = keyOf(native, 3).publicKey;
    const mistakes = [
      { parts: { ...parts, remoteStatic, staticKey: keyOf(native, 1) }, says: 'ephemeral key' },
      { parts: { ...parts, remoteStatic, ephemeral: keyOf(native, 2) }, says: 'static key' },
      {
        parts: {
          ...parts,
          remoteStatic: new Uint8Array(32),
          staticKey: keyOf(native, 1),
          ephemeral: keyOf(native, 2),
        },
        says: 'low order',
      },
    ];
    for (const { parts: wrong, says } of mistakes) {
      const handshake = new Handshake(native, wrong);
      const before = toHex(handshake.hash);
      for (let again = 0; again < 2; again++)
        expect(() => messageOf(handshake, NOTHING)).toThrow(says);
      expect(toHex(handshake.hash)).toBe(before);
    }
    expect(() => new Handshake(native, parts)).toThrow('beforehand');
    expect(() => new Handshake(native, { ...parts, remoteStatic: new Uint8Array(31) })).toThrow(
      'beforehand',
    );
  });

  it('in the turn is heard of, from the first message to after the last', () => {
    for (const pattern of PATTERN_NAMES) {
      const ends = pairOf(native, pattern);
      for (let step = 0; step < STEPS[pattern]; step++) {
        const [from, to] = [ends[step % 2]!, ends[1 - (step % 2)]!];
        expect(() => readBy(from, new Uint8Array(200))).toThrow('not ours to read');
        expect(() => messageOf(to, NOTHING)).toThrow('not ours to write');
        expect(() => from.split()).toThrow('not finished');
        expect(readBy(to, messageOf(from, NOTHING))).toEqual(NOTHING);
      }
      for (const end of ends) {
        expect(() => readBy(end, new Uint8Array(200))).toThrow('not ours to read');
        expect(() => messageOf(end, NOTHING)).toThrow('not ours to write');
      }
    }
  });

  it('never makes keys twice, since the second ones would be the same for everybody', () => {
    const ends = pairOf(native, 'IK');
    readBy(ends[1], messageOf(ends[0], NOTHING));
    readBy(ends[0], messageOf(ends[1], NOTHING));
    for (const end of ends) {
      end.split();
      expect(() => end.split()).toThrow('already');
    }
  });

  it('in a buffer used again afterwards does not change whom it calls', () => {
    const borrowed = keyOf(native, 3).publicKey.slice();
    const initiator = new Handshake(native, {
      pattern: 'IK',
      initiator: true,
      prologue: NOTHING,
      staticKey: keyOf(native, 1),
      ephemeral: keyOf(native, 2),
      remoteStatic: borrowed,
    });
    borrowed.fill(0xee);
    const [, responder] = pairOf(native, 'IK');
    expect(readBy(responder, messageOf(initiator, NOTHING))).toEqual(NOTHING);
    expect(initiator.remoteStatic).toEqual(keyOf(native, 3).publicKey);
  });

  it('in the size is heard of: no Noise message is longer than 65,535 bytes', () => {
    const [initiator, responder] = pairOf(native, 'N');
    const overhead = initiator.messageBytes(0, 0);
    const out = new Uint8Array(65_536);
    const payload = new Uint8Array(65_536);
    expect(() => initiator.write(payload, 0, 65_536 - overhead, out, 0)).toThrow('65535');
    const written = initiator.write(payload, 0, 65_535 - overhead, out, 0);
    expect(written).toBe(65_535);
    // Somebody else's, longer by one byte and genuine otherwise.
    const [longer] = oracle('N', FIXED, NOTHING, [payload.slice(0, 65_536 - overhead)]).messages;
    expect(longer!.length).toBe(65_536);
    expect(responder.read(longer!, 0, 65_536, payload, 0)).toBe(-1);
    expect(responder.read(out, 0, written, payload, 0)).toBe(65_535 - overhead);
  });
});

describe('a cipher state', () => {
  const key = new Uint8Array(32).fill(7);

  it('writes every counter below 2^53 as the specification says', () => {
    const nonce = new Uint8Array(12).fill(0xff);
    const expected = Buffer.alloc(12);
    fc.assert(
      fc.property(
        fc.oneof(fc.maxSafeNat(), fc.constantFrom(0xffff_ffff, 2 ** 32, Number.MAX_SAFE_INTEGER)),
        (counter) => {
          writeNonce(counter, nonce);
          expected.writeBigUInt64LE(BigInt(counter), 4);
          expect(toHex(nonce)).toBe(toHex(expected));
        },
      ),
    );
  });

  it('stops after 2^53 messages rather than use a nonce twice', () => {
    const [send, receive] = [new CipherState(native, key), new CipherState(native, key)];
    send.counter = receive.counter = Number.MAX_SAFE_INTEGER;
    const out = new Uint8Array(17);
    const text = Uint8Array.of(5);
    send.seal(NOTHING, text, 0, 1, out, 0);
    const last = BigInt(Number.MAX_SAFE_INTEGER);
    expect(toHex(out)).toBe(toHex(aead(key, last, NOTHING, text)));
    expect(receive.open(NOTHING, out, 0, 17, new Uint8Array(1), 0)).toBe(1);
    expect(() => send.seal(NOTHING, text, 0, 1, new Uint8Array(17), 0)).toThrow('used up');
    // Not because it does not open: because it is over.
    const beyond = aead(key, last + 1n, NOTHING, text);
    expect(receive.open(NOTHING, beyond, 0, 17, new Uint8Array(1), 0)).toBe(-1);
  });

  it('seals nothing under a key that it has forgotten', () => {
    const state = new CipherState(native, key);
    state.forget();
    expect(toHex(state.key)).toBe('00'.repeat(32));
    expect(() => state.seal(NOTHING, NOTHING, 0, 0, new Uint8Array(16), 0)).toThrow('forgotten');
    for (const counter of [0n, BigInt(state.counter)]) {
      const sealed = aead(new Uint8Array(32), counter, NOTHING, NOTHING);
      expect(state.open(NOTHING, sealed, 0, 16, NOTHING, 0)).toBe(-1);
    }
    expect(() => state.rekey()).toThrow('forgotten');
  });

  it('stays where it was when something does not open, and agrees with its copy', () => {
    const [send, receive] = [new CipherState(native, key), new CipherState(native, key)];
    const sealed = new Uint8Array(20);
    send.seal(Uint8Array.of(1), new Uint8Array(4), 0, 4, sealed, 0);
    const out = new Uint8Array(4);
    expect(receive.open(Uint8Array.of(2), sealed, 0, 20, out, 0)).toBe(-1);
    expect(receive.open(Uint8Array.of(1), sealed, 0, 15, out, 0)).toBe(-1);
    expect(receive.counter).toBe(0);
    const copy = receive.copy();
    expect(receive.open(Uint8Array.of(1), sealed, 0, 20, out, 0)).toBe(4);
    expect(copy.counter).toBe(0);
    expect(copy.open(Uint8Array.of(1), sealed, 0, 20, out, 0)).toBe(4);
  });

  it('goes on counting after a change of key, so both sides may change it at the same message', () => {
    const [send, receive] = [new CipherState(native, key), new CipherState(native, key)];
    const sealed = new Uint8Array(16);
    for (let i = 0; i < 3; i++) {
      send.seal(NOTHING, NOTHING, 0, 0, sealed, 0);
      expect(receive.open(NOTHING, sealed, 0, 16, NOTHING, 0)).toBe(0);
      for (const state of [send, receive]) state.rekey();
    }
    expect(send.counter).toBe(3);
    expect(toHex(send.key)).not.toBe(toHex(key));
  });
});
