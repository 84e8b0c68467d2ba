/** Calls and values as bytes: known encodings, there and back, and nothing that bytes can do to the decoder. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ABIS, type AbiType, type AbiValue } from '../../../protocols/ledger/abi.ts';
import {
  decodeEvent,
  decodeRefusal,
  decodeValues,
  encodeCall,
  encodeValues,
  eventTopic,
} from '../../../protocols/ledger/abi-codec.ts';
import { bytesOf, hexOf, UINT256_MAX } from '../../../protocols/ledger/values.ts';
import { suite } from './small-chain.ts';

const TYPES: readonly AbiType[] = [
  'address',
  'uint256',
  'uint8',
  'bool',
  'bytes32',
  'bytes',
  'string',
];

const hex = (length: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map(hexOf);

function valueOf(type: AbiType): fc.Arbitrary<AbiValue> {
  switch (type) {
    case 'address':
      return hex(20);
    case 'bytes32':
      return hex(32);
    case 'uint256':
      return fc.bigInt({ min: 0n, max: UINT256_MAX });
    case 'uint8':
      return fc.bigInt({ min: 0n, max: 255n });
    case 'bool':
      return fc.boolean();
    case 'bytes':
      return fc.uint8Array({ maxLength: 100 });
    case 'string':
      return fc.string({ unit: 'binary', maxLength: 40 });
  }
}

const typed = fc
  .array(fc.constantFrom(...TYPES), { maxLength: 8 })
  .chain((types) => fc.tuple(fc.constant(types), fc.tuple(...types.map(valueOf))));

describe('the contract ABI', () => {
  it('has the selectors and topics that the world knows', () => {
    const spender = `0x${'11'.repeat(20)}`;
    const call = encodeCall(suite, ABIS.token, 'transfer', [spender, 5n])!;
    // ERC-20: transfer a9059cbb, Transfer ddf252ad.
    expect(hexOf(call)).toBe(
      `0xa9059cbb${'0'.repeat(24)}${'11'.repeat(20)}${'5'.padStart(64, '0')}`,
    );
    expect(eventTopic(suite, 'Transfer', ABIS.token.events['Transfer']!)).toBe(
      '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef',
    );
    expect(encodeCall(suite, ABIS.token, 'transfer', [spender])).toBeUndefined();
    expect(encodeCall(suite, ABIS.token, 'toString', [])).toBeUndefined();
  });

  it('decodes what it encoded', () => {
    fc.assert(
      fc.property(typed, ([types, values]) => {
        expect(decodeValues(types, encodeValues(types, values))).toEqual(values);
      }),
    );
  });

  it('makes values or nothing of any bytes, and keeps no more than there is', () => {
    const anyBytes = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      // Offsets and lengths that point somewhere.
      fc
        .array(fc.constantFrom(0n, 1n, 32n, 33n, 64n, 96n, 1n << 53n, UINT256_MAX), {
          maxLength: 12,
        })
        .map((words) =>
          encodeValues(
            words.map(() => 'uint256'),
            words,
          ),
        ),
    );
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...TYPES), { maxLength: 6 }),
        anyBytes,
        (types, bytes) => {
          const values = decodeValues(types, bytes);
          for (const value of values ?? [])
            if (value instanceof Uint8Array) expect(value.length).toBeLessThanOrEqual(bytes.length);
          if (values !== undefined) expect(values).toHaveLength(types.length);
          decodeRefusal(suite, bytes);
          decodeEvent(suite, ABIS.token, [bytes, bytes, bytes], bytes);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('reads refusals and events, and knows which are none', () => {
    const error = `0x08c379a0${hexOf(encodeValues(['string'], ['no'])).slice(2)}`;
    expect(decodeRefusal(suite, bytesOf(error))).toBe('no');
    const panic = `0x4e487b71${hexOf(encodeValues(['uint256'], [0x11n])).slice(2)}`;
    expect(decodeRefusal(suite, bytesOf(panic))).toBe('panic 0x11');
    expect(decodeRefusal(suite, new Uint8Array(0))).toBeUndefined();
    const [from, to] = [`0x${'aa'.repeat(20)}`, `0x${'bb'.repeat(20)}`];
    const topics = [
      bytesOf(eventTopic(suite, 'Transfer', ABIS.token.events['Transfer']!)),
      encodeValues(['address'], [from]),
      encodeValues(['address'], [to]),
    ];
    const data = encodeValues(['uint256'], [9n]);
    expect(decodeEvent(suite, ABIS.token, topics, data)).toEqual({
      name: 'Transfer',
      values: [from, to, 9n],
    });
    expect(decodeEvent(suite, ABIS.token, topics.slice(0, 2), data)).toBeUndefined();
    expect(decodeEvent(suite, ABIS.stakes, topics, data)).toBeUndefined();
    expect(decodeEvent(suite, ABIS.token, topics, data.slice(1))).toBeUndefined();
  });
});
