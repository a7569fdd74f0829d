/**
 * What a response to a question for DS says of the name, and one for DNSKEY of the zone (RFC 4035 §5.2): pure, given the keys of the
 * zone above.
 */

import { describeLimit, type RRsetLimit } from '../base/budget.ts';
import { formatName, type Name } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import { Type } from '../base/registry.ts';
import type { Steps } from '../base/steps.ts';
import type { BogusReason, InsecureReason } from '../base/validation.ts';
import type { DnssecContext } from '../dnssec/context.ts';
import { authenticatingDnskeys, classifyDs, type TrustedKeys } from '../dnssec/delegation.ts';
import { collectingDenial, provingNoDs } from '../dnssec/denial.ts';
import { verifyingRRset } from '../dnssec/rrset-signature.ts';
import type { ZoneKeys } from '../dnssec/zone-keys.ts';
import type { LookedUp } from './looked-up.ts';
import type { Cut, Kept, ZoneSecurity } from './zone-security.ts';

/** Why another server may give better: what this one gave does not validate, or is too much to look at. */
export interface Judged<T> extends Kept<T> {
  readonly fault?: 'bogus' | RRsetLimit;
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
export function* judgeDs(
  child: Name,
  found: LookedUp,
  above: ZoneKeys,
  context: DnssecContext,
  now: number,
): Steps<Judged<Cut> | SecureDs> {
  if (found.kind === 'failure') return { value: { at: 'zone', security: found.validation }, expires: 0 };
  if (found.kind !== 'rrset') return yield* judgeNoDs(child, found.authority, above, context, now);
  const verdict = yield* verifyingRRset(found.rrset, above, context);
  if (verdict.verdict === 'limit-spent') return unjudgedCut(verdict.limit);
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

function* judgeNoDs(child: Name, authority: readonly RRset[], above: ZoneKeys, context: DnssecContext, now: number): Steps<Judged<Cut>> {
  const records = yield* collectingDenial(authority, above, context);
  const proof = yield* provingNoDs(child, records, context);
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
      if (records.cut !== undefined) return unjudgedCut(records.cut);
      const { reason, detail } = records.fault ?? { reason: 'denial-incomplete', detail: `DS of ${formatName(child)}: ${proof.missing}` };
      return bogusCut(above.zone, reason, detail);
    }
  }
}

/**
 * Judges a zone's DNSKEY RRset by what vouches for it: its DS, or a trust anchor.
 * @throws {BudgetExceeded}
 */
export function* judgeKeys(
  zone: Name,
  found: LookedUp,
  trusted: TrustedKeys,
  context: DnssecContext,
  now: number,
): Steps<Judged<ZoneSecurity>> {
  if (found.kind === 'failure') return { value: found.validation, expires: 0 };
  if (found.kind !== 'rrset' || found.rrset.type !== Type.DNSKEY) {
    return bogusSecurity(zone, 'dnskey-missing', `${formatName(zone)} has no DNSKEY records`);
  }
  const verdict = yield* authenticatingDnskeys(zone, found.rrset, trusted, context);
  switch (verdict.verdict) {
    case 'secure':
      return { value: { state: 'secure', keys: verdict.keys }, expires: now + verdict.ttl };
    case 'insecure':
      return { value: { state: 'insecure', zone, reason: verdict.reason }, expires: now + found.rrset.ttl };
    case 'bogus':
      return bogusSecurity(zone, verdict.reason, verdict.detail);
    case 'limit-spent':
      return unjudged(verdict.limit);
  }
}

function insecureCut(zone: Name, reason: InsecureReason): Cut {
  return { at: 'zone', security: { state: 'insecure', zone, reason } };
}

function bogusSecurity(zone: Name, reason: BogusReason, detail: string): Judged<ZoneSecurity> {
  return { value: { state: 'bogus', zone, reason, detail }, expires: Number.POSITIVE_INFINITY, fault: 'bogus' };
}

/** Not to be kept: nothing was judged. */
function unjudged(limit: RRsetLimit): Judged<ZoneSecurity> {
  return { value: { state: 'indeterminate', reason: 'limit-spent', detail: describeLimit(limit) }, expires: 0, fault: limit };
}

function unjudgedCut(limit: RRsetLimit): Judged<Cut> {
  const { value, ...rest } = unjudged(limit);
  return { value: { at: 'zone', security: value }, ...rest };
}

function bogusCut(zone: Name, reason: BogusReason, detail: string): Judged<Cut> {
  const { value, ...rest } = bogusSecurity(zone, reason, detail);
  return { value: { at: 'zone', security: value }, ...rest };
}
