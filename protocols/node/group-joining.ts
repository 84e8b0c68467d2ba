/**
 * Asking to be let into groups: the packages by which a node may be welcomed, and whom it asks, one after the other, until somebody does.
 *
 * A package is on disk before anybody is asked, and stays until its welcome has come: the welcome may arrive in another life.
 *
 * The commit that lets us in may lose against another of the same epoch. Its maker sees that, commits our package again, and welcomes us again, while we sit
 * on a line that nobody else is on, where nothing that is said reaches us. So a package opens later welcomes too, for a while after each.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { Group } from '../group/group.ts';
import {
  makeKeyPackage,
  sameBytes,
  type Fresh,
  type GroupSelf,
  type KeyPackageSecrets,
} from '../group/leaf.ts';
import { ANY_MEMBER } from '../group/policy.ts';
import type { Host, Micros } from '../host.ts';
import type { RandomStream } from '../random.ts';
import { encodeJoin } from './group-frames.ts';
import type { GroupOptions } from './group-options.ts';
import type { GroupPost } from './group-post.ts';
import { decodePackage, encodePackage, type GroupRecord } from './group-records.ts';

/** The argument is a number made of the group's id. */
export const TIMER_JOIN = 0x602;
/** A package that has opened a welcome is to be forgotten. */
export const TIMER_SPENT = 0x605;
/** A lost request to be let in is made again after so many gathering times; twice as many each time that all have been asked, at most 2^8. */
const JOIN_AGAIN = 6;
const DOUBLINGS_MAX = 8;

/** A wish to be let in. */
interface Waiting {
  secrets: KeyPackageSecrets;
  /** Whom to ask, the next one first. */
  through: Uint8Array[];
  asked: number;
}

export interface JoiningParts {
  host: Host;
  groupSelf: GroupSelf;
  fresh: Fresh;
  random: RandomStream;
  options: Pick<GroupOptions, 'gatherUs'>;
  post: GroupPost;
  keep(records: readonly GroupRecord[], then: () => void): void;
}

export class GroupJoining {
  readonly #parts: JoiningParts;
  /** By the id of the group, in hexadecimal. */
  readonly #packages = new Map<string, Waiting>();
  /** Those that have opened a welcome and may open another. In memory only: whoever takes our disk gets none. */
  readonly #used = new Map<string, Waiting & { untilUs: Micros }>();

  constructor(parts: JoiningParts) {
    this.#parts = parts;
  }

  /** Groups that we wait to be let into. */
  get size(): number {
    return this.#packages.size;
  }

  /** Their ids, in hexadecimal. */
  ids(): string[] {
    return [...this.#packages.keys()];
  }

  /** Whether somebody may be about to welcome us. */
  hasAsked(address: Uint8Array): boolean {
    return [...this.#packages.values(), ...this.#used.values()].some(({ through }) =>
      through.some((one) => sameBytes(one, address)),
    );
  }

  clear(): void {
    this.#packages.clear();
    this.#used.clear();
  }

  /** Asks no more to be let into a group, and takes no welcome to it. @returns whether a package of it is on disk */
  forget(id: string): boolean {
    this.#used.delete(id);
    return this.#packages.delete(id);
  }

  remember(id: string, record: Uint8Array): void {
    const secrets = decodePackage(record);
    if (secrets === undefined) throw new Error('a vault has changed a package');
    this.#packages.set(id, { secrets, through: [], asked: 0 });
  }

  /** Asks to be let into a group, one of `through` after the other. */
  begin(id: string, through: readonly Uint8Array[]): void {
    const waiting = this.#packages.get(id);
    if (waiting !== undefined) {
      // As after a restart: the package may be on its way into the tree already.
      waiting.through = [...through];
      waiting.asked = 0;
      this.#ask(id);
      return;
    }
    const { host, groupSelf, fresh, keep } = this.#parts;
    const secrets = makeKeyPackage(host.crypto, groupSelf, fresh);
    this.#packages.set(id, { secrets, through: [...through], asked: 0 });
    keep([{ name: recordName(id), record: encodePackage(secrets) }], () => {
      this.#ask(id);
    });
  }

  /** A welcome has come. @returns the group that it lets us into, and the record that may go. */
  welcomed(welcome: Uint8Array): { group: Group; gone: GroupRecord } | undefined {
    const { host, groupSelf } = this.#parts;
    for (const [id, waiting] of [...this.#packages, ...this.#used]) {
      const group = Group.join(host.crypto, groupSelf, ANY_MEMBER, waiting.secrets, welcome);
      if (typeof group === 'string' || bytesToHex(group.id) !== id) continue;
      this.#packages.delete(id);
      const untilUs = host.now() + this.#waitUs;
      this.#used.set(id, { ...waiting, untilUs });
      host.setTimer(this.#waitUs, TIMER_SPENT, 0);
      return { group, gone: { name: recordName(id), record: undefined } };
    }
    return undefined;
  }

  /** Packages that have opened a welcome open no more. */
  forgetUsed(): void {
    const nowUs = this.#parts.host.now();
    for (const [id, { untilUs }] of this.#used) if (untilUs <= nowUs) this.#used.delete(id);
  }

  onTimer(argument: number): void {
    const id = [...this.#packages.keys()].find((one) => numberOf(one) === argument);
    if (id !== undefined) this.#ask(id);
  }

  #ask(id: string): void {
    const asked = this.#packages.get(id);
    if (asked === undefined) return;
    const { host, random, post } = this.#parts;
    const { secrets, through } = asked;
    // Remembered from another life: nobody to ask is known before somebody says so.
    if (through.length === 0) return;
    const to = through.shift()!;
    through.push(to);
    post.tell(to, encodeJoin(hexToBytes(id), secrets.package));
    const rounds = Math.floor(asked.asked++ / through.length);
    const waitUs = this.#waitUs * (1 << Math.min(rounds, DOUBLINGS_MAX));
    host.setTimer(waitUs + random.below(waitUs), TIMER_JOIN, numberOf(id));
  }

  get #waitUs(): Micros {
    return JOIN_AGAIN * this.#parts.options.gatherUs;
  }
}

function recordName(id: string): string {
  return `package/${id}`;
}

/** A number for timers, from a group's id. */
function numberOf(id: string): number {
  return Number.parseInt(id.slice(0, 7), 16);
}
