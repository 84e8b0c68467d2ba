/** What the link reports through `Host.emit`. Peers by handle. */
import type { EventDefinition } from '../overlay/events.ts';

export const LINK_OPENED = 0x300;
export const LINK_CLOSED = 0x301;
export const LINK_FAILED = 0x302;
export const LINK_MIGRATED = 0x303;
/** Pieces of messages that are sent again. */
export const LINK_RESENT = 0x304;
/** Messages that were taken to be sent and will not arrive. */
export const LINK_MESSAGES_DROPPED = 0x305;

/** Why a link closed (field b of LINK_CLOSED). */
export const CLOSED_IDLE = 1;
export const CLOSED_BY_PEER = 2;
export const CLOSED_BY_US = 3;
export const CLOSED_FOR_ROOM = 4;

/** Why a handshake failed (field b of LINK_FAILED). */
export const FAILED_SILENT = 1;
/** Somebody else answered than the peer that was called. */
export const FAILED_OTHER_PEER = 2;
export const FAILED_VERSION = 3;
export const FAILED_NO_ENDPOINT = 4;

export const LINK_EVENTS: readonly EventDefinition[] = [
  { code: LINK_OPENED, name: 'link.opened', fields: ['peer', '1 if we called', 'pattern', ''] },
  { code: LINK_CLOSED, name: 'link.closed', fields: ['peer', 'reason', '', ''] },
  { code: LINK_FAILED, name: 'link.failed', fields: ['peer', 'reason', 'attempts', ''] },
  { code: LINK_MIGRATED, name: 'link.migrated', fields: ['peer', '', '', ''] },
  { code: LINK_RESENT, name: 'link.resent', fields: ['peer', 'pieces', '', ''] },
  {
    code: LINK_MESSAGES_DROPPED,
    name: 'link.messages_dropped',
    fields: ['peer', 'messages', '', ''],
  },
];
