/**
 * What packets of groups tell whoever reads them of who the members are.
 *
 * Relays read the prefixes of the zones that a packet is for. Which packets belong to one group they must guess; here they are told, which is the worst
 * case. A member is exposed when a prefix that colluders have read singles out one node of the network. The budget of a group, what the
 * whole list gives away about the set of its members, needs no observer.
 */
import {
  ADDRESS_BYTES,
  ADDRESS_WORDS,
  readAddress,
} from '../../../protocols/identity/proximity.ts';
import { readUint16, readUint32 } from '../../../protocols/codec/bytes.ts';
import {
  MESSAGE_MULTICAST,
  prefixBytes,
  readMulticast,
} from '../../../protocols/routing/multicast/packet.ts';
import {
  AT_ID,
  AT_LUMINOSITY,
  AT_TARGET,
  HEADER_BYTES,
  MESSAGE_DARK,
} from '../../../protocols/routing/packet.ts';
import type { GroupsSpec } from '../../model.ts';
import { groupDisclosure } from '../../observers/group-disclosure.ts';
import type { AddSample } from '../texts.ts';
import type { ZoneIndex } from '../zones.ts';
import type { Cast } from './cast.ts';

export interface ExposureSetting {
  spec: GroupsSpec;
  casts: ReadonlyMap<number, Cast>;
  zones: ZoneIndex;
  words: () => Uint32Array;
  nodes: number;
  /** 1 for nodes that collude; undefined where no node does. */
  corrupt: Uint8Array | undefined;
  groupOf: (idHigh: number, idLow: number) => Cast | undefined;
  add: AddSample;
}

export class GroupExposure {
  readonly #setting: ExposureSetting;
  /** Prefixes that colluders have read of each group, as text. */
  readonly #read = new Map<Cast, Set<string>>();

  constructor(setting: ExposureSetting) {
    this.#setting = setting;
  }

  /** A datagram has come to a node. */
  arrived(node: number, bytes: Uint8Array, offset: number, length: number): void {
    const { corrupt, spec } = this.#setting;
    if (corrupt?.[node] !== 1 || length < HEADER_BYTES) return;
    const each = prefixBytes(spec.luminosityBits);
    if (bytes[offset] === MESSAGE_MULTICAST) {
      const header = readMulticast(bytes, offset, length);
      if (header === undefined) return;
      for (let i = 0; i < header.count; i++)
        this.#saw(
          header.idHigh,
          header.idLow,
          bytes,
          offset + header.prefixesAt + i * each,
          header.luminosity,
        );
    } else if (bytes[offset] === MESSAGE_DARK) {
      const [high, low] = [
        readUint32(bytes, offset + AT_ID),
        readUint32(bytes, offset + AT_ID + 4),
      ];
      const bits = readUint16(bytes, offset + AT_LUMINOSITY);
      this.#saw(high, low, bytes, offset + AT_TARGET, bits);
    }
  }

  /** At the end of the run: one sample for each group. */
  settle(): void {
    const { spec, casts, zones, words, nodes, corrupt, add } = this.#setting;
    const bits = spec.luminosityBits;
    const all = Math.log2(nodes);
    for (const cast of new Set(casts.values())) {
      const zoneOf = new Map<string, number>();
      let exposed = 0;
      for (const node of cast.people) {
        const at = node * ADDRESS_WORDS;
        const crowd = zones.count(words(), at, bits);
        const prefix = prefixText(words(), at, bits);
        zoneOf.set(prefix, crowd);
        const isRead = this.#read.get(cast)?.has(prefix) === true;
        if (corrupt !== undefined)
          add('anonymity.membership', isRead ? Math.log2(crowd) : all, node);
        if (crowd === 1 && isRead) exposed++;
      }
      add(
        'group.disclosed',
        groupDisclosure(nodes, cast.people.length, [...zoneOf.values()]).bits,
        -1,
      );
      if (corrupt !== undefined) add('anonymity.members_exposed', exposed, -1);
    }
  }

  #saw(idHigh: number, idLow: number, bytes: Uint8Array, at: number, bits: number): void {
    const cast = this.#setting.groupOf(idHigh, idLow);
    if (cast === undefined) return;
    const address = new Uint8Array(ADDRESS_BYTES);
    address.set(bytes.subarray(at, at + prefixBytes(bits)));
    const target = new Uint32Array(ADDRESS_WORDS);
    readAddress(address, 0, target, 0);
    const read = this.#read.get(cast) ?? new Set();
    this.#read.set(cast, read);
    read.add(prefixText(target, 0, bits));
  }
}

/** The first bits of an address as text. */
function prefixText(words: Uint32Array, at: number, bits: number): string {
  let text = '';
  for (let left = bits, i = at; left > 0; left -= 32, i++)
    text += `${left >= 32 ? words[i]! : words[i]! >>> (32 - left)}/`;
  return text;
}
