/** Two or more people with messengers, and the means to look at and to tamper with what passes between them. */
import type { CryptoSuite } from '../../../protocols/crypto/port.ts';
import { Messenger } from '../../../protocols/session/messenger.ts';
import type { Party } from '../../../protocols/session/opening.ts';
import type { Fresh } from '../../../protocols/session/ratchet.ts';
import type { Stream } from '../../../protocols/session/streams.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';

export class Person {
  messenger: Messenger;
  readonly party: Party;
  readonly secret = new Uint8Array(32);
  readonly got: { from: string; text: string }[] = [];
  readonly name: string;
  readonly suite: CryptoSuite;
  readonly fresh: Fresh;

  constructor(suite: CryptoSuite, name: string, seed = name) {
    this.suite = suite;
    this.name = name;
    const random = new StreamFactory(seed).stream('person');
    this.fresh = (out) => {
      random.fill(out, 0, out.length);
    };
    const address = new Uint8Array(32);
    this.fresh(address);
    this.fresh(this.secret);
    this.party = { address, publicKey: suite.agreementKey(this.secret).publicKey };
    this.messenger = this.#make();
  }

  #make(): Messenger {
    const key = this.suite.agreementKey(this.secret);
    return new Messenger(
      this.suite,
      { address: this.party.address, key, secret: this.secret },
      this.fresh,
    );
  }

  /** What is on this person's disk. */
  disk(): Uint8Array[] {
    return this.messenger.contacts().map((contact) => this.messenger.encode(contact));
  }

  /** Starts anew from a disk. */
  restart(disk: readonly Uint8Array[]): void {
    this.messenger = this.#make();
    for (const record of disk)
      if (!this.messenger.restore(record)) throw new Error('a record was lost');
  }

  say(to: Person, text: string, nowUs = 0, stream?: Stream): void {
    const contact = this.messenger.know(to.party, nowUs);
    this.messenger.say(contact, new TextEncoder().encode(text), nowUs, stream);
  }

  /** Messages to send now. */
  due(nowUs = 0): Uint8Array[] {
    return this.messenger.takeDue(nowUs).map(({ bytes }) => bytes);
  }

  /** Takes a message in. @returns the acknowledgement, if one is due; undefined for a refused message. */
  take(message: Uint8Array, nowUs = 0): { answer?: Uint8Array } | undefined {
    const received = this.messenger.receive(message, nowUs);
    if (received === undefined) return undefined;
    for (const { text } of received.fresh)
      this.got.push({
        from: Buffer.from(received.contact.party.address).toString('hex'),
        text: new TextDecoder().decode(text),
      });
    const answer = received.answer
      ? this.messenger.acknowledge(received.contact)?.bytes
      : undefined;
    return answer === undefined ? {} : { answer };
  }

  texts(): string[] {
    return this.got.map(({ text }) => text);
  }
}

/** Delivers everything that is due between two people until nothing is, acknowledgements included. */
export function exchange(a: Person, b: Person, nowUs = 0): Uint8Array[] {
  const passed: Uint8Array[] = [];
  for (let progress = true; progress;) {
    progress = false;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const) {
      for (const message of from.due(nowUs)) {
        passed.push(message);
        progress = true;
        const answer = to.take(message, nowUs)?.answer;
        if (answer !== undefined) {
          passed.push(answer);
          from.take(answer, nowUs);
        }
      }
    }
  }
  return passed;
}
