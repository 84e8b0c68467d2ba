/**
 * What nodes of a role do where the protocols leave a choice. Each behaviour is a policy object made for one node; the protocols
 * never ask who they are dealing with. Each node draws from a stream of its own, so a lazy relay shifts nobody else.
 */
import type { Host } from '../../protocols/host.ts';
import { HONEST_OVERLAY_POLICY, type OverlayPolicy } from '../../protocols/overlay/policy.ts';
import { HONEST_RELAY_POLICY, type RelayPolicy } from '../../protocols/routing/policy.ts';
import type { RandomStream } from '../../protocols/random.ts';
import type { DurationLaw } from '../../sim/random/law.ts';
import { sampleUs } from '../../sim/random/laws.ts';
import type { Behaviour } from '../model.ts';

/** Drops each packet it should pass on with probability `ratio`, all copies together. */
class DroppingRelay implements RelayPolicy {
  readonly delayUs = 0;
  readonly #threshold: number;
  readonly #random: RandomStream;

  constructor(ratio: number, random: RandomStream) {
    this.#threshold = ratio * 4294967296;
    this.#random = random;
  }

  copies(owed: number): number {
    return this.#random.uint32() < this.#threshold ? 0 : owed;
  }
}

/** Passes everything on, late. */
class DelayingRelay implements RelayPolicy {
  delayUs = 0;
  readonly #law: DurationLaw;
  readonly #random: RandomStream;

  constructor(law: DurationLaw, random: RandomStream) {
    this.#law = law;
    this.#random = random;
  }

  copies(owed: number): number {
    this.delayUs = Math.max(1, sampleUs(this.#law, this.#random));
    return owed;
  }
}

/** Sends one copy, so that a neighbour who watches sees it relay, and saves the rest. */
const PRETENDING_RELAY: RelayPolicy = { delayUs: 0, copies: () => 1 };

/** Takes packets and never passes one on. */
const DEAD_RELAY: RelayPolicy = { delayUs: 0, copies: () => 0 };

/** Never answers a look-up: takes a place in tables and gives nothing. */
const SILENT_OVERLAY_POLICY: OverlayPolicy = { answerFindNode: () => -1 };

/** The relay policy of a behaviour for the node behind `host`. */
export function createRelayPolicy(behaviour: Behaviour, host: Host): RelayPolicy {
  switch (behaviour.kind) {
    case 'honest':
    case 'honest but curious':
    // Liars about who sells what, who forward as everybody does.
    case 'spam':
    case 'hide ads':
      return HONEST_RELAY_POLICY;
    case 'drop':
      return new DroppingRelay(behaviour.ratio, host.random('behaviour'));
    case 'delay':
      return new DelayingRelay(behaviour.law, host.random('behaviour'));
    case 'pretend':
      return PRETENDING_RELAY;
    case 'dead':
      return DEAD_RELAY;
  }
}

/** The overlay policy of a behaviour. */
export function createOverlayPolicy(behaviour: Behaviour): OverlayPolicy {
  return behaviour.kind === 'dead' ? SILENT_OVERLAY_POLICY : HONEST_OVERLAY_POLICY;
}
