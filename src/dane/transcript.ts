/**
 * A report as the appliance's `daneverify` command prints it, line by line, as far as DNS goes. It reads A records alone, as that does.
 * Its wording is known for the lines marked "theirs"; the others follow it by analogy and are marked "ours".
 * Limits: no connection is made, so it ends at `Certificate not checked.` where theirs connects, and never says DANE SUCCESS.
 */

import type { CandidateReport, DaneReport, HostReport, LookupReport } from './report.ts';

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
    const end = hostLines(domain, host, lines);
    if (end === 'not-checked') return [...lines, 'Certificate not checked.']; // ours
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

type HostEnd = 'failed' | 'bogus' | 'not-checked';

/** Adds what is said of one host, and tells how it ended. */
function hostLines(domain: string, { name, a, candidates }: HostReport, lines: string[]): HostEnd {
  const where = `MX(${name}) in ${domain}`;
  if (!a) {
    lines.push(`Invalid host name in ${where}`); // ours
    return 'failed';
  }
  const [first, ...others] = a.addresses;
  if (a.status === 'secure') {
    lines.push(`SECURE A record (${first}) found for ${where}`); // theirs
    return tlsaLines(where, candidates.at(-1), lines);
  }
  if (a.status === 'insecure') {
    lines.push(`INSECURE A record (${first}) found for ${where}`); // theirs
    for (const ip of others) lines.push(`Trying next A record (${ip}) for ${where}`, `INSECURE A record (${ip}) found for ${where}`); // theirs
    return 'failed';
  }
  lines.push(failureLine('A', a, where));
  return a.status === 'bogus' ? 'bogus' : 'failed';
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
