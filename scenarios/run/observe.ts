/**
 * Brings the observers of `watch` into a run: who colludes, and what the run tells them of each message when it is settled.
 * The first observer that a scenario names is the one that the metrics speak of.
 */
import type { StreamFactory } from '../../sim/random/streams.ts';
import type { World } from '../../sim/world.ts';
import type { Observer, ResolvedScenario } from '../model.ts';
import { ColludersObserver } from '../observers/colluders.ts';
import { judgeGlobally } from '../observers/global.ts';
import type { Judgement } from '../observers/judgement.ts';
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

/** A function that judges a settled message through the observer's eyes, keeping only what it is asked to guess. */
export function createJudge(
  scenario: ResolvedScenario,
  world: World,
  watchers: Watchers | undefined,
): (message: ActiveMessage) => Judgement | undefined {
  if (watchers === undefined) return () => undefined;
  const { observer, corrupt } = watchers;
  const routing = scenario.services.routing;
  let colluders: ColludersObserver | undefined;
  const judge = (message: ActiveMessage): Judgement | undefined => {
    if (observer.kind === 'global') {
      return judgeGlobally({
        reached: message.nodesReached,
        recipientReached: message.hops[message.recipient]! >= 0,
        isolated: message.isolated,
        nodes: world.size,
      });
    }
    colluders ??= new ColludersObserver(
      {
        nodes: world.size,
        addresses: world.peers.words,
        corrupt,
        bucket: scenario.services.overlay.bucket,
      },
      routing,
    );
    return colluders.judge(message);
  };
  const guesses = new Set(observer.guesses);
  return (message) => {
    const judgement = judge(message);
    if (judgement === undefined) return undefined;
    return {
      seen: judgement.seen,
      ...(guesses.has('receiver') && judgement.receiver ? { receiver: judgement.receiver } : {}),
      ...(guesses.has('sender') && judgement.sender ? { sender: judgement.sender } : {}),
    };
  };
}
