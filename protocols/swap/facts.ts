/** What events of the contracts mean to SWAP: the one reading of a ledger's log that all hosts share. */
import type { LedgerEvent } from '../ledger/frame.ts';
import type { Address, Word } from '../ledger/values.ts';
import type { LedgerFact } from './ledger-port.ts';

/**
 * The facts in `events`, in their order.
 * @param issuerOf who signs for a chequebook; events of contracts that it does not know mean nothing.
 */
export function factsOf(
  events: readonly LedgerEvent[],
  issuerOf: (chequebook: Address) => Address | undefined,
): LedgerFact[] {
  const facts: LedgerFact[] = [];
  /** Chequebooks whose bounce has been told, but not yet the cashing that met it: the contract says so first. */
  const bounced = new Set<Address>();
  for (const event of events) {
    const fact = factOf(event, bounced, issuerOf);
    if (fact !== undefined) facts.push(fact);
  }
  return facts;
}

/**
 * The fact that one event tells.
 * @param bounced chequebooks whose bounce has been told, but not yet the cashing that met it; kept from event to event
 */
export function factOf(
  { contract, name, values }: LedgerEvent,
  bounced: Set<Address>,
  issuerOf: (chequebook: Address) => Address | undefined,
): LedgerFact | undefined {
  switch (name) {
    case 'ChequeBounced':
      // Anybody may shout; only what is known is remembered.
      if (issuerOf(contract) !== undefined) bounced.add(contract);
      return undefined;
    case 'ChequeCashed': {
      const [beneficiary, , , payout, cumulativePayout] = values;
      const issuer = issuerOf(contract);
      if (issuer === undefined) return undefined;
      return {
        kind: 'cashed',
        chequebook: contract,
        issuer,
        beneficiary: beneficiary as Address,
        payout: payout as bigint,
        cumulativePayout: cumulativePayout as bigint,
        bounced: bounced.delete(contract),
      };
    }
    case 'Protested': {
      const [, , , chequebook, cumulativePayout, dueAt] = values;
      return {
        kind: 'protested',
        ...partiesOf(values),
        chequebook: chequebook as Address,
        cumulativePayout: cumulativePayout as bigint,
        dueAt: dueAt as bigint,
      };
    }
    case 'ProtestAnswered': {
      const [, , , cumulativePayout, signature] = values;
      return {
        kind: 'answered',
        ...partiesOf(values),
        cumulativePayout: cumulativePayout as bigint,
        signature: signature as Uint8Array,
      };
    }
    case 'ProtestSettled':
      return { kind: 'settled', ...partiesOf(values) };
    default:
      return undefined;
  }
}

function partiesOf(values: LedgerEvent['values']) {
  const [id, debtor, creditor] = values as readonly [Word, Address, Address];
  return { protest: id.slice(2), debtor, creditor };
}
