/** What a node's composition reports through `Host.emit`: conversations, and what relaying costs. */
import type { EventDefinition } from '../overlay/events.ts';

/** The packet that this node originates next carries a message of a conversation. */
export const CONVERSATION_SENDING = 0x400;

/** Instead of a text's number: the message is an acknowledgement alone. */
export const NO_TEXT = -1;

export const CONVERSATION_EVENTS: readonly EventDefinition[] = [
  {
    code: CONVERSATION_SENDING,
    name: 'conversation.sending',
    fields: [
      'to, -1 if unknown',
      'text number, -1 for none',
      'message bytes',
      'stream that counts the text if none is acknowledged, else 0',
    ],
  },
];

/** A packet was handed on, or taken, at a price. Packets by the first 64 bits of their id. */
export const RELAY_ASKED = 0x480;
export const RELAY_GIVEN = 0x481;

export const RELAY_EVENTS: readonly EventDefinition[] = [
  { code: RELAY_ASKED, name: 'relay.asked', fields: ['id high', 'id low', 'of', 'units'] },
  { code: RELAY_GIVEN, name: 'relay.given', fields: ['id high', 'id low', 'to', 'units'] },
];
