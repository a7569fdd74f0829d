/**
 * The DANE check of a mail domain (RFC 7672 §2): MX, then the addresses and TLSA records of each host, with a probe the certificates that
 * its addresses send, and both verdicts: by the appliance's tables, and by the RFC.
 * Limits: MTA-STS and TLSRPT are not looked up.
 */

import { compareNames, type Name } from '../base/name.ts';
import { Type } from '../base/registry.ts';
import type { Resolver } from '../resolver/resolution.ts';
import { readMx } from '../wire/rdata/mx.ts';
import { familiesDiffer } from './address-matrix.ts';
import { adviceFor } from './advice.ts';
import { type Ceiling, type DaneLimits, daneLimits, openCeiling } from './ceiling.ts';
import { type CheckedHost, checkHost, type MailHost } from './check-host.ts';
import { delivers, rollUpCisco, rollUpRfc } from './judge.ts';
import { aliasReports, type Lookup, mailName, readLookup } from './lookup.ts';
import type { OpenProbe } from './probe.ts';
import type { CiscoReport, DaneReport, HostReport, MxReport, RfcReport, SmtpReport } from './report.ts';
import { lookupRow, type MxColumn } from './tables.ts';
import type { DomainReason } from './verdicts.ts';

export interface DaneDeps {
  readonly resolver: Resolver;
  /** Seconds since the epoch. */
  readonly now: () => number;
  /** What connects to mail hosts; without it, no check may ask for that. */
  readonly openProbe?: OpenProbe | undefined;
  /** `daneLimits` unless told. */
  readonly limits?: Partial<DaneLimits>;
  /** Milliseconds on a clock that never steps; `performance.now` unless told. */
  readonly clockMs?: () => number;
}

export interface DaneOptions {
  /** Port of the route, 25 unless told (RFC 7672 §2.2.3). */
  readonly port?: number;
  /** Milliseconds for all lookups, at most the limit. */
  readonly deadlineMs?: number;
  /** Connect to the hosts and look at their certificates. Takes up to a minute more. */
  readonly probe?: boolean;
}

/** Checks one domain. @throws {BudgetExceeded} when its time or its lookups end before there is a verdict */
export type CheckDane = (domain: Name, options?: DaneOptions) => Promise<DaneReport>;

const SMTP_PORT = 25;

/** Makes the check out of what it needs. */
export function createDaneCheck(deps: DaneDeps): CheckDane {
  const clockMs = deps.clockMs ?? (() => performance.now());
  return async (domain, { port = SMTP_PORT, deadlineMs = Number.POSITIVE_INFINITY, probe = false } = {}) => {
    if (probe && !deps.openProbe) throw new Error('nothing here connects to mail hosts');
    const limits: DaneLimits = { ...daneLimits, ...deps.limits };
    const totalMs = Math.min(deadlineMs, limits.totalMs);
    const ceiling = openCeiling(deps.resolver, { ...limits, totalMs }, clockMs);
    let looked: LookedUp;
    try {
      looked = await lookUpDomain(domain, port, limits, ceiling, deps.now);
    } finally {
      ceiling.close();
    }
    const run = probe ? deps.openProbe?.() : undefined;
    const connections = await mapLimited(looked.hosts, limits.concurrentHosts, async ({ target }) =>
      run && target ? run.probeHost(target, port) : undefined,
    );
    return reportDomain(domain, port, looked, connections);
  };
}

/** What the lookups came to. */
interface LookedUp extends MailHosts {
  readonly lookup: Lookup<MxData>;
  readonly hosts: readonly CheckedHost[];
  /** Whether all hosts were looked at. */
  readonly complete: boolean;
  /** Seconds since the epoch. */
  readonly checkedAt: number;
}

async function lookUpDomain(domain: Name, port: number, limits: DaneLimits, ceiling: Ceiling, now: () => number): Promise<LookedUp> {
  const checkedAt = now();
  const lookup = readLookup(await ceiling.lookUp(domain, Type.MX), now(), readMx);
  const { kind, column, named } = readMailHosts(domain, lookup);
  const mx = column === 'secure' || column === 'implicit-secure' ? 'secure' : 'insecure';
  const chosen = named.slice(0, limits.hosts);
  const context = { ceiling, now, port, mxColumn: column, mx, nextHops: nextHops(domain, lookup) } as const;
  const hosts = await mapLimited(chosen, limits.concurrentHosts, (host) => checkHost(host, context));
  return { lookup, kind, column, named, hosts, complete: chosen.length === named.length, checkedAt };
}

/** The domain and, where it is a secure alias, what it stands for (RFC 7672 §3.2.2). */
function nextHops(domain: Name, { aliases }: Lookup<MxData>): readonly string[] {
  const last = aliases.at(-1);
  const secure = aliases.every(({ validation }) => validation.state === 'secure');
  return [mailName(domain), ...(last && secure ? [mailName(last.target)] : [])];
}

function reportDomain(
  domain: Name,
  port: number,
  { lookup, kind, column, hosts: checked, complete, checkedAt }: LookedUp,
  connections: readonly (readonly SmtpReport[] | undefined)[],
): DaneReport {
  const hosts = checked.map(({ report }, index) => report(connections[index]));
  const verdict = judgeDomain(column, hosts, complete);
  const reasons = collectReasons(kind, verdict.rfc7672.reason, hosts, complete);
  return {
    domain: mailName(domain),
    port,
    checkedAt: isoTime(checkedAt),
    validUntil: isoTime(Math.max(checkedAt, validUntil(lookup, checked))),
    mx: { ...lookup.report, kind, cname: aliasReports(lookup.aliases), hosts },
    ...verdict,
    deliverable: delivers(verdict.rfc7672.opportunistic),
    reasons,
    advice: adviceFor(reasons),
    mtaSts: 'not-checked',
    tlsrpt: 'not-checked',
  };
}

interface MailHosts {
  readonly kind: MxReport['kind'];
  readonly column: MxColumn;
  readonly named: readonly MailHost[];
}

/** What the MX lookup makes of the domain: hosts in order of preference, itself (RFC 5321 §5.1), or no mail (RFC 7505). */
function readMailHosts(domain: Name, { report, data }: Lookup<MxData>): MailHosts {
  switch (report.status) {
    case 'bogus':
    case 'indeterminate':
      return { kind: 'none', column: report.status, named: [] };
    case 'nxdomain':
      if (report.denial === 'nxdomain') return { kind: 'none', column: 'no-such-domain', named: [] };
      return {
        kind: 'implicit',
        column: report.proof === 'secure' ? 'implicit-secure' : 'implicit-insecure',
        named: [{ name: domain, preference: 0 }],
      };
    case 'secure':
    case 'insecure':
      if (data.length === 1 && data[0]?.exchange.labels === 0) return { kind: 'null', column: 'null-mx', named: [] };
      return { kind: 'records', column: report.status, named: byPreference(data) };
  }
}

interface MxData {
  readonly preference: number;
  readonly exchange: Name;
}

/** Best first, and of equals by name, so that two checks agree; a host named twice counts at its best preference. */
function byPreference(records: readonly MxData[]): readonly MailHost[] {
  const sorted = [...records].sort((a, b) => a.preference - b.preference || compareNames(a.exchange, b.exchange));
  const first = new Map<string, MailHost>();
  for (const { preference, exchange } of sorted) if (!first.has(exchange.key)) first.set(exchange.key, { name: exchange, preference });
  return [...first.values()];
}

const withoutHosts = {
  bogus: { mandatory: 'delay', opportunistic: 'delay', reason: 'mx-bogus' },
  indeterminate: { mandatory: 'delay', opportunistic: 'delay', reason: 'mx-lookup-failed' },
  'no-such-domain': { mandatory: 'bounce', opportunistic: 'bounce', reason: 'no-such-domain' },
  'null-mx': { mandatory: 'bounce', opportunistic: 'bounce', reason: 'null-mx' },
} as const satisfies Partial<Record<MxColumn, RfcReport<DomainReason>>>;

function judgeDomain(
  column: MxColumn,
  hosts: readonly HostReport[],
  complete: boolean,
): { readonly cisco: CiscoReport; readonly rfc7672: RfcReport<DomainReason> } {
  switch (column) {
    case 'bogus':
    case 'indeterminate':
    case 'no-such-domain':
    case 'null-mx':
      return { cisco: lookupRow(column, undefined, undefined, 'not-checked'), rfc7672: withoutHosts[column] };
    default: {
      const [first, ...others] = hosts;
      if (!first) throw new Error('an MX RRset names a host');
      return { cisco: rollUpCisco([first, ...others]), rfc7672: rollUpRfc(hosts, complete) };
    }
  }
}

function collectReasons(
  kind: MxReport['kind'],
  deciding: DomainReason,
  hosts: readonly HostReport[],
  complete: boolean,
): readonly DomainReason[] {
  const reasons = new Set<DomainReason>([deciding]);
  if (kind === 'implicit') reasons.add('implicit-mx');
  for (const { rfc7672, a, aaaa } of hosts) {
    reasons.add(rfc7672.reason);
    if (a && aaaa && familiesDiffer(a.status, aaaa.status)) reasons.add('address-families-differ');
  }
  for (const host of hosts) for (const reason of probeReasons(host)) reasons.add(reason);
  if (!complete) reasons.add('too-many-hosts');
  return [...reasons];
}

/** What the connections to one host say besides its verdict. */
function probeReasons({ certificate, smtp }: HostReport): readonly DomainReason[] {
  const warned = new Set(smtp.flatMap(({ warnings }) => warnings));
  return [
    ...(certificate === 'success' && smtp.some(({ match, error }) => !match && error !== 'limit-spent' && error !== 'address-not-allowed')
      ? (['some-addresses-unverified'] as const)
      : []),
    ...(warned.has('certificate-expires-soon') || warned.has('certificate-expired') ? (['certificate-expires-soon'] as const) : []),
    ...(warned.has('no-spare-record') ? (['no-spare-tlsa'] as const) : []),
  ];
}

/** When the first lookup ends; one that came to nothing has ended before it began. */
function validUntil({ expires }: Lookup<unknown>, hosts: readonly CheckedHost[]): number {
  return Math.min(expires, ...hosts.map((host) => host.expires));
}

function isoTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** Maps in order, `atOnce` at a time; rejects with the first rejection. */
async function mapLimited<In, Out>(items: readonly In[], atOnce: number, work: (item: In) => Promise<Out>): Promise<readonly Out[]> {
  const results: Out[] = [];
  const waiting = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
