/**
 * A node that does nothing but receive and send, until it is killed: `writer.ts <folder>`.
 *
 * Every step of a contact's session is one transaction: the session's next version with exactly one message, in or out, that names the
 * version. A line of stdout says what is safe, written only after the commit has resolved.
 */
import { writeSync } from 'node:fs';
import { LevelStore } from '../../../live/store/level-store.ts';
import { Mailbox } from '../../../live/store/mailbox.ts';
import { CONTACTS_COUNT, contactOf, idOf, sessionBytes, stepText } from './steps.ts';

writeSync(1, `start ${process.pid}\n`);
const store = await LevelStore.open(process.argv[2]!);
const mailbox = await Mailbox.open(store, {
  onBroken: (broken) => writeSync(1, `broken ${JSON.stringify(broken)}\n`),
});
writeSync(1, 'open\n');

async function talk(number: number): Promise<void> {
  const contact = contactOf(number);
  for (;;) {
    // Several steps of one session are under way at once, as when messages come faster than the disk writes.
    const steps = Array.from({ length: 1 + (number % 3) }, async () => {
      const version = mailbox.sessionVersion(contact) + 1;
      const transaction = mailbox
        .begin()
        .putSession(contact, version, sessionBytes(number, version));
      const text = stepText(number, version);
      if (version % 2 === 0) transaction.receive({ contact, text, receivedAtMs: version });
      else
        transaction.putOutbox({
          contact,
          id: idOf(version),
          text,
          createdAtMs: version,
          attempts: 0,
          state: 'queued',
        });
      const { sequences } = await transaction.commit();
      writeSync(1, `safe ${number} ${version} ${sequences[0] ?? 0}\n`);
    });
    await Promise.all(steps);
  }
}

await Promise.all(Array.from({ length: CONTACTS_COUNT }, (_, number) => talk(number)));
