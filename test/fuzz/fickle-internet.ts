/**
 * The sandbox's servers once more, on another port of their addresses: they answer from its zones, and now and then wrongly.
 * Whoever asks them gets over UDP and TCP what `mutate` makes of the right reply.
 */

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { answer } from '../../src/sandbox/authority.ts';
import type { Sandbox } from '../../src/sandbox/internet.ts';
import { readQuery, udpLimit, writeReply } from '../../src/sandbox/message.ts';
import { typeNumbers } from '../../src/sandbox/rdata.ts';
import type { Zone } from '../../src/sandbox/zone.ts';
import { framed, onFrames } from '../whole/client.ts';
import { hostileReply } from './mutate.ts';
import type { Random } from './random.ts';

export interface FickleOptions {
  readonly random: Random;
  /** Replies of a hundred that are changed. */
  readonly percent: () => number;
}

export interface FickleInternet {
  readonly port: number;
  /** Replies that went out changed. */
  mutated(): number;
  replies(): number;
  stop(): Promise<void>;
}

export async function startFickleInternet(sandbox: Sandbox, options: FickleOptions): Promise<FickleInternet> {
  const figures = { replies: 0, mutated: 0 };
  let other: Buffer | undefined;
  const respond = (zones: readonly Zone[], octets: Buffer, udp: boolean): Buffer | undefined => {
    const read = readQuery(octets);
    if (read.outcome !== 'query') return undefined;
    const { query } = read;
    const right = writeReply(query, answer(zones, query), udp ? udpLimit(query) : 65_535);
    figures.replies++;
    if (options.random(100) >= options.percent()) return right;
    const wrong = hostileReply(options.random, right, other ?? right);
    other = right;
    if (!wrong.equals(right)) figures.mutated++;
    return wrong;
  };
  const { port, close } = await listenOnAll(sandbox, respond);
  return { port, mutated: () => figures.mutated, replies: () => figures.replies, stop: close };
}

type Respond = (zones: readonly Zone[], octets: Buffer, udp: boolean) => Buffer | undefined;

const PORT_ATTEMPTS = 20;

async function listenOnAll({ servers, zones }: Sandbox, respond: Respond): Promise<{ port: number; close: () => Promise<void> }> {
  for (let attempt = 1; ; attempt++) {
    const closers: (() => Promise<void>)[] = [];
    const close = async () => void (await Promise.all(closers.map((end) => end())));
    let port = 0;
    try {
      for (const { name, address } of servers) {
        const own = zones.filter((zone) => isServedBy(zone, name));
        const udp = await bindUdp(address, port, (octets) => respond(own, octets, true));
        closers.push(() => closeUdp(udp));
        port = udp.address().port;
        closers.push(await listenTcp(address, port, (octets) => respond(own, octets, false)));
      }
      return { port, close };
    } catch (error) {
      await close();
      if (attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function bindUdp(address: string, port: number, respond: (octets: Buffer) => Buffer | undefined): Promise<UdpSocket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024 });
  socket.bind(port, address);
  await once(socket, 'listening');
  socket.on('message', (octets, client) => {
    const reply = respond(octets);
    if (reply) socket.send(reply, client.port, client.address, () => {});
  });
  return socket;
}

async function closeUdp(socket: UdpSocket): Promise<void> {
  const closed = once(socket, 'close');
  socket.close();
  await closed;
}

async function listenTcp(address: string, port: number, respond: (octets: Buffer) => Buffer | undefined): Promise<() => Promise<void>> {
  const connections = new Set<Socket>();
  const server: Server = createServer((socket) => {
    connections.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => connections.delete(socket));
    onFrames(socket, (octets) => {
      const reply = respond(octets);
      if (reply && socket.writable) socket.write(framed(reply));
    });
  });
  server.listen(port, address);
  await once(server, 'listening');
  return async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of connections) socket.destroy();
    await closed;
  };
}

/** Whether the NS RRset at the zone's apex names the server. */
function isServedBy({ apex, node }: Zone, server: string): boolean {
  const ns = node(apex)?.sets.get(typeNumbers.NS);
  return ns?.rdatas.some((rdata) => textOfWire(rdata) === server) ?? false;
}

function textOfWire(wire: Buffer): string {
  const labels: string[] = [];
  for (let at = 0; wire[at]; at += wire[at]! + 1) labels.push(wire.toString('latin1', at + 1, at + 1 + wire[at]!));
  return labels.join('.');
}
