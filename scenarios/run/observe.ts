/**
 * Brings the observers of `watch` into a run: who colludes, and what the run tells them of each message when it is settled.
 * The first observer that a scenario names is the one that the metrics speak of.
 */
import { ADDRESS_WORDS, proximity } from '../../protocols/identity/proximity.ts';
import type { StreamFactory } from '../../sim/random/streams.ts';
import type { ScenarioWorld } from './world-port.ts';
import type { Observer, ResolvedScenario } from '../model.ts';
import { ColludersObserver } from '../observers/colluders.ts';
import { WIRE_BYTES_MAX } from '../../protocols/host.ts';
import { GlobalObserver } from '../observers/global.ts';
import type { Judgement } from '../observers/judgement.ts';
import type { Sighting } from '../observers/sighting.ts';
import type { ActiveMessage } from './messages.ts';

export interface Watchers {
  observer: Observer;
  /** 1 for colluding nodes; all zero for a global observer. */
  corrupt: Uint8Array;
}

/** The scenario's first observer with its nodes, if it names one. */
export function watchersOf(
  scenario: ResolvedScenario,
  roleOf: Uint8Array,
  streams: StreamFactory,
): Watchers | undefined {
  const observer = scenario.watch[0];
  if (observer === undefined) return undefined;
  const corrupt = new Uint8Array(roleOf.length);
  if (observer.kind === 'colluders') {
    const role = scenario.roles.findIndex((r) => r.name === observer.role);
    if (observer.role !== undefined)
      roleOf.forEach((r, node) => (corrupt[node] = r === role ? 1 : 0));
    else {
      const random = streams.stream(`watch/${observer.name}`);
      const threshold = (observer.shareRatio ?? 0) * 4294967296;
      for (let node = 0; node < corrupt.length; node++)
        corrupt[node] = random.uint32() < threshold ? 1 : 0;
    }
  }
  return { observer, corrupt };
}

/** The observer, if its nodes read whom packets of groups are for, to find out who is in them or who speaks. */
export function readersOfGroups(watchers: Watchers | undefined): Watchers | undefined {
  if (watchers?.observer.kind !== 'colluders') return undefined;
  const { guesses } = watchers.observer;
  return guesses.includes('membership') || guesses.includes('sender') ? watchers : undefined;
}

/** The eyes of a run's observer. */
export interface Judge {
  /** A copy arrived; only for observers that watch the links. */
  readonly arrived?: (timeUs: number, from: number, to: number) => void;
  /** A datagram arrived, as the wire shows it; only for observers of covered links. */
  readonly wire?: (timeUs: number, from: number, to: number, bytes: number) => void;
  /** Judges a settled message, keeping only what the observer is asked to guess; undefined where there is nothing to guess. */
  readonly judge: (message: ActiveMessage) => Judgement | undefined;
  /** Entropy over who the two ends of a conversation are (`ColludersObserver.judgePair`); only for observers that guess both. */
  readonly pair?: ColludersObserver['judgePair'];
}

/**
 * Packets on links that are farther apart than this belong to different waves. Longer than any link's delay unless an access queue is
 * full, in which case waves are cut short and the observer knows less than it might.
 */
const SILENCE_US = 1_000_000;

export function createJudge(
  scenario: ResolvedScenario,
  world: ScenarioWorld,
  watchers: Watchers | undefined,
): Judge {
  if (watchers === undefined) return { judge: () => undefined };
  const { observer, corrupt } = watchers;
  const guesses = new Set(observer.guesses);
  const eyes =
    observer.kind === 'global'
      ? globalEyes(world.size, observer, (scenario.services.link?.coverEveryUs ?? 0) > 0)
      : colludersEyes(scenario, world, observer, corrupt);
  const { pair, ...others } = eyes;
  return {
    ...others,
    ...(pair !== undefined && guesses.has('receiver') && guesses.has('sender') ? { pair } : {}),
    judge(message) {
      const judgement = eyes.judge(message);
      if (judgement === undefined) return undefined;
      return {
        seen: judgement.seen,
        ...(guesses.has('receiver') && judgement.receiver ? { receiver: judgement.receiver } : {}),
        ...(guesses.has('sender') && judgement.sender ? { sender: judgement.sender } : {}),
      };
    },
  };
}

/** Without times or without who sent what to whom there are no waves to be told apart, and all that is left is the prior. */
function globalEyes(nodes: number, { sees }: Observer, covered: boolean): Judge {
  const blind = !['time', 'previous hop', 'next hop'].every((sight) => sees.includes(sight));
  const eyes = new GlobalObserver(nodes, SILENCE_US);
  return {
    arrived(timeUs, from, to) {
      if (!blind && !covered) eyes.observe({ timeUs, from, to });
    },
    // Under cover packets and dummies look alike, so all datagrams of that size are what there is to see.
    wire(timeUs, from, to, bytes) {
      if (!blind && covered && bytes === WIRE_BYTES_MAX) eyes.observe({ timeUs, from, to });
    },
    judge: ({ sentUs, sender, recipient, nodesReached }) =>
      eyes.judge({ sentUs, sender, recipient, arrived: nodesReached > 0 }),
  };
}

/**
 * What colluders do not note is taken from their sightings before anything is concluded. A relay always reads the prefix, without which it
 * could not relay; sizes (classes) and next hops (its own choice, by the prefix) tell it nothing more about either end.
 */
function colludersEyes(
  scenario: ResolvedScenario,
  world: ScenarioWorld,
  { sees }: Observer,
  corrupt: Uint8Array,
): Judge {
  const { overlay, routing } = scenario.services;
  let made: ColludersObserver | undefined;
  // Made when all nodes are there.
  const eyes = (): ColludersObserver =>
    (made ??= new ColludersObserver(
      {
        nodes: world.size,
        addresses: words(),
        corrupt,
        bucket: overlay.bucket,
        symmetric: overlay.symmetric,
      },
      routing,
    ));
  const seesTime = sees.includes('time');
  const seesPrevious = sees.includes('previous hop');
  const words = (): Uint32Array => world.peers.words;
  const bitsTo = (node: number, recipient: number): number =>
    proximity(words(), node * ADDRESS_WORDS, words(), recipient * ADDRESS_WORDS);
  return {
    judge(message) {
      let sightings: Sighting[] = message.sightings;
      // Its own address as the previous hop is what a colluder knows anyway.
      if (!seesPrevious) sightings = sightings.map((s) => ({ ...s, previousHop: s.observerNode }));
      // Without clocks the order of hops is still that of nearness to the target.
      if (!seesTime)
        sightings = sightings
          .map((s) => ({ s: { ...s, timeUs: 0 }, bits: bitsTo(s.previousHop, message.recipient) }))
          .sort((a, b) => a.bits - b.bits)
          .map(({ s }) => s);
      return eyes().judge({ ...message, sightings });
    },
    pair: (ends, shown) => eyes().judgePair(ends, shown),
  };
}
