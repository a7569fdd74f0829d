/** Outcomes of proofs of non-existence. */

export type DenialVerdict =
  | { readonly verdict: 'proved' }
  /** Proved as far as an unsigned delegation, or NSEC3 parameters that are not followed, allow. */
  | { readonly verdict: 'insecure'; readonly reason: 'nsec3-opt-out' | 'nsec3-iterations' }
  /** `missing` says in words which part of the proof is not there. */
  | { readonly verdict: 'unproved'; readonly missing: string };

/** What the parent's side says of a zone cut without DS. */
export type NoDsVerdict =
  /** There is a delegation, and it has no DS: NS set, DS and SOA clear. */
  | { readonly verdict: 'no-ds' }
  /** The name lies in an opt-out span: unsigned delegations may be there (RFC 5155 §8.9). */
  | { readonly verdict: 'opt-out' }
  /** The name exists in the parent's zone, or a wildcard makes it, or names below it exist; and it is not delegated. */
  | { readonly verdict: 'not-a-cut' }
  | { readonly verdict: 'no-such-name' }
  /** More NSEC3 iterations than are followed (RFC 9276 §3.2). */
  | { readonly verdict: 'insecure-iterations' }
  | { readonly verdict: 'unproved'; readonly missing: string };

export type Unproved = Extract<DenialVerdict, { verdict: 'unproved' }>;

export const PROVED: DenialVerdict = { verdict: 'proved' };
export const OPT_OUT: DenialVerdict = { verdict: 'insecure', reason: 'nsec3-opt-out' };

/** What an objection comes to; none is a proof. */
export function provedUnless(objection: string | undefined): DenialVerdict {
  return objection === undefined ? PROVED : unproved(objection);
}

export function unproved(missing: string): Unproved {
  return { verdict: 'unproved', missing };
}
