/** Makes a world of flows out of a scenario: who lives there, what they owe each other by which rules, and the ledger they settle on. */
import { createSuite } from '../../protocols/crypto/suites.ts';
import { PeerBook } from '../../protocols/identity/peer-book.ts';
import { Engine } from '../../sim/engine.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import type { MarketRules, ResolvedScenario } from '../model.ts';
import { MetricBook } from '../run/metric-book.ts';
import type { RunOptions } from '../run/options.ts';
import { assignRoles, drawIdentity } from '../run/population.ts';
import { CHAIN_PARTY } from '../../sim/ledger/host.ts';
import { evmBank, modelBank, modelledSigners, realSigners } from '../money/executors.ts';
import { Market } from './market.ts';
import { Measures } from './measure.ts';
import { RATE } from '../money/rate.ts';
import { TokenFlows } from '../money/token-flow.ts';
import { OwnScores, SharedScores } from '../money/scores.ts';
import { scoreOptions, swapOptions } from '../money/terms.ts';
import { layOut, Town } from './town.ts';
import { walletUnits } from '../money/wallet.ts';
import type { Bank } from '../money/bank.ts';
import { EVENT_CHAIN, FlowWorld } from './world.ts';

export interface BuiltFlows {
  world: FlowWorld;
  collector: MetricBook;
  measures: Measures;
  /** Ends what runs beside this thread. */
  close(): void;
}

export function buildFlows(scenario: ResolvedScenario, options: RunOptions): BuiltFlows {
  const { nodes } = scenario.world;
  const money = scenario.money!;
  const suite = createSuite(scenario.world.suite);
  const streams = new StreamFactory(options.seed);
  const roleOf = assignRoles(scenario.roles, nodes, streams);
  const peers = new PeerBook(nodes);
  for (let place = 0; place < nodes; place++) {
    const { address, endpoint } = drawIdentity(suite, streams, place, false);
    peers.intern(address, 0, endpoint, 0);
  }
  const tables = layOut(peers, nodes, scenario.services.overlay, (place) =>
    streams.stream(`overlay/${place}`),
  );
  const isEvm = money.ledger === 'evm';
  const signers = isEvm ? realSigners(suite, streams) : modelledSigners(suite);
  const accounts = Array.from({ length: nodes }, (_, place) => signers(place).account);
  const wallets = accounts.map((account, place) => {
    const { depositUnits } = scenario.roles[roleOf[place]!]!;
    return [account, RATE.toWei(depositUnits! + walletUnits(money))] as const;
  });
  const bankOptions = {
    blockUs: money.chain.blockUs,
    feeWei: RATE.toWei(money.chain.feeUnits),
    protestFeeWei: RATE.toWei(money.protestFeeUnits),
    wallets,
  };
  const evm = isEvm ? evmBank(suite, bankOptions) : undefined;
  const bank = evm?.bank ?? modelBank(suite, bankOptions);
  const engine = new Engine(nodes + 2);
  const isMarket = money.chain.market !== undefined;
  // A chain with a market is heard of late and differently by everybody; its log is not followed.
  const flows = isMarket ? undefined : new TokenFlows(wallets, () => engine.nowUs);
  if (flows !== undefined)
    bank.onLog = (events) => {
      flows.see(events);
    };
  const chequebooks = accounts.map((account, place) => {
    const wei = RATE.toWei(scenario.roles[roleOf[place]!]!.depositUnits!);
    return bank.openChequebook(account, wei, place);
  });
  const collector = new MetricBook(roleOf);
  const measures = new Measures(collector, scenario);
  const market = money.chain.market === undefined ? undefined : marketOf(bank, money.chain.market);
  const town = new Town({
    peers,
    tables,
    bank: market ?? bank,
    scores: new (market === undefined ? SharedScores : OwnScores)(scoreOptions(money)),
    engine,
    random: streams.stream('flows/ways'),
  });
  const world: FlowWorld = new FlowWorld({
    engine,
    town,
    bank: market === undefined ? bank : undefined,
    market,
    scenario,
    suite,
    streams,
    roleOf,
    swapOptions: swapOptions(money),
    signers,
    watcher: measures,
  });
  measures.begin(world, market, flows && { flows, issuers: bank.issuers });
  world.start(chequebooks);
  return { world, collector, measures, close: () => evm?.close() };

  function marketOf({ executor, state }: Bank, rules: MarketRules): Market {
    const places = accounts.map((account, place) => {
      const { congests } = scenario.roles[roleOf[place]!]!;
      return { place, account, congests };
    });
    const purse = RATE.toWei(walletUnits(money));
    return new Market({
      suite,
      executor,
      state,
      rules,
      protestFeeWei: bankOptions.protestFeeWei,
      streams,
      // The places of the people, of the observer, and of the chain itself.
      world: {
        nowUs: () => engine.nowUs,
        streamOf: (node, purpose) => streams.stream(`flows/chain/${node}/${purpose}`),
        schedule: (delayUs, source, target, kind, argument) => {
          const party = (who: number): number => (who === CHAIN_PARTY ? nodes + 1 : who);
          engine.schedule(delayUs, party(source), party(target), EVENT_CHAIN + kind, argument, 0);
        },
      },
      observer: nodes,
      coins: places.map(
        ({ account, congests }) =>
          [account, purse + RATE.toWei(congests?.budgetUnits ?? 0)] as const,
      ),
      attackers: new Map(
        places.flatMap(({ place, account, congests }) =>
          congests === undefined ? [] : [[place, { account, congests }] as const],
        ),
      ),
      watcher: measures,
      happened: (fact) => {
        town.scores.master.see(fact, town.bank.seconds(engine.nowUs));
        world.happened(fact);
      },
      passed: () => {
        town.onTime();
      },
    });
  }
}
