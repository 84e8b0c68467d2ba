/**
 * Who lives in a simulated world: addresses, keys, endpoints, roles.
 *
 * A simulated account is drawn, not derived: twenty uniform bytes instead of the hash of a secp256k1 public key, because
 * the address must not depend on the crypto suite and nothing signs with the account yet (docs/decisions/0006). The overlay
 * address is then computed from it exactly as on a live node. Each node's draws come from its own stream `identity/<n>`,
 * so adding a node or a role shifts nobody else.
 */
import type { AgreementKey, CryptoSuite } from '../../protocols/crypto/port.ts';
import { accountFromPublicKey, overlayAddress } from '../../protocols/identity/address.ts';
import { ENDPOINT_BYTES } from '../../protocols/identity/peer-book.ts';
import type { StreamFactory } from '../../sim/random/streams.ts';
import type { Role } from '../model.ts';

/** Network id of simulated worlds (part of every overlay address). */
export const SIMULATED_NETWORK_ID = 1n;

const ACCOUNT_BYTES = 20;
const NONCE_BYTES = 32;
const SECRET_BYTES = 32;
const UDP_PORT = 4242;

export interface Identity {
  address: Uint8Array;
  endpoint: Uint8Array;
  /** X25519. */
  secret: Uint8Array;
  nonce: Uint8Array;
  /** secp256k1, where the account is derived. */
  accountSecret?: Uint8Array;
}

/**
 * The identity of node `index` of the world that `streams` belongs to. With `signs` the account is derived from a key, as it must be where nodes
 * introduce themselves by signed records.
 */
export function drawIdentity(
  suite: CryptoSuite,
  streams: StreamFactory,
  index: number,
  signs: boolean,
): Identity {
  const random = streams.stream(`identity/${index}`);
  let account = new Uint8Array(ACCOUNT_BYTES);
  const nonce = new Uint8Array(NONCE_BYTES);
  const secret = new Uint8Array(SECRET_BYTES);
  const accountSecret = signs ? new Uint8Array(SECRET_BYTES) : undefined;
  if (accountSecret === undefined) random.fill(account, 0, ACCOUNT_BYTES);
  else {
    random.fill(accountSecret, 0, SECRET_BYTES);
    account = accountFromPublicKey(suite, suite.accountPublicKey(accountSecret)).slice();
  }
  random.fill(nonce, 0, NONCE_BYTES);
  random.fill(secret, 0, SECRET_BYTES);
  // An IPv4 address drawn uniformly: nodes of one /24 are as rare as chance makes them.
  const endpoint = new Uint8Array(ENDPOINT_BYTES);
  endpoint[10] = 0xff;
  endpoint[11] = 0xff;
  random.fill(endpoint, 12, 4);
  endpoint[16] = UDP_PORT >>> 8;
  endpoint[17] = UDP_PORT & 0xff;
  return {
    address: overlayAddress(suite, account, SIMULATED_NETWORK_ID, nonce),
    endpoint,
    secret,
    nonce,
    ...(accountSecret === undefined ? {} : { accountSecret }),
  };
}

/** Moves an identity to the `index`-th endpoint network of its role. */
export function settle(identity: Identity, streams: StreamFactory, role: string, index: number): void {
  streams.stream(`network/${role}/${index}`).fill(identity.endpoint, 12, 3);
}

/** Key pair for messages to a node, made when first asked for (a big world never needs most of them at once). */
export class KeyRing {
  readonly #suite: CryptoSuite;
  readonly #secrets: Uint8Array[] = [];
  readonly #keys: (AgreementKey | undefined)[] = [];

  constructor(suite: CryptoSuite) {
    this.#suite = suite;
  }

  add(secret: Uint8Array): void {
    this.#secrets.push(secret);
    this.#keys.push(undefined);
  }

  key(node: number): AgreementKey {
    return (this.#keys[node] ??= this.#suite.agreementKey(this.#secrets[node]!));
  }
}

/** Role index of each node: counts are exact, places are a shuffle by the stream `roles`. */
export function assignRoles(
  roles: readonly Role[],
  nodes: number,
  streams: StreamFactory,
): Uint8Array {
  const assigned = new Uint8Array(nodes);
  let at = 0;
  roles.forEach((role, index) => {
    assigned.fill(index, at, at + role.count);
    at += role.count;
  });
  if (at !== nodes) throw new Error(`roles count ${at} nodes, the world has ${nodes}`);
  const random = streams.stream('roles');
  for (let i = nodes - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const swap = assigned[i]!;
    assigned[i] = assigned[j]!;
    assigned[j] = swap;
  }
  return assigned;
}
