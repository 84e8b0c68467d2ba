/** Live nodes joined by a wire in memory, on clocks that stand still until told otherwise: what a live host does, exactly repeatable. */
import { DEFAULT_LINK_OPTIONS } from '../../../protocols/link/options.ts';
import { LinkScratch } from '../../../protocols/link/session.ts';
import { accountFromPublicKey, overlayAddress } from '../../../protocols/identity/address.ts';
import { PeerBook } from '../../../protocols/identity/peer-book.ts';
import { signRecord } from '../../../protocols/identity/record.ts';
import { createSuite } from '../../../protocols/crypto/suites.ts';
import { MessagingNode } from '../../../protocols/node/messaging.ts';
import { NodeScratch } from '../../../protocols/node/node.ts';
import { DEFAULT_OVERLAY_OPTIONS } from '../../../protocols/overlay/params.ts';
import { HONEST_OVERLAY_POLICY } from '../../../protocols/overlay/policy.ts';
import { DEFAULT_RENDEZVOUS_OPTIONS } from '../../../protocols/rendezvous/options.ts';
import { HONEST_RENDEZVOUS_POLICY } from '../../../protocols/rendezvous/policy.ts';
import { ReachableLink } from '../../../protocols/rendezvous/reachable-link.ts';
import { DEFAULT_ROUTING_OPTIONS } from '../../../protocols/routing/params.ts';
import { HONEST_RELAY_POLICY } from '../../../protocols/routing/policy.ts';
import { StreamFactory } from '../../../sim/random/streams.ts';
import { MemoryVault } from '../../../sim/vault.ts';
import { LiveHost } from '../../../live/host/live-host.ts';
import { endpoint, ManualMachine, MemoryTransport } from '../live-host/support.ts';

const NETWORK = 3n;
const DELAY_US = 20_000;
const STEP_US = 5_000;

export interface Member {
  place: string;
  address: Uint8Array;
  publicKey: Uint8Array;
  host: LiveHost;
  transport: MemoryTransport;
  machine: ManualMachine;
  link: ReachableLink;
  node: MessagingNode;
  /** Texts that came, and how long each of its own has taken to be acknowledged, microseconds. */
  heard: string[];
  took: number[];
}

interface Flying {
  atUs: number;
  from: string;
  to: string;
  bytes: Uint8Array;
}

export class MemoryNet {
  readonly members: Member[] = [];
  /** Sees every datagram as it is sent. */
  tap: ((from: string, to: string, bytes: Uint8Array) => void) | undefined;
  nowUs = 1_000_000;
  #flying: Flying[] = [];
  #sentAt = new Map<string, number>();

  /** @param count nodes, each in a network of its own; all but the first know the first. */
  constructor(count: number) {
    for (let i = 0; i < count; i++) this.members.push(this.#member(i));
    for (const { host, link } of this.members) host.run(link);
  }

  #member(index: number): Member {
    const suite = createSuite('native');
    const random = new StreamFactory(`memory-net/${index}`).stream('identity');
    const [accountSecret, nonce, secret] = [0, 1, 2].map(() => {
      const bytes = new Uint8Array(32);
      random.fill(bytes, 0, 32);
      return bytes;
    }) as [Uint8Array, Uint8Array, Uint8Array];
    const key = suite.agreementKey(secret);
    const account = accountFromPublicKey(suite, suite.accountPublicKey(accountSecret));
    const address = overlayAddress(suite, account, NETWORK, nonce);
    const place = `93.${index}.0.1:4242`;
    const own = endpoint(place);
    const peers = new PeerBook();
    const self = peers.intern(address, 0, own, 0);
    const machine = new ManualMachine(this.nowUs);
    const transport = new MemoryTransport({ ipv4: true });
    const host = new LiveHost(transport, { peers, self, crypto: suite, machine, seed: index });
    const scratch = new LinkScratch(suite);
    const sign = (announced: Uint8Array): Uint8Array =>
      signRecord(suite, accountSecret, {
        ...{ networkId: NETWORK, nonce, publicKey: key.publicKey, sequence: 1 },
        endpoint: announced,
      });
    const link = new ReachableLink(host, {
      identity: { key, record: sign(own), networkId: NETWORK },
      ...{ link: DEFAULT_LINK_OPTIONS, scratch, local: [own], sign },
      rendezvous: DEFAULT_RENDEZVOUS_OPTIONS,
      policy: HONEST_RENDEZVOUS_POLICY,
    });
    const first = this.members[0];
    const bootstrap =
      first === undefined ? [] : [peers.intern(first.address, 0, endpoint(first.place), 0)];
    const heard: string[] = [];
    const took: number[] = [];
    const node = new MessagingNode(link.host, {
      overlay: {
        ...DEFAULT_OVERLAY_OPTIONS,
        ...{ start: 'join', networkShareRatio: 1, refreshUs: 10_000_000 },
      },
      routing: DEFAULT_ROUTING_OPTIONS,
      overlayPolicy: HONEST_OVERLAY_POLICY,
      relayPolicy: HONEST_RELAY_POLICY,
      ...{ key, bootstrap, scratch: new NodeScratch(suite) },
      self: { address, key, secret },
      vault: new MemoryVault(),
      luminosityBits: 1,
      tags: 'rotating',
      listener: {
        received: ({ text }) => void heard.push(Buffer.from(text).toString()),
        acknowledged: (contact, numbers) => {
          for (const number of numbers) {
            const to = Buffer.from(contact.party.address).toString('hex');
            took.push(this.nowUs - this.#sentAt.get(`${index} ${to} ${number}`)!);
          }
        },
      },
    });
    link.attach(node, (peer) => node.overlay.table.has(peer));
    const { publicKey } = key;
    return { place, address, publicKey, host, transport, machine, link, node, heard, took };
  }

  say(from: Member, to: Member, text: string): void {
    const { number } = from.host.act(() => from.node.say(to, Buffer.from(text)));
    const name = `${this.members.indexOf(from)} ${Buffer.from(to.address).toString('hex')} ${number}`;
    this.#sentAt.set(name, this.nowUs);
  }

  /** Lets time pass; `each` is called at every step of it. */
  run(forUs: number, each: () => void = () => undefined): void {
    for (const endUs = this.nowUs + forUs; this.nowUs < endUs;) {
      this.nowUs += STEP_US;
      for (const { machine } of this.members) machine.advanceTo(this.nowUs);
      each();
      this.#carry();
    }
  }

  #carry(): void {
    for (const { place, transport } of this.members)
      for (const { to, bytes } of transport.sent.splice(0)) {
        this.tap?.(place, to, bytes);
        this.#flying.push({ atUs: this.nowUs + DELAY_US, from: place, to, bytes });
      }
    const due = this.#flying.filter(({ atUs }) => atUs <= this.nowUs);
    this.#flying = this.#flying.filter(({ atUs }) => atUs > this.nowUs);
    for (const { from, to, bytes } of due)
      this.members.find(({ place }) => place === to)?.transport.receive(from, bytes);
  }
}
