/** The `world` and `services` sections in base units. */
import type { LeakSwitches } from '../../protocols/routing/options.ts';
import { MESSAGE_DARK } from '../../protocols/routing/packet.ts';
import { DEFAULT_LINK_OPTIONS, type LinkOptions } from '../../protocols/link/options.ts';
import type { Region } from '../../sim/network/model.ts';
import { resolveDiscovery } from './resolve-discovery.ts';
import { delaysFile } from './resolve-files.ts';
import type { NetworkSpec, ResolvedScenario } from '../model.ts';
import { formatQuantity, parseQuantity } from './quantity.ts';
import type { ScenarioData } from './schema.ts';
import { alternatives, closest } from './suggest.ts';
import { resolveTags } from './resolve-tags.ts';
import { parseLaw, parsePolicy } from './values.ts';
import { defaultValue, isWritten, report, reportKey, type Path, type Work } from './work.ts';

const time = (text: string) => parseQuantity(text, 'time');
const size = (text: string) => parseQuantity(text, 'size');
const share = (text: string) => parseQuantity(text, 'share');
const count = (text: string) => parseQuantity(text, 'count');

type WrittenWorld = NonNullable<ScenarioData['world']>;

export function resolveWorld(work: Work): ResolvedScenario['world'] {
  const world = work.data.world ?? {};
  const durationUs = world.duration ?? defaultValue('world.duration', time);
  const written = world.warmup ?? { ratio: defaultValue('world.warmup', share) };
  const warmupUs = 'us' in written ? written.us : Math.round(written.ratio * durationUs);
  if (warmupUs >= durationUs && !isBroken(work, ['world', 'duration']))
    report(
      work,
      isWritten(work, ['world', 'warmup']) ? ['world', 'warmup'] : ['world', 'duration'],
      {
        code: 'MF-0132',
        message: `the warm-up of ${formatQuantity(warmupUs, 'time')} leaves nothing of the duration of ${formatQuantity(durationUs, 'time')}`,
      },
    );
  return {
    nodes: world.nodes ?? defaultValue('world.nodes', count),
    detail: world.detail ?? 'packets',
    durationUs,
    warmupUs,
    suite: world.suite ?? 'native',
    network: resolveNetwork(work, world),
    eventsMax: world.events_max ?? defaultValue('world.events_max', count),
    memoryMaxBytes: world.memory_max ?? defaultValue('world.memory_max', size),
  };
}

/** Written, but not readable: its problem is known already. */
function isBroken(work: Work, path: Path): boolean {
  return isWritten(work, path) && work.data.world?.[path[1] as keyof WrittenWorld] === undefined;
}

function resolveNetwork(work: Work, world: WrittenWorld): NetworkSpec {
  const jitter = world.jitter ?? defaultValue('world.jitter', parseLaw);
  const loss = world.loss ?? defaultValue('world.loss', share);
  const reorder = typeof world.reorder === 'number' ? { share: world.reorder } : world.reorder;
  const reorderRatio = reorder?.share ?? defaultValue('world.reorder.share', share);
  const up = world.bandwidth?.up;
  const down = world.bandwidth?.down;
  return {
    latency: resolveLatency(work, world),
    ...(jitter.law === 'constant' && jitter.valueUs === 0 ? {} : { jitter }),
    ...(typeof loss === 'number'
      ? loss === 0
        ? {}
        : { loss: { kind: 'independent', ratio: loss } }
      : {
          loss: {
            kind: 'gilbert-elliott',
            goodToBadRatio: loss.good_to_bad ?? 0,
            badToGoodRatio: loss.bad_to_good ?? 0,
            lossInGoodRatio: loss.in_good ?? 0,
            lossInBadRatio: loss.in_bad ?? 0,
          },
        }),
    duplicateRatio: world.duplicate ?? defaultValue('world.duplicate', share),
    reorderRatio,
    ...(reorderRatio === 0
      ? {}
      : { reorderDelay: reorder?.delay ?? defaultValue('world.reorder.delay', parseLaw) }),
    ...(up === undefined || up === 'unlimited' ? {} : { uploadBitsPerSecond: up }),
    ...(down === undefined || down === 'unlimited' ? {} : { downloadBitsPerSecond: down }),
    queue: resolveQueue(world),
    mtuBytes: world.mtu ?? defaultValue('world.mtu', size),
  };
}

function resolveQueue(world: WrittenWorld): NetworkSpec['queue'] {
  const queue = typeof world.queue === 'number' ? { limit: world.queue } : (world.queue ?? {});
  const limitBytes = queue.limit ?? defaultValue('world.queue.limit', size);
  if (queue.drop !== 'codel') return { kind: 'drop-tail', limitBytes };
  return {
    kind: 'codel',
    limitBytes,
    targetUs: queue.target ?? defaultValue('world.queue.target', time),
    intervalUs: queue.interval ?? defaultValue('world.queue.interval', time),
  };
}

function resolveLatency(work: Work, world: WrittenWorld): NetworkSpec['latency'] {
  const written = world.latency;
  if (written === undefined)
    return { kind: 'constant', delayUs: defaultValue('world.latency', time) };
  if (!('kind' in written)) return resolveRegions(work, written);
  if (written.kind !== 'matrix') return written;
  return { kind: 'matrix', file: delaysFile(work, ['world', 'latency'], written.file) };
}

type WrittenRegions = Exclude<NonNullable<WrittenWorld['latency']>, { kind: string }>;

function resolveRegions(work: Work, written: WrittenRegions): NetworkSpec['latency'] {
  const base = ['world', 'latency'];
  const names = Object.keys(written.regions ?? {});
  const regions: Region[] = names.map((name) => {
    const region = written.regions?.[name];
    const rate = (value: number | 'unlimited' | undefined): number =>
      value === undefined || value === 'unlimited' ? Infinity : value;
    return {
      name,
      shareRatio: region?.share ?? 0,
      uploadBitsPerSecond: rate(region?.up),
      downloadBitsPerSecond: rate(region?.down),
    };
  });
  const sum = regions.reduce((total, region) => total + region.shareRatio, 0);
  const sharesRead = names.every((name) => written.regions?.[name]?.share !== undefined);
  if (sharesRead && names.length > 0 && Math.abs(sum - 1) > 1e-6)
    reportKey(work, [...base, 'regions'], {
      code: 'MF-0130',
      message: `the shares of the regions make ${formatQuantity(Number(sum.toPrecision(12)), 'share')}, not 100%`,
    });
  const delay = written.delay ?? {};
  for (const from of Object.keys(delay)) {
    unknownRegion(work, [...base, 'delay', from], from, names);
    for (const to of Object.keys(delay[from] ?? {}))
      unknownRegion(work, [...base, 'delay', from, to], to, names);
  }
  const missing: string[] = [];
  const delayUs = names.map((from) =>
    names.map((to) => {
      const found = delay[from]?.[to] ?? delay[to]?.[from];
      const isThere = [
        [from, to],
        [to, from],
      ].some((pair) => isWritten(work, [...base, 'delay', ...pair]));
      if (!isThere) missing.push(`${from} to ${to}`);
      return found ?? 0;
    }),
  );
  if (missing.length > 0 && isWritten(work, [...base, 'delay']))
    reportKey(work, [...base, 'delay'], {
      code: 'MF-0104',
      message: `no delay is given from ${missing[0] ?? ''}${missing.length > 2 ? ` and ${missing.length - 1} other pairs` : ''}`,
    });
  return { kind: 'regions', regions, delayUs };
}

function unknownRegion(work: Work, path: Path, name: string, known: readonly string[]): void {
  if (known.includes(name)) return;
  const suggestion = closest(name, known);
  reportKey(work, path, {
    code: 'MF-0101',
    message: `no region is called "${name}"`,
    ...(suggestion === undefined ? { hint: `known: ${alternatives(known)}` } : { suggestion }),
  });
}

export function resolveServices(
  work: Work,
  flows: boolean,
  paid: boolean,
): ResolvedScenario['services'] {
  const overlay = work.data.services?.overlay ?? {};
  const routing = work.data.services?.routing ?? {};
  const link = work.data.services?.link ?? {};
  if (link.encrypt !== true) reportIdleLinkKeys(work);
  const leaks = new Set<string>(routing.leaks ?? []);
  const switches: LeakSwitches = {
    wholeByteLuminosity: leaks.has('whole-byte-luminosity'),
    clearTopic: leaks.has('clear-topic'),
    exactExpiry: leaks.has('exact-expiry'),
    extensionReplay: leaks.has('extension-replay'),
    zeroPaddedTarget: leaks.has('zero-padded-target'),
    noPadding: leaks.has('no-padding'),
    shortDedup: leaks.has('short-dedup'),
  };
  const discovery = resolveDiscovery(work, flows, paid);
  const policy = routing.policy ?? defaultValue('services.routing.policy', parsePolicy);
  const at = (key: string): string => `services.overlay.${key}`;
  return {
    overlay: {
      start: overlay.start ?? 'converged',
      bucket: overlay.bucket ?? defaultValue(at('bucket'), count),
      alpha: overlay.alpha ?? defaultValue(at('alpha'), count),
      neighbourhood: overlay.neighbourhood ?? defaultValue(at('neighbourhood'), count),
      symmetric: overlay.symmetric ?? true,
      refreshUs: overlay.refresh ?? defaultValue(at('refresh'), time),
      requestTimeoutUs: overlay.timeout ?? defaultValue(at('timeout'), time),
      networkShareRatio: overlay.network_share ?? defaultValue(at('network_share'), share),
      lookupEveryUs: overlay.lookups_every ?? 0,
    },
    routing: {
      ...policy,
      randomPeer: routing.random_peer ?? false,
      detourBits:
        routing.detour ??
        defaultValue('services.routing.detour', (text) => parseQuantity(text, 'information')),
      lifetimeUs: routing.lifetime ?? defaultValue('services.routing.lifetime', time),
      leaks: switches,
    },
    tags: resolveTags(work),
    ...(link.encrypt === true ? { link: resolveLink(link) } : {}),
    ...(discovery === undefined ? {} : { discovery }),
  };
}

/** Settings of a link that is not there. Only a warning: a sweep may switch it on and off. */
function reportIdleLinkKeys(work: Work): void {
  for (const key of Object.keys(work.data.services?.link ?? {})) {
    if (key === 'encrypt' || !isWritten(work, ['services', 'link', key])) continue;
    const what = {
      code: 'MF-0194',
      message: `"${key}" does nothing without the encrypted link`,
      hint: 'add encrypt: true',
    };
    reportKey(work, ['services', 'link', key], what, 'warning');
  }
}

function resolveLink(
  link: NonNullable<NonNullable<ScenarioData['services']>['link']>,
): LinkOptions {
  const at = (key: string): string => `services.link.${key}`;
  return {
    ...DEFAULT_LINK_OPTIONS,
    keepaliveUs: link.keepalive ?? defaultValue(at('keepalive'), time),
    idleUs: link.idle ?? defaultValue(at('idle'), time),
    rekeyAfterUs: link.rekey_after ?? defaultValue(at('rekey_after'), time),
    retransmitTypes: link.retransmit === true ? [MESSAGE_DARK] : [],
    coverEveryUs: link.cover ?? 0,
  };
}
