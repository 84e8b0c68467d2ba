/**
 * Our own manifests: the one that holds, and the next one, told ahead of the time from which it holds.
 *
 * A manifest is renewed when half of its time is over, so that peers have long had the next one when it ends, and at once when the owner changes the
 * offer; either way the new one begins after the notice that peers are owed, and that much later again as a peer may make us wait with it.
 */
import type { CryptoSuite } from '../crypto/port.ts';
import type { Signer } from '../swap/signer.ts';
import { NAME_BYTES, signManifest, verifyManifest } from './manifest-codec.ts';
import { sameName, type Manifest, type Offer } from './manifest.ts';
import type { DiscoveryOptions } from './options.ts';

/** Who signs, and where its addresses come from. */
export interface Self {
  signer: Signer;
  networkId: bigint;
  /** Of the overlay address, 32 bytes. */
  nonce: Uint8Array;
}

export class OwnManifests {
  readonly #suite: CryptoSuite;
  readonly #self: Self;
  readonly #manifestSeconds: number;
  readonly #aheadSeconds: number;
  #offer: Offer;
  #current: Manifest;
  #next: Manifest | undefined;

  constructor(
    suite: CryptoSuite,
    self: Self,
    options: Pick<DiscoveryOptions, 'manifestSeconds' | 'noticeSeconds' | 'renegotiateSeconds'>,
    offer: Offer,
    nowSeconds: number,
  ) {
    this.#suite = suite;
    this.#self = self;
    this.#manifestSeconds = options.manifestSeconds;
    this.#aheadSeconds = options.noticeSeconds + options.renegotiateSeconds;
    this.#offer = offer;
    this.#current = this.#issue(nowSeconds, undefined);
  }

  /** The one that holds. */
  get current(): Manifest {
    return this.#current;
  }

  /** The one with the highest number. */
  get newest(): Manifest {
    return this.#next ?? this.#current;
  }

  /** When `turn` is next due, seconds. */
  get dueSeconds(): number {
    if (this.#next !== undefined) return this.#next.fromSeconds;
    return this.#current.untilSeconds - Math.floor(this.#manifestSeconds / 2);
  }

  /** One of ours by its name. */
  named(name: Uint8Array): Manifest | undefined {
    return [this.#current, this.newest].find((manifest) => sameName(manifest.name, name));
  }

  /** Makes a new offer, which holds after the notice. What was told but did not hold yet is replaced. */
  change(offer: Offer, nowSeconds: number): void {
    this.#offer = offer;
    this.#next = this.#issue(nowSeconds + this.#aheadSeconds, this.newest);
  }

  /** Lets the next one hold, or issues one, when it is time. @returns what happened. */
  turn(nowSeconds: number): 'holds' | 'issued' | undefined {
    if (nowSeconds < this.dueSeconds) return undefined;
    if (this.#next === undefined) {
      // Whoever slept for too long owes no notice: nothing of ours holds any more.
      const over = nowSeconds >= this.#current.untilSeconds;
      const fromSeconds = over ? nowSeconds : nowSeconds + this.#aheadSeconds;
      this.#next = this.#issue(fromSeconds, this.#current);
      return 'issued';
    }
    this.#current = this.#next;
    this.#next = undefined;
    return 'holds';
  }

  #issue(fromSeconds: number, before: Manifest | undefined): Manifest {
    const { signer, networkId, nonce } = this.#self;
    const issue = {
      networkId,
      nonce,
      sequence: before === undefined ? 1 : before.sequence + 1,
      fromSeconds,
      untilSeconds: fromSeconds + this.#manifestSeconds,
      replaces: before?.name ?? new Uint8Array(NAME_BYTES),
    };
    const bytes = signManifest(this.#suite, signer, issue, this.#offer);
    const manifest = verifyManifest(this.#suite, signer, bytes);
    if (manifest === undefined) throw new Error('a manifest of ours does not verify');
    return manifest;
  }
}
