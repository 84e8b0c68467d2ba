/**
 * The newest blocks of a chain as one endpoint tells them, each linked to the one before by its hash.
 *
 * A new head is followed back by parent hashes until it meets a block that is known: what lies above that one on our side is abandoned. So a reorganisation
 * needs no word of its own, and a block that does not belong to the chain is found out. If the branches do not meet within the window, the endpoint has
 * replaced blocks that had long been confirmed, and is not followed.
 */
import { z } from 'zod';
import type { Rpc } from './rpc.ts';
import { believe, ChainTrouble } from './trouble.ts';
import { HEADER, type Header } from './wire.ts';

/** Blocks kept below those that are confirmed: a fork that goes this deep is refused, and the next round starts from what is known. */
export const WINDOW_MARGIN = 64;
/** After an absence of more blocks than this the window begins anew. */
const FOLLOW_MAX = 256;

/** One block among all. */
export interface BlockName {
  number: number;
  hash: string;
}

export class Heads {
  readonly #rpc: Rpc;
  readonly #confirmations: number;
  /** Oldest first, each the parent of the next. */
  #window: Header[] = [];

  constructor(rpc: Rpc, confirmations: number) {
    this.#rpc = rpc;
    this.#confirmations = confirmations;
  }

  get head(): Header | undefined {
    return this.#window.at(-1);
  }

  /** The newest block with the confirmations that are waited for. */
  get confirmed(): Header | undefined {
    return this.#window.at(-1 - this.#confirmations);
  }

  /** The block with this number, if it is in the window. */
  at(number: number): Header | undefined {
    const first = this.#window[0];
    return first === undefined ? undefined : this.#window[number - first.number];
  }

  /**
   * Goes on to the endpoint's newest block.
   * @param relied the newest block whose facts have been told: a branch without it is not followed.
   * @returns how many blocks were abandoned.
   * @throws ChainTrouble, and then nothing has changed.
   */
  async follow(relied: BlockName | undefined): Promise<number> {
    const latest = await this.#rpc.ask('eth_getBlockByNumber', ['latest', false], HEADER);
    const { head } = this;
    // One of several machines behind an address may be a little behind.
    if (this.at(latest.number)?.hash === latest.hash) return 0;
    if (head === undefined || latest.number - head.number > FOLLOW_MAX) {
      if (relied !== undefined) await this.#assertKept(relied);
      this.#window = await this.#begin(latest);
      return 0;
    }
    const fresh = [latest];
    for (let oldest = latest; !this.#holds(oldest.parentHash, oldest.number - 1);) {
      if (oldest.number <= Math.max(relied?.number ?? 0, this.#window[0]!.number) + 1)
        throw this.#replaced(oldest.number - 1);
      oldest = await this.#parentOf(oldest);
      fresh.unshift(oldest);
    }
    const kept = fresh[0]!.number - this.#window[0]!.number;
    const abandoned = this.#window.length - kept;
    const window = [...this.#window.slice(0, kept), ...fresh];
    this.#window = window.slice(-(this.#confirmations + 1 + WINDOW_MARGIN));
    return abandoned;
  }

  /** Facts of `relied` have been told in an earlier life, or before a long absence. */
  async #assertKept({ number, hash }: BlockName): Promise<void> {
    const asked = `0x${number.toString(16)}`;
    const now = await this.#rpc.ask('eth_getBlockByNumber', [asked, false], z.nullable(HEADER));
    if (now?.hash !== hash) throw this.#replaced(number);
  }

  #replaced(number: number): ChainTrouble {
    return new ChainTrouble(
      'chain-replaced',
      `${this.#rpc.place} has another block ${number} than it had, although that one had the ${this.#confirmations} confirmations that were waited for`,
    );
  }

  async #begin(latest: Header): Promise<Header[]> {
    const window = [latest];
    const depth = Math.min(latest.number, this.#confirmations);
    while (window.length <= depth) window.unshift(await this.#parentOf(window[0]!));
    return window;
  }

  async #parentOf({ number, parentHash }: Header): Promise<Header> {
    const parent = await this.#rpc.ask(
      'eth_getBlockByHash',
      [parentHash, false],
      z.nullable(HEADER),
    );
    believe(parent !== null, `${this.#rpc.place} does not know the parent of block ${number}`);
    believe(
      parent.hash === parentHash && parent.number === number - 1,
      `${this.#rpc.place} names a parent of block ${number} that is not its parent`,
    );
    return parent;
  }

  #holds(hash: string, number: number): boolean {
    return this.at(number)?.hash === hash;
  }
}
