/**
 * How long an applicant waits for a place in a registrar's table.
 *
 *     wait = lifetime · 1/(1 - n/C)^10 · (n_service/C + n_wide/C + 10^-6)
 *
 * with n advertisements in a table for C, n_service of them of the same service, n_wide from the same wide network (/16, or /32 of IPv6). This is the
 * form of discv5's design (Król and others 2024, DISC-NG): common services wait longer than rare ones, and a table fills only so far.
 * N who always come back share it by Little's law: n · (1 + wait(n)/lifetime) = N.
 *
 * That design adds the likeness of addresses to the sum, so that an identity of a crowded network waits at most a few times as long as any other,
 * and whoever has ten times as many identities has more places. Here the narrow network (/24, /48) has a limit instead: with that many
 * advertisements in the table the next one waits until one of them leaves, however many identities ask. Networks bound a spammer's places, identities
 * do not.
 *
 * Only + - × ÷: the result decides when something happens, and must be the same everywhere.
 */
import type { Occupancy } from './ad-table.ts';
import type { RegistrarOptions } from './options.ts';
import { OCCUPANCY_POWER, WAIT_FLOOR } from './params.ts';

/** Waiting time in all, from the first ticket on, milliseconds; at most the life of an advertisement times the table's capacity. */
export function waitMs(options: RegistrarOptions, there: Occupancy): number {
  const { capacity } = options;
  const lifetimeMs = Math.floor(options.adLifetimeUs / 1_000);
  const free = 1 - there.all / capacity;
  let power = 1;
  for (let i = 0; i < OCCUPANCY_POWER; i++) power *= free;
  const crowd = (there.service + there.wideNetwork) / capacity + WAIT_FLOOR;
  const most = lifetimeMs * capacity;
  return power === 0 ? most : Math.min(most, Math.ceil((lifetimeMs * crowd) / power));
}

/** Time until the limits let anybody of this network in, milliseconds; 0 if they do now. */
export function limitMs(options: RegistrarOptions, there: Occupancy, nowMs: number): number {
  let free = 0;
  if (there.network >= options.adsPerNetwork) free = there.networkFreeMs - nowMs;
  if (there.all >= options.capacity) free = Math.max(free, there.freeMs - nowMs);
  return Math.max(0, free);
}
