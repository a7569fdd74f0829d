/** What the resolver says of one question: the data, the state of its validation, and how long both hold. */

import type { Name } from '../base/name.ts';
import type { Question, RRset } from '../base/record.ts';
import type { Trace } from '../base/trace.ts';
import type { Validation } from '../base/validation.ts';
import type { JudgeKeys } from './fetch-keys.ts';
import type { CacheFigures, Readiness } from './settings.ts';

/** One CNAME, given or synthesised from a DNAME, that led from the question towards the answer, with what validation said of it. */
export interface AliasLink {
  readonly owner: Name;
  readonly target: Name;
  readonly validation: Validation;
}

/**
 * - `answer`: RRsets of the type asked stand in `answer`, behind the alias links that led there
 * - `nodata`, `nxdomain`: denied (RFC 2308 §2), the denial's SOA and proofs stand in `authority`; alias links may stand in `answer`
 * - `failure`: nothing could be had; `validation` is indeterminate and says why
 */
export type ResolutionKind = 'answer' | 'nodata' | 'nxdomain' | 'failure';

export interface Resolution {
  readonly question: Question;
  readonly kind: ResolutionKind;
  /** Alias links in order, then the answer; RRSIGs stand with their RRsets. TTLs count from now. */
  readonly answer: readonly RRset[];
  /** SOA of a denial; NSEC or NSEC3 of a denial or of a wildcard expansion. TTLs count from now. */
  readonly authority: readonly RRset[];
  /** The worst of all links, of the answer and of every denial it rests on. Data is kept even where it is bogus, for CD=1. */
  readonly validation: Validation;
  readonly aliases: readonly AliasLink[];
  /** What validation said of the last link alone: the answer or denial at the end of the aliases. */
  readonly lastValidation: Validation;
  /** Whether all of it came out of the cache, validation state included. */
  readonly cached: boolean;
  /** Whether some of it was made of what the cache proves of other names (RFC 8020, RFC 8198). */
  readonly isSynthesised?: boolean;
  /** Whether some of it is past its TTL, for it could not be had anew (RFC 8767). */
  readonly isStale?: boolean;
  /** When the least of it ends, in seconds since the epoch. */
  readonly expires: number;
}

/** Resolves and validates. Never rejects for what the network does; answers within the deadline of one client query. */
export interface Resolver {
  resolve(question: Question, options?: ResolveOptions): Promise<Resolution>;
}

export interface ResolveOptions {
  /** Hears what the resolution does. */
  readonly trace?: Trace;
  /** Milliseconds this query may take; the service's 8,000 unless told. */
  readonly deadlineMs?: number;
  /** Take a stale answer where there is no other, if the operator allows any. Whoever decides about mail does not. */
  readonly acceptsStale?: boolean;
}

/** A resolver that lives: it can be made ready, watched and emptied. Made by `createResolver` in resolver.ts. */
export interface LiveResolver extends Resolver {
  /** Primes (where priming is on) and validates the root's keys or those of the anchors; resolves once that has succeeded or failed. */
  prepare(): Promise<Readiness>;
  /** The outcome of the last `prepare`. */
  readiness(): Readiness;
  figures(): CacheFigures;
  /** Key tags of the root's trust anchors (RFC 8509 §2.2). */
  rootKeyTags(): readonly number[];
  /** Fetches a zone's DNSKEY RRset anew, from up to four of its servers, until `judge` says that one will do; false where none would. */
  fetchKeys(zone: Name, judge: JudgeKeys): Promise<boolean>;
  /** Forgets what was concluded from the anchors before; where a key is trusted no more (`less`), all that was judged by it too. */
  anchorsChanged(change: 'more' | 'less'): void;
  /** Upstream queries sent since the start. */
  upstreamQueries(): number;
}
