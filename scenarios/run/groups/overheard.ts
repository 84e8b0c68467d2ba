/**
 * A node whose incoming datagrams somebody reads on their way into its protocols: behind the link, where they are in the clear, with or without encryption on the
 * wire. What colluders read is what their nodes are given, not what a cable shows.
 */
import type { HostedNode, PeerHandle } from '../../../protocols/host.ts';

export type Ear = (from: PeerHandle, bytes: Uint8Array, offset: number, length: number) => void;

export class Overheard implements HostedNode {
  readonly #node: HostedNode;
  readonly #ear: Ear;

  constructor(node: HostedNode, ear: Ear) {
    this.#node = node;
    this.#ear = ear;
  }

  start(): void {
    this.#node.start();
  }

  stop(): void {
    this.#node.stop();
  }

  onDatagram(from: PeerHandle, bytes: Uint8Array, offset: number, length: number): number {
    this.#ear(from, bytes, offset, length);
    return this.#node.onDatagram(from, bytes, offset, length);
  }

  onTimer(kind: number, argument: number): number {
    return this.#node.onTimer(kind, argument);
  }

  onPeer(peer: PeerHandle): void {
    this.#node.onPeer?.(peer);
  }

  onMessage(from: PeerHandle, stream: number, bytes: Uint8Array): void {
    this.#node.onMessage?.(from, stream, bytes);
  }

  onWritable(peer: PeerHandle): void {
    this.#node.onWritable?.(peer);
  }

  onDropped(peer: PeerHandle, messages: number): void {
    this.#node.onDropped?.(peer, messages);
  }
}
