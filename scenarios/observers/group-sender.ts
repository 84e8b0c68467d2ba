/**
 * Bayes over who in a group has said something, from what colluders read of the packets that carry it.
 *
 * Colluders are told which packets belong to a group and which of them carry the same words: the worst case. Then four things speak of the sender.
 *
 * *The group.* Whoever speaks is a member, and members are who others' words go to. Over a run nearly all members' zones come past. Of a zone that was read
 * one node at least is a member, any of them alike; members beyond one for each zone may be anybody.
 *
 * *The list.* Nobody writes to themselves: of the members, the one whose zone does not stand on the lists of these words is the sender, if those lists
 * are all there is. How many zones were read of these words says how telling it is that one was not. In a zone of many nodes
 * another member may live, for whom it stands on the list all the same.
 *
 * *The way.* A relay hands a packet on to somebody nearer to the destination, so where it came from is the sender, or somebody farther off than it has
 * passed it there. At the beginning of a way nobody is. (`PathModel`.) Whoever speaks hands their words to many at once, so somebody whom no colluder has
 * had them from is less likely to be who it was.
 *
 * *The zone.* A tree is rooted where it came into its zone, or in the sender, if the zone is their own. (As for single packets, `copy-evidence.ts`.) Both this
 * and the way need trees without a stem.
 *
 * Exact in what a list or one link says; approximate in taking them as independent, ways that share a beginning among them, in the law of ways with
 * detours, and in people who are away and look like somebody who speaks. Of times only who was first is used, for `found`: a better observer would
 * know that early copies have come fewer hops. Colluders who are members themselves read the words and need not guess; that is not counted here.
 */
import { addRun, emptyCell, scoreCells, type Cell, type Guess } from './judgement.ts';
import { PathModel, type PathOptions } from './path-model.ts';
import type { Population, Profile } from './population.ts';

/** What colluders have read of a group in a whole run. */
export interface GroupRead {
  /** How many people it has; told, too. */
  members: number;
  /** A node of each zone that has come past on a list. */
  zones: ReadonlySet<number>;
}

/** Somebody who does not collude has handed words to a colluder. */
export interface Handed {
  from: number;
  to: number;
  /** Which of the trees of these words the packet belongs to. */
  tree: number;
  /** A node of the zone that they were on their way to. */
  towards: number;
  /** Bits of the address that the colluder answers for, in the zone's tree; 0 before the zone. */
  level: number;
}

/** What colluders have read of the words. */
export interface WordsRead {
  sender: number;
  /** A node of each zone that stood on a list of them, as in `GroupRead`. */
  zones: ReadonlySet<number>;
  /** The first who was seen to hand them on, of those that do not collude. */
  first: number | undefined;
  /** Of everybody outside a zone, what began nearest to it; within, of each tree what its relay answers for most. */
  handed: readonly Handed[];
  /** To how many colluders everybody has handed them. */
  links: ReadonlyMap<number, number>;
}

export interface GroupSenderOptions extends PathOptions {
  luminosityBits: number;
  /** Ways can be followed. */
  followsWays: boolean;
}

interface Way {
  profile: Profile;
  model: PathModel;
}

export class GroupSenderObserver {
  readonly #population: Population;
  readonly #options: GroupSenderOptions;
  readonly #ways = new Map<number, Way>();
  /** Nodes that somebody hands their own words to; 0 while nothing is known of that. */
  #firstLinks = 0;

  constructor(population: Population, options: GroupSenderOptions) {
    this.#population = population;
    this.#options = options;
  }

  /**
   * Learns from all that was read how many nodes somebody hands their own words to: of those who are known for sure to have spoken, because nobody
   * is farther off, one link was seen, and a colluders' share of all others.
   */
  learn(read: Iterable<WordsRead>): void {
    let senders = 0;
    let others = 0;
    for (const { handed, links } of read)
      for (const one of handed)
        if (this.#isFarthest(one)) {
          senders++;
          others += links.get(one.from)! - 1;
        }
    if (senders > 0) this.#firstLinks = 1 + others / senders / this.#corruptRatio;
  }

  /** @returns undefined if the sender colludes: there is nothing to guess. */
  judge(group: GroupRead, words: WordsRead): (Guess & { found: boolean }) | undefined {
    const population = this.#population;
    if (population.corrupt[words.sender] === 1) return undefined;
    const onList = this.#byLists(group, words);
    const all = Float64Array.from(onList);
    if (this.#options.followsWays) {
      for (const one of words.handed) this.#byWay(all, one);
      this.#byAbsence(all, words.links);
    }
    const guess =
      this.#score(all, words.sender) ??
      // Somebody has passed it on as the rules do not have it: by a retry, or by a table that has changed.
      this.#score(onList, words.sender) ??
      this.#score(new Float64Array(population.nodes).fill(1), words.sender)!;
    return { ...guess, found: words.first === words.sender };
  }

  /** By rank: how likely everybody is to be a member whom these lists leave out. */
  #byLists({ members, zones }: GroupRead, words: WordsRead): Float64Array {
    const { nodes } = this.#population;
    const anybody = Math.max(0, members - zones.size) / nodes;
    const likelihood = new Float64Array(nodes).fill(anybody);
    // Of the zones of the others, how many come past with the same words; one is the sender's own. Half of one is added, so that it is never all.
    const others = Math.max(1, zones.size - 1);
    const read = Math.min(words.zones.size + 0.5, others) / (others + 0.5);
    for (const zone of zones) {
      const [low, high] = this.#runOf(zone);
      const size = high - low;
      // That somebody else is a member in the sender's zone.
      const shared = 1 - (1 - (size - 1) / nodes) ** (members - 1);
      const listed = words.zones.has(zone) ? shared : (1 - shared * read) / (1 - read);
      for (let rank = low; rank < high; rank++) likelihood[rank] = (anybody + 1 / size) * listed;
    }
    return likelihood;
  }

  /** Multiplies by how likely it is that words of each node come to `from`, and on from there. */
  #byWay(likelihood: Float64Array, { from, to, tree, towards, level }: Handed): void {
    const population = this.#population;
    const { rank } = population;
    const { profile, model } = this.#wayTo(towards);
    const own = model.classOf(profile.sharedBits(rank[from]!));
    const reach = model.reach(own, tree);
    const isWithin = own === model.zone;
    // Within the zone whoever answers for a prefix is as good as drawn from it, unless they are where the tree is rooted.
    const part = isWithin ? population.profile(from, level - 1) : undefined;
    const [low, high] = part ? [part.low(level - 1), part.high(level - 1)] : [0, 0];
    const within = 1 / (high - low);
    const honestWithin = model.honest[model.zone]! - population.honest(low, high);
    // What comes to the zone from outside comes to any of its nodes.
    const before = isWithin
      ? (1 + honestWithin * within) / model.honest[model.zone]!
      : 1 / model.honest[own]!;
    // Trees part at once: each but the first takes what the others leave, where they begin.
    const next = model.classOf(profile.sharedBits(rank[to]!));
    const byBest = model.steps(own, 0)[next]!;
    const suspect = byBest > 0 ? model.steps(own, tree)[next]! / byBest : 1;
    for (let at = 0; at < likelihood.length; at++) {
      if (likelihood[at] === 0) continue;
      if (at === rank[from]) likelihood[at]! *= suspect;
      else if (at >= low && at < high) likelihood[at] = 0;
      else {
        const c = model.classOf(profile.sharedBits(at));
        if (c < own) likelihood[at]! *= reach[c]! * before;
        else likelihood[at]! *= isWithin ? within : 0;
      }
    }
  }

  /** Multiplies by how likely it is that nobody else whom a node would have handed its own words to colludes. */
  #byAbsence(likelihood: Float64Array, links: ReadonlyMap<number, number>): void {
    const { order } = this.#population;
    const unseen = 1 - this.#corruptRatio;
    for (let at = 0; at < likelihood.length; at++)
      likelihood[at]! *= unseen ** Math.max(0, this.#firstLinks - (links.get(order[at]!) ?? 0));
  }

  get #corruptRatio(): number {
    const { nodes } = this.#population;
    return 1 - this.#population.honest(0, nodes) / nodes;
  }

  /** Whether nobody can have handed somebody what they have handed on. */
  #isFarthest({ from, towards }: Handed): boolean {
    const { profile, model } = this.#wayTo(towards);
    return model.zone > 0 && model.classOf(profile.sharedBits(this.#population.rank[from]!)) === 0;
  }

  #score(likelihood: Float64Array, sender: number): Guess | undefined {
    const population = this.#population;
    const cells = new Map<number, Cell>();
    for (let rank = 0; rank < likelihood.length; rank++) {
      const value = likelihood[rank]!;
      let cell = cells.get(value);
      if (cell === undefined) cells.set(value, (cell = emptyCell(value)));
      addRun(cell, population, rank, rank + 1, 1);
    }
    return scoreCells(
      [...cells.values()],
      likelihood[population.rank[sender]!]!,
      population.weights[sender]!,
    );
  }

  #runOf(zone: number): readonly [number, number] {
    const { profile } = this.#wayTo(zone);
    const { luminosityBits } = this.#options;
    return [profile.low(luminosityBits), profile.high(luminosityBits)];
  }

  #wayTo(zone: number): Way {
    let way = this.#ways.get(zone);
    if (way === undefined) {
      const { luminosityBits } = this.#options;
      const profile = this.#population.profile(zone, luminosityBits);
      const model = new PathModel(this.#population, profile, luminosityBits, this.#options);
      this.#ways.set(zone, (way = { profile, model }));
    }
    return way;
  }
}
