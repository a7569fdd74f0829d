/** The DNS front ends at their endpoints: UDP and TCP side by side, with limits that they share. */

import type { Endpoint } from './base/prefix.ts';
import type { Config } from './config.ts';
import type { Metrics } from './http/metrics.ts';
import type { Logger } from './log.ts';
import { createBacklog } from './server/backlog.ts';
import { BindError } from './server/bind-error.ts';
import { createRota } from './server/rota.ts';
import { MAX_BACKLOG_OCTETS, startTcp, type TcpOptions } from './server/stream.ts';
import { startUdp, type UdpOptions } from './server/udp/dgram.ts';
import type { UdpFront } from './server/udp/front.ts';
import type { Answer } from './service/answer.ts';

export type MayAsk = (address: string) => boolean;

export interface Stoppable {
  stop(graceMs?: number): Promise<void>;
}

const PORT_ATTEMPTS = 20;

export type FrontOptions = UdpOptions & TcpOptions;

/** What UDP and TCP are told alike. */
export function frontOptions(mayAsk: MayAsk, metrics: Metrics, log: Logger): FrontOptions {
  const onStall = () => metrics.countLimit('tcpUnread');
  return {
    mayAsk,
    backlog: createBacklog(MAX_BACKLOG_OCTETS, onStall),
    rota: createRota(),
    onStall,
    onDrop: () => metrics.countLimit('udpInFlight'),
    onError: (err) => log.error({ err }, 'a socket failed'),
  };
}

/** Listens at every endpoint, over UDP by the front where there is one. @returns them with the ports bound @throws {BindError} */
export async function listenDns(
  { dns, byDefault }: Config['listen'],
  answer: Answer,
  options: FrontOptions,
  log: Logger,
  servers: Stoppable[],
  front?: UdpFront,
): Promise<Endpoint[]> {
  const bindUdp: BindUdp = front
    ? async (endpoint) => front.bind(endpoint)
    : (endpoint) => serveByDgram(endpoint, answer, options, servers);
  if (front) servers.push(front); // at once, for should another endpoint not be had, its sockets are to be closed
  const endpoints: Endpoint[] = [];
  for (const endpoint of dns) {
    try {
      const port = await listenBoth(endpoint, bindUdp, answer, options, servers);
      endpoints.push({ ...endpoint, port });
    } catch (error) {
      // Nobody asked for IPv6 here: a machine without it is served on IPv4 alone.
      const lacking = error instanceof BindError && (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT');
      if (!byDefault || !lacking || !endpoint.address.includes(':')) throw error;
      log.warn(error.message);
    }
  }
  await front?.start();
  return endpoints;
}

type BindUdp = (endpoint: Endpoint) => Promise<{ readonly port: number; close(): unknown }>;

async function serveByDgram(endpoint: Endpoint, answer: Answer, options: UdpOptions, servers: Stoppable[]): ReturnType<BindUdp> {
  const server = await startUdp(endpoint, answer, options);
  servers.push(server);
  return {
    port: server.port,
    close() {
      servers.splice(servers.indexOf(server), 1);
      return server.stop(0);
    },
  };
}

/** UDP and TCP on one port; where 0 is asked, on one that is free for both. UDP comes first: who finds TCP open may ask over UDP at once. */
async function listenBoth(
  endpoint: Endpoint,
  bindUdp: BindUdp,
  answer: Answer,
  options: TcpOptions,
  servers: Stoppable[],
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const udp = await bindUdp(endpoint);
    try {
      servers.push(await startTcp({ ...endpoint, port: udp.port }, answer, options));
      return udp.port;
    } catch (error) {
      await udp.close();
      const taken = error instanceof BindError && error.code === 'EADDRINUSE';
      if (endpoint.port !== 0 || !taken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}
