/**
 * Cheques of one pair: what the peer's are worth to us, and what we have promised with ours.
 *
 * A cheque is cumulative: the newest includes all before it, and only a larger one is worth anything. So a lost, repeated or late one does no harm, and what
 * a creditor credits is how much a cheque goes beyond what it had, whatever the debtor thought the step was.
 *
 * Giving back (the paper voids a cheque to pay with it): no chequebook knows of it, so the giver keeps a cheque that it could still cash. Hence the giver
 * counts itself entitled to less than its highest cheque (`entitled`) and cashes only cheques up to that; the issuer sends one over exactly
 * that sum, and if it sees more cashed takes back as much of what it had credited.
 */
import type { Micros } from '../host.ts';
import type { ChequebookView, SignedCheque } from './ledger-port.ts';
import type { ConversionRate } from './money.ts';
import type { Signer } from './signer.ts';
import type { Account, Cheque, TypedData } from './typed-data.ts';

/** What a beneficiary makes of a cheque; also what a CONFIRM says. */
export const CHEQUE_ACCEPTED_STATUS = 0;
export const REFUSED_CHAIN = 1;
export const REFUSED_CHEQUEBOOK = 2;
export const REFUSED_BENEFICIARY = 3;
export const REFUSED_SIGNER = 4;
export const REFUSED_NOT_LARGER = 5;
export const REFUSED_FRACTION = 6;
export const REFUSED_UNKNOWN_CONTRACT = 7;
export const REFUSED_BY_POLICY = 8;
/** Not a refusal: the same cheque again. */
export const REPEATED = -1;
/** Not a refusal: a smaller one, for cheques that we gave back. */
export const REPLACEMENT = -2;

/** A cheque with its sum in accounting units. */
export interface HeldCheque extends SignedCheque {
  units: number;
}

/** What a cheque must match. */
export interface Expected {
  chainId: bigint;
  chequebook: Account | undefined;
  beneficiary: Account;
}

/** Cheques of the peer to us. */
export class IncomingCheques {
  /** The highest, and the highest that we may cash. */
  top: HeldCheque | undefined;
  cashable: HeldCheque | undefined;
  /** Wei that its chequebook has paid us. */
  paidOutWei = 0n;
  /** Sum of the cheque whose cashing has been submitted and not been heard of, units; 0 for none. */
  cashingUnits = 0;
  /** Since when the oldest uncashed one is held. */
  sinceUs: Micros = 0;

  get topUnits(): number {
    return this.top?.units ?? 0;
  }

  /** Sets what may be cashed when the highest cheque may go up to `entitled` units. */
  entitle(entitled: number): void {
    if (this.topUnits <= entitled) this.cashable = this.top;
    else if (this.cashable !== undefined && this.cashable.units > entitled)
      this.cashable = undefined;
  }

  /** Wei that cashing would bring if the chequebook has it. */
  uncashedWei(rate: ConversionRate): bigint {
    if (this.cashable === undefined) return 0n;
    const wei = rate.toWei(this.cashable.units) - this.paidOutWei;
    return wei > 0n ? wei : 0n;
  }

  /**
   * Checks everything about a cheque that is no decision: chain, contract, beneficiary, sum, signature by the chequebook's owner.
   * @returns the cheque in units, or a status.
   */
  check(
    message: { chainId: bigint; cheque: Cheque; signature: Uint8Array },
    expected: Expected,
    view: ChequebookView | undefined,
    entitled: number,
    rate: ConversionRate,
    signer: Signer,
    typed: TypedData,
  ): HeldCheque | number {
    const { cheque, signature } = message;
    if (message.chainId !== expected.chainId) return REFUSED_CHAIN;
    if (cheque.chequebook !== expected.chequebook) return REFUSED_CHEQUEBOOK;
    if (cheque.beneficiary !== expected.beneficiary) return REFUSED_BENEFICIARY;
    if (isSame(this.top, cheque, signature)) return REPEATED;
    if (isSame(this.cashable, cheque, signature)) return REPLACEMENT;
    if (view === undefined) return REFUSED_UNKNOWN_CONTRACT;
    // Anybody can send a cheque: nothing else is said of it before it is known who signed.
    if (signer.signerOf(typed.cheque(cheque), signature) !== view.issuer) return REFUSED_SIGNER;
    const units = rate.toUnits(cheque.cumulativePayout);
    if (units === undefined) return REFUSED_FRACTION;
    if (units > this.topUnits) return { cheque, signature, units };
    const replaces = units <= entitled && units > (this.cashable?.units ?? 0);
    if (!replaces || cheque.cumulativePayout <= this.paidOutWei) return REFUSED_NOT_LARGER;
    this.cashable = { cheque, signature, units };
    return REPLACEMENT;
  }
}

function isSame(held: HeldCheque | undefined, cheque: Cheque, signature: Uint8Array): boolean {
  return (
    held !== undefined &&
    held.cheque.cumulativePayout === cheque.cumulativePayout &&
    held.signature.every((byte, i) => byte === signature[i])
  );
}

/** Our cheques to the peer. */
export class OutgoingCheques {
  /** The highest we ever signed, and the one we signed last (smaller after the peer gave some back). */
  top: HeldCheque | undefined;
  last: HeldCheque | undefined;
  /** The highest is on its way: not confirmed. It is sent again as it is until it is. */
  pending = false;
  /** Why the peer refused it; 0 if it has not. A refused cheque stands (it can be cashed), but a larger one may follow. */
  refused = 0;
  /** Wei that our chequebook has paid the peer. */
  paidOutWei = 0n;

  get topUnits(): number {
    return this.top?.units ?? 0;
  }

  /** Wei that the peer could still cash. */
  uncashedWei(rate: ConversionRate): bigint {
    const wei = rate.toWei(this.topUnits) - this.paidOutWei;
    return wei > 0n ? wei : 0n;
  }

  /** The peer has it, or says why not. @returns false for news that are none. */
  answered(units: number, status: number): boolean {
    if (!this.pending || units > this.topUnits) return false;
    if (status === CHEQUE_ACCEPTED_STATUS) {
      if (units < this.topUnits) return false;
      this.pending = false;
      this.refused = 0;
      return true;
    }
    if (units !== this.topUnits) return false;
    this.refused = status;
    return true;
  }
}
