/**
 * What people in the world do: send messages, look addresses up. Each act is an application event of the acting node, drawn
 * from that node's own stream, so one more sender shifts nobody else's acts.
 */
import type { Host, HostedNode, PeerHandle } from '../../protocols/host.ts';
import { ADDRESS_WORDS, readAddress } from '../../protocols/identity/proximity.ts';
import { MainframeNode, type NodeSettings } from '../../protocols/node/node.ts';
import { PURPOSE_WORKLOAD } from '../../protocols/overlay/events.ts';
import { OUTCOME_HANDLED, OUTCOME_REFUSED } from '../../protocols/outcomes.ts';
import type { RandomStream } from '../../protocols/random.ts';
import { sampleUs } from '../../sim/random/laws.ts';
import type { Role, Traffic } from '../model.ts';
import type { KeyRing } from './population.ts';

/** Application timer kinds (from 0x1000). `argument` is the index of the traffic entry, or of the probe. */
export const ACT_CHAT = 0x1000;
export const ACT_PROBE = 0x1001;
export const ACT_LOOKUP = 0x1002;

/** A fixed message between two drawn nodes. */
export interface Probe {
  traffic: number;
  sender: number;
  recipient: number;
  atUs: number;
}

/** Told of each message as it is sent, before its first copy. */
export interface Ledger {
  sending(sender: number, recipient: number, traffic: Traffic): void;
  lookingUp(node: number, id: number, target: Uint32Array): void;
}

export interface Acts {
  traffic: readonly Traffic[];
  probes: readonly Probe[];
  keys: KeyRing;
  /** Nodes that may be recipient of each traffic entry. */
  recipients: readonly Int32Array[];
  ledger: Ledger;
  lookupEveryUs: number;
}

/** Nodes of a role, or everyone. */
export function nodesOf(role: string, roles: readonly Role[], roleOf: Uint8Array): Int32Array {
  if (role === 'anyone') return Int32Array.from(roleOf, (_, node) => node);
  const index = roles.findIndex((r) => r.name === role);
  const chosen: number[] = [];
  roleOf.forEach((r, node) => {
    if (r === index) chosen.push(node);
  });
  return Int32Array.from(chosen);
}

/** A node with a user in front of it: passes everything to the protocols and acts when its own timers fire. */
export class UserNode extends MainframeNode implements HostedNode {
  readonly #host: Host;
  readonly #acts: Acts;
  readonly #random: RandomStream;
  readonly #target = new Uint32Array(ADDRESS_WORDS);
  readonly #chats: readonly number[];

  /** @param chats indexes of the traffic entries that this node's role sends for as long as it is up. */
  constructor(host: Host, settings: NodeSettings, acts: Acts, chats: readonly number[]) {
    super(host, settings);
    this.#chats = chats;
    this.#host = host;
    this.#acts = acts;
    this.#random = host.random('workload');
  }

  override start(): void {
    super.start();
    for (const entry of this.#chats) {
      const gapUs = sampleUs(this.#acts.traffic[entry]!.every!, this.#random);
      this.#host.setTimer(Math.max(1, gapUs), ACT_CHAT, entry);
    }
    if (this.#acts.lookupEveryUs > 0) {
      this.#host.setTimer(1 + this.#random.below(this.#acts.lookupEveryUs), ACT_LOOKUP, 0);
    }
  }

  override onTimer(kind: number, argument: number): number {
    switch (kind) {
      case ACT_CHAT:
        return this.#chat(argument);
      case ACT_PROBE: {
        const probe = this.#acts.probes[argument]!;
        return this.#send(probe.recipient, this.#acts.traffic[probe.traffic]!);
      }
      case ACT_LOOKUP:
        return this.#lookUp();
      default:
        return super.onTimer(kind, argument);
    }
  }

  #chat(entry: number): number {
    const traffic = this.#acts.traffic[entry]!;
    this.#host.setTimer(Math.max(1, sampleUs(traffic.every!, this.#random)), ACT_CHAT, entry);
    const recipients = this.#acts.recipients[entry]!;
    if (recipients.length === 0) return OUTCOME_REFUSED;
    const recipient = recipients[this.#random.below(recipients.length)]!;
    return recipient === this.#host.self ? OUTCOME_REFUSED : this.#send(recipient, traffic);
  }

  #send(recipient: PeerHandle, traffic: Traffic): number {
    const text = TEXT.subarray(0, traffic.sizeBytes);
    this.#acts.ledger.sending(this.#host.self, recipient, traffic);
    const sent = this.router.send(
      this.#acts.keys.key(recipient).publicKey,
      this.#host.peers.words,
      recipient * ADDRESS_WORDS,
      traffic.luminosityBits,
      text,
      0,
      text.length,
    );
    return sent ? OUTCOME_HANDLED : OUTCOME_REFUSED;
  }

  #lookUp(): number {
    this.#host.setTimer(this.#acts.lookupEveryUs, ACT_LOOKUP, 0);
    const bytes = new Uint8Array(ADDRESS_WORDS * 4);
    this.#random.fill(bytes, 0, bytes.length);
    readAddress(bytes, 0, this.#target, 0);
    const id = this.overlay.lookup(this.#target, PURPOSE_WORKLOAD);
    this.#acts.ledger.lookingUp(this.#host.self, id, this.#target.slice());
    return OUTCOME_HANDLED;
  }
}

/** What people write: bytes that say nothing, since nobody reads them here. */
const TEXT = new Uint8Array(64 * 1024);
