/**
 * When a member commits: soon for what it wants itself (newcomers whom it was asked to let in, a new key of its own), in its turn for those who leave.
 *
 * Both are appointments of their own. A turn is worked out anew whenever the group moves, since those for whom it was may be out by then; what we want stays wanted.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import type { Outgoing } from '../group/group.ts';
import type { Fresh } from '../group/leaf.ts';
import { leafOfAccount, takenLeaves } from '../group/ratchet-tree.ts';
import { NO_TIMER, type Host, type Micros } from '../host.ts';
import type { RandomStream } from '../random.ts';
import type { GroupOptions } from './group-options.ts';
import { ANSWER_US } from './group-post.ts';
import type { Appointment, Seat } from './group-seat.ts';
import type { GroupSeats } from './group-seats.ts';

/** Arguments are numbers of seats. */
export const TIMER_COMMIT = 0x600;
export const TIMER_TURN = 0x604;

export interface CommitsParts {
  host: Host;
  options: GroupOptions;
  random: RandomStream;
  fresh: Fresh;
  seats: GroupSeats;
  /** A commit has been made: to be kept, and sent to those who were members before it. */
  made(seat: Seat, outgoing: Outgoing, to: readonly Uint8Array[]): void;
}

export class GroupCommits {
  readonly #parts: CommitsParts;

  constructor(parts: CommitsParts) {
    this.#parts = parts;
  }

  /** A commit is to be made within `waitUs`, if there is still a reason then. */
  within(seat: Seat, waitUs: Micros): void {
    this.#appoint(seat, seat.commit, TIMER_COMMIT, waitUs);
  }

  /** Members shut out whoever leaves in the order in which they sit after them, a turn apart, so that as a rule there is one commit. */
  shutOutInTurn(seat: Seat): void {
    const { host, options, random } = this.#parts;
    const { body } = seat.group.state.head;
    if (!options.commitOnLeave || body === undefined) return;
    // Those for whom we waited may be out by now: a turn that stood would fall together with that of somebody else.
    host.cancelTimer(seat.turn.timer);
    seat.turn.timer = NO_TIMER;
    const leaving = new Set(seat.leaving());
    if (leaving.size === 0) return;
    const first = Math.min(...leaving);
    const staying = takenLeaves(body.tree).filter((leaf) => !leaving.has(leaf));
    const order = [...staying.filter((l) => l > first), ...staying.filter((l) => l < first)];
    const turn = order.indexOf(body.ownLeaf);
    if (turn < 0) return;
    const waitUs = turn * options.turnUs + ANSWER_US + random.below(ANSWER_US);
    this.#appoint(seat, seat.turn, TIMER_TURN, waitUs);
  }

  cancel({ commit, turn }: Seat): void {
    this.#parts.host.cancelTimer(commit.timer);
    this.#parts.host.cancelTimer(turn.timer);
  }

  due(seat: Seat, kind: number): void {
    (kind === TIMER_TURN ? seat.turn : seat.commit).timer = NO_TIMER;
    const { fresh, seats, made } = this.#parts;
    const { group } = seat;
    const { body } = group.state.head;
    if (body === undefined) return;
    const isLeaving = seat.leaving().some((leaf) => leaf !== body.ownLeaf);
    if (!seat.wishes && !isLeaving && !group.updateDue) return;
    const add = [...seat.newcomers.values()];
    // Whoever comes in again leaves their old seat.
    const accounts = new Set([
      ...add.map(({ leaf }) => bytesToHex(leaf.account)),
      ...seat.removals,
    ]);
    const remove = [...accounts]
      .map((account) => hexToBytes(account))
      .filter((account) => leafOfAccount(body.tree, account) >= 0);
    seat.newcomers.clear();
    seat.removals.clear();
    const to = seats.others(seat);
    const outgoing = group.commit({ add, remove }, fresh);
    // Somebody's package was bad: they may ask again.
    if (typeof outgoing !== 'string') made(seat, outgoing, to);
  }

  /** Sets an appointment, unless it is earlier already. */
  #appoint(seat: Seat, appointment: Appointment, kind: number, waitUs: Micros): void {
    const { host } = this.#parts;
    const atUs = host.now() + waitUs;
    if (appointment.timer !== NO_TIMER && appointment.atUs <= atUs) return;
    host.cancelTimer(appointment.timer);
    appointment.atUs = atUs;
    appointment.timer = host.setTimer(Math.max(1, waitUs), kind, seat.number);
  }
}
