/** What a live node's user is told of its place in the network, and the endpoints of its own sockets. */
import { networkInterfaces } from 'node:os';
import { ENDPOINT_BYTES } from '../../protocols/identity/peer-book.ts';
import type { ReachableLink } from '../../protocols/rendezvous/reachable-link.ts';
import type { Reachability } from '../api/schemas.ts';
import { endpointText, writeEndpointOf } from '../host/endpoint-text.ts';
import type { SocketAddress } from '../host/transport.ts';

/** @param neighbours in the order in which they are asked for what they see, if they do not agree */
export function reachabilityOf(link: ReachableLink, neighbours: Iterable<number>): Reachability {
  const { mapping, seenAs, voices, reachable, asked } = link.whereabouts();
  let endpoint = seenAs;
  for (const peer of neighbours) endpoint ??= link.seenBy(peer);
  return {
    reachable,
    asked,
    seenAs: endpoint === undefined ? '' : endpointText(endpoint, 0),
    voices,
    mapping,
    counters: link.counters(),
  };
}

/** One line for people. */
export function reachabilityText({ reachable, asked, seenAs, mapping }: Reachability): string {
  const peers = asked === 1 ? '1 peer' : `${asked} peers`;
  const seen = seenAs === '' ? 'seen by nobody yet' : `seen as ${seenAs}`;
  const translator: { readonly [mapping: string]: string } = {
    none: ', no address translator in between',
    'endpoint-independent': ', behind an address translator',
    'address-dependent': ', behind a symmetric address translator',
  };
  return `${reachable} (asked ${peers}), ${seen}${translator[mapping] ?? ''}`;
}

/** Endpoints of the node's sockets: where one listens at every address of the machine, all of these. */
export function localEndpoints(sockets: readonly (SocketAddress | undefined)[]): Uint8Array[] {
  return sockets.flatMap((at) => {
    if (at === undefined) return [];
    const wildcard = at.address === '0.0.0.0' || at.address === '::';
    const addresses = wildcard
      ? Object.values(networkInterfaces())
          .flatMap((list) => list ?? [])
          .map((own) => own.address)
      : [at.address];
    return addresses.flatMap((address) => {
      const endpoint = new Uint8Array(ENDPOINT_BYTES);
      return writeEndpointOf(address, at.port, endpoint, 0) ? [endpoint] : [];
    });
  });
}
