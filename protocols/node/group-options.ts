/** How a node sends to its groups, and when it acts on their behalf. */
import type { Micros } from '../host.ts';

export interface GroupOptions {
  /** One packet for all members, split where ways part; otherwise one packet for each. */
  together: boolean;
  /** Bits of each member's address that packets show. */
  luminosityBits: number;
  /** Whether newcomers are let in, and those who leave shut out, at once; otherwise with the next commit that is made for another reason. */
  commitOnJoin: boolean;
  commitOnLeave: boolean;
  /** A member asks another about as often as this whether they are in the same epoch. */
  askEveryUs: Micros;
  /** Who is next to shut out somebody who leaves waits this much longer than the one before. */
  turnUs: Micros;
  /** Requests to be let in are gathered for so long, and a lost request is made again after ten times as long. */
  gatherUs: Micros;
}

/** Bits that single out one node of any network that fits on the earth's machines: packets for one address. */
export const EXACT_BITS = 32;

/** Our choices: a lost commit is noticed within a minute by the silent, at once by those who speak; commits reach everybody well within a turn. */
export const DEFAULT_GROUP_OPTIONS: Readonly<GroupOptions> = {
  together: true,
  luminosityBits: EXACT_BITS,
  commitOnJoin: true,
  commitOnLeave: true,
  askEveryUs: 60_000_000,
  turnUs: 2_000_000,
  gatherUs: 500_000,
};
