/** One MX host: its addresses in both families, where TLSA records are to be looked for, and what those say (RFC 7672 §2.2). */

import { labelsOf, type Name } from '../base/name.ts';
import { Type } from '../base/registry.ts';
import { WireError } from '../wire/error.ts';
import { formatAddress } from '../wire/rdata/address.ts';
import { type AddressOutcome, addressMatrix } from './address-matrix.ts';
import { type BaseDomains, findBaseDomains, tlsaOwner } from './base-domain.ts';
import type { Ceiling } from './ceiling.ts';
import { judgeHost } from './judge.ts';
import { aliasReports, type Lookup, mailName, readLookup } from './lookup.ts';
import { hostCertificate, type ProbeTarget } from './probe.ts';
import type { AddressReport, CandidateReport, HostReport, SmtpReport, TlsaRecordReport } from './report.ts';
import { lookupRow, type MxColumn, type TlsaColumn } from './tables.ts';
import { hasUsable, type JudgedTlsa, judgeTlsaRecords } from './tlsa.ts';

/** A host to look at: an MX record's exchange, or the domain itself. */
export interface MailHost {
  readonly name: Name;
  readonly preference: number;
}

export interface HostContext {
  readonly ceiling: Ceiling;
  /** Seconds since the epoch. */
  readonly now: () => number;
  readonly port: number;
  readonly mxColumn: MxColumn;
  /** State of the MX RRset or of its denial. */
  readonly mx: 'secure' | 'insecure';
  /** The domain, and its secure expansion: names that a certificate may have besides the TLSA base domain (RFC 7672 §3.2.2). */
  readonly nextHops: readonly string[];
}

export interface CheckedHost {
  /** The host judged, with the connections that were made to it, if any were. */
  readonly report: (connections?: readonly SmtpReport[]) => HostReport;
  /** Where it can be connected to; undefined where a sender would not (RFC 7672 §2.1.2), or need not for DANE (§2.2.2). */
  readonly target: ProbeTarget | undefined;
  /** When the first of its lookups ends; Infinity where there was none. */
  readonly expires: number;
}

/** Looks one host up and judges it. @throws {BudgetExceeded} when the ceiling is reached */
export async function checkHost(host: MailHost, context: HostContext): Promise<CheckedHost> {
  const { ceiling, now, mx, mxColumn } = context;
  const common = { name: mailName(host.name), preference: host.preference } as const;
  if (!isHostName(host.name))
    return {
      report: () => ({
        ...common,
        cname: [],
        aliasRule: 'no-alias',
        candidates: [],
        certificate: 'not-checked',
        smtp: [],
        cisco: lookupRow(mxColumn, 'target-invalid', undefined, 'not-checked'),
        rfc7672: judgeHost({ mx, address: 'target-invalid', tlsa: undefined, certificate: 'not-checked' }),
      }),
      target: undefined,
      expires: Number.POSITIVE_INFINITY,
    };
  const [a, aaaa] = await Promise.all(
    [
      { type: Type.A, octets: 4 },
      { type: Type.AAAA, octets: 16 },
    ].map(async ({ type, octets }) => readLookup(await ceiling.lookUp(host.name, type), now(), (rdata) => readAddress(rdata, octets))),
  );
  if (!a || !aaaa) throw new Error('two lookups have two outcomes');
  const address = addressMatrix[a.report.status][aaaa.report.status];
  const { aliases } = familyToFollow(a, aaaa);
  const { rule, candidates } = baseDomains(host.name, address, a, aaaa);
  const checked = await checkCandidates(candidates, context);
  const tlsa = tlsaColumn(candidates, checked);
  return {
    report: (connections = []) => {
      const { certificate, failure } = hostCertificate(connections, tlsa === 'secure');
      return {
        ...common,
        a: addressReport(a),
        aaaa: addressReport(aaaa),
        cname: aliasReports(aliases),
        aliasRule: rule,
        candidates: checked.map(({ report }) => report),
        certificate: tlsa === 'secure' ? certificate : 'not-checked',
        smtp: connections,
        cisco: lookupRow(mxColumn, a.report.status, tlsa, certificate),
        rfc7672: judgeHost({ mx, address, tlsa, certificate, failure }),
      };
    },
    target: probeTarget(context, tlsa, checked.at(-1), [a, aaaa]),
    expires: Math.min(a.expires, aaaa.expires, ...checked.map(({ expires }) => expires)),
  };
}

/**
 * Validated addresses, IPv4 first as the appliance has it. Where the host is a secure alias into an unsigned zone, its TLSA records protect
 * against wrong addresses (RFC 7672 §2.2.2), so insecure ones are connected to.
 */
function probeTarget(
  { mx, nextHops }: HostContext,
  tlsa: TlsaColumn | undefined,
  candidate: CheckedCandidate | undefined,
  families: readonly Lookup<string>[],
): ProbeTarget | undefined {
  if (!candidate || tlsa === undefined || tlsa === 'bogus' || tlsa === 'indeterminate') return undefined;
  const { base } = candidate.report;
  const ofState = (status: string) => families.filter(({ report }) => report.status === status).flatMap(({ data }) => data);
  const secure = ofState('secure');
  return {
    addresses: secure.length > 0 ? secure : ofState('insecure'),
    base,
    records: tlsa === 'secure' ? candidate.judged : [],
    // Who is led by an MX RRset that is not secure knows the host by its own name alone (RFC 7672 §3.2.2).
    names: [...new Set([base, ...(mx === 'secure' ? nextHops : [])])],
  };
}

/**
 * Whether a name can be a mail host: letters, digits, hyphens and (for hosts that have them) underscores, and no address in place of a
 * name (RFC 5321 §2.3.5, §5.1). The root is not, beside other MX records (RFC 7505 §3).
 */
export function isHostName(name: Name): boolean {
  const labels = labelsOf(name).map((label) => Buffer.from(label).toString('latin1'));
  const last = labels.at(-1);
  return last !== undefined && !/^\d+$/.test(last) && labels.every((label) => /^[A-Za-z0-9_-]+$/.test(label));
}

/** The family whose chain of aliases counts: the one that validated, else the one that has addresses. */
function familyToFollow(a: Lookup<string>, aaaa: Lookup<string>): Lookup<string> {
  for (const status of ['secure', 'insecure']) for (const family of [a, aaaa]) if (family.report.status === status) return family;
  return a;
}

function baseDomains(host: Name, address: AddressOutcome, a: Lookup<string>, aaaa: Lookup<string>): BaseDomains {
  const { aliases } = familyToFollow(a, aaaa);
  if (address === 'secure' || address === 'insecure') return findBaseDomains(host, aliases, address === 'secure');
  return { rule: aliases.length === 0 ? 'no-alias' : 'chain-failed', candidates: [] };
}

function readAddress(rdata: Uint8Array, octets: number): string {
  if (rdata.length !== octets) throw new WireError('rdata-length', rdata.length);
  return formatAddress(rdata);
}

function addressReport({ report, data }: Lookup<string>): AddressReport {
  return { ...report, addresses: data };
}

interface CheckedCandidate {
  readonly report: CandidateReport;
  readonly judged: readonly JudgedTlsa[];
  readonly column: TlsaColumn;
  readonly expires: number;
}

/** Asks one candidate after the other until one has secure records or fails: either ends the search (RFC 7672 §2.1.2, §2.2.2). */
async function checkCandidates(candidates: readonly Name[], context: HostContext): Promise<readonly CheckedCandidate[]> {
  const checked: CheckedCandidate[] = [];
  for (const base of candidates) {
    const candidate = await checkCandidate(base, context);
    if (!candidate) continue;
    checked.push(candidate);
    if (candidate.column !== 'insecure' && candidate.column !== 'nxdomain') break;
  }
  return checked;
}

async function checkCandidate(base: Name, { ceiling, now, port }: HostContext): Promise<CheckedCandidate | undefined> {
  const owner = tlsaOwner(base, port);
  if (!owner) return undefined;
  const lookup = readLookup(await ceiling.lookUp(owner, Type.TLSA), now(), (rdata) => rdata);
  const records = judgeTlsaRecords(lookup.data);
  const { status } = lookup.report;
  return {
    report: { owner: mailName(owner), base: mailName(base), ...lookup.report, records: records.map(recordReport) },
    judged: records,
    column: status === 'secure' && !hasUsable(records) ? 'unusable' : status,
    expires: lookup.expires,
  };
}

function recordReport({ usage, selector, matchingType, data, why }: JudgedTlsa): TlsaRecordReport {
  return { usage, selector, matching: matchingType, data: Buffer.from(data).toString('hex'), usable: why === 'usable', why };
}

/** The TLSA column of a host: the candidate that ended the search, else the last one; undefined where there was none to ask. */
function tlsaColumn(candidates: readonly Name[], checked: readonly CheckedCandidate[]): TlsaColumn | undefined {
  if (candidates.length === 0) return undefined;
  return checked.at(-1)?.column ?? 'nxdomain'; // an owner that is too long to be a name does not exist
}
