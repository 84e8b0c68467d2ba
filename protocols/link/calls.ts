/**
 * Calls: handshakes that this node has begun.
 *
 * The Noise state machine refuses what is forged without changing, so a call survives any number of wrong answers. Datagrams are lost, so the caller
 * repeats INITIATE until it is answered, and FINISH until it sees the peer use the keys.
 */
import { readUint32, writeUint32 } from '../codec/bytes.ts';
import { NO_TIMER, type Micros, type PeerHandle } from '../host.ts';
import {
  OUTCOME_DUPLICATE,
  OUTCOME_HANDLED,
  OUTCOME_IGNORED,
  OUTCOME_REFUSED,
} from '../outcomes.ts';
import type { Desk } from './desk.ts';
import { FAILED_OTHER_PEER, FAILED_SILENT, FAILED_VERSION } from './events.ts';
import type { EndpointHandle } from './host.ts';
import type { LinkOptions } from './options.ts';
import type { Call, Link } from './state.ts';
import { TIMER_CALL } from './timers.ts';
import {
  AT_COOKIE,
  AT_FINISH_NOISE,
  AT_INITIATE_NOISE,
  AT_RESPOND_NOISE,
  COOKIE_BYTES,
  HANDSHAKE_BYTES,
  LINK_VERSION,
  PATTERN_IK,
  PATTERN_XX,
  TYPE_FINISH,
  TYPE_INITIATE,
} from './wire.ts';

const NO_PAYLOAD = new Uint8Array(HANDSHAKE_BYTES);

export class Calls {
  readonly #desk: Desk;
  readonly #options: LinkOptions;
  readonly #calls = new Map<number, Call>();

  constructor(desk: Desk, options: LinkOptions) {
    this.#desk = desk;
    this.#options = options;
  }

  has(index: number): boolean {
    return this.#calls.has(index);
  }

  /** Everybody who is called. */
  eachPeer(visit: (peer: PeerHandle) => void): void {
    for (const { link } of this.#calls.values()) visit(link.peer);
  }

  /** Forgets all calls; their timers are gone already. */
  clear(): void {
    for (const call of this.#calls.values()) this.#desk.host.releaseEndpoint(call.endpoint);
    this.#calls.clear();
  }

  /** Begins a handshake with the link's peer. */
  call(link: Link): void {
    const pattern = link.publicKey === undefined ? PATTERN_XX : PATTERN_IK;
    const handshake = this.#desk.newHandshake(pattern, true, link.publicKey);
    const localIndex = this.#desk.owner.index();
    const datagram = new Uint8Array(HANDSHAKE_BYTES);
    datagram[0] = TYPE_INITIATE;
    datagram[1] = LINK_VERSION;
    datagram[2] = pattern;
    writeUint32(datagram, 4, localIndex);
    const room = HANDSHAKE_BYTES - AT_INITIATE_NOISE - handshake.messageBytes(0, 0);
    const payload = pattern === PATTERN_IK ? this.#desk.introduce(link.endpoint, room) : NO_PAYLOAD;
    handshake.write(payload, 0, room, datagram, AT_INITIATE_NOISE);
    const call: Call = {
      link,
      endpoint: link.endpoint,
      pattern,
      localIndex,
      handshake,
      datagram,
      answered: false,
      attempts: 0,
      timer: NO_TIMER,
    };
    link.call = call;
    this.#calls.set(localIndex, call);
    this.#desk.host.holdEndpoint(call.endpoint);
    this.#transmit(call);
  }

  /** The peer uses the keys that it was called for: nothing needs repeating. */
  confirmed(link: Link): void {
    if (link.call?.answered === true) this.abandon(link);
  }

  /** Forgets a call. */
  abandon(link: Link): void {
    const { call } = link;
    if (call === undefined) return;
    link.call = undefined;
    this.#calls.delete(call.localIndex);
    this.#desk.host.cancelTimer(call.timer);
    this.#desk.host.releaseEndpoint(call.endpoint);
  }

  onTimer(localIndex: number): number {
    const call = this.#calls.get(localIndex >>> 0);
    if (call === undefined) return OUTCOME_IGNORED;
    if (call.attempts < this.#options.attempts) {
      this.#transmit(call);
      return OUTCOME_HANDLED;
    }
    const { link, attempts, answered } = call;
    this.abandon(link);
    // Answered, but the keys were never used: it may just have nothing to say.
    if (answered) return OUTCOME_HANDLED;
    if (call.pattern === PATTERN_IK) {
      // It may have a new key since: call it as one calls a stranger.
      link.publicKey = undefined;
      this.call(link);
    } else this.#desk.owner.failed(link, FAILED_SILENT, attempts);
    return OUTCOME_HANDLED;
  }

  onRespond(endpoint: EndpointHandle, bytes: Uint8Array, offset: number): number {
    const call = this.#calls.get(readUint32(bytes, offset + 8));
    if (call === undefined || bytes[offset + 1] !== LINK_VERSION) return OUTCOME_IGNORED;
    if (bytes[offset + 2] !== call.pattern) return OUTCOME_REFUSED;
    if (call.answered) {
      // Our last message got lost and theirs came again.
      if (call.datagram[0] === TYPE_FINISH)
        this.#desk.host.sendTo(endpoint, call.datagram, 0, HANDSHAKE_BYTES);
      return OUTCOME_DUPLICATE;
    }
    const { handshake } = call;
    const length = HANDSHAKE_BYTES - AT_RESPOND_NOISE;
    const read = handshake.read(bytes, offset + AT_RESPOND_NOISE, length, this.#desk.payload, 0);
    if (read < 0) return OUTCOME_REFUSED;
    const introduction = this.#desk.introduction(handshake, read);
    const link = introduction && this.#desk.authenticated(introduction, endpoint, call.link);
    if (introduction === undefined || link === undefined) {
      const expected = call.link;
      this.abandon(expected);
      this.#desk.owner.failed(expected, FAILED_OTHER_PEER, call.attempts);
      return OUTCOME_REFUSED;
    }
    call.answered = true;
    if (call.pattern === PATTERN_XX) this.#finish(call, endpoint, readUint32(bytes, offset + 4));
    const remoteIndex = readUint32(bytes, offset + 4);
    this.#desk.open(link, endpoint, {
      handshake,
      pattern: call.pattern,
      localIndex: call.localIndex,
      remoteIndex,
      initiator: true,
      confirmed: true,
    });
    if (call.pattern === PATTERN_IK) this.abandon(link);
    return OUTCOME_HANDLED;
  }

  onCookie(endpoint: EndpointHandle, bytes: Uint8Array, offset: number): number {
    const call = this.#calls.get(readUint32(bytes, offset + 4));
    // Only from where we called: else anybody could make us repeat ourselves.
    if (call === undefined || call.answered || endpoint !== call.endpoint) return OUTCOME_IGNORED;
    const at = offset + AT_COOKIE;
    call.datagram.set(bytes.subarray(at, at + COOKIE_BYTES), AT_COOKIE);
    this.#desk.host.sendTo(endpoint, call.datagram, 0, HANDSHAKE_BYTES);
    return OUTCOME_HANDLED;
  }

  onVersions(endpoint: EndpointHandle, bytes: Uint8Array, offset: number): number {
    const call = this.#calls.get(readUint32(bytes, offset + 4));
    if (call === undefined || call.answered || endpoint !== call.endpoint) return OUTCOME_IGNORED;
    const [lowest, highest] = [bytes[offset + 1]!, bytes[offset + 2]!];
    // They speak ours, so this is a forgery or an answer to something else.
    if (lowest <= LINK_VERSION && LINK_VERSION <= highest) return OUTCOME_REFUSED;
    const { link, attempts } = call;
    this.abandon(link);
    this.#desk.owner.failed(link, FAILED_VERSION, attempts);
    return OUTCOME_HANDLED;
  }

  /**
   * Whether we are calling there ourselves and our call goes on. Decided by the indices, which both sides see: drawn anew for each call, and not by
   * the keys, since no run may depend on their bytes.
   */
  crossing(endpoint: EndpointHandle, remoteIndex: number): boolean {
    for (const call of this.#calls.values()) {
      if (call.endpoint === endpoint && !call.answered && call.localIndex < remoteIndex)
        return true;
    }
    return false;
  }

  #finish(call: Call, endpoint: EndpointHandle, remoteIndex: number): void {
    const finish = new Uint8Array(HANDSHAKE_BYTES);
    finish[0] = TYPE_FINISH;
    finish[1] = LINK_VERSION;
    writeUint32(finish, 4, remoteIndex);
    const room = HANDSHAKE_BYTES - AT_FINISH_NOISE - call.handshake.messageBytes(2, 0);
    call.handshake.write(this.#desk.introduce(endpoint, room), 0, room, finish, AT_FINISH_NOISE);
    call.datagram = finish;
    call.attempts = 0;
    this.#desk.host.cancelTimer(call.timer);
    this.#transmit(call);
  }

  #transmit(call: Call): void {
    this.#desk.host.sendTo(call.endpoint, call.datagram, 0, HANDSHAKE_BYTES);
    const waitUs: Micros = this.#options.handshakeTimeoutUs * (1 << call.attempts);
    call.attempts++;
    call.timer = this.#desk.host.setTimer(waitUs, TIMER_CALL, call.localIndex | 0);
  }
}
