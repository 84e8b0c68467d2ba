/** Addresses for tests: as words, as numbers, and arbitrary ones that often share long prefixes. */
import fc from 'fast-check';
import {
  ADDRESS_BYTES,
  ADDRESS_WORDS,
  readAddress,
} from '../../../protocols/identity/proximity.ts';

export function wordsOf(address: Uint8Array): Uint32Array {
  const words = new Uint32Array(ADDRESS_WORDS);
  readAddress(address, 0, words, 0);
  return words;
}

export function numberOf(address: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(address).toString('hex')}`);
}

/** The 32 bytes of `value`, which has at most 256 bits. */
export function addressOf(value: bigint): Uint8Array {
  return new Uint8Array(Buffer.from(value.toString(16).padStart(64, '0'), 'hex'));
}

/** Hex, padded with zeros on the right to a whole address. */
export function addressOfHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex.padEnd(2 * ADDRESS_BYTES, '0'), 'hex'));
}

const random = fc.bigInt({ min: 0n, max: (1n << 256n) - 1n });

export const anyAddress = random.map(addressOf);

/** `count` addresses that share a prefix of random length, so that comparisons end at every depth. Some are equal. */
export function relatedAddresses(count: number): fc.Arbitrary<Uint8Array[]> {
  const tail = fc.tuple(fc.integer({ min: 0, max: 256 }), random);
  return fc
    .tuple(random, fc.array(tail, { minLength: count, maxLength: count }))
    .map(([base, tails]) =>
      tails.map(([bits, value]) =>
        addressOf(base ^ (bits === 0 ? 0n : value >> BigInt(256 - bits))),
      ),
    );
}
