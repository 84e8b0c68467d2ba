/** Where a node listens, and what follows from it where its settings say `auto`. */
import type { NodeSettings } from '../config/schema.ts';

type Listening = Pick<NodeSettings['node']['udp'], 'ipv4' | 'ipv6' | 'port'>;

const SHARE_OF_ONE_NETWORK = 0.25;

/** The one address:port at which it listens, or the empty text if there is no such one. */
export function autoPlace({ ipv4, ipv6, port }: Listening): string {
  if (port === 0) return '';
  if (ipv4 !== '' && ipv4 !== '0.0.0.0') return `${ipv4}:${port}`;
  return ipv4 === '' && ipv6 !== '' && ipv6 !== '::' ? `[${ipv6}]:${port}` : '';
}

export function isLoopback({ ipv4, ipv6 }: Listening): boolean {
  return ipv4.startsWith('127.') || (ipv4 === '' && ipv6 === '::1');
}

/** On loopback all nodes are of one network, and not by anybody's design. */
export function autoShare(listening: Listening): number {
  return isLoopback(listening) ? 1 : SHARE_OF_ONE_NETWORK;
}

/** What others are told to send to, as address:port; empty for where they see it. */
export function placeOf({ udp }: NodeSettings['node']): string {
  if (udp.announce === 'auto') return autoPlace(udp);
  return udp.announce === 'none' ? '' : udp.announce;
}

export function shareOf({ udp, overlay }: NodeSettings['node']): number {
  return overlay.network_share === 'auto' ? autoShare(udp) : overlay.network_share;
}
