/** Offers, manifests and signers for tests of discovery. */
import fc from 'fast-check';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import {
  signManifest,
  verifyManifest,
  type Issue,
} from '../../../protocols/discovery/manifest-codec.ts';
import { PER, type Manifest, type Offer } from '../../../protocols/discovery/manifest.ts';
import { accountSigner, modelledSigner, type Signer } from '../../../protocols/swap/signer.ts';

export const suite = createSuite('noble');
export const NETWORK = 7n;

export const realSigner = (number: number): Signer =>
  accountSigner(suite, new Uint8Array(32).fill(number));
export const signerOf = (number: number): Signer =>
  modelledSigner(suite, `0x${number.toString(16).padStart(40, '0')}`);

export const FLAT_OFFER: Offer = {
  chequebook: undefined,
  stake: 0,
  limits: { paymentThreshold: 100, disconnectThreshold: 150, allowancePerSecond: 0 },
  deadlineSeconds: 3_600,
  minScorePermille: 300,
  bands: [
    { minScore: 0, pricePermille: 2_000, creditPermille: 500 },
    { minScore: 0.45, pricePermille: 1_000, creditPermille: 1_000 },
  ],
  services: [{ service: 3, per: 'MiB and day', law: 'flat', base: 40, proximityMax: 0 }],
};

export const FIRST: Issue = {
  networkId: NETWORK,
  nonce: new Uint8Array(32).fill(9),
  sequence: 1,
  fromSeconds: 1_000,
  untilSeconds: 5_000,
  replaces: new Uint8Array(32),
};

export function manifestOf(
  signer: Signer,
  issue: Partial<Issue> = {},
  offer: Partial<Offer> = {},
): Manifest {
  const bytes = signManifest(suite, signer, { ...FIRST, ...issue }, { ...FLAT_OFFER, ...offer });
  const manifest = verifyManifest(suite, signer, bytes);
  if (manifest === undefined) throw new Error('a manifest just signed does not verify');
  return manifest;
}

const units = fc.maxSafeNat();
const permille = fc.integer({ min: 0, max: 0xffff_ffff });

const bands = fc.uniqueArray(fc.integer({ min: 1, max: 1_000 }), { maxLength: 3 }).chain((scores) =>
  fc.tuple(
    ...[0, ...scores.sort((a, b) => a - b)].map((score) =>
      fc.record({
        minScore: fc.constant(score / 1_000),
        pricePermille: permille,
        creditPermille: permille,
      }),
    ),
  ),
);

const services = fc
  .uniqueArray(fc.integer({ min: 1, max: 0xffff }), { minLength: 1, maxLength: 8 })
  .chain((numbers) =>
    fc.tuple(
      ...numbers
        .sort((a, b) => a - b)
        .map((service) =>
          fc
            .record({
              service: fc.constant(service),
              per: fc.constantFrom(...PER),
              base: units,
              proximityMax: fc.integer({ min: 0, max: 256 }),
              law: fc.constantFrom('flat' as const, 'proximity' as const),
            })
            .map((price) => (price.law === 'flat' ? { ...price, proximityMax: 0 } : price)),
        ),
    ),
  );

/** Every offer that can stand. */
export const offers: fc.Arbitrary<Offer> = fc.record({
  chequebook: fc.option(
    fc
      .bigInt({ min: 1n, max: (1n << 160n) - 1n })
      .map((n) => `0x${n.toString(16).padStart(40, '0')}`),
    { nil: undefined },
  ),
  stake: units,
  limits: fc
    .tuple(fc.integer({ min: 1, max: 1 << 30 }), fc.nat(), units)
    .map(([paymentThreshold, more, allowancePerSecond]) => ({
      paymentThreshold,
      disconnectThreshold: paymentThreshold + more,
      allowancePerSecond,
    })),
  deadlineSeconds: fc.integer({ min: 1, max: 0xffff_ffff }),
  minScorePermille: fc.integer({ min: 0, max: 1_000 }),
  bands,
  services,
});
