/**
 * What NSEC records prove (RFC 4035 §5.4, RFC 6840 §4, RFC 4592 §4.9). All records are verified and of one zone; names asked about
 * are in it. An NSEC is read only where its zone may speak: not below a delegation or DNAME of its own.
 */

import { ancestor, commonAncestor, compareNames, isBelow, type Name, sameName, wildcardOf } from '../base/name.ts';
import type { VerifiedNsec } from './denial-records.ts';
import { type DenialVerdict, type NoDsVerdict, PROVED, provedUnless, unproved } from './denial-verdict.ts';
import { endsAuthority, judgeCut, judgeWildcardCut, objectionToNodata } from './type-denial.ts';

export interface NsecChain {
  readonly zone: Name;
  readonly nsec: readonly VerifiedNsec[];
}

/** What the records say of a name. `empty-non-terminal`: it has no records, but names below it have (RFC 4592 §2.2.2). */
export type NsecFinding =
  | { readonly found: 'match'; readonly nsec: VerifiedNsec }
  | { readonly found: 'empty-non-terminal' }
  /** Neither the name nor anything below it exists; `closestEncloser` is the deepest of its ancestors that does. */
  | { readonly found: 'absent'; readonly closestEncloser: Name }
  | { readonly found: 'nothing' };

/** Looks a name up in the spans between owners. */
export function findNsec(name: Name, { zone, nsec }: NsecChain): NsecFinding {
  const matches = nsec.filter((record) => sameName(record.owner, name));
  if (matches[0] !== undefined) return { found: 'match', nsec: matches[0] };
  const cover = nsec.find((record) => covers(record, name, zone) && !isCutOff(record, name));
  if (cover === undefined) return { found: 'nothing' };
  if (isBelow(cover.next, name)) return { found: 'empty-non-terminal' };
  // Both ends of the span exist, so what they share with the name exists; nothing deeper can, or it would lie in the span.
  const before = commonAncestor(name, cover.owner);
  const behind = commonAncestor(name, cover.next);
  return { found: 'absent', closestEncloser: before.labels > behind.labels ? before : behind };
}

/** Whether `name` lies strictly between owner and next in canonical order; the apex as next closes the ring (RFC 4034 §4.1.1). */
function covers({ owner, next }: VerifiedNsec, name: Name, zone: Name): boolean {
  return compareNames(owner, name) < 0 && (sameName(next, zone) || compareNames(name, next) < 0);
}

/** Ancestor delegations and DNAMEs say nothing of what is below them (RFC 6840 §4.1). */
function isCutOff({ owner, types }: VerifiedNsec, name: Name): boolean {
  return isBelow(name, owner) && endsAuthority(types);
}

/** NXDOMAIN: the name does not exist, nor does the wildcard at its closest encloser (RFC 4035 §5.4). */
export function proveNxdomainByNsec(qname: Name, chain: NsecChain): DenialVerdict {
  const finding = findNsec(qname, chain);
  switch (finding.found) {
    case 'match':
      return unproved('an NSEC shows that the name exists');
    case 'empty-non-terminal':
      return unproved('an NSEC shows that names below the name exist, and so does it');
    case 'nothing':
      return unproved('no NSEC covers the name');
    case 'absent': {
      const wildcard = wildcardOf(finding.closestEncloser);
      if (wildcard === undefined || findNsec(wildcard, chain).found === 'absent') return PROVED;
      return unproved('no NSEC denies the wildcard at the closest encloser');
    }
  }
}

/** NODATA: at the name itself, at an empty non-terminal, or at the wildcard the name would be made of (RFC 4035 §3.1.3.1, §3.1.3.4). */
export function proveNodataByNsec(qname: Name, qtype: number, chain: NsecChain): DenialVerdict {
  const finding = findNsec(qname, chain);
  switch (finding.found) {
    case 'match':
      return provedUnless(objectionToNodata(finding.nsec.types, qname, qtype));
    case 'empty-non-terminal':
      return PROVED;
    case 'nothing':
      return unproved('no NSEC matches or covers the name');
    case 'absent':
      return proveWildcardNodata(finding.closestEncloser, qtype, chain);
  }
}

function proveWildcardNodata(closestEncloser: Name, qtype: number, chain: NsecChain): DenialVerdict {
  const wildcard = wildcardOf(closestEncloser);
  const finding = wildcard === undefined ? undefined : findNsec(wildcard, chain);
  if (wildcard !== undefined && finding?.found === 'match') return provedUnless(objectionToNodata(finding.nsec.types, wildcard, qtype));
  return finding?.found === 'empty-non-terminal' ? PROVED : unproved('no NSEC matches the wildcard at the closest encloser');
}

/** A wildcard answer: nothing exists at or below the next closer name, so no closer wildcard either (RFC 4035 §5.3.4). */
export function proveExpansionByNsec(qname: Name, encloser: Name, chain: NsecChain): DenialVerdict {
  const nextCloser = ancestor(qname, encloser.labels + 1);
  return findNsec(nextCloser, chain).found === 'absent' ? PROVED : unproved('no NSEC denies the next closer name');
}

/** A zone cut without DS, from the parent's side (RFC 4035 §5.2, RFC 6840 §4.4). */
export function proveNoDsByNsec(child: Name, chain: NsecChain): NoDsVerdict {
  const finding = findNsec(child, chain);
  switch (finding.found) {
    case 'match':
      return judgeCut(finding.nsec.types);
    case 'empty-non-terminal':
      return { verdict: 'not-a-cut' };
    case 'nothing':
      return unproved('no NSEC matches or covers the delegation');
    case 'absent': {
      const wildcard = wildcardOf(finding.closestEncloser);
      const synthesis = wildcard === undefined ? undefined : findNsec(wildcard, chain);
      if (synthesis === undefined || synthesis.found === 'absent') return { verdict: 'no-such-name' };
      if (synthesis.found === 'empty-non-terminal') return { verdict: 'not-a-cut' };
      return synthesis.found === 'match' ? judgeWildcardCut(synthesis.nsec.types) : unproved('no NSEC denies the wildcard');
    }
  }
}
