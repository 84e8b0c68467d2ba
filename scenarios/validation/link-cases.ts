/**
 * L1 to L5: the real link over the simulated network, against the laws of congestion control.
 *
 * The sender always has something to say. What counts is what the receiver's protocols are handed, after a warm-up.
 */
import type { HostedNode, MessageHost } from '../../protocols/host.ts';
import { SEND_BUFFER_BYTES } from '../../protocols/link/flow/flow.ts';
import { PIECE_BYTES } from '../../protocols/link/flow/frames.ts';
import { WIRE_BYTES_MAX } from '../../protocols/link/host.ts';
import { BURST_BYTES, PACING_GAIN, Pacer } from '../../protocols/link/flow/congestion.ts';
import { RoundTrip } from '../../protocols/link/flow/round-trip.ts';
import { readUint48, writeUint48 } from '../../protocols/codec/bytes.ts';
import { IP_UDP_OVERHEAD_BYTES } from '../../sim/network/transit.ts';
import type { NetworkModel } from '../../sim/network/model.ts';
import { exponentialUs } from '../../sim/random/laws.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import type { ValidationCase, ValidationRow } from './case.ts';
import { estimate, exactRow } from './engine-statistics.ts';
import { linkWorld, plainNetwork } from './link-world.ts';

const US_PER_S = 1_000_000;
const TIMER_OFFER = 0x1000;
const OFFER_EVERY_US = 1_000;
const MESSAGE = new Uint8Array(8 * PIECE_BYTES);
const ROUND_TRIP_US = 100_000;
/** 97.5% quantile of Student's t with 7 degrees of freedom (REPLICATIONS - 1). */
const T95 = 2.365;
const REPLICATIONS = 8;

/** Says as much as is taken, all the time. */
class Source implements HostedNode {
  readonly #host: MessageHost;

  constructor(host: MessageHost) {
    this.#host = host;
  }

  start(): void {
    this.#host.setTimer(OFFER_EVERY_US, TIMER_OFFER, 0);
  }
  stop(): void {}
  onDatagram(): number {
    return 0;
  }
  onTimer(): number {
    while (this.#host.sendMessage(1, 1, MESSAGE));
    this.#host.setTimer(OFFER_EVERY_US, TIMER_OFFER, 0);
    return 0;
  }
}

class Sink implements HostedNode {
  bytes = 0;
  start(): void {}
  stop(): void {}
  onDatagram(): number {
    return 0;
  }
  onTimer(): number {
    return 0;
  }
  onMessage(_from: number, _stream: number, bytes: Uint8Array): void {
    this.bytes += bytes.length;
  }
}

/** Bytes of messages handed on per second. */
function goodput(
  network: NetworkModel,
  seed: string,
  warmupUs: number,
  measuredUs: number,
): number {
  const sink = new Sink();
  const { world } = linkWorld({
    seed,
    network,
    above: (host, node) => (node === 0 ? new Source(host) : sink),
  });
  world.run(warmupUs);
  const before = sink.bytes;
  world.run(warmupUs + measuredUs);
  return ((sink.bytes - before) * US_PER_S) / measuredUs;
}

/** A row judged by a stated deviation, since its reference is approximate. */
function within(
  row: Omit<ValidationRow, 'tolerance' | 'verdict' | 'ci95'> & { ci95?: [number, number] },
  ratio: number,
): ValidationRow {
  return {
    ci95: [row.measured, row.measured],
    ...row,
    tolerance: `±${Math.round(ratio * 100)}% (the reference is approximate)`,
    verdict: Math.abs(row.measured / row.expected - 1) <= ratio ? 'pass' : 'fail',
  };
}

/** Mean window of an ideal Reno sender under independent losses, in packets, times the root of the loss ratio. */
const RENO = 1.31;
const LOSSES = [0.001, 0.004, 0.016];

function lossRows(): ValidationRow[] {
  const means: number[] = [];
  const rows = LOSSES.map((loss) => {
    const network: NetworkModel = {
      ...plainNetwork(ROUND_TRIP_US / 2),
      loss: { kind: 'independent', ratio: loss },
    };
    const values = Array.from({ length: REPLICATIONS }, (_, i) =>
      goodput(network, `L1/${loss}/${i}`, 30 * US_PER_S, 100 * US_PER_S),
    );
    const { mean, error } = estimate(values);
    means.push(mean);
    return within(
      {
        id: 'L1',
        case: 'goodput against loss, bytes/s',
        params: { loss, 'round trip ms': ROUND_TRIP_US / 1_000 },
        expected: (PIECE_BYTES * RENO * US_PER_S) / ROUND_TRIP_US / Math.sqrt(loss),
        measured: mean,
        ci95: [mean - T95 * error, mean + T95 * error],
      },
      // The ideal sender grows on while it recovers; RFC 9002 waits for one round trip after each loss.
      0.15,
    );
  });
  const [few, many] = [means[0]!, means.at(-1)!];
  return [
    // Windows of a few packets also wait for probes, of which the formula knows nothing.
    ...rows.slice(0, 2),
    within(
      {
        id: 'L1',
        case: 'exponent of goodput in loss',
        params: { from: LOSSES[0]!, to: LOSSES.at(-1)! },
        expected: -0.5,
        measured: Math.log(many / few) / Math.log(LOSSES.at(-1)! / LOSSES[0]!),
      },
      0.1,
    ),
  ];
}

function windowRows(): ValidationRow[] {
  return [50_000, 200_000].map((roundTripUs) =>
    within(
      {
        id: 'L2',
        case: 'goodput against the window, no loss, bytes/s',
        params: { 'round trip ms': roundTripUs / 1_000, 'window KiB': SEND_BUFFER_BYTES / 1_024 },
        expected: (SEND_BUFFER_BYTES * US_PER_S) / roundTripUs,
        measured: goodput(
          plainNetwork(roundTripUs / 2),
          `L2/${roundTripUs}`,
          20 * US_PER_S,
          20 * US_PER_S,
        ),
      },
      0.1,
    ),
  );
}

const BOTTLENECK_BITS_PER_S = 2_000_000;

function bottleneckRows(): ValidationRow[] {
  const wireBytes = WIRE_BYTES_MAX + IP_UDP_OVERHEAD_BYTES;
  const productBytes = (BOTTLENECK_BITS_PER_S / 8) * (ROUND_TRIP_US / US_PER_S);
  const network: NetworkModel = {
    ...plainNetwork(ROUND_TRIP_US / 2),
    uploadBitsPerSecond: BOTTLENECK_BITS_PER_S,
    queue: { kind: 'drop-tail', limitBytes: 2 * productBytes },
  };
  return [
    within(
      {
        id: 'L3',
        case: 'goodput through a full access link, bytes/s',
        params: { 'Mbit/s': BOTTLENECK_BITS_PER_S / 1e6, 'queue bytes': 2 * productBytes },
        expected: ((BOTTLENECK_BITS_PER_S / 8) * PIECE_BYTES) / wireBytes,
        measured: goodput(network, 'L3', 30 * US_PER_S, 100 * US_PER_S),
      },
      0.05,
    ),
  ];
}

/** Bytes that leave the pacer beyond what a token bucket of its depth and rate would let through: none. */
function pacerRows(): ValidationRow[] {
  const random = new StreamFactory('validation/link').stream('L4');
  const path = new RoundTrip();
  path.sample(ROUND_TRIP_US, 0);
  const windowBytes = 100 * WIRE_BYTES_MAX;
  const rate = (PACING_GAIN * windowBytes) / path.smoothedUs;
  const pacer = new Pacer();
  const left: { atUs: number; bytes: number }[] = [];
  let now = US_PER_S;
  pacer.waitUs(1, windowBytes, path, now);
  for (let i = 0; i < 1_500; i++) {
    if (random.below(50) === 0) now += random.below(ROUND_TRIP_US);
    const bytes = 96 + random.below(WIRE_BYTES_MAX - 96);
    now += pacer.waitUs(bytes, windowBytes, path, now);
    pacer.waitUs(bytes, windowBytes, path, now);
    pacer.sent(bytes);
    left.push({ atUs: now, bytes });
  }
  let excess = 0;
  for (let from = 0; from < left.length; from++) {
    let bytes = 0;
    for (let to = from; to < left.length; to++) {
      bytes += left[to]!.bytes;
      const allowed = BURST_BYTES + rate * (left[to]!.atUs - left[from]!.atUs);
      excess = Math.max(excess, Math.floor(bytes - allowed));
    }
  }
  return [
    exactRow({
      id: 'L4',
      case: 'bytes beyond b + r t that leave the pacer, over all windows of time',
      params: { 'b bytes': BURST_BYTES, 'r bytes/ms': Math.round(rate * 1_000) },
      expected: 0,
      measured: excess,
    }),
  ];
}

const SLOT_US = 100_000;
const TEXT_BYTES = 200;
/** The first byte of these datagrams: no type of the link, which leaves them alone. */
const TEXT_TYPE = 0x7f;

/** Datagrams at random times, each with the time at which it was said. */
class PoissonSource implements HostedNode {
  readonly #host: MessageHost;
  readonly #gapUs: number;
  readonly #bytes = new Uint8Array(TEXT_BYTES);

  constructor(host: MessageHost, gapUs: number) {
    this.#host = host;
    this.#gapUs = gapUs;
    this.#bytes[0] = TEXT_TYPE;
  }
  start(): void {
    this.#next();
  }
  stop(): void {}
  onDatagram(): number {
    return 0;
  }
  onTimer(): number {
    writeUint48(this.#bytes, 1, this.#host.now());
    this.#host.send(1, this.#bytes, 0, TEXT_BYTES);
    this.#next();
    return 0;
  }
  #next(): void {
    const gapUs = exponentialUs(this.#gapUs, this.#host.random('gaps'));
    this.#host.setTimer(Math.max(1, gapUs), TIMER_OFFER, 0);
  }
}

/** How long datagrams wait, beyond the way itself. */
class Stopwatch extends Sink {
  waitedUs = 0;
  count = 0;
  readonly #host: MessageHost;
  constructor(host: MessageHost) {
    super();
    this.#host = host;
  }
  override onDatagram(_from?: number, bytes?: Uint8Array, offset?: number): number {
    const saidUs = readUint48(bytes!, offset! + 1);
    if (saidUs < 60 * US_PER_S) return 0;
    this.waitedUs += this.#host.now() - saidUs - ROUND_TRIP_US / 2;
    this.count++;
    return 0;
  }
}

function slotWait(load: number, seed: string): number {
  let watch: Stopwatch | undefined;
  const { world } = linkWorld({
    seed,
    network: plainNetwork(ROUND_TRIP_US / 2),
    options: { coverEveryUs: SLOT_US, rekeyAfterUs: 1e12 },
    above: (host, node) => {
      if (node === 0) return new PoissonSource(host, SLOT_US / load);
      watch = new Stopwatch(host);
      return watch;
    },
  });
  world.run(2_000 * US_PER_S);
  return watch!.waitedUs / watch!.count / SLOT_US;
}

function slotRows(): ValidationRow[] {
  return [0.3, 0.5, 0.8].map((load) => {
    const values = Array.from({ length: REPLICATIONS }, (_, i) =>
      slotWait(load, `L5/${load}/${i}`),
    );
    const { mean, error } = estimate(values);
    const expected = 1 / (2 * (1 - load));
    return {
      id: 'L5',
      case: 'mean wait for a slot of a covered link, slots',
      params: { load },
      expected,
      measured: mean,
      ci95: [mean - T95 * error, mean + T95 * error],
      tolerance: '3 standard errors',
      verdict: Math.abs(mean - expected) <= 3 * error ? 'pass' : 'fail',
    };
  });
}

export const linkCases: readonly ValidationCase[] = [
  {
    id: 'L1',
    title: 'goodput of reliable messages against loss',
    source:
      'mean window 1.31 / sqrt(p) under independent losses (Ott, Kemperman, Mathis 1996; Mathis et al. 1997)',
    run: lossRows,
  },
  {
    id: 'L2',
    title: 'goodput of reliable messages against the window',
    source: 'window / round trip',
    run: windowRows,
  },
  {
    id: 'L3',
    title: 'goodput of reliable messages through a bottleneck',
    source: 'rate of the link times the share of a datagram that is message',
    run: bottleneckRows,
  },
  { id: 'L4', title: 'the pacer is a token bucket', source: 'RFC 9002 7.7', run: pacerRows },
  {
    id: 'L5',
    title: 'the queue of a covered link, M/D/1 in slots',
    source: 'Pollaczek-Khinchine with vacations of one slot: D / 2 + rho D / (2 (1 - rho))',
    run: slotRows,
  },
];
