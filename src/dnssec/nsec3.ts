/**
 * What NSEC3 records prove (RFC 5155 §8). All records are verified, of one zone and one chain; names asked about are in that zone.
 * A proof in which the next closer name lies in an opt-out span is insecure at best (§9.2).
 */

import { ancestor, type Name, parent, sameName, wildcardOf } from '../base/name.ts';
import type { Steps } from '../base/steps.ts';
import type { VerifiedNsec3 } from './denial-records.ts';
import { type DenialVerdict, type NoDsVerdict, OPT_OUT, PROVED, provedUnless, unproved } from './denial-verdict.ts';
import { endsAuthority, judgeCut, judgeWildcardCut, objectionToNodata } from './type-denial.ts';

export interface Nsec3Chain {
  readonly zone: Name;
  readonly nsec3: readonly VerifiedNsec3[];
  /** Hashes a name with the chain's parameters, each once, and charges for it. */
  readonly hash: (name: Name) => Buffer;
}

export type EncloserProof =
  | { readonly found: 'qname'; readonly nsec3: VerifiedNsec3 }
  | { readonly found: 'encloser'; readonly closestEncloser: Name; readonly nextCloser: Name; readonly optOut: boolean }
  | { readonly found: 'nothing'; readonly missing: string };

/**
 * Closest encloser proof (RFC 5155 §8.3): the longest existing ancestor of `qname`, and that the name one label longer does not exist.
 * The walk ends at the apex (RUSTSEC-2026-0118).
 */
export function proveClosestEncloser(qname: Name, chain: Nsec3Chain): EncloserProof {
  let nextCloser: Name | undefined;
  for (let name: Name | undefined = qname; name !== undefined; name = parent(name)) {
    const match = findMatch(name, chain);
    if (match !== undefined && nextCloser === undefined) return { found: 'qname', nsec3: match };
    if (match !== undefined && nextCloser !== undefined) {
      // At a delegation or DNAME this zone cannot speak for the names below.
      if (endsAuthority(match.types)) return { found: 'nothing', missing: 'the closest encloser is a delegation or has a DNAME' };
      const cover = findCover(nextCloser, chain);
      if (cover === undefined) return { found: 'nothing', missing: 'no NSEC3 covers the next closer name' };
      return { found: 'encloser', closestEncloser: name, nextCloser, optOut: cover.optOut };
    }
    if (sameName(name, chain.zone)) break;
    nextCloser = name;
  }
  return { found: 'nothing', missing: 'no NSEC3 matches the closest encloser' };
}

/** Hashes what a closest encloser proof will ask for, in its order and no more, a name a step. */
export function* hashAncestors(qname: Name, chain: Nsec3Chain): Steps<void> {
  for (let name: Name | undefined = qname; name !== undefined; name = parent(name)) {
    yield;
    if (findMatch(name, chain) !== undefined || sameName(name, chain.zone)) return;
  }
}

function findMatch(name: Name, { nsec3, hash }: Nsec3Chain): VerifiedNsec3 | undefined {
  const digest = hash(name);
  return nsec3.find((record) => record.ownerHash.equals(digest));
}

function findCover(name: Name, { nsec3, hash }: Nsec3Chain): VerifiedNsec3 | undefined {
  const digest = hash(name);
  return nsec3.find((record) => covers(record, digest));
}

/** Whether a hash lies strictly between owner and next; the last record of a chain points to the first (RFC 5155 §3.1.7). */
function covers({ ownerHash, nextHash }: VerifiedNsec3, digest: Buffer): boolean {
  const behindOwner = Buffer.compare(digest, ownerHash) > 0;
  const beforeNext = Buffer.compare(digest, nextHash) < 0;
  if (Buffer.compare(ownerHash, nextHash) < 0) return behindOwner && beforeNext;
  return behindOwner || beforeNext;
}

/** NXDOMAIN (RFC 5155 §8.4): a closest encloser proof, and the wildcard at the closest encloser denied. */
export function proveNxdomainByNsec3(qname: Name, chain: Nsec3Chain): DenialVerdict {
  const proof = proveClosestEncloser(qname, chain);
  if (proof.found === 'qname') return unproved('an NSEC3 shows that the name exists');
  if (proof.found === 'nothing') return unproved(proof.missing);
  const wildcard = wildcardOf(proof.closestEncloser);
  if (wildcard !== undefined && findCover(wildcard, chain) === undefined) {
    return unproved('no NSEC3 denies the wildcard at the closest encloser');
  }
  return proof.optOut ? OPT_OUT : PROVED;
}

/**
 * NODATA at the name (RFC 5155 §8.5) or at the wildcard it would be made of (§8.7); for DS by opt-out too (§8.6). Opt-out makes NODATA of
 * other types insecure and never proved: an empty non-terminal that only unsigned delegations make has no NSEC3 (§7.1), so a zone has no
 * better proof for it; and an insecure delegation might stand there anyway. Unbound judges it the same.
 */
export function proveNodataByNsec3(qname: Name, qtype: number, chain: Nsec3Chain): DenialVerdict {
  const proof = proveClosestEncloser(qname, chain);
  if (proof.found === 'qname') return provedUnless(objectionToNodata(proof.nsec3.types, qname, qtype));
  if (proof.found === 'nothing') return unproved(proof.missing);
  const wildcard = wildcardOf(proof.closestEncloser);
  const match = wildcard === undefined ? undefined : findMatch(wildcard, chain);
  if (wildcard !== undefined && match !== undefined) {
    const verdict = provedUnless(objectionToNodata(match.types, wildcard, qtype));
    return verdict.verdict === 'proved' && proof.optOut ? OPT_OUT : verdict;
  }
  return proof.optOut ? OPT_OUT : unproved('no NSEC3 matches the name, or the wildcard at the closest encloser');
}

/** A wildcard answer (RFC 5155 §8.8): the next closer name below the wildcard's parent is denied. */
export function proveExpansionByNsec3(qname: Name, encloser: Name, chain: Nsec3Chain): DenialVerdict {
  const cover = findCover(ancestor(qname, encloser.labels + 1), chain);
  if (cover === undefined) return unproved('no NSEC3 covers the next closer name');
  return cover.optOut ? OPT_OUT : PROVED;
}

/** A zone cut without DS, from the parent's side (RFC 5155 §8.6, §8.9). */
export function proveNoDsByNsec3(child: Name, chain: Nsec3Chain): NoDsVerdict {
  const proof = proveClosestEncloser(child, chain);
  if (proof.found === 'qname') return judgeCut(proof.nsec3.types);
  if (proof.found === 'nothing') return unproved(proof.missing);
  if (proof.optOut) return { verdict: 'opt-out' };
  const wildcard = wildcardOf(proof.closestEncloser);
  if (wildcard === undefined || findCover(wildcard, chain) !== undefined) return { verdict: 'no-such-name' };
  const match = findMatch(wildcard, chain);
  return match === undefined ? unproved('no NSEC3 denies the wildcard at the closest encloser') : judgeWildcardCut(match.types);
}
