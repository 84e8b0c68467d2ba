/** People as the user knows them: how they may be called, and who is meant by a word. */
import { RequestError } from './request-error.ts';
import type { Named } from './vault.ts';

/** Names of people, and of groups: both stand in one list, so that whoever writes to a name need not wonder to whom. */
export const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._-]{0,63}$/u;

/** What the user calls somebody; the beginning of the address of a stranger. @param address hex */
export function nameOf(people: readonly Named[], address: string): string {
  return people.find((person) => person.address === address)?.name ?? `${address.slice(0, 8)}…`;
}

/** Who is called so, or has that address (hex). @throws RequestError */
export function personCalled(people: readonly Named[], word: string): Named {
  const person = people.find(({ name, address }) => name === word || address === word);
  if (person !== undefined) return person;
  const there =
    people.length === 0
      ? 'There is none yet.'
      : `There are: ${people.map(({ name }) => name).join(', ')}.`;
  throw new RequestError(
    `No contact is called "${word}". ${there} Add one: mainframe contacts add ${word} <card>`,
  );
}
