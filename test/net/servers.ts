/** Loopback servers that answer as a test tells them, and replies made by hand: octets, so that nothing of src/wire is trusted here. */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket as TcpSocket } from 'node:net';

/** A reply to `query`: its ID and question, QR set, no records; `change` writes into it. */
export function replyTo(query: Buffer, change: (reply: Buffer) => Buffer | undefined = () => undefined): Buffer {
  const reply = Buffer.from(query.subarray(0, questionEnd(query)));
  reply[2] = 0x84; // QR, AA
  reply[3] = 0;
  reply.fill(0, 6, 12);
  return change(reply) ?? reply;
}

export function questionEnd(message: Buffer): number {
  let at = 12;
  while (message[at] !== 0) at += (message[at] as number) + 1;
  return at + 5;
}

/** A reply with one A record, its owner a pointer to the question. */
export function addressReply(query: Buffer): Buffer {
  return replyTo(query, (reply) => {
    reply.writeUInt16BE(1, 6);
    return Buffer.concat([reply, Buffer.from('c00c00010001000000140004c0000201', 'hex')]);
  });
}

export function invertCase(reply: Buffer): Buffer {
  const changed = Buffer.from(reply);
  const end = questionEnd(changed) - 5;
  for (let at = 12; at < end; at++)
    if (/[a-z]/i.test(String.fromCharCode(changed[at] as number))) changed[at] = (changed[at] as number) ^ 0x20;
  return changed;
}

export interface TestServer {
  readonly address: string;
  readonly port: number;
  readonly queries: Buffer[];
  readonly peers: number[];
  readonly close: () => Promise<void>;
}

/** `answer` gets each datagram and a function that sends to whoever sent it. */
export async function udpServer(
  answer: (query: Buffer, send: (reply: Buffer) => void, from: RemoteInfo) => void,
  address = '127.0.0.1',
): Promise<TestServer> {
  const socket: Socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  const queries: Buffer[] = [];
  const peers: number[] = [];
  socket.on('error', () => {});
  socket.on('message', (query, from) => {
    queries.push(query);
    peers.push(from.port);
    answer(query, (reply) => socket.send(reply, from.port, from.address), from);
  });
  socket.bind(0, address);
  await once(socket, 'listening');
  const close = async () => {
    socket.close();
    await once(socket, 'close');
  };
  return { address, port: socket.address().port, queries, peers, close };
}

/** `answer` gets each whole query and the connection. */
export async function tcpServer(answer: (query: Buffer, socket: TcpSocket) => void, address = '127.0.0.1'): Promise<TestServer> {
  const queries: Buffer[] = [];
  const peers: number[] = [];
  const open = new Set<TcpSocket>();
  const server = createServer((socket) => {
    open.add(socket);
    peers.push(socket.remotePort ?? 0);
    let received = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const query = received.subarray(2, 2 + received.readUInt16BE(0));
      queries.push(query);
      answer(query, socket);
    });
  });
  server.listen(0, address);
  await once(server, 'listening');
  const close = async () => {
    for (const socket of open) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { address, port: (server.address() as AddressInfo).port, queries, peers, close }; // listening on a port, so not a pipe's name
}

export function framed(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** Where nobody listens: a port that was free a moment ago might be another test's by now, an address of its own is not. */
export const nobody = { address: '127.0.0.77', port: 53 };
