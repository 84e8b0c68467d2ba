/**
 * What packets of groups tell whoever reads them: of who the members are, and of who speaks.
 *
 * Relays read the prefixes of the zones that a packet is for. Which packets belong to one group, and which to the same words, they must guess; here they
 * are told, which is the worst case. A member is exposed when a prefix that colluders have read singles out one node of the network. Who speaks
 * is judged at the end, when all that was read of the group is known (`../../observers/group-sender.ts`). The budget of a group, what the
 * whole list gives away about the set of its members, needs no observer.
 */
import {
  ADDRESS_BYTES,
  ADDRESS_WORDS,
  proximity,
  readAddress,
} from '../../../protocols/identity/proximity.ts';
import type { PeerHandle } from '../../../protocols/host.ts';
import { readUint16, readUint32 } from '../../../protocols/codec/bytes.ts';
import {
  MESSAGE_MULTICAST,
  prefixBytes,
  readMulticast,
} from '../../../protocols/routing/multicast/packet.ts';
import type { RoutingOptions } from '../../../protocols/routing/options.ts';
import {
  AT_ID,
  AT_LEVEL,
  AT_LUMINOSITY,
  AT_TARGET,
  AT_TREE,
  HEADER_BYTES,
  MESSAGE_DARK,
} from '../../../protocols/routing/packet.ts';
import type { GroupsSpec } from '../../model.ts';
import type { OverlayOptions } from '../../../protocols/overlay/options.ts';
import { groupDisclosure } from '../../observers/group-disclosure.ts';
import { GroupSenderObserver, type Handed, type WordsRead } from '../../observers/group-sender.ts';
import { Population } from '../../observers/population.ts';
import type { Watchers } from '../observe.ts';
import type { AddSample } from '../texts.ts';
import type { ZoneIndex } from '../zones.ts';
import { canFollow } from './alone.ts';
import type { Cast } from './cast.ts';
import type { Said } from './tracker.ts';

export interface ExposureSetting {
  spec: GroupsSpec;
  overlay: Pick<OverlayOptions, 'bucket' | 'symmetric'>;
  routing: RoutingOptions;
  casts: ReadonlyMap<number, Cast>;
  zones: ZoneIndex;
  words: () => Uint32Array;
  nodes: number;
  /** Undefined where nobody guesses anything of groups. */
  watchers: Watchers | undefined;
  saidIn: (idHigh: number, idLow: number) => Said | undefined;
  add: AddSample;
}

/** What colluders have read of the same words. */
interface Read {
  zones: Set<number>;
  first: number | undefined;
  /** By who has handed them on outside the zone, and within by zone and tree. */
  handed: Map<string, Handed & { bits: number }>;
  links: Map<number, Set<number>>;
}

export class GroupExposure {
  readonly #setting: ExposureSetting;
  /** Of each group, a node in each zone of its people, by prefix. */
  readonly #zones = new Map<Cast, ReadonlyMap<string, number>>();
  /** Zones that colluders have read of each group. */
  readonly #read = new Map<Cast, Set<number>>();
  readonly #readOf = new Map<Said, Read>();
  readonly #counted: Said[] = [];

  constructor(setting: ExposureSetting) {
    this.#setting = setting;
  }

  /** A datagram has come to a node. */
  arrived(node: number, from: PeerHandle, bytes: Uint8Array, offset: number, length: number): void {
    const { watchers, spec } = this.#setting;
    if (watchers?.corrupt[node] !== 1 || length < HEADER_BYTES) return;
    const each = prefixBytes(spec.luminosityBits);
    if (bytes[offset] === MESSAGE_MULTICAST) {
      const header = readMulticast(bytes, offset, length);
      const said = header && this.#setting.saidIn(header.idHigh, header.idLow);
      if (said === undefined) return;
      for (let i = 0; i < header!.count; i++)
        this.#saw(
          said,
          { from, to: node, tree: header!.tree, level: 0 },
          bytes,
          offset + header!.prefixesAt + i * each,
          header!.luminosity,
        );
    } else if (bytes[offset] === MESSAGE_DARK) {
      const id = offset + AT_ID;
      const said = this.#setting.saidIn(readUint32(bytes, id), readUint32(bytes, id + 4));
      const bits = readUint16(bytes, offset + AT_LUMINOSITY);
      if (said === undefined) return;
      const link = {
        from,
        to: node,
        tree: bytes[offset + AT_TREE]!,
        level: readUint16(bytes, offset + AT_LEVEL),
      };
      this.#saw(said, link, bytes, offset + AT_TARGET, bits);
    }
  }

  /** Words that samples are wanted of. */
  counted(said: Said): void {
    if (this.#guesses('sender')) this.#counted.push(said);
  }

  /** At the end of the run. */
  settle(): void {
    for (const cast of new Set(this.#setting.casts.values())) this.#judgeMembers(cast);
    if (this.#counted.length > 0) this.#judgeSenders();
  }

  #judgeMembers(cast: Cast): void {
    const { spec, zones, words, nodes, add } = this.#setting;
    const bits = spec.luminosityBits;
    const crowds = new Map<number, number>();
    let exposed = 0;
    for (const node of cast.people) {
      const at = node * ADDRESS_WORDS;
      const crowd = zones.count(words(), at, bits);
      const zone = this.#zonesOf(cast).get(prefixText(words(), at, bits))!;
      crowds.set(zone, crowd);
      const isRead = this.#read.get(cast)?.has(zone) === true;
      if (this.#guesses('membership'))
        add('anonymity.membership', Math.log2(isRead ? crowd : nodes), node);
      if (crowd === 1 && isRead) exposed++;
    }
    const { bits: disclosed } = groupDisclosure(nodes, cast.people.length, [...crowds.values()]);
    add('group.disclosed', disclosed, -1);
    if (this.#guesses('membership')) add('anonymity.members_exposed', exposed, -1);
  }

  #judgeSenders(): void {
    const { spec, overlay, routing, casts, words, nodes, watchers, add } = this.#setting;
    const { bucket, symmetric } = overlay;
    const { corrupt, observer: eyes } = watchers!;
    const seesPrevious = eyes.sees.includes('previous hop');
    const seesTime = eyes.sees.includes('time');
    const observer = new GroupSenderObserver(
      new Population({ nodes, addresses: words(), corrupt, bucket, symmetric }),
      {
        luminosityBits: spec.luminosityBits,
        bucket,
        symmetric,
        randomPeer: routing.randomPeer,
        detourBits: spec.mode === 'unicast' ? 0 : routing.detourBits,
        followsWays: canFollow(routing) && seesPrevious,
      },
    );
    // Whoever has no clock takes for the first who was the farthest off, and whoever does not see who hands things on knows of none.
    const firstOf = (one: Read): number | undefined =>
      seesPrevious ? (seesTime ? one.first : farthest(one)) : undefined;
    const read = new Map(
      [...this.#readOf].map(([said, one]) => [said, wordsRead(said, one, firstOf(one))]),
    );
    observer.learn(read.values());
    for (const said of this.#counted) {
      const { sender } = said;
      if (corrupt[sender] === 1) continue;
      const words = read.get(said);
      add('anonymity.seen', words === undefined ? 0 : 1, sender);
      if (words === undefined) continue;
      const cast = casts.get(sender)!;
      const group = { members: cast.people.length, zones: this.#read.get(cast)! };
      const guess = observer.judge(group, words)!;
      add('anonymity.sender_entropy', guess.entropyBits, sender);
      add('anonymity.sender_min_entropy', guess.minEntropyBits, sender);
      add('anonymity.sender_best_guess', guess.bestGuess, sender);
      add('anonymity.sender_log_loss', guess.logLossBits, sender);
      add('anonymity.sender_found', guess.found ? 1 : 0, sender);
    }
  }

  #guesses(what: 'membership' | 'sender'): boolean {
    return this.#setting.watchers?.observer.guesses.includes(what) === true;
  }

  /** A colluder has read a prefix. */
  #saw(
    said: Said,
    link: Omit<Handed, 'towards'>,
    bytes: Uint8Array,
    at: number,
    bits: number,
  ): void {
    const { casts, words } = this.#setting;
    const cast = casts.get(said.sender)!;
    const address = new Uint8Array(ADDRESS_BYTES);
    address.set(bytes.subarray(at, at + prefixBytes(bits)));
    const target = new Uint32Array(ADDRESS_WORDS);
    readAddress(address, 0, target, 0);
    const zone = this.#zonesOf(cast).get(prefixText(target, 0, bits));
    if (zone === undefined) return;
    const zones = this.#read.get(cast) ?? new Set();
    this.#read.set(cast, zones.add(zone));
    if (!this.#guesses('sender')) return;
    let read = this.#readOf.get(said);
    if (read === undefined) {
      read = { zones: new Set(), first: undefined, handed: new Map(), links: new Map() };
      this.#readOf.set(said, read);
    }
    read.zones.add(zone);
    const { from, to, tree, level } = link;
    if (this.#setting.watchers!.corrupt[from] === 1) return;
    read.first ??= from;
    read.links.set(from, (read.links.get(from) ?? new Set()).add(to));
    const shared = proximity(words(), from * ADDRESS_WORDS, target, 0);
    const isWithin = shared >= bits;
    const key = isWithin ? `zone ${zone}/${tree}` : `${from}`;
    const known = read.handed.get(key);
    const order = isWithin ? level : shared;
    // Within the zone a level of at most the luminosity has not come from who answers for it.
    if (isWithin && level <= bits) return;
    if (known === undefined || order < known.bits)
      read.handed.set(key, { ...link, level: isWithin ? level : 0, towards: zone, bits: order });
  }

  #zonesOf(cast: Cast): ReadonlyMap<string, number> {
    const { words, spec } = this.#setting;
    let zones = this.#zones.get(cast);
    if (zones === undefined) {
      zones = new Map(
        cast.people.map((node) => [
          prefixText(words(), node * ADDRESS_WORDS, spec.luminosityBits),
          node,
        ]),
      );
      this.#zones.set(cast, zones);
    }
    return zones;
  }
}

function farthest({ handed }: Read): number | undefined {
  let found: (Handed & { bits: number }) | undefined;
  for (const one of handed.values()) if (found === undefined || one.bits < found.bits) found = one;
  return found?.from;
}

function wordsRead(
  { sender }: Said,
  { zones, handed, links }: Read,
  first: number | undefined,
): WordsRead {
  return {
    sender,
    zones,
    first,
    handed: [...handed.values()],
    links: new Map([...links].map(([from, to]) => [from, to.size])),
  };
}

/** The first bits of an address as text. */
function prefixText(words: Uint32Array, at: number, bits: number): string {
  let text = '';
  for (let left = bits, i = at; left > 0; left -= 32, i++)
    text += `${left >= 32 ? words[i]! : words[i]! >>> (32 - left)}/`;
  return text;
}
