/** The groups of a world: who is in them, what their nodes need, who follows them. */
import type { CryptoSuite } from '../../../protocols/crypto/port.ts';
import type { HostedNode } from '../../../protocols/host.ts';
import { ADDRESS_WORDS, readAddress } from '../../../protocols/identity/proximity.ts';
import { accountFromPublicKey } from '../../../protocols/identity/address.ts';
import {
  DEFAULT_GROUP_OPTIONS,
  EXACT_BITS,
  type GroupOptions,
} from '../../../protocols/node/group-options.ts';
import type { StreamFactory } from '../../../sim/random/streams.ts';
import type { MemoryVault } from '../../../sim/vault.ts';
import type { GroupsSpec } from '../../model.ts';
import type { OverlayOptions } from '../../../protocols/overlay/options.ts';
import type { MetricBook } from '../metric-book.ts';
import type { Watchers } from '../observe.ts';
import { SIMULATED_NETWORK_ID, type Identity, type KeyRing } from '../population.ts';
import type { Company } from '../user-node.ts';
import type { ScenarioWorld } from '../world-port.ts';
import type { ZoneIndex } from '../zones.ts';
import { canFollow, datagramsAlone, type Ways } from './alone.ts';
import { castGroups, type Cast } from './cast.ts';
import { GroupExposure } from './exposure.ts';
import { Overheard } from './overheard.ts';
import type { GroupFollower } from './follower.ts';
import { GroupTracker } from './tracker.ts';
import { GroupUser } from './user.ts';

/** What a run observes of its groups. */
export interface GroupEyes {
  event(node: number, event: number, a: number, b: number, c: number, d: number): void;
  settle(nowUs: number): void;
  /** At the end of the run. */
  close(): void;
}

export class GroupWorld {
  readonly #spec: GroupsSpec;
  readonly #casts: ReadonlyMap<number, Cast>;
  readonly #accounts = new Map<number, Uint8Array>();
  readonly #nodes: number;
  #follower: GroupFollower | undefined;

  constructor(spec: GroupsSpec, nodes: number, streams: StreamFactory) {
    this.#spec = spec;
    this.#casts = castGroups(spec, nodes, streams);
    this.#nodes = nodes;
  }

  /** What node number `node` needs, if it is in a group. */
  company(
    suite: CryptoSuite,
    world: Pick<ScenarioWorld, 'peers'>,
    keys: KeyRing,
    node: number,
    identity: Identity,
    vault: MemoryVault,
  ): Company | undefined {
    const cast = this.#casts.get(node);
    if (cast === undefined) return undefined;
    const { accountSecret, nonce } = identity;
    if (accountSecret === undefined) throw new Error('members of groups need an account key');
    const account = accountFromPublicKey(suite, suite.accountPublicKey(accountSecret)).slice();
    this.#accounts.set(node, account);
    const words = new Uint32Array(ADDRESS_WORDS);
    return {
      groupSelf: { account, nonce, accountSecret },
      networkId: SIMULATED_NETWORK_ID,
      groupVault: vault,
      groups: optionsOf(this.#spec),
      card(address) {
        readAddress(address, 0, words, 0);
        const peer = world.peers.lookup(words, 0);
        return peer < 0 ? undefined : { address, publicKey: keys.key(peer).publicKey };
      },
      makeUser: (host) =>
        new GroupUser(host, {
          spec: this.#spec,
          cast,
          nodes: this.#nodes,
          ledger: () => this.#follower?.ledger,
          invite: (id) => {
            cast.id = id;
            this.#follower?.begun?.(cast.index, id);
          },
        }),
    };
  }

  /** A node as its host sees it: what comes to it is read by whoever watches. */
  overheard(node: number, hosted: HostedNode): HostedNode {
    return new Overheard(hosted, (from, bytes, offset, length) => {
      this.#follower?.arrived(node, from, bytes, offset, length);
    });
  }

  /** Hands the invitation to a group to all its people. @param id hexadecimal */
  invite(group: number, id: string): void {
    for (const cast of this.#casts.values()) if (cast.index === group) cast.id = id;
  }

  /** Tells somebody of everything, from now on. */
  tell(follower: GroupFollower): void {
    this.#follower = follower;
  }

  /** What measures, and whom people and nodes have to tell for it. */
  watch(
    suite: CryptoSuite,
    world: ScenarioWorld,
    zones: ZoneIndex,
    overlay: Pick<OverlayOptions, 'bucket' | 'symmetric'>,
    watchers: Watchers | undefined,
    book: MetricBook,
    fromUs: number,
    ways: Ways,
  ): { eyes: GroupEyes; follower: GroupFollower } {
    const add = (metric: string, value: number, node: number): void => {
      book.add(metric, value, node);
    };
    const tracker = new GroupTracker({
      suite,
      casts: this.#casts,
      accounts: this.#accounts,
      datagramsAlone: (from, to) =>
        canFollow(ways.routing) ? datagramsAlone(ways, from, to, EXACT_BITS) : 0,
      nowUs: () => world.nowUs,
      add,
      counted: (said) => {
        exposure.counted(said);
      },
      fromUs,
      lifetimeUs: ways.routing.lifetimeUs,
    });
    const exposure = new GroupExposure({
      spec: this.#spec,
      overlay,
      routing: ways.routing,
      casts: this.#casts,
      zones,
      words: () => world.peers.words,
      nodes: world.size,
      watchers,
      saidIn: (idHigh, idLow) => tracker.saidIn(idHigh, idLow),
      add,
    });
    return {
      eyes: {
        event(node, event, a, b, c, d) {
          tracker.event(node, event, a, b, c, d);
        },
        settle(nowUs) {
          tracker.settle(nowUs);
        },
        close() {
          exposure.settle();
        },
      },
      follower: {
        ledger: tracker,
        arrived: (node, from, bytes, offset, length) => {
          exposure.arrived(node, from, bytes, offset, length);
        },
      },
    };
  }
}

function optionsOf({ mode, luminosityBits, rekeyOn }: GroupsSpec): GroupOptions {
  return {
    ...DEFAULT_GROUP_OPTIONS,
    together: mode !== 'unicast',
    luminosityBits,
    commitOnJoin: rekeyOn.includes('join'),
    commitOnLeave: rekeyOn.includes('leave'),
  };
}
