/**
 * A running node: the protocols on a live host, with a disk and a user.
 *
 * The modules are those that are simulated: `MessagingNode` on `ReachableLink` on a host; what is here is only what a machine adds (sockets, files,
 * the password) and what a user asks. Every call of the user's is an input of the host like any datagram, so nothing ever runs inside something else.
 */
import type { z } from 'zod';
import type { NEW_MESSAGE, NodeEvent, NodeStatus, PeerLine } from '../api/schemas.ts';
import type { PeerHandle } from '../../protocols/host.ts';
import { ENDPOINT_BYTES } from '../../protocols/identity/peer-book.ts';
import type { GroupNode } from '../../protocols/node/groups.ts';
import { STREAM_TEXT_BYTES_MAX } from '../../protocols/session/streams.ts';
import type { ReachableLink } from '../../protocols/rendezvous/reachable-link.ts';
import { endpointText } from '../host/endpoint-text.ts';
import { type LiveHost } from '../host/live-host.ts';
import type { Reporter } from '../log/logger.ts';
import { MoneyDesk } from '../money/desk.ts';
import type { LiveMoney } from '../money/money.ts';
import type { Store } from '../store/port.ts';
import type { NodeFacts } from './facts.ts';
import { GroupDesk } from './group-desk.ts';
import type { GroupShelf } from './group-shelf.ts';
import { type Health, type HealthReport } from './health.ts';
import { fromHex, readCard, toHex, type Identity } from './identity.ts';
import { NAME, nameOf, personCalled } from './people.ts';
import { reachabilityOf } from './reachability.ts';
import { RequestError, TroubleError } from './request-error.ts';
import { forgetStrangers } from './strangers.ts';
import type { NodeVault } from './vault.ts';
import { type KnownPeer, type Letter, type Named } from './vault.ts';

/** Peers remembered for the next start. */
const PEERS_REMEMBERED = 200;
/** How often it is looked how the node is. */
const LOOK_EVERY_MS = 1_000;
/** How often it is looked whether the peers to remember have changed, so that a killed node finds its neighbours again. */
const REMEMBER_EVERY_MS = 2_000;
/** How long keys that were thrown away may still lie in the files of the disk. */
const TIDY_EVERY_MS = 600_000;

/** How a text is to be said. */
export type SayingOptions = Omit<z.infer<typeof NEW_MESSAGE>, 'to' | 'text'>;

/** What a running node is made of; `start.ts` makes it. */
export interface NodeParts {
  facts: NodeFacts;
  /** Nobody is known to join through. */
  alone: boolean;
  identity: Identity;
  host: LiveHost;
  store: Store;
  vault: NodeVault;
  link: ReachableLink;
  node: GroupNode;
  shelf: GroupShelf;
  /** Undefined where the settings name no chain. */
  money: LiveMoney | undefined;
  health: Health;
  reporter: Reporter;
  card: () => string;
}

export class LiveNode {
  readonly name: string;
  readonly #card: () => string;
  readonly #facts: NodeFacts;
  readonly #alone: boolean;
  readonly #identity: Identity;
  readonly #host: LiveHost;
  readonly #store: Store;
  readonly #vault: NodeVault;
  readonly #link: ReachableLink;
  readonly #node: GroupNode;
  readonly #money: LiveMoney | undefined;
  readonly #desk: MoneyDesk | undefined;
  /** Where the user deals with groups. */
  readonly groups: GroupDesk;
  readonly #startedMs = performance.now();
  readonly #health: Health;
  readonly #reporter: Reporter;
  readonly #listeners = new Set<(event: NodeEvent) => void>();
  readonly #remembering: NodeJS.Timeout;
  readonly #tidying: NodeJS.Timeout;
  readonly #looking: NodeJS.Timeout;
  #stopping = false;
  /** What was last said of the state. */
  #said = '';
  /** Version of the routing table that was remembered last. */
  #remembered = 0;

  constructor(parts: NodeParts) {
    this.name = parts.facts.name;
    this.#card = parts.card;
    this.#facts = parts.facts;
    this.#alone = parts.alone;
    this.#identity = parts.identity;
    this.#host = parts.host;
    this.#store = parts.store;
    this.#vault = parts.vault;
    this.#link = parts.link;
    this.#node = parts.node;
    this.#money = parts.money;
    this.#desk =
      parts.money &&
      new MoneyDesk(parts.money, {
        node: this.name,
        nowUs: () => parts.host.now(),
        addressOf: (peer) => toHex(this.#known(peer).address),
        people: () => this.people(),
        act: (work) => {
          parts.host.act(work);
        },
      });
    this.groups = new GroupDesk({
      node: parts.node,
      shelf: parts.shelf,
      vault: parts.vault,
      self: toHex(parts.identity.address),
      act: (work) => {
        parts.host.act(work);
      },
      assertKeeps: () => {
        this.#assertKeeps();
      },
      tell: (event) => {
        this.tell(event);
      },
    });
    this.#health = parts.health;
    this.#reporter = parts.reporter;
    this.#vault.onLetter = (letter) => {
      this.tell({ event: 'message', ...letter });
    };
    this.#vault.onTrouble = (error) => {
      this.#health.diskFailed(error);
      this.#reporter.report('store.failed', { error: messageOf(error) });
      this.#look();
    };
    this.#looking = setInterval(() => {
      this.#look();
      forgetStrangers(this.#host.peers, [this.#link, this.#node]);
    }, LOOK_EVERY_MS);
    this.#looking.unref();
    this.#remembering = setInterval(() => {
      if (this.#node.overlay.table.version === this.#remembered) return;
      void this.#rememberPeers().catch(() => undefined);
    }, REMEMBER_EVERY_MS);
    this.#remembering.unref();
    this.#tidying = setInterval(() => {
      void this.#vault.tidy();
    }, TIDY_EVERY_MS);
    this.#tidying.unref();
  }

  /** Where the node stands, and why. */
  health(): HealthReport {
    return this.#health.report({
      stopping: this.#stopping,
      upSeconds: this.#upSeconds(),
      peers: this.#node.overlay.table.size,
      alone: this.#alone,
      datagramsIn: this.#host.counters().datagramsIn,
      money: this.#desk?.reason,
    });
  }

  /** Says it where the state or its reasons have changed. */
  #look(): void {
    const { state, reasons } = this.health();
    const now = [state, ...reasons.map(({ code }) => code)].join(' ');
    if (now === this.#said) return;
    this.#said = now;
    const event = state === 'degraded' ? 'node.degraded' : 'node.state';
    this.#reporter.report(event, { state, reasons });
    this.tell({ event: 'state', state, reasons });
  }

  /** The card as it is now: it names where the node can be reached, which may change. */
  get card(): string {
    return this.#card();
  }

  status(): NodeStatus {
    const { table } = this.#node.overlay;
    let waiting = 0;
    for (const contact of this.#node.messenger.contacts()) waiting += contact.waiting.size;
    return {
      name: this.name,
      ...this.health(),
      address: toHex(this.#identity.address),
      networkId: this.#facts.networkId,
      udp: [this.#host.ipv4, this.#host.ipv6].flatMap((at) =>
        at === undefined
          ? []
          : [at.address.includes(':') ? `[${at.address}]:${at.port}` : `${at.address}:${at.port}`],
      ),
      peers: table.size,
      links: this.#link.size,
      depth: this.#node.overlay.depth(),
      waiting,
      reachability: reachabilityOf(this.#link, table.handles.subarray(0, table.size)),
      upSeconds: Math.round(this.#upSeconds()),
      counters: this.#host.counters(),
    };
  }

  peers(): PeerLine[] {
    const { table } = this.#node.overlay;
    const lines: PeerLine[] = [];
    for (let i = 0; i < table.size; i++) {
      const peer = table.handles[i]!;
      lines.push({
        ...this.#describe(peer),
        bin: table.binOf(peer),
        way: this.#link.wayTo(peer),
        roundTripMs: (this.#link.about(peer)?.roundTripUs ?? 0) / 1_000,
      });
    }
    return lines;
  }

  people(): Named[] {
    return this.#vault.people;
  }

  /** Adds somebody by their contact card; a member of a group, who has told theirs, by the beginning of their address. */
  async add(name: string, card: string): Promise<Named> {
    if (!NAME.test(name))
      throw new RequestError(
        `"${name}" cannot name a contact: use letters, digits, ".", "-" and "_".`,
      );
    if (this.groups.isGroup(name))
      throw new RequestError(`A group is called "${name}" already. Take another name.`);
    const read = readCard(this.#host.crypto, this.groups.cardOf(card) ?? card);
    if (!read.ok)
      throw new RequestError(
        `That is no contact card: ${read.why}. Its owner has it by: mainframe node id`,
      );
    const { record } = read;
    if (record.networkId !== BigInt(this.#facts.networkId))
      throw new RequestError(
        `That card is for network ${record.networkId}, this node is on ${this.#facts.networkId}.`,
      );
    const person: Named = {
      name,
      address: toHex(record.address),
      publicKey: toHex(record.publicKey),
    };
    await this.#vault.name(person);
    return person;
  }

  /** Sends a text to a contact; unless it is not to be acknowledged, it is on disk when this resolves. */
  async say(
    to: string,
    text: string,
    { luminosityBits, ordered, acknowledged, stream }: SayingOptions = {},
  ): Promise<{ to: Named; number: number; luminosityBits: number }> {
    const person = personCalled(this.#vault.people, to);
    const bytes = new TextEncoder().encode(text);
    if (bytes.length === 0) throw new RequestError('An empty message says nothing.');
    if (bytes.length > STREAM_TEXT_BYTES_MAX)
      throw new RequestError(
        `The message has ${bytes.length} bytes; one message holds ${STREAM_TEXT_BYTES_MAX}.`,
      );
    const party = { address: fromHex(person.address), publicKey: fromHex(person.publicKey) };
    if (this.#node.messenger.contact(party.address)?.hasRoom(bytes.length) === false)
      throw new RequestError(
        `Nothing was sent: too much waits for "${person.name}" already, who was not heard from for long.`,
      );
    const isPlain = ordered === undefined && acknowledged === undefined && stream === undefined;
    const kind = { ordered: ordered ?? false, acknowledged: acknowledged ?? true, id: stream ?? 0 };
    this.#assertKeeps();
    const sent: { number: number; luminosityBits: number }[] = [];
    this.#host.act(() => {
      sent.push(
        this.#node.say(
          party,
          bytes,
          luminosityBits ?? person.luminosityBits,
          isPlain ? undefined : kind,
        ),
      );
    });
    await this.#vault.settled();
    return { to: person, ...sent[0]! };
  }

  #assertKeeps(): void {
    const { diskTrouble } = this.#health;
    if (diskTrouble !== undefined)
      throw new TroubleError(
        `Nothing was sent: the disk keeps nothing (${diskTrouble}). What mends it: mainframe node status ${this.name}`,
      );
  }

  get hasMoney(): boolean {
    return this.#desk !== undefined;
  }

  /** Where the user deals with its money. @throws RequestError for a node without. */
  money(): MoneyDesk {
    if (this.#desk !== undefined) return this.#desk;
    const set = `mainframe config set --node ${this.name}`;
    throw new RequestError(
      `"${this.name}" has no money: its settings name no chain. Name one (${set} money.rpc http://127.0.0.1:8545, ${set} money.chain_id NUMBER), then start it again.`,
    );
  }

  /** Texts of the inbox after number `after`. */
  async letters(after: number): Promise<(Letter & { name: string; groupName?: string })[]> {
    const people = this.#vault.people;
    return (await this.#vault.letters(after)).map((letter) => ({
      ...letter,
      name: nameOf(people, letter.from),
      ...(letter.group === undefined ? {} : { groupName: this.groups.nameOf(letter.group) }),
    }));
  }

  /** Tells whoever watches. */
  tell(event: NodeEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  /** Calls `listener` with each event, until the returned function is called. */
  watch(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Says goodbye to neighbours, keeps what is to be kept, closes. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    clearInterval(this.#remembering);
    clearInterval(this.#tidying);
    clearInterval(this.#looking);
    this.#look();
    // A disk that has failed keeps nothing more, and must not keep the node from ending.
    await this.#rememberPeers().catch(() => undefined);
    await this.#money?.stop();
    await this.#host.close();
    await this.#vault.tidy();
    await this.#store.close();
  }

  #upSeconds(): number {
    return (performance.now() - this.#startedMs) / 1_000;
  }

  #describe(peer: PeerHandle): { address: string; endpoint: string } {
    const known = this.#known(peer);
    return { address: toHex(known.address), endpoint: endpointText(known.endpoint, 0) };
  }

  #known(peer: PeerHandle): KnownPeer {
    const address = new Uint8Array(32);
    const endpoint = new Uint8Array(ENDPOINT_BYTES);
    this.#host.peers.writeAddress(peer, address, 0);
    this.#host.peers.writeEndpoint(peer, endpoint, 0);
    return { address, endpoint };
  }

  #rememberPeers(): Promise<void> {
    const { table } = this.#node.overlay;
    this.#remembered = table.version;
    const known = Array.from({ length: Math.min(table.size, PEERS_REMEMBERED) }, (_, i) =>
      this.#known(table.handles[i]!),
    );
    // Alone for a moment is no reason to forget everybody.
    return known.length === 0 ? Promise.resolve() : this.#vault.rememberPeers(known);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
