/**
 * What an overlay reports through `Host.emit`: code, name, and what the four integers mean.
 * Recorders, trace files and metrics take the names from this table.
 */
export const EVENT_LOOKUP_FINISHED = 0x100;
export const EVENT_LOOKUP_FOUND = 0x101;
export const EVENT_CONTACT_ADDED = 0x102;
export const EVENT_CONTACT_REMOVED = 0x103;
export const EVENT_JOINED = 0x104;
export const EVENT_JOIN_FAILED = 0x105;
export const EVENT_REFRESH_FINISHED = 0x106;

/** Why a look-up runs. Numbers from 16 on are the caller's own; WORKLOAD is for look-ups of uniformly random addresses. */
export const PURPOSE_JOIN = 1;
export const PURPOSE_REFRESH = 2;
export const PURPOSE_FILL = 3;
export const PURPOSE_HEAL = 4;
export const PURPOSE_SAMPLE = 5;
export const PURPOSE_WORKLOAD = 6;

/** Why a contact was removed. */
export const REMOVED_SILENT = 1;
export const REMOVED_LEFT = 2;
export const REMOVED_SURPLUS = 3;

export interface EventDefinition {
  code: number;
  name: string;
  /** Meaning of a, b, c, d; an empty name for an integer that is always 0. */
  fields: readonly [string, string, string, string];
}

export const OVERLAY_EVENTS: readonly EventDefinition[] = [
  {
    code: EVENT_LOOKUP_FINISHED,
    name: 'overlay.lookup_finished',
    fields: ['purpose', 'requests sent', 'latency us', 'hops'],
  },
  {
    code: EVENT_LOOKUP_FOUND,
    name: 'overlay.lookup_found',
    fields: ['look-up', 'nearest peer or -1', 'peers found', '1 if its address is the target'],
  },
  {
    code: EVENT_CONTACT_ADDED,
    name: 'overlay.contact_added',
    fields: ['peer', 'bin', 'contacts of the bin', 'contacts'],
  },
  {
    code: EVENT_CONTACT_REMOVED,
    name: 'overlay.contact_removed',
    fields: ['peer', 'bin', 'reason', 'contacts'],
  },
  { code: EVENT_JOINED, name: 'overlay.joined', fields: ['contacts', 'depth', '', ''] },
  { code: EVENT_JOIN_FAILED, name: 'overlay.join_failed', fields: ['attempts', '', '', ''] },
  {
    code: EVENT_REFRESH_FINISHED,
    name: 'overlay.refresh_finished',
    fields: ['contacts', 'depth', 'look-ups', 'duration us'],
  },
];
