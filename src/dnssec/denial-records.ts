/**
 * Which NSEC and NSEC3 records of a response may be read at all: each verified by itself with the keys of the zone that must deny, and
 * of a shape that this zone can have (RFC 4035 §5.4, RFC 5155 §8.1-8.2, RFC 6840 §4.1).
 */

import { MAX_NSEC3_ITERATIONS, type RRsetLimit, rrsetLimits } from '../base/budget.ts';
import { compareNames, isWithin, labelsOf, type Name, parent, sameName } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import { withTtl } from '../base/record.ts';
import { Type } from '../base/registry.ts';
import { finish, type Steps } from '../base/steps.ts';
import type { BogusReason } from '../base/validation.ts';
import { NSEC3_HASH_OCTETS, NSEC3_SHA1 } from '../crypto/digest.ts';
import { WireError } from '../wire/error.ts';
import { readNsec } from '../wire/rdata/nsec.ts';
import { readNsec3 } from '../wire/rdata/nsec3.ts';
import type { TypeBitmap } from '../wire/rdata/type-bitmap.ts';
import { decodeHash } from './base32hex.ts';
import type { DnssecContext } from './context.ts';
import { type BogusVerdict, moreTelling, verifyingRRset } from './rrset-signature.ts';
import type { ZoneKeys } from './zone-keys.ts';

export interface VerifiedNsec {
  readonly owner: Name;
  /** The next owner in the zone, or the apex behind the last. */
  readonly next: Name;
  readonly types: TypeBitmap;
}

export interface VerifiedNsec3 {
  readonly ownerHash: Buffer;
  readonly nextHash: Buffer;
  readonly optOut: boolean;
  readonly iterations: number;
  readonly salt: Uint8Array;
  readonly types: TypeBitmap;
}

/** What a zone says does not exist, in records that it signed. */
export interface DenialRecords {
  readonly zone: Name;
  readonly nsec: readonly VerifiedNsec[];
  /** All with the same salt and iterations. */
  readonly nsec3: readonly VerifiedNsec3[];
  /** The RRsets that these were read from, TTLs capped by their signatures: what may be sent as proof. */
  readonly rrsets: readonly RRset[];
  /** Seconds: the least of the RRsets'; infinite without any. */
  readonly ttl: number;
  /** Seconds since the epoch: the first end of the signatures; infinite without any. */
  readonly expires: number;
  /** Why there is nothing to read, the most telling reason; undefined where there is something. */
  readonly fault: { readonly reason: BogusReason; readonly detail: string } | undefined;
  /** The limit that kept some from being read: what the others do not prove is not disproved then. */
  readonly cut?: RRsetLimit | undefined;
}

interface Collected {
  readonly rrset: RRset;
  readonly expires: number;
  readonly nsec: readonly VerifiedNsec[];
  readonly nsec3: readonly VerifiedNsec3[];
}

/**
 * Picks the denials of `keys.zone` out of the authority section of a response.
 * @param rrsets of any type; only NSEC and NSEC3 are looked at
 * @throws {BudgetExceeded} by way of `context.spend`
 */
export function collectDenial(rrsets: readonly RRset[], keys: ZoneKeys, context: DnssecContext): DenialRecords {
  return finish(collectingDenial(rrsets, keys, context));
}

/** The same, a signature check a step. */
export function* collectingDenial(rrsets: readonly RRset[], keys: ZoneKeys, context: DnssecContext): Steps<DenialRecords> {
  const all = rrsets.filter(({ type }) => type === Type.NSEC || type === Type.NSEC3);
  const denials = all.slice(0, rrsetLimits.denialRRsets);
  let cut: RRsetLimit | undefined = denials.length < all.length ? 'denialRRsets' : undefined;
  const collected: Collected[] = [];
  let fault: BogusVerdict | undefined;
  for (const rrset of denials) {
    const records = readDenial(rrset, keys.zone);
    if (records === undefined) {
      fault = moreTelling(fault, {
        verdict: 'bogus',
        reason: 'denial-incomplete',
        detail: 'a denial has a shape that its zone cannot have',
      });
      continue;
    }
    const verdict = yield* verifyingRRset(rrset, keys, context);
    if (verdict.verdict === 'limit-spent') cut ??= verdict.limit;
    else if (verdict.verdict === 'bogus') fault = moreTelling(fault, verdict);
    else collected.push({ ...records, rrset: withTtl(rrset, verdict.ttl), expires: verdict.expires });
  }
  return { ...assemble(keys.zone, collected, fault), cut };
}

function assemble(zone: Name, collected: readonly Collected[], fault: BogusVerdict | undefined): DenialRecords {
  const nsec3 = oneChain(collected.flatMap((item) => item.nsec3));
  const used = collected.filter((item) => item.nsec.length > 0 || item.nsec3.some((record) => nsec3.includes(record)));
  const missing = { reason: 'denial-missing', detail: 'there are no NSEC or NSEC3 records' } as const;
  return {
    zone,
    nsec: used.flatMap((item) => item.nsec),
    nsec3,
    rrsets: used.map((item) => item.rrset),
    ttl: Math.min(...used.map((item) => item.rrset.ttl)),
    expires: Math.min(...used.map((item) => item.expires)),
    fault: used.length > 0 ? undefined : (fault ?? missing),
  };
}

/** What an NSEC or NSEC3 RRset says, its signature not looked at; undefined where this zone cannot have it. */
export function readDenial(rrset: RRset, zone: Name): Pick<Collected, 'nsec' | 'nsec3'> | undefined {
  try {
    if (!isWithin(rrset.owner, zone)) return undefined;
    if (rrset.type === Type.NSEC) {
      const nsec = readNsecs(rrset, zone);
      return nsec.length > 0 ? { nsec, nsec3: [] } : undefined;
    }
    const nsec3 = readNsec3s(rrset, zone);
    return nsec3.length > 0 ? { nsec: [], nsec3 } : undefined;
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** A next name outside the zone, or one not behind the owner, would deny what is not the zone's (CVE-2026-13321). */
function readNsecs({ owner, rdata }: RRset, zone: Name): VerifiedNsec[] {
  return rdata
    .map((octets) => ({ owner, ...readNsec(octets) }))
    .filter(({ next }) => sameName(next, zone) || (isWithin(next, zone) && compareNames(owner, next) < 0));
}

/** RFC 5155 §8.1: unknown hash algorithms are ignored; §8.2: so are unknown flags. */
function readNsec3s({ owner, rdata }: RRset, zone: Name): VerifiedNsec3[] {
  const apex = parent(owner);
  // One hash label right below the apex, and nowhere else (CVE-2026-123580).
  if (apex === undefined || !sameName(apex, zone)) return [];
  const ownerHash = decodeHash(labelsOf(owner)[0] as Uint8Array);
  if (ownerHash === undefined || ownerHash.length !== NSEC3_HASH_OCTETS) return [];
  return rdata
    .map(readNsec3)
    .filter((record) => record.hashAlgorithm === NSEC3_SHA1 && record.flags <= 1 && record.nextHash.length === NSEC3_HASH_OCTETS)
    .map((record) => ({ ownerHash, ...record }));
}

/**
 * The records of one chain, told apart by salt and iterations (RFC 5155 §8.2). Where a response mixes chains: the one with most records
 * among those whose iterations are bearable, so that an old chain replayed cannot make the zone insecure (RFC 9276 §3.2).
 */
function oneChain(records: readonly VerifiedNsec3[]): VerifiedNsec3[] {
  const chains = new Map<string, VerifiedNsec3[]>();
  for (const record of records) {
    const id = `${record.iterations}/${Buffer.from(record.salt).toString('hex')}`;
    chains.set(id, [...(chains.get(id) ?? []), record]);
  }
  const bearable = (chain: readonly VerifiedNsec3[]): boolean => (chain[0]?.iterations ?? 0) <= MAX_NSEC3_ITERATIONS;
  const ranked = [...chains.values()].toSorted((a, b) => Number(bearable(b)) - Number(bearable(a)) || b.length - a.length);
  return ranked[0] ?? [];
}
