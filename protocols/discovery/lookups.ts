/** Look-ups of service keys in the overlay, each with what its result is for. */
import type { Host } from '../host.ts';
import type { Overlay } from '../overlay/machine.ts';
import { serviceKey } from './services.ts';
import type { Shelf } from './messages.ts';

/** Why the overlay looks something up: purposes from 16 on are not its own. */
export const PURPOSE_ADVERTISE = 16;
export const PURPOSE_SEARCH = 17;

/** The nearest nodes that answered, nearest first (borrowed), and how many requests that took. */
export interface Found {
  handles: Int32Array;
  count: number;
  requests: number;
}

export class KeyLookups<Context> {
  readonly #host: Host;
  readonly #overlay: Overlay;
  readonly #open = new Map<number, Context>();
  readonly #onFound: (context: Context, found: Found) => void;
  /** The one that is being started: it may end before the overlay says its number. */
  #starting: Context | undefined;

  constructor(host: Host, overlay: Overlay, onFound: (context: Context, found: Found) => void) {
    this.#host = host;
    this.#overlay = overlay;
    this.#onFound = onFound;
  }

  /** @returns false when the overlay has too many under way. */
  start({ service, shelf }: Shelf, purpose: number, context: Context): boolean {
    this.#starting = context;
    const key = serviceKey(this.#host.crypto, service, shelf);
    const id = this.#overlay.lookup(key, purpose);
    if (id >= 0 && this.#starting !== undefined) this.#open.set(id, context);
    this.#starting = undefined;
    return id >= 0;
  }

  /** One of the overlay's look-ups has ended. */
  finished(id: number, purpose: number, found: Found): void {
    if (purpose !== PURPOSE_ADVERTISE && purpose !== PURPOSE_SEARCH) return;
    const context = this.#open.get(id) ?? this.#starting;
    if (context === undefined) return;
    if (!this.#open.delete(id)) this.#starting = undefined;
    this.#onFound(context, found);
  }

  clear(): void {
    this.#open.clear();
  }
}
