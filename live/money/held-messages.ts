/**
 * Messages of SWAP leave after what they say is on disk.
 *
 * A cheque that was sent must be known after a crash, or the next one would be too small to be worth anything; a cheque that was confirmed must not be lost, nor the number of
 * a statement used twice. SWAP sends as it goes along; this holds what it sends until the input is over and the pairs concerned are written, and only then lets it go,
 * in order. What a disk has refused never leaves.
 */
import type { PeerHandle } from '../../protocols/host.ts';

/** A message that waits. */
export interface HeldMessage {
  peer: PeerHandle;
  bytes: Uint8Array;
}

export class HeldMessages {
  readonly #keep: (peers: ReadonlySet<PeerHandle>) => Promise<void>;
  readonly #release: (messages: readonly HeldMessage[]) => void;
  readonly #failed: (error: unknown) => void;
  #held: HeldMessage[] = [];
  #last: Promise<void> = Promise.resolve();

  /**
   * @param keep writes the pairs with these peers as they are.
   * @param release sends the messages, as an input of the node.
   */
  constructor(
    keep: (peers: ReadonlySet<PeerHandle>) => Promise<void>,
    release: (messages: readonly HeldMessage[]) => void,
    failed: (error: unknown) => void,
  ) {
    this.#keep = keep;
    this.#release = release;
    this.#failed = failed;
  }

  /** Takes a message; the bytes are copied. */
  hold(peer: PeerHandle, bytes: Uint8Array, offset: number, length: number): void {
    this.#held.push({ peer, bytes: bytes.slice(offset, offset + length) });
    if (this.#held.length > 1) return;
    // After the input that is under way: by then the pairs are what the messages say.
    queueMicrotask(() => {
      this.#last = this.#flush();
    });
  }

  /** Resolves when everything held has left or was refused. */
  async settled(): Promise<void> {
    await undefined;
    await this.#last;
  }

  async #flush(): Promise<void> {
    const messages = this.#held;
    this.#held = [];
    try {
      await this.#keep(new Set(messages.map(({ peer }) => peer)));
      this.#release(messages);
    } catch (error) {
      this.#failed(error);
    }
  }
}
