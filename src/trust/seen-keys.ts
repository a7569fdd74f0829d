/** Reads a trust point's DNSKEY RRset for RFC 5011: what in it counts, judged by the keys that are trusted so far (§2.1, §2.2). */

import { describeLimit } from '../base/budget.ts';
import type { Name } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import { Type } from '../base/registry.ts';
import { supportsAlgorithm } from '../crypto/algorithm.ts';
import type { DnssecContext } from '../dnssec/context.ts';
import { authenticateDnskeys, type DnskeyVerdict, type TrustedKeys } from '../dnssec/delegation.ts';
import { verifyRRset } from '../dnssec/rrset-signature.ts';
import { tryReadKey, type ZoneKey } from '../dnssec/zone-keys.ts';
import { type SeenKeys, sameKey } from './rfc5011.ts';
import { isDsOf } from './trust-point.ts';

/** One look, with what says when the next is due. */
export interface Look extends SeenKeys {
  /** Seconds: until the RRSIG that verified expires; 0 where none did. */
  readonly signatureLeft: number;
  /** Why the RRset did not validate, a sentence; undefined where it did. */
  readonly fault: string | undefined;
}

/** Ours: each costs a signature check. */
const MAX_REVOKED_CHECKED = 8;
const REVOKE_OCTET = 1;
const REVOKE_BIT = 0x80;

/** DNSKEY RDATA with the REVOKE bit clear. */
export function withoutRevoke(rdata: Uint8Array): Uint8Array {
  const cleared = Uint8Array.from(rdata);
  cleared[REVOKE_OCTET] = (cleared[REVOKE_OCTET] as number) & ~REVOKE_BIT;
  return cleared;
}

/**
 * Judges a DNSKEY RRset.
 * @param trusted the keys trusted so far, a zone's anchor
 * @throws {BudgetExceeded} by way of `context.spend`: nothing was judged
 */
export function lookAtKeys(zone: Name, rrset: RRset, trusted: TrustedKeys, context: DnssecContext): Look {
  if (rrset.type !== Type.DNSKEY) return { revoked: [], validated: undefined, signatureLeft: 0, fault: 'this is no DNSKEY RRset' };
  const keys = rrset.rdata.map(tryReadKey).filter((key) => key !== undefined && isOfInterest(key, context)) as ZoneKey[];
  const revokedKeys = keys.filter((key) => key.isRevoked).map(({ rdata }) => withoutRevoke(rdata));
  const revoked = revokedBySelf(zone, rrset, keys, trusted, context);
  const left: TrustedKeys = {
    ds: trusted.ds.filter((ds) => !revoked.some((key) => isDsOf(zone, ds, key))),
    dnskeys: trusted.dnskeys.filter((rdata) => !revoked.some((key) => sameKey(key, rdata))),
  };
  const verdict = authenticateDnskeys(zone, rrset, left, context);
  if (verdict.verdict !== 'secure') return { revoked, validated: undefined, signatureLeft: 0, fault: faultOf(verdict) };
  const current = keys.filter((key) => !key.isRevoked).map(({ rdata }) => rdata);
  const { originalTtl, expires } = verdict;
  const validated = { keys: current, revokedKeys, originalTtl };
  return { revoked, validated, signatureLeft: Math.max(0, expires - context.now), fault: undefined };
}

function faultOf(verdict: Exclude<DnskeyVerdict, { readonly verdict: 'secure' }>): string {
  switch (verdict.verdict) {
    case 'bogus':
      return verdict.detail;
    case 'insecure':
      return `the zone is insecure: ${verdict.reason}`;
    case 'limit-spent':
      return describeLimit(verdict.limit);
  }
}

function isOfInterest(key: ZoneKey, { policy }: DnssecContext): boolean {
  return key.isZoneKey && key.protocol === 3 && supportsAlgorithm(key.algorithm, policy);
}

/** Trusted keys that revoke themselves: only who holds a key can do that, so no other signature is asked for (§2.1). */
function revokedBySelf(zone: Name, rrset: RRset, keys: readonly ZoneKey[], trusted: TrustedKeys, context: DnssecContext): Uint8Array[] {
  const isKnown = (rdata: Uint8Array) =>
    trusted.dnskeys.some((known) => sameKey(known, rdata)) || trusted.ds.some((ds) => isDsOf(zone, ds, rdata));
  return keys
    .filter((key) => key.isRevoked && isKnown(withoutRevoke(key.rdata)))
    .slice(0, MAX_REVOKED_CHECKED)
    .filter((key) => verifyRRset(rrset, { zone, keys: [key] }, context).verdict === 'secure')
    .map(({ rdata }) => withoutRevoke(rdata));
}
