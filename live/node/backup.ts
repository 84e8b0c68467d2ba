/**
 * All that makes a node who it is, in one file: the encrypted account key, and what turns it into an address (network, nonce) and an encryption key
 * (number). Conversations are not in it: two copies of one would reuse keys.
 */
import { z } from 'zod';
import { NODE_SETTINGS, type NodeSettingsFile } from './folder.ts';

const BACKUP = z.strictObject({
  version: z.literal(1),
  kind: z.literal('mainframe node backup'),
  /** The key file as it stands, still encrypted. */
  account: z.string(),
  settings: NODE_SETTINGS,
});

/** The text of a backup. */
export function backupText(settings: NodeSettingsFile, account: string): string {
  return `${JSON.stringify({ version: 1, kind: 'mainframe node backup', account, settings }, null, 2)}\n`;
}

/** What a backup holds, or why it is none. */
export function readBackup(
  text: string,
): { ok: true; settings: NodeSettingsFile; account: string } | { ok: false; why: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { ok: false, why: 'it is not JSON' };
  }
  const parsed = BACKUP.safeParse(json);
  if (parsed.success) return { ok: true, ...parsed.data };
  const [issue] = parsed.error.issues;
  return { ok: false, why: `${issue!.path.join('.')}: ${issue!.message}` };
}
