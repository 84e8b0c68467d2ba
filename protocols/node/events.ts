/** What conversations report through `Host.emit`. */
import type { EventDefinition } from '../overlay/events.ts';

/** The packet that this node originates next carries a message of a conversation. */
export const CONVERSATION_SENDING = 0x400;

/** Instead of a text's number: the message is an acknowledgement alone. */
export const NO_TEXT = -1;

export const CONVERSATION_EVENTS: readonly EventDefinition[] = [
  {
    code: CONVERSATION_SENDING,
    name: 'conversation.sending',
    fields: ['to, -1 if unknown', 'text number, -1 for none', 'message bytes', ''],
  },
];
