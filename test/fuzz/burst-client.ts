/** Sends datagrams of any octets from one socket and collects what comes back. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type Ask, queryOctets, type Reply, readReply } from '../whole/client.ts';

export interface BurstClient {
  /** Asks once more after a second, as clients do, and rejects after that many seconds. */
  ask(ask: Ask, seconds?: number): Promise<Reply>;
  /** Sends octets as they are; resolves once `expected` datagrams have come since, or time is up, to how many came. */
  throwAt(datagrams: readonly Buffer[], expected: number, timeoutMs: number): Promise<readonly Buffer[]>;
  close(): void;
}

export async function openBurstClient(port: number): Promise<BurstClient> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 4 * 1024 * 1024 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const waiting = new Map<number, (octets: Buffer) => void>();
  let collect: ((octets: Buffer) => void) | undefined;
  let nextId = 0;
  socket.on('message', (octets) => {
    const take = octets.length >= 2 ? waiting.get(octets.readUInt16BE(0)) : undefined;
    if (take) take(octets);
    else collect?.(octets);
  });
  const send = (octets: Buffer) => socket.send(octets, port, '127.0.0.1', () => {});
  return {
    ask(ask, seconds = 10) {
      do nextId = (nextId + 1) & 0xffff;
      while (waiting.has(nextId));
      const id = nextId;
      const octets = queryOctets(ask, id);
      return new Promise((resolve, reject) => {
        const again = setInterval(() => send(octets), 3_000);
        const end = (settle: () => void) => {
          clearInterval(again);
          clearTimeout(timer);
          waiting.delete(id);
          settle();
        };
        const timer = setTimeout(() => end(() => reject(new Error(`no answer to ${ask.name} ${ask.type}`))), seconds * 1000);
        waiting.set(id, (reply) => end(() => resolve(readReply(reply))));
        send(octets);
      });
    },
    throwAt(datagrams, expected, timeoutMs) {
      return new Promise((resolve) => {
        const got: Buffer[] = [];
        const end = () => {
          clearTimeout(timer);
          collect = undefined;
          resolve(got);
        };
        const timer = setTimeout(end, timeoutMs);
        collect = (octets) => {
          got.push(octets);
          if (got.length === expected) end();
        };
        for (const octets of datagrams) send(octets);
        if (expected === 0) end();
      });
    },
    close: () => socket.close(),
  };
}
