/**
 * Network presets for `uses`. Figures are transcribed from the named measurement; what no source gives says "our choice".
 */
import type { NetworkSpec } from '../model.ts';

const MBIT = 1_000_000;

/**
 * Six regions of the public Internet, 2019: one-way latency between and within regions, median access rates, and the share of
 * reachable Bitcoin nodes per region. Source: SimBlock (Aoki et al. 2019), NetworkConfiguration.java, 2019 tables.
 */
const REGIONS_2019 = [
  {
    name: 'north-america',
    shareRatio: 0.3316,
    uploadBitsPerSecond: 19.2 * MBIT,
    downloadBitsPerSecond: 52 * MBIT,
  },
  {
    name: 'europe',
    shareRatio: 0.4998,
    uploadBitsPerSecond: 20.7 * MBIT,
    downloadBitsPerSecond: 40 * MBIT,
  },
  {
    name: 'south-america',
    shareRatio: 0.009,
    uploadBitsPerSecond: 5.8 * MBIT,
    downloadBitsPerSecond: 18 * MBIT,
  },
  {
    name: 'asia-pacific',
    shareRatio: 0.1177,
    uploadBitsPerSecond: 15.7 * MBIT,
    downloadBitsPerSecond: 22.8 * MBIT,
  },
  {
    name: 'japan',
    shareRatio: 0.0224,
    uploadBitsPerSecond: 10.2 * MBIT,
    downloadBitsPerSecond: 22.8 * MBIT,
  },
  {
    name: 'australia',
    shareRatio: 0.0195,
    uploadBitsPerSecond: 11.3 * MBIT,
    downloadBitsPerSecond: 29.9 * MBIT,
  },
];

const LATENCY_MS_2019 = [
  [32, 124, 184, 198, 151, 189],
  [124, 11, 227, 237, 252, 294],
  [184, 227, 88, 325, 301, 322],
  [198, 237, 325, 85, 58, 198],
  [151, 252, 301, 58, 12, 126],
  [189, 294, 322, 198, 126, 16],
];

/** Ethernet's, as on almost every Internet path. */
const MTU_BYTES = 1_500;

export const internet: NetworkSpec = {
  latency: {
    kind: 'regions',
    regions: REGIONS_2019,
    delayUs: LATENCY_MS_2019.map((row) => row.map((ms) => ms * 1_000)),
  },
  // Our choice: a median of 2 ms with a 1% tail of 30 ms, the order of magnitude of home access links.
  jitter: { law: 'lognormal', medianUs: 2_000, p99Us: 30_000 },
  // Our choice: half a percent, between wired (0.1%) and mobile (1-2%) access.
  loss: { kind: 'independent', ratio: 0.005 },
  duplicateRatio: 0,
  reorderRatio: 0,
  // CoDel with the defaults of RFC 8289; the byte limit is our choice (a typical home router's buffer).
  queue: { kind: 'codel', limitBytes: 1_048_576, targetUs: 5_000, intervalUs: 100_000 },
  mtuBytes: MTU_BYTES,
};

/** One building: 0.25 ms one way, 10 Gbit/s, no loss. Our choice. */
export const datacentre: NetworkSpec = {
  latency: { kind: 'constant', delayUs: 250 },
  duplicateRatio: 0,
  reorderRatio: 0,
  uploadBitsPerSecond: 10_000 * MBIT,
  downloadBitsPerSecond: 10_000 * MBIT,
  queue: { kind: 'drop-tail', limitBytes: 4_194_304 },
  mtuBytes: MTU_BYTES,
};

/** One switch: 1 ms one way, 1 Gbit/s, no loss. Our choice. */
export const lan: NetworkSpec = {
  latency: { kind: 'constant', delayUs: 1_000 },
  duplicateRatio: 0,
  reorderRatio: 0,
  uploadBitsPerSecond: 1_000 * MBIT,
  downloadBitsPerSecond: 1_000 * MBIT,
  queue: { kind: 'drop-tail', limitBytes: 1_048_576 },
  mtuBytes: MTU_BYTES,
};

export const NETWORK_PRESETS: { readonly [name: string]: NetworkSpec } = {
  internet,
  datacentre,
  lan,
};
