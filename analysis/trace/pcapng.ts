/**
 * A capture file as Wireshark reads it (draft-ietf-opsawg-pcapng): one section, one interface of bare IP packets, time in nanoseconds.
 *
 * What was recorded are UDP payloads, so the IP and UDP headers are made up, with the recorded endpoints and right checksums. What no
 * packet says (what became of it, what the receiver made of it) is the packet's comment.
 */
import { isIpv4 } from './names.ts';

const BLOCK_SECTION = 0x0a0d0d0a;
const BLOCK_INTERFACE = 1;
const BLOCK_PACKET = 6;
const BYTE_ORDER = 0x1a2b3c4d;
/** LINKTYPE_RAW: the packet begins with an IPv4 or IPv6 header. */
const LINKTYPE_RAW = 101;

const OPTION_COMMENT = 1;
const OPTION_INTERFACE_NAME = 2;
const OPTION_PACKET_FLAGS = 2;
const OPTION_APPLICATION = 4;
const OPTION_RESOLUTION = 9;
const NANOSECONDS = 9;
const FLAG_INBOUND = 1;
const FLAG_OUTBOUND = 2;

const IPV4_BYTES = 20;
const IPV6_BYTES = 40;
const UDP_BYTES = 8;
const PROTOCOL_UDP = 17;
const HOPS = 64;
const DO_NOT_FRAGMENT = 0x4000;

const text = new TextEncoder();

/** One option: code, length, value, zeros to a multiple of four. */
function option(code: number, value: Uint8Array): Uint8Array {
  const out = new Uint8Array(4 + padded(value.length));
  const view = new DataView(out.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  out.set(value, 4);
  return out;
}

/** A block: type, length, body, options and their end, length again. */
function block(type: number, body: Uint8Array, options: readonly Uint8Array[]): Uint8Array {
  const end = options.length > 0 ? 4 : 0;
  const total = 12 + body.length + options.reduce((sum, o) => sum + o.length, 0) + end;
  const out = new Uint8Array(total);
  const view = new DataView(out.buffer);
  view.setUint32(0, type, true);
  view.setUint32(4, total, true);
  out.set(body, 8);
  let at = 8 + body.length;
  for (const one of options) {
    out.set(one, at);
    at += one.length;
  }
  view.setUint32(total - 4, total, true);
  return out;
}

function padded(length: number): number {
  return (length + 3) & ~3;
}

/** The first block: who has written the file, about what. */
export function sectionBlock(application: string, comment: string): Uint8Array {
  const body = new Uint8Array(16);
  const view = new DataView(body.buffer);
  view.setUint32(0, BYTE_ORDER, true);
  view.setUint16(4, 1, true);
  // The section's length is not known yet.
  view.setBigInt64(8, -1n, true);
  return block(BLOCK_SECTION, body, [
    option(OPTION_COMMENT, text.encode(comment)),
    option(OPTION_APPLICATION, text.encode(application)),
  ]);
}

export function interfaceBlock(name: string): Uint8Array {
  const body = new Uint8Array(8);
  new DataView(body.buffer).setUint16(0, LINKTYPE_RAW, true);
  return block(BLOCK_INTERFACE, body, [
    option(OPTION_INTERFACE_NAME, text.encode(name)),
    option(OPTION_RESOLUTION, Uint8Array.of(NANOSECONDS)),
  ]);
}

/** A packet at a Unix time in microseconds. */
export function packetBlock(
  unixUs: number,
  packet: Uint8Array,
  comment: string,
  direction: 'in' | 'out' | undefined,
): Uint8Array {
  const body = new Uint8Array(20 + padded(packet.length));
  const view = new DataView(body.buffer);
  const nanoseconds = BigInt(unixUs) * 1_000n;
  view.setUint32(4, Number(nanoseconds >> 32n), true);
  view.setUint32(8, Number(nanoseconds & 0xffff_ffffn), true);
  view.setUint32(12, packet.length, true);
  view.setUint32(16, packet.length, true);
  body.set(packet, 20);
  const flags = new Uint8Array(4);
  flags[0] = direction === 'in' ? FLAG_INBOUND : FLAG_OUTBOUND;
  return block(BLOCK_PACKET, body, [
    option(OPTION_COMMENT, text.encode(comment)),
    ...(direction === undefined ? [] : [option(OPTION_PACKET_FLAGS, flags)]),
  ]);
}

/** A UDP payload between two endpoints of 18 bytes as an IP packet: IPv4 where both are, else IPv6. */
export function ipPacket(from: Uint8Array, to: Uint8Array, payload: Uint8Array): Uint8Array {
  const short = isIpv4(from) && isIpv4(to);
  const header = short ? IPV4_BYTES : IPV6_BYTES;
  const udpBytes = UDP_BYTES + payload.length;
  const out = new Uint8Array(header + udpBytes);
  const view = new DataView(out.buffer);
  if (short) {
    view.setUint16(0, 0x4500);
    view.setUint16(2, header + udpBytes);
    view.setUint16(6, DO_NOT_FRAGMENT);
    view.setUint16(8, (HOPS << 8) | PROTOCOL_UDP);
    out.set(from.subarray(12, 16), 12);
    out.set(to.subarray(12, 16), 16);
    view.setUint16(10, checksum(out.subarray(0, header), 0));
  } else {
    view.setUint32(0, 0x6000_0000);
    view.setUint16(4, udpBytes);
    view.setUint16(6, (PROTOCOL_UDP << 8) | HOPS);
    out.set(from.subarray(0, 16), 8);
    out.set(to.subarray(0, 16), 24);
  }
  out.set(from.subarray(16, 18), header);
  out.set(to.subarray(16, 18), header + 2);
  view.setUint16(header + 4, udpBytes);
  out.set(payload, header + UDP_BYTES);
  // Pseudo-header: both addresses, which end where UDP begins, then length and protocol (RFC 768, RFC 8200 §8.1).
  const covered = out.subarray(short ? 12 : 8);
  // Zero stands for "no checksum", so a sum of zero is sent as all ones.
  view.setUint16(header + 6, checksum(covered, udpBytes + PROTOCOL_UDP) || 0xffff);
  return out;
}

/** The Internet checksum (RFC 1071) of bytes and of a number added to them. */
function checksum(bytes: Uint8Array, more: number): number {
  let sum = more;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
