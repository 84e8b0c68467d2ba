/** Manifests across restarts: a node never signs two different ones under one number, and tells the same as long as it offers the same. */
import { describe, expect, it } from 'vitest';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import type { Offer } from '../../../protocols/discovery/manifest.ts';
import { verifyManifest } from '../../../protocols/discovery/manifest-codec.ts';
import { OwnManifests } from '../../../protocols/discovery/own-manifests.ts';
import { accountSigner } from '../../../protocols/swap/signer.ts';
import { DEFAULT_SCORE_OPTIONS } from '../../../protocols/swap/params.ts';

const suite = createSuite('native');
const signer = accountSigner(suite, new Uint8Array(32).fill(5));
const self = { signer, networkId: 1n, nonce: new Uint8Array(32) };
const OPTIONS = { manifestSeconds: 1_000, noticeSeconds: 100, renegotiateSeconds: 0 };
const OFFER: Offer = {
  chequebook: `0x${'ab'.repeat(20)}`,
  stake: 0,
  limits: { paymentThreshold: 100, disconnectThreshold: 200, allowancePerSecond: 0 },
  deadlineSeconds: 60,
  minScorePermille: 300,
  bands: DEFAULT_SCORE_OPTIONS.bands,
  services: [{ service: 1, per: 'packet', law: 'flat', base: 3, proximityMax: 0 }],
};
const DEARER: Offer = { ...OFFER, services: [{ ...OFFER.services[0]!, base: 4 }] };

/** The next life, with what the last one kept. */
const next = (last: OwnManifests, offer: Offer, nowSeconds: number): OwnManifests =>
  new OwnManifests(suite, { ...self, earlier: last.kept }, OPTIONS, offer, nowSeconds);

describe('manifests of earlier lives', () => {
  it('hold on, byte for byte', () => {
    const first = new OwnManifests(suite, self, OPTIONS, OFFER, 10);
    const second = next(first, OFFER, 400);
    expect(second.kept).toEqual(first.kept);
    expect(second.current.sequence).toBe(1);
  });

  it('are followed by the next number where the offer has changed, after the notice', () => {
    const first = new OwnManifests(suite, self, OPTIONS, OFFER, 10);
    const second = next(first, DEARER, 400);
    expect(second.current.bytes).toEqual(first.current.bytes);
    expect(second.newest).toMatchObject({
      sequence: 2,
      fromSeconds: 500,
      replaces: first.current.name,
      services: DEARER.services,
    });
    // The life after that knows both, and changes nothing.
    expect(next(second, DEARER, 450).kept).toEqual(second.kept);
  });

  it('are replaced at once when they are over', () => {
    const first = new OwnManifests(suite, self, OPTIONS, OFFER, 10);
    const second = next(first, OFFER, 5_000);
    expect(second.current).toMatchObject({
      sequence: 2,
      fromSeconds: 5_000,
      replaces: first.current.name,
    });
    expect(verifyManifest(suite, signer, second.current.bytes)?.account).toBe(signer.account);
  });

  it('must be this node’s', () => {
    const other = accountSigner(suite, new Uint8Array(32).fill(6));
    const theirs = new OwnManifests(suite, { ...self, signer: other }, OPTIONS, OFFER, 10);
    expect(() => next(theirs, OFFER, 20)).toThrow('does not verify');
  });
});
