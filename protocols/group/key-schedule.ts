/**
 * From one epoch to the next: RFC 9420, sections 8 (key schedule), 8.1 (group context), 8.5 (exporter) and 6.1 and 8.2 (confirmation, transcripts).
 *
 *     init secret of the epoch before, commit secret -> joiner secret -> (no pre-shared key) -> epoch secret
 *     epoch secret -> init, sender data, encryption, exporter, confirm, authentication
 *
 * Left out, because nothing here uses it: pre-shared keys (the secret is zero, as the RFC says where there are none), external joins, membership
 * tags (every message is sealed and signed), resumption.
 */
import type { CryptoSuite } from '../crypto/port.ts';
import { deriveSecret, expandWithLabel, extract, mac, SECRET_BYTES } from './kdf.ts';
import { concat, EMPTY, uint16, uint64, vector } from './presentation.ts';

const VERSION_MLS10 = 1;
const CIPHER_SUITE = 3;

/** What everybody in an epoch agrees on. */
export interface GroupContext {
  /** 32 bytes, drawn when the group begins. */
  groupId: Uint8Array;
  /** Number of the epoch, below 2^48. */
  epoch: number;
  treeHash: Uint8Array;
  confirmedTranscriptHash: Uint8Array;
}

export interface EpochSecrets {
  initSecret: Uint8Array;
  senderDataSecret: Uint8Array;
  encryptionSecret: Uint8Array;
  exporterSecret: Uint8Array;
  confirmationKey: Uint8Array;
  epochAuthenticator: Uint8Array;
}

/** `psk_secret` where there is no pre-shared key. */
export const NO_PRE_SHARED_KEY: Uint8Array = new Uint8Array(SECRET_BYTES);

/** The context as it is hashed and authenticated; without extensions. */
export function encodeContext(context: GroupContext): Uint8Array {
  return concat(
    uint16(VERSION_MLS10),
    uint16(CIPHER_SUITE),
    vector(context.groupId),
    uint64(context.epoch),
    vector(context.treeHash),
    vector(context.confirmedTranscriptHash),
    vector(EMPTY),
  );
}

/** `joiner_secret`: with it and the context, somebody who was not there before has the epoch. */
export function joinerSecret(
  suite: CryptoSuite,
  initSecret: Uint8Array,
  commitSecret: Uint8Array,
  context: Uint8Array,
): Uint8Array {
  const extracted = extract(suite, initSecret, commitSecret);
  const joiner = expandWithLabel(suite, extracted, 'joiner', context, SECRET_BYTES);
  extracted.fill(0);
  return joiner;
}

/** The secrets of the epoch whose encoded context is given. */
export function epochSecrets(
  suite: CryptoSuite,
  joiner: Uint8Array,
  preSharedKey: Uint8Array,
  context: Uint8Array,
): EpochSecrets {
  const member = extract(suite, joiner, preSharedKey);
  const epoch = expandWithLabel(suite, member, 'epoch', context, SECRET_BYTES);
  const secrets = secretsOf(suite, epoch);
  member.fill(0);
  epoch.fill(0);
  return secrets;
}

/** What an `epoch_secret` is spread into. */
export function secretsOf(suite: CryptoSuite, epoch: Uint8Array): EpochSecrets {
  return {
    initSecret: deriveSecret(suite, epoch, 'init'),
    senderDataSecret: deriveSecret(suite, epoch, 'sender data'),
    encryptionSecret: deriveSecret(suite, epoch, 'encryption'),
    exporterSecret: deriveSecret(suite, epoch, 'exporter'),
    confirmationKey: deriveSecret(suite, epoch, 'confirm'),
    epochAuthenticator: deriveSecret(suite, epoch, 'authentication'),
  };
}

/** `MLS-Exporter`: a secret for another purpose, from `exporter_secret`. */
export function exportSecret(
  suite: CryptoSuite,
  exporterSecret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const secret = deriveSecret(suite, exporterSecret, label);
  const out = expandWithLabel(suite, secret, 'exported', suite.sha256(context), length);
  secret.fill(0);
  return out;
}

/** `confirmation_tag`: proves that whoever made the commit has the keys of the new epoch. */
export function confirmationTag(
  suite: CryptoSuite,
  confirmationKey: Uint8Array,
  confirmedTranscriptHash: Uint8Array,
): Uint8Array {
  return mac(suite, confirmationKey, confirmedTranscriptHash);
}

/** Transcript up to and including a commit (its content and signature). */
export function confirmedTranscript(
  suite: CryptoSuite,
  interimTranscriptHash: Uint8Array,
  signedCommit: Uint8Array,
): Uint8Array {
  return suite.sha256(concat(interimTranscriptHash, signedCommit));
}

/** The same with the confirmation tag: what the next commit adds to. */
export function interimTranscript(
  suite: CryptoSuite,
  confirmedTranscriptHash: Uint8Array,
  tag: Uint8Array,
): Uint8Array {
  return suite.sha256(concat(confirmedTranscriptHash, vector(tag)));
}
