/** The EVM's accounts and storage over persistent maps: old states stay what they were. */
import { Account, createAddressFromString } from '@ethereumjs/util';
import { describe, expect, it } from 'vitest';
import { PersistentStateManager } from '../../../sim/ledger/evm-state.ts';

const WHO = createAddressFromString(`0x${'aa'.repeat(20)}`);
const SLOT = new Uint8Array(32).fill(1);

describe('the state of the EVM', () => {
  it('is not changed by writing into an account that was read or put', async () => {
    const states = new PersistentStateManager();
    const put = new Account(1n, 5n);
    await states.putAccount(WHO, put);
    put.nonce = 9n;
    const got = (await states.getAccount(WHO))!;
    expect(got.nonce).toBe(1n);
    got.nonce = 8n;
    expect((await states.getAccount(WHO))!.nonce).toBe(1n);
  });

  it('goes back to a checkpoint, and to any state that was kept', async () => {
    const states = new PersistentStateManager();
    await states.putStorage(WHO, SLOT, Uint8Array.of(1));
    const kept = states.current;
    await states.checkpoint();
    await states.putStorage(WHO, SLOT, Uint8Array.of(2));
    await states.checkpoint();
    await states.clearStorage(WHO);
    expect(await states.getStorage(WHO, SLOT)).toEqual(new Uint8Array(0));
    await states.revert();
    expect(await states.getStorage(WHO, SLOT)).toEqual(Uint8Array.of(2));
    await states.commit();
    expect(await states.getStorage(WHO, SLOT)).toEqual(Uint8Array.of(2));
    states.current = kept;
    expect(await states.getStorage(WHO, SLOT)).toEqual(Uint8Array.of(1));
    await expect(states.revert()).rejects.toThrow('without a checkpoint');
  });
});
