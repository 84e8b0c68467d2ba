/**
 * A trace in Chrome's JSON (Trace Event Format), which ui.perfetto.dev opens: a process for each node, a slice for each datagram at either
 * end, an arrow from one to the other. All copies of one message carry its packet id, by which the viewer finds them.
 *
 * The viewer ties the end of an arrow to the slice that is open at that moment, so no two slices of a node may be open at once. What happens
 * in one microsecond is therefore drawn a nanosecond apart, each slice that long; `args.us` has the recorded time.
 */
import { FATE_DELIVERED } from '../../scenarios/results/datagrams.ts';
import type { Write } from './file-out.ts';
import { kindOf, kindText, nodeName } from './names.ts';
import type { Datagram, Recording } from './recording.ts';
import type { Sighting } from './view.ts';

/** Length of a slice, and distance between those of one microsecond, in microseconds. */
const SLICE_US = 0.001;
const TRACK = 1;

/** A process of the trace: one node. */
interface Process {
  pid: number;
  /** The microsecond drawn last, and how many slices it has. */
  us: number;
  slices: number;
}

/** Writes events one by one, in the order of time. Memory: the nodes, and what is in flight. */
export class PerfettoTrace {
  readonly #recording: Recording;
  readonly #write: Write;
  readonly #processes = new Map<string, Process>();
  /** Numbers of the arrows that have not ended. */
  readonly #arrows = new Map<Datagram, number>();
  #arrowsBegun = 0;
  #first = true;

  constructor(recording: Recording, write: Write) {
    this.#recording = recording;
    this.#write = write;
    write('{"displayTimeUnit":"ms","otherData":');
    write(JSON.stringify(recording.facts));
    write(',"traceEvents":[\n');
  }

  /** Draws one end of a datagram. */
  add({ timeUs, direction, datagram }: Sighting): void {
    const { from, to, fromEndpoint, toEndpoint, sentUs, endedUs, payload, fate, detail } = datagram;
    const kind = kindOf(payload, this.#recording.keys);
    const name = kindText(kind);
    const out = direction === 'out';
    const process = this.#process(
      out
        ? nodeName(this.#recording, from, fromEndpoint)
        : nodeName(this.#recording, to, toEndpoint),
    );
    const { pid } = process;
    const ts = momentOf(process, timeUs);
    const args = {
      us: timeUs,
      bytes: payload.length,
      fate,
      ...(detail === '' ? {} : { detail }),
      ...(kind.packet === '' ? {} : { packet: kind.packet }),
    };
    const verb = out ? 'send' : 'receive';
    this.#event({ ph: 'X', name: `${verb} ${name}`, pid, tid: TRACK, ts, dur: SLICE_US, args });
    if (sentUs < 0 || endedUs < 0 || fate !== FATE_DELIVERED) return;
    const arrow = { id: this.#arrowOf(datagram), name, cat: 'datagram', pid, tid: TRACK, ts };
    this.#event(out ? { ph: 's', ...arrow } : { ph: 'f', bp: 'e', ...arrow });
  }

  end(): void {
    this.#write('\n]}\n');
  }

  #arrowOf(datagram: Datagram): number {
    const begun = this.#arrows.get(datagram);
    if (begun !== undefined) {
      this.#arrows.delete(datagram);
      return begun;
    }
    const id = ++this.#arrowsBegun;
    this.#arrows.set(datagram, id);
    return id;
  }

  #process(name: string): Process {
    const known = this.#processes.get(name);
    if (known !== undefined) return known;
    const process = { pid: this.#processes.size + 1, us: -1, slices: 0 };
    this.#processes.set(name, process);
    const { pid } = process;
    this.#event({ ph: 'M', name: 'process_name', pid, tid: TRACK, args: { name } });
    this.#event({ ph: 'M', name: 'thread_name', pid, tid: TRACK, args: { name: 'datagrams' } });
    return process;
  }

  #event(event: object): void {
    this.#write((this.#first ? '' : ',\n') + JSON.stringify(event));
    this.#first = false;
  }
}

/** A moment within the microsecond `us` at which the process has no slice yet. */
function momentOf(process: Process, us: number): number {
  if (process.us !== us) {
    process.us = us;
    process.slices = 0;
  }
  return us + SLICE_US * process.slices++;
}
