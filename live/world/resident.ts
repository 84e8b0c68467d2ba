/**
 * A node of a live world over its lives. A host has sockets once, so each life has one of its own; the door between host and node, and the node behind it, stay.
 * Opening and closing take a moment: what is asked of one node is done in turn.
 */
import type { HostedNode } from '../../protocols/host.ts';
import type { NodeFactory } from '../../sim/world.ts';
import type { LiveHost } from '../host/live-host.ts';
import type { Transport } from '../host/transport.ts';
import { WatchedDoor, type DoorWatch } from './door.ts';
import { openSocket } from './sockets.ts';

export class Resident {
  readonly #node: number;
  readonly #port: number;
  readonly #makeHost: (socket: Transport) => LiveHost;
  /** Until the node is made. */
  #socket: Transport | undefined;
  #door: WatchedDoor | undefined;
  #host: LiveHost | undefined;
  /** Handled in earlier lives. */
  #inputs = 0;
  #turn: Promise<void> = Promise.resolve();
  #gone = false;

  /** @param socket for the first life; the resident closes it. */
  constructor(node: number, socket: Transport, makeHost: (socket: Transport) => LiveHost) {
    this.#node = node;
    this.#socket = socket;
    this.#port = socket.ipv4!.port;
    this.#makeHost = makeHost;
  }

  /** The host of this life; undefined while the node is down. */
  get host(): LiveHost | undefined {
    return this.#host;
  }

  /** Datagrams and timers handled in all lives. */
  get inputs(): number {
    return this.#inputs + (this.#host === undefined ? 0 : inputsOf(this.#host));
  }

  make(factory: NodeFactory, watch: DoorWatch): HostedNode {
    this.#host = this.#makeHost(this.#socket!);
    this.#socket = undefined;
    this.#door = new WatchedDoor(this.#host, watch);
    const node = factory(this.#door);
    this.#door.attach(node);
    return node;
  }

  /** Does something to this node when all that was asked before is done. */
  inTurn(act: () => void | Promise<void>, failed: (error: unknown) => void): void {
    this.#turn = this.#turn.then(act).catch(failed);
  }

  /** Begins a life. Its first, whose socket is open, begins before this returns. */
  begin(): void {
    this.#host!.run(this.#door!);
  }

  /** Opens a socket where the last one was. @returns false if the world has ended meanwhile. Rejects with a `BindError`. */
  async reopen(): Promise<boolean> {
    if (this.#gone) return false;
    const socket = await openSocket(this.#node, this.#port);
    // It may have been closed while we waited.
    if (this.#isGone()) {
      await socket.close();
      return false;
    }
    this.#host = this.#makeHost(socket);
    this.#door!.move(this.#host);
    return true;
  }

  /** Ends a life. What the network model still delays has left the node, and is sent. */
  async end(host: LiveHost, graceful: boolean): Promise<void> {
    this.#host = undefined;
    await host.close(graceful, true);
    this.#inputs += inputsOf(host);
  }

  /** For good: whatever is under way stays. */
  async close(): Promise<void> {
    this.#gone = true;
    await this.#turn;
    await (this.#host?.close(false) ?? this.#socket?.close());
  }

  #isGone(): boolean {
    return this.#gone;
  }
}

function inputsOf(host: LiveHost): number {
  const { datagramsIn, timersFired } = host.counters();
  return datagramsIn + timersFired;
}
