/** Sockets, and a host on them. */
import { LiveHost } from './live-host.ts';
import type { LiveHostSettings } from './settings.ts';
import { TappedTransport, type Tap } from './tap.ts';
import { openUdp, type UdpOptions } from './udp.ts';

/**
 * Opens sockets and a host on them. Rejects with a `BindError` if a socket cannot be had.
 *
 * @param tap hears every datagram at the sockets
 */
export async function openLiveHost(
  udp: UdpOptions,
  settings: LiveHostSettings,
  tap?: Tap,
): Promise<LiveHost> {
  const transport = await openUdp(udp);
  try {
    return new LiveHost(
      tap === undefined ? transport : new TappedTransport(transport, tap),
      settings,
    );
  } catch (error) {
    await transport.close();
    throw error;
  }
}
