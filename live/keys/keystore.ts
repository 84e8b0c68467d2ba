/**
 * Encrypted key files, Web3 Secret Storage version 3: the format that Ethereum wallets read and write, so a node's account opens in them and theirs
 * here. scrypt or PBKDF2 stretches the password; AES-128-CTR encrypts; Keccak-256 over half of the stretched key and the ciphertext tells
 * a wrong password from a right one.
 *
 * A key file may come from anybody, so its numbers are checked before they are believed: a file must not be able to make us reserve gigabytes.
 */
import {
  createCipheriv,
  createDecipheriv,
  pbkdf2,
  randomBytes,
  randomUUID,
  scrypt,
  timingSafeEqual,
} from 'node:crypto';
import { promisify } from 'node:util';
import { scryptAsync } from '@noble/hashes/scrypt.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { accountPublicKey } from '../../protocols/crypto/account.ts';
import { accountFromPublicKey } from '../../protocols/identity/address.ts';

const pbkdf2Async = promisify(pbkdf2);
const DERIVED_BYTES = 32;
const SECRET_BYTES = 32;
/** scrypt's memory is 128·n·r bytes; this is four times what wallets use. */
const SCRYPT_MEMORY_MAX_BYTES = 1 << 30;
const PBKDF2_ROUNDS_MAX = 10_000_000;

/** Work of scrypt: `n` is a power of two. */
export interface ScryptCost {
  n: number;
  r: number;
  p: number;
}

/** About a second and 256 MiB: what wallets use. */
export const STANDARD_COST: ScryptCost = { n: 262_144, r: 8, p: 1 };
/** A few milliseconds: for throw-away keys on one machine. */
export const LIGHT_COST: ScryptCost = { n: 4_096, r: 8, p: 1 };

const hex = (bytes?: number) =>
  z
    .string()
    .regex(
      bytes === undefined
        ? /^(0x)?([0-9a-fA-F]{2})+$/
        : new RegExp(`^(0x)?[0-9a-fA-F]{${2 * bytes}}$`),
    );

const FILE = z.object({
  version: z.literal(3),
  address: z.string().optional(),
  id: z.string().optional(),
  crypto: z.object({
    cipher: z.literal('aes-128-ctr'),
    ciphertext: hex(),
    cipherparams: z.object({ iv: hex(16) }),
    mac: hex(32),
    kdf: z.enum(['scrypt', 'pbkdf2']),
    kdfparams: z.object({
      dklen: z.literal(DERIVED_BYTES),
      salt: z.string().regex(/^(0x)?([0-9a-fA-F]{2})*$/),
      n: z.number().int().optional(),
      r: z.number().int().optional(),
      p: z.number().int().optional(),
      c: z.number().int().optional(),
      prf: z.literal('hmac-sha256').optional(),
    }),
  }),
});
type KeyFile = z.infer<typeof FILE>;

/** Why a key file did not open; `message` is a sentence for the user. */
export class KeyFileError extends Error {
  readonly reason: 'format' | 'password';

  constructor(reason: 'format' | 'password', message: string) {
    super(message);
    this.reason = reason;
  }
}

const bytesOf = (text: string): Uint8Array => hexToBytes(text.replace(/^0x/, ''));

/** The account that a key file names in clear (40 hex digits), if it is one and names it. */
export function keyFileAccount(text: string): string | undefined {
  try {
    return parse(text).address?.replace(/^0x/, '').toLowerCase();
  } catch {
    return undefined;
  }
}

/** The text of a key file that holds `secret` (32 bytes). `address` (20 bytes) is noted in clear, as wallets do. */
export async function encryptKey(
  secret: Uint8Array,
  password: string,
  address: Uint8Array,
  cost: ScryptCost = STANDARD_COST,
): Promise<string> {
  const salt = randomBytes(32);
  const iv = randomBytes(16);
  const derived = await stretch(password, salt, cost);
  const cipher = createCipheriv('aes-128-ctr', derived.subarray(0, 16), iv);
  const ciphertext = Buffer.concat([cipher.update(secret), cipher.final()]);
  const file: KeyFile = {
    version: 3,
    id: randomUUID(),
    address: bytesToHex(address),
    crypto: {
      cipher: 'aes-128-ctr',
      ciphertext: ciphertext.toString('hex'),
      cipherparams: { iv: iv.toString('hex') },
      mac: bytesToHex(macOf(derived, ciphertext)),
      kdf: 'scrypt',
      kdfparams: { dklen: DERIVED_BYTES, salt: salt.toString('hex'), ...cost },
    },
  };
  derived.fill(0);
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** The 32-byte secret in the text of a key file. @throws KeyFileError */
export async function decryptKey(text: string, password: string): Promise<Uint8Array> {
  const { crypto, address } = parse(text);
  const ciphertext = bytesOf(crypto.ciphertext);
  if (ciphertext.length !== SECRET_BYTES)
    throw new KeyFileError(
      'format',
      `The key in the file has ${ciphertext.length} bytes, not ${SECRET_BYTES}.`,
    );
  const derived = await derive(crypto, password);
  if (!timingSafeEqual(macOf(derived, ciphertext), bytesOf(crypto.mac)))
    throw new KeyFileError('password', 'The password does not open this key file.');
  const decipher = createDecipheriv(
    'aes-128-ctr',
    derived.subarray(0, 16),
    bytesOf(crypto.cipherparams.iv),
  );
  const secret = Buffer.concat([decipher.update(ciphertext), decipher.final()]);
  derived.fill(0);
  // The format's check does not cover the initialisation vector, so a key is believed only if it makes the address that the file names.
  if (address !== undefined && address.replace(/^0x/, '').toLowerCase() !== accountOf(secret))
    throw new KeyFileError(
      'format',
      'The key in the file does not belong to the address that the file names.',
    );
  return Uint8Array.from(secret);
}

function parse(text: string): KeyFile {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new KeyFileError('format', 'This is no key file: it is not JSON.');
  }
  // Early wallets wrote some names in capitals.
  const lower = (value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(
          Object.entries(value).map(([key, inner]) => [key.toLowerCase(), lower(inner)]),
        )
      : value;
  const parsed = FILE.safeParse(lower(json));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new KeyFileError(
    'format',
    `This is no key file of version 3: ${issue!.path.join('.')}: ${issue!.message}.`,
  );
}

async function derive(
  { kdf, kdfparams }: KeyFile['crypto'],
  password: string,
): Promise<Uint8Array> {
  const salt = bytesOf(kdfparams.salt);
  if (kdf === 'pbkdf2') {
    const { c } = kdfparams;
    if (c === undefined || c < 1 || c > PBKDF2_ROUNDS_MAX)
      throw new KeyFileError(
        'format',
        `The file asks for ${c ?? 'no'} rounds of PBKDF2; expected 1 to ${PBKDF2_ROUNDS_MAX}.`,
      );
    return pbkdf2Async(password, salt, c, DERIVED_BYTES, 'sha256');
  }
  const { n, r, p } = kdfparams;
  if (
    n === undefined ||
    r === undefined ||
    p === undefined ||
    n < 2 ||
    (n & (n - 1)) !== 0 ||
    r < 1 ||
    p < 1
  )
    throw new KeyFileError(
      'format',
      'The numbers of scrypt in the file are wrong: n must be a power of two, r and p at least 1.',
    );
  if (128 * n * r > SCRYPT_MEMORY_MAX_BYTES || p > 16)
    throw new KeyFileError(
      'format',
      `The file asks scrypt for ${Math.round((128 * n * r) / 2 ** 20)} MiB; more than ${SCRYPT_MEMORY_MAX_BYTES / 2 ** 20} MiB is refused.`,
    );
  return stretch(password, salt, { n, r, p });
}

async function stretch(
  password: string,
  salt: Uint8Array,
  { n, r, p }: ScryptCost,
): Promise<Uint8Array> {
  // OpenSSL holds on to a limit of the paper, n < 2^(16 r), that some wallets' files exceed; noble, slower, does not.
  if (r < 2 && n >= 65_536)
    return scryptAsync(password, salt, { N: n, r, p, dkLen: DERIVED_BYTES });
  return new Promise((resolve, reject) => {
    scrypt(
      password,
      salt,
      DERIVED_BYTES,
      { N: n, r, p, maxmem: 2 * SCRYPT_MEMORY_MAX_BYTES },
      (error, key) => {
        if (error === null) resolve(Uint8Array.from(key));
        else reject(error);
      },
    );
  });
}

function macOf(derived: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return keccak_256(Uint8Array.from([...derived.subarray(16, 32), ...ciphertext]));
}

/** Account of a secret, hex; the empty text for bytes that are no key. */
function accountOf(secret: Uint8Array): string {
  try {
    const suite = { keccak256: keccak_256 };
    return bytesToHex(accountFromPublicKey(suite, accountPublicKey(secret)));
  } catch {
    return '';
  }
}
