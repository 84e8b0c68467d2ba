/**
 * The life of every text of a conversation, followed by somebody who may see everything: when it was said, read, acknowledged and answered, and
 * which packets it took.
 *
 * A text is more than a packet: it is sent again until it is acknowledged, and the acknowledgement is a packet too. Each packet of a conversation is put down to
 * one text: an attempt to the text that it carries, an acknowledgement to the text whose arrival came last before it. So packets and bytes of
 * texts add up to those of their conversations, without any counted twice.
 *
 * That a text has come exactly once, and what it has cost, is known only at the end. Texts said less than a packet's lifetime before it are left out of
 * everything: they had no fair chance. Fed by recorders and users; nothing here reaches back into the world.
 */

/** A text, by who says it to whom and its number in their conversation, or what `numberOf` makes of its number in a stream. */
export interface TextName {
  sender: number;
  recipient: number;
  number: number;
}

/**
 * The number of a text among all of a conversation. Texts that are acknowledged share one numbering. Of others each stream has its own, and the
 * stream's key tells them apart; it is 0 for the first kind.
 */
export function numberOf(number: number, looseKey: number): number {
  return number < 0 ? number : looseKey * 0x1_0000_0000 + number;
}

/** What is known of a text. Times are -1 until it happens. */
export interface TrackedText {
  sender: number;
  saidUs: number;
  /** Its sender had no conversation with the recipient before. */
  stranger: boolean;
  /** The text that it answers, if it is an answer. */
  answered: TrackedText | undefined;
  readUs: number;
  timesRead: number;
  acknowledgedUs: number;
  packets: number;
  bytes: number;
}

/** Where samples go. */
export type AddSample = (metric: string, value: number, node: number) => void;

export class TextTracker {
  readonly #nodes: number;
  readonly #add: AddSample;
  readonly #fromUs: number;
  readonly #untilUs: number;
  /** Texts of each sender to each recipient, by number. */
  readonly #texts = new Map<number, Map<number, TrackedText>>();
  /** The text that came last, by who got it and from whom. */
  readonly #cameLast = new Map<number, TrackedText>();

  /** Samples are made of texts said from `fromUs` (the end of the warm-up) to `untilUs` (the last with a fair chance). */
  constructor(nodes: number, add: AddSample, fromUs: number, untilUs: number) {
    this.#nodes = nodes;
    this.#add = add;
    this.#fromUs = fromUs;
    this.#untilUs = untilUs;
  }

  said(nowUs: number, name: TextName, stranger: boolean, answered: TextName | undefined): void {
    const pair = this.#pair(name.sender, name.recipient);
    const texts = this.#texts.get(pair) ?? new Map<number, TrackedText>();
    this.#texts.set(pair, texts);
    if (texts.has(name.number)) throw new Error(`a conversation has two texts ${name.number}`);
    texts.set(name.number, {
      sender: name.sender,
      saidUs: nowUs,
      stranger,
      answered: answered && this.#find(answered),
      readUs: -1,
      timesRead: 0,
      acknowledgedUs: -1,
      packets: 0,
      bytes: 0,
    });
  }

  read(nowUs: number, name: TextName): void {
    const text = this.#find(name);
    text.timesRead++;
    if (text.timesRead > 1) return;
    text.readUs = nowUs;
    this.#sample('session.read', nowUs, text);
    if (text.stranger) this.#sample('session.first_contact', nowUs, text);
    if (text.answered !== undefined) this.#sample('session.reply', nowUs, text.answered);
  }

  acknowledged(nowUs: number, name: TextName): void {
    const text = this.#lookUp(name);
    // What nodes tell one another about groups is no text of anybody's.
    if (text === undefined) return;
    if (text.acknowledgedUs >= 0) return;
    text.acknowledgedUs = nowUs;
    this.#sample('session.acknowledged', nowUs, text);
  }

  /** The text that a packet about to leave is put down to. @param number of the text it carries, below 0 for an acknowledgement alone. */
  textOf(sender: number, recipient: number, number: number): TrackedText | undefined {
    return number >= 0
      ? this.#lookUp({ sender, recipient, number })
      : this.#cameLast.get(this.#pair(sender, recipient));
  }

  /** A packet that carries `text` was opened by its recipient: the next acknowledgement is of it. */
  came(recipient: number, text: TrackedText): void {
    this.#cameLast.set(this.#pair(recipient, text.sender), text);
  }

  /** At the end of the run: what came exactly once, and what it has cost. */
  settle(nowUs: number, lifetimeUs: number): void {
    for (const texts of this.#texts.values())
      for (const text of texts.values()) {
        const isCounted = this.#isCounted(text) && text.saidUs <= nowUs - lifetimeUs;
        if (isCounted) this.#settle(text);
      }
  }

  #settle(text: TrackedText): void {
    this.#add('session.delivery', text.timesRead === 1 ? 1 : 0, text.sender);
    if (text.timesRead === 0) return;
    this.#add('session.duplicates', text.timesRead - 1, text.sender);
    this.#add('session.packets', text.packets, text.sender);
    this.#add('session.bytes', text.bytes, text.sender);
  }

  #sample(metric: string, nowUs: number, since: TrackedText): void {
    if (this.#isCounted(since)) this.#add(metric, nowUs - since.saidUs, since.sender);
  }

  #isCounted({ saidUs }: TrackedText): boolean {
    return saidUs >= this.#fromUs && saidUs <= this.#untilUs;
  }

  #find({ sender, recipient, number }: TextName): TrackedText {
    const text = this.#lookUp({ sender, recipient, number });
    if (text === undefined)
      throw new Error(`text ${number} from node ${sender} to node ${recipient} was never said`);
    return text;
  }

  #lookUp({ sender, recipient, number }: TextName): TrackedText | undefined {
    return this.#texts.get(this.#pair(sender, recipient))?.get(number);
  }

  #pair(from: number, to: number): number {
    return from * this.#nodes + to;
  }
}
