/**
 * The live side of the host interface: one node, its sockets, its clock, its timers.
 *
 * The contract is the simulator's. Inputs (a datagram, a timer, an act of the user) are handled one after another, each to its end; network time
 * stands still within one; what is due comes before what arrives later. Everything here is therefore synchronous, and nothing may enter while
 * something else is inside. Only opening and closing take time.
 *
 * A node that throws has a bug. The bug is counted and reported, the input is over, and the process lives on, because a datagram that kills one
 * node kills all that run the same code.
 */
import { randomInt } from 'node:crypto';
import type { CryptoSuite } from '../../protocols/crypto/port.ts';
import type { Micros, TimerId } from '../../protocols/host.ts';
import {
  ENDPOINT_BYTES,
  type PeerBook,
  type PeerHandle,
} from '../../protocols/identity/peer-book.ts';
import {
  WIRE_BYTES_MAX,
  type EndpointHandle,
  type KeyLog,
  type LinkedNode,
} from '../../protocols/link/host.ts';
import type { RandomStream } from '../../protocols/random.ts';
import type { RendezvousHost } from '../../protocols/rendezvous/host.ts';
import { createMachine, LiveClock, type Machine } from './clock.ts';
import { countSendError, newCounters, type HostCounters } from './counters.ts';
import { EndpointBook } from './endpoint-book.ts';
import { addressText, isIpv4, isUnicast, portOf } from './endpoint-text.ts';
import { entropyStreams, seededStreams, type StreamSource } from './entropy.ts';
import { Gate } from './gate.ts';
import { SOURCE_LIMIT, TOTAL_LIMIT } from './limits.ts';
import { Reports } from './reports.ts';
import type { ExceptionPlace, LiveHostSettings } from './settings.ts';
import { HeldDatagrams, type Shim } from './shim.ts';
import { TimerQueue, type DueTimer } from './timers.ts';
import type { SocketAddress, Transport } from './transport.ts';

/** Owners of entries in the timer queue. */
const OWNER_NODE = 0;
const OWNER_SHIM = 1;

export class LiveHost implements RendezvousHost {
  readonly self: PeerHandle;
  readonly peers: PeerBook;
  readonly crypto: CryptoSuite;
  readonly keyLog: KeyLog | undefined;
  readonly #settings: LiveHostSettings;
  readonly #transport: Transport;
  readonly #machine: Machine;
  readonly #clock: LiveClock;
  readonly #timers = new TimerQueue();
  readonly #endpoints: EndpointBook;
  readonly #gate: Gate;
  readonly #streams: StreamSource;
  readonly #reports: Reports;
  readonly #counters = newCounters();
  readonly #held = new HeldDatagrams();
  /** Source of the datagram that came in last; only what comes in writes here. */
  readonly #source = new Uint8Array(ENDPOINT_BYTES);
  readonly #scratch = new Uint8Array(ENDPOINT_BYTES);
  #node: LinkedNode | undefined;
  #ran = false;
  #inside = false;
  /** Nothing goes in or out any more. */
  #closed = false;
  /** When the machine will wake us, on the steady clock. */
  #wakeUs = Infinity;
  #closing: Promise<void> | undefined;

  constructor(transport: Transport, settings: LiveHostSettings) {
    this.#transport = transport;
    this.#settings = settings;
    this.self = settings.self;
    this.peers = settings.peers;
    this.crypto = settings.crypto;
    this.keyLog = settings.keyLog;
    this.#machine = settings.machine ?? createMachine();
    this.#reports = new Reports(settings, this.#counters);
    this.#clock = new LiveClock(this.#machine, (jump) => {
      this.#reports.clockJump(jump);
    });
    this.#endpoints = new EndpointBook(randomInt(2 ** 32), settings.endpointsMax);
    this.#gate = new Gate(
      this.#counters,
      this.#endpoints,
      settings.sourceLimit ?? SOURCE_LIMIT,
      settings.totalLimit ?? TOTAL_LIMIT,
      randomInt(2 ** 32),
    );
    this.#streams =
      settings.seed === undefined
        ? entropyStreams()
        : seededStreams(settings.seed, settings.peers, settings.self);
    transport.listen({
      received: (address, port, bytes) => {
        this.#received(address, port, bytes);
      },
      sendFailed: (code) => {
        countSendError(this.#counters, code);
      },
      socketFailed: (error) => {
        this.#reports.socketError(error);
      },
    });
  }

  /** Where the sockets listen, with their true ports. */
  get ipv4(): SocketAddress | undefined {
    return this.#transport.ipv4;
  }
  get ipv6(): SocketAddress | undefined {
    return this.#transport.ipv6;
  }

  /** Whether nothing goes in or out any more. */
  get closed(): boolean {
    return this.#closed;
  }

  /** A copy of the counters. */
  counters(): HostCounters {
    return { ...this.#counters };
  }

  /** What is in memory now: endpoints known, numbers given anew, timers pending, datagrams that the shim holds back. */
  usage(): { endpoints: number; endpointsRecycled: number; timers: number; heldBack: number } {
    return {
      endpoints: this.#endpoints.size,
      endpointsRecycled: this.#endpoints.recycled,
      timers: this.#timers.size - this.#held.size,
      heldBack: this.#held.size,
    };
  }

  // ---- driving the node ----

  /** Starts a node, once in the life of a host. What `start` throws is thrown here, and the node does not run. */
  run(node: LinkedNode): void {
    if (this.#ran) throw new Error('a host runs one node, once');
    this.#ran = true;
    this.#node = node;
    try {
      this.#input('start', () => {
        node.start();
      });
    } catch (error) {
      this.#node = undefined;
      throw error;
    }
  }

  /**
   * Runs an act of the node's user as one input: what is due comes first, time stands still. What it throws is counted and thrown here.
   * Must not be called from within another input (a listener of events, for instance).
   */
  act<T>(work: () => T): T {
    if (this.#closed) throw new Error('an act on a host that is closed');
    if (this.#inside) throw new Error('an act inside another input');
    this.#runDue();
    return this.#input('act', work);
  }

  /**
   * Stops the node and closes the sockets; resolves when they are closed. A graceful end (the default) lets the node say farewell;
   * otherwise it is a crash.
   *
   * @param flush sends at once what the shim holds back to go out: where the shim stands for the network, that has left the node already
   */
  close(graceful = true, flush = graceful): Promise<void> {
    this.#closing ??= this.#close(graceful, flush);
    return this.#closing;
  }

  async #close(graceful: boolean, flush: boolean): Promise<void> {
    // Called by a listener: the input that it listens to ends first.
    if (this.#inside) await undefined;
    const node = this.#node;
    if (graceful && node !== undefined) {
      try {
        this.#input('stop', () => {
          node.stop();
        });
      } catch {
        // Counted and reported; the sockets are to be closed all the same.
      }
    }
    this.#node = undefined;
    if (flush)
      this.#held.flush((endpoint, bytes) => {
        this.#transmit(endpoint, bytes);
      });
    this.#closed = true;
    this.#timers.clear();
    this.#held.clear();
    this.#machine.sleep();
    await this.#transport.close();
  }

  /** One input that somebody waits for. */
  #input<T>(place: ExceptionPlace, work: () => T): T {
    this.#enter();
    try {
      return work();
    } catch (error) {
      this.#reports.exception(error, place);
      throw error;
    } finally {
      this.#leave();
    }
  }

  #enter(): void {
    if (this.#inside) throw new Error('an input inside another one');
    this.#clock.read();
    this.#inside = true;
  }

  #leave(): void {
    this.#inside = false;
    this.#arm();
  }

  // ---- timers ----

  #arm(): void {
    const dueUs = this.#timers.nextDueUs();
    if (dueUs >= this.#wakeUs || this.#closed) return;
    this.#wakeUs = dueUs;
    this.#machine.wakeAfter(Math.max(1, dueUs - this.#machine.steadyUs()), this.#onWake);
  }

  readonly #onWake = (): void => {
    this.#wakeUs = Infinity;
    this.#runDue();
    this.#arm();
  };

  /** Handles all that is due now. What these inputs set is due later (a delay is at least 1), so this ends. */
  #runDue(): void {
    this.#clock.read();
    const untilUs = this.#clock.steadyUs;
    for (;;) {
      const due = this.#timers.take(untilUs);
      if (due === undefined) return;
      if (due.owner === OWNER_NODE) this.#fire(due);
      else this.#letGo(due.argument);
    }
  }

  #fire(due: DueTimer): void {
    const node = this.#node;
    if (node === undefined) return;
    this.#counters.timersFired++;
    this.#enter();
    try {
      node.onTimer(due.kind, due.argument);
    } catch (error) {
      this.#reports.exception(error, 'timer');
    } finally {
      this.#leave();
    }
  }

  // ---- datagrams ----

  #received(address: string, port: number, bytes: Uint8Array): void {
    const source = this.#source;
    if (this.#closed || !this.#gate.identify(address, port, bytes.length, source)) return;
    const { shim } = this.#settings;
    if (shim !== undefined && this.#holdBack(shim, 'in', source, bytes)) return;
    this.#runDue();
    this.#accept(source, bytes);
  }

  #accept(source: Uint8Array, bytes: Uint8Array): void {
    const node = this.#node;
    if (node === undefined) {
      this.#counters.droppedIdle++;
      return;
    }
    const endpoint = this.#gate.admit(source, this.#clock.steadyUs);
    if (endpoint < 0) return;
    this.#enter();
    try {
      node.onDatagram(endpoint, bytes, 0, bytes.length);
    } catch (error) {
      this.#reports.exception(error, 'datagram');
    } finally {
      this.#leave();
    }
  }

  /** Asks the shim. @returns whether the datagram was taken: lost, or kept for later. */
  #holdBack(shim: Shim, direction: 'out' | 'in', endpoint: Uint8Array, bytes: Uint8Array): boolean {
    const steadyUs = this.#machine.steadyUs();
    const delayUs = shim(direction, endpoint, bytes.length, steadyUs);
    if (delayUs === 0) return false;
    if (!(delayUs > 0)) this.#counters.droppedShim++;
    else {
      const ticket = this.#held.keep(direction, endpoint, bytes);
      if (ticket < 0) this.#counters.droppedShimFull++;
      else this.#timers.set(steadyUs + Math.ceil(delayUs), OWNER_SHIM, 0, ticket);
    }
    if (!this.#inside) this.#arm();
    return true;
  }

  #letGo(ticket: number): void {
    const datagram = this.#held.take(ticket);
    if (datagram === undefined) return;
    if (datagram.direction === 'out') this.#transmit(datagram.endpoint, datagram.bytes);
    else this.#accept(datagram.endpoint, datagram.bytes);
  }

  #transmit(endpoint: Uint8Array, bytes: Uint8Array): void {
    this.#put(isIpv4(endpoint, 0), addressText(endpoint, 0), portOf(endpoint, 0), bytes);
  }

  #put(ipv4: boolean, address: string, port: number, bytes: Uint8Array): void {
    if (!this.#transport.send(ipv4, address, port, bytes)) {
      this.#counters.unsentQueueFull++;
      return;
    }
    this.#counters.datagramsOut++;
    this.#counters.bytesOut += bytes.length;
  }

  // ---- RendezvousHost ----

  now(): Micros {
    if (!this.#inside) this.#clock.read();
    return this.#clock.nowUs;
  }

  random(purpose: string): RandomStream {
    return this.#streams(purpose);
  }

  sendTo(endpoint: EndpointHandle, bytes: Uint8Array, offset: number, length: number): void {
    if (!(length >= 0 && length <= WIRE_BYTES_MAX))
      throw new Error(`a datagram of ${length} bytes was sent; the most is ${WIRE_BYTES_MAX}`);
    if (!(offset >= 0 && offset + length <= bytes.length))
      throw new Error(`sent ${length} bytes from ${offset} of an array of ${bytes.length}`);
    const ipv4 = this.#endpoints.isIpv4(endpoint);
    if (this.#closed || (ipv4 ? this.ipv4 : this.ipv6) === undefined) {
      this.#counters.unsentNoSocket++;
      return;
    }
    const copy = Buffer.allocUnsafe(length);
    copy.set(bytes.subarray(offset, offset + length));
    const { shim } = this.#settings;
    if (shim !== undefined) {
      this.#endpoints.write(endpoint, this.#scratch, 0);
      if (this.#holdBack(shim, 'out', this.#scratch, copy)) return;
    }
    const book = this.#endpoints;
    this.#put(ipv4, book.addressText(endpoint), book.port(endpoint), copy);
  }

  endpointOf(peer: PeerHandle): EndpointHandle {
    this.peers.writeEndpoint(peer, this.#scratch, 0);
    return this.endpointAt(this.#scratch, 0);
  }
  endpointAt(bytes: Uint8Array, offset: number): EndpointHandle {
    const socket = isIpv4(bytes, offset) ? this.ipv4 : this.ipv6;
    if (socket === undefined || !isUnicast(bytes, offset)) return -1;
    return this.#endpoints.intern(bytes, offset);
  }
  writeEndpoint(endpoint: EndpointHandle, out: Uint8Array, offset: number): void {
    this.#endpoints.write(endpoint, out, offset);
  }

  holdEndpoint(endpoint: EndpointHandle): void {
    this.#endpoints.hold(endpoint);
  }
  releaseEndpoint(endpoint: EndpointHandle): void {
    this.#endpoints.release(endpoint);
  }

  setTimer(delayUs: Micros, kind: number, argument: number): TimerId {
    if (!(Number.isSafeInteger(delayUs) && delayUs >= 1))
      throw new Error(`a timer of ${delayUs} us: expected an integer of at least 1`);
    if (!this.#inside) this.#clock.read();
    this.#counters.timersSet++;
    const id = this.#timers.set(this.#clock.steadyUs + delayUs, OWNER_NODE, kind, argument);
    if (!this.#inside) this.#arm();
    return id;
  }

  cancelTimer(timer: TimerId): void {
    this.#timers.cancel(timer);
  }

  emit(event: number, a: number, b: number, c: number, d: number): void {
    if (this.#reports.wantsEvents) this.#reports.event(this.now(), event, a, b, c, d);
  }
}
