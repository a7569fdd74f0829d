import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { createDaneCheck } from '../../src/dane/check.ts';
import { createProbe, describeCertificate, type ProbeDeps } from '../../src/dane/probe.ts';
import type { DaneReport, SmtpReport } from '../../src/dane/report.ts';
import { formatTranscript } from '../../src/dane/transcript.ts';
import type { MailServer, StarttlsOutcome } from '../../src/smtp/starttls.ts';
import { DIGEST, ip, mx, NOW, type Script, scriptedResolver, type TlsaRow, tlsa } from './scripted-resolver.ts';
import { type Issued, makeCertificate } from './x509-maker.ts';

const DAY = 86_400;
const root = makeCertificate(NOW, { commonName: 'Root', ca: true });
const leaf = makeCertificate(NOW, { names: ['mx.example'], issuer: root });
const stranger = makeCertificate(NOW, { names: ['mx.example'] });
const sha256 = (octets: Uint8Array) => createHash('sha256').update(octets).digest();
const ofKey = ({ spki }: Issued): TlsaRow => [3, 1, 1, sha256(spki)];
const spare: TlsaRow = [3, 1, 1, DIGEST];

/** A server that comes to TLS with these certificates. */
const sends = (...chain: readonly Issued[]): StarttlsOutcome => ({
  connected: true,
  localAddress: '198.51.100.9',
  starttls: true,
  tls: { protocol: 'TLSv1.3', cipher: 'TLS_AES_256_GCM_SHA384', certificates: chain.map(({ der }) => der) },
});
const refused: StarttlsOutcome = { connected: false, starttls: false, fault: 'refused', detail: 'ECONNREFUSED' };
const inTheClear: StarttlsOutcome = { connected: true, localAddress: '198.51.100.9', starttls: false, fault: 'starttls-missing' };

interface Probed {
  readonly report: DaneReport;
  readonly text: string;
  readonly connections: readonly MailServer[];
  readonly smtp: readonly SmtpReport[];
}

/** @param hosts outcomes by address; others are refused */
async function probe(
  script: Script,
  hosts: Readonly<Record<string, StarttlsOutcome>>,
  { domain = 'example', port = 25, ...deps }: Partial<ProbeDeps> & { readonly domain?: string; readonly port?: number } = {},
): Promise<Probed> {
  const connections: MailServer[] = [];
  const openProbe = createProbe({
    connect: async (server) => {
      connections.push(server);
      return hosts[server.address] ?? refused;
    },
    mayConnect: () => true,
    concurrency: 4,
    timeoutMs: 1_000,
    now: () => NOW,
    ...deps,
  });
  const report = await createDaneCheck({ resolver: scriptedResolver(script), now: () => NOW, openProbe })(parseName(domain), {
    port,
    probe: true,
  });
  return { report, text: formatTranscript(report), connections, smtp: report.mx.hosts.flatMap(({ smtp }) => smtp) };
}

function oneHost(script: Script = {}): Script {
  return {
    'example MX': { rdata: mx([10, 'mx.example']) },
    'mx.example A': { rdata: ip('192.0.2.1', '192.0.2.2') },
    'mx.example AAAA': { rdata: ip('2001:db8::1') },
    '_25._tcp.mx.example TLSA': { rdata: tlsa(ofKey(leaf), spare) },
    ...script,
  };
}
const everywhere = (outcome: StarttlsOutcome) => ({ '192.0.2.1': outcome, '192.0.2.2': outcome, '2001:db8::1': outcome });

describe('transcripts of the appliance, to the octet', () => {
  const golden = (name: string) => readFileSync(new URL(`transcripts/${name}.txt`, import.meta.url), 'utf8');
  const ietf = makeCertificate(NOW, { names: ['mail.ietf.org'] });
  const script: Script = {
    'ietf.org MX': { rdata: mx([0, 'mail.ietf.org']) },
    'mail.ietf.org A': { rdata: ip('4.31.198.44') },
    '_25._tcp.mail.ietf.org TLSA': { rdata: tlsa(ofKey(ietf)) },
  };
  test.each([
    { name: 'ietf.org-success', localAddress: '216.71.133.161', cipher: 'ECDHE-RSA-AES256-GCM-SHA384' },
    { name: 'ietf.org-success-2', localAddress: '194.191.40.74', cipher: 'DHE-RSA-AES256-GCM-SHA384' },
  ])('$name', async ({ name, localAddress, cipher }) => {
    const tls = { protocol: 'TLSv1.2', cipher, certificates: [ietf.der] };
    const { text } = await probe(script, { '4.31.198.44': { connected: true, localAddress, starttls: true, tls } }, { domain: 'ietf.org' });
    expect(text).toBe(golden(name));
  });
  test('ietf.org-bogus', async () => {
    const { text, connections } = await probe({ 'ietf.org MX': { state: 'bogus' } }, {}, { domain: 'ietf.org' });
    expect(text).toBe(golden('ietf.org-bogus'));
    expect(connections).toEqual([]);
  });
  test.each([
    {
      domain: 'cisco.com',
      hosts: {
        'alln-mx-01.cisco.com': ['173.37.147.230'],
        'rcdn-mx-01.cisco.com': ['72.163.7.166'],
        'aer-mx-01.cisco.com': ['173.38.212.150'],
      },
    },
    { domain: 'thinkbeyond.ch', hosts: { 'thinkbeyond-ch.mail.protection.outlook.com': ['104.47.9.36', '104.47.10.36'] } },
  ])('$domain-insecure', async ({ domain, hosts }) => {
    const insecure: Script = {
      [`${domain} MX`]: { state: 'insecure', rdata: mx(...Object.keys(hosts).map((host, i) => [i, host] as const)) },
      ...Object.fromEntries(Object.entries(hosts).map(([host, list]) => [`${host} A`, { state: 'insecure', rdata: ip(...(list ?? [])) }])),
    };
    const { text, connections } = await probe(insecure, {}, { domain });
    expect(text).toBe(golden(`${domain}-insecure`));
    expect(connections).toEqual([]);
  });
});

describe('verdicts', () => {
  const insecureMx = { 'example MX': { state: 'insecure', rdata: mx([10, 'mx.example']) } } as const;
  const unusable = { '_25._tcp.mx.example TLSA': { rdata: tlsa([1, 1, 1, DIGEST]) } };

  test.each<{
    title: string;
    script?: Script;
    hosts: Readonly<Record<string, StarttlsOutcome>>;
    certificate: string;
    cisco: readonly [number | string, string, string];
    rfc: readonly [string, string, string];
    reasons?: readonly string[];
  }>([
    {
      title: 'all addresses match',
      hosts: everywhere(sends(leaf)),
      certificate: 'success',
      cisco: [1, 'dane-success', 'dane-success'],
      rfc: ['verified', 'verified', 'certificate-matches'],
      reasons: ['certificate-matches'],
    },
    {
      title: 'one address matches',
      hosts: { ...everywhere(sends(stranger)), '192.0.2.2': sends(leaf) },
      certificate: 'success',
      cisco: [1, 'dane-success', 'dane-success'],
      rfc: ['verified', 'verified', 'certificate-matches'],
      reasons: ['certificate-matches', 'some-addresses-unverified'],
    },
    {
      title: 'none matches',
      hosts: everywhere(sends(stranger)),
      certificate: 'failed',
      cisco: [2, 'dane-fail', 'dane-fail'],
      rfc: ['delay', 'delay', 'certificate-mismatch'],
    },
    {
      title: 'no STARTTLS',
      hosts: everywhere(inTheClear),
      certificate: 'failed',
      cisco: [2, 'dane-fail', 'dane-fail'],
      rfc: ['delay', 'delay', 'starttls-missing'],
    },
    {
      title: 'TLS that does not come about',
      hosts: everywhere({ ...inTheClear, starttls: true, fault: 'tls-failed' }),
      certificate: 'failed',
      cisco: [2, 'dane-fail', 'dane-fail'],
      rfc: ['delay', 'delay', 'tls-failed'],
    },
    {
      title: 'nobody there: no verdict on its certificate',
      hosts: {},
      certificate: 'unreachable',
      cisco: ['host-unreachable', 'delay', 'delay'],
      rfc: ['delay', 'delay', 'host-unreachable'],
    },
    {
      title: 'insecure MX, all match',
      script: insecureMx,
      hosts: everywhere(sends(leaf)),
      certificate: 'success',
      cisco: [8, 'dane-fail', 'opportunistic-tls'],
      rfc: ['delay', 'opportunistic-tls-or-dane', 'mx-insecure'],
    },
    {
      title: 'insecure MX, none matches',
      script: insecureMx,
      hosts: everywhere(sends(stranger)),
      certificate: 'failed',
      cisco: [9, 'dane-fail', 'opportunistic-tls'],
      rfc: ['delay', 'opportunistic-tls-or-dane', 'mx-insecure'],
    },
    {
      title: 'unusable records, TLS',
      script: unusable,
      hosts: everywhere(sends(stranger)),
      certificate: 'not-checked',
      cisco: ['unusable-tlsa', 'delay', 'tls-required'],
      rfc: ['delay', 'tls-required', 'tlsa-unusable'],
    },
    {
      title: 'unusable records, no STARTTLS: encryption is a must',
      script: unusable,
      hosts: everywhere(inTheClear),
      certificate: 'not-checked',
      cisco: ['unusable-tlsa', 'delay', 'tls-required'],
      rfc: ['delay', 'delay', 'starttls-missing'],
    },
    {
      title: 'no TLSA records: whatever the certificate is',
      script: { '_25._tcp.mx.example TLSA': {} },
      hosts: everywhere(inTheClear),
      certificate: 'not-checked',
      cisco: [4, 'dane-fail', 'opportunistic-tls'],
      rfc: ['delay', 'opportunistic-tls', 'tlsa-denied'],
    },
  ])('$title', async ({ script, hosts, certificate, cisco, rfc, reasons }) => {
    const { report } = await probe(oneHost(script), hosts);
    expect(report.mx.hosts[0]?.certificate).toBe(certificate);
    expect([report.cisco.row, report.cisco.mandatory, report.cisco.opportunistic]).toEqual(cisco);
    expect([report.rfc7672.mandatory, report.rfc7672.opportunistic, report.rfc7672.reason]).toEqual(rfc);
    if (reasons) expect(report.reasons).toEqual(reasons);
  });

  test('a host that fails is followed by the next (RFC 7672 §2.2.1)', async () => {
    const { report, text } = await probe(
      oneHost({
        'example MX': { rdata: mx([10, 'mx.example'], [20, 'b.example']) },
        'b.example A': { rdata: ip('192.0.2.3') },
        '_25._tcp.b.example TLSA': { rdata: tlsa(ofKey(leaf)) },
      }),
      { ...everywhere(sends(stranger)), '192.0.2.3': sends(leaf) },
    );
    expect(report.rfc7672).toEqual({ mandatory: 'verified', opportunistic: 'verified', reason: 'certificate-matches' });
    expect(text).toContain('Certificate verification failed: no record matches\nTrying next A record (192.0.2.2)');
    expect(text.endsWith('DANE SUCCESS for example\nDANE verification completed.\n')).toBe(true);
  });
});

describe('what is connected to', () => {
  test('every address in order, IPv4 first, by its TLSA base domain, at the port asked', async () => {
    const { connections } = await probe(oneHost({ '_587._tcp.mx.example TLSA': { rdata: tlsa(spare) } }), {}, { port: 587 });
    expect(connections).toEqual(
      ['192.0.2.1', '192.0.2.2', '2001:db8::1'].map((address) => ({ address, port: 587, servername: 'mx.example' })),
    );
  });
  test.each<{ title: string; script: Script; want: readonly string[] }>([
    {
      title: 'validated addresses alone',
      script: { 'mx.example AAAA': { state: 'insecure', rdata: ip('2001:db8::1') } },
      want: ['192.0.2.1', '192.0.2.2'],
    },
    { title: 'no bogus ones', script: { 'mx.example A': { state: 'bogus', rdata: ip('192.0.2.1') } }, want: ['2001:db8::1'] },
    {
      title: 'nothing of an insecure host (RFC 7672 §2.2.2)',
      script: { 'mx.example A': { state: 'insecure', rdata: ip('192.0.2.1') }, 'mx.example AAAA': {} },
      want: [],
    },
    { title: 'nothing where TLSA is bogus', script: { '_25._tcp.mx.example TLSA': { state: 'bogus' } }, want: [] },
    { title: 'nothing where TLSA failed', script: { '_25._tcp.mx.example TLSA': { state: 'indeterminate' } }, want: [] },
    {
      title: 'a secure alias into an unsigned zone',
      script: {
        'mx.example A': { state: 'insecure', rdata: ip('192.0.2.9'), aliases: [{ target: 'real.test', state: 'secure' }] },
        'mx.example AAAA': {},
      },
      want: ['192.0.2.9'],
    },
  ])('$title', async ({ script, want }) => {
    const { connections } = await probe(oneHost(script), {});
    expect(connections.map(({ address }) => address)).toEqual(want);
  });
  test('the SNI is the TLSA base domain: the end of the aliases, where its records are', async () => {
    const { connections } = await probe(
      oneHost({
        'mx.example A': { rdata: ip('192.0.2.1'), aliases: [{ target: 'real.test', state: 'secure' }] },
        'mx.example AAAA': {},
        '_25._tcp.real.test TLSA': { rdata: tlsa(spare) },
      }),
      {},
    );
    expect(connections.map(({ servername }) => servername)).toEqual(['real.test']);
  });
  test('nothing that the filter refuses; and that says nothing about the host', async () => {
    const { connections, report, smtp, text } = await probe(oneHost(), {}, { mayConnect: () => false });
    expect(connections).toEqual([]);
    expect(smtp.map(({ error }) => error)).toEqual(Array(3).fill('address-not-allowed'));
    expect(report.rfc7672.opportunistic).toBe('verified-if-certificate-matches');
    expect(text).toContain('Connection to 192.0.2.1 on port 25 failed: address not allowed.\n');
    expect(text.endsWith('Certificate not checked.\n')).toBe(true);
  });
  test('a ceiling for a host, and one for a domain', async () => {
    const hosts = Array.from({ length: 20 }, (_, i) => `h${i}.example`);
    const many = ip(...Array.from({ length: 12 }, (_, i) => `192.0.2.${i + 1}`));
    const script: Script = {
      'example MX': { rdata: mx(...hosts.map((host, i) => [i, host] as const)) },
      ...Object.fromEntries(
        hosts.flatMap((host) => [
          [`${host} A`, { rdata: many }],
          [`_25._tcp.${host} TLSA`, { rdata: tlsa(spare) }],
        ]),
      ),
    };
    const { connections, smtp, report } = await probe(script, {});
    expect(connections).toHaveLength(24);
    expect(smtp).toHaveLength(240);
    expect(smtp.filter(({ error }) => error === 'limit-spent')).toHaveLength(216);
    expect(report.mx.hosts.at(-1)?.certificate).toBe('not-checked');
  });
  test('a host of which not all was looked at has no certificate that fails', async () => {
    const script: Script = {
      'example MX': { rdata: mx([10, 'mx.example']) },
      'mx.example A': { rdata: ip('192.0.2.1', '192.0.2.2') },
      '_25._tcp.mx.example TLSA': { rdata: tlsa(ofKey(leaf)) },
    };
    const hosts = { '192.0.2.1': sends(stranger), '192.0.2.2': sends(leaf) };
    const { report, text } = await probe(script, hosts, { limits: { addressesPerHost: 1 } });
    expect(report.mx.hosts[0]?.certificate).toBe('not-checked');
    expect(text.endsWith('Certificate not checked.\n')).toBe(true);
    expect((await probe(script, hosts)).report.mx.hosts[0]?.certificate).toBe('success');
  });
  test('where the MX RRset is not secure a certificate of the domain alone is none of the host (RFC 7672 §3.2.2)', async () => {
    const own = makeCertificate(NOW, { names: ['example'], issuer: root });
    const script = (state: 'secure' | 'insecure'): Script => ({
      'example MX': { rdata: mx([10, 'mx.elsewhere']), state },
      'mx.elsewhere A': { rdata: ip('192.0.2.1') },
      '_25._tcp.mx.elsewhere TLSA': { rdata: tlsa([2, 0, 1, sha256(root.der)]) },
    });
    const hosts = { '192.0.2.1': sends(own, root) };
    expect((await probe(script('secure'), hosts)).smtp).toMatchObject([{ match: { depth: 1 } }]);
    expect((await probe(script('insecure'), hosts)).smtp).toMatchObject([{ error: 'certificate-name-mismatch' }]);
  });
  test('no more at once than the concurrency, over all checks', async () => {
    let now = 0;
    let most = 0;
    const openProbe = createProbe({
      connect: async () => {
        most = Math.max(most, ++now);
        await new Promise((resolve) => setImmediate(resolve));
        now--;
        return refused;
      },
      mayConnect: () => true,
      concurrency: 2,
      timeoutMs: 1_000,
      now: () => NOW,
    });
    const check = createDaneCheck({ resolver: scriptedResolver(oneHost()), now: () => NOW, openProbe });
    await Promise.all(Array.from({ length: 5 }, () => check(parseName('example'), { probe: true })));
    expect(most).toBe(2);
  });
  test('who waits for a turn waits no longer than a probe may take', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const openProbe = createProbe({
      connect: async () => {
        await held;
        return refused;
      },
      mayConnect: () => true,
      concurrency: 1,
      timeoutMs: 1_000,
      now: () => NOW,
      limits: { totalMs: 50 },
    });
    const target = { addresses: ['192.0.2.1'], base: 'mx.example', records: [], names: [] };
    const first = openProbe().probeHost(target, 25);
    expect(await openProbe().probeHost(target, 25)).toMatchObject([{ error: 'limit-spent' }]);
    release();
    expect(await first).toMatchObject([{ error: 'refused' }]);
    expect(await openProbe().probeHost(target, 25)).toMatchObject([{ error: 'refused' }]); // its turn was not lost
  });
  test('time: what is left of the whole bounds each, and what is beyond is not tried', async () => {
    let clock = 0;
    const given: number[] = [];
    const connect = vi.fn(async (_: MailServer, timeoutMs: number): Promise<StarttlsOutcome> => {
      given.push(timeoutMs);
      clock += timeoutMs;
      return { connected: true, starttls: false, fault: 'timeout' };
    });
    const limits = { totalMs: 1_500 };
    const { smtp } = await probe(oneHost(), {}, { connect, clockMs: () => clock, limits });
    expect(given).toEqual([1_000, 500]);
    expect(smtp.map(({ error }) => error)).toEqual(['timeout', 'limit-spent', 'limit-spent']);
  });
  test('a probe without what connects is our own fault', async () => {
    const check = createDaneCheck({ resolver: scriptedResolver({}), now: () => NOW });
    await expect(check(parseName('example'), { probe: true })).rejects.toThrow('nothing here connects');
  });
});

describe('what is told of a connection', () => {
  test('interface, protocol, cipher, names, end, key, and the record that matched', async () => {
    const { smtp } = await probe(oneHost({ '_25._tcp.mx.example TLSA': { rdata: tlsa(spare, ofKey(leaf)) } }), everywhere(sends(leaf)));
    expect(smtp[0]).toEqual({
      ip: '192.0.2.1',
      connected: true,
      interface: '198.51.100.9',
      starttls: true,
      protocol: 'TLSv1.3',
      cipher: 'TLS_AES_256_GCM_SHA384',
      cert: {
        names: ['mx.example'],
        notAfter: new Date((NOW + 60 * DAY) * 1000).toISOString(),
        spkiSha256: sha256(leaf.spki).toString('hex'),
      },
      match: { record: 1, rule: '3 1 1', depth: 0 },
      warnings: [],
    });
  });
  test.each<{
    title: string;
    chain: readonly Issued[];
    records: readonly TlsaRow[];
    warnings: readonly string[];
    reasons: readonly string[];
  }>([
    { title: 'no spare record', chain: [leaf], records: [ofKey(leaf)], warnings: ['no-spare-record'], reasons: ['no-spare-tlsa'] },
    {
      title: 'two records of one key are no spare',
      chain: [leaf],
      records: [ofKey(leaf), [3, 0, 1, sha256(leaf.der)]],
      warnings: ['no-spare-record'],
      reasons: ['no-spare-tlsa'],
    },
    { title: 'a trust anchor is', chain: [leaf, root], records: [ofKey(leaf), [2, 0, 1, sha256(root.der)]], warnings: [], reasons: [] },
  ])('warning: $title', async ({ chain, records, warnings, reasons }) => {
    const { report, smtp } = await probe(oneHost({ '_25._tcp.mx.example TLSA': { rdata: tlsa(...records) } }), everywhere(sends(...chain)));
    expect(smtp[0]?.warnings).toEqual(warnings);
    expect(report.reasons.slice(1)).toEqual(reasons);
    expect(report.advice).toHaveLength(reasons.length);
  });
  test.each([
    { notAfter: NOW + 14 * DAY, warnings: [] },
    { notAfter: NOW + 14 * DAY - 1, warnings: ['certificate-expires-soon'] },
    { notAfter: NOW - 1, warnings: ['certificate-expired'] },
  ])('a certificate that ends at $notAfter: $warnings', async ({ notAfter, warnings }) => {
    const certificate = makeCertificate(NOW, { names: ['mx.example'], notAfter });
    const { report, smtp } = await probe(
      oneHost({ '_25._tcp.mx.example TLSA': { rdata: tlsa(ofKey(certificate), spare) } }),
      everywhere(sends(certificate)),
    );
    expect(smtp[0]?.warnings).toEqual(warnings);
    expect(report.rfc7672.opportunistic).toBe('verified'); // DANE-EE looks at no dates
    expect(report.reasons.includes('certificate-expires-soon')).toBe(warnings.length > 0);
  });
});

describe('hostile certificates', () => {
  test('names with NUL, commas and line feeds are told one by one, escaped', () => {
    const names = ['mx.example\0.attacker.test', 'a.example, DNS:b.example', 'c.example\nDANE SUCCESS', '"', 'plain.example'];
    const shown = describeCertificate(makeCertificate(NOW, { names }).der);
    expect(shown?.names).toHaveLength(names.length);
    expect(shown?.names.at(-1)).toBe('plain.example');
    expect(shown?.names.join('')).toMatch(/^[\x20-\x7e]*$/);
  });
  test('a thousand names: fifty are shown', () => {
    expect(
      describeCertificate(makeCertificate(NOW, { names: Array.from({ length: 1_000 }, (_, i) => `n${i}.example`) }).der)?.names,
    ).toHaveLength(50);
  });
  test('a common name stands in where there is no other', () => {
    expect(describeCertificate(makeCertificate(NOW, { commonName: 'mx.example' }).der)?.names).toEqual(['mx.example']);
  });
  test('what is no certificate', async () => {
    expect(describeCertificate(Uint8Array.of(1))).toBeUndefined();
    const odd = { ...sends(leaf), tls: { protocol: 'TLSv1.3', cipher: 'x', certificates: [Uint8Array.of(1)] } };
    expect((await probe(oneHost(), everywhere(odd))).smtp[0]?.error).toBe('certificate-unreadable');
  });
  test('a thousand TLSA records', async () => {
    const rows = Array.from({ length: 999 }, (_, i): TlsaRow => [3, 1, 1, sha256(Buffer.from(`${i}`))]);
    const { report } = await probe(oneHost({ '_25._tcp.mx.example TLSA': { rdata: tlsa(...rows, ofKey(leaf)) } }), everywhere(sends(leaf)));
    expect(report.mx.hosts[0]?.smtp[0]?.match).toEqual({ record: 999, rule: '3 1 1', depth: 0 });
  });
});
