/** Pairs of handshakes for every pattern, and what tests of them share. */
import fc from 'fast-check';
import type { AgreementKey, CryptoSuite } from '../../../protocols/crypto/port.ts';
import { Handshake, type PatternName } from '../../../protocols/noise/handshake.ts';
import type { OracleSecrets } from './oracle.ts';

export const NOTHING = new Uint8Array(0);

export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Messages of each pattern. */
export const STEPS: Readonly<Record<PatternName, number>> = { N: 1, X: 1, NK: 2, IK: 2, XX: 3 };
export const PATTERN_NAMES = Object.keys(STEPS) as PatternName[];

const INITIATOR_STATIC: ReadonlySet<PatternName> = new Set(['X', 'IK', 'XX']);

export const FIXED: OracleSecrets = {
  initiatorStatic: new Uint8Array(32).fill(1),
  initiatorEphemeral: new Uint8Array(32).fill(2),
  responderStatic: new Uint8Array(32).fill(3),
  responderEphemeral: new Uint8Array(32).fill(4),
};

const secret = fc.uint8Array({ minLength: 32, maxLength: 32 });
export const secrets: fc.Arbitrary<OracleSecrets> = fc.record({
  initiatorStatic: secret,
  initiatorEphemeral: secret,
  responderStatic: secret,
  responderEphemeral: secret,
});

/** A key of which `of` is every byte of the secret. */
export function keyOf(suite: CryptoSuite, of: number): AgreementKey {
  return suite.agreementKey(new Uint8Array(32).fill(of));
}

/** Initiator and responder, each with the keys that the pattern gives it. */
export function pairOf(
  suite: CryptoSuite,
  pattern: PatternName,
  of: OracleSecrets = FIXED,
  prologue: Uint8Array = NOTHING,
): [Handshake, Handshake] {
  const responderStatic = suite.agreementKey(of.responderStatic);
  return [
    new Handshake(suite, {
      pattern,
      initiator: true,
      prologue,
      ephemeral: suite.agreementKey(of.initiatorEphemeral),
      ...(INITIATOR_STATIC.has(pattern)
        ? { staticKey: suite.agreementKey(of.initiatorStatic) }
        : {}),
      ...(pattern === 'XX' ? {} : { remoteStatic: responderStatic.publicKey }),
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

/** The next message of `from`. */
export function messageOf(from: Handshake, payload: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(payload.length + 200);
  return buffer.slice(0, from.write(payload, 0, payload.length, buffer, 0));
}

/** What `to` makes of `message`: the payload, or undefined if it is refused. */
export function readBy(to: Handshake, message: Uint8Array): Uint8Array | undefined {
  const out = new Uint8Array(message.length);
  const read = to.read(message, 0, message.length, out, 0);
  return read < 0 ? undefined : out.slice(0, read);
}
