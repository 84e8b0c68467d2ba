/** Noise once more, written straight from the specification over node:crypto, to compare bytes with. */
import {
  createCipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
} from 'node:crypto';

const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex');
const SPKI = Buffer.from('302a300506032b656e032100', 'hex');

function privateKey(secret: Uint8Array): ReturnType<typeof createPrivateKey> {
  return createPrivateKey({ key: Buffer.concat([PKCS8, secret]), format: 'der', type: 'pkcs8' });
}

export function publicOf(secret: Uint8Array): Buffer {
  const der = createPublicKey(privateKey(secret)).export({ format: 'der', type: 'spki' });
  return der.subarray(der.length - 32);
}

function dh(secret: Uint8Array, peer: Uint8Array): Buffer {
  return diffieHellman({
    privateKey: privateKey(secret),
    publicKey: createPublicKey({ key: Buffer.concat([SPKI, peer]), format: 'der', type: 'spki' }),
  });
}

const sha = (...parts: Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const hmac = (key: Uint8Array, ...parts: Uint8Array[]): Buffer => {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
};

export function hkdf2(chainingKey: Uint8Array, input: Uint8Array): [Buffer, Buffer] {
  const temporary = hmac(chainingKey, input);
  const first = hmac(temporary, Uint8Array.of(1));
  return [first, hmac(temporary, first, Uint8Array.of(2))];
}

export function aead(key: Uint8Array, n: bigint, ad: Uint8Array, text: Uint8Array): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64LE(n, 4);
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  cipher.setAAD(ad, { plaintextLength: text.length });
  return Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()]);
}

export interface OracleSecrets {
  initiatorStatic: Uint8Array;
  initiatorEphemeral: Uint8Array;
  responderStatic: Uint8Array;
  responderEphemeral: Uint8Array;
}

/** Section 7, as printed there. */
const MESSAGES = {
  N: ['e es'],
  X: ['e es s ss'],
  NK: ['e es', 'e ee'],
  IK: ['e es s ss', 'e ee se'],
  XX: ['e', 'e ee s es', 's se'],
} as const;

/** All handshake messages and the two transport keys, computed by somebody who knows every secret. */
export function oracle(
  pattern: keyof typeof MESSAGES,
  secrets: OracleSecrets,
  prologue: Uint8Array,
  payloads: readonly Uint8Array[],
): { messages: Buffer[]; keys: [Buffer, Buffer]; hash: Buffer } {
  const tokens: readonly string[] = MESSAGES[pattern];
  const name = Buffer.from(`Noise_${pattern}_25519_ChaChaPoly_SHA256`);
  let h: Buffer =
    name.length <= 32 ? Buffer.concat([name, Buffer.alloc(32 - name.length)]) : sha(name);
  let ck = h;
  let k: Buffer | undefined;
  let n = 0n;
  const mixHash = (bytes: Uint8Array): void => {
    h = sha(h, bytes);
  };
  const mixKey = (secret: Uint8Array): void => {
    [ck, k] = hkdf2(ck, secret);
    n = 0n;
  };
  const seal = (text: Uint8Array): Buffer => {
    const out = k === undefined ? Buffer.from(text) : aead(k, n++, h, text);
    mixHash(out);
    return out;
  };
  mixHash(prologue);
  if (pattern !== 'XX') mixHash(publicOf(secrets.responderStatic));
  const {
    initiatorStatic: is,
    initiatorEphemeral: ie,
    responderStatic: rs,
    responderEphemeral: re,
  } = secrets;
  const messages = tokens.map((message, index) => {
    const initiator = index % 2 === 0;
    const parts = message.split(' ').map((token) => {
      switch (token) {
        case 'e': {
          const key = publicOf(initiator ? ie : re);
          mixHash(key);
          return key;
        }
        case 's':
          return seal(publicOf(initiator ? is : rs));
        case 'ee':
          mixKey(dh(ie, publicOf(re)));
          break;
        case 'es':
          mixKey(dh(ie, publicOf(rs)));
          break;
        case 'se':
          mixKey(dh(is, publicOf(re)));
          break;
        default:
          mixKey(dh(is, publicOf(rs)));
      }
      return Buffer.alloc(0);
    });
    return Buffer.concat([...parts, seal(payloads[index]!)]);
  });
  return { messages, keys: hkdf2(ck, Buffer.alloc(0)), hash: h };
}
