/**
 * UDP sockets of node:dgram, at most one for each IP family.
 *
 * Two sockets and not one that speaks both: an IPv6 socket that also takes IPv4 works or not by a setting of the system, and its errors name
 * the wrong family. Names are never resolved, here or anywhere on the packet path: addresses are IP literals, and the sockets get a
 * look-up that only repeats them. What the system does not take at once waits in libuv without a bound, so datagrams under way are counted
 * and beyond a limit refused; UDP promises nothing else.
 */
import dgram from 'node:dgram';
import { ENDPOINT_BYTES } from '../../protocols/identity/peer-book.ts';
import { isIpv4, writeEndpointOf } from './endpoint-text.ts';
import type { SocketAddress, Transport, TransportEvents } from './transport.ts';

export interface UdpOptions {
  /** Address to listen at, and port (0: any free one). At least one family must be given. */
  ipv4?: SocketAddress;
  ipv6?: SocketAddress;
  /** Bytes of datagrams that the system keeps for us while we are busy; it may give less. */
  receiveBufferBytes?: number;
  /** Datagrams that may wait for the system to take them. */
  sendQueueDatagrams?: number;
}

/** What the system keeps while we are not on a processor: a tenth of a second and more of ten thousand datagrams a second. What does not fit is lost, whoever sent it. */
const RECEIVE_BUFFER_BYTES = 1 << 22;
const SEND_QUEUE_DATAGRAMS = 4_096;
/** How long closing waits for datagrams under way, milliseconds. */
const LINGER_MS = 1_000;

/** A socket could not be opened. */
export class BindError extends Error {
  override readonly name = 'BindError';
  /** What the system said, such as EADDRINUSE. */
  readonly code: string;
  readonly address: string;
  readonly port: number;

  constructor(code: string, at: SocketAddress, cause?: unknown) {
    super(`UDP ${at.address} port ${at.port}: ${explain(code)} (${code})`, { cause });
    this.code = code;
    this.address = at.address;
    this.port = at.port;
  }
}

function explain(code: string): string {
  switch (code) {
    case 'EADDRINUSE':
      return 'the port is taken by another program';
    case 'EADDRNOTAVAIL':
      return 'this machine does not have the address';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not open the port';
    case 'EAFNOSUPPORT':
      return 'this machine does not speak this IP version';
    case 'EINVAL':
      return 'expected an IP address of this version without a zone, and a port of 0 to 65535';
    default:
      return 'the socket could not be opened';
  }
}

/** Opens the sockets. Rejects with a `BindError`, and leaves none open, if one of them fails. */
export async function openUdp(options: UdpOptions): Promise<Transport> {
  const { ipv4, ipv6 } = options;
  if (ipv4 === undefined && ipv6 === undefined)
    throw new Error('UDP: give an IPv4 or an IPv6 address to listen at');
  const buffer = options.receiveBufferBytes ?? RECEIVE_BUFFER_BYTES;
  const first = ipv4 === undefined ? undefined : await bind('udp4', ipv4, buffer);
  try {
    const second = ipv6 === undefined ? undefined : await bind('udp6', ipv6, buffer);
    return new UdpTransport(first, second, options.sendQueueDatagrams ?? SEND_QUEUE_DATAGRAMS);
  } catch (error) {
    first?.close();
    throw error;
  }
}

function bind(
  family: 'udp4' | 'udp6',
  at: SocketAddress,
  receiveBufferBytes: number,
): Promise<dgram.Socket> {
  const scratch = new Uint8Array(ENDPOINT_BYTES);
  const literal = writeEndpointOf(at.address, at.port, scratch, 0);
  if (!literal || isIpv4(scratch, 0) !== (family === 'udp4'))
    return Promise.reject(new BindError('EINVAL', at));
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket({
      type: family,
      ipv6Only: family === 'udp6',
      lookup: (name, _options, done) => {
        done(null, name, family === 'udp4' ? 4 : 6);
      },
    });
    const failed = (error: NodeJS.ErrnoException): void => {
      socket.close();
      reject(new BindError(error.code ?? 'UNKNOWN', at, error));
    };
    socket.once('error', failed);
    socket.bind({ address: at.address, port: at.port, exclusive: true }, () => {
      // Until the transport listens; an error without a listener would end the process.
      socket.off('error', failed);
      socket.on('error', () => undefined);
      try {
        socket.setRecvBufferSize(receiveBufferBytes);
      } catch {
        // A system that refuses keeps its own size, which is smaller and works.
      }
      resolve(socket);
    });
  });
}

class UdpTransport implements Transport {
  readonly ipv4: SocketAddress | undefined;
  readonly ipv6: SocketAddress | undefined;
  readonly #sockets: readonly [dgram.Socket | undefined, dgram.Socket | undefined];
  readonly #pendingMax: number;
  #events: TransportEvents | undefined;
  #pending = 0;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(ipv4: dgram.Socket | undefined, ipv6: dgram.Socket | undefined, pendingMax: number) {
    this.#sockets = [ipv4, ipv6];
    this.#pendingMax = pendingMax;
    this.ipv4 = ipv4 === undefined ? undefined : addressOf(ipv4);
    this.ipv6 = ipv6 === undefined ? undefined : addressOf(ipv6);
    for (const socket of this.#sockets) {
      socket?.on('message', (message, from) => {
        // Not the Buffer itself: its `slice` is a view where a Uint8Array's is a copy, and protocols mean a copy.
        const bytes = new Uint8Array(message.buffer, message.byteOffset, message.length);
        this.#events?.received(from.address, from.port, bytes);
      });
      socket?.on('error', (error) => this.#events?.socketFailed(error));
    }
  }

  listen(events: TransportEvents): void {
    this.#events = events;
  }

  send(ipv4: boolean, address: string, port: number, bytes: Uint8Array): boolean {
    const socket = this.#sockets[ipv4 ? 0 : 1];
    if (socket === undefined || this.#closing !== undefined) return false;
    if (this.#pending >= this.#pendingMax) return false;
    this.#pending++;
    try {
      socket.send(bytes, port, address, this.#sent);
    } catch (error) {
      // Bad arguments and closed sockets are reported by throwing; to the caller they are a datagram that was lost.
      process.nextTick(this.#sent, error as Error);
    }
    return true;
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  readonly #sent = (error: Error | null): void => {
    this.#pending--;
    if (error !== null)
      this.#events?.sendFailed((error as NodeJS.ErrnoException).code ?? 'UNKNOWN');
    if (this.#pending === 0) this.#onIdle?.();
  };

  async #close(): Promise<void> {
    if (this.#pending > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LINGER_MS);
        this.#onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#events = undefined;
    await Promise.all(
      this.#sockets.map(
        (socket) =>
          socket &&
          new Promise<void>((resolve) => {
            socket.close(resolve);
          }),
      ),
    );
  }
}

function addressOf(socket: dgram.Socket): SocketAddress {
  const { address, port } = socket.address();
  return { address, port };
}
