/**
 * Our verdicts on certificates beside those of OpenSSL's own DANE code (`openssl s_client -dane_tlsa_rrdata`), which Postfix and Exim use: the
 * same chain over the same SMTP, the same record, the same names. Skipped where there is no `openssl` of version 3.
 */

import { execFile, spawnSync } from 'node:child_process';
import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { judgeCertificates } from '../../src/dane/certificate.ts';
import { judgeTlsaRecords } from '../../src/dane/tlsa.ts';
import { connectStarttls } from '../../src/smtp/starttls.ts';
import { honest, startMailHost } from '../smtp/mail-host.ts';
import { type TlsaRow, tlsa } from './scripted-resolver.ts';
import { type CertificateOptions, type Issued, makeCertificate, makeKeys } from './x509-maker.ts';

const hasOpenssl = /^OpenSSL 3\./.test(spawnSync('openssl', ['version'], { encoding: 'utf8' }).stdout ?? '');
const NOW = Math.floor(Date.now() / 1000); // s_client judges by the wall clock
const DAY = 86_400;
const HOST = 'mx.example';

const root = makeCertificate(NOW, { commonName: 'Root', ca: true });
const intermediate = makeCertificate(NOW, { commonName: 'Intermediate', ca: true, issuer: root });
const leafOf = (options: CertificateOptions = {}) => makeCertificate(NOW, { names: [HOST], issuer: intermediate, ...options });
const leaf = leafOf();
const stranger = makeCertificate(NOW, { commonName: 'Stranger', ca: true });

function row(usage: number, selector: number, matching: number, certificate: Issued): TlsaRow {
  const octets = selector === 0 ? certificate.der : certificate.spki;
  const data =
    matching === 0
      ? octets
      : createHash(matching === 1 ? 'sha256' : 'sha512')
          .update(octets)
          .digest();
  return [usage, selector, matching, data];
}

interface Case {
  readonly title: string;
  readonly chain: readonly Issued[];
  readonly rows: readonly TlsaRow[];
}

/** Whether each says that the server is authenticated. */
async function bothVerdicts({ chain, rows }: Case): Promise<{ readonly ours: boolean; readonly openssl: boolean; readonly said: string }> {
  const host = await startMailHost(honest(chain));
  try {
    const { tls } = await connectStarttls({ address: host.address, port: host.port, servername: HOST }, 20_000);
    const question = { received: tls?.certificates ?? [], records: judgeTlsaRecords(tlsa(...rows)), names: [HOST], now: NOW };
    const said = await askOpenssl(host.port, rows);
    return { ours: judgeCertificates(question).verdict === 'match', openssl: said.includes('Verification: OK'), said };
  } finally {
    await host.stop();
  }
}

function askOpenssl(port: number, rows: readonly TlsaRow[]): Promise<string> {
  const records = rows.flatMap(([usage, selector, matching, data]) => [
    '-dane_tlsa_rrdata',
    `${usage} ${selector} ${matching} ${Buffer.from(data).toString('hex')}`,
  ]);
  const how = ['-brief', '-starttls', 'smtp', '-connect', `127.0.0.1:${port}`, '-dane_tlsa_domain', HOST, '-dane_ee_no_namechecks'];
  return new Promise((resolve) => {
    const child = execFile('openssl', ['s_client', ...how, ...records], { timeout: 20_000 }, (_, stdout, stderr) =>
      resolve(stdout + stderr),
    );
    child.stdin?.on('error', () => {}); // it may end before it has read
    child.stdin?.end('QUIT\r\n');
  });
}

const selectors = [0, 1] as const;
const matchings = [0, 1, 2] as const;
const matrix: Case[] = [2, 3].flatMap((usage) =>
  selectors.flatMap((selector) =>
    matchings.flatMap((matching) => {
      const record = (certificate: Issued) => [row(usage, selector, matching, certificate)];
      const of = (title: string, own: Issued, ...others: readonly Issued[]): Case => ({
        title: `${usage} ${selector} ${matching}, ${title}`,
        chain: [own, ...others],
        rows: record(usage === 3 ? own : root),
      });
      return [
        of('match', leaf, intermediate, root),
        { title: `${usage} ${selector} ${matching}, mismatch`, chain: [leaf, intermediate, root], rows: record(stranger) },
        of('expired', leafOf({ notAfter: NOW - DAY }), intermediate, root),
        of('not yet valid', leafOf({ notBefore: NOW + DAY }), intermediate, root),
        of('wrong name', leafOf({ names: ['other.example'] }), intermediate, root),
        of('intermediate missing', leaf, root),
        of('trust anchor not sent', leaf, intermediate),
      ];
    }),
  ),
);

const below = (options: CertificateOptions, parent = root) => {
  const ca = makeCertificate(NOW, { commonName: 'Through', ca: true, issuer: parent, ...options });
  return [makeCertificate(NOW, { names: [HOST], issuer: ca }), ca, parent];
};
const named = (options: CertificateOptions) => [makeCertificate(NOW, { issuer: root, ...options }), root];
const weakKeys = () => generateKeyPairSync('ec', { namedCurve: 'secp112r1' });
const belowWeak = below({ keys: weakKeys() });
const weakRoot = makeCertificate(NOW, { commonName: 'Weak', ca: true, keys: weakKeys() });
const usageOdd = makeCertificate(NOW, { names: [HOST], keyUsage: 0x04 });
const anchored = [row(2, 0, 1, root)];
const narrow = makeCertificate(NOW, { commonName: 'Narrow', ca: true, pathLength: 0 });
const selfSigned = makeCertificate(NOW, { commonName: HOST, names: [HOST] });
const selfSignedCa = makeCertificate(NOW, { commonName: HOST, names: [HOST], ca: true });
const crossKeys = makeKeys();
const crossOld = makeCertificate(NOW, { commonName: 'Crossed', ca: true, issuer: root, keys: crossKeys, notAfter: NOW - DAY });
const crossNew = makeCertificate(NOW, { commonName: 'Crossed', ca: true, issuer: root, keys: crossKeys });
const crossed = makeCertificate(NOW, { names: [HOST], issuer: crossNew });

const odd: Case[] = [
  { title: 'certificates in another order', chain: [leaf, root, stranger, intermediate], rows: anchored },
  { title: 'an intermediate as trust anchor', chain: [leaf, intermediate], rows: [row(2, 1, 1, intermediate)] },
  { title: 'an intermediate that is no CA', chain: below({ ca: false }), rows: anchored },
  { title: 'an intermediate that expired', chain: below({ notAfter: NOW - DAY }), rows: anchored },
  { title: 'an intermediate for mail alone', chain: below({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.4'] }), rows: anchored },
  { title: 'an intermediate for servers', chain: below({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] }), rows: anchored },
  { title: 'an intermediate with an unknown critical extension', chain: below({ unknownCritical: true }), rows: anchored },
  { title: 'an intermediate signed with SHA-1', chain: below({ sha1: true }), rows: anchored },
  { title: 'an intermediate with a forged signature', chain: below({ forged: true }), rows: anchored },
  { title: 'a root with path length 0, and a CA below it', chain: below({}, narrow), rows: [row(2, 0, 1, narrow)] },
  { title: 'a certificate for clients', chain: named({ names: [HOST], extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'] }), rows: anchored },
  { title: 'a forged signature', chain: [leafOf({ forged: true }), intermediate, root], rows: anchored },
  { title: 'a key for certificates alone', chain: named({ names: [HOST], keyUsage: 0x04 }), rows: anchored },
  { title: 'a key for signatures', chain: named({ names: [HOST], keyUsage: 0x80 }), rows: anchored },
  { title: 'an intermediate whose key is for signatures alone', chain: below({ keyUsage: 0x80 }), rows: anchored },
  { title: 'an intermediate whose key is for certificates', chain: below({ keyUsage: 0x04 }), rows: anchored },
  { title: 'a certificate for any usage', chain: named({ names: [HOST], extendedKeyUsage: ['2.5.29.37.0'] }), rows: anchored },
  { title: 'a wildcard for a whole top-level domain', chain: named({ names: ['*'] }), rows: anchored },
  { title: 'an intermediate with a weak key', chain: belowWeak, rows: anchored },
  {
    title: 'a weak trust anchor, bare',
    chain: [makeCertificate(NOW, { names: [HOST], issuer: weakRoot })],
    rows: [row(2, 1, 0, weakRoot)],
  },
  {
    title: 'a weak trust anchor',
    chain: [makeCertificate(NOW, { names: [HOST], issuer: weakRoot }), weakRoot],
    rows: [row(2, 0, 1, weakRoot)],
  },
  { title: 'a wildcard', chain: named({ names: ['*.example'] }), rows: anchored },
  { title: 'a partial wildcard', chain: named({ names: ['m*.example'] }), rows: anchored },
  { title: 'a common name', chain: named({ commonName: HOST }), rows: anchored },
  { title: 'a common name beside other names', chain: named({ commonName: HOST, names: ['other.example'] }), rows: anchored },
  { title: 'NUL in a name', chain: named({ names: [`${HOST}\0.attacker.test`] }), rows: anchored },
  { title: 'NUL in the common name', chain: named({ commonName: `${HOST}\0.attacker.test` }), rows: anchored },
  { title: 'cross-signed, the expired one first', chain: [crossed, crossOld, crossNew, root], rows: anchored },
  { title: 'cross-signed, the expired one last', chain: [crossed, crossNew, crossOld, root], rows: anchored },
  { title: 'self-signed, DANE-TA of itself', chain: [selfSigned], rows: [row(2, 0, 1, selfSigned)] },
  { title: 'self-signed CA, DANE-TA of itself', chain: [selfSignedCa], rows: [row(2, 0, 1, selfSignedCa)] },
  { title: 'self-signed, DANE-TA(2 1 0) of its own key', chain: [selfSigned], rows: [row(2, 1, 0, selfSigned)] },
  { title: 'a key for certificates alone, DANE-EE', chain: [usageOdd], rows: [row(3, 1, 1, usageOdd)] },
  { title: 'self-signed, DANE-EE', chain: [selfSigned], rows: [row(3, 1, 1, selfSigned)] },
  { title: 'DANE-TA of the server’s own certificate', chain: [leaf, intermediate, root], rows: [row(2, 0, 1, leaf)] },
  { title: 'the weaker of two digests', chain: [leaf], rows: [row(3, 1, 1, leaf), row(3, 1, 2, stranger)] },
  { title: 'the stronger of two digests', chain: [leaf], rows: [row(3, 1, 1, stranger), row(3, 1, 2, leaf)] },
  { title: 'Full(0) beside a stronger digest', chain: [leaf], rows: [row(3, 1, 0, leaf), row(3, 1, 2, stranger)] },
];

describe.skipIf(!hasOpenssl)('as OpenSSL has it', () => {
  test.each([...matrix, ...odd])('$title', async (row) => {
    const { ours, openssl, said } = await bothVerdicts(row);
    expect({ authenticated: ours }, said).toEqual({ authenticated: openssl });
  });
});
