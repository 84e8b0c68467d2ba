/**
 * How a node is: what has gone wrong, for how long that is worth saying, and what mends it.
 *
 * Troubles are told as they happen (`diskFailed`, `clockJumped`, …) and forgotten when they are over: a socket that hears again is not lost, a
 * clock that has been right for ten minutes has not jumped. `report` puts them together with what can be seen at that moment. Times are those
 * of the machine's steady clock and come in as an argument's function, so that tests can let them pass.
 */
import { statfsSync } from 'node:fs';
import type { NodeState, Reason } from '../api/schemas.ts';
import type { ClockJump } from '../host/clock.ts';
import { StoreError } from '../store/port.ts';

/** How long something that happened once is told of. */
export const TOLD_MS = 600_000;
/** How long a node may look for its first peer before it counts as alone. */
export const STARTING_SECONDS = 10;
/** How often the free space is asked for. */
const DISK_EVERY_MS = 5_000;

export interface HealthReport {
  state: NodeState;
  reasons: Reason[];
}

/** What can be seen of a node. */
export interface Sight {
  stopping: boolean;
  upSeconds: number;
  peers: number;
  /** Nobody is known to join through: to wait for others is all it can do. */
  alone: boolean;
  datagramsIn: number;
  /** What is wrong with money, if the node has any. */
  money?: Reason | undefined;
}

export interface HealthOptions {
  name: string;
  /** Where it keeps things. */
  folder: string;
  /** Free bytes below which the user is told. */
  diskFreeMinBytes: number;
  /** Milliseconds of a steady clock. */
  steadyMs?: () => number;
  freeBytes?: (folder: string) => number;
}

export class Health {
  readonly #options: HealthOptions;
  readonly #steadyMs: () => number;
  readonly #freeBytes: (folder: string) => number;
  #disk: { full: boolean; message: string } | undefined;
  #jump: { jump: ClockJump; untilMs: number } | undefined;
  #socket: { message: string; datagramsIn: number | undefined } | undefined;
  #fault: { message: string; count: number; untilMs: number } | undefined;
  #free = { bytes: Infinity, untilMs: -Infinity };

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#steadyMs = options.steadyMs ?? (() => performance.now());
    this.#freeBytes = options.freeBytes ?? freeBytesOf;
  }

  /** Why the disk keeps nothing more; nothing will be kept until the node is started again. */
  get diskTrouble(): string | undefined {
    return this.#disk?.message;
  }

  diskFailed(error: unknown): void {
    this.#disk ??= {
      full: error instanceof StoreError && error.code === 'STORE_FULL',
      message: messageOf(error),
    };
  }

  clockJumped(jump: ClockJump): void {
    const heldMs = Math.max(0, jump.holdUs) / 1_000;
    this.#jump = { jump, untilMs: this.#steadyMs() + Math.max(TOLD_MS, heldMs) };
  }

  socketFailed(error: Error): void {
    this.#socket = { message: error.message, datagramsIn: undefined };
  }

  /** A protocol threw. */
  faulted(error: unknown): void {
    const count = (this.#fault?.count ?? 0) + 1;
    this.#fault = { message: messageOf(error), count, untilMs: this.#steadyMs() + TOLD_MS };
  }

  report(sight: Sight): HealthReport {
    const reasons = this.#reasons(sight);
    if (sight.stopping) return { state: 'stopping', reasons };
    if (reasons.length === 0) return { state: 'ready', reasons };
    const early = sight.upSeconds < STARTING_SECONDS;
    const joining = reasons.every(({ code }) => code === 'no-peers');
    return { state: early && joining ? 'starting' : 'degraded', reasons };
  }

  #reasons(sight: Sight): Reason[] {
    const { name } = this.#options;
    const restart = `mainframe node stop ${name}, then mainframe node run ${name}`;
    const reasons: Reason[] = [];
    if (this.#disk !== undefined) {
      const { full, message } = this.#disk;
      reasons.push({
        code: full ? 'disk-full' : 'disk-failed',
        why: `The disk refuses what is to be kept (${message}): nothing is acknowledged any more.`,
        next: `${full ? `free some space in ${this.#options.folder}` : 'look after the disk'}, then ${restart}`,
      });
    } else reasons.push(...this.#lowDisk());
    if (this.#socketLost(sight))
      reasons.push({
        code: 'socket-lost',
        why: `The UDP socket has failed (${this.#socket!.message}) and has heard nothing since.`,
        next: restart,
      });
    if (sight.peers === 0 && !sight.alone)
      reasons.push({
        code: 'no-peers',
        why: 'No peer answers.',
        next: `see that a node to join through is up, or name another: mainframe config set node.bootstrap CARD --node ${name}`,
      });
    if (sight.money !== undefined) reasons.push(sight.money);
    const nowMs = this.#steadyMs();
    if (this.#jump !== undefined && nowMs < this.#jump.untilMs)
      reasons.push(clockReason(this.#jump.jump));
    if (this.#fault !== undefined && nowMs < this.#fault.untilMs)
      reasons.push({
        code: 'fault',
        why: `A protocol has failed ${this.#fault.count} times, last: ${this.#fault.message}. The node goes on.`,
        next: `report it with what mainframe node run ${name} --log warn says`,
      });
    return reasons;
  }

  #lowDisk(): Reason[] {
    const { folder, diskFreeMinBytes, name } = this.#options;
    const nowMs = this.#steadyMs();
    if (nowMs >= this.#free.untilMs)
      this.#free = { bytes: this.#freeBytes(folder), untilMs: nowMs + DISK_EVERY_MS };
    const { bytes } = this.#free;
    if (bytes >= diskFreeMinBytes) return [];
    const mebi = (n: number): string => `${(n / 2 ** 20).toFixed(0)} MiB`;
    return [
      {
        code: 'disk-low',
        why: `${mebi(bytes)} are free in ${folder}, less than ${mebi(diskFreeMinBytes)}.`,
        next: `free some space, or change the limit: mainframe config set node.disk.free_min SIZE --node ${name}`,
      },
    ];
  }

  /** Heard of nothing since the socket failed: the first look after the failure remembers how much had been heard. */
  #socketLost({ datagramsIn }: Sight): boolean {
    if (this.#socket === undefined) return false;
    this.#socket.datagramsIn ??= datagramsIn;
    if (datagramsIn <= this.#socket.datagramsIn) return true;
    this.#socket = undefined;
    return false;
  }
}

function clockReason({ byUs, holdUs }: ClockJump): Reason {
  const seconds = (us: number): string => `${(Math.abs(us) / 1_000_000).toFixed(1)} s`;
  const held =
    holdUs > 2_000_000 ? ` Packets are dated ${seconds(holdUs)} ahead until it has caught up.` : '';
  return {
    code: 'clock-jumped',
    why: `This machine's clock has jumped ${seconds(byUs)} ${byUs < 0 ? 'back' : 'forward'}.${held}`,
    next: 'see that the clock is right and kept so (timedatectl status): packets with a wrong date are refused',
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Free bytes where a folder is; a file system that does not say is taken to have room. */
function freeBytesOf(folder: string): number {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return Infinity;
  }
}
