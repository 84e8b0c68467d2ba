/**
 * A global passive observer of link metadata: who sent a datagram to whom, when, how large; no content.
 *
 * For a wave that it can tell apart from others (messages spaced wider than they last, which the runner checks) it sees
 * everything: the first emission names the sender, and the recipient is one of those who received a copy. When waves overlap it cannot
 * attribute datagrams, and claims nothing beyond the prior; that is cautious, hence a lower bound on what such an observer learns.
 */
import { uniformGuess, type Judgement } from './judgement.ts';

export interface GlobalMessage {
  /** Nodes other than the sender that received at least one copy. */
  reached: number;
  recipientReached: boolean;
  /** No other message was in flight at the same time. */
  isolated: boolean;
  nodes: number;
}

/** What a global observer concludes about one message. */
export function judgeGlobally(message: GlobalMessage): Judgement {
  if (!message.isolated || message.reached === 0) {
    const prior = uniformGuess(message.nodes);
    return { seen: false, receiver: prior, sender: { ...prior, found: false } };
  }
  const receiver = uniformGuess(Math.max(1, message.reached));
  const certain = uniformGuess(1);
  return {
    seen: true,
    // A message that did not arrive has its recipient outside the wave: the truth then gets no probability.
    receiver: message.recipientReached ? receiver : { ...receiver, logLossBits: 40 },
    sender: { ...certain, found: true },
  };
}
