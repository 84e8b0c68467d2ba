/**
 * One datagram's way through the simulated network, as a scratch record that the stages fill in.
 *
 * The way has two halves, because nodes may influence each other only through datagrams: `depart` runs at the sender
 * when it sends and may touch only the sender's state (uplink queue, its random streams); `arrive` runs at the receiver
 * when the datagram reaches its access link and may touch only the receiver's (downlink queue). That split is what lets
 * sender and receiver live in different worker threads later.
 */
export const DROP_NONE = 0;
export const DROP_LOSS = 1;
export const DROP_QUEUE = 2;
export const DROP_MTU = 3;
export const DROP_PARTITION = 4;
export const DROP_OFFLINE = 5;
export type DropReason = 0 | 1 | 2 | 3 | 4 | 5;

export interface Transit {
  from: number;
  to: number;
  /** UDP payload bytes. Stages that model a wire add `IP_UDP_OVERHEAD_BYTES` themselves. */
  bytes: number;
  /** Network time of this half's start, integer microseconds. */
  nowUs: number;
  /** Sum of all delays of this half, integer microseconds. */
  delayUs: number;
  drop: DropReason;
  /** Delay of the second copy when the network duplicates the datagram, else -1. Set by `depart` only. */
  duplicateDelayUs: number;
}

/** IPv4 and UDP headers that each datagram carries on a real wire, bytes (RFC 791, RFC 768). */
export const IP_UDP_OVERHEAD_BYTES = 28;

/** One effect of the network (loss, latency, a queue, ...). Stages are stacked in a fixed order. */
export interface NetworkStage {
  readonly name: string;
  /** Sender's half; absent when the stage acts only on arrival. */
  depart?(transit: Transit): void;
  /** Receiver's half. */
  arrive?(transit: Transit): void;
  /** Smallest delay that this stage adds to every datagram, microseconds (the lookahead is the sum over stages). */
  readonly minimumDelayUs: number;
}
