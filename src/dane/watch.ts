/** Mail domains that are checked again and again: what has changed between two checks of one, and when to look next. */

import { probeLimits } from './probe.ts';
import type { DaneReport, LookupReport } from './report.ts';
import type { CiscoVerdict, DomainReason, RfcVerdict } from './verdicts.ts';

/**
 * - `verdict-changed`: one of the four verdicts is another one
 * - `lookups-failing`: no verdict, for lookups or connections failed several times in a row; the verdict before stands
 * - `signature-near-end`: a tenth of the time of a signature is left, and the zone still gives it out
 * - `certificate-mismatch`: the live check found a certificate that no TLSA record matches
 * - `certificate-near-expiry`: the live check found a certificate that ends soon
 */
export const watchEvents = [
  'verdict-changed',
  'lookups-failing',
  'signature-near-end',
  'certificate-mismatch',
  'certificate-near-expiry',
] as const;
export type WatchEvent = (typeof watchEvents)[number];

/** One thing to tell an operator. */
export interface WatchNews {
  readonly domain: string;
  readonly event: WatchEvent;
  /** That it holds no more. A verdict that changes back is a change. */
  readonly ended: boolean;
  /** A sentence. */
  readonly detail: string;
}

/** The verdicts of a report in their own words. */
export interface WatchedVerdict {
  readonly cisco: { readonly mandatory: CiscoVerdict; readonly opportunistic: CiscoVerdict };
  readonly rfc7672: { readonly mandatory: RfcVerdict; readonly opportunistic: RfcVerdict };
}

/** What is remembered of one domain. */
export interface Watched {
  /** Undefined while no check has come to one. */
  readonly verdict?: WatchedVerdict | undefined;
  /** Checks in a row that came to none. */
  readonly failures: number;
  /** What was told and still holds: an event and what it is about, as `certificate-mismatch mx.example 192.0.2.1`. */
  readonly raised: readonly string[];
}

export const UNSEEN: Watched = { failures: 0, raised: [] };

/** A single failed lookup is most often the network. */
const FAILURES_TOLD = 3;
const NEAR_END = 0.1;
const DAY_SECONDS = 86_400;

interface Condition {
  readonly event: WatchEvent;
  readonly about: string;
  /** Undefined where this check could not tell, so that what it was before still holds. */
  readonly holds: boolean | undefined;
  readonly detail: string;
}

/** What a check comes to beside what was known. */
export interface Compared {
  readonly after: Watched;
  readonly news: WatchNews[];
}

/** Compares a check with what was known. @param now seconds since the epoch */
export function compareWatched(before: Watched, report: DaneReport, now: number): Compared {
  const { domain } = report;
  if (isFailed(report)) return compareFailed(before, domain, report.rfc7672.reason);
  const verdict = verdictOf(report);
  const [was, is] = [before.verdict && inWords(before.verdict), inWords(verdict)];
  const isChange = was !== undefined && was !== is;
  const partial = isPartial(report);
  const failures = before.failures + 1;
  // Where a lookup of one host failed, another host decides: that is a verdict on the network, until it has lasted.
  const isDoubtful = isChange && partial && failures < FAILURES_TOLD;
  const over: Condition = {
    event: 'lookups-failing',
    about: '',
    holds: isDoubtful ? undefined : false,
    detail: 'no more: lookups-failing',
  };
  const { raised, news } = raise(before.raised, [...conditionsOf(report, now), over], domain, partial);
  if (isDoubtful) return { after: { verdict: before.verdict, failures, raised }, news };
  if (isChange)
    news.unshift({ domain, event: 'verdict-changed', ended: false, detail: `was ${was}; is ${is}, for ${report.rfc7672.reason}` });
  return { after: { verdict, failures: 0, raised }, news };
}

/** A check that spent its time or its lookups before it came to a report. */
export function compareUnfinished(before: Watched, domain: string): Compared {
  return compareFailed(before, domain, 'check-not-finished');
}

function compareFailed(before: Watched, domain: string, why: string): Compared {
  const failures = before.failures + 1;
  const failing: Condition = {
    event: 'lookups-failing',
    about: '',
    holds: failures >= FAILURES_TOLD,
    detail: `no verdict in ${failures} checks: ${why}`,
  };
  const { raised, news } = raise(before.raised, [failing], domain, true);
  return { after: { verdict: before.verdict, failures, raised }, news };
}

/** Whether it did not see all that another check may see: a lookup failed, or a connection came to no certificate. */
function isPartial({ mx }: DaneReport): boolean {
  const lookups = [mx, ...mx.hosts.flatMap(({ a, aaaa, candidates }) => [a, aaaa, ...candidates])];
  const connections = mx.hosts.flatMap(({ smtp }) => smtp);
  return (
    lookups.some((lookup) => lookup?.status === 'indeterminate') ||
    connections.some(({ cert, error }) => !cert && error !== 'address-not-allowed')
  );
}

/** What the network may be at fault for: nobody knows what would happen to mail, and asking again may tell. */
const passing: readonly DomainReason[] = ['mx-lookup-failed', 'address-lookup-failed', 'tlsa-lookup-failed', 'host-unreachable'];

function isFailed({ rfc7672: { reason } }: DaneReport): boolean {
  return passing.includes(reason);
}

function verdictOf({ cisco, rfc7672 }: DaneReport): WatchedVerdict {
  const both = <Verdict>({ mandatory, opportunistic }: { mandatory: Verdict; opportunistic: Verdict }) => ({ mandatory, opportunistic });
  return { cisco: both(cisco), rfc7672: both(rfc7672) };
}

function inWords({ cisco, rfc7672 }: WatchedVerdict): string {
  const both = ({ mandatory, opportunistic }: { mandatory: string; opportunistic: string }) => `${mandatory} / ${opportunistic}`;
  return `appliance ${both(cisco)}, RFC 7672 ${both(rfc7672)}`;
}

function conditionsOf({ domain, mx, port }: DaneReport, now: number): Condition[] {
  const hosts = mx.hosts.flatMap(({ name, a, aaaa, candidates, certificate, smtp }) => [
    ...(a ? signatureOf(`${name} A`, a, now) : []),
    ...(aaaa ? signatureOf(`${name} AAAA`, aaaa, now) : []),
    ...candidates.flatMap((candidate) => signatureOf(`${candidate.owner} TLSA`, candidate, now)),
    {
      event: 'certificate-mismatch' as const,
      about: name,
      holds: certificate === 'not-checked' || certificate === 'unreachable' ? undefined : certificate === 'failed',
      detail: `${name} port ${port} shows a certificate that no TLSA record matches`,
    },
    ...smtp.flatMap(({ ip, cert }) => (cert ? [certificateOf(`${name} ${ip}`, cert.notAfter, now)] : [])),
  ]);
  return [...signatureOf(`${domain} MX`, mx, now), ...hosts];
}

/** An answer out of the cache may hold a signature that the zone has long replaced: it tells nothing. */
function signatureOf(about: string, { signed, cached, status }: LookupReport, now: number): Condition[] {
  if (!signed) return [];
  const [from, until] = [Date.parse(signed.from), Date.parse(signed.until)];
  const left = until - now * 1000;
  const holds = cached || status === 'bogus' ? undefined : left < NEAR_END * (until - from);
  return [{ event: 'signature-near-end', about, holds, detail: `${about}: signed until ${signed.until}` }];
}

function certificateOf(about: string, notAfter: string, now: number): Condition {
  const left = Date.parse(notAfter) / 1000 - now;
  return {
    event: 'certificate-near-expiry',
    about,
    holds: left < probeLimits.expiryWarningDays * DAY_SECONDS,
    detail: `${about}: the certificate ends at ${notAfter}`,
  };
}

/** What still holds for having been raised once may name addresses that are long gone: so many are remembered for one domain. */
const MAX_RAISED = 200;

/** Tells of each condition that begins and of each that ends. @param isPartial whether what is not among them still holds */
function raise(before: readonly string[], conditions: readonly Condition[], domain: string, isPartial: boolean) {
  const known = new Set(before);
  const seen = new Set<string>();
  const raised: string[] = [];
  const news: WatchNews[] = [];
  for (const { event, about, holds, detail } of conditions) {
    const key = `${event} ${about}`.trimEnd();
    if (seen.has(key)) continue; // two hosts may have their TLSA records at one alias
    seen.add(key);
    const was = known.delete(key);
    const is = holds ?? was;
    if (is) raised.push(key);
    if (is !== was) news.push({ domain, event, ended: was, detail });
  }
  for (const key of known) {
    if (isPartial) raised.push(key);
    else news.push({ domain, event: key.split(' ', 1)[0] as WatchEvent, ended: true, detail: `no more: ${key}` });
  }
  return { raised: raised.slice(0, MAX_RAISED), news };
}

const LEAST_SECONDS = 30;
/** Mail hosts are others' machines: they are not connected to again before that, whatever the TTLs. */
const LEAST_AFTER_PROBE_SECONDS = 900;
const MOST_SECONDS = 3_600;
const AFTER_FAILURE_SECONDS = 60;
/** Before its end, by so much of the time that is left, so that prefetch finds it in the last tenth of its TTL. */
const EARLY = 0.05;

/** When to look next: shortly before the first lookup ends, and right after it. @returns seconds since the epoch */
export function nextCheck(report: DaneReport, now: number): number {
  const isProbed = report.mx.hosts.some(({ smtp }) => smtp.length > 0);
  const least = isProbed ? LEAST_AFTER_PROBE_SECONDS : LEAST_SECONDS;
  if (isFailed(report)) return now + Math.max(AFTER_FAILURE_SECONDS, least);
  const until = Date.parse(report.validUntil) / 1000;
  const early = until - EARLY * (until - now);
  const next = early - now >= least ? early : until + 1;
  return Math.min(Math.max(next, now + least), now + MOST_SECONDS);
}
