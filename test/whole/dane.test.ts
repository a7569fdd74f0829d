/** `/dane/:domain` for every domain of the sandbox: the statuses and verdicts that src/sandbox/domains.ts demands. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CandidateReport, DaneReport, LookupReport } from '../../src/dane/report.ts';
import { type CiscoVerdict, ciscoVerdicts, type RfcVerdict, rfcVerdicts } from '../../src/dane/verdicts.ts';
import { type Delivery, type DnsStatus, sandboxDomains } from '../../src/sandbox/domains.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
const reports = new Map<string, DaneReport>();
const texts = new Map<string, string>();
/** As many at once as one HTTP client may have. */
const CHECKS_AT_ONCE = 8;

beforeAll(async () => {
  stage = await openStage({ addressBase: '127.61.3' });
  const waiting = sandboxDomains.values();
  const worker = async () => {
    for (const { domain } of waiting) {
      const response = await fetch(`${stage.http}/dane/${domain}`);
      expect(response.status, domain).toBe(200);
      reports.set(domain, (await response.json()) as DaneReport);
      texts.set(domain, await (await fetch(`${stage.http}/dane/${domain}?format=text`)).text());
    }
  };
  await Promise.all(Array.from({ length: CHECKS_AT_ONCE }, worker));
}, 50_000);
afterAll(() => stage.close());

/** What the appliance may say for a word of domains.ts; its tables know `dane-fail` where mail waits. */
const ciscoWords: Readonly<Record<Delivery, readonly CiscoVerdict[]>> = {
  deliver: ['dane-success-if-certificate-matches'],
  fallback: ['opportunistic-tls'],
  encrypt: ['tls-required'],
  delay: ['dane-fail', 'delay'],
  bounce: ['bounce'],
};
const rfcWords: Readonly<Record<Delivery, readonly RfcVerdict[]>> = {
  deliver: ['verified-if-certificate-matches'],
  fallback: ['opportunistic-tls', 'opportunistic-tls-or-dane'],
  encrypt: ['tls-required'],
  delay: ['delay'],
  bounce: ['bounce'],
};

describe.each([...sandboxDomains])('$domain: $about', ({ domain, mx, hosts, mandatory, opportunistic, appliance }) => {
  const report = () => reports.get(domain)!;

  test('both verdicts, by RFC 7672 and by the appliance', () => {
    const { rfc7672, cisco } = report();
    expect(rfcWords[mandatory]).toContain(rfc7672.mandatory);
    expect(rfcWords[opportunistic]).toContain(rfc7672.opportunistic);
    expect(ciscoWords[appliance?.mandatory ?? mandatory]).toContain(cisco.mandatory);
    expect(ciscoWords[appliance?.opportunistic ?? opportunistic]).toContain(cisco.opportunistic);
    expect(report().deliverable).toBe(!['delay', 'bounce'].includes(rfc7672.opportunistic));
  });

  test('the state of each lookup', () => {
    expect(statusOf(report().mx)).toBe(mx);
    expect(
      report().mx.hosts.map(({ name, a, aaaa, candidates }) => ({
        host: name,
        a: statusOf(a),
        aaaa: statusOf(aaaa),
        tlsa: statusOf(decisive(candidates)) ?? 'not asked',
        tlsaBase: decisive(candidates)?.base,
      })),
    ).toEqual(
      hosts.map(({ host, a, aaaa, tlsa, tlsaBase }) => ({
        host,
        a,
        aaaa,
        tlsa,
        tlsaBase: tlsa === 'not asked' ? undefined : (tlsaBase ?? host),
      })),
    );
  });

  test('every host has verdicts out of the published lists, its certificate not checked', () => {
    for (const { cisco, rfc7672, certificate, smtp } of report().mx.hosts) {
      expect(ciscoVerdicts).toEqual(expect.arrayContaining([cisco.mandatory, cisco.opportunistic]));
      expect(rfcVerdicts).toEqual(expect.arrayContaining([rfc7672.mandatory, rfc7672.opportunistic]));
      expect({ certificate, smtp }).toEqual({ certificate: 'not-checked', smtp: [] });
    }
  });

  test('the text never claims what nobody has checked', () => {
    const text = texts.get(domain)!;
    expect(text).not.toContain('DANE SUCCESS');
    expect(text).toMatch(/\n$/);
    const lines = text.trimEnd().split('\n');
    if (lines.includes('Certificate not checked.')) expect(lines.at(-1)).toBe('Certificate not checked.');
    else expect(lines.slice(-2)).toEqual([`DANE FAILED for ${domain}`, 'DANE verification completed.']);
  });
});

test.each([
  {
    domain: 'secure.sandbox',
    lines: [
      'SECURE MX record(mx.secure.sandbox) found for secure.sandbox',
      'SECURE A record (192.0.2.10) found for MX(mx.secure.sandbox) in secure.sandbox',
      'SECURE TLSA record found for MX(mx.secure.sandbox) in secure.sandbox',
      'Certificate not checked.',
    ],
  },
  {
    domain: 'expired.sandbox',
    lines: ['BOGUS MX record found for expired.sandbox', 'DANE FAILED for expired.sandbox', 'DANE verification completed.'],
  },
  {
    domain: 'unsigned.sandbox',
    lines: [
      ...block('mx.unsigned.sandbox', ['192.0.2.40']),
      'Trying next MX record in unsigned.sandbox',
      ...block('mx2.unsigned.sandbox', ['192.0.2.41']),
      'Trying next MX record in unsigned.sandbox',
      ...block('mx3.unsigned.sandbox', ['192.0.2.42', '192.0.2.43']),
      'DANE FAILED for unsigned.sandbox',
      'DANE verification completed.',
    ],
  },
])('the lines of daneverify for $domain', ({ domain, lines }) => {
  expect(texts.get(domain)!.trimEnd().split('\n')).toEqual(lines);
});

/** Lines of one insecure host of unsigned.sandbox. */
function block(host: string, [first, ...others]: readonly string[]): string[] {
  const where = `MX(${host}) in unsigned.sandbox`;
  return [
    `INSECURE MX record(${host}) found for unsigned.sandbox`,
    `INSECURE MX record(${host}) found. The command will still proceed.`,
    `INSECURE A record (${first}) found for ${where}`,
    ...others.flatMap((ip) => [`Trying next A record (${ip}) for ${where}`, `INSECURE A record (${ip}) found for ${where}`]),
  ];
}

/** A lookup in the words of domains.ts. */
function statusOf(lookup: LookupReport | undefined): DnsStatus | undefined {
  return lookup?.status === 'nxdomain' ? (`${lookup.proof} denial` as DnsStatus) : lookup?.status;
}

/** The candidate that ended the search. */
function decisive(candidates: readonly CandidateReport[]): CandidateReport | undefined {
  return candidates.at(-1);
}
