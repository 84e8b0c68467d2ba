/**
 * How much may be on its way, and how fast it leaves: NewReno and pacing as in RFC 9002 §7. Bytes are those of whole datagrams, as the network carries them.
 */
import type { Micros } from '../../host.ts';
import { WIRE_BYTES_MAX } from '../../host.ts';
import type { RoundTrip } from './round-trip.ts';

const DATAGRAM_BYTES = WIRE_BYTES_MAX;
/** RFC 9002 §7.2. */
export const INITIAL_WINDOW_BYTES = Math.min(
  10 * DATAGRAM_BYTES,
  Math.max(2 * DATAGRAM_BYTES, 14_720),
);
const MINIMUM_WINDOW_BYTES = 2 * DATAGRAM_BYTES;
const LOSS_REDUCTION = 0.5;
/** Probe timeouts of nothing but loss that prove a dead path (RFC 9002 §7.6.1). */
export const PERSISTENT_CONGESTION_TIMEOUTS = 3;
/** The pacer is a little faster than the window, which then limits (RFC 9002 §7.7). */
export const PACING_GAIN = 1.25;
/** Most bytes that leave at once. */
export const BURST_BYTES = 10 * DATAGRAM_BYTES;

export class Congestion {
  windowBytes = INITIAL_WINDOW_BYTES;
  inFlightBytes = 0;
  /** Something waited for the window lately; without that, acknowledgements say nothing about the path (RFC 9002 §7.8). */
  limited = false;
  #thresholdBytes = Number.POSITIVE_INFINITY;
  #recoveryFromUs: Micros = -1;

  fits(bytes: number): boolean {
    return this.inFlightBytes + bytes <= this.windowBytes;
  }

  sent(bytes: number): void {
    this.inFlightBytes += bytes;
  }

  acknowledged(bytes: number, sentUs: Micros): void {
    this.inFlightBytes -= bytes;
    if (sentUs <= this.#recoveryFromUs || !this.limited) return;
    this.windowBytes +=
      this.windowBytes < this.#thresholdBytes ? bytes : (DATAGRAM_BYTES * bytes) / this.windowBytes;
  }

  /** @param lastSentUs when the newest of the lost packets was sent. */
  lost(bytes: number, lastSentUs: Micros, nowUs: Micros): void {
    this.inFlightBytes -= bytes;
    if (lastSentUs <= this.#recoveryFromUs) return;
    this.#recoveryFromUs = nowUs;
    this.#thresholdBytes = Math.max(this.windowBytes * LOSS_REDUCTION, MINIMUM_WINDOW_BYTES);
    this.windowBytes = this.#thresholdBytes;
  }

  persistentCongestion(): void {
    this.windowBytes = MINIMUM_WINDOW_BYTES;
    this.#recoveryFromUs = -1;
  }

  /** Packets that are no longer waited for, for another reason than loss. */
  forget(): void {
    this.inFlightBytes = 0;
  }
}

/** A token bucket that fills at the pace of the window: in any time t at most BURST_BYTES + rate * t leave. */
export class Pacer {
  #tokensBytes = BURST_BYTES;
  #filledUs: Micros = 0;

  /** @returns microseconds until `bytes` may leave; 0 for now. */
  waitUs(bytes: number, window: number, path: RoundTrip, nowUs: Micros): Micros {
    if (!path.known) return 0;
    const rate = (PACING_GAIN * window) / path.smoothedUs;
    const filled = this.#tokensBytes + (nowUs - this.#filledUs) * rate;
    this.#tokensBytes = Math.min(BURST_BYTES, filled);
    this.#filledUs = nowUs;
    return this.#tokensBytes >= bytes ? 0 : Math.ceil((bytes - this.#tokensBytes) / rate);
  }

  sent(bytes: number): void {
    this.#tokensBytes -= bytes;
  }
}
