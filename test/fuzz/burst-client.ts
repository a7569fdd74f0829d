/** Sends datagrams of any octets from one socket and collects what comes back. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { type Ask, queryOctets, type Reply, readReply } from '../whole/client.ts';

export interface BurstClient {
  /**
   * Asks again now and then, as clients do, and rejects after that many seconds. Resolves to undefined where dns-packet cannot read the
   * reply, as it happens: it does not keep to RDLENGTH. Rejects a reply that is not well formed.
   */
  ask(ask: Ask, seconds?: number): Promise<Reply | undefined>;
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
        waiting.set(id, (reply) =>
          end(() => {
            if (isWellFormed(reply)) resolve(tryReadReply(reply));
            else reject(new Error(`not well formed, to ${ask.name} ${ask.type}: ${reply.toString('hex')}`));
          }),
        );
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

function tryReadReply(octets: Buffer): Reply | undefined {
  try {
    return readReply(octets);
  } catch {
    return undefined;
  }
}

/** Whether names, fields and RDLENGTH of all records that the header counts fill the message, and no more. RDATA is not looked at. */
export function isWellFormed(octets: Buffer): boolean {
  if (octets.length < 12) return false;
  const [questions, ...sections] = [4, 6, 8, 10].map((field) => octets.readUInt16BE(field));
  let at = 12;
  for (let n = 0; n < questions!; n++) at = endOfName(octets, at) + 4;
  for (let n = sections.reduce((sum, count) => sum + count, 0); n > 0; n--) {
    const rdata = endOfName(octets, at) + 10;
    if (rdata > octets.length) return false;
    at = rdata + octets.readUInt16BE(rdata - 2);
  }
  return at === octets.length;
}

/** Infinity where it is no name. */
function endOfName(octets: Buffer, start: number): number {
  for (let at = start; ; ) {
    const length = octets[at];
    if (length === undefined || (length & 0xc0) === 0x40 || (length & 0xc0) === 0x80) return Number.POSITIVE_INFINITY;
    if (length === 0) return at + 1;
    if (length >= 0xc0) return ((length & 0x3f) << 8) + (octets[at + 1] ?? 0xff) < at ? at + 2 : Number.POSITIVE_INFINITY;
    at += length + 1;
  }
}
