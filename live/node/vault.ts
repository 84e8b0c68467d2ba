/**
 * Conversations on a live node's disk: one record per contact, one per text that has come, written in one stroke; and the names that the
 * user gives people, and the peers that the node knew when it was last up.
 */
import { isFrame } from '../../protocols/node/group-frames.ts';
import type { Inbound, Vault } from '../../protocols/node/messaging.ts';
import type { Contact } from '../../protocols/session/contact.ts';
import type { Change, Store } from '../store/port.ts';
import { toHex } from './identity.ts';

/** Namespaces of the store. */
const CONTACT = 'contact';
const NAME = 'name';
const INBOX = 'inbox';
const PEER = 'peer';
/** Digits of an inbox number, so that names sort as numbers do. */
const NUMBER_DIGITS = 12;

/** A text that has come, in a conversation or in a group. */
export interface NewLetter {
  /** Overlay address of the sender, hex. */
  from: string;
  text: string;
  /** Id of the group that it was said to, hex. */
  group?: string;
}

/** A text in the inbox. */
export interface Letter extends NewLetter {
  /** Of the inbox, from 1. */
  id: number;
  receivedAt: string;
}

/** A person as the user knows them. */
export interface Named {
  name: string;
  /** Hex. */
  address: string;
  publicKey: string;
  luminosityBits?: number;
}

export interface KnownPeer {
  /** 32 bytes. */
  address: Uint8Array;
  /** 18 bytes. */
  endpoint: Uint8Array;
}

const encode = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const decode = <T>(bytes: Uint8Array): T => JSON.parse(new TextDecoder().decode(bytes)) as T;

export class NodeVault implements Vault {
  /** Called with each text once it is safe, in the order of the inbox. */
  onLetter: ((letter: Letter) => void) | undefined;
  /** Called when the disk refuses: nothing is acknowledged until it works again. */
  onTrouble: ((error: unknown) => void) | undefined;
  /** What else belongs on disk with texts that have come. */
  changesWith: ((inbound: readonly Inbound[]) => readonly Change[]) | undefined;
  readonly wallTime: () => string;
  readonly #store: Store;
  readonly #act: (work: () => void) => void;
  #lastLetter = 0;
  readonly #people = new Map<string, Named>();
  /** Something may lie in the files that was replaced; so at first, since nobody knows how the last life ended. */
  #untidy = true;

  /** @param act runs what follows a write as an input of the node. */
  constructor(store: Store, act: (work: () => void) => void, wallTime: () => string) {
    this.#store = store;
    this.#act = act;
    this.wallTime = wallTime;
  }

  /** Reads what is there. @returns the records of contacts. */
  async load(): Promise<Uint8Array[]> {
    const [last] = await this.#store.scan(INBOX, { reverse: true, limit: 1 });
    this.#lastLetter = Number(last?.key ?? 0);
    for (const { key, value } of await this.#store.scan(NAME)) this.#people.set(key, decode(value));
    return (await this.#store.scan(CONTACT)).map(({ value }) => value);
  }

  keep(
    contacts: readonly { contact: Contact; record: Uint8Array }[],
    inbound: readonly Inbound[],
    then: () => void,
  ): void {
    const changes: Change[] = contacts.map(({ contact, record }) => ({
      namespace: CONTACT,
      key: toHex(contact.party.address),
      value: record,
    }));
    changes.push(...(this.changesWith?.(inbound) ?? []));
    const texts = inbound
      .filter(({ text }) => !isFrame(text))
      .map(({ contact, text }) => ({
        from: toHex(contact.party.address),
        text: new TextDecoder().decode(text),
      }));
    this.keepWith(changes, texts, then);
  }

  /** Keeps changes, and texts for the inbox, all or nothing, and calls `then` when they are safe. Calls end in the order they began. */
  keepWith(changes: readonly Change[], texts: readonly NewLetter[], then: () => void): void {
    this.#untidy = true;
    const letters = texts.map((text): Letter => ({
      id: ++this.#lastLetter,
      ...text,
      receivedAt: this.wallTime(),
    }));
    const inbox = letters.map((letter): Change => {
      return { namespace: INBOX, key: inboxKey(letter.id), value: encode(letter) };
    });
    this.#store.batch([...changes, ...inbox]).then(
      () => {
        this.#act(then);
        for (const letter of letters) this.onLetter?.(letter);
      },
      (error: unknown) => this.onTrouble?.(error),
    );
  }

  /**
   * Takes what was replaced out of the files: old states of conversations hold keys that were thrown away for good reason. Nothing is done where
   * nothing was kept since the last time, or where the disk has failed.
   */
  async tidy(): Promise<void> {
    if (!this.#untidy) return;
    this.#untidy = false;
    await this.#store.compact().catch((error: unknown) => this.onTrouble?.(error));
  }

  /** Resolves when everything kept so far is safe; rejects if the disk has refused it. */
  settled(): Promise<void> {
    return this.#store.batch([]);
  }

  async letters(after: number): Promise<Letter[]> {
    const all = await this.#store.scan(INBOX, after > 0 ? { after: inboxKey(after) } : {});
    return all.map(({ value }) => decode<Letter>(value));
  }

  /** In the order of their names. */
  get people(): Named[] {
    return [...this.#people].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, person]) => person);
  }

  async name(person: Named): Promise<void> {
    const key = nameKey(person.name);
    await this.#store.put(NAME, key, encode(person));
    this.#people.set(key, person);
  }

  async peers(): Promise<KnownPeer[]> {
    const known = await this.#store.scan(PEER);
    return known.flatMap(({ key: address, value }) => {
      return /^[0-9a-f]{64}$/.test(address) && value.length === 18
        ? [
            {
              address: Uint8Array.from(Buffer.from(address, 'hex')),
              endpoint: Uint8Array.from(value),
            },
          ]
        : [];
    });
  }

  /** Replaces the peers remembered. */
  async rememberPeers(peers: readonly KnownPeer[]): Promise<void> {
    const old = await this.#store.scan(PEER);
    await this.#store.batch([
      ...old.map(({ key }) => ({ namespace: PEER, key, value: undefined })),
      ...peers.map(({ address, endpoint }) => ({
        namespace: PEER,
        key: toHex(address),
        value: endpoint,
      })),
    ]);
  }
}

function inboxKey(id: number): string {
  return String(id).padStart(NUMBER_DIGITS, '0');
}

/** Keys are ASCII; names are what people are called. */
function nameKey(name: string): string {
  return encodeURIComponent(name);
}
