/**
 * Answers that wait in memory for clients to read them, over all connections. Each connection has a limit of its own (connection.ts); many
 * that each stay under it are bounded here: the one with most to read goes first, so that who reads is never cut for who does not.
 */

import type { Socket } from 'node:net';

export interface Backlog {
  /** After each write, drain and close: what now waits on this connection. Cuts connections until all together are within the limit. */
  note(socket: Socket): void;
  /** Octets that wait, as far as noted. */
  readonly octets: number;
}

/** @param onCut hears of each connection cut, after it */
export function createBacklog(maxOctets: number, onCut?: () => void): Backlog {
  const waiting = new Map<Socket, number>();
  let total = 0;

  function measure(socket: Socket): void {
    const octets = socket.destroyed ? 0 : socket.writableLength;
    total += octets - (waiting.get(socket) ?? 0);
    if (octets > 0) waiting.set(socket, octets);
    else waiting.delete(socket);
  }

  return {
    note(socket) {
      measure(socket);
      if (total <= maxOctets) return;
      // What was read since it was noted counts for the client.
      for (const other of [...waiting.keys()]) measure(other);
      while (total > maxOctets) {
        const [worst] = [...waiting].reduce((most, next) => (next[1] > most[1] ? next : most));
        worst.destroy();
        measure(worst);
        onCut?.();
      }
    },
    get octets() {
      return total;
    },
  };
}
