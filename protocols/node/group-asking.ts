/**
 * Whether a member is in the epoch that counts: asking others, and helping those who are behind.
 *
 * A commit that was lost is noticed in two ways. Whoever speaks in an old epoch, a turn after it ended, is sent what they have missed by the maker of the commit that ended it. And every
 * member tells another now and then, and soon after a change, which epoch counts for them: whoever knows that one, and a later one, sends the commits between; whoever does not know it
 * tells their own. Who is in the same epoch sends words that the other has missed, or says which they lack themselves. A member whom several in a row do not know, nor it them, is on a line that few are on, and asks to be let in again.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { countingLine } from '../group/fork.ts';
import type { Epoch } from '../group/state.ts';
import { NO_TIMER, type Host, type Micros } from '../host.ts';
import type { RandomStream } from '../random.ts';
import { encodeHead, joinWords, type HeadFrame } from './group-frames.ts';
import type { GroupOptions } from './group-options.ts';
import type { GroupPost } from './group-post.ts';
import type { Seat } from './group-seat.ts';
import type { GroupSeats } from './group-seats.ts';
import { heardIn, lacksOf } from './group-words.ts';

/** The argument is the number of a seat. */
export const TIMER_ASK = 0x601;

/** After a change we ask within about so many turns. */
const CHECK_TURNS = 4;
/** Where words are missing that came before others, or while we were away, within so many. */
const MISSING_TURNS = 2;

/** After so many members in a row who do not know our epoch, nor we theirs, we ask to be let in again. */
const STRAYS_MAX = 2;

export interface AskingParts {
  host: Host;
  options: GroupOptions;
  random: RandomStream;
  post: GroupPost;
  seats: GroupSeats;
  /** Gives the seat up, and asks to be let in anew. */
  joinAgain(seat: Seat): void;
}

export class GroupAsking {
  readonly #parts: AskingParts;

  constructor(parts: AskingParts) {
    this.#parts = parts;
  }

  /** Asks about as long from now as members do. */
  later(seat: Seat): void {
    this.within(seat, this.#parts.options.askEveryUs);
  }

  /** Asks after a half to one and a half of `meanUs`, and not before. */
  within(seat: Seat, meanUs: Micros): void {
    const { host, random } = this.#parts;
    const waitUs = Math.floor(meanUs / 2) + random.below(meanUs);
    host.cancelTimer(seat.askTimer);
    seat.askAtUs = host.now() + waitUs;
    seat.askTimer = host.setTimer(Math.max(1, waitUs), TIMER_ASK, seat.number);
  }

  /** The epoch that counts has changed: whoever is on a line of their own by that shall know soon. */
  afterChange(seat: Seat): void {
    seat.movedAtUs = this.#parts.host.now();
    this.#sooner(seat, CHECK_TURNS);
  }

  /** Something is missing that others may have. */
  soon(seat: Seat): void {
    this.#sooner(seat, MISSING_TURNS);
  }

  /** Asks within about so many turns, unless it is about to. */
  #sooner(seat: Seat, turns: number): void {
    const { host, options } = this.#parts;
    const soonUs = turns * options.turnUs;
    if (seat.askAtUs > host.now() + 1.5 * soonUs) this.within(seat, soonUs);
  }

  due(seat: Seat): void {
    seat.askTimer = NO_TIMER;
    this.later(seat);
    const { seats, post, random } = this.#parts;
    const others = seats.others(seat);
    const next = seat.askNext;
    seat.askNext = undefined;
    if (others.length === 0) return;
    post.tell(next ?? others[random.below(others.length)]!, headOf(seat, false));
  }

  /** Words have come from somebody who sends no more at once. */
  more(seat: Seat, from: Uint8Array): void {
    seat.askNext = from;
    this.within(seat, this.#parts.options.turnUs);
  }

  /**
   * Somebody says which epoch counts for them: a member, or who was let in on a line that we know or do not know, or anybody who ever heard the group's id. The last
   * learn the number of our epoch, in one frame for one of theirs; all else is for those who sit with us, or did.
   */
  compare(seat: Seat, from: Uint8Array, frame: HeadFrame): void {
    const { post, seats } = this.#parts;
    const { head, epochs } = seat.group.state;
    const theirs = bytesToHex(frame.epoch);
    const sitsWithUs = seats.isMember(seat, from);
    if (theirs === bytesToHex(nameOf(head))) {
      if (!sitsWithUs) return;
      seat.strays = 0;
      seat.inCompany = true;
      this.#compareWords(seat, from, frame);
    } else if (epochs.has(theirs)) {
      if (!sitsWithUs && !seats.isKnown(seat, from)) return;
      this.#sendCommits(seat, from, theirs);
      // Whoever was welcomed to a line that does not count lacks the epoch where it branched off: no commit helps them.
      if (!isOnLine(seat, theirs)) post.answer(from, headOf(seat, true));
    } else {
      // A newcomer on a line that nobody else has heard of finds out by this that it is alone.
      if (!frame.answers) post.answer(from, headOf(seat, true, sitsWithUs));
      // Most changes are made where most members are: a group that has split comes together where the line is longer.
      const goesOn = frame.answers || frame.height > head.height;
      if (goesOn && sitsWithUs) this.#stray(seat);
    }
  }

  #compareWords(seat: Seat, from: Uint8Array, { heard, answers }: HeadFrame): void {
    const { host, post, options } = this.#parts;
    const { state } = seat.group;
    const name = bytesToHex(from);
    const isDue = host.now() >= (seat.servedUs.get(name) ?? -Infinity) + options.turnUs / 4;
    const packets = isDue ? seat.words.lackedBy(heard, state, host.now() - options.turnUs) : [];
    if (packets.length > 0) {
      seat.servedUs.set(name, host.now());
      post.whole(from, 'words', joinWords(state.groupId, packets));
    }
    if (!answers && lacksOf(heardIn(state), heard)) post.answer(from, headOf(seat, true));
  }

  #stray(seat: Seat): void {
    if (++seat.strays >= STRAYS_MAX) this.#parts.joinAgain(seat);
    else this.within(seat, this.#parts.options.turnUs);
  }

  /** Whoever speaks in an epoch that a commit of ours has ended is sent what they have missed. @param to address of the speaker. */
  help(seat: Seat, to: Uint8Array, epoch: string): void {
    const { head, epochs } = seat.group.state;
    if (epoch === head.id) return;
    const ended = [...epochs.values()].some(
      (one) => one.parent === epoch && one.wish !== undefined,
    );
    if (!ended || seat.helped.get(bytesToHex(to)) === head.id) return;
    // As a rule the commit is on its way to them: all that speak at once would be sent it twice.
    if (this.#parts.host.now() < seat.movedAtUs + this.#parts.options.turnUs) return;
    seat.helped.set(bytesToHex(to), head.id);
    this.#sendCommits(seat, to, epoch);
  }

  #sendCommits(seat: Seat, to: Uint8Array, epoch: string): void {
    for (const packet of seat.group.commits(epoch)) this.#parts.post.whole(to, 'commit', packet);
  }
}

/** @param saysHeard whether it says what we have heard, which is for members only */
function headOf(seat: Seat, answers: boolean, saysHeard = true): Uint8Array {
  const { head, groupId } = seat.group.state;
  const heard = saysHeard ? heardIn(seat.group.state) : [];
  return encodeHead({ groupId, height: head.height, epoch: nameOf(head), answers, heard });
}

function isOnLine({ group: { state } }: Seat, id: string): boolean {
  return countingLine(state.epochs, state.root).some((epoch) => epoch.id === id);
}

/** The transcript hash by which an epoch is named; zeros for the first, which has none. */
function nameOf({ id }: Epoch): Uint8Array {
  return id === '' ? new Uint8Array(32) : hexToBytes(id);
}
