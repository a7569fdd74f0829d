/** What a type bit map at a name says, and on which side of a zone cut it speaks (RFC 6840 §4.1-4.4, RFC 5155 §8.5-8.9). */

import type { Name } from '../base/name.ts';
import { formatType, Type } from '../base/registry.ts';
import type { TypeBitmap } from '../wire/rdata/type-bitmap.ts';
import { type NoDsVerdict, unproved } from './denial-verdict.ts';

/** Whether this is the parent's side of a zone cut: there the zone speaks of DS alone, and of nothing below. */
export function isDelegation(types: TypeBitmap): boolean {
  return types.has(Type.NS) && !types.has(Type.SOA);
}

/** Whether the zone cannot speak for names below: it delegates them, or a DNAME redirects them (RFC 6672 §5.3.4.2). */
export function endsAuthority(types: TypeBitmap): boolean {
  return isDelegation(types) || types.has(Type.DNAME);
}

/**
 * What keeps a bit map at `name` from denying `qtype` there; undefined where it denies it.
 * @param name where the bit map stands: QNAME, or the wildcard that QNAME would be made of
 */
export function objectionToNodata(types: TypeBitmap, name: Name, qtype: number): string | undefined {
  if (qtype === Type.ANY && types.listTypes().some((type) => type !== Type.RRSIG && type !== Type.NSEC && type !== Type.NSEC3)) {
    return 'the record at the name says that some type exists';
  }
  if (types.has(qtype)) return `the record at the name says that ${formatType(qtype)} exists`;
  // The answer would be the alias (RFC 6840 §4.3).
  if (types.has(Type.CNAME)) return 'the record at the name says that a CNAME exists';
  if (qtype === Type.DS) {
    // DS is the parent's; the child's apex knows nothing of it (RFC 6840 §4.4). The root has no parent.
    return types.has(Type.SOA) && name.labels > 0 ? 'the record at the name is of the child side of the zone cut' : undefined;
  }
  return isDelegation(types) ? 'the record at the name is of the parent side of a zone cut' : undefined;
}

/** What a bit map at a name, in its parent's zone, says of a zone cut there. */
export function judgeCut(types: TypeBitmap): NoDsVerdict {
  if (types.has(Type.SOA)) return unproved('the record at the name is of the child side of the zone cut');
  if (types.has(Type.DS)) return unproved('the record at the name says that DS exists');
  return { verdict: types.has(Type.NS) ? 'no-ds' : 'not-a-cut' };
}

/** The same for the wildcard that the name would be made of; what a wildcard NS means is undefined (RFC 4592 §4.2). */
export function judgeWildcardCut(types: TypeBitmap): NoDsVerdict {
  const verdict = judgeCut(types);
  return verdict.verdict === 'no-ds' ? unproved('a wildcard delegation') : verdict;
}
