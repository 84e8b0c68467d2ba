/** Frames of groups: what is written is read, and nothing else is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import {
  cut,
  decodeFrame,
  encodeCard,
  encodeHead,
  encodeInvite,
  encodeWho,
  GROUP_NAME_BYTES_MAX,
  isFrame,
  Pieces,
} from '../../../protocols/node/group-frames.ts';
import { RECORD_BYTES } from '../../../protocols/identity/record.ts';
import { MESSAGE_TEXT_BYTES_MAX } from '../../../protocols/session/contact.ts';

const bytes = (length: number, value = 7): Uint8Array => new Uint8Array(length).fill(value);

describe('a frame', () => {
  it('is read as it was written', () => {
    const [groupId, address, record] = [bytes(32, 1), bytes(32, 2), bytes(RECORD_BYTES, 3)];
    const heard = [
      [{ leaf: 2, next: 2 ** 31, missing: [2 ** 31 - 255, 2 ** 31 - 1] }],
      [],
      [{ leaf: 0, next: 1, missing: [] }],
    ];
    const head = { groupId, height: 2 ** 40, epoch: bytes(32, 4), answers: true, heard };
    expect(decodeFrame(encodeHead(head))).toEqual({ kind: 'head', ...head });
    expect(decodeFrame(encodeCard(record))).toEqual({ kind: 'card', record });
    expect(decodeFrame(encodeWho(groupId, address))).toEqual({ kind: 'who', groupId, address });
    expect(decodeFrame(encodeInvite(groupId, 'żółw'))).toEqual({
      kind: 'invite',
      groupId,
      name: 'żółw',
    });
  });

  it('of an invitation has a name, in UTF-8, that is not too long', () => {
    const groupId = bytes(32);
    expect(decodeFrame(encodeInvite(groupId, 'a'.repeat(GROUP_NAME_BYTES_MAX)))).toBeDefined();
    expect(
      decodeFrame(encodeInvite(groupId, 'a'.repeat(GROUP_NAME_BYTES_MAX + 1))),
    ).toBeUndefined();
    expect(decodeFrame(encodeInvite(groupId, ''))).toBeUndefined();
    const broken = encodeInvite(groupId, 'abc');
    broken[broken.length - 1] = 0xc3;
    expect(decodeFrame(broken)).toBeUndefined();
  });

  it('is not longer than a packet', () => {
    const [piece] = cut(createSuite('native'), 'commit', bytes(5_000), MESSAGE_TEXT_BYTES_MAX);
    expect(piece!.length).toBe(MESSAGE_TEXT_BYTES_MAX);
    expect(decodeFrame(piece!)?.kind).toBe('piece');
    const [longer] = cut(createSuite('native'), 'commit', bytes(5_000), MESSAGE_TEXT_BYTES_MAX + 1);
    expect(decodeFrame(longer!)).toBeUndefined();
  });

  it('is read from no other bytes without a mistake', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.integer({ min: 0, max: 9 }),
        (tail, kind) => {
          const text = Uint8Array.of(0xff, kind, ...tail);
          const frame = decodeFrame(text);
          if (kind === 0 || kind > 6) expect(frame).toBeUndefined();
          if (tail.length > 0 && tail[0] !== 0xff) expect(isFrame(tail)).toBe(false);
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });
});

describe('pieces', () => {
  it('are a whole in any order, once, and leave nothing behind', () => {
    const suite = createSuite('native');
    const whole = Uint8Array.from({ length: 5_000 }, (_, i) => i % 251);
    const frames = cut(suite, 'welcome', whole, MESSAGE_TEXT_BYTES_MAX).toReversed();
    const pieces = new Pieces(suite);
    const read = frames.map((frame) => {
      const piece = decodeFrame(frame);
      if (piece?.kind !== 'piece') throw new Error('no piece');
      return pieces.take(piece);
    });
    expect(read.slice(0, -1).every((one) => one === undefined)).toBe(true);
    expect(read.at(-1)).toEqual(whole);
    expect(pieces.isEmpty).toBe(true);
  });
});
