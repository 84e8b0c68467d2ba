/**
 * E1 and E2: a link against queueing theory.
 *
 * The real engine and the real access link: arrivals are events, the link says when each datagram will have left, and that
 * departure is an event again. Replications are independent (streams of their own) and begin with a warm-up that is thrown away; the
 * interval comes from the spread between them.
 */
import type { RandomStream } from '../../protocols/random.ts';
import { Engine, type EventHandler } from '../../sim/engine.ts';
import { AccessLinks } from '../../sim/network/access-link.ts';
import { DROP_NONE, IP_UDP_OVERHEAD_BYTES, type Transit } from '../../sim/network/transit.ts';
import { exponentialUs } from '../../sim/random/laws.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import type { ValidationRow } from './case.ts';
import { estimate } from './engine-statistics.ts';

const STREAMS = new StreamFactory('validation/engine');
const BITS_PER_BYTE = 8;
const MTU_BYTES = 1_500;
const ARRIVAL = 1;
const DEPARTURE = 2;
/** Long against the microsecond, so that rounding times to whole microseconds does not show. */
const SERVICE_MEAN_US = 100_000;
/** As many bytes as make the 28 bytes of headers negligible; the rate follows from the service time. */
const PACKET_MEAN_BYTES = 1_000_000;
const LINK_BITS_PER_SECOND = (PACKET_MEAN_BYTES * BITS_PER_BYTE * 1_000_000) / SERVICE_MEAN_US;
const REPLICATIONS = 20;
const WARMUP_SERVICES = 4_000;
const MEASURED_SERVICES = 60_000;
/** 97.5% quantile of Student's t with 19 degrees of freedom (REPLICATIONS - 1). */
const T95 = 2.093;

/** One replication of a link with Poisson arrivals. */
class LinkModel implements EventHandler {
  /** Time integral of the number of datagrams in the system since the warm-up. */
  numberIntegral = 0;
  waitSumUs = 0;
  waits = 0;
  readonly #engine = new Engine();
  readonly #link = new AccessLinks(
    Float64Array.of(LINK_BITS_PER_SECOND),
    { kind: 'drop-tail', limitBytes: Infinity },
    MTU_BYTES,
  );
  readonly #transit: Transit = {
    from: 0,
    to: 1,
    bytes: 0,
    nowUs: 0,
    delayUs: 0,
    drop: DROP_NONE,
    duplicateDelayUs: -1,
  };
  readonly #gapMeanUs: number;
  readonly #arrivals: RandomStream;
  readonly #wireBytes: () => number;
  #inSystem = 0;
  #changedAtUs = 0;

  constructor(load: number, arrivals: RandomStream, wireBytes: () => number) {
    this.#gapMeanUs = SERVICE_MEAN_US / load;
    this.#arrivals = arrivals;
    this.#wireBytes = wireBytes;
  }

  run(): void {
    this.#scheduleArrival();
    this.#engine.run(WARMUP_SERVICES * SERVICE_MEAN_US, this);
    this.numberIntegral = 0;
    this.waitSumUs = 0;
    this.waits = 0;
    this.#changedAtUs = this.#engine.nowUs;
    this.#engine.run((WARMUP_SERVICES + MEASURED_SERVICES) * SERVICE_MEAN_US, this);
    this.#count(0);
  }

  onEvent(kind: number): void {
    if (kind === DEPARTURE) {
      this.#count(-1);
      return;
    }
    this.#count(1);
    const packet = this.#transit;
    packet.bytes = Math.max(0, this.#wireBytes() - IP_UDP_OVERHEAD_BYTES);
    packet.nowUs = this.#engine.nowUs;
    packet.delayUs = 0;
    this.#link.offer(0, packet);
    const serviceUs =
      ((packet.bytes + IP_UDP_OVERHEAD_BYTES) * SERVICE_MEAN_US) / PACKET_MEAN_BYTES;
    this.waitSumUs += packet.delayUs - serviceUs;
    this.waits++;
    this.#engine.schedule(packet.delayUs, 0, 0, DEPARTURE, 0, 0);
    this.#scheduleArrival();
  }

  #scheduleArrival(): void {
    const gapUs = Math.max(1, exponentialUs(this.#gapMeanUs, this.#arrivals));
    this.#engine.schedule(gapUs, 0, 0, ARRIVAL, 0, 0);
  }

  #count(change: number): void {
    this.numberIntegral += this.#inSystem * (this.#engine.nowUs - this.#changedAtUs);
    this.#changedAtUs = this.#engine.nowUs;
    this.#inSystem += change;
  }
}

/** Runs the replications of one load; `exponential` sizes make M/M/1, fixed ones M/D/1. */
function replicate(id: string, load: number, exponential: boolean): LinkModel[] {
  return Array.from({ length: REPLICATIONS }, (_, i) => {
    const sizes = STREAMS.stream(`${id}/${load}/${i}/sizes`);
    const draw = exponential
      ? () => exponentialUs(PACKET_MEAN_BYTES, sizes)
      : () => PACKET_MEAN_BYTES;
    const model = new LinkModel(load, STREAMS.stream(`${id}/${load}/${i}/arrivals`), draw);
    model.run();
    return model;
  });
}

const numberInSystem = (model: LinkModel): number =>
  model.numberIntegral / (MEASURED_SERVICES * SERVICE_MEAN_US);
const waitInServices = (model: LinkModel): number =>
  model.waitSumUs / model.waits / SERVICE_MEAN_US;

function queueRow(
  row: Pick<ValidationRow, 'id' | 'case' | 'params' | 'expected'>,
  replications: readonly number[],
): ValidationRow {
  const { mean, error } = estimate(replications);
  return {
    ...row,
    measured: mean,
    ci95: [mean - T95 * error, mean + T95 * error],
    tolerance: '3 standard errors',
    verdict: Math.abs(mean - row.expected) <= 3 * error ? 'pass' : 'fail',
    note: `${replications.length} replications of ${MEASURED_SERVICES} service times, standard error ${error.toPrecision(2)}`,
  };
}

export function runE1(): ValidationRow[] {
  return [0.5, 0.8, 0.9].map((load) =>
    queueRow(
      {
        id: 'E1',
        case: 'M/M/1, mean number in system',
        params: { load },
        expected: load / (1 - load),
      },
      replicate('E1', load, true).map(numberInSystem),
    ),
  );
}

export function runE2(): ValidationRow[] {
  return [0.5, 0.8, 0.9].flatMap((load) => {
    const models = replicate('E2', load, false);
    return [
      queueRow(
        {
          id: 'E2',
          case: 'M/D/1, mean number waiting',
          params: { load },
          expected: (load * load) / (2 * (1 - load)),
        },
        // Little's law on the waiting room: the waits that began, per unit of time.
        models.map((model) => model.waitSumUs / SERVICE_MEAN_US / MEASURED_SERVICES),
      ),
      queueRow(
        {
          id: 'E2',
          case: 'M/D/1, mean wait in service times',
          params: { load },
          expected: load / (2 * (1 - load)),
        },
        models.map(waitInServices),
      ),
    ];
  });
}
