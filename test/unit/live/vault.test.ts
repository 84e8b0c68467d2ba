/** What a node has thrown away is in no file of its disk any more, once it has tidied up. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { NodeVault } from '../../../live/node/vault.ts';
import { LevelStore } from '../../../live/store/level-store.ts';
import { Contact } from '../../../protocols/session/contact.ts';

const contact = new Contact(
  { address: new Uint8Array(32).fill(1), publicKey: new Uint8Array(32).fill(2) },
  1,
);

function holds(folder: string, needle: string): boolean {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .some((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(needle));
}

it('leaves no replaced state behind', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'mainframe-vault-'));
  try {
    const store = await LevelStore.open(folder);
    const vault = new NodeVault(
      store,
      (work) => {
        work();
      },
      () => '',
    );
    const keep = (state: string): Promise<void> =>
      new Promise((resolve) => {
        vault.keep([{ contact, record: new TextEncoder().encode(state) }], [], resolve);
      });
    await keep('an old state with keys in it');
    await keep('the state of now');
    expect(holds(folder, 'an old state')).toBe(true);
    await vault.tidy();
    expect(holds(folder, 'an old state')).toBe(false);
    expect((await vault.load()).map((record) => new TextDecoder().decode(record))).toEqual([
      'the state of now',
    ]);
    await store.close();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
