/**
 * What dark routing reports through `Host.emit`. Packets are named by the first 64 bits of their id, as two unsigned words.
 */
import type { EventDefinition } from '../overlay/events.ts';

export const PACKET_ORIGINATED = 0x200;
export const PACKET_SENT = 0x201;
export const PACKET_RECEIVED = 0x202;
export const PACKET_OPENED = 0x203;
export const PACKET_DROPPED = 0x204;
/** Follows PACKET_ORIGINATED: the tag that the packet shows all the way. */
export const PACKET_TAGGED = 0x205;
/** One per packet that a message for several zones needs. */
export const MULTICAST_ORIGINATED = 0x210;
export const MULTICAST_SENT = 0x211;
/** A branch with one destination left has become a dark packet, whose id is in the last two fields. */
export const MULTICAST_BRANCHED = 0x212;

/**
 * Flags of PACKET_RECEIVED: bits 0-2 as named, bits 3-5 the tree, bits 8-16 this node's proximity order to the packet's target, bits
 * 17-25 the level that the copy carried.
 */
export const RECEIVED_DUPLICATE = 1;
export const RECEIVED_IN_ZONE = 2;
export const RECEIVED_ON_STEM = 4;
export const RECEIVED_TREE_SHIFT = 3;
export const RECEIVED_PROXIMITY_SHIFT = 8;
export const RECEIVED_LEVEL_SHIFT = 17;

/** Why a packet went no further (field d of PACKET_DROPPED). */
export const DROPPED_EXPIRED = 1;
export const DROPPED_DEAD_END = 2;
export const DROPPED_BY_POLICY = 3;
export const DROPPED_STORE_FULL = 4;
/** It claims to live longer than any packet may, so it would outlive everybody's memory of it. */
export const DROPPED_FAR_EXPIRY = 5;
/** Whoever brought it has no credit left with us, or no agreement. */
export const DROPPED_UNPAID = 6;
/** Nobody to whom it could go would give us credit for it: once for each copy that is owed and not sent. */
export const DROPPED_NO_CREDIT = 7;

export const ROUTING_EVENTS: readonly EventDefinition[] = [
  {
    code: PACKET_ORIGINATED,
    name: 'routing.originated',
    fields: ['id high', 'id low', 'luminosity bits', 'datagram bytes'],
  },
  {
    code: PACKET_TAGGED,
    name: 'routing.tagged',
    fields: ['id high', 'id low', 'tag high', 'tag low'],
  },
  {
    code: PACKET_SENT,
    name: 'routing.sent',
    fields: ['id high', 'id low', 'to', 'datagram bytes'],
  },
  {
    code: PACKET_RECEIVED,
    name: 'routing.received',
    fields: ['id high', 'id low', 'from', 'flags'],
  },
  {
    code: PACKET_OPENED,
    name: 'routing.opened',
    fields: ['id high', 'id low', 'from', 'text bytes'],
  },
  {
    code: PACKET_DROPPED,
    name: 'routing.dropped',
    fields: ['id high', 'id low', 'from', 'reason'],
  },
  {
    code: MULTICAST_ORIGINATED,
    name: 'multicast.originated',
    fields: ['id high', 'id low', 'luminosity bits', 'destinations'],
  },
  {
    code: MULTICAST_SENT,
    name: 'multicast.sent',
    fields: ['id high', 'id low', 'to', 'datagram bytes'],
  },
  {
    code: MULTICAST_BRANCHED,
    name: 'multicast.branched',
    fields: ['id high', 'id low', 'packet id high', 'packet id low'],
  },
];
