/**
 * Which TLSA records a sender of mail may use: usable at all (RFC 7672 §3.1.3), and not set aside for a stronger digest (RFC 7671 §9).
 * Limits: whether a record matches a certificate is not decided here.
 */

import { createPublicKey, X509Certificate } from 'node:crypto';
import { WireError } from '../wire/error.ts';
import { readTlsa } from '../wire/rdata/tlsa.ts';
import { isOneSequence } from './der.ts';
import type { UsabilityReason } from './verdicts.ts';

/** One TLSA record and what may be done with it. Of a malformed record only `data`, its whole RDATA, means anything. */
export interface JudgedTlsa {
  readonly usage: number;
  readonly selector: number;
  readonly matchingType: number;
  readonly data: Uint8Array;
  /** `usable`, or why it is not. */
  readonly why: UsabilityReason;
}

/** Octets of each digest (RFC 6698 §7.4), weakest first: RFC 7671 §9 has the strongest count. */
const digestOctets = new Map([
  [1, 32], // SHA2-256
  [2, 64], // SHA2-512
]);
const FULL = 0;

/** Judges the records of one TLSA RRset, in their order. Never throws on what they hold. */
export function judgeTlsaRecords(rdatas: readonly Uint8Array[]): readonly JudgedTlsa[] {
  const judged = rdatas.map(judgeAlone);
  // Agility is by usage and selector; a digest counts as published only if its record is usable. Full(0) takes no part.
  const strongest = new Map<string, number>();
  for (const { usage, selector, matchingType, why } of judged) {
    if (why !== 'usable') continue;
    const key = `${usage} ${selector}`;
    strongest.set(key, Math.max(matchingType, strongest.get(key) ?? FULL));
  }
  return judged.map((record) =>
    record.why === 'usable' &&
    record.matchingType !== FULL &&
    record.matchingType < (strongest.get(`${record.usage} ${record.selector}`) as number)
      ? { ...record, why: 'stronger-digest-published' }
      : record,
  );
}

/** Whether any of these may authenticate a server. A record set aside does not count, but then a stronger one does. */
export function hasUsable(records: readonly JudgedTlsa[]): boolean {
  return records.some((record) => record.why === 'usable');
}

function judgeAlone(rdata: Uint8Array): JudgedTlsa {
  try {
    const record = readTlsa(rdata);
    return { ...record, why: usability(record.usage, record.selector, record.matchingType, record.data) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { usage: rdata[0] ?? 0, selector: rdata[1] ?? 0, matchingType: rdata[2] ?? 0, data: rdata, why: 'malformed' };
  }
}

function usability(usage: number, selector: number, matchingType: number, data: Uint8Array): UsabilityReason {
  // PKIX-TA and PKIX-EE have no meaning for SMTP; taking 1 for 3 would trust what its owner did not say (RFC 7672 §3.1.3).
  if (usage === 0 || usage === 1) return 'usage-not-for-smtp';
  if (usage !== 2 && usage !== 3) return 'usage-unknown';
  if (selector !== 0 && selector !== 1) return 'selector-unknown';
  if (matchingType === FULL) return isDer(selector, data) ? 'usable' : 'not-der';
  const octets = digestOctets.get(matchingType);
  if (octets === undefined) return 'matching-type-unknown';
  return data.length === octets ? 'usable' : 'digest-length';
}

/** Whether Full(0) data is a certificate, or with selector 1 a SubjectPublicKeyInfo, that OpenSSL reads. */
function isDer(selector: 0 | 1, data: Uint8Array): boolean {
  try {
    if (selector === 0) new X509Certificate(data);
    else createPublicKey({ key: Buffer.from(data), format: 'der', type: 'spki' });
    // OpenSSL takes PEM too, and octets behind the end; as a record it refuses both (`SSL_dane_tlsa_add`).
    return isOneSequence(data);
  } catch {
    return false;
  }
}
