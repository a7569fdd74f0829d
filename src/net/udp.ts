/**
 * One query over UDP (RFC 1035 §4.2.1), hardened as RFC 5452 wants: a socket of its own, bound to a random port and connected, so that
 * the kernel drops all that is not from the server's address and port and hands ICMP errors over; a random ID; the question compared.
 * Whatever does not match is counted and does not end the wait (TuDoor); too much of it is an attack, and the caller asks over TCP.
 */

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import {
  Attempts,
  type ClosableExchange,
  type Finish,
  isSocketAddress,
  type NetDeps,
  noAddress,
  outcomeOf,
  unreachable,
} from './attempt.ts';
import type { UpstreamOutcome, UpstreamQuery, UpstreamServer } from './exchange.ts';
import { composeQuery, matchReply, type RandomInt } from './query.ts';

/** More replies that do not match than this, and somebody is guessing. */
export const MAX_NEAR_MISSES = 8;

const FIRST_PORT = 1024;
const PORTS = 0x10000 - FIRST_PORT;
/** Stateless filters drop datagrams from these, as they are known from amplification or belong to multicast name services. */
const avoidedPorts: readonly number[] = [1434, 1900, 2049, 3283, 3478, 3702, 4789, 5353, 5355, 6881, 10001, 11211, 27015];
const MAX_BINDS = 16;

export function createUdpExchange(deps: NetDeps): ClosableExchange {
  const attempts = new Attempts();
  return Object.assign((query: UpstreamQuery) => askOverUdp(query, deps, attempts), { close: () => attempts.close() });
}

function askOverUdp(query: UpstreamQuery, deps: NetDeps, attempts: Attempts) {
  if (!isSocketAddress(query.server)) return Promise.resolve(noAddress);
  const sent = composeQuery(query, deps.random);
  let nearMisses = 0;
  const onTimeout = () => ({ outcome: 'timeout', nearMisses }) as const;
  return attempts.start(query.timeoutMs, onTimeout, (finish) => {
    const miss = () => {
      if (++nearMisses > MAX_NEAR_MISSES) finish({ outcome: 'forged' });
    };
    const settle = (reply: Buffer, rttMs: number) => {
      let outcome: UpstreamOutcome | 'miss';
      try {
        outcome = outcomeOf(reply, sent, rttMs, nearMisses);
      } catch (error) {
        return finish(() => {
          throw error;
        });
      }
      if (outcome === 'miss') miss();
      else finish(outcome);
    };
    return openSocket(query, deps.random, finish, (socket) => {
      const sentAt = deps.monotonicMs();
      socket.on('message', (reply: Buffer, from: RemoteInfo) => {
        // What came between bind and connect the kernel let through.
        const match = isFrom(query.server, from, socket) ? matchReply(reply, sent) : 'miss';
        if (match === 'match') settle(reply, deps.monotonicMs() - sentAt);
        // Nothing wrong but its case: the wait ends, and TCP, to which this leads, settles what it was.
        else if (match === 'case') finish({ outcome: 'case-mismatch' });
        else miss();
      });
      socket.send(sent.octets, (error) => error && finish(unreachable(error)));
    });
  });
}

/** An IPv6 address may be written in many ways: the socket knows the system's. */
function isFrom({ address, port }: UpstreamServer, from: RemoteInfo, socket: Socket): boolean {
  return from.port === port && (from.address === address || from.address === socket.remoteAddress().address);
}

/** The addresses are literals: nothing to look up, nor to wait for. */
function literal(address: string, family: unknown, found: (error: null, address: string, family: number) => void): void {
  found(null, address, family as number);
}

/** Binds to a random port, connects, then calls `use`. Every error goes to `finish`. Returns what closes the socket. */
function openSocket(query: UpstreamQuery, random: RandomInt, finish: Finish, use: (socket: Socket) => void): () => void {
  const { address, port } = query.server;
  const ipv6 = isIPv6(address);
  let open: Socket | undefined;
  const close = () => {
    open?.close();
    open = undefined;
  };
  const tryBind = (triesLeft: number) => {
    const socket = createSocket({ type: ipv6 ? 'udp6' : 'udp4', ipv6Only: ipv6, lookup: literal });
    open = socket;
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (open !== socket) return;
      if (error.code === 'EADDRINUSE' && triesLeft > 1) {
        close();
        tryBind(triesLeft - 1);
      } else finish(unreachable(error));
    });
    socket.on('listening', () => open === socket && socket.connect(port, address));
    socket.on('connect', () => open === socket && use(socket));
    socket.bind({ port: drawPort(random), exclusive: true });
  };
  tryBind(MAX_BINDS);
  return close;
}

function drawPort(random: RandomInt): number {
  for (;;) {
    const port = FIRST_PORT + random(PORTS);
    if (!avoidedPorts.includes(port)) return port;
  }
}
