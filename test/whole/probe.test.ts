/** The live check through the whole service: DNS on a signed zone, mail hosts on loopback addresses, over HTTP with its token. */

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DaneReport } from '../../src/dane/report.ts';
import type { Service } from '../../src/main.ts';
import { run } from '../cli/run.ts';
import { type Issued, makeCertificate } from '../dane/x509-maker.ts';
import { honest, type MailHost, type Script, startMailHost } from '../smtp/mail-host.ts';
import { type MailInternet, startMailInternet } from './mail-internet.ts';
import { startOn } from './stage.ts';

const NOW = Math.floor(Date.now() / 1000);
const DAY = 86_400;
const NET = '127.61.21';
const OUTSIDE = '127.61.22.1'; // not in probeAllow
const TOKEN = 'correct.horse.battery.staple';
const TIMEOUT_SECONDS = 2;

const root = makeCertificate(NOW, { commonName: 'Root', ca: true });
const ofDomain = (domain: string) => makeCertificate(NOW, { names: [`mx.${domain}`], issuer: root });
const digest = (octets: Uint8Array) => createHash('sha256').update(octets).digest('hex');
const endEntity = ({ spki }: Issued) => `3 1 1 ${digest(spki)}`;
const anchor = `2 0 1 ${digest(root.der)}`;
const nothing = `3 1 1 ${'ab'.repeat(32)}`;

interface Domain {
  readonly script: Script;
  readonly tlsa: readonly string[];
  readonly address?: string;
  /** Name of its mail host; `mx` within it unless told. */
  readonly host?: string;
}

const good = ofDomain('good.mail');
const soon = makeCertificate(NOW, { names: ['mx.soon.mail'], notAfter: NOW + 3 * DAY });
const flood: Script = (socket) => {
  socket.write('220 ');
  socket.write(Buffer.alloc(10_000_000, 'a'));
};
const endlessTls: Script = (socket) => {
  const replies = ['250-a\r\n250 STARTTLS\r\n', '220 go\r\n'];
  socket.write('220 a\r\n');
  socket.on('data', () => {
    const reply = replies.shift();
    if (reply !== undefined) socket.write(reply);
  });
};
const domains: Readonly<Record<string, Domain>> = {
  'good.mail': { script: honest([good, root]), tlsa: [endEntity(good), nothing] },
  'anchor.mail': { script: honest([ofDomain('anchor.mail'), root]), tlsa: [anchor] },
  'name.mail': { script: honest([ofDomain('other.mail'), root]), tlsa: [anchor] },
  'nul.mail': { script: honest([makeCertificate(NOW, { names: ['mx.nul.mail\0.evil.test'], issuer: root }), root]), tlsa: [anchor] },
  'mismatch.mail': { script: honest([ofDomain('mismatch.mail')]), tlsa: [nothing] },
  'soon.mail': { script: honest([soon]), tlsa: [endEntity(soon)] },
  'clear.mail': { script: honest([good], { ehlo: '250 mx\r\n' }), tlsa: [nothing] },
  'flood.mail': { script: flood, tlsa: [nothing] },
  'endless.mail': { script: endlessTls, tlsa: [nothing] },
  'many.mail': {
    host: 'm', // so that all records go into one message of a server that does not compress
    script: honest([good, root]),
    tlsa: [...Array.from({ length: 999 }, (_, i) => `3 1 1 ${digest(Buffer.from(`${i}`))}`), endEntity(good)],
  },
  'outside.mail': { script: honest([good]), tlsa: [endEntity(good)], address: OUTSIDE },
};

let internet: MailInternet;
let service: Service;
const hosts = new Map<string, MailHost>();
let port = 0;
let folder: string;

beforeAll(async () => {
  const records: string[] = [];
  for (const [index, [domain, { script, tlsa, host: name = `mx.${domain}`, address = `${NET}.${index + 1}` }]] of Object.entries(
    domains,
  ).entries()) {
    const host = await startMailHost(script, { address, port });
    port = host.port;
    hosts.set(domain, host);
    records.push(`${domain} MX 10 ${name}.`, `${name} A ${address}`, ...tlsa.map((data) => `_${port}._tcp.${name} TLSA ${data}`));
  }
  internet = await startMailInternet(`${NET}.250`, records);
  const dane = { probe: { token: TOKEN, ports: [25, port], timeout: TIMEOUT_SECONDS, perMinute: 100 }, probeAllow: [`${NET}.0/24`] };
  service = await startOn(internet, { dane });
  await service.resolver.prepare();
  folder = mkdtempSync(join(tmpdir(), 'zeker-probe-'));
  writeFileSync(join(folder, 'hints'), internet.hints);
  writeFileSync(join(folder, 'anchors'), internet.anchors);
  writeFileSync(
    join(folder, 'zeker.yaml'),
    JSON.stringify({
      root: { hints: 'hints' },
      trust: { anchors: 'anchors' },
      resolver: { upstreamPort: internet.port, doNotQuery: [] },
      dane: { probeAllow: [`${NET}.0/24`] },
    }),
  );
});
afterAll(async () => {
  await service.stop();
  await internet.stop();
  for (const host of hosts.values()) await host.stop();
  rmSync(folder, { recursive: true, force: true });
});

const url = (domain: string, query = 'probe=tls', at = port) => `http://127.0.0.1:${service.http?.port}/dane/${domain}?port=${at}&${query}`;
const bearer = { authorization: `Bearer ${TOKEN}` };

async function probe(domain: string): Promise<DaneReport> {
  const response = await fetch(url(domain), { headers: bearer });
  expect(response.status).toBe(200);
  return (await response.json()) as DaneReport;
}

describe('who may ask for a probe', () => {
  test.each<{ title: string; headers: Record<string, string>; status: number; error: string }>([
    { title: 'no token', headers: {}, status: 401, error: 'token-required' },
    { title: 'a wrong one', headers: { authorization: `Bearer ${TOKEN}x` }, status: 401, error: 'token-required' },
    { title: 'another scheme', headers: { authorization: `Basic ${TOKEN}` }, status: 401, error: 'token-required' },
    { title: 'the token from a web page', headers: { ...bearer, origin: 'http://evil.test' }, status: 403, error: 'origin-not-allowed' },
  ])('$title: $status', async ({ headers, status, error }) => {
    const before = hosts.get('good.mail')?.seen.connections;
    const response = await fetch(url('good.mail'), { headers });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error });
    if (status === 401) expect(response.headers.get('www-authenticate')).toBe('Bearer realm="zeker"');
    expect(hosts.get('good.mail')?.seen.connections).toBe(before);
  });
  test('the scheme is written as one likes', async () => {
    expect((await fetch(url('good.mail'), { headers: { authorization: `bearer ${TOKEN}` } })).status).toBe(200);
  });
  test('a port that the configuration has not', async () => {
    const response = await fetch(url('good.mail', 'probe=tls', 22), { headers: bearer });
    expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([403, 'port-not-allowed']);
  });
  test('without a token in the configuration nobody may, and without probe=tls nobody is connected to', async () => {
    const closed = await startOn(internet, { dane: { probeAllow: [`${NET}.0/24`] } });
    await closed.resolver.prepare();
    const before = hosts.get('anchor.mail')?.seen.connections;
    const at = `http://127.0.0.1:${closed.http?.port}/dane/anchor.mail?port=${port}`;
    const response = await fetch(`${at}&probe=tls`, { headers: bearer });
    expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([403, 'probe-disabled']);
    expect(((await (await fetch(at)).json()) as DaneReport).mx.hosts[0]).toMatchObject({ certificate: 'not-checked', smtp: [] });
    expect(hosts.get('anchor.mail')?.seen.connections).toBe(before);
    await closed.stop();
  });
  test('over the rate: 429, and when to come again; the token may lie in a file', async () => {
    writeFileSync(join(folder, 'token'), `${TOKEN}\n`);
    const dane = { probe: { tokenFile: join(folder, 'token'), ports: [port], perMinute: 1 } };
    const limited = await startOn(internet, { dane });
    await limited.resolver.prepare();
    const ask = (domain: string) =>
      fetch(`http://127.0.0.1:${limited.http?.port}/dane/${domain}?probe=tls&port=${port}`, { headers: bearer });
    expect((await ask('good.mail')).status).toBe(200);
    const second = await ask('anchor.mail');
    expect([second.status, ((await second.json()) as { error: string }).error]).toEqual([429, 'too-many-probes']);
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await ask('good.mail')).status).toBe(200); // its verdict is known
    await limited.stop();
  });
});

describe('what a probe tells', () => {
  test('a host that matches', async () => {
    const report = await probe('good.mail');
    expect(report.rfc7672).toEqual({ mandatory: 'verified', opportunistic: 'verified', reason: 'certificate-matches' });
    expect(report.mx.hosts[0]?.smtp).toEqual([
      {
        ip: `${NET}.1`,
        connected: true,
        interface: expect.stringMatching(/^127\./),
        starttls: true,
        protocol: 'TLSv1.3',
        cipher: 'TLS_AES_256_GCM_SHA384',
        cert: { names: ['mx.good.mail'], notAfter: new Date((NOW + 60 * DAY) * 1000).toISOString(), spkiSha256: digest(good.spki) },
        match: { record: expect.any(Number), rule: '3 1 1', depth: 0 },
        warnings: [],
      },
    ]);
    expect(hosts.get('good.mail')?.seen.servernames).toContain('mx.good.mail');
  });
  test('as text, the lines of the appliance', async () => {
    const text = await (await fetch(url('good.mail', 'probe=tls&format=text'), { headers: bearer })).text();
    expect(
      text.endsWith(
        'Certificate verification successful\nTLS connection succeeded good.mail.\nDANE SUCCESS for good.mail\nDANE verification completed.\n',
      ),
    ).toBe(true);
  });
  test('with and without a probe are two verdicts', async () => {
    const plain = (await (await fetch(url('good.mail', 'probe=none'))).json()) as DaneReport;
    expect(plain.rfc7672.opportunistic).toBe('verified-if-certificate-matches');
  });
  test.each<{ domain: string; match?: object; error?: string; reason: string; opportunistic: string }>([
    { domain: 'anchor.mail', match: { record: 0, rule: '2 0 1', depth: 1 }, reason: 'certificate-matches', opportunistic: 'verified' },
    { domain: 'name.mail', error: 'certificate-name-mismatch', reason: 'certificate-mismatch', opportunistic: 'delay' },
    { domain: 'nul.mail', error: 'certificate-name-mismatch', reason: 'certificate-mismatch', opportunistic: 'delay' },
    { domain: 'mismatch.mail', error: 'no-record-matches', reason: 'certificate-mismatch', opportunistic: 'delay' },
    { domain: 'clear.mail', error: 'starttls-missing', reason: 'starttls-missing', opportunistic: 'delay' },
    { domain: 'flood.mail', error: 'reply-too-long', reason: 'tls-failed', opportunistic: 'delay' },
    { domain: 'endless.mail', error: 'timeout', reason: 'tls-failed', opportunistic: 'delay' },
    {
      domain: 'many.mail',
      match: expect.objectContaining({ rule: '3 1 1', depth: 0 }),
      reason: 'certificate-matches',
      opportunistic: 'verified',
    },
    { domain: 'outside.mail', error: 'address-not-allowed', reason: 'tlsa-usable', opportunistic: 'verified-if-certificate-matches' },
  ])('$domain: $reason', async ({ domain, match, error, reason, opportunistic }) => {
    const report = await probe(domain);
    const [connection] = report.mx.hosts[0]?.smtp ?? [];
    expect({ match: connection?.match, error: connection?.error }).toEqual({ match, error });
    expect(report.rfc7672).toMatchObject({ opportunistic, reason });
  });
  test('no octet went to the address that was not named', () => {
    expect(hosts.get('outside.mail')?.seen.connections).toBe(0);
  });
  test('warnings', async () => {
    const report = await probe('soon.mail');
    expect(report.mx.hosts[0]?.smtp[0]?.warnings).toEqual(['certificate-expires-soon', 'no-spare-record']);
    expect(report.reasons).toEqual(['certificate-matches', 'certificate-expires-soon', 'no-spare-tlsa']);
  });
});

describe('zeker daneverify', () => {
  const daneverify = (...args: readonly string[]) =>
    run('daneverify', ...args, '--port', `${port}`, '--config', join(folder, 'zeker.yaml'));

  test('connects, with the lines of the appliance', async () => {
    const { status, stdout } = await daneverify('good.mail');
    expect(stdout.split('\n')).toEqual([
      'SECURE MX record(mx.good.mail) found for good.mail',
      `SECURE A record (${NET}.1) found for MX(mx.good.mail) in good.mail`,
      `Connecting to ${NET}.1 on port ${port}.`,
      expect.stringMatching(/^Connected to 127\.61\.21\.1 from interface 127\.\d+\.\d+\.\d+\.$/),
      'SECURE TLSA record found for MX(mx.good.mail) in good.mail',
      'Checking TLS connection.',
      'TLS connection established: protocol TLSv1.3, cipher TLS_AES_256_GCM_SHA384.',
      'Certificate verification successful',
      'TLS connection succeeded good.mail.',
      'DANE SUCCESS for good.mail',
      'DANE verification completed.',
      '',
    ]);
    expect(status).toBe(0);
  });
  test('--mandatory and a certificate that matches', async () => {
    expect((await daneverify('anchor.mail', '--mandatory')).status).toBe(0);
  });
  test('a certificate that does not match', async () => {
    const { status, stdout } = await daneverify('mismatch.mail');
    expect(stdout).toContain(
      'Certificate verification failed: no record matches\nDANE FAILED for mismatch.mail\nDANE verification completed.\n',
    );
    expect(status).toBe(3);
  });
  test('--no-connect', async () => {
    const before = hosts.get('mismatch.mail')?.seen.connections;
    const { status, stdout } = await daneverify('mismatch.mail', '--no-connect');
    expect(stdout.endsWith('Certificate not checked.\n')).toBe(true);
    expect(status).toBe(0);
    expect(hosts.get('mismatch.mail')?.seen.connections).toBe(before);
  });
});
