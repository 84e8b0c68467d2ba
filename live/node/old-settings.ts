/**
 * `node.json` of version 1, which held who the node is and its settings in one. It is read for ever; a node that has one gets a settings file
 * with the same settings when it is next run or changed.
 */
import { z } from 'zod';
import { formatQuantity } from '../../scenarios/language/quantity.ts';
import { hexBytes, type NodeFacts } from './facts.ts';
import { autoPlace, autoShare } from './place.ts';

export const OLD_NODE_FILE = z.strictObject({
  version: z.literal(1),
  name: z.string(),
  networkId: z.string().regex(/^\d{1,20}$/),
  address: hexBytes(32),
  publicKey: hexBytes(32),
  nonce: hexBytes(32),
  sequence: z.number().int().min(0),
  keyNumber: z.number().int().min(1),
  /** IP addresses to listen at; the empty text for none of that family. */
  listenIpv4: z.string(),
  listenIpv6: z.string(),
  port: z.number().int().min(0).max(65535),
  /** address:port; empty for where the node is seen. */
  announce: z.string(),
  apiPort: z.number().int().min(0).max(65535),
  bootstrap: z.array(z.string()),
  luminosityBits: z.number().int().min(0).max(256),
  networkShareRatio: z.number().min(0).max(1),
});
export type OldNodeFile = z.infer<typeof OLD_NODE_FILE>;

/** Who the node is. */
export function factsOf(old: OldNodeFile): NodeFacts {
  const { name, networkId, address, publicKey, nonce, sequence, keyNumber, announce } = old;
  return {
    version: 2,
    name,
    networkId,
    address,
    publicKey,
    nonce,
    sequence,
    keyNumber,
    announced: announce,
  };
}

/** Its settings, by name, as they are written now. */
export function settingsOf(old: OldNodeFile): { [name: string]: string | string[] } {
  const listening = { ipv4: old.listenIpv4, ipv6: old.listenIpv6, port: old.port };
  const orNone = (text: string): string => (text === '' ? 'none' : text);
  return {
    'node.udp.ipv4': orNone(old.listenIpv4),
    'node.udp.ipv6': orNone(old.listenIpv6),
    'node.udp.port': old.port === 0 ? 'any' : String(old.port),
    'node.udp.announce': old.announce === autoPlace(listening) ? 'auto' : orNone(old.announce),
    'node.api.port': old.apiPort === 0 ? 'any' : String(old.apiPort),
    'node.bootstrap': old.bootstrap,
    'node.luminosity': formatQuantity(old.luminosityBits, 'information'),
    'node.overlay.network_share':
      old.networkShareRatio === autoShare(listening)
        ? 'auto'
        : formatQuantity(old.networkShareRatio, 'share'),
  };
}
