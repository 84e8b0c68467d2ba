import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AgreementKey, CryptoSuite } from '../../../protocols/crypto/port.ts';
import { LOW_ORDER_POINTS } from '../../../protocols/crypto/low-order.ts';
import {
  SEALED_OVERHEAD_BYTES,
  SealedBox,
  VIEW_TAG_BYTES,
} from '../../../protocols/crypto/sealed-box.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { bytesOf, derived, flipped, fromHex, shared, suites, toHex } from './support.ts';

const FILLER = 0xa5;
const ASSOCIATED = Uint8Array.from({ length: 50 }, (_, i) => i * 3);
const TEXT = Uint8Array.from({ length: 30 }, (_, i) => i * 7);

interface Message {
  box: SealedBox;
  recipient: AgreementKey;
  sealed: Uint8Array;
  tag: Uint8Array;
}

function message(suite: CryptoSuite, text: Uint8Array = TEXT): Message {
  const box = new SealedBox(suite);
  const recipient = suite.agreementKey(new Uint8Array(32).fill(11));
  const secret = new Uint8Array(32).fill(12);
  const sealed = new Uint8Array(text.length + SEALED_OVERHEAD_BYTES);
  const done = box.sealTo(recipient.publicKey, secret, ASSOCIATED, text, 0, text.length, sealed, 0);
  if (!done) throw new Error('the recipient has an ordinary key');
  return { box, recipient, sealed, tag: box.viewTag.slice() };
}

/** What opening returns, and that it wrote nothing if it refused. */
function tryOpen(
  { box }: Message,
  key: AgreementKey,
  sealed: Uint8Array,
  associated: Uint8Array = ASSOCIATED,
  offset = 0,
  length = sealed.length,
): number {
  const out = new Uint8Array(Math.max(sealed.length, 64)).fill(FILLER);
  const opened = box.open(key, sealed, offset, length, associated, out, 0);
  if (opened < 0) expect(out.every((byte) => byte === FILLER)).toBe(true);
  return opened;
}

describe.each(suites)('a sealed box of the $name suite', ({ name, suite }) => {
  const runs = name === 'noble' ? 10 : 100;
  /** Noble takes milliseconds for an agreement: it tries one bit of each byte, the others all. */
  const step = name === 'modelled' ? 1 : 8;

  it('opens for its recipient, shows the tag it was sealed with, and writes nothing beside it', () => {
    fc.assert(
      fc.property(
        bytesOf(32),
        bytesOf(32),
        fc.uint8Array({ maxLength: 80, size: 'max' }),
        fc.uint8Array({ maxLength: 400, size: 'max' }),
        fc.nat(20),
        (own, secret, associated, text, at) => {
          const box = new SealedBox(suite);
          const recipient = suite.agreementKey(own);
          const total = text.length + SEALED_OVERHEAD_BYTES;
          const place = new Uint8Array(at + total + 9).fill(FILLER);
          const source = Uint8Array.from([1, 2, 3, ...text, 4]);
          const { publicKey } = recipient;
          expect(box.sealTo(publicKey, secret, associated, source, 3, text.length, place, at)).toBe(
            true,
          );
          const beside = [...place.subarray(0, at), ...place.subarray(at + total)];
          expect(beside).toEqual(new Array(at + 9).fill(FILLER));
          const tag = Uint8Array.from([9, ...box.viewTag]);
          const other = new SealedBox(suite);
          expect(other.viewTagMatches(recipient, place, at, tag, 1)).toBe(true);
          const out = new Uint8Array(text.length + 5).fill(FILLER);
          expect(other.open(recipient, place, at, total, associated, out, 2)).toBe(text.length);
          expect(out).toEqual(Uint8Array.from([FILLER, FILLER, ...text, FILLER, FILLER, FILLER]));
        },
      ),
      { numRuns: runs },
    );
  });

  it('neither opens for nor shows its tag to another key', () => {
    const made = message(suite);
    fc.assert(
      fc.property(bytesOf(32), (secret) => {
        const other = suite.agreementKey(secret);
        fc.pre(toHex(other.publicKey) !== toHex(made.recipient.publicKey));
        expect(made.box.viewTagMatches(other, made.sealed, 0, made.tag, 0)).toBe(false);
        expect(tryOpen(made, other, made.sealed)).toBe(-1);
      }),
      { numRuns: runs },
    );
  });

  it('does not open with a bit of it changed, and with one of its ephemeral key shows another tag', () => {
    const made = message(suite);
    const { recipient, sealed, tag, box } = made;
    for (let bit = 0; bit < sealed.length * 8; bit += step) {
      const altered = flipped(sealed, bit + (step === 1 ? 0 : (bit >>> 3) & 7));
      expect(tryOpen(made, recipient, altered)).toBe(-1);
      expect(box.viewTagMatches(recipient, altered, 0, tag, 0)).toBe(bit >= 256);
    }
  });

  it('does not open when its ephemeral key is respelt, although the agreement is the same', () => {
    const made = message(suite);
    const respelt = flipped(made.sealed, 255);
    const secret = new Uint8Array(32).fill(11);
    expect(shared(suite, secret, respelt.slice(0, 32))).toEqual(
      shared(suite, secret, made.sealed.slice(0, 32)),
    );
    expect(tryOpen(made, made.recipient, respelt)).toBe(-1);
  });

  it('does not match with a bit of its tag changed', () => {
    const { box, recipient, sealed, tag } = message(suite);
    for (let bit = 0; bit < 64; bit++)
      expect(box.viewTagMatches(recipient, sealed, 0, flipped(tag, bit), 0)).toBe(false);
    expect(box.viewTagMatches(recipient, sealed, 0, tag, 0)).toBe(true);
  });

  it('does not open with other associated data', () => {
    const made = message(suite);
    for (let bit = 0; bit < ASSOCIATED.length * 8; bit += step)
      expect(tryOpen(made, made.recipient, made.sealed, flipped(ASSOCIATED, bit))).toBe(-1);
    expect(tryOpen(made, made.recipient, made.sealed, ASSOCIATED.slice(1))).toBe(-1);
    expect(tryOpen(made, made.recipient, made.sealed, new Uint8Array(0))).toBe(-1);
    expect(tryOpen(made, made.recipient, made.sealed)).toBe(TEXT.length);
  });

  it('does not open truncated or with bytes appended', () => {
    const made = message(suite);
    for (let length = 0; length < made.sealed.length; length++)
      expect(tryOpen(made, made.recipient, made.sealed.slice(0, length))).toBe(-1);
    expect(tryOpen(made, made.recipient, Uint8Array.from([...made.sealed, 0]))).toBe(-1);
  });

  it('reads nothing outside the array it is given', () => {
    const made = message(suite);
    const { box, recipient, sealed, tag } = made;
    // The message stands at the end of a longer buffer, and its view ends before the last byte.
    const buffer = new Uint8Array(200);
    buffer.set(sealed, 100);
    const view = buffer.subarray(0, 100 + sealed.length - 1);
    for (const [bytes, offset, length] of [
      [view, 100, sealed.length],
      [sealed, 1, sealed.length],
      [sealed, -1, sealed.length],
      [sealed, -sealed.length, sealed.length],
      [sealed, 0, -1],
      [sealed, 0, Number.NaN],
      [sealed, Number.NaN, sealed.length],
      [sealed, sealed.length, SEALED_OVERHEAD_BYTES],
      [new Uint8Array(0), 0, SEALED_OVERHEAD_BYTES],
    ] as const) {
      expect(tryOpen(made, recipient, bytes, ASSOCIATED, offset, length)).toBe(-1);
    }
    for (const offset of [-1, -32, sealed.length - 31, sealed.length, 1_000, Number.NaN])
      expect(box.viewTagMatches(recipient, sealed, offset, tag, 0)).toBe(false);
    for (const offset of [-1, -8, 1, VIEW_TAG_BYTES, Number.NaN])
      expect(box.viewTagMatches(recipient, sealed, 0, tag, offset)).toBe(false);
  });

  it('refuses low-order keys: of the recipient when sealing, of the sender when opening', () => {
    const made = message(suite);
    for (const point of LOW_ORDER_POINTS) {
      const out = new Uint8Array(TEXT.length + SEALED_OVERHEAD_BYTES).fill(FILLER);
      const secret = new Uint8Array(32).fill(5);
      expect(made.box.sealTo(point, secret, ASSOCIATED, TEXT, 0, TEXT.length, out, 0)).toBe(false);
      expect(out.every((byte) => byte === FILLER)).toBe(true);
      // What somebody could seal who knows that the secret will be zero.
      const forged = forge(suite, point, made.recipient.publicKey);
      expect(made.box.viewTagMatches(made.recipient, forged.sealed, 0, forged.tag, 0)).toBe(false);
      expect(tryOpen(made, made.recipient, forged.sealed)).toBe(-1);
    }
  });

  it('gives different bytes and tags to two messages of one text', () => {
    const box = new SealedBox(suite);
    const { publicKey } = suite.agreementKey(new Uint8Array(32).fill(11));
    const seen = new Set<string>();
    for (let i = 0; i < 8; i++) {
      const out = new Uint8Array(TEXT.length + SEALED_OVERHEAD_BYTES);
      box.sealTo(publicKey, new Uint8Array(32).fill(20 + i), ASSOCIATED, TEXT, 0, 30, out, 0);
      seen
        .add(toHex(box.viewTag))
        .add(toHex(out.slice(0, 32)))
        .add(toHex(out.slice(-16)));
    }
    expect(seen.size).toBe(24);
  });

  it('seals a text that stands where its ciphertext will', () => {
    const made = message(suite);
    const place = new Uint8Array(made.sealed.length + 4);
    place.set(TEXT, 4 + 32);
    const { publicKey } = made.recipient;
    const secret = new Uint8Array(32).fill(12);
    made.box.sealTo(publicKey, secret, ASSOCIATED, place, 36, TEXT.length, place, 4);
    expect(place.slice(4)).toEqual(made.sealed);
  });
});

/** A message under the keys that an all-zero shared secret would give. */
function forge(
  suite: CryptoSuite,
  point: Uint8Array,
  recipient: Uint8Array,
): { sealed: Uint8Array; tag: Uint8Array } {
  const keys = derived(suite, new Uint8Array(32), point, recipient, 40);
  const sealed = new Uint8Array(TEXT.length + SEALED_OVERHEAD_BYTES);
  sealed.set(point);
  const nonce = new Uint8Array(12);
  suite.seal(keys.slice(0, 32), nonce, ASSOCIATED, TEXT, 0, TEXT.length, sealed, 32);
  return { sealed, tag: keys.slice(32) };
}

describe('sealed boxes on the wire', () => {
  it('are the same bytes from both real suites, and open in the other', () => {
    const [noble, native] = [message(createSuite('noble')), message(createSuite('native'))];
    expect(native.sealed).toEqual(noble.sealed);
    expect(native.tag).toEqual(noble.tag);
    expect(tryOpen(noble, noble.recipient, native.sealed)).toBe(TEXT.length);
  });

  it('are frozen: a change here is a change of the wire format', () => {
    const { sealed, tag } = message(createSuite('noble'), fromHex('68656c6c6f'));
    expect(toHex(tag)).toMatchInlineSnapshot(`"ef6a855b795fd5d0"`);
    expect(toHex(sealed)).toMatchInlineSnapshot(
      `"97c3b10b4d6c133a78ea5dcc1cf6421d3f81ae37b1f628ce14ca6fce7730f3331d61b54c09e134ae4ea9fb4d0997db9267b38a2e73"`,
    );
  });

  it('are laid out as documented: key and tag are those of HKDF over the agreement', () => {
    const suite = createSuite('noble');
    const { recipient, sealed, tag } = message(suite);
    const ephemeral = suite.agreementKey(new Uint8Array(32).fill(12));
    expect(sealed.slice(0, 32)).toEqual(ephemeral.publicKey);
    const secret = shared(suite, new Uint8Array(32).fill(11), ephemeral.publicKey)!;
    const keys = derived(suite, secret, ephemeral.publicKey, recipient.publicKey, 40);
    expect(tag).toEqual(keys.slice(32));
    const box = sealed.slice(32);
    const out = new Uint8Array(TEXT.length);
    const nonce = new Uint8Array(12);
    expect(suite.open(keys.slice(0, 32), nonce, ASSOCIATED, box, 0, box.length, out, 0)).toBe(
      TEXT.length,
    );
    expect(out).toEqual(TEXT);
  });
});
