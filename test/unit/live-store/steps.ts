/** What the node that is killed writes, as functions of contact and version: writer and judge compute it apart. */

export const CONTACTS_COUNT = 5;

export const contactOf = (number: number): Uint8Array => new Uint8Array(32).fill(number + 1);

/** A message id that is the session version. */
export function idOf(version: number): Uint8Array {
  const id = new Uint8Array(16);
  new DataView(id.buffer).setUint32(12, version);
  return id;
}

export const stepText = (number: number, version: number): Uint8Array =>
  new TextEncoder().encode(`${number} ${version} ${'x'.repeat(version % 700)}`);

/** Some states are longer than a block of LevelDB's log (32 KiB), so that one batch is many pieces on disk. */
export function sessionBytes(number: number, version: number): Uint8Array {
  const bytes = new Uint8Array(version % 16 === 0 ? 70_000 : 500);
  for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 31 + number * 7 + version * 13) & 0xff;
  return bytes;
}
