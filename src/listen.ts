/** The DNS front ends at their endpoints: UDP and TCP side by side, with limits that they share. */

import type { Endpoint } from './base/prefix.ts';
import type { Config } from './config.ts';
import type { Metrics } from './http/metrics.ts';
import type { Logger } from './log.ts';
import { createBacklog } from './server/backlog.ts';
import { BindError } from './server/bind-error.ts';
import { MAX_BACKLOG_OCTETS, startTcp, type TcpOptions } from './server/stream.ts';
import { startUdp, type UdpOptions } from './server/udp.ts';
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
    onStall,
    onDrop: () => metrics.countLimit('udpInFlight'),
    onError: (err) => log.error({ err }, 'a socket failed'),
  };
}

/** Listens at every endpoint. @returns them with the ports bound @throws {BindError} */
export async function listenDns(
  { dns, byDefault }: Config['listen'],
  answer: Answer,
  options: FrontOptions,
  log: Logger,
  servers: Stoppable[],
): Promise<Endpoint[]> {
  const endpoints: Endpoint[] = [];
  for (const endpoint of dns) {
    try {
      const port = await listenBoth(endpoint, answer, options, servers);
      endpoints.push({ ...endpoint, port });
    } catch (error) {
      // Nobody asked for IPv6 here: a machine without it is served on IPv4 alone.
      const lacking = error instanceof BindError && (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT');
      if (!byDefault || !lacking || !endpoint.address.includes(':')) throw error;
      log.warn(error.message);
    }
  }
  return endpoints;
}

/** UDP and TCP on one port; where 0 is asked, on one that is free for both. UDP comes first: who finds TCP open may ask over UDP at once. */
async function listenBoth(endpoint: Endpoint, answer: Answer, options: FrontOptions, servers: Stoppable[]): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const udp = await startUdp(endpoint, answer, options);
    try {
      const tcp = await startTcp({ ...endpoint, port: udp.port }, answer, options);
      servers.push(udp, tcp);
      return udp.port;
    } catch (error) {
      await udp.stop(0);
      const taken = error instanceof BindError && error.code === 'EADDRINUSE';
      if (endpoint.port !== 0 || !taken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}
