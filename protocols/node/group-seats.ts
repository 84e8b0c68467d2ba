/** The seats of a node: one in each group that it is in, and where the others who sit there are to be reached. */
import { bytesToHex } from '@noble/hashes/utils.js';
import type { CryptoSuite } from '../crypto/port.ts';
import type { Group } from '../group/group.ts';
import type { Arrival } from '../group/groups.ts';
import { sameBytes, type Member } from '../group/leaf.ts';
import { leafAt, takenLeaves, type Tree } from '../group/ratchet-tree.ts';
import { overlayAddress } from '../identity/address.ts';
import { isFrame } from './group-frames.ts';
import type { GroupWords } from './group-records.ts';
import type { Seat } from './group-seat.ts';
import { unpadGroupText } from './group-text.ts';

export class GroupSeats implements Iterable<Seat> {
  readonly #suite: CryptoSuite;
  readonly #account: Uint8Array;
  readonly #networkId: bigint;
  /** Addresses that were worked out before; leaves are values, and stand in many trees. */
  readonly #addresses = new WeakMap<Member, Uint8Array>();
  /** By the group's id, in hexadecimal. */
  readonly #seats = new Map<string, Seat>();

  /** @param account our own, 20 bytes */
  constructor(suite: CryptoSuite, account: Uint8Array, networkId: bigint) {
    this.#suite = suite;
    this.#account = account;
    this.#networkId = networkId;
  }

  get size(): number {
    return this.#seats.size;
  }

  [Symbol.iterator](): Iterator<Seat> {
    return this.#seats.values();
  }

  /** @param id of the group, in hexadecimal */
  get(id: string): Seat | undefined {
    return this.#seats.get(id);
  }

  /** The seat in just this group, and not in one that has taken its place. */
  of(group: Group): Seat | undefined {
    const seat = this.#seats.get(bytesToHex(group.id));
    return seat?.group === group ? seat : undefined;
  }

  numbered(number: number): Seat | undefined {
    return [...this].find((seat) => seat.number === number);
  }

  add(seat: Seat): void {
    this.#seats.set(seat.id, seat);
  }

  delete(seat: Seat): void {
    this.#seats.delete(seat.id);
  }

  clear(): void {
    this.#seats.clear();
  }

  /** Overlay address of a member; not to be written to. */
  addressOf(member: Member): Uint8Array {
    const known = this.#addresses.get(member);
    if (known !== undefined) return known;
    const address = overlayAddress(this.#suite, member.account, this.#networkId, member.nonce);
    this.#addresses.set(member, address);
    return address;
  }

  /** Addresses of all members but ourselves; none where we are no member. */
  others(seat: Seat): Uint8Array[] {
    const { body } = seat.group.state.head;
    return body === undefined ? [] : this.addressesIn(body.tree);
  }

  /** Addresses of all but ourselves. */
  addressesIn(tree: Tree): Uint8Array[] {
    return takenLeaves(tree)
      .map((leaf) => leafAt(tree, leaf)!)
      .filter((member) => !sameBytes(member.account, this.#account))
      .map((member) => this.addressOf(member));
  }

  /** What a packet has brought for the user, and not for the node. */
  wordsOf({ group, received }: Arrival): GroupWords[] {
    if (received.kind !== 'message') return [];
    const text = unpadGroupText(received.text);
    if (text === undefined || isFrame(text)) return [];
    return [{ group: bytesToHex(group.id), from: this.addressOf(received.from), text }];
  }

  isMember(seat: Seat, address: Uint8Array): boolean {
    return this.others(seat).some((member) => sameBytes(member, address));
  }

  /** Whether somebody sits in one of the epochs that are kept, be it on another line. */
  isKnown(seat: Seat, address: Uint8Array): boolean {
    if (this.isMember(seat, address)) return true;
    return [...seat.group.state.epochs.values()].some(
      ({ body }) =>
        body !== undefined &&
        this.addressesIn(body.tree).some((member) => sameBytes(member, address)),
    );
  }
}
