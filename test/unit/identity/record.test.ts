/** Node records: whoever signs is who is introduced, and nothing else opens. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { accountFromPublicKey, overlayAddress } from '../../../protocols/identity/address.ts';
import {
  RECORD_BYTES,
  RecordVerifier,
  signRecord,
  verifyRecord,
} from '../../../protocols/identity/record.ts';

const suite = createSuite('native');
const secret = new Uint8Array(32).fill(5);
const parts = {
  networkId: 0x0102_0304_0506_0708n,
  nonce: new Uint8Array(32).fill(6),
  publicKey: new Uint8Array(32).fill(7),
  endpoint: Uint8Array.from({ length: 18 }, (_, i) => i),
  sequence: 0x1234_5678_9abc,
};
const record = signRecord(suite, secret, parts);

it('says what was signed, of the account that signed it', () => {
  const read = verifyRecord(suite, Uint8Array.from([9, ...record, 9]), 1)!;
  const account = accountFromPublicKey(suite, suite.accountPublicKey(secret));
  expect(record.length).toBe(RECORD_BYTES);
  expect(read.account).toEqual(account);
  expect(read.address).toEqual(overlayAddress(suite, account, parts.networkId, parts.nonce));
  const { nonce: _, ...said } = parts;
  expect(read).toMatchObject(said);
});

it('is nobody else when a byte of it changes, if it is anybody at all', () => {
  const genuine = verifyRecord(suite, record, 0)!;
  for (let at = 0; at < RECORD_BYTES; at++) {
    const forged = record.slice();
    forged[at]! ^= 1;
    const read = verifyRecord(suite, forged, 0);
    // A signature over other bytes recovers to some other account, whose key nobody has.
    if (read !== undefined) expect(read.account).not.toEqual(genuine.account);
  }
});

it('takes any bytes', () => {
  const verifier = new RecordVerifier(suite, 2);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(50), (bytes, offset) => {
      verifier.verify(bytes, offset);
    }),
    { numRuns: 60 },
  );
  expect(verifyRecord(suite, record.subarray(1), 0)).toBeUndefined();
});

it('is checked once while it is remembered', () => {
  let recovered = 0;
  const counting = {
    ...suite,
    accountRecover: (d: Uint8Array, s: Uint8Array) => (recovered++, suite.accountRecover(d, s)),
    keccak256: (b: Uint8Array) => suite.keccak256(b),
  } as typeof suite;
  const verifier = new RecordVerifier(counting, 2);
  for (let i = 0; i < 5; i++) expect(verifier.verify(record, 0)?.sequence).toBe(parts.sequence);
  expect(recovered).toBe(1);
  for (const sequence of [1, 2])
    verifier.verify(signRecord(suite, secret, { ...parts, sequence }), 0);
  verifier.verify(record, 0);
  expect(recovered).toBe(4);
});
