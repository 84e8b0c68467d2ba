/** What the 18 bytes of an endpoint say of the place: how far its address reaches, which host it is. */
import { isZero, readUint32 } from '../codec/bytes.ts';
import { ENDPOINT_BYTES } from '../identity/peer-book.ts';

const IPV4_AT = 12;

/** Reaches only this machine; only this site (RFC 1918, RFC 6598, RFC 4193, link-local); everybody. */
const SCOPE_MACHINE = 0;
const SCOPE_SITE = 1;
const SCOPE_WORLD = 2;

export function isUnspecified(endpoint: Uint8Array): boolean {
  return isZero(endpoint, 0, ENDPOINT_BYTES);
}

/** How far the address of `endpoint` reaches; larger is farther. */
export function scopeOf(endpoint: Uint8Array): number {
  if (isIpv4(endpoint)) {
    const [a, b] = [endpoint[IPV4_AT]!, endpoint[IPV4_AT + 1]!];
    if (a === 127) return SCOPE_MACHINE;
    const site =
      a === 10 ||
      (a === 172 && b >>> 4 === 1) ||
      (a === 192 && b === 168) ||
      (a === 169 && b === 254) ||
      (a === 100 && b >>> 6 === 1);
    return site ? SCOPE_SITE : SCOPE_WORLD;
  }
  if (isZero(endpoint, 0, 15) && endpoint[15] === 1) return SCOPE_MACHINE;
  const first = endpoint[0]!;
  const linkLocal = first === 0xfe && endpoint[1]! >>> 6 === 2;
  return (first & 0xfe) === 0xfc || linkLocal ? SCOPE_SITE : SCOPE_WORLD;
}

/** The host of an endpoint as a key: an IPv4 address, or the first 64 bits of an IPv6 one. */
export function hostKey(endpoint: Uint8Array): string {
  return isIpv4(endpoint)
    ? String(readUint32(endpoint, IPV4_AT))
    : `${readUint32(endpoint, 0)}:${readUint32(endpoint, 4)}`;
}

/** Bytes as a key of a map. */
export function bytesKey(bytes: Uint8Array): string {
  let key = '';
  for (const byte of bytes) key += String.fromCharCode(byte);
  return key;
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

function isIpv4(endpoint: Uint8Array): boolean {
  return isZero(endpoint, 0, 10) && endpoint[10] === 0xff && endpoint[11] === 0xff;
}
