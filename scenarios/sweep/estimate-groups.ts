/**
 * What groups add to the needs of a run. Time goes into every member reading every word and writing its group down afterwards, which is longer in a larger group; in the dark also into
 * the zones that each word floods. Fitted to `group-chat` with 5 to 50 members in four groups of 1,000 nodes (1.6 to 320 s, Node 20, one core of a 2-core server),
 * where it is within a factor of two. How often somebody comes or goes is left out: it took a third more at most there.
 */
import { meanUs } from '../../sim/random/laws.ts';
import type { GroupsSpec, ResolvedScenario } from '../model.ts';

/** Every node of such a world has an account, whose key is real in each suite. */
const SECONDS_PER_ACCOUNT = 0.000_7;
/** Seconds for one member to read one message, and more for each member of the group. */
const SECONDS_PER_READING = 0.000_45;
const SECONDS_PER_READING_AND_MEMBER = 0.000_025;
/** For each copy in a zone that is flooded. */
const SECONDS_PER_DARK_COPY = 0.000_01;
/** Keys, trees and what waits of one member (measured: 2.5 to 4.3 MB). */
const BYTES_PER_MEMBER = 4_000_000;

export interface GroupNeeds {
  seconds: number;
  messages: number;
  memoryBytes: number;
}

export function groupNeeds(scenario: ResolvedScenario, groups: GroupsSpec): GroupNeeds {
  const { nodes, durationUs } = scenario.world;
  const { count, members, mode, luminosityBits, words } = groups;
  const people = count * members;
  const perPerson = words.reduce(
    (sum, { every }) => sum + durationUs / Math.max(1, meanUs(every)),
    0,
  );
  const messages = Math.round(people * perPerson);
  const reading = SECONDS_PER_READING + members * SECONDS_PER_READING_AND_MEMBER;
  let seconds = nodes * SECONDS_PER_ACCOUNT + messages * (members - 1) * reading;
  if (mode === 'dark') {
    const zones = Math.min(members - 1, Math.pow(2, luminosityBits));
    const trees = scenario.services.routing.trees;
    const copies = zones * Math.max(1, nodes * Math.pow(2, -luminosityBits)) * trees;
    seconds += messages * copies * SECONDS_PER_DARK_COPY;
  }
  return { seconds, messages, memoryBytes: people * BYTES_PER_MEMBER };
}
