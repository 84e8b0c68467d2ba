/** Handshakes against published vectors, against the specification written out once more, and against whoever tampers with them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CryptoSuite } from '../../../protocols/crypto/port.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { CipherState } from '../../../protocols/noise/cipher-state.ts';
import { Handshake, type PatternName } from '../../../protocols/noise/handshake.ts';
import { readVector } from '../../support/vectors.ts';
import { aead, oracle, publicOf, type OracleSecrets } from './oracle.ts';

const fromHex = (hex: string): Uint8Array => Uint8Array.from(Buffer.from(hex, 'hex'));
const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const REAL = (['noble', 'native'] as const).map((name) => createSuite(name));

interface Vector {
  protocol_name: string;
  init_prologue: string;
  init_static?: string;
  init_ephemeral: string;
  init_remote_static?: string;
  resp_prologue: string;
  resp_static?: string;
  resp_ephemeral?: string;
  handshake_hash?: string;
  messages: { payload: string; ciphertext: string }[];
}

const vectors = readVector('noise/cacophony.json') as { vectors: Vector[] } | undefined;

function pairOf(suite: CryptoSuite, vector: Vector): [Handshake, Handshake] {
  const pattern = vector.protocol_name.split('_')[1] as PatternName;
  const key = (hex: string): ReturnType<CryptoSuite['agreementKey']> =>
    suite.agreementKey(fromHex(hex));
  // A one-way handshake's answering side has no ephemeral key; it must not be used.
  const unused = '11'.repeat(32);
  return [
    new Handshake(suite, {
      pattern,
      initiator: true,
      prologue: fromHex(vector.init_prologue),
      ephemeral: key(vector.init_ephemeral),
      ...(vector.init_static === undefined ? {} : { staticKey: key(vector.init_static) }),
      ...(vector.init_remote_static === undefined
        ? {}
        : { remoteStatic: fromHex(vector.init_remote_static) }),
    }),
    new Handshake(suite, {
      pattern,
      initiator: false,
      prologue: fromHex(vector.resp_prologue),
      ephemeral: key(vector.resp_ephemeral ?? unused),
      ...(vector.resp_static === undefined ? {} : { staticKey: key(vector.resp_static) }),
    }),
  ];
}

/** Passes one handshake message; returns it. */
function pass(from: Handshake, to: Handshake, payload: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(65_535);
  const message = buffer.slice(0, from.write(payload, 0, payload.length, buffer, 0));
  const read = to.read(message, 0, message.length, buffer, 0);
  expect(toHex(buffer.subarray(0, read))).toBe(toHex(payload));
  return message;
}

describe.skipIf(vectors === undefined)('the published vectors', () => {
  const cases = REAL.flatMap((suite) =>
    (vectors?.vectors ?? []).map((vector) => ({
      suite,
      vector,
      name: `${vector.protocol_name} (${suite.name})`,
    })),
  );

  it.each(cases)('$name', ({ suite, vector }) => {
    const [initiator, responder] = pairOf(suite, vector);
    const oneWay = vector.protocol_name.includes('_N_');
    const messages = [...vector.messages];
    for (let turn = 0; !initiator.finished; turn++) {
      const { payload, ciphertext } = messages.shift()!;
      const [from, to] = turn % 2 === 0 ? [initiator, responder] : [responder, initiator];
      expect(toHex(pass(from, to, fromHex(payload)))).toBe(ciphertext);
    }
    expect(responder.finished).toBe(true);
    if (vector.handshake_hash !== undefined) {
      expect(toHex(initiator.hash)).toBe(vector.handshake_hash);
      expect(toHex(responder.hash)).toBe(vector.handshake_hash);
    }
    const ends = [initiator.split(), responder.split()];
    expect(messages.length).toBeGreaterThan(0);
    // The conversation goes on with whoever's turn it is.
    let turn = vector.messages.length - messages.length;
    for (const { payload, ciphertext } of messages) {
      const from = oneWay ? 0 : turn++ % 2;
      const text = fromHex(payload);
      const out = new Uint8Array(text.length + 16);
      ends[from]!.send.seal(new Uint8Array(0), text, 0, text.length, out, 0);
      expect(toHex(out)).toBe(ciphertext);
      const plain = new Uint8Array(text.length);
      const receive = ends[1 - from]!.receive;
      expect(receive.open(new Uint8Array(0), out, 0, out.length, plain, 0)).toBe(text.length);
      expect(toHex(plain)).toBe(payload);
    }
  });
});

const secret = fc.uint8Array({ minLength: 32, maxLength: 32 });
const secrets: fc.Arbitrary<OracleSecrets> = fc.record({
  initiatorStatic: secret,
  initiatorEphemeral: secret,
  responderStatic: secret,
  responderEphemeral: secret,
});

function pair(
  suite: CryptoSuite,
  pattern: 'IK' | 'XX',
  of: OracleSecrets,
  prologue: Uint8Array,
): [Handshake, Handshake] {
  const responderStatic = suite.agreementKey(of.responderStatic);
  return [
    new Handshake(suite, {
      pattern,
      initiator: true,
      prologue,
      staticKey: suite.agreementKey(of.initiatorStatic),
      ephemeral: suite.agreementKey(of.initiatorEphemeral),
      ...(pattern === 'IK' ? { remoteStatic: responderStatic.publicKey } : {}),
    }),
    new Handshake(suite, {
      pattern,
      initiator: false,
      prologue,
      staticKey: responderStatic,
      ephemeral: suite.agreementKey(of.responderEphemeral),
    }),
  ];
}

describe.each(['IK', 'XX'] as const)('%s', (pattern) => {
  const steps = pattern === 'IK' ? 2 : 3;

  it('has the bytes, keys and hash that the specification written out gives', () => {
    const suite = createSuite('native');
    fc.assert(
      fc.property(
        secrets,
        fc.uint8Array({ maxLength: 40 }),
        fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: steps, maxLength: steps }),
        (of, prologue, payloads) => {
          const expected = oracle(pattern, of, prologue, payloads);
          const ends = pair(suite, pattern, of, prologue);
          payloads.forEach((payload, step) => {
            const message = pass(ends[step % 2]!, ends[1 - (step % 2)]!, payload);
            expect(toHex(message)).toBe(toHex(expected.messages[step]!));
            expect(message.length).toBe(ends[0].messageBytes(step, payload.length));
          });
          expect(toHex(ends[1].hash)).toBe(toHex(expected.hash));
          expect(toHex(ends[1].remoteStatic!)).toBe(toHex(publicOf(of.initiatorStatic)));
          expect(toHex(ends[0].remoteStatic!)).toBe(toHex(publicOf(of.responderStatic)));
          const [a, b] = ends.map((end) => end.split());
          expect(toHex(a!.send.key)).toBe(toHex(expected.keys[0]));
          expect(toHex(b!.receive.key)).toBe(toHex(expected.keys[0]));
          expect(toHex(b!.send.key)).toBe(toHex(expected.keys[1]));
          expect(toHex(a!.receive.key)).toBe(toHex(expected.keys[1]));
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each(['noble', 'native', 'modelled'] as const)(
    'survives every forged message and ends as if there had been none (%s)',
    (name) => {
      const suite = createSuite(name);
      const of: OracleSecrets = {
        initiatorStatic: new Uint8Array(32).fill(1),
        initiatorEphemeral: new Uint8Array(32).fill(2),
        responderStatic: new Uint8Array(32).fill(3),
        responderEphemeral: new Uint8Array(32).fill(4),
      };
      const ends = pair(suite, pattern, of, new Uint8Array(0));
      const payload = new Uint8Array(20).fill(9);
      const buffer = new Uint8Array(1_000);
      const earlier: Uint8Array[] = [];
      for (let step = 0; step < steps; step++) {
        const [from, to] = [ends[step % 2]!, ends[1 - (step % 2)]!];
        const message = buffer.slice(0, from.write(payload, 0, payload.length, buffer, 0));
        const before = toHex(to.hash);
        const refused = (forged: Uint8Array): void => {
          expect(to.read(forged, 0, forged.length, buffer, 0)).toBe(-1);
          expect(toHex(to.hash)).toBe(before);
        };
        // Nothing authenticates the first message of XX: there a changed one is another handshake.
        const authenticated = !(pattern === 'XX' && step === 0);
        if (authenticated) {
          const every = name === 'noble' ? 29 : 1;
          for (let bit = 0; bit < message.length * 8; bit += every) {
            const forged = message.slice();
            forged[bit >>> 3]! ^= 1 << (bit & 7);
            // The highest bit of a public key is ignored by X25519, but not by the transcript.
            refused(forged);
          }
          refused(Uint8Array.from([...message, 0]));
          for (const old of earlier) refused(old);
          // A point of low order makes a shared secret that everybody knows.
          const lowOrder = message.slice();
          if (step < 2) lowOrder.fill(0, 0, 32);
          if (step < 2) refused(lowOrder);
        }
        for (let length = 0; length < message.length; length += 7)
          if (authenticated || length < 32) refused(message.subarray(0, length));
        expect(to.read(message, 0, message.length, buffer, 0)).toBe(payload.length);
        earlier.push(message);
      }
      const [a, b] = ends.map((end) => end.split());
      expect(toHex(a!.send.key)).toBe(toHex(b!.receive.key));
      expect(toHex(a!.receive.key)).toBe(toHex(b!.send.key));
      expect(toHex(a!.send.key)).not.toBe(toHex(a!.receive.key));
    },
  );

  it('shows nobody who calls, and with XX nobody who answers', () => {
    const suite = createSuite('native');
    const of: OracleSecrets = {
      initiatorStatic: new Uint8Array(32).fill(1),
      initiatorEphemeral: new Uint8Array(32).fill(2),
      responderStatic: new Uint8Array(32).fill(3),
      responderEphemeral: new Uint8Array(32).fill(4),
    };
    const ends = pair(suite, pattern, of, new Uint8Array(0));
    let said = '';
    for (let step = 0; step < steps; step++)
      said += toHex(pass(ends[step % 2]!, ends[1 - (step % 2)]!, new Uint8Array(5)));
    expect(said).not.toContain(toHex(publicOf(of.initiatorStatic)));
    expect(said).not.toContain(toHex(publicOf(of.responderStatic)));
  });

  it('does not come about between different prologues', () => {
    const suite = createSuite('native');
    const of: OracleSecrets = {
      initiatorStatic: new Uint8Array(32).fill(1),
      initiatorEphemeral: new Uint8Array(32).fill(2),
      responderStatic: new Uint8Array(32).fill(3),
      responderEphemeral: new Uint8Array(32).fill(4),
    };
    const [initiator] = pair(suite, pattern, of, Uint8Array.of(1));
    const [, responder] = pair(suite, pattern, of, Uint8Array.of(2));
    const buffer = new Uint8Array(500);
    const first = initiator.write(buffer, 0, 0, buffer, 0);
    const read = responder.read(buffer.slice(), 0, first, buffer, 0);
    if (pattern === 'IK') expect(read).toBe(-1);
    else {
      const second = responder.write(buffer, 0, 0, buffer, 0);
      expect(initiator.read(buffer.slice(), 0, second, buffer, 0)).toBe(-1);
    }
  });
});

describe('a cipher state', () => {
  it('changes its key as the specification says', () => {
    const key = new Uint8Array(32).fill(7);
    const state = new CipherState(createSuite('native'), key);
    state.rekey();
    const expected = aead(key, 0xffff_ffff_ffff_ffffn, new Uint8Array(0), new Uint8Array(32));
    expect(toHex(state.key)).toBe(toHex(expected.subarray(0, 32)));
  });

  it('counts past 32 bits', () => {
    const key = new Uint8Array(32).fill(7);
    const state = new CipherState(createSuite('native'), key);
    state.counter = 0x1_0000_0001;
    const out = new Uint8Array(17);
    state.seal(new Uint8Array(0), Uint8Array.of(5), 0, 1, out, 0);
    expect(toHex(out)).toBe(toHex(aead(key, 0x1_0000_0001n, new Uint8Array(0), Uint8Array.of(5))));
  });

  it('is not the caller of a message out of turn', () => {
    const suite = createSuite('native');
    const initiator = new Handshake(suite, {
      pattern: 'XX',
      initiator: true,
      prologue: new Uint8Array(0),
      staticKey: suite.agreementKey(new Uint8Array(32).fill(1)),
      ephemeral: suite.agreementKey(new Uint8Array(32).fill(2)),
    });
    const buffer = new Uint8Array(100);
    expect(() => initiator.read(buffer, 0, 50, buffer, 0)).toThrow('not ours to read');
    expect(() => initiator.split()).toThrow('not finished');
    initiator.write(buffer, 0, 0, buffer, 0);
    expect(() => initiator.write(buffer, 0, 0, buffer, 0)).toThrow('not ours to write');
  });
});
