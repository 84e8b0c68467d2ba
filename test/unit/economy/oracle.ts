/**
 * The accounting rules once more, as directly as they can be written: maps keyed by text, sorted candidate lists, no incremental balances. For comparison
 * with the kernel on small networks.
 */
import type { TokenRules } from '../../../scenarios/economy/rules.ts';

export interface OracleNode {
  id: number;
  /** Node indices, in the order of the buckets' lists. */
  neighbours: number[];
}

const bitLength = (x: number): number => (x === 0 ? 0 : x.toString(2).length);

export class Oracle {
  readonly debts = new Map<string, number>();
  readonly forgivenAt = new Map<string, number>();
  readonly income: number[];
  readonly cost: number[];
  readonly forwards: number[];
  readonly served: number[];
  readonly nodes: OracleNode[];
  readonly bits: number;
  readonly rules: TokenRules;
  requests = 0;

  constructor(nodes: OracleNode[], bits: number, rules: TokenRules) {
    this.nodes = nodes;
    this.bits = bits;
    this.rules = rules;
    const zeros = () => nodes.map(() => 0);
    this.income = zeros();
    this.cost = zeros();
    this.forwards = zeros();
    this.served = zeros();
  }

  debt(from: number, to: number): number {
    return this.debts.get(`${from}>${to}`) ?? 0;
  }

  knows(from: number, to: number): boolean {
    return this.nodes[from]!.neighbours.includes(to);
  }

  owed(from: number, to: number): number {
    // A debt the other way exists only along an edge of the other's own.
    const back = this.rules.reciprocity && this.knows(to, from) ? this.debt(to, from) : 0;
    return this.debt(from, to) - back;
  }

  price(node: number, chunk: number): number {
    const order = this.bits - bitLength(this.nodes[node]!.id ^ chunk);
    const { priceOrderMax, priceUnit } = this.rules;
    return (priceOrderMax - Math.min(order, priceOrderMax) + 1) * priceUnit;
  }

  within(from: number, to: number, chunk: number, epoch: number): boolean {
    const { rules } = this;
    if (!rules.limited) return true;
    const length = bitLength(this.nodes[from]!.id ^ this.nodes[to]!.id);
    const threshold = rules.adjustable ? length : rules.threshold;
    const price = this.price(to, chunk);
    if (this.owed(from, to) + price <= threshold) return true;
    const key = `${from}>${to}`;
    const last = this.forgivenAt.get(key) ?? 0;
    if (!rules.forgiveness || epoch <= last) return false;
    let rate = rules.refreshRate;
    if (rules.adjustable) {
      rate = (threshold / rules.threshold) * rules.refreshRate;
      if (threshold < rules.threshold) rate /= 2;
      rate = rate < 1 ? 1 : Math.floor(rate);
    }
    this.debts.set(key, Math.max(0, this.debt(from, to) - rate * (epoch - last)));
    this.forgivenAt.set(key, epoch);
    return this.owed(from, to) + price <= threshold;
  }

  /** @returns 'found', 'local', 'access' or 'threshold', and the route */
  request(originator: number, chunk: number, depth: number): { outcome: string; route: number[] } {
    const epoch = Math.floor(this.requests++ / this.rules.requestsPerEpoch);
    const proximity = (node: number) => this.bits - bitLength(this.nodes[node]!.id ^ chunk);
    const route = [originator];
    const payers: boolean[] = [];
    while (proximity(route.at(-1)!) < depth) {
      const here = route.at(-1)!;
      const distance = (node: number) => this.nodes[node]!.id ^ chunk;
      // Same bucket as the chunk: the candidates differ from this node at the bit where the chunk does.
      const bucket = this.nodes[here]!.neighbours.filter(
        (other) => bitLength(distance(other)) < bitLength(distance(here)),
      );
      let best: number | undefined;
      const refused: number[] = [];
      for (const other of bucket) {
        if (best !== undefined && distance(other) >= distance(best)) continue;
        if (this.within(here, other, chunk, epoch)) best = other;
        else refused.push(other);
      }
      refused.sort((a, b) => distance(a) - distance(b));
      const pays = best === undefined;
      const next = best ?? refused[0];
      if (next === undefined) return { outcome: 'access', route };
      if (pays) {
        const { payment } = this.rules;
        const may =
          payment === 'every-hop' ||
          payment === 'force-originator' ||
          (payment === 'originator-only' && route.length === 1) ||
          (payment === 'if-originator-pays' && (route.length === 1 || payers.at(-1)!));
        if (!may) return { outcome: 'threshold', route };
      }
      payers.push(pays);
      route.push(next);
    }
    if (route.length === 1) return { outcome: 'local', route };
    if (this.rules.payment === 'force-originator') {
      const last = payers.lastIndexOf(true);
      for (let i = 0; i <= last; i++) payers[i] = true;
    }
    payers.forEach((pays, hop) => this.settle(route[hop]!, route[hop + 1]!, chunk, pays, hop));
    route.slice(1, -1).forEach((node) => this.forwards[node]!++);
    this.served[route.at(-1)!]!++;
    return { outcome: 'found', route };
  }

  settle(from: number, to: number, chunk: number, pays: boolean, hop: number): void {
    const price = this.price(to, chunk);
    const amount = this.rules.paid === 'request' ? price : this.owed(from, to) + price;
    if (!pays || amount <= 0) {
      this.debts.set(`${from}>${to}`, this.debt(from, to) + price);
      return;
    }
    if (this.rules.paid === 'balance') {
      this.debts.set(`${from}>${to}`, 0);
      if (this.rules.reciprocity && this.knows(to, from)) this.debts.set(`${to}>${from}`, 0);
    }
    this.income[to]! += amount;
    if (hop === 0) this.cost[from]! += amount;
    else this.income[from]! -= amount;
  }
}
