/** Settings of the link, and what it starts with. Times in network microseconds. */

export interface LinkOptions {
  /** First wait for an answer to a handshake datagram; doubled with each attempt. */
  handshakeTimeoutUs: number;
  /** Times that a handshake datagram is sent before the peer counts as unreachable. */
  attempts: number;
  /** Datagrams of the protocols above that wait for one peer's handshake; the oldest is dropped. */
  queueDatagrams: number;
  /** Keys older than this, or used for more datagrams than that, are replaced when next used. */
  rekeyAfterUs: number;
  rekeyAfterDatagrams: number;
  /** A link on which nothing was sent or received for so long is forgotten. */
  idleUs: number;
  /** Something is sent at least this often while the link lives (keeps address translators open); 0 for never. */
  keepaliveUs: number;
  /** Handshakes answered per second before cookies are asked for; ten times as many are never answered. */
  handshakesPerSecond: number;
  /** Handshakes begun by others that are remembered at once. */
  halfOpenMax: number;
  /** Peers with keys at once; the one unused for longest gives way. */
  linksMax: number;
  /** Bytes of unfinished reliable messages that all peers together may have this node hold. */
  messageMemoryBytes: number;
  /** First bytes of datagrams of the protocols above that are sent as reliable messages: acknowledged hop by hop, and repeated when lost. */
  retransmitTypes: readonly number[];
  /** Every link sends one datagram of the largest size this often, if need be a dummy (`cover.ts`); 0 for never. */
  coverEveryUs: number;
}

export const DEFAULT_LINK_OPTIONS: LinkOptions = {
  handshakeTimeoutUs: 1_000_000,
  attempts: 4,
  queueDatagrams: 16,
  rekeyAfterUs: 600_000_000,
  rekeyAfterDatagrams: 1 << 20,
  idleUs: 300_000_000,
  keepaliveUs: 25_000_000,
  handshakesPerSecond: 50,
  halfOpenMax: 256,
  linksMax: 4_096,
  messageMemoryBytes: 16_777_216,
  retransmitTypes: [],
  coverEveryUs: 0,
};
