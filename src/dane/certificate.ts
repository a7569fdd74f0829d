/**
 * Whether the certificates that a mail server sent match its TLSA records (RFC 7671 §5, RFC 7672 §3.1): pure, time is an argument.
 *
 * - DANE-EE(3): the server's own certificate or key matches; its names and dates count for nothing (RFC 7672 §3.1.1).
 * - DANE-TA(2): signatures lead from it to a certificate that matches, all of them are valid today, and it has one of the names (§3.1.2, §3.2).
 * - PKIX-TA(0), PKIX-EE(1): never (§3.1.3); such records are not usable, and what is not usable is not looked at.
 *
 * A server's key that is weak is refused whatever matches, as OpenSSL does; the owner of a bare key (2 1 0) is taken at his word.
 * Limits: of RFC 5280 §6 it demands signatures, keys that are not weak, dates, CA and path length, key usage for signing and for servers;
 * it refuses what is critical and unknown, name constraints among them; it asks for no revocation.
 */

import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { type CertificateParts, DerError, readCertificateParts } from './der.ts';
import type { JudgedTlsa } from './tlsa.ts';
import type { CertificateFault } from './verdicts.ts';

export interface CertificateQuestion {
  /** DER, the server's own first. */
  readonly received: readonly Uint8Array[];
  /** Those of one RRset; only usable ones count. */
  readonly records: readonly JudgedTlsa[];
  /** Reference identifiers (RFC 7672 §3.2.2): TLSA base domain, next-hop domain, its secure expansion; without last dot. */
  readonly names: readonly string[];
  /** Seconds since the epoch. */
  readonly now: number;
}

export type CertificateVerdict =
  /** `record` counts within `records`, `depth` from the server's certificate, 0, up; a bare key stands one above the last certificate. */
  | { readonly verdict: 'match'; readonly record: number; readonly depth: number }
  | { readonly verdict: 'mismatch'; readonly fault: CertificateFault };

/** What of a chain is looked at, and how many signatures are checked. The numbers are ours: nobody sends chains like that. */
export const chainLimits = { certificates: 20, depth: 10, signatures: 64 } as const;

const DANE_TA = 2;
const DANE_EE = 3;

/** Judges what came in a handshake. Never throws on what it holds, and its work is bounded. */
export function judgeCertificates({ received, records, names, now }: CertificateQuestion): CertificateVerdict {
  if (received.length === 0) return mismatch('certificate-missing');
  const [leaf, ...others] = received.slice(0, chainLimits.certificates).map(tryReadCertificate);
  if (!leaf) return mismatch('certificate-unreadable');
  if (isWeak(leaf)) return mismatch('key-weak');
  const usable = records.map((record, index) => ({ record, index })).filter(({ record }) => record.why === 'usable');
  const endEntity = usable.find(({ record }) => record.usage === DANE_EE && matches(leaf, record));
  if (endEntity) return { verdict: 'match', record: endEntity.index, depth: 0 };
  const anchors = usable.filter(({ record }) => record.usage === DANE_TA);
  if (anchors.length === 0) return mismatch('no-record-matches');
  return judgeTrustAnchors(
    leaf,
    others.filter((other) => other !== undefined),
    anchors,
    { names, now },
  );
}

const mismatch = (fault: CertificateFault): CertificateVerdict => ({ verdict: 'mismatch', fault });

/** Indexes of the usable DANE-EE records that match this certificate: with no other record, a new key has nothing to be known by. */
export function matchingEndEntityRecords(certificate: Uint8Array, records: readonly JudgedTlsa[]): readonly number[] {
  const leaf = tryReadCertificate(certificate);
  if (!leaf) return [];
  return records.flatMap((record, index) => (record.why === 'usable' && record.usage === DANE_EE && matches(leaf, record) ? [index] : []));
}

interface Certificate extends CertificateParts {
  readonly der: Uint8Array;
  readonly x509: X509Certificate;
  /** What a record of this selector and matching type must hold, in hexadecimal: made once, however many records there are. */
  readonly associations: Map<string, string>;
}

function tryReadCertificate(der: Uint8Array): Certificate | undefined {
  try {
    return { der, x509: new X509Certificate(der), associations: new Map(), ...readCertificateParts(der) };
  } catch (error) {
    if (error instanceof DerError || isOpenSslError(error)) return undefined;
    throw error;
  }
}

function isOpenSslError(error: unknown): boolean {
  return /^ERR_(OSSL|CRYPTO)/.test(String((error as NodeJS.ErrnoException).code ?? ''));
}

/** RFC 6698 §2.1.2 to §2.1.4: the certificate or its key, as it is or digested. */
function matches(certificate: Certificate, { selector, matchingType, data }: JudgedTlsa): boolean {
  const key = `${selector} ${matchingType}`;
  let association = certificate.associations.get(key);
  if (association === undefined) {
    const octets = selector === 0 ? certificate.der : certificate.spki;
    association = matchingType === 0 ? Buffer.from(octets).toString('hex') : digestOf(matchingType, octets);
    certificate.associations.set(key, association);
  }
  return association === Buffer.from(data).toString('hex');
}

function digestOf(matchingType: number, octets: Uint8Array): string {
  return createHash(matchingType === 1 ? 'sha256' : 'sha512')
    .update(octets)
    .digest('hex');
}

interface Anchor {
  readonly record: JudgedTlsa;
  readonly index: number;
}

interface PathContext {
  readonly names: readonly string[];
  readonly now: number;
}

/** Looks for a path from the server's certificate to a trust anchor, depth first (RFC 7671 §5.2, §10.1). */
function judgeTrustAnchors(
  leaf: Certificate,
  others: readonly Certificate[],
  anchors: readonly Anchor[],
  context: PathContext,
): CertificateVerdict {
  let signatures = 0;
  const verifies = (certificate: Certificate, key: () => KeyObject): boolean =>
    signatures < chainLimits.signatures && ++signatures > 0 && isSignedBy(certificate, key);
  const full = anchors.filter(({ record }) => record.matchingType === 0);
  // Of a Full(0) record the server need not send the certificate (RFC 7672 §3.1.2).
  const published = full.flatMap(({ record }) => (record.selector === 0 ? (tryReadCertificate(record.data) ?? []) : []));
  const bareKeys = full.filter(({ record }) => record.selector === 1);
  const pool = [...others, ...published];
  let fault: CertificateFault | undefined;
  const settle = (path: readonly Certificate[], record: number, depth: number): CertificateVerdict | undefined => {
    const found = pathFault(path, context);
    if (!found) return { verdict: 'match', record, depth };
    fault ??= found;
    return undefined;
  };
  const climb = (path: readonly [Certificate, ...Certificate[]]): CertificateVerdict | undefined => {
    const top = path.at(-1) as Certificate;
    const anchor = path.length > 1 ? anchors.find(({ record }) => matches(top, record)) : undefined;
    const atTop = anchor && settle(path, anchor.index, path.length - 1);
    if (atTop) return atTop;
    for (const { record, index } of bareKeys)
      if (verifies(top, () => createPublicKey({ key: Buffer.from(record.data), format: 'der', type: 'spki' }))) {
        const atKey = settle(path, index, path.length);
        if (atKey) return atKey;
      }
    if (path.length > chainLimits.depth) return undefined;
    for (const issuer of pool) {
      if (path.some(({ der }) => Buffer.compare(der, issuer.der) === 0) || !top.x509.checkIssued(issuer.x509)) continue;
      const above = verifies(top, () => issuer.x509.publicKey) ? climb([...path, issuer]) : undefined;
      if (above) return above;
    }
    return undefined;
  };
  const found = climb([leaf]);
  if (found) return found;
  if (fault) return mismatch(fault);
  if (signatures >= chainLimits.signatures) return mismatch('chain-too-complex');
  return mismatch(others.some((other) => anchors.some(({ record }) => matches(other, record))) ? 'chain-broken' : 'no-record-matches');
}

function isSignedBy({ x509 }: Certificate, key: () => KeyObject): boolean {
  try {
    return x509.verify(key());
  } catch {
    return false; // a key of an algorithm that OpenSSL does not know, or none at all
  }
}

const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
/** digitalSignature, keyEncipherment, keyAgreement: one of them is what a server's key does in TLS (RFC 5280 §4.2.1.3, §4.2.1.12). */
const TLS_USAGES = 0x80 | 0x20 | 0x08;
/** Bits of a key that 80 bits of security take (NIST SP 800-57): with fewer anybody may have it; OpenSSL's level 1 has the same. */
const leastBits = { modulus: 1_024, curve: 160 } as const;

/** Whether the key can be found by who wants to have it. */
function isWeak({ x509 }: Certificate): boolean {
  try {
    return isWeakKey(x509.publicKey);
  } catch {
    return true; // of an algorithm that OpenSSL does not know
  }
}

function isWeakKey({ asymmetricKeyType, asymmetricKeyDetails: { modulusLength, namedCurve } = {} }: KeyObject): boolean {
  if (modulusLength !== undefined) return modulusLength < leastBits.modulus;
  // Names of curves have their size, as secp112r1 and prime256v1; one without it is none for TLS.
  if (asymmetricKeyType === 'ec') return Number(/\d{3}/.exec(namedCurve ?? '')?.[0] ?? 0) < leastBits.curve;
  return false;
}

/** Signatures with MD5 and SHA-1 prove nothing any more; OpenSSL refuses them too. */
const weakSignatures: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.4',
  '1.2.840.113549.1.1.5',
  '1.2.840.10045.4.1',
  '1.2.840.10040.4.3',
]);
/** Basic constraints, key usage, extended key usage, alternative names, policies and what belongs to them, identifiers of keys. */
const knownCritical: ReadonlySet<string> = new Set([
  '2.5.29.19',
  '2.5.29.15',
  '2.5.29.37',
  '2.5.29.17',
  '2.5.29.32',
  '2.5.29.33',
  '2.5.29.36',
  '2.5.29.54',
  '2.5.29.14',
  '2.5.29.35',
]);

/** What is wrong with a path whose signatures hold, from the server's certificate to the trust anchor (RFC 5280 §6.1, RFC 7672 §3.2). */
function pathFault(path: readonly Certificate[], { names, now }: PathContext): CertificateFault | undefined {
  const leaf = path[0] as Certificate;
  for (const [depth, certificate] of path.entries()) {
    const { x509, pathLength } = certificate;
    if (!(Date.parse(x509.validFrom) <= now * 1000)) return 'certificate-not-yet-valid';
    if (!(Date.parse(x509.validTo) >= now * 1000)) return 'certificate-expired';
    if (depth > 0 && !x509.ca) return 'issuer-not-ca';
    if (depth > 0 && pathLength !== undefined && selfIssuedExcept(path.slice(1, depth)) > pathLength) return 'chain-too-long';
    if (x509.keyUsage !== undefined && !x509.keyUsage.includes(SERVER_AUTH)) return 'not-for-servers';
    if (depth === 0 && certificate.keyUsage !== undefined && (certificate.keyUsage & TLS_USAGES) === 0) return 'not-for-servers';
    if (isWeak(certificate)) return 'key-weak';
    if (certificate.criticalExtensions.some((oid) => !knownCritical.has(oid))) return 'critical-extension';
    if (depth < path.length - 1 && weakSignatures.has(certificate.signatureAlgorithm)) return 'signature-weak';
  }
  return names.some((name) => hasName(leaf.x509, name)) ? undefined : 'certificate-name-mismatch';
}

/** Self-issued certificates do not count for the length of a path (RFC 5280 §6.1.4 l). */
function selfIssuedExcept(path: readonly Certificate[]): number {
  return path.filter(({ x509 }) => x509.subject !== x509.issuer).length;
}

/** The common name counts only where there is no DNS-ID, and `*` only as the whole first label (RFC 7672 §3.2.3). OpenSSL compares. */
function hasName(x509: X509Certificate, name: string): boolean {
  // OpenSSL takes a leading dot for "any name below".
  if (name.length > 253 || !/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(name)) return false;
  const options = { subject: 'default', wildcards: true, partialWildcards: false, multiLabelWildcards: false } as const;
  return x509.checkHost(name, { ...options, singleLabelSubdomains: false }) !== undefined;
}
