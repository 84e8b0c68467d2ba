/**
 * What a run of a world of flows will need: its time goes into people's hours, into accounts that are settled, and, where the chain has a market, into
 * blocks that everybody hears of. Fitted to `cheque-defaults` of 250 to 1,000 people with thresholds of 2 to 20 MFT and to `congested-chain`; right within a factor of two of them.
 */
import { meanUs } from '../../sim/random/laws.ts';
import type { ResolvedScenario, Traffic } from '../model.ts';

const HOUR_US = 3_600_000_000;
const DAY_US = 24 * HOUR_US;
const MIB = 1024 * 1024;
/** An hour of somebody, and the portion that they send in it. */
const EVENTS_PER_HOUR = 2;
/** Statement, invoice, cheque, confirmation and cashing, and the timers between them. */
const EVENTS_PER_SETTLEMENT = 16;
/** Relays of a way that are paid. */
const PAID_RELAYS = 2;
/** Of one event: the more people, the more neighbours, and the more memory that no cache holds. */
const SECONDS_PER_EVENT = 0.000_015;
const SECONDS_PER_EVENT_AND_PERSON = 0.000_000_025;

/** Bytes that one sender moves in a day, on average. */
function dailyBytes({ volumeBytesPerDay: law }: Traffic): number {
  if (law === undefined) return 0;
  if (law.law === 'constant') return law.bytes;
  return meanUs({ law: 'lognormal', medianUs: law.medianBytes, p99Us: law.p99Bytes });
}

/** Seconds on one core. @param senders people that send for an entry of the traffic */
export function flowSeconds(
  { world, traffic, money }: ResolvedScenario,
  senders: (entry: Traffic) => number,
): number {
  const secondsPerEvent = SECONDS_PER_EVENT + world.nodes * SECONDS_PER_EVENT_AND_PERSON;
  let events = (world.nodes * world.durationUs * EVENTS_PER_HOUR) / HOUR_US;
  if (money === undefined) return events * secondsPerEvent;
  for (const entry of traffic) {
    const mib = (senders(entry) * dailyBytes(entry) * world.durationUs) / DAY_US / MIB;
    const owedUnits = mib * money.pricePerMibUnits * PAID_RELAYS;
    events += (owedUnits / Math.max(1, money.thresholdUnits)) * EVENTS_PER_SETTLEMENT;
  }
  if (money.chain.market !== undefined)
    events += (world.durationUs / money.chain.blockUs) * world.nodes;
  return events * secondsPerEvent;
}
