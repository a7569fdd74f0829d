/**
 * Whether an RRset is signed by its zone (RFC 4035 §5.3, RFC 6840 §5.4 and §5.11: any one valid signature suffices).
 * All that the verdict tells comes from the RRSIG that verified, and from no other.
 */

import { type RRsetLimit, rrsetLimits } from '../base/budget.ts';
import { ancestor, formatName, isWithin, type Name, sameName } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import { formatAlgorithm, formatType, Type } from '../base/registry.ts';
import { finish, type Steps } from '../base/steps.ts';
import type { BogusReason } from '../base/validation.ts';
import { CANONICAL_RECORD_COST, SIGNED_RECORD_COST } from '../crypto/cost.ts';
import { type Rrsig, serialDistance, tryReadRrsig } from '../wire/rdata/rrsig.ts';
import type { DnssecContext } from './context.ts';
import { canonicalRecords, countLabels, signedData } from './signed-data.ts';
import type { ZoneKey, ZoneKeys } from './zone-keys.ts';

export type { ZoneKey, ZoneKeys } from './zone-keys.ts';

export type SignatureVerdict =
  | {
      readonly verdict: 'secure';
      /** Seconds since the epoch: the end of the RRSIG that verified. */
      readonly expires: number;
      /** Seconds: the least of the TTL, the original TTL and the time to expiration (RFC 4035 §5.3.3). */
      readonly ttl: number;
      /** The RRSIG that verified. */
      readonly rrsig: Rrsig;
      /** Where a wildcard was expanded: the name that the asterisk stands under. The caller needs proof that nothing closer exists. */
      readonly wildcard: Name | undefined;
    }
  | BogusVerdict
  | LimitVerdict;

export interface BogusVerdict {
  readonly verdict: 'bogus';
  readonly reason: BogusReason;
  /** A sentence for the operator. */
  readonly detail: string;
}

/** Nothing that was looked at is valid, and not all was: this says nothing of the RRset. */
export interface LimitVerdict {
  readonly verdict: 'limit-spent';
  readonly limit: RRsetLimit;
}

export function overLimit(limit: RRsetLimit): LimitVerdict {
  return { verdict: 'limit-spent', limit };
}

/** From so many records on, putting them in order takes as long as a check, and is a step. */
const MANY_RECORDS = 50;

/** From the most telling to the least: what a zone's operator should hear of, where every signature fails for a reason of its own. */
const byTelling = [
  'signature-wrong', // in its window, of a key that is there
  'signature-expired',
  'signature-not-yet-valid',
  'signature-expired-before-valid',
  'no-zone-key',
  'dnskey-missing',
  'signer-wrong',
  'denial-incomplete',
  'denial-missing',
  'signature-missing',
] as const satisfies readonly BogusReason[];

/** Of two failures the one that tells more; the first where they are alike. */
export function moreTelling(a: BogusVerdict | undefined, b: BogusVerdict): BogusVerdict {
  return a === undefined || byTelling.indexOf(b.reason) < byTelling.indexOf(a.reason) ? b : a;
}

function bogus(reason: BogusReason, detail: string): BogusVerdict {
  return { verdict: 'bogus', reason, detail };
}

/**
 * Verifies an RRset with the keys of the zone it should be in.
 * @throws {BudgetExceeded} by way of `context.spend`: nothing was judged
 */
export function verifyRRset(rrset: RRset, keys: ZoneKeys, context: DnssecContext): SignatureVerdict {
  return finish(verifyingRRset(rrset, keys, context));
}

/** The same, a check a step. */
export function* verifyingRRset(rrset: RRset, keys: ZoneKeys, context: DnssecContext): Steps<SignatureVerdict> {
  const failed: number[] = [];
  const verdict = yield* checking(rrset, keys, context, failed);
  if (verdict.verdict !== 'secure') for (const cost of failed) chargeFailed(cost, context);
  return verdict;
}

function chargeFailed(cost: number, context: DnssecContext): void {
  context.spend('failedChecks');
  context.spend('failedWork', cost);
}

/**
 * So many failed checks of one RRset are charged only where none holds: beside one that does they are chance, keys of one tag (RFC 4034
 * Appendix B), or an algorithm that its signer does not have right. More are charged at once, else eight of P-384 would be over before the bill.
 */
const FAILED_BY_CHANCE = 2;

/** @param failed what failed checks cost that are not charged yet */
function* checking(rrset: RRset, keys: ZoneKeys, context: DnssecContext, failed: number[]): Steps<SignatureVerdict> {
  let worst: BogusVerdict | undefined;
  let cut: RRsetLimit | undefined = rrset.signatures.length > rrsetLimits.signaturesRead ? 'signaturesRead' : undefined;
  let checksLeft: number = rrsetLimits.signatures;
  let records: Uint8Array[] | undefined;
  for (const rdata of rrset.signatures.slice(0, rrsetLimits.signaturesRead)) {
    const rrsig = tryReadRrsig(rdata);
    if (rrsig === undefined || rrsig.typeCovered !== rrset.type) continue;
    const named = keysOf(rrsig, keys);
    const objection = objectionTo(rrsig, rrset, keys.zone, context.now) ?? (named.length === 0 ? noSuchKey(rrsig, keys.zone) : undefined);
    if (objection !== undefined) {
      if (objection.reason === 'dnskey-missing' && keys.isCut) cut ??= 'zoneKeys';
      worst = moreTelling(worst, objection);
      continue;
    }
    if (checksLeft === 0) return overLimit('signatures');
    const candidates = named.slice(0, rrsetLimits.keysOfOneTag);
    if (candidates.length < named.length) cut ??= 'keysOfOneTag';
    if (records === undefined) {
      context.spend('cryptoWork', rrset.rdata.length * CANONICAL_RECORD_COST);
      records = canonicalRecords(rrset);
      if (records.length > MANY_RECORDS) yield;
    }
    context.spend('cryptoWork', records.length * SIGNED_RECORD_COST);
    const data = signedData(rrset, records, rrsig);
    for (const key of candidates) {
      if (data === undefined) break;
      if (checksLeft-- === 0) return overLimit('signatures');
      yield;
      context.spend('signatureChecks');
      const cost = context.verifier.costOf(key.algorithm, key.publicKey, data.length);
      context.spend('cryptoWork', cost);
      const check = context.verifier.verifySignature(key.algorithm, key.publicKey, rrsig.signature, data);
      if (check === 'valid') return secure(rrset, rrsig, context.now);
      if (failed.push(cost) > FAILED_BY_CHANCE) chargeFailed(failed.shift() as number, context);
    }
    worst = moreTelling(worst, bogus('signature-wrong', `RRSIG over ${describe(rrset)} by key ${rrsig.keyTag} does not verify`));
  }
  if (cut !== undefined) return overLimit(cut);
  return worst ?? bogus('signature-missing', `${describe(rrset)} has no usable RRSIG`);
}

function describe({ owner, type }: RRset): string {
  return `${formatName(owner)} ${formatType(type)}`;
}

/** What RFC 4035 §5.3.1 holds against a signature before any key is tried. */
function objectionTo(rrsig: Rrsig, rrset: RRset, zone: Name, now: number): BogusVerdict | undefined {
  const { owner, type } = rrset;
  if (!sameName(rrsig.signer, zone) || !isWithin(owner, zone)) {
    return bogus('signer-wrong', `${describe(rrset)} is signed by ${formatName(rrsig.signer)}, not by its zone ${formatName(zone)}`);
  }
  const labels = countLabels(owner);
  // Fewer labels than the signer has would put the wildcard outside the zone (CVE-2026-11721).
  if (rrsig.labels > labels || rrsig.labels < zone.labels) {
    return bogus('signature-wrong', `RRSIG over ${describe(rrset)} counts ${rrsig.labels} labels, which no name in its zone can have`);
  }
  // These stand at names of the zone itself and are never synthesised: NSEC (RFC 4035 §5.4), NSEC3 at hashes, DS at zone cuts.
  if (rrsig.labels < labels && (type === Type.NSEC || type === Type.NSEC3 || type === Type.DS)) {
    return bogus('signature-wrong', `${describe(rrset)} claims to be expanded from a wildcard`);
  }
  return outsideWindow(rrset, rrsig, now);
}

function outsideWindow(rrset: RRset, { inception, expiration }: Rrsig, now: number): BogusVerdict | undefined {
  const current = Math.floor(now);
  if (serialDistance(inception, expiration) < 0) {
    return bogus('signature-expired-before-valid', `RRSIG over ${describe(rrset)} ends before it begins`);
  }
  const left = serialDistance(current, expiration);
  if (left < 0) return bogus('signature-expired', `RRSIG over ${describe(rrset)} expired ${formatTime(current + left)}`);
  const wait = serialDistance(current, inception);
  if (wait > 0) return bogus('signature-not-yet-valid', `RRSIG over ${describe(rrset)} is valid from ${formatTime(current + wait)}`);
  return undefined;
}

function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

function keysOf(rrsig: Rrsig, { keys }: ZoneKeys): ZoneKey[] {
  return keys.filter((key) => key.keyTag === rrsig.keyTag && key.algorithm === rrsig.algorithm);
}

function noSuchKey({ keyTag, algorithm }: Rrsig, zone: Name): BogusVerdict {
  return bogus('dnskey-missing', `${formatName(zone)} has no usable key ${keyTag} of algorithm ${formatAlgorithm(algorithm)}`);
}

function secure(rrset: RRset, rrsig: Rrsig, now: number): SignatureVerdict {
  const left = serialDistance(Math.floor(now), rrsig.expiration);
  return {
    verdict: 'secure',
    expires: Math.floor(now) + left,
    ttl: Math.min(rrset.ttl, rrsig.originalTtl, left),
    rrsig,
    wildcard: rrsig.labels < countLabels(rrset.owner) ? ancestor(rrset.owner, rrsig.labels) : undefined,
  };
}
