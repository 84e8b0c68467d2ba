import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  MANIFEST_BYTES_MAX,
  MANIFEST_BYTES_MIN,
  manifestMemory,
  signManifest,
  verifyManifest,
} from '../../../protocols/discovery/manifest-codec.ts';
import {
  offerFault,
  priceFor,
  serviceOf,
  succession,
  termFault,
  type Manifest,
  type Offer,
} from '../../../protocols/discovery/manifest.ts';
import { overlayAddress } from '../../../protocols/identity/address.ts';
import {
  FIRST,
  FLAT_OFFER,
  manifestOf,
  NETWORK,
  offers,
  realSigner,
  signerOf,
  suite,
} from './support.ts';

const N = 0xffff_ffff_ffff_ffff_ffff_ffff_ffff_fffe_baae_dce6_af48_a03b_bfd2_5e8c_d036_4141n;

/** What an owner said in it. */
function said(manifest: Manifest): Offer {
  const { chequebook, stake, limits, deadlineSeconds, minScorePermille } = manifest;
  const { bands, services } = manifest;
  return { chequebook, stake, limits, deadlineSeconds, minScorePermille, bands, services };
}

describe('a manifest', () => {
  it('says what its owner offered, whatever that was', () => {
    fc.assert(
      fc.property(offers, (offer) => {
        expect(offerFault(offer)).toBeUndefined();
        const manifest = manifestOf(signerOf(5), {}, offer);
        expect(said(manifest)).toEqual(offer);
        expect(manifest.bytes.length).toBeGreaterThanOrEqual(MANIFEST_BYTES_MIN);
        expect(manifest.bytes.length).toBeLessThanOrEqual(MANIFEST_BYTES_MAX);
      }),
    );
  });

  it('is signed by the account whose overlay address it is for', () => {
    const signer = realSigner(3);
    const manifest = manifestOf(signer);
    expect(manifest.account).toBe(signer.account);
    const account = Buffer.from(signer.account.slice(2), 'hex');
    expect(manifest.address).toEqual(overlayAddress(suite, account, NETWORK, FIRST.nonce));
    expect(manifest).toMatchObject({ networkId: NETWORK, sequence: 1, fromSeconds: 1_000 });
  });

  it('has these bytes', () => {
    const hex = Buffer.from(signManifest(suite, realSigner(3), FIRST, FLAT_OFFER)).toString('hex');
    expect(hex.slice(0, 2 * (151 + 20 + 14))).toBe(
      '01' + // version
        '0000000000000007' + // network
        '09'.repeat(32) + // nonce
        '000000000001' + // sequence
        '0000000003e8' + // from
        '000000001388' + // until
        '00'.repeat(32) + // replaces nothing
        '00'.repeat(20) + // no chequebook
        '0000000000000000' + // stake
        '0000000000000064' + // payment threshold
        '0000000000000096' + // disconnect threshold
        '0000000000000000' + // allowance
        '00000e10' + // deadline
        '012c' + // least score
        '02' + // bands
        '01' + // services
        '0000' +
        '000007d0' +
        '000001f4' +
        '01c2' +
        '000003e8' +
        '000003e8' +
        '0003' +
        '03' +
        '00' +
        '0000000000000028' +
        '0000',
    );
    expect(hex.length).toBe(2 * (151 + 20 + 14 + 65));
  });

  it('is nobody else when any bit of it changes, if it is anybody at all', () => {
    const signer = realSigner(3);
    const { bytes, account } = manifestOf(signer);
    for (let bit = 0; bit < 8 * bytes.length; bit += 7) {
      const changed = bytes.slice();
      changed[bit >>> 3]! ^= 1 << (bit & 7);
      expect(verifyManifest(suite, signer, changed)?.account).not.toBe(account);
    }
  });

  it('cannot be signed again by somebody who only saw it', () => {
    const signer = realSigner(3);
    const { bytes } = manifestOf(signer);
    const twin = bytes.slice();
    const at = bytes.length - 65 + 32;
    const s = BigInt(`0x${Buffer.from(bytes.subarray(at, at + 32)).toString('hex')}`);
    twin.set(Buffer.from((N - s).toString(16).padStart(64, '0'), 'hex'), at);
    twin[bytes.length - 1]! ^= 27 ^ 28;
    expect(verifyManifest(suite, signer, twin)).toBeUndefined();
  });

  it('is whole or nothing', () => {
    const signer = signerOf(5);
    const { bytes } = manifestOf(signer);
    for (let length = 0; length < bytes.length; length++)
      expect(verifyManifest(suite, signer, bytes.slice(0, length))).toBeUndefined();
    const longer = new Uint8Array(bytes.length + 1);
    longer.set(bytes);
    expect(verifyManifest(suite, signer, longer)).toBeUndefined();
  });

  it('is refused with lists that are too long, empty, or not in order', () => {
    // Signed all the same, by somebody whose software does not ask.
    const resigned = (change: (bytes: Uint8Array) => Uint8Array): Uint8Array => {
      const manifest = manifestOf(signerOf(5)).bytes;
      const unsigned = change(manifest.slice(0, -65));
      const label = Buffer.from('mainframe manifest 1');
      const digest = suite.keccak256(Buffer.concat([label, unsigned]));
      return Buffer.concat([unsigned, signerOf(5).sign(digest)]);
    };
    const check = (bytes: Uint8Array): Manifest | undefined =>
      verifyManifest(suite, signerOf(5), bytes);
    expect(check(resigned((bytes) => bytes))).toBeDefined();
    const band = (score: number): Buffer =>
      Buffer.from([score >> 8, score & 255, 0, 0, 0, 1, 0, 0, 0, 1]);
    const lists = (scores: number[], services: Buffer[]) => (bytes: Uint8Array) => {
      const head = Buffer.from(bytes.subarray(0, 151));
      head[149] = scores.length;
      head[150] = services.length;
      return Buffer.concat([head, ...scores.map(band), ...services]);
    };
    const service = (number: number, per = 0, law = 0, proximity = 0): Buffer =>
      Buffer.from([0, number, per, law, 0, 0, 0, 0, 0, 0, 0, 9, 0, proximity]);
    expect(check(resigned(lists([0, 500], [service(1), service(2)])))).toBeDefined();
    for (const [scores, services] of [
      [[], [service(1)]],
      [[0], []],
      [[1], [service(1)]],
      [[0, 500, 500], [service(1)]],
      [[0, 600, 500], [service(1)]],
      [[0, 1_001], [service(1)]],
      [[0, 1, 2, 3, 4], [service(1)]],
      [[0], [service(2), service(1)]],
      [[0], [service(1), service(1)]],
      [[0], [service(0)]],
      [[0], [service(1, 4)]],
      [[0], [service(1, 0, 2)]],
      [[0], [service(1, 0, 0, 1)]],
      [[0], Array.from({ length: 9 }, (_, i) => service(i + 1))],
    ] as [number[], Buffer[]][])
      expect(check(resigned(lists(scores, services)))).toBeUndefined();
    const field = (at: number, value: number[]) => (bytes: Uint8Array) => {
      const changed = bytes.slice();
      changed.set(value, at);
      return changed;
    };
    for (const [at, value] of [
      [0, [2]], // version
      [111, [0, 0x20]], // a stake of 2^53
      [119, [0, 0, 0, 0, 0, 0, 0, 0]], // payment asked for nothing
      [127, [0, 0, 0, 0, 0, 0, 0, 99]], // stops before it asks
      [143, [0, 0, 0, 0]], // no time to pay
      [147, [3, 0xe9]], // a score above 1
      [41, [0, 0, 0, 0, 0, 0]], // no number
      [41, [0, 0, 0, 0, 0, 2]], // a second that replaces nothing
      [59, [1]], // a first that replaces something
      [53, [0, 0, 0, 0, 3, 0xe8]], // over when it begins
      [53, [1]], // for thousands of years
    ] as [number, number[]][])
      expect(check(resigned(field(at, value))), `at ${at}`).toBeUndefined();
  });

  it('never throws on bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        if (bytes.length > 151) {
          // Most random counts fit no length: give some of them one that does.
          bytes[0] = 1;
          bytes[149] = 1 + (bytes[149]! % 4);
          bytes[150] = Math.floor((bytes.length - 151 - 65 - 10 * bytes[149]) / 14);
        }
        verifyManifest(suite, signerOf(5), bytes);
      }),
    );
  });

  it('is not made of an offer that cannot stand', () => {
    for (const change of [
      { stake: -1 },
      { deadlineSeconds: 0 },
      { minScorePermille: 1_001 },
      { bands: [] },
      { bands: [{ minScore: 0.0005, pricePermille: 1, creditPermille: 1 }] },
      { services: [] },
      { limits: { paymentThreshold: 10, disconnectThreshold: 9, allowancePerSecond: 0 } },
    ])
      expect(() => manifestOf(signerOf(5), {}, change)).toThrow(RangeError);
    expect(() => manifestOf(signerOf(5), { untilSeconds: 1_000 })).toThrow('ends before it begins');
    expect(termFault({ ...FIRST, untilSeconds: 1_000 + 30 * 86_400 })).toBeUndefined();
    expect(termFault({ ...FIRST, untilSeconds: 1_001 + 30 * 86_400 })).toContain('30 days');
  });
});

describe('manifests of one account', () => {
  const signer = signerOf(5);
  const first = manifestOf(signer);
  const second = manifestOf(signer, { sequence: 2, replaces: first.name });

  it('form a chain in which the higher number counts', () => {
    expect(succession(first, second)).toBe('newer');
    expect(succession(second, first)).toBe('older');
    expect(succession(first, first)).toBe('same');
    const later = manifestOf(signer, { sequence: 9, replaces: new Uint8Array(32).fill(1) });
    expect(succession(first, later)).toBe('newer');
  });

  it('show when their signer tells different people different things', () => {
    const other = manifestOf(signer, {}, { stake: 1 });
    expect(succession(first, other)).toBe('forked');
    const elsewhere = manifestOf(signer, { sequence: 2, replaces: other.name });
    expect(succession(first, elsewhere)).toBe('forked');
    expect(succession(other, elsewhere)).toBe('newer');
  });
});

describe('a price', () => {
  const price = serviceOf(FLAT_OFFER, 3)!;

  it('is that of the last band that the score reaches, rounded up', () => {
    expect(priceFor(FLAT_OFFER, price, 0.3)).toBe(80);
    expect(priceFor(FLAT_OFFER, price, 0.449)).toBe(80);
    expect(priceFor(FLAT_OFFER, price, 0.45)).toBe(40);
    expect(priceFor(FLAT_OFFER, price, 1)).toBe(40);
    const odd = [{ minScore: 0, pricePermille: 1_001, creditPermille: 0 }];
    expect(priceFor({ ...FLAT_OFFER, bands: odd }, price, 1)).toBe(41);
  });

  it('is out of reach below the least score', () => {
    expect(priceFor(FLAT_OFFER, price, 0.299)).toBe(Infinity);
    expect(serviceOf(FLAT_OFFER, 2)).toBeUndefined();
  });
});

describe('remembered manifests', () => {
  it('cost no second signature, and forgeries push none of them out', () => {
    const signer = signerOf(5);
    let checks = 0;
    const counting = {
      signerOf: (digest: Uint8Array, signature: Uint8Array) => {
        checks++;
        return signer.signerOf(digest, signature);
      },
    };
    const memory = manifestMemory(suite, counting, 2);
    const { bytes } = manifestOf(signer);
    const verify = (manifest: Uint8Array) => memory.verify(manifest, 0, manifest.length);
    expect(verify(bytes)?.account).toBe(signer.account);
    for (let i = 0; i < 5; i++) {
      const forged = bytes.slice();
      forged[forged.length - 30]! ^= 1 + i;
      expect(verify(forged)).toBeUndefined();
    }
    const before = checks;
    expect(verify(bytes)?.account).toBe(signer.account);
    expect(checks).toBe(before);
    for (const other of [6, 7]) verify(manifestOf(signerOf(other)).bytes);
    verify(bytes);
    expect(checks).toBe(before + 3);
  });
});
