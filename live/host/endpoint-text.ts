/**
 * Endpoints between their 18 bytes (IPv6 address, port; IPv4 as ::ffff:a.b.c.d) and the text that sockets and people use.
 *
 * The bytes are the one form of an endpoint inside a node, since text has many: `::1`, `0:0::1` and `::0001` are one place, and whatever counts
 * or limits by place must see them as one. Text comes from settings, from the operating system and, in other people's records, from strangers, so
 * reading is total and takes one narrow grammar: RFC 4291 §2.2 for IPv6, four decimal numbers without leading zeros for IPv4 (some resolvers
 * read 010 as eight). Zone ids (`fe80::1%eth0`) are refused: they name an interface of this machine, mean nothing elsewhere, and do not fit.
 */
import { ENDPOINT_BYTES } from '../../protocols/identity/peer-book.ts';

/** Bytes of the address in an endpoint. */
const ADDRESS_BYTES = 16;
/** First byte of the IPv4 address in an IPv4-mapped one. */
const IPV4_AT = 12;
/** Longest text of an address: eight groups, the last two as IPv4. */
const TEXT_LENGTH_MAX = 45;
const PORT_MAX = 0xffff;

const CODE_COLON = 0x3a;
const CODE_DOT = 0x2e;
const CODE_0 = 0x30;

/**
 * Writes the endpoint of an IP address in text and a port at `out[offset..+18)`.
 * @returns false for anything that is not an address without a zone and a port in 0..65535; `out` is then meaningless.
 */
export function writeEndpointOf(
  address: string,
  port: number,
  out: Uint8Array,
  offset: number,
): boolean {
  if (!(Number.isInteger(port) && port >= 0 && port <= PORT_MAX)) return false;
  if (address.length > TEXT_LENGTH_MAX) return false;
  out.fill(0, offset, offset + IPV4_AT);
  if (readIpv4(address, 0, address.length, out, offset + IPV4_AT)) {
    out[offset + 10] = 0xff;
    out[offset + 11] = 0xff;
  } else if (!readIpv6(address, out, offset)) return false;
  out[offset + ADDRESS_BYTES] = port >>> 8;
  out[offset + ADDRESS_BYTES + 1] = port & 0xff;
  return true;
}

/** The 18 bytes of `a.b.c.d:port` or `[IPv6]:port`; undefined for anything else. */
export function parseEndpoint(text: string): Uint8Array | undefined {
  const colon = text.lastIndexOf(':');
  const digits = text.slice(colon + 1);
  if (colon < 1 || !/^(0|[1-9][0-9]{0,4})$/.test(digits)) return undefined;
  const bracketed = text.startsWith('[') && text[colon - 1] === ']';
  const address = bracketed ? text.slice(1, colon - 1) : text.slice(0, colon);
  // Brackets are what tells the address's colons from the port's.
  if (bracketed !== address.includes(':')) return undefined;
  const endpoint = new Uint8Array(ENDPOINT_BYTES);
  return writeEndpointOf(address, Number(digits), endpoint, 0) ? endpoint : undefined;
}

/** `a.b.c.d:port` or `[IPv6]:port` of the endpoint at `bytes[at..+18)`. */
export function endpointText(bytes: Uint8Array, at: number): string {
  const address = addressText(bytes, at);
  const port = portOf(bytes, at);
  return isIpv4(bytes, at) ? `${address}:${port}` : `[${address}]:${port}`;
}

/** The address of the endpoint at `bytes[at..+18)`: dotted IPv4, or IPv6 in the form of RFC 5952. */
export function addressText(bytes: Uint8Array, at: number): string {
  if (isIpv4(bytes, at)) {
    const i = at + IPV4_AT;
    return `${bytes[i]}.${bytes[i + 1]}.${bytes[i + 2]}.${bytes[i + 3]}`;
  }
  const groups: number[] = [];
  for (let i = 0; i < ADDRESS_BYTES; i += 2)
    groups.push((bytes[at + i]! << 8) | bytes[at + i + 1]!);
  const gap = longestZeros(groups);
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  if (gap.length < 2) return text(0, groups.length);
  return `${text(0, gap.at)}::${text(gap.at + gap.length, groups.length)}`;
}

export function portOf(bytes: Uint8Array, at: number): number {
  return (bytes[at + ADDRESS_BYTES]! << 8) | bytes[at + ADDRESS_BYTES + 1]!;
}

/** Whether the endpoint's address is IPv4 (RFC 4291 §2.5.5.2). */
export function isIpv4(bytes: Uint8Array, at: number): boolean {
  if (bytes[at + 10] !== 0xff || bytes[at + 11] !== 0xff) return false;
  let zeros = 0;
  for (let i = 0; i < 10; i++) zeros |= bytes[at + i]!;
  return zeros === 0;
}

/**
 * Whether the endpoint can be one host's: a port, and an address that is neither unspecified nor a group's (multicast, broadcast, reserved by
 * RFC 1112 §4) nor IPv6 link-local, which cannot be reached without a zone. Strangers name endpoints; one datagram to a group would be many.
 */
export function isUnicast(bytes: Uint8Array, at: number): boolean {
  if (portOf(bytes, at) === 0) return false;
  if (isIpv4(bytes, at)) {
    const first = bytes[at + IPV4_AT]!;
    return first !== 0 && first < 224;
  }
  const first = bytes[at]!;
  if (first === 0xff || (first === 0xfe && (bytes[at + 1]! & 0xc0) === 0x80)) return false;
  let any = 0;
  for (let i = 0; i < ADDRESS_BYTES; i++) any |= bytes[at + i]!;
  return any !== 0;
}

/** Reads `text[from..to)` as four decimal numbers into four bytes at `out[at]`. */
function readIpv4(text: string, from: number, to: number, out: Uint8Array, at: number): boolean {
  let parts = 0;
  let digits = 0;
  let value = 0;
  for (let i = from; i <= to; i++) {
    const code = i < to ? text.charCodeAt(i) : CODE_DOT;
    if (code === CODE_DOT) {
      if (digits === 0 || parts === 4) return false;
      out[at + parts++] = value;
      digits = 0;
      value = 0;
      continue;
    }
    const digit = code - CODE_0;
    if (digit < 0 || digit > 9 || (digits > 0 && value === 0)) return false;
    value = value * 10 + digit;
    digits++;
    if (value > 255) return false;
  }
  return parts === 4;
}

/** Reads all of `text` as an IPv6 address into sixteen bytes at `out[offset]`. */
function readIpv6(text: string, out: Uint8Array, offset: number): boolean {
  const end = text.length;
  /** Bytes written, and how many of them stand before `::` (-1: none seen). */
  let written = 0;
  let gap = -1;
  let i = 0;
  if (text.startsWith('::')) {
    gap = 0;
    i = 2;
  }
  while (i < end) {
    const start = i;
    let value = 0;
    for (; i < end; i++) {
      const digit = hexDigit(text.charCodeAt(i));
      if (digit < 0) break;
      if (i - start === 4) return false;
      value = value * 16 + digit;
    }
    if (i < end && text.charCodeAt(i) === CODE_DOT) {
      if (written > IPV4_AT || !readIpv4(text, start, end, out, offset + written)) return false;
      written += 4;
      break;
    }
    if (i === start || written === ADDRESS_BYTES) return false;
    out[offset + written++] = value >>> 8;
    out[offset + written++] = value & 0xff;
    if (i === end) break;
    if (text.charCodeAt(i++) !== CODE_COLON || i === end) return false;
    if (text.charCodeAt(i) === CODE_COLON) {
      if (gap >= 0) return false;
      gap = written;
      i++;
    }
  }
  if (gap < 0) return written === ADDRESS_BYTES;
  // `::` stands for at least one group.
  if (written > ADDRESS_BYTES - 2) return false;
  const tail = written - gap;
  out.copyWithin(offset + ADDRESS_BYTES - tail, offset + gap, offset + written);
  out.fill(0, offset + gap, offset + ADDRESS_BYTES - tail);
  return true;
}

function hexDigit(code: number): number {
  if (code >= CODE_0 && code <= CODE_0 + 9) return code - CODE_0;
  const letter = (code | 0x20) - 0x61;
  return letter >= 0 && letter < 6 ? letter + 10 : -1;
}

/** The first of the longest runs of zero groups. */
function longestZeros(groups: readonly number[]): { at: number; length: number } {
  const best = { at: 0, length: 0 };
  let length = 0;
  groups.forEach((group, index) => {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) {
      best.at = index - length + 1;
      best.length = length;
    }
  });
  return best;
}
