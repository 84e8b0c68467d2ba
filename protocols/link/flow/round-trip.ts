/** Round-trip time of one link, from packets and their acknowledgements (RFC 9002 §5). Microseconds. */
import type { Micros } from '../../host.ts';

/** What is assumed before the first sample (RFC 9002 §6.2.2). */
const INITIAL_US = 333_000;
/** Timers are no finer than this (RFC 9002 §6.1.2). */
export const GRANULARITY_US = 1_000;
/** Longest that a receiver keeps an acknowledgement (RFC 9000 §18.2). */
export const ACK_DELAY_MAX_US = 25_000;
/** Loss by time: this many round trips after a later packet was acknowledged (RFC 9002 §6.1.2). */
const TIME_THRESHOLD = 9 / 8;

export class RoundTrip {
  /** 0 before the first sample. */
  latestUs = 0;
  minimumUs = 0;
  smoothedUs = INITIAL_US;
  #variationUs = INITIAL_US / 2;

  get known(): boolean {
    return this.latestUs > 0;
  }

  /** @param delayUs how long the receiver says that it kept the acknowledgement. */
  sample(measuredUs: Micros, delayUs: Micros): void {
    const latest = Math.max(1, measuredUs);
    if (!this.known) {
      this.latestUs = this.minimumUs = this.smoothedUs = latest;
      this.#variationUs = latest / 2;
      return;
    }
    this.latestUs = latest;
    this.minimumUs = Math.min(this.minimumUs, latest);
    const delay = Math.min(delayUs, ACK_DELAY_MAX_US);
    const adjusted = latest >= this.minimumUs + delay ? latest - delay : latest;
    this.#variationUs = (3 * this.#variationUs + Math.abs(this.smoothedUs - adjusted)) / 4;
    this.smoothedUs = (7 * this.smoothedUs + adjusted) / 8;
  }

  /** Time after which a packet overtaken by an acknowledged one is lost. */
  get lossDelayUs(): Micros {
    const longest = Math.max(this.latestUs, this.smoothedUs);
    return Math.ceil(Math.max(TIME_THRESHOLD * longest, GRANULARITY_US));
  }

  /** Time without any word after which the receiver is asked again (RFC 9002 §6.2.1). */
  get probeTimeoutUs(): Micros {
    const spread = Math.max(4 * this.#variationUs, GRANULARITY_US);
    return Math.ceil(this.smoothedUs + spread + ACK_DELAY_MAX_US);
  }
}
