/**
 * E4: the access link as a token bucket and under CoDel, exactly. At one byte per microsecond all times are whole numbers, so
 * nothing is compared with a tolerance.
 */
import { AccessLinks } from '../../sim/network/access-link.ts';
import type { NetworkModel } from '../../sim/network/model.ts';
import { DROP_NONE, IP_UDP_OVERHEAD_BYTES, type Transit } from '../../sim/network/transit.ts';
import { StreamFactory } from '../../sim/random/streams.ts';
import type { ValidationRow } from './case.ts';
import { exactRow } from './engine-statistics.ts';

const STREAMS = new StreamFactory('validation/engine');
/** One byte per microsecond, in bits per second. */
const BYTE_PER_US = 8_000_000;
const MTU_BYTES = 1_500;

/** One link at a byte per microsecond; `offer` gives the delay of a datagram, or -1 if it was dropped. */
class Link {
  readonly #links: AccessLinks;
  readonly #packet: Transit = {
    from: 0,
    to: 1,
    bytes: 0,
    nowUs: 0,
    delayUs: 0,
    drop: DROP_NONE,
    duplicateDelayUs: -1,
  };

  constructor(queue: NetworkModel['queue']) {
    this.#links = new AccessLinks(Float64Array.of(BYTE_PER_US), queue, MTU_BYTES);
  }

  offer(nowUs: number, wireBytes: number): number {
    const packet = this.#packet;
    packet.bytes = wireBytes - IP_UDP_OVERHEAD_BYTES;
    packet.nowUs = nowUs;
    packet.delayUs = 0;
    packet.drop = DROP_NONE;
    this.#links.offer(0, packet);
    return packet.drop === DROP_NONE ? packet.delayUs : -1;
  }
}

interface Accepted {
  atUs: number;
  wireBytes: number;
}

const BUCKET_BYTES = 30_000;
const BUCKET_OFFERED = 4_000;

/** Offers random traffic at twice the rate to a link with a queue of `BUCKET_BYTES`. */
function bucketTraffic(): { accepted: Accepted[]; mismatches: number } {
  const random = STREAMS.stream('E4/bucket');
  const link = new Link({ kind: 'drop-tail', limitBytes: BUCKET_BYTES });
  const accepted: Accepted[] = [];
  let mismatches = 0;
  // The definition of a token bucket, kept apart: tokens come at the rate up to the depth, a datagram takes its bytes or is refused.
  let tokens = BUCKET_BYTES;
  let filledAtUs = 0;
  let nowUs = 0;
  for (let i = 0; i < BUCKET_OFFERED; i++) {
    // Bursts and pauses of up to four times what the bucket holds.
    nowUs += random.below(100) === 0 ? random.below(4 * BUCKET_BYTES) : random.below(700);
    const wireBytes = IP_UDP_OVERHEAD_BYTES + random.below(MTU_BYTES - IP_UDP_OVERHEAD_BYTES);
    const passed = link.offer(nowUs, wireBytes) >= 0;
    tokens = Math.min(BUCKET_BYTES, tokens + (nowUs - filledAtUs));
    filledAtUs = nowUs;
    const conforms = tokens >= wireBytes;
    if (conforms) tokens -= wireBytes;
    if (conforms !== passed) mismatches++;
    if (passed) accepted.push({ atUs: nowUs, wireBytes });
  }
  return { accepted, mismatches };
}

/** Largest value of (bytes accepted in a window) - rate * (its length), over all windows, by trying each. */
function largestExcess(accepted: readonly Accepted[]): number {
  let largest = 0;
  for (let from = 0; from < accepted.length; from++) {
    let bytes = 0;
    for (let to = from; to < accepted.length; to++) {
      bytes += accepted[to]!.wireBytes;
      largest = Math.max(largest, bytes - (accepted[to]!.atUs - accepted[from]!.atUs));
    }
  }
  return largest;
}

const CODEL_TARGET_US = 5_000;
const CODEL_INTERVAL_US = 100_000;
const CODEL_PACKET_BYTES = 1_000;
const CODEL_DROPS = 100;

/**
 * Times at which CoDel drops from a link that is offered more than it carries for good. A datagram of 1,000 bytes leaves each
 * millisecond, so the time of a drop is the finish of the last datagram that was kept.
 */
function codelDropTimes(): { firstAboveUs: number; dropsUs: number[] } {
  const link = new Link({
    kind: 'codel',
    limitBytes: Infinity,
    targetUs: CODEL_TARGET_US,
    intervalUs: CODEL_INTERVAL_US,
  });
  const dropsUs: number[] = [];
  let firstAboveUs = -1;
  let freeAtUs = 0;
  // Twice the rate, so that the queue never falls below target however often CoDel drops.
  for (let nowUs = 1; dropsUs.length < CODEL_DROPS; nowUs += CODEL_PACKET_BYTES / 2) {
    const leavesUs = Math.max(nowUs, freeAtUs);
    if (firstAboveUs < 0 && leavesUs - nowUs >= CODEL_TARGET_US) firstAboveUs = leavesUs;
    const delayUs = link.offer(nowUs, CODEL_PACKET_BYTES);
    if (delayUs < 0) dropsUs.push(leavesUs);
    else freeAtUs = nowUs + delayUs;
  }
  return { firstAboveUs, dropsUs };
}

export function runE4(): ValidationRow[] {
  const { accepted, mismatches } = bucketTraffic();
  const excess = largestExcess(accepted);
  const params = { b: BUCKET_BYTES, r: '1 byte/us', offered: BUCKET_OFFERED };
  const rows: ValidationRow[] = [
    {
      id: 'E4',
      case: 'token bucket: most bytes accepted beyond r·t in any window',
      params,
      expected: BUCKET_BYTES,
      measured: excess,
      ci95: [excess, excess],
      tolerance: 'exact: not above b, and within one datagram of it',
      verdict: excess <= BUCKET_BYTES && excess > BUCKET_BYTES - MTU_BYTES ? 'pass' : 'fail',
      note: `${accepted.length} of ${BUCKET_OFFERED} datagrams accepted`,
    },
    exactRow({
      id: 'E4',
      case: 'token bucket: decisions that differ from its definition',
      params,
      expected: 0,
      measured: mismatches,
    }),
  ];
  const { firstAboveUs, dropsUs } = codelDropTimes();
  // The first drop comes one interval after the wait went above target, drop n + 1 is due I/√n after drop n was due; each happens when
  // the next datagram leaves, on a grid of one millisecond that starts with the first arrival.
  const onGrid = (us: number): number =>
    Math.ceil((us - 1) / CODEL_PACKET_BYTES) * CODEL_PACKET_BYTES + 1;
  let dueUs = firstAboveUs + CODEL_INTERVAL_US;
  let wrong = 0;
  const expected = dropsUs.map((atUs, i) => {
    if (i > 0) dueUs += CODEL_INTERVAL_US / Math.sqrt(i);
    if (onGrid(dueUs) !== atUs) wrong++;
    return onGrid(dueUs);
  });
  const codel = { target: '5 ms', interval: '100 ms' };
  for (const n of [1, 2, 10, CODEL_DROPS]) {
    rows.push(
      exactRow({
        id: 'E4',
        case: 'CoDel: time of drop n in microseconds',
        params: { ...codel, n },
        expected: expected[n - 1]!,
        measured: dropsUs[n - 1]!,
      }),
    );
  }
  rows.push(
    exactRow({
      id: 'E4',
      case: `CoDel: drops of the first ${CODEL_DROPS} at another time than t + I/√n`,
      params: codel,
      expected: 0,
      measured: wrong,
    }),
  );
  return rows;
}
