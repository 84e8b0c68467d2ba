/**
 * `scenario.resolved.yaml`: a resolved scenario written out in full, so that reading it gives the same scenario again.
 *
 * Parameters are replaced by their values everywhere; the file keeps them as `fixed`, for the expectations and charts
 * that name them, and for the reader who wants to know what they were.
 */
import { stringify } from 'yaml';

import type { LinkOptions } from '../../protocols/link/options.ts';
import type { LeakSwitches } from '../../protocols/routing/options.ts';
import type {
  Behaviour,
  Channel,
  Chart,
  Expectation,
  Fault,
  Observer,
  ResolvedScenario,
  Role,
} from '../model.ts';
import { formatQuantity } from './quantity.ts';
import { LEAK_NAMES } from './schema-world.ts';
import { formatLaw, formatPolicy } from './values.ts';
import { discoveryKeys, sellingRoleKeys } from './yaml-discovery.ts';
import { groupKeys, groupTraffic } from './yaml-groups.ts';
import { moneyKeys, payingRoleKeys, volumeKeys } from './yaml-money.ts';
import { networkKeys } from './yaml-network.ts';

const time = (us: number): string => formatQuantity(us, 'time');
const share = (ratio: number): string => formatQuantity(ratio, 'share');
const size = (bytes: number): string => formatQuantity(bytes, 'size');
const never = (us: number): string => (us === 0 ? 'never' : time(us));

const LEAK_KEYS: { readonly [name in (typeof LEAK_NAMES)[number]]: keyof LeakSwitches } = {
  'whole-byte-luminosity': 'wholeByteLuminosity',
  'clear-topic': 'clearTopic',
  'exact-expiry': 'exactExpiry',
  'extension-replay': 'extensionReplay',
  'zero-padded-target': 'zeroPaddedTarget',
  'no-padding': 'noPadding',
  'short-dedup': 'shortDedup',
};

function behaviour(value: Behaviour): unknown {
  if (value.kind === 'drop') return { drop: share(value.ratio) };
  if (value.kind === 'delay') return { delay: formatLaw(value.law) };
  return value.kind;
}

function role(value: Role): unknown {
  return {
    count: value.count,
    behaves: behaviour(value.behaves),
    ...(value.online === undefined ? {} : { online: formatLaw(value.online) }),
    ...(value.offline === undefined ? {} : { offline: formatLaw(value.offline) }),
    ...(value.sessionsFile === undefined ? {} : { sessions: value.sessionsFile }),
    ...sellingRoleKeys(value),
    ...payingRoleKeys(value),
  };
}

function fault(value: Fault): unknown {
  const perNode = value.kind === 'crash' || value.kind === 'leave';
  return {
    ...(value.atUs === undefined ? {} : { at: time(value.atUs) }),
    ...(perNode && value.everyUs !== undefined ? { every: time(value.everyUs) } : {}),
    [value.kind]: share(value.ratio),
    ...(perNode ? { of: value.of } : {}),
    for: value.forUs === undefined ? 'ever' : time(value.forUs),
  };
}

function observer(value: Observer): unknown {
  const controls =
    value.kind === 'global' ? 'everything' : (value.role ?? share(value.shareRatio ?? 0));
  return { controls, sees: value.sees, guesses: value.guesses };
}

function expectation(value: Expectation): unknown {
  return {
    check: value.check,
    ...(value.when === undefined ? {} : { when: value.when }),
    ...(value.why === undefined ? {} : { why: value.why }),
    confidence: share(value.confidence),
  };
}

function chart(value: Chart): unknown {
  const channel = (key: string, one: Channel | undefined): { [key: string]: string } =>
    one === undefined ? {} : { [key]: one.text };
  const of =
    value.of === undefined
      ? {}
      : {
          of:
            value.of.where === undefined
              ? value.of.metric
              : `${value.of.metric} where ${value.of.where.field} == ${value.of.where.value}`,
        };
  return {
    title: value.title,
    mark: value.mark,
    ...channel('x', value.x),
    ...(value.y.length === 0 ? {} : { y: value.y.map((one) => one.text) }),
    ...of,
    ...channel('value', value.value),
    ...channel('colour', value.colour),
    ...channel('facet', value.facet),
    ...channel('label', value.label),
    ...(value.bandRatio === undefined ? {} : { band: share(value.bandRatio) }),
    ...(value.scales === undefined ? {} : { scales: value.scales }),
    ...(value.bound === true ? { bound: true } : {}),
  };
}

function mapped<T>(list: readonly T[], name: (item: T) => string, value: (item: T) => unknown) {
  return Object.fromEntries(list.map((item) => [name(item), value(item)]));
}

function linkKeys(link: LinkOptions): unknown {
  return {
    encrypt: true,
    keepalive: never(link.keepaliveUs),
    idle: time(link.idleUs),
    rekey_after: time(link.rekeyAfterUs),
    ...(link.retransmitTypes.length > 0 ? { retransmit: true } : {}),
    ...(link.coverEveryUs > 0 ? { cover: time(link.coverEveryUs) } : {}),
  };
}

/** The whole scenario as YAML text, ending in a newline. */
export function toYaml(scenario: ResolvedScenario): string {
  const { world, services } = scenario;
  const { overlay, routing } = services;
  const document = {
    scenario: scenario.scenario,
    ...(scenario.about === '' ? {} : { about: scenario.about }),
    ...(scenario.notes === undefined ? {} : { notes: scenario.notes }),
    ...(Object.keys(scenario.params).length === 0
      ? {}
      : {
          params: Object.fromEntries(
            Object.entries(scenario.params).map(([name, value]) => [name, { fixed: value.text }]),
          ),
        }),
    world: {
      nodes: world.nodes,
      detail: world.detail,
      duration: time(world.durationUs),
      warmup: time(world.warmupUs),
      suite: world.suite,
      ...networkKeys(world.network),
      events_max: world.eventsMax,
      memory_max: size(world.memoryMaxBytes),
    },
    roles: mapped(scenario.roles, (item) => item.name, role),
    services: {
      overlay: {
        start: overlay.start,
        bucket: overlay.bucket,
        alpha: overlay.alpha,
        neighbourhood: overlay.neighbourhood,
        symmetric: overlay.symmetric,
        refresh: never(overlay.refreshUs),
        timeout: time(overlay.requestTimeoutUs),
        network_share: share(overlay.networkShareRatio),
        lookups_every: never(overlay.lookupEveryUs),
      },
      routing: {
        policy: formatPolicy(routing),
        random_peer: routing.randomPeer,
        detour: formatQuantity(routing.detourBits, 'information'),
        lifetime: time(routing.lifetimeUs),
        tags: services.tags,
        leaks: LEAK_NAMES.filter((name) => routing.leaks[LEAK_KEYS[name]]),
      },
      ...(services.link === undefined ? {} : { link: linkKeys(services.link) }),
      ...(services.discovery === undefined ? {} : { discovery: discoveryKeys(services.discovery) }),
      ...(services.groups === undefined ? {} : { groups: groupKeys(services.groups) }),
    },
    ...(scenario.money === undefined ? {} : { money: moneyKeys(scenario.money) }),
    traffic: [
      ...scenario.traffic.map((item) => ({
        from: item.from,
        to: item.to,
        ...volumeKeys(item),
        ...(item.every === undefined ? {} : { every: formatLaw(item.every) }),
        ...(item.messages === undefined ? {} : { messages: item.messages }),
        ...(item.volumeBytesPerDay === undefined
          ? {
              size: size(item.sizeBytes),
              luminosity: formatQuantity(item.luminosityBits, 'information'),
            }
          : {}),
        ...(item.conversation === true ? { conversation: true } : {}),
        ...(item.stream === undefined
          ? {}
          : { ordered: item.stream.ordered, acknowledged: item.stream.acknowledged }),
        ...(item.reply === undefined ? {} : { reply: formatLaw(item.reply) }),
      })),
      ...groupTraffic(services.groups),
    ],
    faults: scenario.faults.map(fault),
    watch: mapped(scenario.watch, (item) => item.name, observer),
    expect: scenario.expect.map(expectation),
    charts: scenario.charts.map(chart),
    record: { what: scenario.record.what, sample: share(scenario.record.sampleRatio) },
  };
  return stringify(document, { lineWidth: 0 });
}
