/**
 * An authoritative server: some zones, one address, UDP and TCP.
 *
 * RFCs: 1034 §4.3.2 step 2 (nearest zone), 4035 §3.1.4.1 (DS is asked of the parent), 6891 §6.1.3 (BADVERS), 7766 (TCP).
 * A fault makes it misbehave, so that tests see what a resolver does about it.
 */

import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { delayOf, type Fault, replyOctets, type Sending, sendingOf } from './fault.ts';
import { lookUp, type Reply } from './lookup.ts';
import { emptyReply, type Query, readQuery, udpLimit, writeHeaderOnly, writeReply } from './message.ts';
import { isWithin } from './name.ts';
import { typeNumbers } from './rdata.ts';
import type { Zone } from './zone.ts';

export interface AuthorityOptions {
  readonly address: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly zones: readonly Zone[];
  /** The fault that holds at the moment of a query. */
  readonly fault: () => Fault | undefined;
  readonly onQuery: () => void;
}

export interface Authority {
  readonly port: number;
  stop(): Promise<void>;
}

const idleTimeoutMs = 10_000;
const maxConnections = 150;

/** Binds UDP and TCP on one port; rejects with the system's error where that cannot be. */
export async function startAuthority(options: AuthorityOptions): Promise<Authority> {
  const udp = createSocket('udp4');
  const connections = new Set<Socket>();
  const tcp = createServer((socket) => serveConnection(socket, options, connections));
  tcp.maxConnections = maxConnections;
  try {
    udp.bind(options.port, options.address);
    await once(udp, 'listening');
    const { port } = udp.address();
    tcp.listen(port, options.address);
    await once(tcp, 'listening');
    serveDatagrams(udp, options);
    return { port, stop: () => stopAll(udp, tcp, connections) };
  } catch (error) {
    udp.close();
    throw error;
  }
}

async function stopAll(udp: UdpSocket, tcp: Server, connections: ReadonlySet<Socket>): Promise<void> {
  const closed = Promise.all([once(udp, 'close'), once(tcp, 'close')]);
  udp.close();
  tcp.close();
  for (const socket of connections) socket.destroy();
  await closed;
}

function serveDatagrams(udp: UdpSocket, options: AuthorityOptions): void {
  let open = true;
  udp.on('close', () => {
    open = false;
  });
  udp.on('error', () => undefined); // what one reply could not be sent for does not end the server
  udp.on('message', (octets, client) => {
    answerOctets(octets, 'udp', options, (reply, sending) => {
      if (!open) return;
      if (sending === 'from-another-address') sendFromElsewhere(reply, udp.address().port, client);
      else udp.send(reply, client.port, client.address, () => undefined);
    });
  });
}

/** No server of the sandbox listens there. */
const elsewhere = '127.0.0.53';

function sendFromElsewhere(reply: Buffer, port: number, client: { readonly address: string; readonly port: number }): void {
  const stray = createSocket({ type: 'udp4', reuseAddr: true });
  stray.on('error', () => stray.close());
  stray.bind(port, elsewhere, () => stray.send(reply, client.port, client.address, () => stray.close()));
}

function serveConnection(socket: Socket, options: AuthorityOptions, connections: Set<Socket>): void {
  connections.add(socket);
  let received = Buffer.alloc(0);
  socket.setTimeout(idleTimeoutMs, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('close', () => connections.delete(socket));
  socket.on('data', (chunk: Buffer) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
      const end = 2 + received.readUInt16BE(0);
      answerOctets(received.subarray(2, end), 'tcp', options, (reply, sending) => sendFramed(socket, reply, sending));
      received = received.subarray(end);
    }
  });
}

const octetEveryMs = 100;

function sendFramed(socket: Socket, reply: Buffer, sending: Sending): void {
  const frame = Buffer.alloc(2 + reply.length);
  frame.writeUInt16BE(reply.length);
  frame.set(reply, 2);
  if (!socket.writable) return;
  if (sending === 'half') socket.end(frame.subarray(0, frame.length >> 1));
  else if (sending === 'octet-by-octet') trickle(socket, frame);
  else socket.write(frame);
}

function trickle(socket: Socket, octets: Buffer): void {
  let sent = 0;
  const timer = setInterval(() => {
    if (socket.writable && sent < octets.length) socket.write(octets.subarray(sent, ++sent));
    else clearInterval(timer);
  }, octetEveryMs);
  socket.on('close', () => clearInterval(timer));
}

type Send = (reply: Buffer, sending: Sending) => void;

function answerOctets(octets: Buffer, transport: 'udp' | 'tcp', options: AuthorityOptions, send: Send): void {
  const read = readQuery(octets);
  if (read.outcome === 'none') return;
  options.onQuery();
  if (read.outcome === 'refused') {
    send(writeHeaderOnly(read.header, read.rcode), 'at-once');
    return;
  }
  const { query } = read;
  const fault = options.fault();
  const reply = replyOctets(fault, transport, query, {
    write: (sections) => writeReply(query, sections, transport === 'udp' ? udpLimit(query) : 65_535),
    reply: (window) => answer(options.zones, query, window),
  });
  if (!reply) return;
  const delay = delayOf(fault);
  const sending = sendingOf(fault, transport);
  if (delay === 0) send(reply, sending);
  else setTimeout(send, delay, reply, sending).unref();
}

/** The reply to a well formed query. */
export function answer(zones: readonly Zone[], query: Query, window?: 'ended'): Reply {
  const { qname, qtype, qclass, edns } = query;
  if (edns && edns.version > 0) return emptyReply('BADVERS');
  const zone = qclass === 1 ? nearestZone(zones, query) : undefined;
  if (!zone || isTransfer(qtype)) return emptyReply('REFUSED');
  return lookUp(zone, qname, qtype, { dnssec: edns?.dnssecOk ?? false, ...(window ? { window } : {}) });
}

const isTransfer = (qtype: number) => qtype === 251 || qtype === 252; // IXFR, AXFR

/** The zone with the longest apex; the DS of an apex is the parent's to tell, where the server has the parent too. */
function nearestZone(zones: readonly Zone[], { qname, qtype }: Query): Zone | undefined {
  const [nearest, next] = zones.filter(({ apex }) => isWithin(qname, apex)).toSorted((a, b) => b.apex.length - a.apex.length);
  return qtype === typeNumbers.DS && nearest?.apex.length === qname.length && next ? next : nearest;
}
