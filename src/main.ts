/**
 * Puts the parts together and starts them: exchange, resolver, answer, front ends. Nothing below knows of the others but through arguments.
 * It listens first and gets ready then, so that a client has an answer, be it SERVFAIL with "not ready", from the first moment.
 */

import { randomInt } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { formatName } from './base/name.ts';
import { createPrefixSet, type Endpoint, formatEndpoint } from './base/prefix.ts';
import { toResolverSettings } from './config/resolver-settings.ts';
import type { Config } from './config.ts';
import { createDaneCheck } from './dane/check.ts';
import { buildApp } from './http/app.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { type Logger, openLog } from './log.ts';
import { createExchange } from './net/create-exchange.ts';
import type { UpstreamQuery } from './net/exchange.ts';
import type { LiveResolver } from './resolver/resolution.ts';
import { createResolver } from './resolver/resolver.ts';
import type { CacheFigures, Readiness } from './resolver/settings.ts';
import { BindError } from './server/bind-error.ts';
import { startTcp } from './server/stream.ts';
import { startUdp } from './server/udp.ts';
import { type Answer, createAnswer } from './service/answer.ts';
import { readVersion } from './version.ts';

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

/** `close` ends its sockets. */
export interface OpenResolver {
  readonly resolver: LiveResolver;
  readonly close: () => void;
}

const cacheNames = ['rrset', 'denial', 'failure', 'delegation', 'server', 'keys'] as const satisfies (keyof CacheFigures['entries'])[];

interface Stoppable {
  stop(graceMs?: number): Promise<void>;
}

const GRACE_MS = 5_000;
const PORT_ATTEMPTS = 20;
/** Between attempts to get ready: doubled each time up to the last. */
const RETRY_MS = { first: 1_000, last: 30_000 };

/** A resolver over real sockets, as the configuration wants it; the clock is the wall clock. Sends nothing by itself. */
export function openResolver(config: Config, onQuery?: (query: UpstreamQuery) => void): OpenResolver {
  const settings = toResolverSettings(config);
  const net = createExchange();
  const { time } = config.validation;
  const resolver = createResolver({
    exchange: (query) => {
      onQuery?.(query);
      return net(query);
    },
    now,
    signatureTime: time === undefined ? now : () => time,
    randomInt: (bound) => randomInt(bound),
    settings,
  });
  return { resolver, close: net.close };
}

/** Asked anew each time, so that whoever shifts the wall clock shifts signatures and cache ages alike. */
function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** Starts all that the configuration asks for. @throws faults of the operator's to mend, each in one line: cli/fault.ts lists them */
export async function startService(config: Config, overrides: Overrides = {}): Promise<Service> {
  const { log, close: closeLog } = overrides.log ? { log: overrides.log, close: () => {} } : openLog(config.log);
  const servers: Stoppable[] = [];
  const closers: (() => void)[] = [closeLog];
  const end = async () => {
    await stopAll(servers);
    for (const close of closers.reverse()) close();
  };
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= end();
    return stopped;
  };
  try {
    const metrics = createMetrics();
    const { resolver, close } = openResolver(config, ({ transport }) => metrics.countUpstreamQuery(transport));
    closers.push(close);
    const dns = await listenDns(config.listen, createService(config, resolver, metrics, log), log, servers);
    const getReady = createReadying(resolver, log);
    closers.push(getReady.end);
    const http = await listenHttp(config, resolver, metrics, getReady.onDemand, log, servers);
    tellOfSettings(config, log);
    log.info({ dns: dns.map(formatEndpoint), http: http && formatEndpoint(http) }, 'listening');
    if (config.resolver.priming) getReady.start();
    return { dns, http, resolver, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function createService(config: Config, resolver: LiveResolver, metrics: Metrics, log: Logger): Answer {
  const clients = createPrefixSet(config.access.allow);
  return createAnswer({
    resolver,
    mayAsk: (address) => clients.has(address),
    specialUseNames: config.resolver.specialUseNames,
    configuredZones: [...config.resolver.forward, ...config.resolver.stub].map(({ zone }) => zone),
    trustsRootKey: (tag) => resolver.rootKeyTags().includes(tag),
    clock: () => Date.now() / 1000,
    onAnswer: ({ verdict, seconds }) => {
      metrics.countAnswer(verdict);
      metrics.observeQuery(seconds);
    },
    onError: (err) => log.error({ err }, 'an answer failed'),
  });
}

async function stopAll(servers: readonly Stoppable[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop(GRACE_MS)));
}

async function listenDns({ dns, byDefault }: Config['listen'], answer: Answer, log: Logger, servers: Stoppable[]): Promise<Endpoint[]> {
  const endpoints: Endpoint[] = [];
  for (const endpoint of dns) {
    try {
      const port = await listenBoth(endpoint, answer, log, servers);
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
async function listenBoth(endpoint: Endpoint, answer: Answer, log: Logger, servers: Stoppable[]): Promise<number> {
  const onError = (err: unknown) => log.error({ err }, 'a socket failed');
  for (let attempt = 1; ; attempt++) {
    const udp = await startUdp(endpoint, answer, { onError });
    try {
      const tcp = await startTcp({ ...endpoint, port: udp.port }, answer, { onError });
      servers.push(udp, tcp);
      return udp.port;
    } catch (error) {
      await udp.stop(0);
      const taken = error instanceof BindError && error.code === 'EADDRINUSE';
      if (endpoint.port !== 0 || !taken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function listenHttp(
  { listen: { http }, http: { access, hosts } }: Config,
  resolver: LiveResolver,
  metrics: Metrics,
  readiness: () => Readiness,
  log: Logger,
  servers: Stoppable[],
): Promise<Endpoint | undefined> {
  if (!http) return undefined;
  for (const cache of cacheNames) metrics.watchCache(cache, { entries: () => resolver.figures().entries[cache] });
  metrics.watchCache('all', { entries: () => totalEntries(resolver.figures()), octets: () => resolver.figures().octets });
  const clients = createPrefixSet(access);
  const app = buildApp({
    resolver,
    checkDane: createDaneCheck({ resolver, now }),
    readiness,
    metrics,
    version: readVersion(),
    logger: log.child({}, { level: log.isLevelEnabled('debug') || !log.isLevelEnabled('warn') ? log.level : 'warn' }), // it greets otherwise
    access: (address) => clients.has(address),
    hosts: [...hosts, http.address.includes(':') ? `[${http.address}]` : http.address],
  });
  try {
    await app.listen({ host: http.address, port: http.port });
  } catch (error) {
    await app.close();
    throw new BindError(http, 'TCP', error);
  }
  servers.push({
    async stop(graceMs) {
      const timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
      await app.close();
      clearTimeout(timer);
    },
  });
  return { address: http.address, port: (app.server.address() as AddressInfo).port };
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

function totalEntries({ entries }: CacheFigures): number {
  return Object.values(entries).reduce((sum, count) => sum + count, 0);
}

interface Readying {
  /** Prepares until that has succeeded once. */
  readonly start: () => void;
  /** The readiness so far; has it prepared where nobody does: with priming off nothing is sent before somebody asks. */
  readonly onDemand: () => Readiness;
  readonly end: () => void;
}

function createReadying(resolver: LiveResolver, log: Logger): Readying {
  let underWay = false;
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  const prepare = async (): Promise<boolean> => {
    underWay = true;
    const { ready, reasons } = await resolver.prepare();
    underWay = false;
    if (ready) log.info('ready');
    else if (!ended) log.warn({ reasons }, 'not ready');
    return ready || ended;
  };
  const attempt = async (delayMs: number): Promise<void> => {
    if (await prepare()) return;
    underWay = true; // until the next attempt
    timer = setTimeout(() => void attempt(Math.min(2 * delayMs, RETRY_MS.last)), delayMs);
  };
  return {
    start: () => void attempt(RETRY_MS.first),
    onDemand() {
      const readiness = resolver.readiness();
      if (!readiness.ready && !underWay && !ended) void prepare();
      return readiness;
    },
    end() {
      ended = true;
      clearTimeout(timer);
    },
  };
}
