/** Overlay nodes for tests: options, a host adaptor, bytes of an address. */
import type { HostedNode } from '../../../protocols/host.ts';
import { ADDRESS_BYTES } from '../../../protocols/identity/proximity.ts';
import { Overlay } from '../../../protocols/overlay/machine.ts';
import type { OverlayOptions } from '../../../protocols/overlay/options.ts';
import { DEFAULT_OVERLAY_OPTIONS } from '../../../protocols/overlay/params.ts';
import { HONEST_OVERLAY_POLICY, type OverlayPolicy } from '../../../protocols/overlay/policy.ts';
import type { PairNet } from '../../support/pair.ts';

export function optionsWith(changes: Partial<OverlayOptions>): OverlayOptions {
  return { ...DEFAULT_OVERLAY_OPTIONS, start: 'join', symmetric: false, ...changes };
}

/** An overlay as a node of a `PairNet`. */
export class OverlayNode implements HostedNode {
  readonly overlay: Overlay;
  bootstrap: readonly number[] = [];

  constructor(net: PairNet, index: number, options: OverlayOptions, policy?: OverlayPolicy) {
    this.overlay = new Overlay(net.hosts[index]!, options, policy ?? HONEST_OVERLAY_POLICY);
    net.attach(index, this);
  }

  start(): void {
    this.overlay.start(this.bootstrap);
  }

  stop(): void {
    this.overlay.stop();
  }

  onDatagram(from: number, bytes: Uint8Array, offset: number, length: number): number {
    return this.overlay.onDatagram(from, bytes, offset, length);
  }

  onTimer(kind: number, argument: number): number {
    return this.overlay.onTimer(kind, argument);
  }
}

/** Address bytes that begin with `bits` ('0101…'), the rest from `fill` repeated. */
export function addressOf(bits: string, fill = 0): Uint8Array {
  const bytes = new Uint8Array(ADDRESS_BYTES).fill(fill);
  for (let i = 0; i < bits.length; i++) {
    const mask = 0x80 >>> (i & 7);
    if (bits[i] === '1') bytes[i >>> 3]! |= mask;
    else bytes[i >>> 3]! &= ~mask;
  }
  return bytes;
}

export function joinAll(net: PairNet, count: number, options: OverlayOptions): OverlayNode[] {
  const nodes: OverlayNode[] = [];
  for (let i = 0; i < count; i++) net.add();
  for (let i = 0; i < count; i++) {
    const node = new OverlayNode(net, i, options);
    node.bootstrap = i === 0 ? [] : [0];
    nodes.push(node);
    net.at(1 + i * 100_000, () => node.start());
  }
  return nodes;
}
