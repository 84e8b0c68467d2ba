/** What the parts of SWAP share: the settings of the node, its host, and the sending of its messages. */
import type { Host } from '../host.ts';
import type { SwapLedger } from './ledger-port.ts';
import type { ConversionRate } from './money.ts';
import type { SwapOptions } from './options.ts';
import type { Pair } from './pair.ts';
import type { SwapPolicy } from './policy.ts';
import type { CreditScores } from './score.ts';
import type { Signer } from './signer.ts';
import type { Account, TypedData } from './typed-data.ts';

/** All that SWAP needs of a host; a world without packets can give it as well. */
export type SwapHost = Pick<Host, 'now' | 'send' | 'setTimer' | 'cancelTimer' | 'emit'>;

export interface SwapSettings {
  options: SwapOptions;
  policy: SwapPolicy;
  rate: ConversionRate;
  ledger: SwapLedger;
  signer: Signer;
  typed: TypedData;
  scores: CreditScores;
  /** Our own chequebook; undefined for a node that cannot pay. */
  chequebook: Account | undefined;
}

export interface SwapContext extends SwapSettings {
  readonly host: SwapHost;
  /** Pairs by peer. */
  readonly pairs: ReadonlyMap<number, Pair>;
}

export function sendTo(context: SwapContext, pair: Pair, message: Uint8Array): void {
  context.host.send(pair.peer, message, 0, message.length);
}

/** Something was sent that wants an answer: begin to wait for it, patiently again. */
export function expectAnswer(context: SwapContext, pair: Pair): void {
  pair.attempts = 0;
  pair.retryAtUs = context.host.now() + context.options.retryUs;
}
