/**
 * Tells the listeners of a host what happens, and survives them. A listener that throws has made a mistake of its own, which must
 * neither look like the node's nor keep the node from going on; it is counted apart and reported to the listener for exceptions.
 */
import type { Micros } from '../../protocols/host.ts';
import type { ClockJump } from './clock.ts';
import type { HostCounters } from './counters.ts';
import type { ExceptionPlace, LiveHostSettings } from './settings.ts';

export class Reports {
  readonly #settings: LiveHostSettings;
  readonly #counters: HostCounters;

  constructor(settings: LiveHostSettings, counters: HostCounters) {
    this.#settings = settings;
    this.#counters = counters;
  }

  /** Whether anybody listens to events. */
  get wantsEvents(): boolean {
    return this.#settings.onEvent !== undefined;
  }

  event(timeUs: Micros, event: number, a: number, b: number, c: number, d: number): void {
    try {
      this.#settings.onEvent?.(timeUs, event, a, b, c, d);
    } catch (error) {
      this.#listenerFailed(error);
    }
  }

  /** The node threw. */
  exception(error: unknown, place: ExceptionPlace): void {
    this.#counters.exceptions++;
    this.#tell(() => this.#settings.onException?.(error, place));
  }

  clockJump(jump: ClockJump): void {
    this.#counters.clockJumps++;
    this.#tell(() => this.#settings.onClockJump?.(jump));
  }

  socketError(error: Error): void {
    this.#counters.socketErrors++;
    this.#tell(() => this.#settings.onSocketError?.(error));
  }

  #tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#listenerFailed(error);
    }
  }

  #listenerFailed(error: unknown): void {
    this.#counters.listenerExceptions++;
    try {
      this.#settings.onException?.(error, 'listener');
    } catch {
      // The listener for exceptions itself: there is nobody left to tell.
    }
  }
}
