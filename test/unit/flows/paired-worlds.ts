/** Towns that differ in one thing only: same seed, so the same addresses, traffic and ways. What strategies bring in them, and what theory has to go by. */
import { intervalOf } from '../../../scenarios/expect/student.ts';
import { buildFlows } from '../../../scenarios/flows/build.ts';
import { RATE } from '../../../scenarios/money/rate.ts';
import { runScenario } from '../../../scenarios/run/run.ts';
import { scenarioOf } from '../../support/scenario.ts';

export const MFT = 1_000_000_000;
export const SEEDS = [1, 2, 3, 4, 5, 6];
/** Links that may serve as the first of a way: as many as the world tries. */
const RANKS = 3;
/** As expectations over seeds have it. */
const COVERAGE = 0.95;
/** Which of two links as good as each other a way takes is drawn; so often it is asked for, so that none is missed. */
const DRAWS = 50;
export const TEST_MS = 240_000;

export interface Setting {
  /** Keys of the deviating role, after its count. */
  does: string;
  people?: number;
  deviators?: number;
  days?: number;
  money?: string;
  traffic: string;
}

/** Threshold and disconnect threshold: half a MFT and one. */
const textOf = ({
  does,
  people = 15,
  deviators = 1,
  days = 2,
  money = '',
  traffic,
}: Setting): string => `
scenario: town
uses: [mainframe-2018]
world: { nodes: ${people}, duration: ${days} d, warmup: 1 h, detail: flows, suite: modelled }
roles: { steady: { count: ${people - deviators} }, other: { count: ${deviators}${does} } }
services: { overlay: { bucket: 2 } }
money: { tolerance: 100%, chain: { fee: 0 MFT per call }${money.includes('threshold') ? '' : ', threshold: 0.5 MFT'}${money} }
traffic: [${traffic}]
`;
const LINE_UNITS = MFT;

export const onlyBuys = '{ from: other, volume: 1 GiB per day }';
/** Time to use all credit before the first invoice is due; then one protest is enough. */
export const strict = ', deadline: 48 h, min_score: 0.49, protest_fee: 0.1 MFT';
export const allBuy = '{ volume: 300 MiB per day }';

export async function run(setting: Setting, seed: number) {
  const summary = await runScenario(scenarioOf(textOf(setting)), { seed, observe: true });
  const { profit, unpaid } = summary.byRole['other']!;
  return {
    digest: summary.digest,
    profitUnits: profit!.mean,
    unpaidUnits: unpaid!.mean,
    summary,
  };
}

/** Mean and the ends of its interval. */
export function between(values: readonly number[]): { low: number; high: number } {
  const { mean, halfWidth } = intervalOf(values, COVERAGE);
  return { low: mean - halfWidth!, high: mean + halfWidth! };
}

/**
 * What the deviators of a world can owe to others, from its map alone: each a whole line of credit with each neighbour that is a relay on a way of its own. What they
 * owe one another is nobody's gain.
 */
export function creditOf(setting: Setting, seed: number): number {
  const { world, close } = buildFlows(scenarioOf(textOf(setting)), { seed });
  const { town } = world;
  let lines = 0;
  for (const { place, role } of town.atPlace) {
    if (role !== 1) continue;
    const relays = new Set<number>();
    for (const { place: to } of town.atPlace)
      for (let turn = 0; to !== place && turn < DRAWS * RANKS; turn++) {
        const way = town.way(place, to, turn % RANKS);
        if (way === undefined) continue;
        // Next to the recipient nobody is paid, and no other way is tried.
        if (way.length === 2) break;
        relays.add(way[1]!);
      }
    lines += [...relays].filter((relay) => town.atPlace[relay]!.role !== 1).length;
  }
  close();
  return lines * LINE_UNITS;
}

/** Names that lived at the deviator's place, and what each owed in the end. */
export function debtsOf(setting: Setting, seed: number): number[] {
  const scenario = scenarioOf(textOf(setting));
  const { world, close } = buildFlows(scenario, { seed });
  world.run(scenario.world.durationUs);
  const { place } = world.town.atPlace.find(({ role }) => role === 1)!;
  const debts = world.town.persons
    .filter((person) => person.place === place)
    .map(({ known, number }) =>
      known.reduce((sum, { swap }) => sum + Math.max(0, swap.pair(number)?.balance ?? 0), 0),
    );
  close();
  return debts;
}

/** Fees of protests that a world's ledger has burned. */
export function burnedUnits(setting: Setting, seed: number): number {
  const scenario = scenarioOf(textOf(setting));
  const { world, close } = buildFlows(scenario, { seed });
  world.run(scenario.world.durationUs);
  close();
  return RATE.wholeUnits(world.town.bank.tokens().burned);
}
