/** The mailbox: one event is one batch, session versions only grow, numbers are given once, and broken records are put aside. */
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LevelStore } from '../../../live/store/level-store.ts';
import { Mailbox, type BrokenRecord } from '../../../live/store/mailbox.ts';
import { MemoryStore } from '../../../live/store/memory-store.ts';
import { addressKey, CONTACTS, INBOX, SESSIONS } from '../../../live/store/records.ts';
import type { Store } from '../../../live/store/port.ts';
import { filled, folders, textOf, TestStore, utf8 } from './support.ts';

const folder = folders();
const ALICE = filled(32, 0xa1);
const BOB = filled(32, 0xb0);

const contactRecord = (address: Uint8Array, name: string) => ({
  address,
  name,
  publicKey: filled(32, 1),
  endpoints: [filled(18, 2)],
  luminosityBits: 8,
  addedAtMs: 3,
});
const message = (contact: Uint8Array, number: number, createdAtMs = 5) => ({
  contact,
  id: filled(16, number),
  text: utf8(`out ${number}`),
  createdAtMs,
  attempts: 0,
  state: 'queued' as const,
});
const receipt = (contact: Uint8Array, text: string) => ({
  contact,
  text: utf8(text),
  receivedAtMs: 7,
});
const peer = (number: number, lastSeenMs: number) => {
  const address = new Uint8Array(32);
  new DataView(address.buffer).setUint32(0, number);
  return { address, endpoint: filled(18, number & 0xff), lastSeenMs };
};

describe('a transaction', () => {
  it('is one batch: inbox entry with session, session with outbox entry', async () => {
    const store = new TestStore();
    const mailbox = await Mailbox.open(store);
    const { sequences } = await mailbox
      .begin()
      .putSession(ALICE, 1, utf8('state 1'))
      .receive(receipt(ALICE, 'hello'))
      .commit();
    expect(sequences).toEqual([1]);
    await mailbox
      .begin()
      .putSession(ALICE, 2, utf8('state 2'))
      .putOutbox(message(ALICE, 1))
      .commit();
    expect(store.batches.map((batch) => batch.map(({ namespace }) => namespace))).toEqual([
      ['session', 'inbox', 'inbox-next'],
      ['session', 'outbox'],
    ]);
    expect(await mailbox.session(ALICE)).toEqual({
      contact: ALICE,
      version: 2,
      bytes: utf8('state 2'),
    });
    expect(await mailbox.inbox(ALICE)).toEqual([
      { ...receipt(ALICE, 'hello'), sequence: 1, read: false },
    ]);
    expect(await mailbox.outbox()).toEqual([message(ALICE, 1)]);
  });

  it('changes nothing until it is committed, owns its bytes, and is committed once', async () => {
    const store = new TestStore();
    const mailbox = await Mailbox.open(store);
    const [state, text, endpoint] = [utf8('state'), utf8('hello'), filled(18, 1)];
    const transaction = mailbox
      .begin()
      .putSession(ALICE, 1, state)
      .receive({ contact: ALICE, text, receivedAtMs: 1 })
      .seePeer({ address: BOB, endpoint, lastSeenMs: 1 });
    for (const bytes of [state, text, endpoint]) bytes.fill(0);
    expect([store.batches.length, mailbox.sessionVersion(ALICE)]).toEqual([0, 0]);
    await transaction.commit();
    expect(textOf((await mailbox.session(ALICE))!.bytes)).toBe('state');
    expect(textOf((await mailbox.inbox(ALICE))[0]!.text)).toBe('hello');
    expect((await mailbox.peers())[0]!.endpoint).toEqual(filled(18, 1));
    await expect(transaction.commit()).rejects.toMatchObject({ code: 'TRANSACTION_SPENT' });
    expect(store.batches).toHaveLength(1);
  });

  it('says at once what no record can hold', async () => {
    const mailbox = await Mailbox.open(new MemoryStore());
    const short = filled(31, 0);
    expect(() => mailbox.begin().putSession(short, 1, utf8('s'))).toThrow(RangeError);
    expect(() => mailbox.begin().putSession(ALICE, 1.5, utf8('s'))).toThrow(RangeError);
    expect(() => mailbox.begin().receive(receipt(short, 'x'))).toThrow(RangeError);
    expect(() => mailbox.begin().receive({ ...receipt(ALICE, 'x'), receivedAtMs: -1 })).toThrow(
      RangeError,
    );
    expect(() => mailbox.begin().seePeer({ ...peer(1, 1), lastSeenMs: NaN })).toThrow(RangeError);
    expect(() => mailbox.begin().removePeer(short)).toThrow(RangeError);
    expect(() => mailbox.begin().removeOutbox(ALICE, short)).toThrow(RangeError);
  });
});

describe('sessions', () => {
  it('never go back: a version that is not higher is refused whole', async () => {
    const store = new TestStore();
    const mailbox = await Mailbox.open(store);
    const put = (version: number, text = `${version}`) =>
      mailbox
        .begin()
        .putSession(ALICE, version, utf8(text))
        .receive(receipt(ALICE, text))
        .putContact(contactRecord(ALICE, text))
        .commit();
    await put(5);
    for (const version of [5, 4, 1, 0])
      await expect(put(version, 'stale')).rejects.toMatchObject({ code: 'SESSION_STALE' });
    await expect(
      mailbox.begin().putSession(ALICE, 7, utf8('7')).putSession(ALICE, 6, utf8('6')).commit(),
    ).rejects.toMatchObject({ code: 'SESSION_STALE' });
    expect(store.batches).toHaveLength(1);
    expect(mailbox.sessionVersion(ALICE)).toBe(5);
    // The refused have used no inbox number.
    expect((await put(6)).sequences).toEqual([2]);
    await mailbox.begin().putSession(BOB, 1, utf8('1')).commit();
    expect((await mailbox.sessions()).map(({ version }) => version)).toEqual([6, 1]);
  });

  it('count versions under way, and those of writes that failed', async () => {
    const store = new TestStore();
    const mailbox = await Mailbox.open(store);
    let release = (): void => undefined;
    store.hold = new Promise((resolve) => (release = resolve));
    const first = mailbox.begin().putSession(ALICE, 1, utf8('1')).commit();
    await expect(mailbox.begin().putSession(ALICE, 1, utf8('one')).commit()).rejects.toMatchObject({
      code: 'SESSION_STALE',
    });
    release();
    await first;
    store.hold = undefined;
    store.refuse = new Error('no disk');
    await expect(mailbox.begin().putSession(ALICE, 2, utf8('2')).commit()).rejects.toThrow(
      'no disk',
    );
    store.refuse = undefined;
    await expect(mailbox.begin().putSession(ALICE, 2, utf8('two')).commit()).rejects.toMatchObject({
      code: 'SESSION_STALE',
    });
    await mailbox.begin().putSession(ALICE, 3, utf8('3')).commit();
    expect((await mailbox.session(ALICE))!.version).toBe(3);
  });

  it('are known again after a restart, and forgotten with their contact', async () => {
    const store = new MemoryStore();
    let mailbox = await Mailbox.open(store);
    await mailbox
      .begin()
      .putContact(contactRecord(ALICE, 'alice'))
      .putSession(ALICE, 9, utf8('9'))
      .commit();
    mailbox = await Mailbox.open(store);
    expect(mailbox.sessionVersion(ALICE)).toBe(9);
    await expect(mailbox.begin().putSession(ALICE, 9, utf8('9')).commit()).rejects.toMatchObject({
      code: 'SESSION_STALE',
    });
    await mailbox.begin().removeContact(ALICE).commit();
    expect([await mailbox.contact(ALICE), await mailbox.session(ALICE)]).toEqual([
      undefined,
      undefined,
    ]);
    // Within this process the old versions stay refused.
    await expect(mailbox.begin().putSession(ALICE, 9, utf8('9')).commit()).rejects.toMatchObject({
      code: 'SESSION_STALE',
    });
    await mailbox.begin().putSession(ALICE, 10, utf8('10')).commit();
  });
});

describe('inbox and outbox', () => {
  it('number what comes per contact, and use no number twice', async () => {
    const store = new MemoryStore();
    let mailbox = await Mailbox.open(store);
    const { sequences } = await mailbox
      .begin()
      .receive(receipt(ALICE, 'a1'))
      .receive(receipt(BOB, 'b1'))
      .receive(receipt(ALICE, 'a2'))
      .commit();
    expect(sequences).toEqual([1, 1, 2]);
    const several = await Promise.all(
      ['a3', 'a4', 'a5'].map((text) => mailbox.begin().receive(receipt(ALICE, text)).commit()),
    );
    expect(several.flatMap((it) => it.sequences)).toEqual([3, 4, 5]);
    await mailbox.begin().removeInbox(ALICE, 5).removeInbox(ALICE, 4).commit();
    mailbox = await Mailbox.open(store);
    expect((await mailbox.begin().receive(receipt(ALICE, 'a6')).commit()).sequences).toEqual([6]);
    const texts = async (range = {}) =>
      (await mailbox.inbox(ALICE, range)).map(({ text }) => textOf(text));
    expect(await texts()).toEqual(['a1', 'a2', 'a3', 'a6']);
    expect(await texts({ after: 1, limit: 2 })).toEqual(['a2', 'a3']);
    expect(await texts({ latestFirst: true, limit: 2 })).toEqual(['a6', 'a3']);
    expect(await texts({ after: 6 })).toEqual([]);
    const [first] = await mailbox.inbox(ALICE, { limit: 1 });
    await mailbox
      .begin()
      .putInbox({ ...first!, read: true })
      .commit();
    expect((await mailbox.inboxEntry(ALICE, 1))!.read).toBe(true);
    expect(await mailbox.inboxEntry(ALICE, 4)).toBeUndefined();
  });

  it('find the next number in the entries if its record is broken', async () => {
    const store = new MemoryStore();
    let mailbox = await Mailbox.open(store);
    for (let i = 0; i < 12; i++)
      await mailbox
        .begin()
        .receive(receipt(ALICE, `${i}`))
        .commit();
    await mailbox.begin().receive(receipt(BOB, 'b')).commit();
    await store.put('inbox-next', addressKey(ALICE), utf8('??'));
    await store.delete('inbox-next', addressKey(BOB));
    mailbox = await Mailbox.open(store);
    const { sequences } = await mailbox
      .begin()
      .receive(receipt(ALICE, 'x'))
      .receive(receipt(BOB, 'y'))
      .commit();
    expect(sequences).toEqual([13, 2]);
  });

  it('follow a message on its way', async () => {
    const mailbox = await Mailbox.open(new MemoryStore());
    await mailbox
      .begin()
      .putOutbox(message(ALICE, 1, 30))
      .putOutbox(message(ALICE, 2, 10))
      .putOutbox(message(BOB, 1, 20))
      .commit();
    expect((await mailbox.outbox()).map(({ createdAtMs }) => createdAtMs)).toEqual([10, 20, 30]);
    expect((await mailbox.outbox(ALICE)).map(({ createdAtMs }) => createdAtMs)).toEqual([10, 30]);
    const sent = { ...message(ALICE, 1, 30), attempts: 2, state: 'sent' as const };
    await mailbox.begin().putOutbox(sent).commit();
    expect(await mailbox.outboxMessage(ALICE, sent.id)).toEqual(sent);
    await mailbox.begin().removeOutbox(ALICE, sent.id).commit();
    expect(await mailbox.outboxMessage(ALICE, sent.id)).toBeUndefined();
    expect(await mailbox.outbox(BOB)).toHaveLength(1);
  });
});

describe('known peers', () => {
  it('are the latest seen, however they come, as a list by definition has them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.tuple(fc.nat(12), fc.nat(100), fc.boolean()), { maxLength: 5 }), {
          maxLength: 12,
        }),
        async (rounds) => {
          const store = new MemoryStore();
          let mailbox = await Mailbox.open(store, { peersMax: 6 });
          let model: { number: number; lastSeenMs: number }[] = [];
          for (const round of rounds) {
            const transaction = mailbox.begin();
            for (const [number, time, forget] of round) {
              // Times are made distinct, so that "oldest" is one.
              const lastSeenMs = time * 16 + number;
              const known = model.find((it) => it.number === number);
              if (forget && known !== undefined) {
                transaction.removePeer(peer(number, 0).address);
                model = model.filter((it) => it !== known);
              } else {
                transaction.seePeer(peer(number, lastSeenMs));
                if (known === undefined) model.push({ number, lastSeenMs });
                else known.lastSeenMs = Math.max(known.lastSeenMs, lastSeenMs);
              }
            }
            await transaction.commit();
            model = model.toSorted((a, b) => b.lastSeenMs - a.lastSeenMs).slice(0, 6);
            expect((await mailbox.peers()).map(({ lastSeenMs }) => lastSeenMs)).toEqual(
              model.map(({ lastSeenMs }) => lastSeenMs),
            );
            mailbox = await Mailbox.open(store, { peersMax: 6 });
          }
        },
      ),
    );
  });

  it('are five thousand at most', async () => {
    const store = new MemoryStore();
    const mailbox = await Mailbox.open(store);
    for (let from = 0; from < 6_000; from += 500) {
      const transaction = mailbox.begin();
      for (let i = from; i < from + 500; i++) transaction.seePeer(peer(i, 1_000_000 + i));
      await transaction.commit();
    }
    const peers = await mailbox.peers();
    expect(peers).toHaveLength(5_000);
    expect(peers[0]).toEqual(peer(5_999, 1_005_999));
    expect(peers.at(-1)).toEqual(peer(1_000, 1_001_000));
    // One that was seen longer ago than all of them does not get in.
    await mailbox.begin().seePeer(peer(9_999, 1)).commit();
    expect(await mailbox.peers()).toEqual(peers);
  });
});

describe('broken records', () => {
  async function spoiled(store: Store): Promise<{ mailbox: Mailbox; broken: BrokenRecord[] }> {
    const whole = await Mailbox.open(store);
    const transaction = whole.begin();
    for (const [address, name] of [
      [ALICE, 'alice'],
      [BOB, 'bob'],
    ] as const)
      transaction
        .putContact(contactRecord(address, name))
        .putSession(address, 3, utf8(`state of ${name}`))
        .putOutbox(message(address, 1))
        .receive(receipt(address, `from ${name}`))
        .receive(receipt(address, `again from ${name}`));
    await transaction.seePeer(peer(1, 1)).commit();
    const cut = (await store.get('contact', addressKey(ALICE)))!.subarray(0, 40);
    await store.put('contact', addressKey(ALICE), cut);
    // Alice's session under Bob's name: whole, but not his.
    await store.put('session', addressKey(BOB), (await store.get('session', addressKey(ALICE)))!);
    await store.put('outbox', 'a shopping list', utf8('milk'));
    await store.put(
      'inbox',
      INBOX.key({ ...receipt(ALICE, ''), sequence: 1, read: false }),
      utf8(''),
    );
    await store.put('inbox', '~'.repeat(512), utf8('foreign'));
    await store.put('inbox', `${addressKey(BOB)}/~~~`, utf8('foreign'));
    await store.put('peer', 'x'.repeat(510), utf8(''));
    const broken: BrokenRecord[] = [];
    const mailbox = await Mailbox.open(store, { onBroken: (record) => broken.push(record) });
    return { mailbox, broken };
  }

  it('are reported, put aside and done without', async () => {
    for (const store of [new MemoryStore(), await LevelStore.open(folder())]) {
      const { mailbox, broken } = await spoiled(store);
      expect(broken).toEqual([
        {
          namespace: 'contact',
          key: addressKey(ALICE),
          lengthBytes: 40,
          reason: 'its checksum is wrong',
        },
        {
          namespace: 'outbox',
          key: 'a shopping list',
          lengthBytes: 4,
          reason: 'its key is of another kind',
        },
        {
          namespace: 'session',
          key: addressKey(BOB),
          lengthBytes: expect.any(Number) as number,
          reason: 'its checksum is wrong',
        },
        {
          namespace: 'peer',
          key: 'x'.repeat(510),
          lengthBytes: 0,
          reason: 'its key is of another kind',
        },
      ]);
      expect((await mailbox.contacts()).map(({ name }) => name)).toEqual(['bob']);
      expect(await mailbox.session(BOB)).toBeUndefined();
      expect(mailbox.sessionVersion(ALICE)).toBe(3);
      expect((await mailbox.outbox()).length).toBe(2);
      broken.length = 0;
      expect((await mailbox.inbox(ALICE)).map(({ text }) => textOf(text))).toEqual([
        'again from alice',
      ]);
      expect(broken.map(({ reason }) => reason)).toEqual(['it is cut off']);
      expect((await mailbox.inbox(BOB)).length).toBe(2);
      expect(await mailbox.begin().receive(receipt(BOB, 'third')).commit()).toEqual({
        sequences: [3],
      });
      const aside = await mailbox.broken();
      expect(aside).toContainEqual({
        namespace: 'outbox',
        key: 'a shopping list',
        bytes: utf8('milk'),
      });
      expect(aside).toHaveLength(6);
      // Nothing is left to report.
      broken.length = 0;
      const again = await Mailbox.open(store, { onBroken: (record) => broken.push(record) });
      await again.inbox(ALICE);
      expect([broken, (await again.broken()).length]).toEqual([[], 6]);
      await store.close();
    }
  });

  it('are put aside by a read only if nothing can have replaced them meanwhile', async () => {
    const store = new TestStore();
    const mailbox = await Mailbox.open(store);
    await mailbox.begin().putContact(contactRecord(ALICE, 'old')).commit();
    await store.put('contact', addressKey(ALICE), utf8('broken'));
    let release = (): void => undefined;
    store.hold = new Promise((resolve) => (release = resolve));
    const commit = mailbox.begin().putContact(contactRecord(ALICE, 'new')).commit();
    store.hold = undefined;
    // Read while the commit is under way: broken, and about to be good.
    expect(await mailbox.contact(ALICE)).toBeUndefined();
    release();
    await commit;
    expect((await mailbox.contact(ALICE))!.name).toBe('new');
    expect(await mailbox.broken()).toEqual([]);
    // Read before a commit that begins while it lasts.
    await store.put('contact', addressKey(ALICE), utf8('broken'));
    const reading = mailbox.contact(ALICE);
    const replacing = mailbox.begin().putContact(contactRecord(ALICE, 'newer')).commit();
    await Promise.all([reading, replacing]);
    expect((await mailbox.contact(ALICE))!.name).toBe('newer');
  });

  it('do not keep a full disk from being read', async () => {
    const store = new TestStore();
    const mailbox = await Mailbox.open(store);
    await mailbox
      .begin()
      .putContact(contactRecord(ALICE, 'alice'))
      .putContact(contactRecord(BOB, 'bob'))
      .commit();
    await store.put('contact', addressKey(ALICE), utf8('broken'));
    store.refuse = new Error('no space');
    expect((await mailbox.contacts()).map(({ name }) => name)).toEqual(['bob']);
    await expect(Mailbox.open(store)).resolves.toBeDefined();
  });

  it('of any content make no reader throw', async () => {
    const noise = fc.uint8Array({ maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            fc.constantFrom('contact', 'session', 'outbox', 'inbox', 'inbox-next', 'peer'),
            fc.constantFrom(
              addressKey(ALICE),
              `${addressKey(ALICE)}/000000000000001`,
              `${addressKey(ALICE)}/${'0'.repeat(32)}`,
              'x',
              '/',
              `${addressKey(ALICE)}/999999999999999`,
            ),
            fc.oneof(
              noise,
              fc.constant(CONTACTS.encode(contactRecord(ALICE, 'a'))),
              fc.constant(SESSIONS.encode({ contact: ALICE, version: 1, bytes: utf8('s') })),
            ),
          ),
          { maxLength: 8 },
        ),
        async (records) => {
          const store = new MemoryStore();
          for (const [namespace, key, value] of records) await store.put(namespace, key, value);
          const mailbox = await Mailbox.open(store);
          await mailbox.inbox(ALICE);
          await mailbox
            .begin()
            .receive(receipt(ALICE, 'x'))
            .putSession(ALICE, 2, utf8('s'))
            .commit();
          expect((await mailbox.inbox(ALICE)).length).toBe(1);
          const good = (await mailbox.contacts()).length;
          const valid = records.findLast(
            ([namespace, key]) => namespace === 'contact' && key === addressKey(ALICE),
          );
          const expected = valid !== undefined && CONTACTS.decode(valid[1], valid[2]).ok ? 1 : 0;
          expect(good).toBe(expected);
        },
      ),
    );
  });
});

describe('what was replaced', () => {
  it('is in no file after compaction', { timeout: 60_000 }, async () => {
    const path = folder();
    const store = await LevelStore.open(path);
    const mailbox = await Mailbox.open(store);
    const olds: Buffer[] = [];
    const onDisk = (bytes: Buffer): boolean =>
      readdirSync(join(path, 'level')).some((name) =>
        readFileSync(join(path, 'level', name)).includes(bytes.subarray(0, 64)),
      );
    let version = 0;
    // More than LevelDB keeps in memory (4 MiB) and in one table (2 MiB), so that there are tables at several levels.
    for (let round = 0; round < 3; round++) {
      let present = randomBytes(400);
      for (let i = 0; i < 40; i++) {
        present = randomBytes(400);
        olds.push(present);
        await mailbox.begin().putSession(ALICE, ++version, present).commit();
        const contact = filled(32, i);
        await mailbox
          .begin()
          .receive({ contact, text: randomBytes(round === 1 ? 60_000 : 10), receivedAtMs: 1 })
          .commit();
      }
      olds.pop();
      expect(olds.slice(-39).some(onDisk)).toBe(true);
      await store.compact();
      expect(olds.filter(onDisk)).toEqual([]);
      expect(onDisk(present)).toBe(true);
      expect(Buffer.from((await mailbox.session(ALICE))!.bytes)).toEqual(present);
      expect(await mailbox.inbox(filled(32, 7))).toHaveLength(round + 1);
      olds.push(present);
    }
    await store.close();
  });
});
