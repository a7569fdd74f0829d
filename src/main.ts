/**
 * Puts the parts together and starts them: exchange, resolver, answer, front ends. Nothing below knows of the others but through arguments.
 * It listens first and gets ready then, so that a client has an answer, be it SERVFAIL with "not ready", from the first moment.
 */

import { randomBytes, randomInt } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { Limit } from './base/budget.ts';
import { formatName, type Name } from './base/name.ts';
import { createPrefixSet, type Endpoint, formatEndpoint } from './base/prefix.ts';
import { Rcode } from './base/registry.ts';
import { toResolverSettings } from './config/resolver-settings.ts';
import { systemFault } from './config/system-fault.ts';
import { warningsOf } from './config/warnings.ts';
import { type Config, fileFault } from './config.ts';
import { createDaneCheck } from './dane/check.ts';
import { followAnchors, logTrust, openTrust, type Trust } from './follow-anchors.ts';
import { openFront } from './front.ts';
import type { PeerReport } from './http/health-route.ts';
import { createMetrics, type Metrics } from './http/metrics.ts';
import { frontOptions, listenDns, type MayAsk, type Stoppable } from './listen.ts';
import { LogError, type Logger, openLog } from './log.ts';
import { createExchange } from './net/create-exchange.ts';
import type { Exchange, UpstreamOutcome, UpstreamQuery } from './net/exchange.ts';
import { openProbe, readProbeToken } from './open-probe.ts';
import { createReadying } from './readying.ts';
import type { LiveResolver } from './resolver/resolution.ts';
import { createResolver } from './resolver/resolver.ts';
import type { CacheFigures, PrefetchOutcome, Readiness, ResolverSettings } from './resolver/settings.ts';
import { BindError } from './server/bind-error.ts';
import { type Answer, type CookieSettings, createAnswer } from './service/answer.ts';
import type { FinishedAnswers } from './service/finished.ts';
import type { TrustEvent } from './trust/tracker.ts';
import { readVersion } from './version.ts';
import { type DomainWatch, openDomainWatch } from './watch-domains.ts';
import { watchPeer } from './watch-peer.ts';

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
  readonly settings: ResolverSettings;
  readonly trust: Trust;
  /** The last server that gave no answer, and what came instead; undefined where there was none. */
  readonly lastFailure: () => string | undefined;
  readonly close: () => void;
}

const cacheNames = [
  'rrset',
  'denial',
  'failure',
  'bogus',
  'delegation',
  'server',
  'keys',
] as const satisfies (keyof CacheFigures['entries'])[];

const GRACE_MS = 5_000;

/** What is told of a resolver's work. */
export interface ResolverHooks {
  readonly onQuery?: (query: UpstreamQuery) => void;
  readonly onNegativeAnchorLifted?: (zone: Name) => void;
  readonly onTrust?: (event: TrustEvent) => void;
  readonly onLimit?: (limit: Limit) => void;
  readonly onPrefetch?: (outcome: PrefetchOutcome) => void;
  /** Stands between the resolver and the network: may hold queries back, changes none. */
  readonly throttle?: (exchange: Exchange) => Exchange;
}

/** A resolver over real sockets, as the configuration wants it; the clock is the wall clock. Sends nothing by itself. */
export function openResolver(config: Config, hooks: ResolverHooks = {}): OpenResolver {
  const settings = toResolverSettings(config);
  const trust = openTrust(config, now, hooks.onTrust);
  const net = createExchange();
  const throttled = hooks.throttle?.(net) ?? net;
  const { time } = config.validation;
  let lastFailure: string | undefined;
  const resolver = createResolver({
    exchange: async (query) => {
      hooks.onQuery?.(query);
      const outcome = await throttled(query);
      const failure = failureOf(outcome);
      if (failure !== undefined) lastFailure = `${formatEndpoint(query.server)} over ${query.transport.toUpperCase()}: ${failure}`;
      return outcome;
    },
    now,
    signatureTime: time === undefined ? now : () => time,
    randomInt: (bound) => randomInt(bound),
    settings,
    anchors: trust.anchors,
    onNegativeAnchorLifted: ({ zone }) => hooks.onNegativeAnchorLifted?.(zone),
    onLimit: hooks.onLimit,
    onPrefetch: hooks.onPrefetch,
  });
  return { resolver, settings, trust, lastFailure: () => lastFailure, close: net.close };
}

/** Why an exchange gave no message, in words. */
function failureOf(outcome: UpstreamOutcome): string | undefined {
  switch (outcome.outcome) {
    case 'response':
      return undefined;
    case 'timeout':
      return 'no answer in time';
    case 'unreachable':
      return systemFault(outcome);
    default:
      return outcome.outcome;
  }
}

/** Asked anew each time, so that whoever shifts the wall clock shifts signatures and cache ages alike. */
function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** Starts all that the configuration asks for. @throws faults of the operator's to mend, each in one line: cli/fault.ts lists them */
export async function startService(config: Config, overrides: Overrides = {}): Promise<Service> {
  const { log, close: closeLog } = overrides.log ? { log: overrides.log, close: () => {} } : openConfiguredLog(config);
  const servers: Stoppable[] = [];
  const closers: (() => void)[] = [closeLog];
  let listening = false;
  const end = async () => {
    await stopAll(servers);
    if (listening) log.info('stopped');
    for (const close of closers.reverse()) close();
  };
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= end();
    return stopped;
  };
  try {
    const metrics = createMetrics();
    const { resolver, settings, trust, lastFailure, close } = openResolver(config, {
      onTrust: logTrust(log),
      onQuery: ({ transport }) => metrics.countUpstreamQuery(transport),
      onLimit: metrics.countLimit,
      onPrefetch: metrics.countPrefetch,
      onNegativeAnchorLifted: (zone) => log.warn({ zone: formatName(zone) }, 'negative trust anchor lifted: the zone validates again'),
    });
    closers.push(close);
    const clients = createPrefixSet(config.access.allow);
    const mayAsk = (address: string) => clients.has(address);
    const cookies = config.cookies.enabled ? toCookieSettings(config.cookies) : undefined;
    const front = openFront(config, cookies, log);
    const watch = openDomainWatch(config, metrics, log, now);
    const answer = createService(config, resolver, metrics, log, mayAsk, cookies, front?.table, watch?.onQuestion);
    const options = frontOptions(mayAsk, metrics, log);
    const udp = front?.serve(answer, options);
    if (front && udp) metrics.watchFront(udp.counts, front.table);
    const dns = await listenDns(config.listen, answer, options, log, servers, udp);
    const getReady = createReadying(resolver, lastFailure, log);
    closers.push(getReady.end);
    const { address: peer, interval } = config.peer;
    const peerWatch = peer && watchPeer({ peer, interval, zones: config.selftest, resolver, log, now });
    if (peerWatch) closers.push(peerWatch.end);
    const http = await listenHttp(config, resolver, trust, metrics, getReady.onDemand, peerWatch?.report, log, servers);
    for (const warning of warningsOf(config, settings)) log.warn(warning);
    const udpThreads = udp ? config.server.udpThreads : 0;
    log.info({ dns: dns.map(formatEndpoint), http: http && formatEndpoint(http), udpThreads }, 'listening');
    listening = true;
    closers.push(followAnchors(trust, resolver, log, () => front?.table.empty()));
    if (config.resolver.priming) getReady.start();
    peerWatch?.start();
    if (watch) closers.push(watch.start(createDaneCheck({ resolver, now, openProbe: openProbe(config, now) })));
    return { dns, http, resolver, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function openConfiguredLog(config: Config): ReturnType<typeof openLog> {
  try {
    return openLog(config.log);
  } catch (error) {
    throw error instanceof LogError ? fileFault(config, 'log.file', error.message) : error;
  }
}

function createService(
  config: Config,
  resolver: LiveResolver,
  metrics: Metrics,
  log: Logger,
  mayAsk: MayAsk,
  cookies: CookieSettings | undefined,
  finished: FinishedAnswers | undefined,
  onQuestion: DomainWatch['onQuestion'] = () => {},
): Answer {
  return createAnswer({
    resolver,
    mayAsk,
    specialUseNames: config.resolver.specialUseNames,
    configuredZones: [...config.resolver.forward, ...config.resolver.stub].map(({ zone }) => zone),
    trustsRootKey: (tag) => resolver.rootKeyTags().includes(tag),
    ...(config.server.nsid === undefined ? {} : { nsid: config.server.nsid }),
    ...(cookies ? { cookies } : {}),
    ...(finished ? { finished } : {}),
    prefetch: config.cache.prefetch,
    clock: () => Date.now() / 1000,
    onAnswer: ({ verdict, isStale, seconds, question, rcode }) => {
      metrics.countAnswer(verdict);
      if (rcode === Rcode.NOERROR) onQuestion(question);
      if (isStale) metrics.countStaleAnswer();
      metrics.observeQuery(seconds);
    },
    onError: (err) => log.error({ err }, 'an answer failed'),
  });
}

function toCookieSettings({ secret, previousSecret, require }: Config['cookies']): CookieSettings {
  const octets = (text: string) => Buffer.from(text, 'hex');
  const previous = previousSecret === undefined ? undefined : octets(previousSecret);
  return { secrets: { current: secret === undefined ? randomBytes(16) : octets(secret), previous }, require };
}

async function stopAll(servers: readonly Stoppable[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop(GRACE_MS)));
}

async function listenHttp(
  config: Config,
  resolver: LiveResolver,
  trust: Trust,
  metrics: Metrics,
  readiness: () => Readiness,
  peer: (() => PeerReport) | undefined,
  log: Logger,
  servers: Stoppable[],
): Promise<Endpoint | undefined> {
  const {
    listen: { http },
    http: { access, hosts },
    dane: { probe },
    preflight,
  } = config;
  if (!http) return undefined;
  for (const cache of cacheNames) metrics.watchEntries(cache, () => resolver.figures().entries[cache]);
  metrics.watchTrust(trust.report);
  metrics.watchOctets('resolver', () => resolver.figures().octets);
  const clients = createPrefixSet(access);
  const { buildApp } = await import('./http/app.ts'); // a third of all code, and DNS is served already
  const app = buildApp({
    resolver,
    checkDane: createDaneCheck({ resolver, now, openProbe: openProbe(config, now) }),
    probe: { token: readProbeToken(config), ports: probe.ports, perMinute: probe.perMinute },
    readiness,
    trust: trust.report,
    metrics,
    version: readVersion(),
    supposed: preflight,
    ...(peer ? { peer } : {}),
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
