/**
 * What is seen and heard of groups, as observations: what `scenarios/run/groups/follower.ts` names, written down in one process and told in another.
 *
 * Of datagrams only those that come to colluders are written. An account has 20 bytes; lists are written one behind the other.
 */
import { ACCOUNT_BYTES } from '../../protocols/identity/address.ts';
import type { GroupFollower } from '../../scenarios/run/groups/follower.ts';

/** Kinds of observations from here on are of groups. */
export const GROUPS_FROM = 32;
const BEGUN = 32;
const SAYING = 33;
const SAID = 34;
const HEARD = 35;
const MOVED = 36;
const LEAVING = 37;
const ENTERING = 38;
const ARRIVED = 39;

/** Writes an observation: kind and up to four numbers, and what bytes belong to it. */
export type Write = (
  kind: number,
  numbers: readonly number[],
  bytes?: readonly Uint8Array[],
) => void;

/** A follower that writes down what it is told. */
export function groupWriter(write: Write): GroupFollower {
  return {
    ledger: {
      saying(node, number, sizeBytes) {
        write(SAYING, [node, number, sizeBytes]);
      },
      said(node, number, packet, { accounts, commits }) {
        const kept = commits();
        write(SAID, [node, number, kept.length], [packet, Buffer.concat(accounts), ...kept]);
      },
      heard(node, number) {
        write(HEARD, [node, number]);
      },
      moved(node, accounts) {
        write(MOVED, [node], [Buffer.concat(accounts)]);
      },
      leaving(node, state) {
        write(LEAVING, [node], [state]);
      },
      entering(node) {
        write(ENTERING, [node]);
      },
    },
    begun(group, id) {
      write(BEGUN, [group], [Buffer.from(id, 'hex')]);
    },
    arrived(node, from, bytes, offset, length) {
      write(ARRIVED, [node, from], [bytes.slice(offset, offset + length)]);
    },
  };
}

/** Tells what was written to whoever is there to hear it. @param next the bytes of this observation, one after the other */
export function tellGroup(
  { ledger, begun, arrived }: Partial<GroupFollower>,
  kind: number,
  [a, b, c]: readonly [number, number, number],
  next: () => Uint8Array,
): void {
  switch (kind) {
    case BEGUN: {
      const id = next();
      begun?.(a, Buffer.from(id).toString('hex'));
      return;
    }
    case SAYING:
      ledger?.saying(a, b, c);
      return;
    case SAID: {
      const packet = next();
      const accounts = accountsOf(next());
      const commits = Array.from({ length: c }, next);
      ledger?.said(a, b, packet, { accounts, commits: () => commits });
      return;
    }
    case HEARD:
      ledger?.heard(a, b);
      return;
    case MOVED: {
      const accounts = accountsOf(next());
      ledger?.moved(a, accounts);
      return;
    }
    case LEAVING: {
      const state = next();
      ledger?.leaving(a, state);
      return;
    }
    case ENTERING:
      ledger?.entering(a);
      return;
    case ARRIVED: {
      const bytes = next();
      arrived?.(a, b, bytes, 0, bytes.length);
      return;
    }
    default:
      throw new Error(`observation of unknown kind ${kind}`);
  }
}

function accountsOf(bytes: Uint8Array): Uint8Array[] {
  return Array.from({ length: bytes.length / ACCOUNT_BYTES }, (_, i) =>
    bytes.slice(i * ACCOUNT_BYTES, (i + 1) * ACCOUNT_BYTES),
  );
}
