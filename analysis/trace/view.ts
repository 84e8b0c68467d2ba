/**
 * Whose view of the network a trace shows. Everybody's shows each datagram once, when it was sent. A node's own shows what a capture at its
 * socket would: what it sent when it sent it, what it received when it came, and nothing of what was lost on the way to it. A live node's
 * capture is such a view already; there a word chooses among those it spoke with.
 */
import { Heap } from 'heap-js';
import { FATE_DELIVERED } from '../../scenarios/results/datagrams.ts';
import { closest } from '../../scenarios/language/suggest.ts';
import { addressOf, endpointOf } from './names.ts';
import { TraceError, type Datagram, type Recording } from './recording.ts';

/** Shortest beginning of an address that names a node. */
const PREFIX_DIGITS = 4;

/** Whether an end of a datagram belongs to the view. */
export type Chosen = (node: number, endpoint: Uint8Array) => boolean;

export interface Sighting {
  /** Network microseconds. */
  timeUs: number;
  /** Seen from the chosen nodes, or from the owner of a capture; undefined in everybody's view. */
  direction: 'out' | 'in' | undefined;
  datagram: Datagram;
}

/**
 * The nodes that a word means: an index, a role or a live node's name, the beginning of an overlay address, an IP address or endpoint.
 *
 * @throws TraceError with a suggestion when it means nobody.
 */
export async function chosenBy(recording: Recording, word: string): Promise<Chosen> {
  const { nodes } = recording;
  if (recording.owner === undefined && /^\d+$/.test(word) && nodes.has(Number(word)))
    return (node) => node === Number(word);
  const chosen = new Set<number>();
  for (const [index, { label, address }] of nodes) {
    const prefix = word.length >= PREFIX_DIGITS && address.startsWith(word.toLowerCase());
    if (label === word || prefix) chosen.add(index);
  }
  if (chosen.size > 0) return (node) => chosen.has(node);
  const chosenPlace: Chosen = (_node, endpoint) =>
    addressOf(endpoint) === word || endpointOf(endpoint) === word;
  if (/[.:]/.test(word))
    for await (const { from, to, fromEndpoint, toEndpoint } of recording.datagrams())
      if (chosenPlace(from, fromEndpoint) || chosenPlace(to, toEndpoint)) return chosenPlace;
  throw nobody(recording, word);
}

function nobody({ nodes }: Recording, word: string): TraceError {
  const labels = [...new Set([...nodes.values()].map(({ label }) => label))];
  const near = closest(word, labels);
  const hint =
    near !== undefined
      ? `Did you mean "${near}"?`
      : nodes.size > 1
        ? `There are nodes 0 to ${nodes.size - 1}, of roles ${labels.join(', ')}.`
        : `It is the capture of ${labels.join('')}; others are named by IP address.`;
  return new TraceError(`No node "${word}" in this recording. ${hint}`);
}

/** One moment of each datagram as a view shows it. */
export function sightings(
  recording: Recording,
  chosen: Chosen | undefined,
): AsyncGenerator<Sighting> {
  return inOrder(recording, (datagram) => {
    const { timeUs, sentUs, endedUs, from, to } = datagram;
    if (recording.owner !== undefined) {
      const wanted = chosen === undefined || touches(datagram, chosen);
      return wanted ? [{ timeUs, direction: sentUs >= 0 ? 'out' : 'in', datagram }] : [];
    }
    if (chosen === undefined) return [{ timeUs, direction: undefined, datagram }];
    if (sentUs >= 0 && chosen(from, datagram.fromEndpoint))
      return [{ timeUs: sentUs, direction: 'out', datagram }];
    if (arrived(datagram) && chosen(to, datagram.toEndpoint))
      return [{ timeUs: endedUs, direction: 'in', datagram }];
    return [];
  });
}

/** Both ends, as far as they are known, of each datagram that a view has anything to do with. */
export function ends(recording: Recording, chosen: Chosen | undefined): AsyncGenerator<Sighting> {
  return inOrder(recording, (datagram) => {
    const { sentUs, endedUs } = datagram;
    if (chosen !== undefined && !touches(datagram, chosen)) return [];
    const both: Sighting[] = [];
    if (sentUs >= 0) both.push({ timeUs: sentUs, direction: 'out', datagram });
    if (arrived(datagram)) both.push({ timeUs: endedUs, direction: 'in', datagram });
    return both;
  });
}

/** Whether a chosen node is at either end. */
export function touches(datagram: Datagram, chosen: Chosen): boolean {
  return chosen(datagram.from, datagram.fromEndpoint) || chosen(datagram.to, datagram.toEndpoint);
}

function arrived({ fate, endedUs }: Datagram): boolean {
  return fate === FATE_DELIVERED && endedUs >= 0;
}

/** What is made of the datagrams, in the order of time. Memory: what is in flight. */
async function* inOrder(
  recording: Recording,
  sightingsOf: (datagram: Datagram) => Sighting[],
): AsyncGenerator<Sighting> {
  const coming = new Heap<{ sighting: Sighting; order: number }>(
    (a, b) => a.sighting.timeUs - b.sighting.timeUs || a.order - b.order,
  );
  let order = 0;
  for await (const datagram of recording.datagrams()) {
    // All later rows were sent, and so are seen, no earlier than this one.
    while ((coming.peek()?.sighting.timeUs ?? Infinity) < datagram.timeUs)
      yield coming.pop()!.sighting;
    for (const sighting of sightingsOf(datagram)) coming.push({ sighting, order: order++ });
  }
  for (let next = coming.pop(); next !== undefined; next = coming.pop()) yield next.sighting;
}
