/**
 * Cryptography: what each primitive costs in each suite, and what a dark packet costs its sender, a node that it passes and its
 * recipient. The suites take their slices in turn; ratios are against noble, the portable reference.
 *
 * The modelled suite has goals, since it runs for every packet at every node of a zone: an agreement within 100 ns, 256 bytes sealed or
 * opened within 300 ns, and half a microsecond for finding out that a packet is somebody else's.
 */
import type { CryptoSuite } from '../protocols/crypto/port.ts';
import {
  AEAD_KEY_BYTES,
  AEAD_NONCE_BYTES,
  AEAD_TAG_BYTES,
  HASH_BYTES,
} from '../protocols/crypto/port.ts';
import {
  SEALED_OVERHEAD_BYTES,
  SealedBox,
  VIEW_TAG_BYTES,
} from '../protocols/crypto/sealed-box.ts';
import { createSuite, SUITE_NAMES } from '../protocols/crypto/suites.ts';
import type { BenchCase, BenchRow } from './harness.ts';
import { median, nanosecondsInTurn } from './harness.ts';

/** Authenticated data of a dark packet have about this size. */
const ASSOCIATED_BYTES = 50;

interface Operation {
  name: string;
  /** Makes the thing to be measured; it throws if it did not do what it should. */
  prepare(suite: CryptoSuite): () => void;
  /** Promise of the modelled suite, nanoseconds. */
  goalNs?: number;
}

/** `length` bytes that differ from one `seed` to the next. */
function bytesOf(seed: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (seed * 101 + i * 37 + 11) & 0xff);
}

function must(done: boolean, what: string): void {
  if (!done) throw new Error(`${what} failed in the bench`);
}

function agreement(suite: CryptoSuite): () => void {
  const key = suite.agreementKey(bytesOf(1, 32));
  const { publicKey } = suite.agreementKey(bytesOf(2, 32));
  const out = new Uint8Array(32);
  return () => must(suite.agree(key, publicKey, 0, out), 'agree');
}

function sealing(length: number): (suite: CryptoSuite) => () => void {
  return (suite) => {
    const key = bytesOf(3, AEAD_KEY_BYTES);
    const nonce = bytesOf(4, AEAD_NONCE_BYTES);
    const associated = bytesOf(5, ASSOCIATED_BYTES);
    const text = bytesOf(6, length);
    const out = new Uint8Array(length + AEAD_TAG_BYTES);
    return () => suite.seal(key, nonce, associated, text, 0, length, out, 0);
  };
}

function opening(length: number): (suite: CryptoSuite) => () => void {
  return (suite) => {
    const key = bytesOf(3, AEAD_KEY_BYTES);
    const nonce = bytesOf(4, AEAD_NONCE_BYTES);
    const associated = bytesOf(5, ASSOCIATED_BYTES);
    const sealed = new Uint8Array(length + AEAD_TAG_BYTES);
    suite.seal(key, nonce, associated, bytesOf(6, length), 0, length, sealed, 0);
    const out = new Uint8Array(length);
    return () => {
      const opened = suite.open(key, nonce, associated, sealed, 0, sealed.length, out, 0);
      must(opened === length, 'open');
    };
  };
}

interface Box {
  box: SealedBox;
  sealed: Uint8Array;
  tag: Uint8Array;
  associated: Uint8Array;
}

const BOX_TEXT_BYTES = 256;

function sealedBox(suite: CryptoSuite): Box {
  const box = new SealedBox(suite);
  const recipient = suite.agreementKey(bytesOf(7, 32));
  const sealed = new Uint8Array(BOX_TEXT_BYTES + SEALED_OVERHEAD_BYTES);
  const associated = bytesOf(5, ASSOCIATED_BYTES);
  const text = bytesOf(6, BOX_TEXT_BYTES);
  const secret = bytesOf(8, 32);
  const done = box.sealTo(recipient.publicKey, secret, associated, text, 0, text.length, sealed, 0);
  must(done, 'sealTo');
  return { box, sealed, tag: box.viewTag.slice(0, VIEW_TAG_BYTES), associated };
}

const OPERATIONS: readonly Operation[] = [
  { name: 'X25519 agreement', goalNs: 100, prepare: agreement },
  { name: 'AEAD seal 256 B', goalNs: 300, prepare: sealing(256) },
  { name: 'AEAD open 256 B', goalNs: 300, prepare: opening(256) },
  { name: 'AEAD seal 1 KiB', prepare: sealing(1_024) },
  { name: 'AEAD open 1 KiB', prepare: opening(1_024) },
  {
    name: 'sealed box, seal 256 B',
    prepare(suite) {
      const { box, sealed, associated } = sealedBox(suite);
      const { publicKey } = suite.agreementKey(bytesOf(7, 32));
      const text = bytesOf(6, BOX_TEXT_BYTES);
      const secret = bytesOf(8, 32);
      return () =>
        must(box.sealTo(publicKey, secret, associated, text, 0, text.length, sealed, 0), 'sealTo');
    },
  },
  {
    name: 'sealed box, not for us',
    goalNs: 500,
    prepare(suite) {
      const { box, sealed, tag } = sealedBox(suite);
      const other = suite.agreementKey(bytesOf(9, 32));
      return () => must(!box.viewTagMatches(other, sealed, 0, tag, 0), 'refusing');
    },
  },
  {
    name: 'sealed box, open 256 B',
    prepare(suite) {
      const { box, sealed, associated } = sealedBox(suite);
      const own = suite.agreementKey(bytesOf(7, 32));
      const out = new Uint8Array(BOX_TEXT_BYTES);
      return () => {
        const opened = box.open(own, sealed, 0, sealed.length, associated, out, 0);
        must(opened === BOX_TEXT_BYTES, 'open');
      };
    },
  },
  {
    name: 'SHA-256 64 B',
    prepare(suite) {
      const bytes = bytesOf(10, 64);
      return () => must(suite.sha256(bytes).length === HASH_BYTES, 'sha256');
    },
  },
  {
    name: 'Keccak-256 64 B',
    prepare(suite) {
      const bytes = bytesOf(10, 64);
      return () => must(suite.keccak256(bytes).length === HASH_BYTES, 'keccak256');
    },
  },
  {
    name: 'secp256k1 sign',
    prepare(suite) {
      const digest = bytesOf(11, HASH_BYTES);
      const secret = bytesOf(12, 32);
      return () => must(suite.accountSign(digest, secret).length === 65, 'accountSign');
    },
  },
  {
    name: 'secp256k1 recover',
    prepare(suite) {
      const digest = bytesOf(11, HASH_BYTES);
      const signature = suite.accountSign(digest, bytesOf(12, 32));
      return () => must(suite.accountRecover(digest, signature) !== undefined, 'accountRecover');
    },
  },
];

function rowsOf({ name, prepare, goalNs }: Operation, quick: boolean): BenchRow[] {
  const runs = SUITE_NAMES.map((suite) => prepare(createSuite(suite)));
  const values = nanosecondsInTurn(runs, quick);
  const reference = median(values[SUITE_NAMES.indexOf('noble')]!);
  return SUITE_NAMES.map((suite, at) => {
    const middle = median(values[at]!);
    const row: BenchRow = {
      bench: 'crypto',
      case: `${name}, ${suite}`,
      unit: 'ns',
      median: middle,
      low: Math.min(...values[at]!),
      high: Math.max(...values[at]!),
    };
    if (suite !== 'noble') Object.assign(row, { baseline: 'noble', ratio: reference / middle });
    if (suite === 'modelled' && goalNs !== undefined) {
      Object.assign(row, { goal: `<= ${goalNs} ns`, met: middle <= goalNs });
    }
    return row;
  });
}

export const cryptoBench: BenchCase = {
  name: 'crypto',
  run: ({ quick }) => OPERATIONS.flatMap((operation) => rowsOf(operation, quick)),
};
