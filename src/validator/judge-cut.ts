/**
 * What a response to a question for DS says of the name, and one for DNSKEY of the zone (RFC 4035 §5.2): pure, given the keys of the
 * zone above.
 */

import { formatName, type Name } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import { Type } from '../base/registry.ts';
import type { BogusReason, InsecureReason } from '../base/validation.ts';
import type { DnssecContext } from '../dnssec/context.ts';
import { authenticateDnskeys, classifyDs, type TrustedKeys } from '../dnssec/delegation.ts';
import { collectDenial, proveNoDs } from '../dnssec/denial.ts';
import { verifyRRset } from '../dnssec/rrset-signature.ts';
import type { ZoneKeys } from '../dnssec/zone-keys.ts';
import type { LookedUp } from './looked-up.ts';
import type { Cut, Kept, ZoneSecurity } from './zone-security.ts';

/** `bogus`: another server may give better. */
export interface Judged<T> extends Kept<T> {
  readonly bogus?: true;
}

/** A secure DS RRset, to be followed to the keys that it vouches for; `expires` in seconds since the epoch. */
export interface SecureDs {
  readonly ds: RRset;
  readonly expires: number;
}

/**
 * Judges what was found at `child` when its DS was asked for.
 * @param now seconds since the epoch, for cache ages
 * @throws {BudgetExceeded}
 */
export function judgeDs(child: Name, found: LookedUp, above: ZoneKeys, context: DnssecContext, now: number): Judged<Cut> | SecureDs {
  if (found.kind === 'failure') return { value: { at: 'zone', security: found.validation }, expires: 0 };
  if (found.kind !== 'rrset') return judgeNoDs(child, found.authority, above, context, now);
  const verdict = verifyRRset(found.rrset, above, context);
  if (verdict.verdict === 'bogus') return bogusCut(above.zone, verdict.reason, verdict.detail);
  const expires = now + verdict.ttl;
  if (found.rrset.type !== Type.DS) {
    // A CNAME excludes any other data at the name, and so a zone cut (RFC 1034 §3.6.2); but not one made by a wildcard.
    if (verdict.wildcard) return bogusCut(above.zone, 'denial-missing', `a wildcard CNAME does not deny DS of ${formatName(child)}`);
    return { value: { at: 'no-cut' }, expires };
  }
  const ds = classifyDs(found.rrset, context.policy);
  if ('unsupported' in ds) return { value: insecureCut(child, `unsupported-${ds.unsupported}`), expires };
  return { ds: found.rrset, expires };
}

function judgeNoDs(child: Name, authority: readonly RRset[], above: ZoneKeys, context: DnssecContext, now: number): Judged<Cut> {
  const records = collectDenial(authority, above, context);
  const proof = proveNoDs(child, records, context);
  const expires = now + records.ttl;
  switch (proof.verdict) {
    case 'no-ds':
      return { value: insecureCut(child, 'unsigned-delegation'), expires };
    case 'opt-out':
      return { value: insecureCut(child, 'nsec3-opt-out'), expires };
    case 'insecure-iterations':
      return { value: insecureCut(child, 'nsec3-iterations'), expires };
    case 'not-a-cut':
      return { value: { at: 'no-cut' }, expires };
    case 'no-such-name':
      return { value: { at: 'no-such-name' }, expires };
    case 'unproved': {
      const { reason, detail } = records.fault ?? { reason: 'denial-incomplete', detail: `DS of ${formatName(child)}: ${proof.missing}` };
      return bogusCut(above.zone, reason, detail);
    }
  }
}

/**
 * Judges a zone's DNSKEY RRset by what vouches for it: its DS, or a trust anchor.
 * @throws {BudgetExceeded}
 */
export function judgeKeys(zone: Name, found: LookedUp, trusted: TrustedKeys, context: DnssecContext, now: number): Judged<ZoneSecurity> {
  if (found.kind === 'failure') return { value: found.validation, expires: 0 };
  if (found.kind !== 'rrset' || found.rrset.type !== Type.DNSKEY) {
    return bogusSecurity(zone, 'dnskey-missing', `${formatName(zone)} has no DNSKEY records`);
  }
  const verdict = authenticateDnskeys(zone, found.rrset, trusted, context);
  switch (verdict.verdict) {
    case 'secure':
      return { value: { state: 'secure', keys: verdict.keys }, expires: now + verdict.ttl };
    case 'insecure':
      return { value: { state: 'insecure', zone, reason: verdict.reason }, expires: now + found.rrset.ttl };
    case 'bogus':
      return bogusSecurity(zone, verdict.reason, verdict.detail);
  }
}

function insecureCut(zone: Name, reason: InsecureReason): Cut {
  return { at: 'zone', security: { state: 'insecure', zone, reason } };
}

function bogusSecurity(zone: Name, reason: BogusReason, detail: string): Judged<ZoneSecurity> {
  return { value: { state: 'bogus', zone, reason, detail }, expires: Number.POSITIVE_INFINITY, bogus: true };
}

function bogusCut(zone: Name, reason: BogusReason, detail: string): Judged<Cut> {
  const { value, expires } = bogusSecurity(zone, reason, detail);
  return { value: { at: 'zone', security: value }, expires, bogus: true };
}
