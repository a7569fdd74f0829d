/**
 * The live check of a mail host: every address in order is connected to, asked for TLS with the TLSA base domain as SNI, and what it sends
 * is matched with the TLSA records (RFC 7672 §2.2, §3). Addresses come out of validated lookups; no name is ever resolved here.
 * Limits: in number, time and connections at once; what is beyond is told as not looked at, never as failed.
 */

import { createHash, X509Certificate } from 'node:crypto';
import type { Connect, StarttlsOutcome, TlsFacts } from '../smtp/starttls.ts';
import { judgeCertificates, matchingEndEntityRecords } from './certificate.ts';
import { readCertificateParts } from './der.ts';
import { printable } from './lookup.ts';
import type { SmtpReport } from './report.ts';
import type { JudgedTlsa } from './tlsa.ts';
import type { CertificateState, HostReason, SmtpWarning } from './verdicts.ts';

/** The numbers are ours. */
export const probeLimits = {
  /** Connections for one domain. */
  connections: 24,
  /** Addresses of one host, of both families together. */
  addressesPerHost: 8,
  /** Milliseconds for all connections to one domain. */
  totalMs: 60_000,
  /** Days before its end that a certificate is warned about. */
  expiryWarningDays: 14,
} as const;
export type ProbeLimits = { readonly [K in keyof typeof probeLimits]: number };

export interface ProbeDeps {
  readonly connect: Connect;
  /** Whether an address may be connected to at all. */
  readonly mayConnect: (address: string) => boolean;
  /** Connections at once, over all checks. */
  readonly concurrency: number;
  /** Milliseconds for one connection from its start to the end of TLS. */
  readonly timeoutMs: number;
  /** Seconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds on a clock that never steps; `performance.now` unless told. */
  readonly clockMs?: () => number;
  /** `probeLimits` unless told. */
  readonly limits?: Partial<ProbeLimits>;
}

/** A host to connect to. */
export interface ProbeTarget {
  /** In the order in which they are tried. */
  readonly addresses: readonly string[];
  /** TLSA base domain. */
  readonly base: string;
  readonly records: readonly JudgedTlsa[];
  /** Reference identifiers of its certificate. */
  readonly names: readonly string[];
}

/** The connections to the hosts of one domain share limits: opened once for each check. */
export interface ProbeRun {
  probeHost(target: ProbeTarget, port: number): Promise<readonly SmtpReport[]>;
}
export type OpenProbe = () => ProbeRun;

const DAY_MS = 86_400_000;
/** Names of a certificate that are shown. */
const MAX_NAMES = 50;

/** Makes the probe out of what it needs. */
export function createProbe(deps: ProbeDeps): OpenProbe {
  const limits: ProbeLimits = { ...probeLimits, ...deps.limits };
  const clockMs = deps.clockMs ?? (() => performance.now());
  const takeSlot = createSlots(deps.concurrency);
  return () => {
    const endMs = clockMs() + limits.totalMs;
    let connections = 0;
    const probeAddress = async (ip: string, { base, records, names }: ProbeTarget, port: number): Promise<SmtpReport> => {
      const unconnected = { ip, connected: false, starttls: false, warnings: [] } as const;
      if (!deps.mayConnect(ip)) return { ...unconnected, error: 'address-not-allowed' };
      if (++connections > limits.connections) return { ...unconnected, error: 'limit-spent' };
      const slot = await takeSlot(Math.max(0, endMs - clockMs()));
      if (!slot) return { ...unconnected, error: 'limit-spent' };
      try {
        const timeoutMs = Math.min(deps.timeoutMs, Math.ceil(endMs - clockMs()));
        if (timeoutMs <= 0) return { ...unconnected, error: 'limit-spent' };
        const outcome = await deps.connect({ address: ip, port, servername: base }, timeoutMs);
        // Cut short by our own limit: nothing is said about the host.
        const cut = outcome.fault === 'timeout' && timeoutMs < deps.timeoutMs;
        return {
          ...connectionReport(ip, outcome),
          ...(cut ? { error: 'limit-spent' as const } : {}),
          ...judge(outcome.tls, records, names),
        };
      } finally {
        slot.end();
      }
    };
    const judge = (tls: TlsFacts | undefined, records: readonly JudgedTlsa[], names: readonly string[]) =>
      tls ? judgeTls(tls, records, names, deps.now(), limits.expiryWarningDays) : {};
    return {
      async probeHost(target, port) {
        const reports: SmtpReport[] = [];
        for (const [index, ip] of target.addresses.entries())
          reports.push(
            index < limits.addressesPerHost
              ? await probeAddress(ip, target, port)
              : { ip, connected: false, starttls: false, warnings: [], error: 'limit-spent' },
          );
        return reports;
      },
    };
  };
}

function connectionReport(ip: string, { connected, localAddress, starttls, tls, fault, detail }: StarttlsOutcome): SmtpReport {
  return {
    ip,
    connected,
    ...(localAddress === undefined ? {} : { interface: localAddress }),
    starttls,
    ...(tls ? { protocol: printable(tls.protocol), cipher: printable(tls.cipher) } : {}),
    warnings: [],
    ...(fault ? { error: fault } : {}),
    ...(detail === undefined ? {} : { detail: printable(detail) }),
  };
}

type Judged = Partial<Pick<SmtpReport, 'cert' | 'match' | 'error' | 'warnings'>>;

function judgeTls({ certificates }: TlsFacts, records: readonly JudgedTlsa[], names: readonly string[], now: number, days: number): Judged {
  const [leaf] = certificates;
  const cert = leaf && describeCertificate(leaf);
  const shown = cert ? { cert } : {};
  const usable = records.filter(({ why }) => why === 'usable');
  const expiry: readonly SmtpWarning[] = cert ? expiryWarning(cert.notAfter, now, days) : [];
  if (usable.length === 0) return { ...shown, warnings: expiry }; // nothing to match with
  const verdict = judgeCertificates({ received: certificates, records, names, now });
  if (verdict.verdict === 'mismatch') return { ...shown, error: verdict.fault, warnings: expiry };
  const { usage, selector, matchingType } = records[verdict.record] as JudgedTlsa;
  // A set of which each record is met by the key in use has none for the next one (RFC 7671 §8.1).
  const spare = leaf !== undefined && matchingEndEntityRecords(leaf, records).length < usable.length;
  return {
    ...shown,
    match: { record: verdict.record, rule: `${usage} ${selector} ${matchingType}`, depth: verdict.depth },
    warnings: [...expiry, ...(spare ? [] : (['no-spare-record'] as const))],
  };
}

function expiryWarning(notAfter: string, now: number, days: number): readonly SmtpWarning[] {
  const leftMs = Date.parse(notAfter) - now * 1000;
  if (leftMs < 0) return ['certificate-expired'];
  return leftMs < days * DAY_MS ? ['certificate-expires-soon'] : [];
}

/** What a report shows of a server's certificate; undefined where it cannot be read. */
export function describeCertificate(der: Uint8Array): NonNullable<SmtpReport['cert']> | undefined {
  try {
    const x509 = new X509Certificate(der);
    return {
      names: certificateNames(x509).slice(0, MAX_NAMES).map(printable),
      notAfter: isoDate(x509.validTo),
      spkiSha256: createHash('sha256').update(readCertificateParts(der).spki).digest('hex'),
    };
  } catch {
    return undefined; // what a stranger sent is no certificate: the verdict says so
  }
}

/** Its DNS names, or the common name where it has none. Node quotes as JSON what could be mistaken for more than one name. */
function certificateNames({ subjectAltName, subject }: X509Certificate): string[] {
  const found = [...(subjectAltName ?? '').matchAll(/(?:^|, )DNS:("(?:[^"\\]|\\.)*"|[^,]*)/g)].map(([, name = '']) => name);
  if (found.length > 0) return found;
  const common = /^CN=(.*)$/m.exec(subject ?? '')?.[1];
  return common === undefined ? [] : [common];
}

function isoDate(text: string): string {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? '0000-01-01T00:00:00.000Z' : date.toISOString();
}

/** What the connections to one host say of its certificate, and why. */
export interface HostCertificate {
  readonly certificate: CertificateState;
  readonly failure?: HostReason;
}

/** An address that authenticates is enough: a sender goes on to it (RFC 7672 §2.2). @param usable whether a TLSA record may be used */
export function hostCertificate(reports: readonly SmtpReport[], usable: boolean): HostCertificate {
  if (usable ? reports.some(({ match }) => match) : reports.some(({ protocol }) => protocol !== undefined))
    return { certificate: usable ? 'success' : 'not-checked' };
  // What was not looked at may authenticate: nobody can tell.
  if (reports.some(({ error }) => error === 'limit-spent')) return { certificate: 'not-checked' };
  const tried = reports.filter(({ error }) => error !== 'address-not-allowed');
  const connected = tried.find(({ connected }) => connected);
  if (connected) return { certificate: 'failed', failure: failureReason(connected) };
  return tried.length === 0 ? { certificate: 'not-checked' } : { certificate: 'unreachable' };
}

/** A connection that came to nothing after TCP was there. */
function failureReason({ error, protocol }: SmtpReport): HostReason {
  if (protocol !== undefined) return 'certificate-mismatch';
  return error === 'starttls-missing' || error === 'starttls-refused' ? 'starttls-missing' : 'tls-failed';
}

/** A turn among `most` that go on at once, in the order they came; undefined where none came in time. `end` it, whatever happens. */
type TakeSlot = (waitMs: number) => Promise<{ readonly end: () => void } | undefined>;

function createSlots(most: number): TakeSlot {
  let running = 0;
  const waiting = new Set<() => void>();
  const end = () => {
    const [next] = waiting;
    if (next) next();
    else running--;
  };
  return (waitMs) => {
    if (running < most) {
      running++;
      return Promise.resolve({ end });
    }
    return new Promise((resolve) => {
      const begin = () => {
        waiting.delete(begin);
        clearTimeout(timer);
        resolve({ end });
      };
      const timer = setTimeout(() => {
        waiting.delete(begin);
        resolve(undefined);
      }, waitMs);
      waiting.add(begin);
    });
  };
}
