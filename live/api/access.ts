/**
 * Who may speak to the node. It listens on loopback, so what remains to be kept out is other users of the machine, who do not have the token (a
 * file of mode 0600), and web pages in the user's browser. A browser names the page in Origin; and a page that makes its own name point
 * at 127.0.0.1 (DNS rebinding) gives itself away in Host.
 */
import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ApiFailure } from './failure.ts';

/** The subprotocol of the stream of events. */
export const EVENTS_PROTOCOL = 'mainframe.events.v1';
const TOKEN_PROTOCOL = 'token.';
const LOOPBACK = /^(127\.0\.0\.1|localhost)(:\d{1,5})?$/i;

/** @throws ApiFailure for requests that come from elsewhere than this machine's own programs. */
export function assertLocal({ headers }: IncomingMessage): void {
  const { host, origin } = headers;
  if (host === undefined || !LOOPBACK.test(host))
    throw new ApiFailure('forbidden', 'The node answers as 127.0.0.1 or localhost only.');
  if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`)
    throw new ApiFailure('forbidden', 'Web pages may not speak to the node.');
}

/** @throws ApiFailure where the token is missing or wrong. A WebSocket may also give it as a subprotocol. */
export function assertAuthorised(request: IncomingMessage, token: string, upgrade: boolean): void {
  const { authorization } = request.headers;
  if (authorization !== undefined && same(authorization, `Bearer ${token}`)) return;
  const given = upgrade
    ? subprotocols(request).find((name) => name.startsWith(TOKEN_PROTOCOL))
    : undefined;
  if (given !== undefined && same(given, `${TOKEN_PROTOCOL}${token}`)) return;
  throw new ApiFailure(
    'unauthorised',
    "The token is missing or wrong: it stands in the node's folder, api.token.",
  );
}

/** Subprotocols that a request for a WebSocket offers. */
export function subprotocols({ headers }: IncomingMessage): string[] {
  return (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
}

function same(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
