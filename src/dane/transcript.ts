/**
 * A report as the appliance's `daneverify` command prints it, line by line. It reads A records alone, as that does.
 * Its wording is known for the lines marked "theirs"; the others follow it by analogy and are marked "ours".
 * Where no connection was made, it ends at `Certificate not checked.` and never says DANE SUCCESS.
 */

import type { CandidateReport, DaneReport, HostReport, LookupReport, SmtpReport } from './report.ts';

/** The lines, each with its line feed. */
export function formatTranscript(report: DaneReport): string {
  return `${transcriptLines(report).join('\n')}\n`;
}

function transcriptLines(report: DaneReport): readonly string[] {
  const { domain, mx } = report;
  const lines = mxFailure(report);
  for (const [index, host] of mx.hosts.entries()) {
    if (index > 0) lines.push(`Trying next MX record in ${domain}`); // theirs
    lines.push(...mxLines(report, host));
    const end = hostLines(report, host, lines);
    if (end === 'not-checked') return [...lines, 'Certificate not checked.']; // ours
    // Behind an insecure MX it is DANE SUCCESS in neither of the appliance's tables.
    if (end === 'verified' && mx.proof === 'secure') return [...lines, `DANE SUCCESS for ${domain}`, 'DANE verification completed.']; // theirs
    if (end === 'bogus') break; // one bogus host fails the domain, as a bogus MX does
  }
  return [...lines, `DANE FAILED for ${domain}`, 'DANE verification completed.']; // theirs
}

/** What is said where the MX lookup gave no MX records. */
function mxFailure({ domain, mx }: DaneReport): string[] {
  if (mx.status === 'bogus') return [`BOGUS MX record found for ${domain}`]; // theirs
  if (mx.status === 'indeterminate') return [`MX lookup error for ${domain}: ${mx.reason}.`]; // ours
  if (mx.kind === 'null') return [`Null MX record found for ${domain}`]; // ours
  return mx.status === 'nxdomain' ? [`No MX record found for ${domain}`] : []; // ours
}

function mxLines({ domain, mx }: DaneReport, { name }: HostReport): readonly string[] {
  if (mx.kind !== 'records') return [];
  if (mx.status === 'secure') return [`SECURE MX record(${name}) found for ${domain}`]; // theirs
  return [
    `INSECURE MX record(${name}) found for ${domain}`, // theirs
    `INSECURE MX record(${name}) found. The command will still proceed.`, // theirs
  ];
}

type HostEnd = 'verified' | 'failed' | 'bogus' | 'not-checked';

/** Adds what is said of one host, and tells how it ended. */
function hostLines(report: DaneReport, host: HostReport, lines: string[]): HostEnd {
  const { name, a } = host;
  const where = `MX(${name}) in ${report.domain}`;
  if (!a) {
    lines.push(`Invalid host name in ${where}`); // ours
    return 'failed';
  }
  if (a.status === 'secure') return secureAddressLines(report, host, a.addresses, where, lines);
  const [first, ...others] = a.addresses;
  if (a.status === 'insecure') {
    lines.push(`INSECURE A record (${first}) found for ${where}`); // theirs
    for (const ip of others) lines.push(`Trying next A record (${ip}) for ${where}`, `INSECURE A record (${ip}) found for ${where}`); // theirs
    return 'failed';
  }
  lines.push(failureLine('A', a, where));
  return a.status === 'bogus' ? 'bogus' : 'failed';
}

/** One address after the other, until one is verified; without connections the first stands for all. */
function secureAddressLines(
  { domain, port }: DaneReport,
  { candidates, smtp }: HostReport,
  addresses: readonly string[],
  where: string,
  lines: string[],
): HostEnd {
  const tried: SmtpReport[] = [];
  for (const [index, ip] of addresses.entries()) {
    if (index > 0) lines.push(`Trying next A record (${ip}) for ${where}`); // theirs
    lines.push(`SECURE A record (${ip}) found for ${where}`); // theirs
    const connection = smtp.find((candidate) => candidate.ip === ip);
    if (!connection) break;
    tried.push(connection);
    lines.push(`Connecting to ${ip} on port ${port}.`); // theirs
    if (!connection.connected) {
      lines.push(`Connection to ${ip} on port ${port} failed: ${inWords(connection.error)}.`); // ours
      continue;
    }
    lines.push(`Connected to ${ip} from interface ${connection.interface}.`); // theirs
    const end = tlsaLines(where, candidates.at(-1), lines);
    if (end !== 'not-checked') return end;
    if (certificateLines(domain, connection, lines)) return 'verified';
  }
  const isWhole = tried.every(({ error }) => error !== 'limit-spent'); // else nobody can tell, as probe.ts has it
  if (tried.some(({ connected }) => connected)) return isWhole ? 'failed' : 'not-checked';
  const end = tlsaLines(where, candidates.at(-1), lines);
  const looked = tried.some(({ error }) => error !== 'address-not-allowed');
  return end === 'not-checked' && isWhole && looked ? 'failed' : end;
}

/** Adds what came of TLS on one connection, and tells whether the certificate matches. */
function certificateLines(domain: string, { protocol, cipher, match, error }: SmtpReport, lines: string[]): boolean {
  lines.push('Checking TLS connection.'); // theirs
  if (protocol === undefined) {
    lines.push(`TLS connection failed: ${inWords(error)}.`); // ours
    return false;
  }
  lines.push(`TLS connection established: protocol ${protocol}, cipher ${cipher}.`); // theirs
  if (!match) {
    lines.push(`Certificate verification failed: ${inWords(error)}`); // ours
    return false;
  }
  lines.push('Certificate verification successful', `TLS connection succeeded ${domain}.`); // theirs
  return true;
}

function inWords(error: SmtpReport['error']): string {
  return (error ?? 'unknown').replaceAll('-', ' ');
}

/** The candidate that ended the search speaks for the host. */
function tlsaLines(where: string, candidate: CandidateReport | undefined, lines: string[]): HostEnd {
  if (!candidate) {
    lines.push(`No TLSA record found for ${where}`); // ours
    return 'failed';
  }
  switch (candidate.status) {
    case 'secure':
      lines.push(`SECURE TLSA record found for ${where}`); // theirs
      if (candidate.records.some(({ usable }) => usable)) return 'not-checked';
      lines.push(`TLSA records unusable for ${where}`); // ours
      return 'failed';
    case 'insecure':
      lines.push(`INSECURE TLSA record found for ${where}`); // ours
      return 'failed';
    default:
      lines.push(failureLine('TLSA', candidate, where));
      return candidate.status === 'bogus' ? 'bogus' : 'failed';
  }
}

/** Ours, all of them. */
function failureLine(type: 'A' | 'TLSA', { status, reason }: LookupReport, where: string): string {
  if (status === 'bogus') return `BOGUS ${type} record found for ${where}`;
  return status === 'nxdomain' ? `No ${type} record found for ${where}` : `${type} lookup error for ${where}: ${reason}.`;
}
