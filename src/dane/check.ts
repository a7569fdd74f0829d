/**
 * The DANE check of a mail domain as far as DNS goes (RFC 7672 §2): MX, then the addresses and TLSA records of each host, and both
 * verdicts: by the appliance's tables, and by the RFC.
 * Limits: connects to no mail host, so the certificate is not checked; MTA-STS and TLSRPT are not looked up.
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
import type { CiscoReport, DaneReport, HostReport, MxReport, RfcReport } from './report.ts';
import { lookupRow, type MxColumn } from './tables.ts';
import type { DomainReason } from './verdicts.ts';

export interface DaneDeps {
  readonly resolver: Resolver;
  /** Seconds since the epoch. */
  readonly now: () => number;
  /** `daneLimits` unless told. */
  readonly limits?: Partial<DaneLimits>;
  /** Milliseconds on a clock that never steps; `performance.now` unless told. */
  readonly clockMs?: () => number;
}

export interface DaneOptions {
  /** Port of the route, 25 unless told (RFC 7672 §2.2.3). */
  readonly port?: number;
  /** Milliseconds for the whole check, at most the limit. */
  readonly deadlineMs?: number;
}

/** Checks one domain. @throws {BudgetExceeded} when its time or its lookups end before there is a verdict */
export type CheckDane = (domain: Name, options?: DaneOptions) => Promise<DaneReport>;

const SMTP_PORT = 25;

/** Makes the check out of what it needs. */
export function createDaneCheck(deps: DaneDeps): CheckDane {
  const clockMs = deps.clockMs ?? (() => performance.now());
  return async (domain, { port = SMTP_PORT, deadlineMs = Number.POSITIVE_INFINITY } = {}) => {
    const limits: DaneLimits = { ...daneLimits, ...deps.limits };
    const totalMs = Math.min(deadlineMs, limits.totalMs);
    const ceiling = openCeiling(deps.resolver, { ...limits, totalMs }, clockMs);
    try {
      return await checkDomain(domain, port, limits, ceiling, deps.now);
    } finally {
      ceiling.close();
    }
  };
}

async function checkDomain(domain: Name, port: number, limits: DaneLimits, ceiling: Ceiling, now: () => number): Promise<DaneReport> {
  const checkedAt = now();
  const lookup = readLookup(await ceiling.lookUp(domain, Type.MX), now(), readMx);
  const { kind, column, hosts: named } = readMailHosts(domain, lookup);
  const mx = column === 'secure' || column === 'implicit-secure' ? 'secure' : 'insecure';
  const chosen = named.slice(0, limits.hosts);
  const context = { ceiling, now, port, mxColumn: column, mx } as const;
  const checked = await mapLimited(chosen, limits.concurrentHosts, (host) => checkHost(host, context));
  const hosts = checked.map(({ report }) => report);
  const complete = chosen.length === named.length;
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
  readonly hosts: readonly MailHost[];
}

/** What the MX lookup makes of the domain: hosts in order of preference, itself (RFC 5321 §5.1), or no mail (RFC 7505). */
function readMailHosts(domain: Name, { report, data }: Lookup<MxData>): MailHosts {
  switch (report.status) {
    case 'bogus':
    case 'indeterminate':
      return { kind: 'none', column: report.status, hosts: [] };
    case 'nxdomain':
      if (report.denial === 'nxdomain') return { kind: 'none', column: 'no-such-domain', hosts: [] };
      return {
        kind: 'implicit',
        column: report.proof === 'secure' ? 'implicit-secure' : 'implicit-insecure',
        hosts: [{ name: domain, preference: 0 }],
      };
    case 'secure':
    case 'insecure':
      if (data.length === 1 && data[0]?.exchange.labels === 0) return { kind: 'null', column: 'null-mx', hosts: [] };
      return { kind: 'records', column: report.status, hosts: byPreference(data) };
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
  if (!complete) reasons.add('too-many-hosts');
  return [...reasons];
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
