/**
 * DNS over TCP (RFC 7766): listens, and lets in as many connections as may be, in all and from each client address. What happens on one
 * is in connection.ts.
 * Limits: no TLS; no TCP Fast Open, which Node does not offer.
 */

import { once } from 'node:events';
import { type AddressInfo, createServer, isIPv6, type Server, type Socket } from 'node:net';
import type { Endpoint } from '../base/prefix.ts';
import type { Answer } from '../service/answer.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import { BindError } from './bind-error.ts';
import { type Connection, type ConnectionLimits, serveConnection } from './connection.ts';
import { createRota, type Rota } from './rota.ts';

export interface TcpOptions {
  readonly maxConnections?: number;
  readonly maxConnectionsPerClient?: number;
  readonly maxPipelined?: number;
  readonly idleTimeoutMs?: number;
  /** Once three quarters of the connections are taken (RFC 7766 §6.2.3). */
  readonly idleTimeoutUnderPressureMs?: number;
  readonly writeTimeoutMs?: number;
  readonly maxBufferedOctets?: number;
  /** Bounds what waits to be read over all connections; several servers may share one. Unless told, one of its own. */
  readonly backlog?: Backlog;
  /** By which connections take turns; several servers may share one. Unless told, one of its own. */
  readonly rota?: Rota;
  readonly maxLifetimeMs?: number;
  /** The access list: whoever is not on it is told so, on a tenth of the connections, so that strangers leave room for clients. */
  readonly mayAsk?: (address: string) => boolean;
  /** Hears of faults of ours and of the listening socket. Synchronous, must not throw. */
  readonly onError?: (error: unknown) => void;
  /** Hears of each connection cut because its client does not read. Synchronous, must not throw. */
  readonly onStall?: () => void;
}

export interface TcpServer {
  readonly address: string;
  /** The one bound, where port 0 was asked. */
  readonly port: number;
  connections(): number;
  /** Stops listening, answers what is in flight at most `graceMs`, then cuts what is left. */
  stop(graceMs?: number): Promise<void>;
}

const DEFAULT_GRACE_MS = 5_000;

/** Over all connections: as many as 128 that read nothing, and thousands that do. */
export const MAX_BACKLOG_OCTETS = 32 * 1024 * 1024;

const defaults = {
  maxConnections: 1_000,
  maxConnectionsPerClient: 100,
  maxPipelined: 100,
  idleTimeoutMs: 10_000,
  idleTimeoutUnderPressureMs: 2_000,
  writeTimeoutMs: 10_000,
  maxBufferedOctets: 256 * 1024,
  maxLifetimeMs: 3_600_000,
};

/** Binds and serves. @throws {BindError} in one sentence, where the endpoint cannot be had */
export async function startTcp(endpoint: Endpoint, answer: Answer, options: TcpOptions = {}): Promise<TcpServer> {
  const settings = { ...defaults, ...options };
  const connections = new Map<Socket, Connection>();
  const clients = new Map<string, number>();
  const { mayAsk } = options;
  let strangers = 0;
  const limits: ConnectionLimits = {
    ...settings,
    backlog: options.backlog ?? createBacklog(MAX_BACKLOG_OCTETS, options.onStall),
    rota: options.rota ?? createRota(),
    idleTimeoutMs: () =>
      connections.size * 4 > settings.maxConnections * 3 ? settings.idleTimeoutUnderPressureMs : settings.idleTimeoutMs,
  };

  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const address = socket.remoteAddress;
    const own = clients.get(address ?? '') ?? 0;
    const isStranger = address !== undefined && mayAsk?.(address) === false;
    // Without an address the client has gone already.
    if (address === undefined || own >= settings.maxConnectionsPerClient || (isStranger && strangers * 10 >= settings.maxConnections)) {
      socket.on('error', () => {});
      socket.destroy();
      return;
    }
    clients.set(address, own + 1);
    if (isStranger) strangers++;
    connections.set(
      socket,
      serveConnection(socket, { address, transport: 'tcp', idleTimeoutMs: limits.idleTimeoutMs }, answer, limits, settings.onError),
    );
    socket.on('close', () => {
      connections.delete(socket);
      if (isStranger) strangers--;
      const left = (clients.get(address) ?? 0) - 1;
      if (left > 0) clients.set(address, left);
      else clients.delete(address);
    });
  });
  server.maxConnections = settings.maxConnections;
  await listen(server, endpoint);
  server.on('error', (error) => settings.onError?.(error)); // such as too many open files: the next may be let in again

  return {
    address: endpoint.address,
    port: (server.address() as AddressInfo).port,
    connections: () => connections.size,
    async stop(graceMs = DEFAULT_GRACE_MS) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const connection of connections.values()) connection.finish();
      const timer = setTimeout(() => {
        for (const connection of connections.values()) connection.cut();
      }, graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

async function listen(server: Server, endpoint: Endpoint): Promise<void> {
  try {
    server.listen({ host: endpoint.address, port: endpoint.port, ipv6Only: isIPv6(endpoint.address), exclusive: true });
    await once(server, 'listening');
  } catch (error) {
    throw new BindError(endpoint, 'TCP', error);
  }
}
