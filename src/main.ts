/**
 * Puts the parts together and starts them: exchange, resolver, answer, front ends. Nothing below knows of the others but through arguments.
 * It listens first and gets ready then, so that a client has an answer, be it SERVFAIL with "not ready", from the first moment.
 */

import { randomInt } from 'node:crypto';
import { formatName } from './base/name.ts';
import { createPrefixSet, type Endpoint, formatEndpoint } from './base/prefix.ts';
import { toResolverSettings } from './config/resolver-settings.ts';
import type { Config } from './config.ts';
import { type Logger, openLog } from './log.ts';
import { createExchange } from './net/create-exchange.ts';
import type { LiveResolver } from './resolver/resolution.ts';
import { createResolver } from './resolver/resolver.ts';
import { BindError } from './server/bind-error.ts';
import { startTcp } from './server/stream.ts';
import { startUdp } from './server/udp.ts';
import { type Answer, createAnswer } from './service/answer.ts';

/** A service that runs. */
export interface Service {
  /** Where DNS is answered, over UDP and TCP; the ports bound where 0 was asked. */
  readonly dns: readonly Endpoint[];
  readonly http: Endpoint | undefined;
  readonly resolver: LiveResolver;
  /** Stops listening, finishes what is in flight, at most 5 seconds, and closes all sockets. */
  stop(): Promise<void>;
}

export interface Overrides {
  /** In place of the log that the configuration asks for; whoever gives it closes it. */
  readonly log?: Logger;
}

interface Stoppable {
  stop(graceMs?: number): Promise<void>;
}

const GRACE_MS = 5_000;
const PORT_ATTEMPTS = 20;
/** Between attempts to get ready: doubled each time up to the last. */
const RETRY_MS = { first: 1_000, last: 30_000 };

/** A resolver over real sockets, as the configuration wants it; the clock is the wall clock. Sends nothing by itself. */
export function openResolver(config: Config): { readonly resolver: LiveResolver; readonly close: () => void } {
  const settings = toResolverSettings(config);
  const exchange = createExchange();
  const { time } = config.validation;
  const signatureTime = time === undefined ? now : () => time;
  return {
    resolver: createResolver({ exchange, now, signatureTime, randomInt: (bound) => randomInt(bound), settings }),
    close: exchange.close,
  };
}

/** Asked anew each time, so that whoever shifts the wall clock shifts signatures and cache ages alike. */
function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** Starts all that the configuration asks for. @throws what names the fault in one line: see cli/fault.ts */
export async function startService(config: Config, overrides: Overrides = {}): Promise<Service> {
  const { log, close: closeLog } = overrides.log ? { log: overrides.log, close: () => {} } : openLog(config.log);
  const closers: (() => void | Promise<void>)[] = [closeLog];
  const undo = async () => {
    for (const close of closers.reverse()) await close();
  };
  try {
    const { resolver, close } = openResolver(config);
    closers.push(close);
    const onError = (err: unknown) => log.error({ err }, 'a fault of zeker');
    const mayAsk = createPrefixSet(config.access.allow);
    const answer = createAnswer({
      resolver,
      mayAsk: (address) => mayAsk.has(address),
      specialUseNames: config.resolver.specialUseNames,
      configuredZones: [...config.resolver.forward, ...config.resolver.stub].map(({ zone }) => zone),
      clock: () => Date.now() / 1000,
      onError,
    });
    const dns = await listenDns(config.listen, answer, log, onError);
    closers.push(() => stopAll(dns.servers));
    tellOfSettings(config, log);
    const readying = config.resolver.priming ? keepGettingReady(resolver, log) : undefined;
    closers.push(() => readying?.end());
    log.info({ dns: dns.endpoints.map(formatEndpoint) }, 'listening');
    return { dns: dns.endpoints, http: undefined, resolver, stop: undo };
  } catch (error) {
    await undo();
    throw error;
  }
}

async function stopAll(servers: readonly Stoppable[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop(GRACE_MS)));
}

async function listenDns({ dns, byDefault }: Config['listen'], answer: Answer, log: Logger, onError: (error: unknown) => void) {
  const servers: Stoppable[] = [];
  const endpoints: Endpoint[] = [];
  try {
    for (const endpoint of dns) {
      try {
        const port = await listenBoth(endpoint, answer, onError, servers);
        endpoints.push({ ...endpoint, port });
      } catch (error) {
        // Nobody asked for IPv6 here: a machine without it is served on IPv4 alone.
        const lacking = error instanceof BindError && (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT');
        if (!byDefault || !lacking || !endpoint.address.includes(':')) throw error;
        log.warn(error.message);
      }
    }
    return { servers, endpoints };
  } catch (error) {
    await stopAll(servers);
    throw error;
  }
}

/** UDP and TCP on one port; where 0 is asked, on one that is free for both. */
async function listenBoth(endpoint: Endpoint, answer: Answer, onError: (error: unknown) => void, servers: Stoppable[]): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const tcp = await startTcp(endpoint, answer, { onError });
    try {
      const udp = await startUdp({ ...endpoint, port: tcp.port }, answer, { onError });
      servers.push(tcp, udp);
      return tcp.port;
    } catch (error) {
      await tcp.stop(0);
      const taken = error instanceof BindError && error.code === 'EADDRINUSE';
      if (endpoint.port !== 0 || !taken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

/** What an operator may have set long ago and should not forget. */
function tellOfSettings({ trust, validation }: Config, log: Logger): void {
  if (trust.rfc5011) log.warn('trust.rfc5011 is not in this version: trust anchors are those of the file');
  if (!validation.enabled) log.warn('validation is off: every answer is insecure');
  if (validation.time !== undefined)
    log.warn({ time: new Date(validation.time * 1000).toISOString() }, 'signatures are judged at a set moment');
  for (const { zone, reason, until } of validation.negativeTrustAnchors)
    log.warn({ zone: formatName(zone), reason, until: new Date(until * 1000).toISOString() }, 'negative trust anchor');
}

/** Prepares the resolver until that has succeeded once. */
function keepGettingReady(resolver: LiveResolver, log: Logger): { readonly end: () => void } {
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const attempt = async (delayMs: number): Promise<void> => {
    const { ready, reasons } = await resolver.prepare();
    if (ended) return;
    if (ready) {
      log.info('ready');
      return;
    }
    log.warn({ reasons }, 'not ready');
    timer = setTimeout(() => void attempt(Math.min(2 * delayMs, RETRY_MS.last)), delayMs);
  };
  void attempt(RETRY_MS.first);
  return {
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}
