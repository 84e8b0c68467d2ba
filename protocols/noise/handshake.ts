/**
 * Noise handshakes (The Noise Protocol Framework, revision 34) for `25519_ChaChaPoly_SHA256`: a pattern is a list of tokens, and one small
 * interpreter serves both sides.
 *
 * Reading works on copies and takes effect only if the whole message is genuine. The specification lets a handshake die of a bad
 * message; over UDP, where anybody can send one, that would let a stranger end every handshake. Writing works on copies too, so that a
 * mistake of the caller leaves nothing half done.
 *
 * An ephemeral key of low order is refused when it is read, and not when it is first used: in XX that is by the reader's own answer, where
 * a stranger's key would look like a mistake of the caller.
 */
import { assertRange, rangeFits } from '../crypto/bytes.ts';
import { isLowOrder } from '../crypto/low-order.ts';
import {
  AEAD_TAG_BYTES,
  X25519_KEY_BYTES,
  type AgreementKey,
  type CryptoSuite,
} from '../crypto/port.ts';
import type { CipherState } from './cipher-state.ts';
import { SymmetricState } from './symmetric-state.ts';

/** Longest Noise message (section 3). */
const MESSAGE_BYTES_MAX = 65_535;

type Token = 'e' | 's' | 'ee' | 'es' | 'se' | 'ss';

interface Pattern {
  /** The initiator knows the responder's static key beforehand. */
  readonly responderKnown: boolean;
  readonly messages: readonly (readonly Token[])[];
}

/** Section 7. N and X are one-way; the others end in an encrypted conversation. */
const PATTERNS = {
  N: { responderKnown: true, messages: [['e', 'es']] },
  X: { responderKnown: true, messages: [['e', 'es', 's', 'ss']] },
  NK: {
    responderKnown: true,
    messages: [
      ['e', 'es'],
      ['e', 'ee'],
    ],
  },
  IK: {
    responderKnown: true,
    messages: [
      ['e', 'es', 's', 'ss'],
      ['e', 'ee', 'se'],
    ],
  },
  XX: { responderKnown: false, messages: [['e'], ['e', 'ee', 's', 'es'], ['s', 'se']] },
} as const satisfies { readonly [name: string]: Pattern };

export type PatternName = keyof typeof PATTERNS;

export interface HandshakeParts {
  pattern: PatternName;
  initiator: boolean;
  /** What both sides must agree on beforehand. */
  prologue: Uint8Array;
  /** Our static pair, for patterns in which we have one. */
  staticKey?: AgreementKey;
  /** A pair made for this handshake alone; whoever only reads has none. */
  ephemeral?: AgreementKey;
  /** The responder's static public key, for patterns in which the initiator knows it. */
  remoteStatic?: Uint8Array;
}

export class Handshake {
  /** The other side's static public key, once known: authenticated from the message after the one that carried it on. */
  remoteStatic: Uint8Array | undefined;
  #state: SymmetricState;
  #remoteEphemeral: Uint8Array | undefined;
  #step = 0;
  #hasSplit = false;
  readonly #suite: CryptoSuite;
  readonly #pattern: Pattern;
  readonly #parts: HandshakeParts;
  readonly #shared = new Uint8Array(X25519_KEY_BYTES);

  constructor(suite: CryptoSuite, parts: HandshakeParts) {
    const { pattern, initiator, prologue, staticKey, remoteStatic } = parts;
    this.#suite = suite;
    this.#parts = parts;
    this.#pattern = PATTERNS[pattern];
    this.#state = new SymmetricState(suite, `Noise_${pattern}_25519_ChaChaPoly_SHA256`);
    this.#state.mixHash(prologue);
    if (this.#pattern.responderKnown) {
      const known = initiator ? remoteStatic : staticKey?.publicKey;
      if (known?.length !== X25519_KEY_BYTES)
        throw new Error(`pattern ${pattern} needs the responder's static key beforehand`);
      this.#state.mixHash(known);
      // Copied, since it may stand in a borrowed buffer.
      if (initiator) this.remoteStatic = known.slice();
    }
  }

  get finished(): boolean {
    return this.#step === this.#pattern.messages.length;
  }

  /** The transcript hash: the same on both sides of one finished handshake and of no other. */
  get hash(): Uint8Array {
    return this.#state.hash;
  }

  /** Length of message `step` (from 0) with a payload of `payloadBytes`. @throws for a message that the pattern has not. */
  messageBytes(step: number, payloadBytes: number): number {
    if (this.#pattern.messages[step] === undefined)
      throw new Error(`pattern ${this.#parts.pattern} has no message ${step}`);
    let keyed = false;
    let bytes = payloadBytes;
    this.#pattern.messages.forEach((tokens, index) => {
      for (const token of tokens) {
        if (index === step && token === 'e') bytes += X25519_KEY_BYTES;
        if (index === step && token === 's')
          bytes += X25519_KEY_BYTES + (keyed ? AEAD_TAG_BYTES : 0);
        if (index <= step && token.length === 2) keyed = true;
      }
      if (index === step && keyed) bytes += AEAD_TAG_BYTES;
    });
    return bytes;
  }

  /**
   * Writes the next message with `payload[offset..+length)`, which must not overlap it, at `out[outOffset]`. @returns its length.
   * @throws when it is not this side's turn, when payload or message do not fit, or when a key that the pattern needs is missing or weak:
   * mistakes of the caller, after which only the contents of `out` may have changed.
   */
  write(
    payload: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): number {
    const tokens = this.#turn(true);
    const total = this.messageBytes(this.#step, length);
    if (total > MESSAGE_BYTES_MAX)
      throw new Error(`a handshake message of ${total} bytes, more than ${MESSAGE_BYTES_MAX}`);
    assertRange('payload', payload, offset, length);
    assertRange('handshake message', out, outOffset, total);
    const state = this.#state.copy();
    let at = outOffset;
    for (const token of tokens) {
      if (token === 'e') {
        const { publicKey } = this.#ownEphemeral();
        out.set(publicKey, at);
        state.mixHash(publicKey);
        at += X25519_KEY_BYTES;
      } else if (token === 's') {
        at += state.seal(this.#ownStatic().publicKey, 0, X25519_KEY_BYTES, out, at);
      } else if (!this.#agree(token, state, this.#remoteEphemeral, this.remoteStatic))
        throw new Error('the key of the other side is of low order');
    }
    at += state.seal(payload, offset, length, out, at);
    this.#state = state;
    this.#step++;
    return at - outOffset;
  }

  /**
   * Reads the next message, `bytes[offset..+length)`, and writes its payload at `out[outOffset]`.
   * @returns the payload's length; -1 for anything that the other side has not sent as its next message: then nothing has changed,
   * `out` included. The message may stand in `out`.
   */
  read(
    bytes: Uint8Array,
    offset: number,
    length: number,
    out: Uint8Array,
    outOffset: number,
  ): number {
    const tokens = this.#turn(false);
    const least = this.messageBytes(this.#step, 0);
    if (length < least || length > MESSAGE_BYTES_MAX) return -1;
    if (!rangeFits(bytes, offset, length)) return -1;
    if (!rangeFits(out, outOffset, length - least)) return -1;
    const state = this.#state.copy();
    let remoteEphemeral = this.#remoteEphemeral;
    let remoteStatic = this.remoteStatic;
    let at = offset;
    for (const token of tokens) {
      if (token === 'e') {
        if (isLowOrder(bytes, at)) return -1;
        remoteEphemeral = bytes.slice(at, at + X25519_KEY_BYTES);
        state.mixHash(remoteEphemeral);
        at += X25519_KEY_BYTES;
      } else if (token === 's') {
        const sealed = X25519_KEY_BYTES + (state.hasKey ? AEAD_TAG_BYTES : 0);
        remoteStatic = new Uint8Array(X25519_KEY_BYTES);
        if (state.open(bytes, at, sealed, remoteStatic, 0) < 0) return -1;
        at += sealed;
      } else if (!this.#agree(token, state, remoteEphemeral, remoteStatic)) return -1;
    }
    const payload = state.open(bytes, at, offset + length - at, out, outOffset);
    if (payload < 0) return -1;
    this.#state = state;
    this.#remoteEphemeral = remoteEphemeral;
    this.remoteStatic = remoteStatic;
    this.#step++;
    return payload;
  }

  /** The keys for what follows. The ephemeral secret is forgotten. @throws when not finished, and the second time. */
  split(): { send: CipherState; receive: CipherState } {
    if (!this.finished) throw new Error('the handshake is not finished');
    // The chaining key is gone: what came out now would be the same for everybody.
    if (this.#hasSplit) throw new Error('the handshake has already been split');
    this.#hasSplit = true;
    const [first, second] = this.#state.split();
    if (this.#parts.ephemeral !== undefined) this.#suite.forget(this.#parts.ephemeral);
    return this.#parts.initiator
      ? { send: first, receive: second }
      : { send: second, receive: first };
  }

  #turn(writing: boolean): readonly Token[] {
    const tokens = this.#pattern.messages[this.#step];
    const ours = (this.#step % 2 === 0) === this.#parts.initiator;
    if (tokens === undefined || ours !== writing)
      throw new Error(
        `message ${this.#step + 1} of the handshake is not ours to ${writing ? 'write' : 'read'}`,
      );
    return tokens;
  }

  /** DH of a token, mixed into `state`; false for a peer key of low order. */
  #agree(
    token: Token,
    state: SymmetricState,
    remoteEphemeral: Uint8Array | undefined,
    remoteStatic: Uint8Array | undefined,
  ): boolean {
    // The first letter is the initiator's key, the second the responder's.
    const [mine, theirs] = this.#parts.initiator ? [token[0], token[1]] : [token[1], token[0]];
    const key = mine === 'e' ? this.#ownEphemeral() : this.#ownStatic();
    const peer = theirs === 'e' ? remoteEphemeral : remoteStatic;
    if (peer === undefined) throw new Error(`token ${token} before its key`);
    const agreed = this.#suite.agree(key, peer, 0, this.#shared);
    if (agreed) state.mixKey(this.#shared);
    this.#shared.fill(0);
    return agreed;
  }

  #ownEphemeral(): AgreementKey {
    const { ephemeral, pattern } = this.#parts;
    if (ephemeral === undefined) throw new Error(`pattern ${pattern} needs an ephemeral key`);
    return ephemeral;
  }

  #ownStatic(): AgreementKey {
    const { staticKey, pattern } = this.#parts;
    if (staticKey === undefined) throw new Error(`pattern ${pattern} needs a static key`);
    return staticKey;
  }
}
