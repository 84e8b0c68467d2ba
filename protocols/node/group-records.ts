/**
 * What a node keeps of its groups on disk: one record for each group, and one for each package by which it may still be welcomed. Records
 * are whole: whoever reads them after a crash goes on as if nothing else had been.
 */
import { X25519_KEY_BYTES } from '../crypto/port.ts';
import { decodeKeyPackage, type KeyPackageSecrets } from '../group/leaf.ts';
import { concat } from '../group/presentation.ts';

/** A record, or undefined for one to be removed. */
export interface GroupRecord {
  /** `group/` or `package/`, and the group's id in hexadecimal. */
  name: string;
  record: Uint8Array | undefined;
}

/** Somebody's words to a group. */
export interface GroupWords {
  /** The group's id in hexadecimal. */
  group: string;
  /** Overlay address of the member. */
  from: Uint8Array;
  text: Uint8Array;
}

/** Where groups are kept. */
export interface GroupVault {
  /** Keeps all records and words that have come, or none, and calls `then` when they are safe. Calls end in the order they began. */
  keepGroups(records: readonly GroupRecord[], words: readonly GroupWords[], then: () => void): void;
  /** Everything kept; read at each start. */
  groupRecords(): readonly { name: string; record: Uint8Array }[];
}

export function encodePackage({ init, leaf, package: one }: KeyPackageSecrets): Uint8Array {
  return concat(init, leaf, one.bytes);
}

/** The inverse; undefined for bytes that are none. */
export function decodePackage(record: Uint8Array): KeyPackageSecrets | undefined {
  const one = decodeKeyPackage(record.slice(2 * X25519_KEY_BYTES));
  if (one === undefined) return undefined;
  const init = record.slice(0, X25519_KEY_BYTES);
  return { init, leaf: record.slice(X25519_KEY_BYTES, 2 * X25519_KEY_BYTES), package: one };
}
