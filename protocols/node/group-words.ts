/**
 * Words that some members have missed: who is up keeps the last packets of words for a while, and members who compare which epoch counts also say which
 * words they have, so that whoever has more sends the rest.
 *
 * A word is named by its epoch, its sender's place there and its number in the sender's ratchet, so what a member lacks can be read from the ratchets that
 * it has on disk: all numbers from the next one on, and those that were skipped. It fits a few bytes for each sender. Packets that are kept are as they
 * travelled, sealed; they are not on disk, and of use to members only who have not opened them yet, as long as the epoch is kept.
 *
 * What has been heard, as it stands behind a head: number of epochs 1, the one that counts first; for each the number of senders 1, for each of these place 2,
 * number of their next word 4, missing words before it 1, for each how far it lies before the next 1.
 */
import { readUint16, readUint32, writeUint16, writeUint32 } from '../codec/bytes.ts';
import { countingLine } from '../group/fork.ts';
import type { GroupState } from '../group/state.ts';
import type { Micros } from '../host.ts';
import { applicationRatchets } from '../group/secret-tree.ts';

/** Packets of words that a member keeps for the others of a group: about 256 KiB. */
const KEPT_MAX = 256;
/** Words that are sent to somebody at once; they ask again for more. */
export const WORDS_AT_ONCE = 16;
/** How far back a missing word can be named. */
const DISTANCE_MAX = 255;
const COUNT_MAX = 255;

/** What somebody has heard from one sender in an epoch. */
export interface HeardFrom {
  leaf: number;
  /** Number of the next word. */
  next: number;
  /** Numbers before it that have not come. */
  missing: readonly number[];
}

/** By epoch, from the one that counts back. */
export type Heard = readonly (readonly HeardFrom[])[];

/** A packet of words. */
export interface Word {
  /** Id of the epoch. */
  epoch: string;
  leaf: number;
  generation: number;
  packet: Uint8Array;
  /** When we had it. */
  atUs: Micros;
}

/** Packets of words of one group. */
export class KeptWords {
  #words: Word[] = [];

  get size(): number {
    return this.#words.length;
  }

  keep(word: Word): void {
    this.#words.push(word);
    if (this.#words.length > KEPT_MAX) this.#words.shift();
  }

  /**
   * Packets that somebody on our line lacks, oldest first, at most WORDS_AT_ONCE; of those that we had before `beforeUs`, since later ones are on their way to
   * everybody. Those of epochs that are not kept any more go.
   */
  lackedBy(heard: Heard, state: GroupState, beforeUs: Micros): Uint8Array[] {
    this.#words = this.#words.filter(({ epoch }) => state.epochs.has(epoch));
    const back = new Map(lineBack(state).map((id, index) => [id, index]));
    return this.#words
      .filter(({ epoch, leaf, generation, atUs }) => {
        if (atUs >= beforeUs) return false;
        const there = heard[back.get(epoch) ?? Infinity];
        return there !== undefined && lacks(there, leaf, generation);
      })
      .slice(0, WORDS_AT_ONCE)
      .map(({ packet }) => packet);
  }
}

/** What a member has heard in the epochs that it keeps, our own words included. */
export function heardIn(state: GroupState): Heard {
  const heard: HeardFrom[][] = [];
  for (const id of lineBack(state)) {
    const body = state.epochs.get(id)!.body;
    if (body === undefined) break;
    heard.push(
      applicationRatchets(body.secretTree)
        .filter(({ generation }) => generation > 0)
        .map(({ leaf, generation, skipped }) => ({
          leaf,
          next: generation,
          missing: skipped.map((one) => one.generation),
        })),
    );
  }
  return heard;
}

/** Whether the other has heard something that we have not. */
export function lacksOf(own: Heard, theirs: Heard): boolean {
  return theirs.some((epoch, back) => {
    const there = own[back];
    if (there === undefined) return false;
    return epoch.some(({ leaf, next, missing }) => {
      const ours = there.find((one) => one.leaf === leaf);
      if (ours === undefined || ours.next < next) return true;
      return ours.missing.some((one) => one < next && !missing.includes(one));
    });
  });
}

function lacks(heard: readonly HeardFrom[], leaf: number, generation: number): boolean {
  const there = heard.find((one) => one.leaf === leaf);
  return there === undefined || generation >= there.next || there.missing.includes(generation);
}

/** Ids of the epochs that count, the newest first. */
function lineBack({ epochs, root }: GroupState): string[] {
  return countingLine(epochs, root)
    .map(({ id }) => id)
    .reverse();
}

/** Written in at most `mostBytes`: as many epochs as fit, the newest first. */
export function encodeHeard(heard: Heard, mostBytes: number): Uint8Array {
  const bytes = new Uint8Array(mostBytes);
  let length = 1;
  let epochs = 0;
  for (const epoch of heard) {
    const size = epoch.reduce((sum, { missing }) => sum + 7 + missing.length, 1);
    if (epoch.length > COUNT_MAX || length + size > mostBytes) break;
    bytes[length++] = epoch.length;
    for (const { leaf, next, missing } of epoch) {
      const near = missing.filter((one) => next - one <= DISTANCE_MAX).slice(-COUNT_MAX);
      writeUint16(bytes, length, leaf);
      writeUint32(bytes, length + 2, next);
      bytes[length + 6] = near.length;
      length += 7;
      for (const one of near) bytes[length++] = next - one;
    }
    epochs++;
  }
  bytes[0] = epochs;
  return bytes.slice(0, length);
}

/** The inverse; undefined for bytes that say nothing of the kind. */
export function decodeHeard(bytes: Uint8Array): Heard | undefined {
  if (bytes.length === 0) return undefined;
  const heard: HeardFrom[][] = [];
  let at = 1;
  for (let epoch = 0; epoch < bytes[0]!; epoch++) {
    if (at >= bytes.length) return undefined;
    const senders: HeardFrom[] = [];
    for (let left = bytes[at++]!; left > 0; left--) {
      const missing = bytes[at + 6];
      if (missing === undefined || at + 7 + missing > bytes.length) return undefined;
      const next = readUint32(bytes, at + 2);
      const distances = [...bytes.subarray(at + 7, at + 7 + missing)];
      if (distances.some((one) => one === 0 || one > next)) return undefined;
      senders.push({
        leaf: readUint16(bytes, at),
        next,
        missing: distances.map((one) => next - one),
      });
      at += 7 + missing;
    }
    heard.push(senders);
  }
  return at === bytes.length ? heard : undefined;
}
