/**
 * What this node is to the outside, judged from what neighbours say.
 *
 * A neighbour may lie, and one person may be many neighbours. So each network (a /24 or a /48) has one voice, an endpoint is believed when several
 * voices name it and they are more than half of all, and whoever disagrees alone changes nothing. Names of behaviour after RFC 4787:
 * a translator that uses one outside port for all destinations maps *independently of the endpoint*; one that uses another for each
 * (a "symmetric" one) has no endpoint that could be announced.
 */
import { bytesKey, hostKey, sameBytes } from './endpoints.ts';

export type Mapping = 'unknown' | 'none' | 'endpoint-independent' | 'address-dependent';

export interface Voice {
  /** The network that the neighbour is in. */
  network: number;
  /** Where it sees us, 18 bytes. */
  endpoint: Uint8Array;
}

export interface Verdict {
  mapping: Mapping;
  /** The endpoint agreed on. */
  endpoint: Uint8Array | undefined;
  /** Networks that have said something. */
  voices: number;
}

/**
 * @param voices in order of time: of two from one network the later counts
 * @param local endpoints of the node's own sockets
 * @param agreeing voices that must name one endpoint
 */
export function judge(
  voices: Iterable<Voice>,
  local: readonly Uint8Array[],
  agreeing: number,
): Verdict {
  const byNetwork = new Map<number, Uint8Array>();
  for (const { network, endpoint } of voices) byNetwork.set(network, endpoint);
  const said = [...byNetwork.values()];
  const carries = (count: number): boolean => count >= agreeing && 2 * count > said.length;
  const endpoints = tally(said, bytesKey);
  for (const group of endpoints) {
    if (!carries(group.length)) continue;
    const endpoint = group[0]!;
    const own = local.some((mine) => sameBytes(mine, endpoint));
    return { mapping: own ? 'none' : 'endpoint-independent', endpoint, voices: said.length };
  }
  // One host, and no two see the same port of it.
  const host = tally(said, hostKey).find((group) => carries(group.length));
  const scattered = host !== undefined && tally(host, bytesKey).length === host.length;
  const mapping = scattered ? 'address-dependent' : 'unknown';
  return { mapping, endpoint: undefined, voices: said.length };
}

/** The same things together, by key. */
function tally(
  things: readonly Uint8Array[],
  keyOf: (thing: Uint8Array) => string,
): Uint8Array[][] {
  const groups = new Map<string, Uint8Array[]>();
  for (const thing of things) {
    const key = keyOf(thing);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [thing]);
    else group.push(thing);
  }
  return [...groups.values()];
}
