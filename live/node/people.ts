/** How people are called who have no name. */
import type { Named } from './vault.ts';

/** What the user calls somebody; the beginning of the address of a stranger. @param address hex */
export function nameOf(people: readonly Named[], address: string): string {
  return people.find((person) => person.address === address)?.name ?? `${address.slice(0, 8)}…`;
}
