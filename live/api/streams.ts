/**
 * Who listens to the node's events, by HTTP or by WebSocket: each gets the same objects.
 *
 * A listener that does not read must cost the node nothing but a bounded buffer. What waits for it is counted before each event, and when
 * that is more than the limit, it gets one last event that says why (if it ever reads again), and is cut off. It can come back and ask the inbox
 * for what it has missed.
 */
import type { ServerResponse } from 'node:http';
import { WebSocket } from 'ws';
import type { NodeEvent } from './schemas.ts';

/** Bytes that may wait for one listener. */
export const BACKLOG_BYTES_MAX = 256 * 1024;
/** Listeners at one time. */
export const CONSUMERS_MAX = 32;
/** Close codes of the WebSocket: RFC 6455 §7.4.1, and from 4000 our own. */
export const CLOSE_GOING_AWAY = 1001;
export const CLOSE_POLICY = 1008;
export const CLOSE_SLOW = 4008;
/** How long a listener that was cut off may take to read the last words. */
const LAST_WORDS_MS = 1_000;
/** How often a WebSocket is asked whether it is still there. */
const PING_EVERY_MS = 30_000;

type EndReason = (NodeEvent & { event: 'dropped' })['reason'];

interface Consumer {
  /** Bytes that it has not taken yet. */
  backlogBytes(): number;
  send(text: string): void;
  /** Ends it; `last` is the event that says why. */
  end(reason: EndReason, last: string): void;
  /** True if it is still there. */
  probe(): boolean;
}

export class EventStreams {
  readonly #consumers = new Set<Consumer>();
  readonly #probing: NodeJS.Timeout;
  readonly #onDrop: (backlogBytes: number) => void;
  #dropped = 0;

  /** @param onDrop hears how much waited for a listener that was cut off. */
  constructor(onDrop: (backlogBytes: number) => void) {
    this.#onDrop = onDrop;
    this.#probing = setInterval(() => {
      for (const consumer of this.#consumers)
        if (!consumer.probe()) this.#consumers.delete(consumer);
    }, PING_EVERY_MS);
    this.#probing.unref();
  }

  get full(): boolean {
    return this.#consumers.size >= CONSUMERS_MAX;
  }

  /** Listeners that were cut off because they did not read. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Tells everybody. */
  publish(event: NodeEvent): void {
    const text = JSON.stringify(event);
    for (const consumer of this.#consumers) {
      if (consumer.backlogBytes() + text.length <= BACKLOG_BYTES_MAX) consumer.send(text);
      else {
        this.#dropped++;
        this.#onDrop(consumer.backlogBytes());
        this.#end(consumer, 'slow-consumer');
      }
    }
  }

  /** The last that anybody hears. */
  close(): void {
    clearInterval(this.#probing);
    for (const consumer of this.#consumers) this.#end(consumer, 'stopping');
  }

  #end(consumer: Consumer, reason: EndReason): void {
    this.#consumers.delete(consumer);
    consumer.end(reason, JSON.stringify({ event: 'dropped', reason } satisfies NodeEvent));
  }

  /** Lines of JSON until the other side goes. */
  addResponse(response: ServerResponse): void {
    response.writeHead(200, {
      'content-type': 'application/x-ndjson',
      'cache-control': 'no-store',
      connection: 'close',
    });
    response.flushHeaders();
    const consumer: Consumer = {
      backlogBytes: () => response.writableLength,
      send: (text) => {
        response.write(`${text}\n`);
      },
      end: (_reason, last) => {
        response.end(`${last}\n`);
        setTimeout(() => response.destroy(), LAST_WORDS_MS).unref();
      },
      probe: () => !response.destroyed,
    };
    this.#add(consumer, response);
  }

  /** Messages of one event each until the other side goes. It is not expected to say anything. */
  addSocket(socket: WebSocket): void {
    let answered = true;
    socket.on('pong', () => {
      answered = true;
    });
    socket.on('message', () => {
      socket.close(CLOSE_POLICY, 'this stream only talks');
    });
    // Broken frames: ws has closed it with the right code already.
    socket.on('error', () => undefined);
    const consumer: Consumer = {
      backlogBytes: () => socket.bufferedAmount,
      send: (text) => {
        socket.send(text);
      },
      end: (reason, last) => {
        socket.send(last);
        socket.close(reason === 'stopping' ? CLOSE_GOING_AWAY : CLOSE_SLOW, reason);
        setTimeout(() => {
          socket.terminate();
        }, LAST_WORDS_MS).unref();
      },
      probe: () => {
        if (!answered) socket.terminate();
        answered = false;
        if (socket.readyState === WebSocket.OPEN) socket.ping();
        return socket.readyState === WebSocket.OPEN;
      },
    };
    this.#add(consumer, socket);
  }

  #add(consumer: Consumer, closing: { once(event: 'close', listener: () => void): unknown }): void {
    this.#consumers.add(consumer);
    closing.once('close', () => {
      this.#consumers.delete(consumer);
    });
  }
}
