/** What the rendezvous asks of the world below: a `LinkHost` that can also be told an endpoint by its bytes, as others have seen it. */
import type { EndpointHandle, LinkHost } from '../link/host.ts';

export interface RendezvousHost extends LinkHost {
  /** The number of the endpoint at `bytes[offset..+18)`, or -1 if nothing can be sent there. */
  endpointAt(bytes: Uint8Array, offset: number): EndpointHandle;
}
