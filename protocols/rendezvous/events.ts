/** What the rendezvous reports through `Host.emit`. Peers by handle. */
import type { EventDefinition } from '../overlay/events.ts';

export const PEER_PUNCHED = 0x900;
export const PEER_RELAYED = 0x901;
export const PEER_UNREACHED = 0x902;
export const PEERS_INTRODUCED = 0x903;
export const RELAY_REFUSED = 0x904;
export const ENDPOINT_ANNOUNCED = 0x905;

export const RENDEZVOUS_EVENTS: readonly EventDefinition[] = [
  { code: PEER_PUNCHED, name: 'rendezvous.punched', fields: ['peer', 'introducer', '', ''] },
  { code: PEER_RELAYED, name: 'rendezvous.relayed', fields: ['peer', 'relay', '', ''] },
  { code: PEER_UNREACHED, name: 'rendezvous.unreached', fields: ['peer', 'asked', '', ''] },
  { code: PEERS_INTRODUCED, name: 'rendezvous.introduced', fields: ['asker', 'other', '', ''] },
  { code: RELAY_REFUSED, name: 'rendezvous.relay_refused', fields: ['from', 'bytes', '', ''] },
  { code: ENDPOINT_ANNOUNCED, name: 'rendezvous.announced', fields: ['1 if one', '', '', ''] },
];
