/** Packets that are on their way, and which of them are lost (RFC 9002 §6). */
import type { Micros } from '../../host.ts';
import type { NumberRange } from './frames.ts';
import type { OutPiece } from './outbox.ts';
import type { RoundTrip } from './round-trip.ts';

/** Packets that may overtake one before it counts as lost (RFC 9002 §6.1.1). */
const PACKET_THRESHOLD = 3;

export interface SentPacket {
  readonly number: number;
  readonly sentUs: Micros;
  /** Of the whole datagram. */
  readonly bytes: number;
  readonly pieces: OutPiece[];
}

export class SentPackets {
  /** In order of number. Only packets with pieces: nobody acknowledges the others. */
  readonly #packets = new Map<number, SentPacket>();
  #largestAcknowledged = -1;
  /** When the oldest packet will count as lost, -1 for never. */
  lossDueUs: Micros = -1;

  get size(): number {
    return this.#packets.size;
  }

  get largestAcknowledged(): number {
    return this.#largestAcknowledged;
  }

  add(packet: SentPacket): void {
    this.#packets.set(packet.number, packet);
  }

  oldest(): SentPacket | undefined {
    for (const packet of this.#packets.values()) return packet;
    return undefined;
  }

  /** Takes out what the ranges acknowledge, the oldest first. */
  acknowledge(ranges: readonly NumberRange[]): SentPacket[] {
    const newly: SentPacket[] = [];
    this.#largestAcknowledged = Math.max(this.#largestAcknowledged, ranges[0]!.high);
    for (const packet of this.#packets.values()) {
      if (packet.number > ranges[0]!.high) break;
      if (ranges.some(({ low, high }) => packet.number >= low && packet.number <= high))
        newly.push(packet);
    }
    for (const packet of newly) this.#packets.delete(packet.number);
    return newly;
  }

  /** Takes out what is lost, the oldest first. */
  lost(path: RoundTrip, nowUs: Micros): SentPacket[] {
    const lost: SentPacket[] = [];
    const delayUs = path.lossDelayUs;
    this.lossDueUs = -1;
    for (const packet of this.#packets.values()) {
      if (packet.number > this.#largestAcknowledged) break;
      const overtaken = this.#largestAcknowledged - packet.number >= PACKET_THRESHOLD;
      if (overtaken || packet.sentUs + delayUs <= nowUs) lost.push(packet);
      else if (this.lossDueUs < 0) this.lossDueUs = packet.sentUs + delayUs;
    }
    for (const packet of lost) this.#packets.delete(packet.number);
    return lost;
  }

  clear(): void {
    this.#packets.clear();
    this.#largestAcknowledged = -1;
    this.lossDueUs = -1;
  }
}
