/**
 * What a host needs of the sockets below it; `udp.ts` is the real one, tests bring one in memory. Addresses are text here, because that is what
 * Node's sockets speak; the host turns them into endpoints.
 */

export interface SocketAddress {
  /** IP address in text. */
  address: string;
  port: number;
}

/** Whom a transport tells what happens. Never called from within a call of the transport. */
export interface TransportEvents {
  /** One datagram. The bytes are a plain Uint8Array of the receiver's own from now on. */
  received(address: string, port: number, bytes: Uint8Array): void;
  /** The system refused a datagram; `code` is an errno name. */
  sendFailed(code: string): void;
  /** A socket reported an error of its own. */
  socketFailed(error: Error): void;
}

export interface Transport {
  /** Where the sockets listen, with their true ports; undefined for a family without one. */
  readonly ipv4: SocketAddress | undefined;
  readonly ipv6: SocketAddress | undefined;
  /** Begins to report. Datagrams that came before are lost. */
  listen(events: TransportEvents): void;
  /**
   * Sends from the socket of the family; the bytes belong to the transport from now on. Never throws.
   * @returns false if too many datagrams wait for the system already.
   */
  send(ipv4: boolean, address: string, port: number, bytes: Uint8Array): boolean;
  /** Sends what waits (for a second at most), then closes. */
  close(): Promise<void>;
}
