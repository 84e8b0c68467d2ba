/**
 * The reception desk of the link: makes handshakes in this node's name, introduces it, and decides whether whoever has introduced itself is let in.
 * Shared by calls (`calls.ts`) and answers (`answers.ts`).
 */
import { X25519_KEY_BYTES, type AgreementKey } from '../crypto/port.ts';
import { ADDRESS_WORDS, readAddress } from '../identity/proximity.ts';
import { ENDPOINT_BYTES, type PeerHandle } from '../identity/peer-book.ts';
import { Handshake, type PatternName } from '../noise/handshake.ts';
import type { RandomStream } from '../random.ts';
import { LINK_OPENED } from './events.ts';
import type { EndpointHandle, LinkHost } from './host.ts';
import {
  INTRODUCTION_BYTES,
  readIntroduction,
  writeIntroduction,
  type Introduction,
} from './introduction.ts';
import { Session, type LinkScratch } from './session.ts';
import type { Link } from './state.ts';
import { HANDSHAKE_BYTES, PATTERN_IK } from './wire.ts';

/** Who this node is, as it introduces itself. */
export interface LinkIdentity {
  /** X25519 pair of the record. */
  key: AgreementKey;
  /** The signed node record. */
  record: Uint8Array;
  /** Nodes of other networks are refused. */
  networkId: bigint;
}

export interface Opened {
  link: Link;
  session: Session;
  /** Where the peer spoke from. */
  endpoint: EndpointHandle;
}

/** What the owner of the links does for handshakes. */
export interface LinkOwner {
  opened(opened: Opened): void;
  failed(link: Link, reason: number, attempts: number): void;
  /** The link of a peer, made if there is room. */
  linkOf(peer: PeerHandle, endpoint: EndpointHandle): Link | undefined;
  /** A session index not in use. */
  index(): number;
}

/** How a handshake came about. */
export interface Outcome {
  handshake: Handshake;
  pattern: number;
  localIndex: number;
  remoteIndex: number;
  initiator: boolean;
  /** The peer has shown that it has the keys. */
  confirmed: boolean;
}

export class Desk {
  readonly host: LinkHost;
  readonly owner: LinkOwner;
  /** Payload of the handshake message read last. */
  readonly payload = new Uint8Array(HANDSHAKE_BYTES);
  readonly #identity: LinkIdentity;
  readonly #scratch: LinkScratch;
  readonly #random: RandomStream;
  readonly #prologue: Uint8Array;
  readonly #endpoint = new Uint8Array(ENDPOINT_BYTES);
  readonly #words = new Uint32Array(ADDRESS_WORDS);

  constructor(host: LinkHost, identity: LinkIdentity, scratch: LinkScratch, owner: LinkOwner) {
    this.host = host;
    this.owner = owner;
    this.#identity = identity;
    this.#scratch = scratch;
    this.#random = host.random('link/handshake');
    this.#prologue = prologueOf(identity.networkId);
  }

  newHandshake(
    pattern: number,
    initiator: boolean,
    remoteStatic: Uint8Array | undefined,
  ): Handshake {
    const { crypto } = this.host;
    const secret = new Uint8Array(X25519_KEY_BYTES);
    this.#random.fill(secret, 0, X25519_KEY_BYTES);
    const ephemeral = crypto.agreementKey(secret);
    secret.fill(0);
    const name: PatternName = pattern === PATTERN_IK ? 'IK' : 'XX';
    return new Handshake(crypto, {
      pattern: name,
      initiator,
      prologue: this.#prologue,
      staticKey: this.#identity.key,
      ephemeral,
      ...(pattern === PATTERN_IK && initiator && remoteStatic !== undefined
        ? { remoteStatic }
        : {}),
    });
  }

  /** Our introduction to whoever is at `endpoint`, in a buffer of `length` bytes and more. */
  introduce(endpoint: EndpointHandle, length: number): Uint8Array {
    if (length < INTRODUCTION_BYTES)
      throw new Error(`an introduction does not fit ${length} bytes`);
    const payload = new Uint8Array(length);
    this.host.writeEndpoint(endpoint, this.#endpoint, 0);
    writeIntroduction(this.#identity.record, this.#endpoint, this.host.now(), payload);
    return payload;
  }

  /** What the other side of `handshake` has introduced itself as in `payload`, if that is in order. */
  introduction(handshake: Handshake, read: number): Introduction | undefined {
    const key = handshake.remoteStatic;
    return key === undefined
      ? undefined
      : readIntroduction(this.#scratch.records, this.payload, read, key);
  }

  /** The link of whoever has introduced itself; undefined for a stranger of another network, an old identity, or not the peer that was called. */
  authenticated(
    introduction: Introduction,
    endpoint: EndpointHandle,
    expected: Link | undefined,
  ): Link | undefined {
    const { record } = introduction;
    if (record.networkId !== this.#identity.networkId) return undefined;
    readAddress(record.address, 0, this.#words, 0);
    this.host.writeEndpoint(endpoint, this.#endpoint, 0);
    const { peers } = this.host;
    if (expected !== undefined && peers.lookup(this.#words, 0) !== expected.peer) return undefined;
    const peer = peers.internWords(this.#words, 0, this.#endpoint, 0);
    if (peer === this.host.self) return undefined;
    const link = this.owner.linkOf(peer, endpoint);
    if (link === undefined || record.sequence < link.sequence) return undefined;
    link.sequence = record.sequence;
    link.publicKey = record.publicKey;
    // Now that it has proved who it is, this is where it is found, whatever others have said.
    peers.updateEndpoint(peer, this.#endpoint, 0);
    return link;
  }

  /** Hands the keys of a finished handshake to the owner of the links. */
  open(link: Link, endpoint: EndpointHandle, outcome: Outcome): void {
    const { handshake, localIndex, remoteIndex, initiator, confirmed, pattern } = outcome;
    const { send, receive } = handshake.split();
    const session = new Session(this.host.crypto, this.#scratch, {
      localIndex,
      remoteIndex,
      initiator,
      createdUs: this.host.now(),
      sendKey: send.key,
      receiveKey: receive.key,
    });
    this.host.keyLog?.opened(localIndex, remoteIndex, send.key, receive.key);
    send.forget();
    receive.forget();
    session.confirmed = confirmed;
    this.owner.opened({ link, session, endpoint });
    this.host.emit(LINK_OPENED, link.peer, initiator ? 1 : 0, pattern, 0);
  }
}

/** Binds a handshake to this protocol and network: one meant for another does not open. */
function prologueOf(networkId: bigint): Uint8Array {
  const label = 'mainframe link 1';
  const prologue = new Uint8Array(label.length + 8);
  for (let i = 0; i < label.length; i++) prologue[i] = label.charCodeAt(i);
  new DataView(prologue.buffer).setBigUint64(label.length, networkId);
  return prologue;
}
