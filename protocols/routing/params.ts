/** Constants of dark routing, each with unit, source and why this value. */
import { MICROS_PER_SECOND } from '../host.ts';
import type { LeakSwitches, RoutingOptions } from './options.ts';

/** How long a packet may travel. The 2018 code said 8 s, Swarm later 120 s; 30 s covers every path of the presets tenfold. */
export const LIFETIME_US = 30 * MICROS_PER_SECOND;

/**
 * Granularity of the expiry field. Packets of one epoch look alike, so the field tells no age; an epoch twice the lifetime
 * means that a packet lives between one and three lifetimes. Our choice.
 */
export const EXPIRY_EPOCH_US = 64 * MICROS_PER_SECOND;

/** Largest mean length of a stem, hops: beyond it a packet only gets lost more often. Our choice. */
export const STEM_HOPS_MAX = 16;

/** Most independent trees of one message (research: beyond 5 the next tree buys less than a tenth of a per cent). */
export const TREES_MAX = 5;

/**
 * Sealed text is padded to one of these sizes (text and its 2-byte length), bytes: short chat, a paragraph, the 1 KiB
 * that fits one datagram. Three classes leak at most log2 3 bits of size per message. Our choice.
 */
export const SIZE_CLASSES_BYTES: readonly number[] = [250, 506, 1026];

/** Largest text of one message, bytes. Longer ones need the link's fragmentation, which does not exist yet. */
export const TEXT_BYTES_MAX = 1024;

/** Share of the lifetime for which the `shortDedup` leak remembers packets: 30 s of 120 s in Swarm. */
export const SHORT_DEDUP_DIVISOR = 4;

/** Packets a delaying relay holds at once; beyond it they are dropped, so that memory stays bounded. Our choice. */
export const DELAYED_PACKETS_MAX = 256;

/** Most packet identifiers remembered per generation; beyond it the oldest generation goes early. Our choice: 1.5 MB. */
export const DEDUP_ENTRIES_MAX = 1 << 16;

/** Every leak of the 2018 code closed. */
export const NO_LEAKS: Readonly<LeakSwitches> = {
  wholeByteLuminosity: false,
  clearTopic: false,
  exactExpiry: false,
  extensionReplay: false,
  zeroPaddedTarget: false,
  noPadding: false,
  shortDedup: false,
};

/**
 * Bits that a packet for many gives up at a hop to stay in one piece. Our choice: see ADR 15 for what it saves and what it costs.
 */
export const DETOUR_BITS = 2;

/** Dark routing as a node runs it when nobody says otherwise: three trees deliver 98% past a tenth of dead relays (anonymity §4.3). */
export const DEFAULT_ROUTING_OPTIONS: Readonly<RoutingOptions> = {
  policy: 'tree',
  trees: 3,
  stemHops: 0,
  randomPeer: false,
  detourBits: DETOUR_BITS,
  lifetimeUs: LIFETIME_US,
  leaks: NO_LEAKS,
};
