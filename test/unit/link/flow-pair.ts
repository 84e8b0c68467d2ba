/** Two flows and the road between them, which loses, repeats and reorders as it is told. */
import { Flow, type FlowPort } from '../../../protocols/link/flow/flow.ts';
import { InboxBudget } from '../../../protocols/link/flow/inbox.ts';
import { dataBytes } from '../../../protocols/link/wire.ts';

export interface Arrival {
  stream: number;
  bytes: Uint8Array;
  atUs: number;
}

export interface Sent {
  from: number;
  content: Uint8Array;
  atUs: number;
  /** Of the datagram. */
  bytes: number;
}

/** Delays after which copies of a packet arrive: none for a loss. */
export type Fate = (sent: Sent, index: number) => readonly number[];

export class End {
  flow: Flow;
  keys = true;
  readonly budget: InboxBudget;
  readonly got: Arrival[] = [];
  writable = 0;
  dropped = 0;
  resent = 0;
  /** Called with each message, as a protocol above would be. */
  onMessage: (arrival: Arrival) => void = () => undefined;
  #timer: { dueUs: number } | undefined;
  readonly #port: FlowPort;

  constructor(pair: FlowPair, side: number, memoryBytes: number) {
    this.budget = new InboxBudget(memoryBytes);
    let lives = side * 1_000;
    this.#port = {
      now: () => pair.nowUs,
      life: () => ++lives,
      transmit: (content, length) => {
        if (this.keys) pair.transmit(side, content.slice(0, length));
        return this.keys;
      },
      deliver: (stream, bytes) => {
        const arrival = { stream, bytes, atUs: pair.nowUs };
        this.got.push(arrival);
        this.onMessage(arrival);
      },
      writable: () => this.writable++,
      dropped: (messages) => (this.dropped += messages),
      resent: (pieces) => (this.resent += pieces),
      arm: (delayUs) => {
        if (this.#timer !== undefined) this.#timer.dueUs = -1;
        if (delayUs < 0) return;
        const timer = { dueUs: pair.nowUs + delayUs };
        this.#timer = timer;
        pair.at(timer.dueUs, () => {
          if (timer.dueUs >= 0) this.flow.onTimer();
        });
      },
    };
    this.flow = new Flow(this.#port, this.budget);
  }

  /** Loses its memory, as a machine that is started anew. */
  restart(): void {
    this.flow.close();
    this.flow = new Flow(this.#port, this.budget);
  }
}

export class FlowPair {
  nowUs = 1_000_000;
  readonly sent: Sent[] = [];
  fate: Fate = () => [20_000];
  readonly a: End;
  readonly b: End;
  #pending: { atUs: number; run: () => void }[] = [];

  constructor(memoryBytes = 16_777_216) {
    this.a = new End(this, 0, memoryBytes);
    this.b = new End(this, 1, memoryBytes);
  }

  at(atUs: number, run: () => void): void {
    this.#pending.push({ atUs, run });
  }

  transmit(from: number, content: Uint8Array): void {
    const sent = { from, content, atUs: this.nowUs, bytes: dataBytes(content.length) };
    this.sent.push(sent);
    const to = from === 0 ? this.b : this.a;
    for (const delayUs of this.fate(sent, this.sent.length - 1))
      this.at(this.nowUs + delayUs, () => to.flow.onFrames(content, 0, content.length));
  }

  run(forUs: number): void {
    const untilUs = this.nowUs + forUs;
    for (;;) {
      let next = -1;
      for (let i = 0; i < this.#pending.length; i++)
        if (next < 0 || this.#pending[i]!.atUs < this.#pending[next]!.atUs) next = i;
      if (next < 0 || this.#pending[next]!.atUs > untilUs) break;
      const [due] = this.#pending.splice(next, 1);
      this.nowUs = Math.max(this.nowUs, due!.atUs);
      due!.run();
    }
    this.nowUs = untilUs;
  }
}

/** A message whose bytes tell it from others. */
export function message(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed * 2_654_435_761 + 12_345;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}
