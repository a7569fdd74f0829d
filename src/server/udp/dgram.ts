/**
 * DNS over UDP by `node:dgram`: one socket for each address, for a datagram socket of Node cannot choose what address a reply leaves from.
 * A wildcard address is therefore bound as all addresses that the machine has of its family.
 * What is in flight is bounded, in all and for each client (DNSBomb, CVE-2024-33655): beyond it the newest query is not resolved, and gets
 * TC=1. Who forges the address of a client fills its share; the client itself then comes over TCP, where nobody can (RFC 7766 §5). Such an
 * answer is no larger than its query, so it makes nothing of us that the forger has not already.
 * Limits: a wildcard does not follow addresses that come later; no batches of datagrams (recvmmsg).
 */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Endpoint } from '../../base/prefix.ts';
import { Opcode, Rcode } from '../../base/registry.ts';
import type { Answer } from '../../service/answer.ts';
import { replyWithError } from '../../service/reply.ts';
import { composeMessage } from '../../wire/compose.ts';
import { tryReadHeader, tryReadQuestion } from '../../wire/read-message.ts';
import { BindError } from '../bind-error.ts';
import { createInFlight, type InFlightLimits } from '../in-flight.ts';

export interface UdpOptions extends InFlightLimits {
  /** Octets asked of the system for each socket's receive buffer; it may give less. */
  readonly receiveBufferOctets?: number;
  /** Hears of faults of a socket. Synchronous, must not throw. */
  readonly onError?: (error: unknown) => void;
  /** Hears of each query not resolved because too many are in flight. Synchronous, must not throw. */
  readonly onDrop?: () => void;
}

export interface UdpServer {
  readonly address: string;
  /** The one bound, where port 0 was asked. */
  readonly port: number;
  /** Takes no more queries, waits for those in flight at most `graceMs`, then closes. */
  stop(graceMs?: number): Promise<void>;
}

const DEFAULT_GRACE_MS = 5_000;

export const DEFAULT_BUFFER_OCTETS = 4 * 1024 * 1024;

/** Binds and serves. @throws {BindError} in one sentence, where the endpoint cannot be had */
export async function startUdp(endpoint: Endpoint, answer: Answer, options: UdpOptions = {}): Promise<UdpServer> {
  const sockets = await bindAll(endpoint, options);
  const inFlight = createInFlight(options);
  let stopped: Promise<void> | undefined;
  for (const socket of sockets) {
    socket.on('message', (query, client) => {
      // Nothing can be sent to port 0, and dgram would throw.
      if (stopped || client.port === 0) return;
      if (!inFlight.enter(client.address)) {
        options.onDrop?.();
        const reply = truncated(query);
        if (reply) socket.send(reply, client.port, client.address, ignore);
        return;
      }
      serve(socket, query, client, answer)
        .catch((error: unknown) => options.onError?.(error))
        .finally(() => inFlight.leave(client.address));
    });
  }
  return {
    address: endpoint.address,
    port: sockets[0]?.address().port ?? endpoint.port,
    stop(graceMs = DEFAULT_GRACE_MS) {
      stopped ??= inFlight.whenEmpty(graceMs).then(async () => {
        await Promise.all(sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
      });
      return stopped;
    },
  };
}

async function serve(socket: Socket, query: Buffer, client: RemoteInfo, answer: Answer): Promise<void> {
  const reply = await answer(query, { address: client.address, transport: 'udp' });
  if (!reply) return;
  // A reply that cannot be sent (no route, a full queue, a firewall) is as one lost on the way: the client asks again.
  socket.send(reply, client.port, client.address, ignore);
}

/** TC=1 and the question alone; undefined for what is no query, which gets no answer. */
export function truncated(query: Uint8Array): Uint8Array | undefined {
  const header = tryReadHeader(query);
  if (!header || header.flags.response || header.opcode !== Opcode.QUERY || header.questions !== 1) return undefined;
  const question = tryReadQuestion(query);
  if (!question) return undefined;
  const reply = replyWithError({ ...header, question, edns: undefined }, Rcode.NOERROR, { udpSize: MIN_UDP_SIZE, nsid: undefined });
  return composeMessage({ ...reply, flags: { ...reply.flags, truncated: true } }, MIN_UDP_SIZE);
}

const MIN_UDP_SIZE = 512;

function ignore(): void {}

/** Addresses of clients are literals: nothing to look up. */
function literal(address: string, _options: unknown, found: (error: null, address: string, family: number) => void): void {
  found(null, address, isIPv6(address) ? 6 : 4);
}

async function bindAll(endpoint: Endpoint, options: UdpOptions): Promise<Socket[]> {
  const wildcard = isWildcard(endpoint.address);
  const sockets: Socket[] = [];
  let port = endpoint.port;
  try {
    for (const address of wildcard ? interfaceAddresses(isIPv6(endpoint.address)) : [endpoint.address]) {
      const socket = await bind({ address, port }, options).catch((error: unknown) => {
        // An address may go, or not yet be usable (RFC 4862 §5.4), between being listed and being bound.
        if (wildcard && error instanceof BindError && error.code === 'EADDRNOTAVAIL') return undefined;
        throw error;
      });
      if (!socket) continue;
      sockets.push(socket);
      port = socket.address().port;
    }
    if (sockets.length === 0) throw new BindError(endpoint, 'UDP', { code: 'EADDRNOTAVAIL' });
    return sockets;
  } catch (error) {
    for (const socket of sockets) socket.close();
    throw error;
  }
}

async function bind(endpoint: Endpoint, { receiveBufferOctets, onError }: UdpOptions): Promise<Socket> {
  const ipv6 = isIPv6(endpoint.address);
  const recvBufferSize = receiveBufferOctets ?? DEFAULT_BUFFER_OCTETS;
  const socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4', ipv6Only: ipv6, recvBufferSize, lookup: literal });
  try {
    const listening = once(socket, 'listening'); // which may come at once, for nothing is looked up
    socket.bind({ address: endpoint.address, port: endpoint.port, exclusive: true });
    await listening;
    socket.on('error', (error) => onError?.(error));
    return socket;
  } catch (error) {
    socket.close();
    throw new BindError(endpoint, 'UDP', error);
  }
}

function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || /^[0:]+$/.test(address);
}

function interfaceAddresses(ipv6: boolean): string[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) => {
    const family = addresses.filter((address) => (address.family === 'IPv6') === ipv6);
    return family.map(({ address }) => (address.startsWith('fe80:') ? `${address}%${name}` : address));
  });
}
