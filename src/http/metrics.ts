/** What Prometheus may read of this process. The parts that count know nothing of it: who puts them together hands them these functions. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type Limit, limitWords } from '../base/budget.ts';
import { type RfcVerdict, rfcVerdicts } from '../dane/verdicts.ts';
import { type WatchEvent, watchEvents } from '../dane/watch.ts';
import { type PrefetchOutcome, prefetchOutcomes } from '../resolver/settings.ts';
import { type Verdict, verdicts } from '../service/verdict.ts';
import type { TrustReport } from '../trust/report.ts';

/** Limits of the front ends, beside those of a resolution: queries in flight (DNSBomb), answers that a TCP client does not read. */
export type FrontLimit = 'udpInFlight' | 'tcpUnread' | 'udpRate' | 'udpOverload';

const limitLabels: Readonly<Record<Limit | FrontLimit, string>> = {
  ...limitWords,
  udpInFlight: 'udp in flight',
  tcpUnread: 'tcp unread',
  udpRate: 'udp rate',
  udpOverload: 'udp overload',
};

/** What UDP threads have done by themselves since the start: answers by verdict, and queries turned away. */
export interface FrontCounts {
  readonly secure: number;
  readonly insecure: number;
  readonly nxdomain: number;
  /** Not on the access list. */
  readonly refused: number;
  /** Over the rate of one client. */
  readonly rateLimited: number;
  /** Left to the resolver thread while that had too many. */
  readonly overloaded: number;
}

export interface Metrics {
  /** One DNS answer sent. */
  countAnswer(verdict: Verdict): void;
  /** One of these answers was stale (RFC 8767). */
  countStaleAnswer(): void;
  /** One answer was due to be fetched anew before its TTL ended. */
  countPrefetch(outcome: PrefetchOutcome): void;
  /** One query sent to an authoritative server. */
  countUpstreamQuery(transport: 'udp' | 'tcp'): void;
  /** A limit ended a query, a fetch that queries share, or a connection. */
  countLimit(limit: Limit | FrontLimit): void;
  /** From a client's query to its answer. */
  observeQuery(seconds: number): void;
  /** One DANE check that came to a verdict. */
  countDaneCheck(opportunistic: RfcVerdict): void;
  /** One change of a watched domain was told. */
  countWatchNews(event: WatchEvent): void;
  /** Has the number of watched domains read whenever the metrics are. */
  watchDomains(size: () => number): void;
  /** Has the number of a cache's entries read whenever the metrics are. A second cache of one name takes the place of the first. */
  watchEntries(cache: string, entries: () => number): void;
  /** The same for the octets of a cache, or of several that share one limit under a name of their own. */
  watchOctets(cache: string, octets: () => number): void;
  /** Has the counts of UDP threads, and their answer table, read whenever the metrics are. */
  watchFront(counts: () => FrontCounts, table: { readonly entries: number; readonly octets: number }): void;
  /** Has the states and timers of trust anchors read whenever the metrics are. */
  watchTrust(report: () => TrustReport): void;
  /** The text for Prometheus, and its media type. */
  expose(): Promise<string>;
  readonly contentType: string;
}

/** Opens a registry of its own, so that two services in one process do not mix their figures. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const answers = new Counter({
    name: 'zeker_answers_total',
    help: 'DNS answers by verdict; nxdomain is any denial that holds, of a name or of a type.',
    labelNames: ['verdict'] as const,
    registers,
  });
  const refusals = new Counter({
    name: 'zeker_udp_refused_total',
    help: 'Queries over UDP from clients that are not on the access list, as far as UDP threads turned them away.',
    registers,
  });
  const stale = new Counter({
    name: 'zeker_stale_answers_total',
    help: 'DNS answers given past their TTL, for they could not be had anew (RFC 8767); each counts by its verdict too.',
    registers,
  });
  const prefetches = new Counter({
    name: 'zeker_prefetches_total',
    help: 'Cached answers due to be fetched anew: refreshed, failed (the cached one stands), or skipped for there were too many at once.',
    labelNames: ['outcome'] as const,
    registers,
  });
  const upstream = new Counter({
    name: 'zeker_upstream_queries_total',
    help: 'Queries sent to authoritative servers or forwarders.',
    labelNames: ['transport'] as const,
    registers,
  });
  const limits = new Counter({
    name: 'zeker_limits_spent_total',
    help: 'Queries, fetches that queries share, and connections that a limit ended.',
    labelNames: ['limit'] as const,
    registers,
  });
  const durations = new Histogram({
    name: 'zeker_query_duration_seconds',
    help: 'From a query to its answer, for those that no UDP thread answered from the answer table.',
    buckets: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 4, 8],
    registers,
  });
  const checks = new Counter({
    name: 'zeker_dane_checks_total',
    help: 'DANE checks by what RFC 7672 has a sender do without mandatory DANE.',
    labelNames: ['verdict'] as const,
    registers,
  });
  const news = new Counter({
    name: 'zeker_watch_events_total',
    help: 'Changes of watched mail domains that were told, beginnings and ends.',
    labelNames: ['event'] as const,
    registers,
  });
  for (const event of watchEvents) news.inc({ event }, 0);
  // A series that starts at 0 lets an alert see its first increase.
  for (const verdict of verdicts) answers.inc({ verdict }, 0);
  for (const outcome of prefetchOutcomes) prefetches.inc({ outcome }, 0);
  for (const transport of ['udp', 'tcp']) upstream.inc({ transport }, 0);
  for (const words of Object.values(limitLabels)) limits.inc({ limit: hyphened(words) }, 0);
  for (const verdict of rfcVerdicts) checks.inc({ verdict }, 0);
  /** Adds what UDP threads have counted since it was called last. */
  let takeFrontCounts = () => {};
  const watchEntries = openGauge(registry, 'zeker_cache_entries', 'Entries of a cache.');
  const watchOctets = openGauge(
    registry,
    'zeker_cache_octets',
    'Octets of a cache, as far as they are counted; those of the resolver share one limit and are told together.',
  );
  return {
    countAnswer: (verdict) => answers.inc({ verdict }),
    countStaleAnswer: () => stale.inc(),
    countPrefetch: (outcome) => prefetches.inc({ outcome }),
    countUpstreamQuery: (transport) => upstream.inc({ transport }),
    countLimit: (limit) => limits.inc({ limit: hyphened(limitLabels[limit]) }),
    observeQuery: (seconds) => durations.observe(seconds),
    countDaneCheck: (verdict) => checks.inc({ verdict }),
    countWatchNews: (event) => news.inc({ event }),
    watchDomains(size) {
      new Gauge({
        name: 'zeker_watched_domains',
        help: 'Mail domains that are watched.',
        registers,
        collect() {
          this.set(size());
        },
      });
    },
    watchEntries,
    watchOctets,
    watchFront(counts, table) {
      watchEntries('answer-table', () => table.entries);
      watchOctets('answer-table', () => table.octets);
      let last = counts();
      takeFrontCounts = () => {
        const now = counts();
        const since = (what: keyof FrontCounts) => now[what] - last[what];
        for (const verdict of ['secure', 'insecure', 'nxdomain'] as const) answers.inc({ verdict }, since(verdict));
        refusals.inc(since('refused'));
        limits.inc({ limit: hyphened(limitLabels.udpRate) }, since('rateLimited'));
        limits.inc({ limit: hyphened(limitLabels.udpOverload) }, since('overloaded'));
        last = now;
      };
    },
    watchTrust: (report) => watchTrust(registry, report),
    expose() {
      takeFrontCounts();
      return registry.metrics();
    },
    contentType: registry.contentType,
  };
}

function hyphened(words: string): string {
  return words.toLowerCase().replaceAll(' ', '-');
}

/** A gauge by cache; returns what has one more cache read. */
function openGauge(registry: Registry, name: string, help: string): (cache: string, read: () => number) => void {
  const caches = new Map<string, () => number>();
  new Gauge({
    name,
    help,
    labelNames: ['cache'] as const,
    registers: [registry],
    collect() {
      for (const [cache, read] of caches) this.set({ cache }, read());
    },
  });
  return (cache, read) => void caches.set(cache, read);
}

/** Gauges of trust anchors: keys by state, and moments in seconds since the epoch, which an alert compares with now. */
function watchTrust(registry: Registry, report: () => TrustReport): void {
  const gauge = <Label extends string>(name: string, help: string, labelNames: readonly Label[], collect: (set: Gauge<Label>) => void) => {
    new Gauge<Label>({
      name,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        collect(this);
      },
    });
  };
  gauge('zeker_trust_keys', 'Keys of trust anchors by state (RFC 5011 §4.2).', ['zone', 'state'], (set) => {
    for (const { zone, keys } of report().zones) for (const { state } of keys) set.inc({ zone, state });
  });
  const moments = [
    ['zeker_trust_refreshed_timestamp_seconds', 'The last look at the keys of a trust anchor that validated.', 'refreshed'],
    ['zeker_trust_next_refresh_timestamp_seconds', 'When the next look is due.', 'nextRefresh'],
  ] as const;
  for (const [name, help, field] of moments) {
    gauge(name, help, ['zone'], (set) => {
      for (const point of report().zones) if (point[field] !== null) set.set({ zone: point.zone }, Date.parse(point[field]) / 1000);
    });
  }
  gauge('zeker_trust_state_saved', 'Whether the states of keys could be saved at the last attempt.', [], (set) =>
    set.set(report().stateFault === null ? 1 : 0),
  );
}
