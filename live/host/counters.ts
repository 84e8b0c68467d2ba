/**
 * What a host counts. Flat numbers that only grow, so that whoever exports them needs to know nothing else. Besides the totals, every datagram that
 * came in ends in exactly one of `delivered` and `dropped…`, unless the shim still holds it back.
 */

export interface HostCounters {
  /** Datagrams and bytes that came in from a socket, wanted or not. */
  datagramsIn: number;
  bytesIn: number;
  /** Handed to the node. */
  delivered: number;
  /** Longer than any datagram of the link. */
  droppedOversize: number;
  /** From where nothing can be sent: port 0, a zone, a group. */
  droppedSource: number;
  /** Beyond the limit of one source, and of all. */
  droppedSourceLimit: number;
  droppedTotalLimit: number;
  /** From a new endpoint while all numbers were held. */
  droppedBookFull: number;
  /** Came while no node was running. */
  droppedIdle: number;
  /** Lost by the shim, and because it held too many back, both directions. */
  droppedShim: number;
  droppedShimFull: number;

  /** Datagrams and bytes handed to a socket. */
  datagramsOut: number;
  bytesOut: number;
  /** Not sent: no socket of the address's family (any more); too many waiting for the system. */
  unsentNoSocket: number;
  unsentQueueFull: number;
  /** Handed over and refused by the system, by what it said. */
  sendErrorsUnreachable: number;
  sendErrorsTooLong: number;
  sendErrorsDenied: number;
  sendErrorsBusy: number;
  sendErrorsOther: number;
  /** Sockets that reported an error outside any send. */
  socketErrors: number;

  timersSet: number;
  timersFired: number;
  /** Thrown by the node, and by whoever listens to it. */
  exceptions: number;
  listenerExceptions: number;
  clockJumps: number;
}

export function newCounters(): HostCounters {
  return {
    datagramsIn: 0,
    bytesIn: 0,
    delivered: 0,
    droppedOversize: 0,
    droppedSource: 0,
    droppedSourceLimit: 0,
    droppedTotalLimit: 0,
    droppedBookFull: 0,
    droppedIdle: 0,
    droppedShim: 0,
    droppedShimFull: 0,
    datagramsOut: 0,
    bytesOut: 0,
    unsentNoSocket: 0,
    unsentQueueFull: 0,
    sendErrorsUnreachable: 0,
    sendErrorsTooLong: 0,
    sendErrorsDenied: 0,
    sendErrorsBusy: 0,
    sendErrorsOther: 0,
    socketErrors: 0,
    timersSet: 0,
    timersFired: 0,
    exceptions: 0,
    listenerExceptions: 0,
    clockJumps: 0,
  };
}

/** Counts a failed send under what the system said (errno name). */
export function countSendError(counters: HostCounters, code: string): void {
  switch (code) {
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'ENETDOWN':
    case 'EHOSTDOWN':
    case 'EADDRNOTAVAIL':
    case 'ECONNREFUSED':
      counters.sendErrorsUnreachable++;
      return;
    case 'EMSGSIZE':
      counters.sendErrorsTooLong++;
      return;
    case 'EACCES':
    case 'EPERM':
      counters.sendErrorsDenied++;
      return;
    case 'ENOBUFS':
    case 'ENOMEM':
    case 'EAGAIN':
      counters.sendErrorsBusy++;
      return;
    default:
      counters.sendErrorsOther++;
  }
}
