/** No more than so many queries at one server at a time: a list of ten thousand domains must not fall upon the few servers that have most of them. */

import type { Exchange, UpstreamOutcome } from '../net/exchange.ts';

/** Queries that may wait for one server; more is not made by the domains that are checked at once. */
const MAX_WAITING = 2_000;

interface Server {
  underWay: number;
  /** In order of arrival. */
  readonly waiting: (() => void)[];
}

/**
 * Bounds an exchange for each server by itself. A query that waited has its whole `timeoutMs` for the network afterwards, so that our own
 * queue is never taken for a slow server; one that waited as long in vain ends as a fault of this machine (`isLocalFault` in net/).
 */
export function limitPerServer(exchange: Exchange, atOnce: number): Exchange {
  const servers = new Map<string, Server>();
  const busy: UpstreamOutcome = { outcome: 'unreachable', code: 'EBUSY' };
  const open = (key: string) => {
    const server: Server = { underWay: 0, waiting: [] };
    servers.set(key, server);
    return server;
  };
  return async (query) => {
    const key = `${query.server.address} ${query.server.port}`;
    const server = servers.get(key) ?? open(key);
    if (server.underWay >= atOnce) {
      if (server.waiting.length >= MAX_WAITING || !(await waitIn(server, query.timeoutMs))) return busy;
    } else {
      server.underWay++;
    }
    try {
      return await exchange(query);
    } finally {
      const next = server.waiting.shift();
      if (next) next();
      else if (--server.underWay === 0) servers.delete(key);
    }
  };
}

/** Waits for a place that another gives up; false once the time is over. */
function waitIn({ waiting }: Server, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const take = () => {
      clearTimeout(timer);
      resolve(true);
    };
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(take), 1);
      resolve(false);
    }, timeoutMs);
    waiting.push(take);
  });
}
