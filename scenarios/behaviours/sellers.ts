/** What nodes of a role do in discovery: as applicants for a place in somebody's table, and as those who keep such tables. */
import type { DiscoveryOptions } from '../../protocols/discovery/options.ts';
import { honestPolicy, type DiscoveryPolicy } from '../../protocols/discovery/policy.ts';
import { serviceNumber } from '../../protocols/discovery/services.ts';
import type { Behaviour } from '../model.ts';

/** How soon a spammer is back, whatever it was told, milliseconds. */
const SPAM_EVERY_MS = 10_000;

/** Peers with whoever is served by score and relays, at any price: in these worlds nobody pays. */
const HONEST = honestPolicy({
  service: serviceNumber('relay'),
  priceMax: Number.MAX_SAFE_INTEGER,
  creditMin: 1,
});

/**
 * The discovery policy of a behaviour.
 * @param friends accounts of all nodes of the role: spammers of one role work for one owner.
 */
export function createDiscoveryPolicy(
  behaviour: Behaviour,
  friends: ReadonlySet<string>,
): DiscoveryPolicy {
  switch (behaviour.kind) {
    case 'spam':
      return {
        ...HONEST,
        shows: ({ account }) => friends.has(account),
        returnsAfterMs: (waitMs) => Math.min(waitMs, SPAM_EVERY_MS),
      };
    case 'hide ads':
      return { ...HONEST, shows: () => false };
    default:
      return HONEST;
  }
}

/** Settings of a node of the role: a spammer lets its friends in at once, and is everywhere that it can be. */
export function discoveryOptionsOf(
  behaviour: Behaviour,
  options: DiscoveryOptions,
): DiscoveryOptions {
  return behaviour.kind === 'spam' ? { ...options, admission: 'free', registrars: 16 } : options;
}

/** Whether what a node of the role sells exists: what a searcher wants to find. */
export function isGenuine(behaviour: Behaviour): boolean {
  return behaviour.kind !== 'spam' && behaviour.kind !== 'hide ads' && behaviour.kind !== 'dead';
}
