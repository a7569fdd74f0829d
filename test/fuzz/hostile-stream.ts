/** TCP clients that keep to no rule. Each of them goes away by itself, by a FIN or a reset. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { framed, queryOctets } from '../whole/client.ts';
import { hostileQuery, randomOctets } from './mutate.ts';
import { pick, type Random } from './random.ts';

type Play = (socket: Socket, random: Random) => Promise<number>;

const queries = (random: Random, count: number) => Array.from({ length: count }, () => framed(hostileQuery(random)));

/** Waits until the service ends the connection or sends something, a quarter of a second at most. */
async function listen(socket: Socket): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  await Promise.race([
    once(socket, 'close').catch(() => {}),
    once(socket, 'data').catch(() => {}),
    new Promise((resolve) => {
      timer = setTimeout(resolve, 250);
    }),
  ]);
  clearTimeout(timer);
}

/** What is sent at once, and how many messages that is. */
const sending =
  (make: (random: Random) => readonly Buffer[]): Play =>
  async (socket, random) => {
    const messages = make(random);
    socket.write(Buffer.concat(messages));
    await listen(socket);
    return messages.length;
  };

const plays: readonly Play[] = [
  sending((random) => queries(random, 1 + random(10))),
  sending((random) => queries(random, 1 + random(10))),
  sending((random) => queries(random, 100 + random(200))),
  sending((random) => [randomOctets(random, random(3_000))]),
  sending(() => [Buffer.of(0, 0)]),
  sending((random) => Array.from({ length: 50 }, () => framed(randomOctets(random, random(12))))), // no header fits
  sending((random) => [framed(randomOctets(random, 65_535))]),
  sending((random) => [Buffer.concat([Buffer.of(0xff, 0xff), randomOctets(random, random(1_000))])]), // more is promised than comes
  sending((random) => [framed(Buffer.concat([queryOctets({ name: 'secure.sandbox', type: 'MX' }, 1), randomOctets(random, 60_000)]))]),
  async (socket, random) => {
    // Octet by octet.
    const octets = framed(hostileQuery(random)).subarray(0, 60);
    for (const octet of octets) {
      socket.write(Buffer.of(octet));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await listen(socket);
    return 1;
  },
  async (socket, random) => {
    // Asks and never reads.
    socket.pause();
    const messages = Array.from({ length: 50 }, () =>
      framed(queryOctets({ name: 'large.sandbox', type: 'TXT', dnssecOk: true }, random(0x10000))),
    );
    socket.write(Buffer.concat(messages));
    await new Promise((resolve) => setTimeout(resolve, 20));
    return messages.length;
  },
  async (socket, random) => {
    // Closes its half at once.
    socket.end(Buffer.concat(queries(random, 20)));
    await listen(socket);
    return 20;
  },
];

/** Plays one connection; resolves to how many messages it has sent. */
export async function playHostileStream(port: number, random: Random): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {}); // the service may close whenever it likes
  socket.on('data', () => {});
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]).catch(() => {});
  const sent = await pick(random, plays)(socket, random);
  if (random(2) === 0) socket.resetAndDestroy();
  else socket.destroy();
  return sent;
}
