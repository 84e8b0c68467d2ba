/**
 * N1: who can be reached behind what. Two nodes behind translators, one public node that both have a link with; one of the two sends a text. Every pair
 * comes together, directly or through the public node, and which of the two is certain: hole punching fails exactly where each side must know
 * the other's port beforehand and one of them has another for each destination.
 */
import { NAT_KINDS, type NatKind } from '../../sim/network/nat.ts';
import type { ValidationCase, ValidationRow } from './case.ts';
import { exactRow } from './engine-statistics.ts';
import { NatWorld } from './nat-worlds.ts';

/** Long enough for a punch that fails and a handshake through the relay. */
const REACHED_US = 15_000_000;

/** Ford, Srisuresh & Kegel 2005, section 3; RFC 5128, section 3.3. */
function punchable(a: NatKind, b: NatKind): boolean {
  const strict = (kind: NatKind): boolean => kind === 'symmetric' || kind === 'port-restricted';
  return !(strict(a) && strict(b) && (a === 'symmetric' || b === 'symmetric'));
}

function pair(a: NatKind, b: NatKind): ValidationRow {
  const world = new NatWorld(`N1/${a}/${b}`, [{}, { nat: a }, { nat: b }], 1);
  const [, caller, called] = world.members;
  caller!.say(called!, 'hello');
  world.run(REACHED_US);
  called!.say(caller!, 'hello yourself');
  world.run(1_000_000);
  const talked = called!.texts.join() === 'hello' && caller!.texts.join() === 'hello yourself';
  const ways = [caller!.wayTo(called!), called!.wayTo(caller!)];
  const measured = !talked || ways[0] !== ways[1] ? -1 : ways[0] === 'direct' ? 1 : 0;
  return exactRow({
    id: 'N1',
    case: 'hole punching: 1 direct, 0 through the relay, -1 not at all',
    params: { caller: a, called: b },
    expected: punchable(a, b) ? 1 : 0,
    measured,
  });
}

export const natCases: readonly ValidationCase[] = [
  {
    id: 'N1',
    title: 'Hole punching by kinds of address translators',
    source: 'Ford, Srisuresh & Kegel 2005 (section 3); RFC 5128 (section 3.3)',
    run: () => NAT_KINDS.flatMap((a) => NAT_KINDS.map((b) => pair(a, b))),
  },
];
