/**
 * From a zone's DS records, or its trust anchor, to its keys (RFC 4035 §5.2, RFC 4509 §3, RFC 6840 §5.11 and §5.13).
 *
 * An RSA key outside the lengths of its algorithm is a key that does not verify, so the zone is bogus and not insecure: RFC 4035 §5.2
 * makes insecure only what has no supported algorithm, and BIND reads it so; Unbound has a size that is insecure only when built to
 * deprecate one.
 */

import { type RRsetLimit, rrsetLimits } from '../base/budget.ts';
import { formatName, type Name, sameName, toCanonical } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import { DigestType, Type } from '../base/registry.ts';
import { finish, type Steps } from '../base/steps.ts';
import type { BogusReason } from '../base/validation.ts';
import { supportsAlgorithm, supportsDigest } from '../crypto/algorithm.ts';
import { digestCost } from '../crypto/cost.ts';
import { digest } from '../crypto/digest.ts';
import { WireError } from '../wire/error.ts';
import { type Ds, readDs } from '../wire/rdata/ds.ts';
import type { DnssecContext, DnssecPolicy } from './context.ts';
import { type BogusVerdict, type LimitVerdict, overLimit, verifyingRRset } from './rrset-signature.ts';
import { mayVerify, readKeys, readZoneKeys, tryReadKey, type ZoneKey, type ZoneKeys } from './zone-keys.ts';

export type DsClass = { readonly usable: readonly Ds[] } | { readonly unsupported: 'algorithm' | 'digest' };

export type DnskeyVerdict =
  | {
      readonly verdict: 'secure';
      readonly keys: ZoneKeys;
      /** Seconds the keys may be kept. */
      readonly ttl: number;
      /** Seconds since the epoch: the end of the RRSIG that verified. */
      readonly expires: number;
      /** Seconds: the TTL that this RRSIG was made for. */
      readonly originalTtl: number;
    }
  | { readonly verdict: 'insecure'; readonly reason: 'unsupported-algorithm' | 'unsupported-digest' }
  | BogusVerdict
  | LimitVerdict;

/** Keys that are trusted before the DNSKEY RRset is looked at. */
export interface TrustedKeys {
  /** RDATA of validated DS records, or of a trust anchor's. */
  readonly ds: readonly Uint8Array[];
  /** RDATA of a trust anchor's DNSKEY records. */
  readonly dnskeys: readonly Uint8Array[];
}

/**
 * Which DS records can be followed. None at all makes the zone insecure; a malformed one does not, since it says nothing about support.
 * @param ds a validated DS RRset, not empty
 */
export function classifyDs(ds: Pick<RRset, 'rdata'>, policy: DnssecPolicy): DsClass {
  const parsed = ds.rdata.map(tryReadDs);
  const known = parsed.filter((record) => record !== undefined);
  const ofAlgorithm = known.filter((record) => supportsAlgorithm(record.algorithm, policy));
  const supported = ofAlgorithm.filter((record) => supportsDigest(record.digestType, policy));
  if (supported.length > 0) return { usable: withoutWeakDigests(supported) };
  if (known.length < parsed.length) return { usable: [] };
  return { unsupported: ofAlgorithm.length > 0 ? 'digest' : 'algorithm' };
}

function tryReadDs(rdata: Uint8Array): Ds | undefined {
  try {
    return readDs(rdata);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** Leaves SHA-1 out where SHA-256 or SHA-384 stands for the same algorithm (RFC 4509 §3): no downgrade by a forged key. */
function withoutWeakDigests(records: readonly Ds[]): Ds[] {
  const strong = new Set(records.filter((record) => record.digestType !== DigestType.SHA1).map((record) => record.algorithm));
  return records.filter((record) => record.digestType !== DigestType.SHA1 || !strong.has(record.algorithm));
}

/**
 * Authenticates a DNSKEY RRset: a key that is trusted must be in it, and must have signed it itself. Another key of the RRset will
 * not do, since anybody can add keys to an RRset that he signs with one of them.
 */
export function authenticateDnskeys(zone: Name, dnskeys: RRset, trusted: TrustedKeys, context: DnssecContext): DnskeyVerdict {
  return finish(authenticatingDnskeys(zone, dnskeys, trusted, context));
}

/** The same, a digest or a signature check a step. */
export function* authenticatingDnskeys(zone: Name, dnskeys: RRset, trusted: TrustedKeys, context: DnssecContext): Steps<DnskeyVerdict> {
  const where = formatName(zone);
  if (dnskeys.type !== Type.DNSKEY || !sameName(dnskeys.owner, zone)) return bogus('dnskey-missing', `these are not the keys of ${where}`);
  const ds = trusted.ds.length > 0 ? classifyDs({ rdata: trusted.ds }, context.policy) : { usable: [] };
  const anchors = trusted.dnskeys.map(tryReadKey).filter((key) => key !== undefined);
  const usableAnchors = anchors.filter((key) => supportsAlgorithm(key.algorithm, context.policy));
  const usableDs = 'usable' in ds ? ds.usable : [];
  if (usableDs.length === 0 && usableAnchors.length === 0) {
    if ('unsupported' in ds) return { verdict: 'insecure', reason: `unsupported-${ds.unsupported}` };
    if (anchors.length > 0) return { verdict: 'insecure', reason: 'unsupported-algorithm' };
    return bogus('dnskey-missing', `no DS record of ${where} can be read`);
  }
  const { keys, isCut } = readKeys(dnskeys.rdata);
  const { matched, cut } = yield* matchingDs(zone, usableDs, keys, context);
  const vouched = [...matched, ...keys.filter((key) => usableAnchors.some((anchor) => equal(anchor.rdata, key.rdata)))];
  const entry = vouched.filter((key) => mayVerify(key, context));
  const verdict = entry.length === 0 ? noEntry(where, vouched) : yield* verifyWith(zone, dnskeys, entry, context);
  // One that was passed over may have been the zone's.
  const unseen = cut ?? (isCut ? 'keysRead' : undefined);
  return unseen !== undefined && verdict.verdict === 'bogus' ? overLimit(unseen) : verdict;
}

function bogus(reason: BogusReason, detail: string): BogusVerdict {
  return { verdict: 'bogus', reason, detail };
}

function noEntry(where: string, vouched: readonly ZoneKey[]): BogusVerdict {
  if (vouched.some((key) => !key.isZoneKey)) return bogus('no-zone-key', `the key that the DS of ${where} names has no zone key flag`);
  if (vouched.some((key) => key.isRevoked)) return bogus('dnskey-missing', `the key that the DS of ${where} names is revoked`);
  return bogus('dnskey-missing', `no key of ${where} matches its DS records or trust anchor`);
}

function* verifyWith(zone: Name, dnskeys: RRset, entry: readonly ZoneKey[], context: DnssecContext): Steps<DnskeyVerdict> {
  const verdict = yield* verifyingRRset(dnskeys, { zone, keys: entry }, context);
  if (verdict.verdict === 'secure') {
    const { ttl, expires, rrsig } = verdict;
    return { verdict: 'secure', keys: readZoneKeys(zone, dnskeys.rdata, context), ttl, expires, originalTtl: rrsig.originalTtl };
  }
  // The key is there; what is not is its signature.
  if (verdict.verdict === 'limit-spent' || verdict.reason !== 'dnskey-missing') return verdict;
  const tags = entry.map((key) => key.keyTag).join(', ');
  return bogus('signature-missing', `the keys of ${formatName(zone)} are not signed by key ${tags}, which its DS or trust anchor names`);
}

interface Candidate {
  readonly key: ZoneKey;
  readonly digests: Map<number, Buffer | undefined>;
}

/** The keys that a DS record matches (RFC 4034 §5.1.4: digest over owner | DNSKEY RDATA); `cut` where something was passed over. */
function* matchingDs(
  zone: Name,
  usable: readonly Ds[],
  keys: readonly ZoneKey[],
  { spend }: Pick<DnssecContext, 'spend'>,
): Steps<{ matched: ZoneKey[]; cut: RRsetLimit | undefined }> {
  const owner = toCanonical(zone);
  const records = usable.slice(0, rrsetLimits.dsRecords);
  const { byId, passedOver } = candidatesOf(records, keys);
  const matched = new Set<ZoneKey>();
  for (const record of records) {
    for (const { key, digests } of byId.get(idOf(record)) ?? []) {
      // Each key is hashed once a digest type, however many DS records name it.
      if (!digests.has(record.digestType)) {
        yield;
        spend('cryptoWork', digestCost(owner.length + key.rdata.length));
        digests.set(record.digestType, digest(record.digestType, Buffer.concat([owner, key.rdata])));
      }
      if (digests.get(record.digestType)?.equals(record.digest) === true) matched.add(key);
    }
  }
  const cut = passedOver ? 'keysOfOneTag' : records.length < usable.length ? 'dsRecords' : undefined;
  return { matched: [...matched], cut };
}

/** The keys that DS records name by tag and algorithm, a few of each. */
function candidatesOf(records: readonly Ds[], keys: readonly ZoneKey[]): { byId: Map<number, Candidate[]>; passedOver: boolean } {
  const byId = new Map(records.map((record): [number, Candidate[]] => [idOf(record), []]));
  let passedOver = false;
  for (const key of keys) {
    const alike = byId.get(idOf(key));
    if (!alike) continue;
    if (alike.length < rrsetLimits.keysOfOneTag) alike.push({ key, digests: new Map() });
    else passedOver = true;
  }
  return { byId, passedOver };
}

function idOf({ keyTag, algorithm }: Pick<Ds, 'keyTag' | 'algorithm'>): number {
  return keyTag * 256 + algorithm;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
