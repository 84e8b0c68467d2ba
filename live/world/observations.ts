/**
 * What is seen and heard in a process of a live world, written down there and read out elsewhere in the order of time.
 *
 * One observation is eight numbers, kind and time first, and perhaps some bytes, which stand in a list of their own. A process writes in the order in which
 * things happen; whoever reads several of them merges by time. The clock is one for the whole machine, and a datagram takes longer than its step from one process to another, so
 * merged causes stand before their effects.
 */
import type { KeyLog } from '../../protocols/link/host.ts';
import type { Ledger } from '../../scenarios/run/workload.ts';
import type { DropReason } from '../../sim/network/transit.ts';
import type { GroupFollower } from '../../scenarios/run/groups/follower.ts';
import type { Recorder } from '../../sim/recorder.ts';
import { GROUPS_FROM, groupWriter, tellGroup } from './group-observations.ts';

const FIELDS = 8;

const EVENT = 0;
const SENT = 1;
const DROPPED = 2;
const DELIVERED = 3;
const SENDING = 4;
const LOOKING_UP = 5;
const SAYING = 6;
const READ = 7;
const ACKNOWLEDGED = 8;
const KEYS = 9;

/** Observations in their order, as they travel. */
export interface Observations {
  numbers: Float64Array;
  bytes: Uint8Array[];
}

/** Writes down what it is told. */
export class ObservationWriter {
  readonly ledger: Ledger;
  readonly keyLog: KeyLog;
  readonly groups: GroupFollower;
  #numbers: number[] = [];
  #bytes: Uint8Array[] = [];

  /** @param nowUs the world's time, for what comes without one */
  constructor(nowUs: () => number) {
    this.ledger = {
      sending: (sender, recipient, sizeBytes) => {
        this.#write(SENDING, nowUs(), sender, recipient, sizeBytes);
      },
      lookingUp: (node, id, target) => {
        this.#write(LOOKING_UP, nowUs(), node, id);
        this.#bytes.push(new Uint8Array(target.slice().buffer));
      },
      saying: ({ sender, recipient, number }, stranger, answered) => {
        const answers = answered === undefined ? -1 : answered.number;
        this.#write(SAYING, nowUs(), sender, recipient, number, Number(stranger), answers);
      },
      read: ({ sender, recipient, number }) => {
        this.#write(READ, nowUs(), sender, recipient, number);
      },
      acknowledged: ({ sender, recipient, number }) => {
        this.#write(ACKNOWLEDGED, nowUs(), sender, recipient, number);
      },
    };
    this.keyLog = {
      opened: (localIndex, remoteIndex, sendKey, receiveKey) => {
        this.#write(KEYS, nowUs(), localIndex, remoteIndex);
        this.#bytes.push(sendKey.slice(), receiveKey.slice());
      },
    };
    this.groups = groupWriter((kind, [a = 0, b = 0, c = 0], bytes = []) => {
      this.#write(kind, nowUs(), a, b, c);
      this.#bytes.push(...bytes);
    });
  }

  /** A recorder that writes; `datagrams` says whether it wants to hear of them. */
  recorder(datagrams: boolean): Recorder {
    const recorder: Recorder = {
      event: (timeUs, node, event, a, b, c, d) => {
        this.#write(EVENT, timeUs, node, event, a, b, c, d);
      },
    };
    if (!datagrams) return recorder;
    return {
      ...recorder,
      sent: (timeUs, from, to, bytes, offset, length) => {
        this.#write(SENT, timeUs, from, to);
        this.#bytes.push(bytes.slice(offset, offset + length));
      },
      dropped: (timeUs, from, to, bytes, offset, length, reason) => {
        this.#write(DROPPED, timeUs, from, to, length, reason, bytes === undefined ? 0 : 1);
        if (bytes !== undefined) this.#bytes.push(bytes.slice(offset, offset + length));
      },
      delivered: (timeUs, from, to, bytes, offset, length, outcome) => {
        this.#write(DELIVERED, timeUs, from, to, outcome);
        this.#bytes.push(bytes.slice(offset, offset + length));
      },
    };
  }

  /** What has been written since the last call. */
  take(): Observations {
    const taken = { numbers: Float64Array.from(this.#numbers), bytes: this.#bytes };
    this.#numbers = [];
    this.#bytes = [];
    return taken;
  }

  #write(kind: number, timeUs: number, a: number, b: number, c = 0, d = 0, e = 0, f = 0): void {
    this.#numbers.push(kind, timeUs, a, b, c, d, e, f);
  }
}

/** Whom observations are read out to. */
export interface Hearer {
  recorder: Recorder | undefined;
  ledger: Ledger | undefined;
  keyLog: KeyLog | undefined;
  groups: Partial<GroupFollower>;
}

/** The observations of one process, as they come in. */
export class ObservationReader {
  readonly #waiting: Observations[] = [];
  /** Place in the first of those that wait, of numbers and of bytes. */
  #at = 0;
  #bytesAt = 0;
  #lastUs = 0;

  add(observations: Observations): void {
    if (observations.numbers.length > 0) this.#waiting.push(observations);
  }

  /**
   * When the next one happened, Infinity for none. Never earlier than the one before: some carry the time at which the input they belong
   * to began, others their own, and the order in which they were written is the true one.
   */
  get nextUs(): number {
    const first = this.#waiting[0];
    return first === undefined ? Infinity : Math.max(this.#lastUs, first.numbers[this.#at + 1]!);
  }

  /** Reads out the next one. */
  read(hearer: Hearer): void {
    this.#lastUs = this.nextUs;
    const first = this.#waiting[0]!;
    const at = this.#at;
    this.#tell(hearer, first.numbers.subarray(at, at + FIELDS));
    this.#at = at + FIELDS;
    if (this.#at < first.numbers.length) return;
    this.#waiting.shift();
    this.#at = 0;
    this.#bytesAt = 0;
  }

  #tell({ recorder, ledger, keyLog, groups }: Hearer, numbers: Float64Array): void {
    const [kind, timeUs, a, b, c, d, e, f] = numbers as unknown as Eight;
    if (kind >= GROUPS_FROM) {
      tellGroup(groups, kind, [a, b, c], () => this.#nextBytes());
      return;
    }
    switch (kind) {
      case EVENT:
        recorder?.event(timeUs, a, b, c, d, e, f);
        return;
      case SENT: {
        const bytes = this.#nextBytes();
        recorder?.sent?.(timeUs, a, b, bytes, 0, bytes.length);
        return;
      }
      case DROPPED: {
        const bytes = e === 1 ? this.#nextBytes() : undefined;
        recorder?.dropped?.(timeUs, a, b, bytes, 0, c, d as DropReason);
        return;
      }
      case DELIVERED: {
        const bytes = this.#nextBytes();
        recorder?.delivered?.(timeUs, a, b, bytes, 0, bytes.length, c);
        return;
      }
      case SENDING:
        ledger?.sending(a, b, c);
        return;
      case LOOKING_UP: {
        const target = new Uint32Array(this.#nextBytes().slice().buffer);
        ledger?.lookingUp(a, b, target);
        return;
      }
      case SAYING: {
        const answered = e < 0 ? undefined : { sender: b, recipient: a, number: e };
        ledger?.saying({ sender: a, recipient: b, number: c }, d === 1, answered);
        return;
      }
      case READ:
        ledger?.read({ sender: a, recipient: b, number: c });
        return;
      case ACKNOWLEDGED:
        ledger?.acknowledged({ sender: a, recipient: b, number: c });
        return;
      case KEYS: {
        const [sendKey, receiveKey] = [this.#nextBytes(), this.#nextBytes()];
        keyLog?.opened(a, b, sendKey, receiveKey);
        return;
      }
      default:
        throw new Error(`observation of unknown kind ${kind}`);
    }
  }

  #nextBytes(): Uint8Array {
    return this.#waiting[0]!.bytes[this.#bytesAt++]!;
  }
}

type Eight = [number, number, number, number, number, number, number, number];
