/**
 * kill -9 at any moment: nothing that was acknowledged is lost, no session goes back, nothing is there by halves.
 *
 * The writer makes one message with every session version, so the disk is right if and only if each contact's messages are exactly those of
 * versions 1 to the session's: a session without its message or a message without its session leaves a hole or a surplus.
 */
import { describe, expect, it } from 'vitest';
import { LevelStore } from '../../../live/store/level-store.ts';
import { Mailbox, type BrokenRecord } from '../../../live/store/mailbox.ts';
import { CONTACTS_COUNT, contactOf, sessionBytes, stepText } from './steps.ts';
import { folders, pause, runScript, textOf } from './support.ts';

const folder = folders();

/**
 * When a round kills: at which sign of life (`start`: before the folder is opened and the log of the round before read back) and how many milliseconds
 * later. Fixed draws; the machine adds true chance.
 */
const KILLS: readonly (readonly ['start' | 'open', number])[] = [
  ['open', 170],
  ['start', 2],
  ['open', 0],
  ['open', 310],
  ['start', 6],
  ['open', 17],
  ['open', 410],
  ['start', 11],
  ['open', 90],
  ['open', 220],
];

async function writeUntilKilled(path: string, sign: string, afterMs: number): Promise<string[]> {
  const child = runScript('writer.ts', path);
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const closed = new Promise((resolve) => child.once('close', resolve));
  while (!said.includes(sign) && child.exitCode === null) await pause(1);
  await pause(afterMs);
  child.kill('SIGKILL');
  await closed;
  expect(child.signalCode).toBe('SIGKILL');
  // The last line may be cut: its commit was safe all the same, but who reads it cannot know.
  return said.split('\n').slice(0, -1);
}

describe('a mailbox on disk', () => {
  it('keeps what it acknowledged through kill -9', { timeout: 120_000 }, async () => {
    const path = folder();
    const safe = Array.from({ length: CONTACTS_COUNT }, () => new Map<number, number>());
    let acknowledged = 0;
    for (const [sign, afterMs] of KILLS) {
      const lines = await writeUntilKilled(path, sign, afterMs);
      const [, pid] = /^start (\d+)$/.exec(lines[0]!)!;
      const opened = lines[1] === 'open';
      for (const line of lines.slice(2)) {
        const match = /^safe (\d+) (\d+) (\d+)$/.exec(line);
        expect(match, line).not.toBeNull();
        safe[Number(match![1])]!.set(Number(match![2]), Number(match![3]));
        acknowledged++;
      }

      const broken: BrokenRecord[] = [];
      const store = await LevelStore.open(path);
      if (opened) expect(store.leftByPid).toBe(Number(pid));
      const mailbox = await Mailbox.open(store, { onBroken: (record) => broken.push(record) });
      for (let number = 0; number < CONTACTS_COUNT; number++) {
        const contact = contactOf(number);
        const session = await mailbox.session(contact);
        const version = session?.version ?? 0;
        expect(version).toBeGreaterThanOrEqual(Math.max(0, ...safe[number]!.keys()));
        if (session !== undefined) expect(session.bytes).toEqual(sessionBytes(number, version));

        const inbox = await mailbox.inbox(contact);
        const outbox = await mailbox.outbox(contact);
        const versions = [
          ...inbox.map(({ receivedAtMs }) => receivedAtMs),
          ...outbox.map(({ createdAtMs }) => createdAtMs),
        ];
        expect(versions.toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: version }, (_, i) => i + 1),
        );
        for (const { text, receivedAtMs } of inbox)
          expect(textOf(text)).toBe(textOf(stepText(number, receivedAtMs)));
        for (const { text, createdAtMs } of outbox)
          expect(textOf(text)).toBe(textOf(stepText(number, createdAtMs)));
        // Each acknowledged inbox number is that of its message still.
        const numbers = new Map(
          inbox.map(({ receivedAtMs, sequence }) => [receivedAtMs, sequence]),
        );
        for (const [step, sequence] of safe[number]!)
          if (sequence > 0) expect(numbers.get(step)).toBe(sequence);
      }
      expect(broken).toEqual([]);
      await store.close();
    }
    expect(acknowledged).toBeGreaterThan(200);
  });
});
