/** What the API says and takes about groups. */
import { z } from 'zod';
import { hexBytes } from '../node/facts.ts';

const GROUP_ID = hexBytes(32).meta({ description: 'Id of a group, 32 bytes in hex' });
const ADDRESS = hexBytes(32).meta({ description: 'Overlay address, 32 bytes in hex' });
const WHICH = z.string().min(1).meta({ description: 'Name or id of the group' });

export const GROUP_STATE = z.enum(['member', 'joining', 'left', 'removed']).meta({
  description: 'Whether the node is in it; `joining` until somebody has let it in',
});

export const GROUP = z
  .strictObject({
    id: GROUP_ID,
    name: z.string().meta({ description: 'What the user calls it' }),
    state: GROUP_STATE,
    members: z.int().min(0).meta({ description: 'With the node itself' }),
  })
  .meta({ description: 'A group as the user knows it' });
export type GroupLine = z.infer<typeof GROUP>;

export const INVITATION = z
  .strictObject({
    id: GROUP_ID,
    name: z.string().meta({ description: 'What its sender calls the group' }),
    from: ADDRESS,
    fromName: z.string(),
    receivedAt: z.iso.datetime().meta({ description: 'Wall time' }),
  })
  .meta({ description: 'An invitation that was not followed yet' });
export type InvitationLine = z.infer<typeof INVITATION>;

export const GROUPS = z.strictObject({
  groups: z.array(GROUP),
  invitations: z.array(INVITATION),
});
export type GroupReport = z.infer<typeof GROUPS>;

export const GROUP_MEMBER = z.strictObject({ address: ADDRESS, name: z.string() });
export const GROUP_MEMBERS = z.strictObject({ members: z.array(GROUP_MEMBER) });

export const NEW_GROUP = z.strictObject({ name: z.string().min(1) });
export const GROUP_INVITE = z.strictObject({
  group: WHICH,
  to: z.string().min(1).meta({ description: 'Name or address of a contact' }),
});
export const GROUP_JOIN = z.strictObject({
  invitation: z.string().min(1).meta({ description: 'Name of the group, or beginning of its id' }),
  as: z.string().min(1).optional().meta({ description: 'What to call it instead' }),
});
export const GROUP_LEAVE = z.strictObject({ group: WHICH });
export const GROUP_REMOVE = z.strictObject({
  group: WHICH,
  member: z.string().min(1).meta({ description: 'Name, or beginning of the address' }),
});
export const GROUP_MESSAGE = z.strictObject({ group: WHICH, text: z.string() });
