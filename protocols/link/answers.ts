/**
 * Answers to handshakes that others have begun, and how many of them this node can afford.
 *
 * An answer is kept until the caller has finished (pattern XX), and repeated when its question comes again. What a stranger can make this node
 * do is bounded: so many answers a second, with proof of address beyond that, and so many unfinished handshakes at once.
 */
import { readUint32, writeUint32 } from '../codec/bytes.ts';
import { X25519_KEY_BYTES } from '../crypto/port.ts';
import { ENDPOINT_BYTES } from '../identity/peer-book.ts';
import type { Handshake } from '../noise/handshake.ts';
import {
  OUTCOME_DUPLICATE,
  OUTCOME_HANDLED,
  OUTCOME_IGNORED,
  OUTCOME_REFUSED,
} from '../outcomes.ts';
import { CookieJar } from './cookies.ts';
import type { Calls } from './calls.ts';
import type { Desk } from './desk.ts';
import type { EndpointHandle } from './host.ts';
import type { LinkOptions } from './options.ts';
import type { HalfOpen } from './state.ts';
import {
  AT_COOKIE,
  AT_FINISH_NOISE,
  AT_INITIATE_NOISE,
  AT_RESPOND_NOISE,
  compareBytes,
  COOKIE_REPLY_BYTES,
  HANDSHAKE_BYTES,
  LINK_VERSION,
  PATTERN_IK,
  PATTERN_XX,
  TYPE_COOKIE,
  TYPE_RESPOND,
  TYPE_VERSIONS,
  VERSIONS_BYTES,
} from './wire.ts';

const US_PER_S = 1_000_000;
/** A half-open handshake is forgotten after this long. */
const HALF_OPEN_US = 10 * US_PER_S;
/** Datagrams kept that came before the last of their handshake. */
const EARLY_MAX = 4;
/** Handshakes a second, in multiples of those answered without a cookie, beyond which none is answered. */
const OVERLOAD = 10;

export class Answers {
  readonly #desk: Desk;
  readonly #calls: Calls;
  readonly #options: LinkOptions;
  readonly #cookies: CookieJar;
  readonly #halfOpen = new Map<number, HalfOpen>();
  readonly #endpoint = new Uint8Array(ENDPOINT_BYTES);
  #early: Uint8Array[] = [];
  #second = -1;
  #answered = 0;

  constructor(desk: Desk, calls: Calls, options: LinkOptions) {
    this.#desk = desk;
    this.#calls = calls;
    this.#options = options;
    this.#cookies = new CookieJar(desk.host.crypto, desk.host.random('link/cookie'));
  }

  has(index: number): boolean {
    return this.#halfOpen.has(index);
  }

  clear(): void {
    for (const half of [...this.#halfOpen.values()]) this.#forgetHalf(half);
  }

  /** Keeps the DATA of `length` bytes at `bytes[offset]` if it is meant for a handshake about to finish: it has overtaken FINISH. */
  keepEarly(index: number, bytes: Uint8Array, offset: number, length: number): boolean {
    const half = this.#halfOpen.get(index);
    if (half === undefined || half.early.length >= EARLY_MAX) return false;
    half.early.push(bytes.slice(offset, offset + length));
    return true;
  }

  /** DATA kept for the handshake that was finished last; handed over once. */
  takeEarly(): Uint8Array[] {
    const early = this.#early;
    this.#early = [];
    return early;
  }

  onInitiate(endpoint: EndpointHandle, bytes: Uint8Array, offset: number): number {
    const remoteIndex = readUint32(bytes, offset + 4);
    if (bytes[offset + 1] !== LINK_VERSION) return this.#answerVersions(endpoint, remoteIndex);
    const pattern = bytes[offset + 2]!;
    if (pattern !== PATTERN_XX && pattern !== PATTERN_IK) return OUTCOME_REFUSED;
    const ephemeralAt = offset + AT_INITIATE_NOISE;
    const repeated = this.#repeated(endpoint, bytes, ephemeralAt);
    if (repeated !== undefined) {
      this.#desk.host.sendTo(endpoint, repeated.respond, 0, HANDSHAKE_BYTES);
      return OUTCOME_DUPLICATE;
    }
    if (this.#calls.crossing(endpoint, remoteIndex)) return OUTCOME_IGNORED;
    if (!this.#affordable(endpoint, bytes, offset, remoteIndex)) return OUTCOME_REFUSED;
    const handshake = this.#desk.newHandshake(pattern, false, undefined);
    const length = HANDSHAKE_BYTES - AT_INITIATE_NOISE;
    const read = handshake.read(bytes, ephemeralAt, length, this.#desk.payload, 0);
    if (read < 0) return OUTCOME_REFUSED;
    const localIndex = this.#desk.owner.index();
    if (pattern === PATTERN_XX)
      return this.#answerStranger(endpoint, bytes, offset, handshake, localIndex);
    return this.#answerKnown(endpoint, remoteIndex, handshake, localIndex, read);
  }

  onFinish(endpoint: EndpointHandle, bytes: Uint8Array, offset: number): number {
    const half = this.#halfOpen.get(readUint32(bytes, offset + 4));
    if (half === undefined || bytes[offset + 1] !== LINK_VERSION) return OUTCOME_IGNORED;
    const { handshake } = half;
    const length = HANDSHAKE_BYTES - AT_FINISH_NOISE;
    const read = handshake.read(bytes, offset + AT_FINISH_NOISE, length, this.#desk.payload, 0);
    if (read < 0) return OUTCOME_REFUSED;
    this.#forgetHalf(half);
    this.#early = half.early;
    const introduction = this.#desk.introduction(handshake, read);
    const link = introduction && this.#desk.authenticated(introduction, endpoint, undefined);
    if (link === undefined) return OUTCOME_REFUSED;
    // A finished XX proves that the peer is there now, so its keys are good at once.
    this.#desk.open(link, endpoint, {
      handshake,
      pattern: PATTERN_XX,
      localIndex: half.localIndex,
      remoteIndex: half.remoteIndex,
      initiator: false,
      confirmed: true,
    });
    return OUTCOME_HANDLED;
  }

  #answerStranger(
    endpoint: EndpointHandle,
    bytes: Uint8Array,
    offset: number,
    handshake: Handshake,
    localIndex: number,
  ): number {
    const remoteIndex = readUint32(bytes, offset + 4);
    const respond = this.#respond(PATTERN_XX, endpoint, handshake, localIndex, remoteIndex);
    const at = offset + AT_INITIATE_NOISE;
    const half: HalfOpen = {
      endpoint,
      localIndex,
      remoteIndex,
      handshake,
      ephemeral: bytes.slice(at, at + X25519_KEY_BYTES),
      respond,
      startedUs: this.#desk.host.now(),
      early: [],
    };
    this.#makeHalfOpenRoom();
    this.#halfOpen.set(localIndex, half);
    this.#desk.host.holdEndpoint(endpoint);
    this.#desk.host.sendTo(endpoint, respond, 0, HANDSHAKE_BYTES);
    return OUTCOME_HANDLED;
  }

  #answerKnown(
    endpoint: EndpointHandle,
    remoteIndex: number,
    handshake: Handshake,
    localIndex: number,
    read: number,
  ): number {
    const introduction = this.#desk.introduction(handshake, read);
    if (introduction === undefined) return OUTCOME_REFUSED;
    const link = this.#desk.authenticated(introduction, endpoint, undefined);
    // An earlier call, recorded and sent again, must not disturb what it has led to.
    if (link === undefined || introduction.sentUs <= link.calledUs) return OUTCOME_REFUSED;
    link.calledUs = introduction.sentUs;
    const respond = this.#respond(PATTERN_IK, endpoint, handshake, localIndex, remoteIndex);
    this.#desk.open(link, endpoint, {
      handshake,
      pattern: PATTERN_IK,
      localIndex,
      remoteIndex,
      initiator: false,
      confirmed: false,
    });
    this.#desk.host.sendTo(endpoint, respond, 0, HANDSHAKE_BYTES);
    return OUTCOME_HANDLED;
  }

  #respond(
    pattern: number,
    endpoint: EndpointHandle,
    handshake: Handshake,
    localIndex: number,
    remoteIndex: number,
  ): Uint8Array {
    const respond = new Uint8Array(HANDSHAKE_BYTES);
    respond[0] = TYPE_RESPOND;
    respond[1] = LINK_VERSION;
    respond[2] = pattern;
    writeUint32(respond, 4, localIndex);
    writeUint32(respond, 8, remoteIndex);
    const room = HANDSHAKE_BYTES - AT_RESPOND_NOISE - handshake.messageBytes(1, 0);
    handshake.write(this.#desk.introduce(endpoint, room), 0, room, respond, AT_RESPOND_NOISE);
    return respond;
  }

  /** The half-open handshake whose first message this is again. */
  #repeated(endpoint: EndpointHandle, bytes: Uint8Array, at: number): HalfOpen | undefined {
    for (const half of this.#halfOpen.values()) {
      if (half.endpoint === endpoint && compareBytes(half.ephemeral, bytes, at) === 0) return half;
    }
    return undefined;
  }

  #affordable(
    endpoint: EndpointHandle,
    bytes: Uint8Array,
    offset: number,
    remoteIndex: number,
  ): boolean {
    const now = this.#desk.host.now();
    const second = Math.floor(now / US_PER_S);
    if (second !== this.#second) {
      this.#second = second;
      this.#answered = 0;
    }
    const { handshakesPerSecond } = this.#options;
    if (this.#answered >= handshakesPerSecond * OVERLOAD) return false;
    if (this.#answered >= handshakesPerSecond) {
      this.#desk.host.writeEndpoint(endpoint, this.#endpoint, 0);
      if (!this.#cookies.accepts(now, this.#endpoint, bytes, offset + AT_COOKIE)) {
        this.#sendCookie(endpoint, remoteIndex, this.#cookies.bake(now, this.#endpoint));
        return false;
      }
    }
    this.#answered++;
    return true;
  }

  #sendCookie(endpoint: EndpointHandle, remoteIndex: number, cookie: Uint8Array): void {
    const reply = new Uint8Array(COOKIE_REPLY_BYTES);
    reply[0] = TYPE_COOKIE;
    reply[1] = LINK_VERSION;
    writeUint32(reply, 4, remoteIndex);
    reply.set(cookie, AT_COOKIE);
    this.#desk.host.sendTo(endpoint, reply, 0, COOKIE_REPLY_BYTES);
  }

  #answerVersions(endpoint: EndpointHandle, remoteIndex: number): number {
    const reply = new Uint8Array(VERSIONS_BYTES);
    reply[0] = TYPE_VERSIONS;
    reply[1] = LINK_VERSION;
    reply[2] = LINK_VERSION;
    writeUint32(reply, 4, remoteIndex);
    this.#desk.host.sendTo(endpoint, reply, 0, VERSIONS_BYTES);
    return OUTCOME_REFUSED;
  }

  #makeHalfOpenRoom(): void {
    const now = this.#desk.host.now();
    // In the order in which they began.
    for (const half of this.#halfOpen.values()) {
      const full = this.#halfOpen.size >= this.#options.halfOpenMax;
      if (!full && now - half.startedUs < HALF_OPEN_US) break;
      this.#forgetHalf(half);
    }
  }

  #forgetHalf(half: HalfOpen): void {
    this.#halfOpen.delete(half.localIndex);
    this.#desk.host.releaseEndpoint(half.endpoint);
  }
}
