/**
 * Making a packet: what the sender chooses, seals and writes once; after it the packet only changes in its tree, level and stem fields.
 *
 * Everything that could tell two messages of one conversation apart or together is drawn anew or padded here: the undisclosed bits of
 * the target, the id, the ephemeral key, the size class. Each leak of the 2018 code is one of these choices left out.
 */
import { writeUint16, writeUint32 } from '../codec/bytes.ts';
import { SEALED_OVERHEAD_BYTES, type SealedBox } from '../crypto/sealed-box.ts';
import { X25519_KEY_BYTES } from '../crypto/port.ts';
import type { Host } from '../host.ts';
import { ADDRESS_BITS, ADDRESS_BYTES, ADDRESS_WORDS, writeAddress } from '../identity/proximity.ts';
import type { RandomStream } from '../random.ts';
import { expiryField } from './expiry.ts';
import type { RoutingOptions } from './options.ts';
import {
  AT_ID,
  AT_TAG,
  AT_TARGET,
  FLAG_EXACT_EXPIRY,
  HEADER_BYTES,
  ID_BYTES,
  LENGTH_BYTES,
  writeAssociated,
  writeHeader,
} from './packet.ts';
import { SIZE_CLASSES_BYTES, TEXT_BYTES_MAX } from './params.ts';
import type { RoutingScratch } from './scratch.ts';

/** Why a message was not sent. */
export const SEND_OK = 0;
/** Longer than TEXT_BYTES_MAX: one datagram does not hold it. */
export const SEND_TEXT_TOO_LONG = 1;
/** The recipient's public key is of low order: everybody could open what is sealed to it. */
export const SEND_KEY_WEAK = 2;
export type SendProblem = 0 | 1 | 2;

export class PacketMaker {
  /** Why the last `make` failed. */
  problem: SendProblem = SEND_OK;
  readonly #host: Host;
  readonly #options: RoutingOptions;
  readonly #random: RandomStream;
  readonly #scratch: RoutingScratch;
  readonly #box: SealedBox;

  constructor(
    host: Host,
    options: RoutingOptions,
    random: RandomStream,
    scratch: RoutingScratch,
    box: SealedBox,
  ) {
    this.#host = host;
    this.#options = options;
    this.#random = random;
    this.#scratch = scratch;
    this.#box = box;
  }

  /**
   * Writes a packet to `scratch.packet` that carries `text[textOffset..+textLength)` to `recipientPublic`, whose address is
   * `address[addressOffset..+8)`, and shows the address's first `luminosityBits` bits (an integer in [0, 256]).
   * @returns its length in bytes, or -1 with the reason in `problem`.
   */
  make(
    recipientPublic: Uint8Array,
    address: Uint32Array,
    addressOffset: number,
    luminosityBits: number,
    text: Uint8Array,
    textOffset: number,
    textLength: number,
  ): number {
    if (!(luminosityBits >= 0 && luminosityBits <= ADDRESS_BITS)) {
      throw new Error(`luminosity of ${luminosityBits} bits: expected 0..${ADDRESS_BITS}`);
    }
    if (textLength > TEXT_BYTES_MAX) {
      this.problem = SEND_TEXT_TOO_LONG;
      return -1;
    }
    const { leaks, stemHops, lifetimeUs } = this.#options;
    const luminosity = leaks.wholeByteLuminosity ? luminosityBits & ~7 : luminosityBits;
    const packet = this.#scratch.packet;
    const flags = leaks.exactExpiry ? FLAG_EXACT_EXPIRY : 0;
    const expiry = expiryField(this.#host.now(), lifetimeUs, leaks.exactExpiry);
    writeHeader(packet, flags, luminosity, stemHops > 0 ? 1 : 0, expiry);
    this.#writeTarget(packet, address, addressOffset, luminosity);
    this.#random.fill(packet, AT_ID, ID_BYTES);
    const padded = this.#pad(text, textOffset, textLength);
    if (!this.#seal(packet, recipientPublic, luminosity, padded)) {
      this.problem = SEND_KEY_WEAK;
      return -1;
    }
    if (leaks.clearTopic) this.#writeClearTopic(packet, address, addressOffset);
    this.problem = SEND_OK;
    return HEADER_BYTES + padded + SEALED_OVERHEAD_BYTES;
  }

  /** The destination's first l bits, then random ones (or zeros, as the 2018 code had it). */
  #writeTarget(
    packet: Uint8Array,
    address: Uint32Array,
    addressOffset: number,
    luminosity: number,
  ): void {
    if (this.#options.leaks.zeroPaddedTarget) packet.fill(0, AT_TARGET, AT_TARGET + ADDRESS_BYTES);
    else this.#random.fill(packet, AT_TARGET, ADDRESS_BYTES);
    const target = this.#scratch.header.target;
    for (let i = 0; i < ADDRESS_WORDS; i++) {
      const left = luminosity - 32 * i;
      const mask = left >= 32 ? 0xffffffff : left <= 0 ? 0 : ~(0xffffffff >>> left);
      const at = AT_TARGET + 4 * i;
      const padding =
        (packet[at]! << 24) | (packet[at + 1]! << 16) | (packet[at + 2]! << 8) | packet[at + 3]!;
      target[i] = (address[addressOffset + i]! & mask) | (padding & ~mask);
    }
    writeAddress(target, 0, packet, AT_TARGET);
  }

  /** Lays the text out with its length in front and zeros up to its size class; the bytes to be sealed. */
  #pad(text: Uint8Array, textOffset: number, textLength: number): number {
    const plain = this.#scratch.text;
    const used = LENGTH_BYTES + textLength;
    let padded = used;
    if (!this.#options.leaks.noPadding) {
      let sizeClass = 0;
      while (SIZE_CLASSES_BYTES[sizeClass]! < used) sizeClass++;
      padded = SIZE_CLASSES_BYTES[sizeClass]!;
    }
    writeUint16(plain, 0, textLength);
    for (let i = 0; i < textLength; i++) plain[LENGTH_BYTES + i] = text[textOffset + i]!;
    plain.fill(0, used, padded);
    return padded;
  }

  /** Seals the padded text and writes the view tag; false for a key of low order. */
  #seal(
    packet: Uint8Array,
    recipientPublic: Uint8Array,
    luminosity: number,
    padded: number,
  ): boolean {
    const { text, associated, secret } = this.#scratch;
    this.#random.fill(secret, 0, X25519_KEY_BYTES);
    writeAssociated(packet, 0, luminosity, !this.#options.leaks.extensionReplay, associated);
    const sealed = this.#box.sealTo(
      recipientPublic,
      secret,
      associated,
      text,
      0,
      padded,
      packet,
      HEADER_BYTES,
    );
    secret.fill(0);
    if (sealed) packet.set(this.#box.viewTag, AT_TAG);
    return sealed;
  }

  /** The leak: a tag that is the same for all messages between two addresses. */
  #writeClearTopic(packet: Uint8Array, address: Uint32Array, addressOffset: number): void {
    const words = this.#host.peers.words;
    const self = this.#host.self * ADDRESS_WORDS;
    writeUint32(packet, AT_TAG, words[self]! ^ address[addressOffset]!);
    writeUint32(packet, AT_TAG + 4, words[self + 1]! ^ address[addressOffset + 1]!);
  }
}
