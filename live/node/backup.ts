/**
 * All that makes a node who it is, in one file: the encrypted account key, and what turns it into an address (network, nonce) and an encryption key
 * (number), and its settings. Conversations are not in it: two copies of one would reuse keys.
 */
import { z } from 'zod';
import { settingsText } from '../config/file.ts';
import { NODE_FACTS, type NodeFacts } from './facts.ts';
import { factsOf, OLD_NODE_FILE, settingsOf } from './old-settings.ts';

const KIND = z.literal('mainframe node backup');
/** The key file as it stands, still encrypted. */
const ACCOUNT = z.string();
const BACKUP = z.discriminatedUnion('version', [
  z.strictObject({
    version: z.literal(2),
    kind: KIND,
    account: ACCOUNT,
    node: NODE_FACTS,
    /** The text of the settings file. */
    settings: z.string(),
  }),
  // Before settings had a file of their own.
  z.strictObject({ version: z.literal(1), kind: KIND, account: ACCOUNT, settings: OLD_NODE_FILE }),
]);

export interface Backup {
  node: NodeFacts;
  account: string;
  /** The text of the settings file. */
  settings: string;
}

/** The text of a backup. */
export function backupText({ node, account, settings }: Backup): string {
  const kind: z.infer<typeof KIND> = 'mainframe node backup';
  return `${JSON.stringify({ version: 2, kind, account, node, settings }, null, 2)}\n`;
}

/** What a backup holds, or why it is none. */
export function readBackup(text: string): ({ ok: true } & Backup) | { ok: false; why: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, why: 'it is not JSON' };
  }
  const parsed = BACKUP.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return { ok: false, why: `${issue!.path.join('.')}: ${issue!.message}` };
  }
  const { data } = parsed;
  if (data.version === 2) return { ok: true, ...data };
  const { account, settings } = data;
  const node = factsOf(settings);
  return { ok: true, account, node, settings: settingsText(node.name, settingsOf(settings)) };
}
