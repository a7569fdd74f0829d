import { createHash, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type CertificateVerdict, chainLimits, judgeCertificates, matchingEndEntityRecords } from '../../src/dane/certificate.ts';
import { judgeTlsaRecords } from '../../src/dane/tlsa.ts';
import { NOW, type TlsaRow, tlsa } from './scripted-resolver.ts';
import { type CertificateOptions, type Issued, makeCertificate, makeKeys } from './x509-maker.ts';

const DAY = 86_400;
const HOST = 'mx.example';
const root = makeCertificate(NOW, { commonName: 'Root', ca: true });
const intermediate = makeCertificate(NOW, { commonName: 'Intermediate', ca: true, issuer: root });
const leafOf = (options: CertificateOptions = {}) => makeCertificate(NOW, { names: [HOST], issuer: intermediate, ...options });
const leaf = leafOf();
/** 56 bits of security: an afternoon's work. */
const weakKeys = generateKeyPairSync('ec', { namedCurve: 'secp112r1' });
const stranger = makeCertificate(NOW, { commonName: 'Stranger', ca: true });

/** Certificate association data (RFC 6698 §2.1.4). */
function association(certificate: Issued, selector: number, matching: number): Uint8Array {
  const octets = selector === 0 ? certificate.der : certificate.spki;
  return matching === 0
    ? octets
    : createHash(matching === 1 ? 'sha256' : 'sha512')
        .update(octets)
        .digest();
}
const row = (usage: number, selector: number, matching: number, certificate: Issued): TlsaRow => [
  usage,
  selector,
  matching,
  association(certificate, selector, matching),
];

function judge(received: readonly Issued[], rows: readonly TlsaRow[], names: readonly string[] = [HOST]): CertificateVerdict {
  return judgeCertificates({ received: received.map(({ der }) => der), records: judgeTlsaRecords(tlsa(...rows)), names, now: NOW });
}
const outcome = (verdict: CertificateVerdict) => (verdict.verdict === 'match' ? 'match' : verdict.fault);

const selectors = [0, 1] as const;
const matchings = [0, 1, 2] as const;
const combinations = selectors.flatMap((selector) => matchings.map((matching) => ({ selector, matching })));

describe.each(combinations)('selector $selector, matching type $matching', ({ selector, matching }) => {
  const chain = [leaf, intermediate, root];
  const names = ['match', 'another certificate', 'expired', 'not yet valid', 'wrong name', 'intermediate missing'] as const;
  type Case = (typeof names)[number];
  const served: Record<Case, readonly Issued[]> = {
    match: chain,
    'another certificate': [leafOf(), stranger],
    expired: [leafOf({ notAfter: NOW - 1 }), intermediate, root],
    'not yet valid': [leafOf({ notBefore: NOW + 1 }), intermediate, root],
    'wrong name': [leafOf({ names: ['other.example'] }), intermediate, root],
    'intermediate missing': [leaf, root],
  };
  const wanted: Record<2 | 3, Record<Case, string>> = {
    // Names and dates count for nothing (RFC 7672 §3.1.1).
    3: {
      match: 'match',
      'another certificate': 'no-record-matches',
      expired: 'match',
      'not yet valid': 'match',
      'wrong name': 'match',
      'intermediate missing': 'match',
    },
    2: {
      match: 'match',
      // Even where the trust anchor is published whole, it did not issue this one.
      'another certificate': 'no-record-matches',
      expired: 'certificate-expired',
      'not yet valid': 'certificate-not-yet-valid',
      'wrong name': 'certificate-name-mismatch',
      'intermediate missing': 'chain-broken',
    },
  };
  test.each(names)('DANE-EE(3), %s', (name) => {
    const certificate = name === 'another certificate' ? leaf : (served[name][0] as Issued);
    expect(outcome(judge(served[name], [row(3, selector, matching, certificate)], ['nobody.example']))).toBe(wanted[3][name]);
  });
  test.each(names)('DANE-TA(2), %s', (name) => {
    const received = name === 'another certificate' ? [makeCertificate(NOW, { names: [HOST], issuer: stranger }), stranger] : served[name];
    expect(outcome(judge(received, [row(2, selector, matching, root)]))).toBe(wanted[2][name]);
  });
  test('DANE-TA(2) of an intermediate: nothing above it counts', () => {
    expect(judge([leaf, intermediate], [row(2, selector, matching, intermediate)])).toEqual({ verdict: 'match', record: 0, depth: 1 });
  });
  test('PKIX-TA(0) and PKIX-EE(1) are never used', () => {
    expect(outcome(judge(chain, [row(0, selector, matching, root)]))).toBe('no-record-matches');
    expect(outcome(judge(chain, [row(1, selector, matching, leaf)]))).toBe('no-record-matches');
  });
  test('a trust anchor that the server does not send counts only where its record is Full(0)', () => {
    const verdict = judge([leaf, intermediate], [row(2, selector, matching, root)]);
    expect(outcome(verdict)).toBe(matching === 0 ? 'match' : 'no-record-matches');
  });
  test('which record matched', () => {
    const rows = [row(3, 1, 1, stranger), row(3, 0, 1, stranger), row(3, selector, matching, leaf)];
    const strongest = judgeTlsaRecords(tlsa(...rows))[2]?.why === 'usable';
    expect(judge(chain, rows)).toEqual(
      strongest ? { verdict: 'match', record: 2, depth: 0 } : { verdict: 'mismatch', fault: 'no-record-matches' },
    );
  });
});

test.each(['secp112r1', 'secp160k1', 'secp224r1', 'prime256v1', 'secp521r1', 'brainpoolP256r1'])(
  'a server with a key of %s, DANE-EE',
  (namedCurve) => {
    const own = makeCertificate(NOW, { names: [HOST], keys: generateKeyPairSync('ec', { namedCurve }) });
    expect(outcome(judge([own], [row(3, 1, 1, own)]))).toBe(namedCurve === 'secp112r1' ? 'key-weak' : 'match');
  },
);

test.each([512, 1_024, 2_048])('a server with an RSA key of %i bits, DANE-EE', (modulusLength) => {
  const own = makeCertificate(NOW, { names: [HOST], issuer: root, keys: generateKeyPairSync('rsa', { modulusLength }) });
  expect(outcome(judge([own], [row(3, 1, 1, own)]))).toBe(modulusLength < 1_024 ? 'key-weak' : 'match');
});

describe('DANE-TA(2)', () => {
  const anchor = [row(2, 0, 1, root)];
  const through = (options: CertificateOptions) => {
    const ca = makeCertificate(NOW, { commonName: 'Through', ca: true, issuer: root, ...options });
    return [makeCertificate(NOW, { names: [HOST], issuer: ca }), ca, root];
  };

  test.each<{ title: string; chain: readonly Issued[]; want: string }>([
    { title: 'certificates in any order', chain: [leaf, root, stranger, intermediate], want: 'match' },
    { title: 'an intermediate that is no CA', chain: through({ ca: false }), want: 'issuer-not-ca' },
    { title: 'an intermediate that expired', chain: through({ notAfter: NOW - DAY }), want: 'certificate-expired' },
    {
      title: 'an intermediate that is for mail alone',
      chain: through({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.4'] }),
      want: 'not-for-servers',
    },
    { title: 'an intermediate for servers', chain: through({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.1'] }), want: 'match' },
    { title: 'an intermediate with an unknown critical extension', chain: through({ unknownCritical: true }), want: 'critical-extension' },
    { title: 'an intermediate with a weak key', chain: through({ keys: weakKeys }), want: 'key-weak' },
    { title: 'a key that is not for TLS', chain: [leafOf({ keyUsage: 0x04 }), intermediate, root], want: 'not-for-servers' },
    { title: 'an intermediate signed with SHA-1', chain: through({ sha1: true }), want: 'signature-weak' },
    { title: 'a certificate signed with SHA-1', chain: [leafOf({ sha1: true }), intermediate, root], want: 'signature-weak' },
    { title: 'an intermediate with a forged signature', chain: through({ forged: true }), want: 'chain-broken' },
    {
      title: 'a certificate for clients',
      chain: [leafOf({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'] }), intermediate, root],
      want: 'not-for-servers',
    },
    { title: 'a forged signature', chain: [leafOf({ forged: true }), intermediate, root], want: 'chain-broken' },
    {
      title: 'a certificate with the same name as the issuer',
      chain: [leafOf(), makeCertificate(NOW, { commonName: 'Intermediate', ca: true, issuer: root }), root],
      want: 'chain-broken',
    },
    { title: 'only the server’s certificate', chain: [leaf], want: 'no-record-matches' },
  ])('$title: $want', ({ chain, want }) => {
    expect(outcome(judge(chain, anchor))).toBe(want);
  });

  test.each([
    { pathLength: 0, want: 'chain-too-long' },
    { pathLength: 1, want: 'match' },
  ])('a root that allows $pathLength CAs below it, with one: $want', ({ pathLength, want }) => {
    const top = makeCertificate(NOW, { commonName: 'Top', ca: true, pathLength });
    const ca = makeCertificate(NOW, { commonName: 'Below', ca: true, issuer: top });
    expect(outcome(judge([makeCertificate(NOW, { names: [HOST], issuer: ca }), ca, top], [row(2, 0, 1, top)]))).toBe(want);
  });
  test('how a trust anchor is signed is of no matter', () => {
    const old = makeCertificate(NOW, { commonName: 'Old', ca: true, sha1: true });
    expect(outcome(judge([makeCertificate(NOW, { names: [HOST], issuer: old }), old], [row(2, 0, 1, old)]))).toBe('match');
  });
  test('two certificates of one name, the good one last', () => {
    const twin = makeCertificate(NOW, { commonName: 'Intermediate', ca: true, issuer: stranger });
    expect(outcome(judge([leaf, twin, intermediate, root], anchor))).toBe('match');
  });
  test('a cross-signed intermediate: one way expired, the other holds', () => {
    const keys = makeKeys();
    const old = makeCertificate(NOW, { commonName: 'Crossed', ca: true, issuer: root, keys, notAfter: NOW - 1 });
    const fresh = makeCertificate(NOW, { commonName: 'Crossed', ca: true, issuer: root, keys });
    const end = makeCertificate(NOW, { names: [HOST], issuer: old });
    expect(outcome(judge([end, old, fresh, root], anchor))).toBe('match');
    expect(outcome(judge([end, old, root], anchor))).toBe('certificate-expired');
  });
  test('a matching DANE-EE record is enough, whatever DANE-TA says', () => {
    expect(judge([leafOf({ notAfter: NOW - 1 }), intermediate, root], anchor)).toMatchObject({ fault: 'certificate-expired' });
    const expired = leafOf({ notAfter: NOW - 1 });
    expect(judge([expired, intermediate, root], [...anchor, row(3, 1, 1, expired)])).toEqual({ verdict: 'match', record: 1, depth: 0 });
  });
  test('the last second counts', () => {
    expect(outcome(judge([leafOf({ notAfter: NOW }), intermediate, root], anchor))).toBe('match');
    expect(outcome(judge([leafOf({ notBefore: NOW }), intermediate, root], anchor))).toBe('match');
  });
});

describe('reference identifiers (RFC 7672 §3.2.2, §3.2.3)', () => {
  test.each<{ names?: readonly string[]; commonName?: string; reference: readonly string[]; want: boolean }>([
    { names: ['mx.example'], reference: ['mx.example', 'example'], want: true },
    { names: ['example'], reference: ['mx.example', 'example'], want: true },
    { names: ['MX.EXAMPLE'], reference: ['mx.example'], want: true },
    { names: ['*.mail.example'], reference: ['mx.mail.example'], want: true },
    { names: ['*.mail.example'], reference: ['a.mx.mail.example'], want: false },
    { names: ['*.mail.example'], reference: ['mail.example'], want: false },
    { names: ['m*.mail.example'], reference: ['mx.mail.example'], want: false },
    { names: ['mx.*.example'], reference: ['mx.mail.example'], want: false },
    { commonName: 'mx.example', reference: ['mx.example'], want: true },
    { commonName: 'mx.example', names: ['other.example'], reference: ['mx.example'], want: false },
    { names: ['mx.example\0.attacker.test'], reference: ['mx.example'], want: false },
    { names: ['mx.example\0'], reference: ['mx.example'], want: false },
    { commonName: 'mx.example\0.attacker.test', reference: ['mx.example'], want: false },
    { names: ['.example'], reference: ['mx.example'], want: false },
    { names: ['mx.example'], reference: ['.example'], want: false },
    { names: ['mx.example'], reference: [''], want: false },
    { reference: ['mx.example'], want: false },
  ])('$names, CN $commonName, for $reference: $want', ({ names, commonName, reference, want }) => {
    const end = makeCertificate(NOW, { issuer: root, ...(names ? { names } : {}), ...(commonName === undefined ? {} : { commonName }) });
    expect(outcome(judge([end, root], [row(2, 0, 1, root)], reference))).toBe(want ? 'match' : 'certificate-name-mismatch');
  });
});

describe('hostile input', () => {
  test('no certificates; what is none', () => {
    expect(outcome(judge([], [row(3, 1, 1, leaf)]))).toBe('certificate-missing');
    const records = judgeTlsaRecords(tlsa(row(3, 1, 1, leaf), row(2, 1, 1, root)));
    for (const received of [[Uint8Array.of()], [Uint8Array.of(0x30, 0x80)], [leaf.der.subarray(0, 100)]])
      expect(outcome(judgeCertificates({ received, records, names: [HOST], now: NOW }))).toBe('certificate-unreadable');
  });
  test('what is no certificate above the server’s own is passed over', () => {
    const records = judgeTlsaRecords(tlsa(row(2, 0, 1, root)));
    const received = [leaf.der, Uint8Array.of(1), intermediate.der, root.der];
    expect(outcome(judgeCertificates({ received, records, names: [HOST], now: NOW }))).toBe('match');
  });
  test('a thousand records: the digests are made once, and the answer is the same', () => {
    const rows = Array.from({ length: 999 }, (_, i): TlsaRow => [3, i % 2, 1, createHash('sha256').update(`${i}`).digest()]);
    expect(judge([leaf, intermediate, root], [...rows, row(3, 1, 1, leaf)])).toEqual({ verdict: 'match', record: 999, depth: 0 });
    expect(outcome(judge([leaf, intermediate, root], rows))).toBe('no-record-matches');
  });
  test('a thousand bare keys: signatures are counted', () => {
    const { spki } = stranger;
    const rows = Array.from({ length: 1_000 }, (): TlsaRow => [2, 1, 0, spki]);
    expect(outcome(judge([leaf, intermediate, root], rows))).toBe('chain-too-complex');
  });
  test('CAs that all signed each other: signatures are counted', () => {
    const keys = makeKeys();
    const twins = Array.from({ length: chainLimits.certificates - 1 }, (_, i) =>
      makeCertificate(NOW, { commonName: 'Twin', ca: true, keys, notAfter: NOW + DAY + i }),
    );
    const end = makeCertificate(NOW, { names: [HOST], issuer: twins[0] as Issued });
    expect(outcome(judge([end, ...twins], [row(2, 0, 1, stranger)]))).toBe('chain-too-complex');
  });
});

test('a record is a spare one unless it is DANE-EE of the key in use', () => {
  const records = judgeTlsaRecords(tlsa(row(3, 1, 1, leaf), row(3, 0, 1, leaf), row(3, 1, 1, stranger), row(2, 1, 1, root)));
  expect(matchingEndEntityRecords(leaf.der, records)).toEqual([0, 1]);
  expect(matchingEndEntityRecords(Uint8Array.of(1), records)).toEqual([]);
});
