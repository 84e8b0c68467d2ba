/**
 * Pings of one link: is the peer there, how far is it, and is it at this endpoint? Nine bytes: a type and eight that come back as they are, of
 * which four are a token that nobody can guess.
 */
import { readUint32, writeUint32 } from '../codec/bytes.ts';
import type { Micros } from '../host.ts';
import type { EndpointHandle } from './host.ts';
import type { Link } from './state.ts';
import { CONTENT_PING, CONTENT_PONG } from './wire.ts';

const PING_BYTES = 9;
const AT_TOKEN = 1;
/** One question a second at most, wherever it leads. */
const PING_EVERY_US = 1_000_000;
/** Smoothing of the round-trip time (RFC 6298, section 2). */
const ROUND_TRIP_GAIN = 1 / 8;

/** A ping to an endpoint of the link's peer; undefined while another is young. */
export function makePing(
  link: Link,
  endpoint: EndpointHandle,
  token: number,
  nowUs: Micros,
): Uint8Array | undefined {
  if (link.ping !== undefined && nowUs - link.ping.sentUs < PING_EVERY_US) return undefined;
  const ping = new Uint8Array(PING_BYTES);
  ping[0] = CONTENT_PING;
  writeUint32(ping, AT_TOKEN, token);
  link.ping = { token, sentUs: nowUs, endpoint };
  return ping;
}

/** The answer to the ping at `bytes[at..+length)`; undefined if it is none. */
export function pongFor(bytes: Uint8Array, at: number, length: number): Uint8Array | undefined {
  if (length !== PING_BYTES) return undefined;
  const pong = bytes.slice(at, at + PING_BYTES);
  pong[0] = CONTENT_PONG;
  return pong;
}

/** Takes an answer to the link's ping and its round-trip time. @returns the endpoint that was asked, or -1 for an answer to nothing. */
export function takePong(
  link: Link,
  bytes: Uint8Array,
  at: number,
  length: number,
  nowUs: Micros,
): EndpointHandle {
  const { ping } = link;
  if (length !== PING_BYTES || ping?.token !== readUint32(bytes, at + AT_TOKEN)) return -1;
  const sampleUs = nowUs - ping.sentUs;
  link.roundTripUs =
    link.roundTripUs === 0
      ? sampleUs
      : Math.round(link.roundTripUs + ROUND_TRIP_GAIN * (sampleUs - link.roundTripUs));
  link.ping = undefined;
  return ping.endpoint;
}
