/** One step of a resolution: what stands at one name, as fetched from one zone's servers or found in the cache. */

import type { Limit } from '../base/budget.ts';
import type { Name } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import type { Validation } from '../base/validation.ts';
import type { Alias } from '../iterator/response-class.ts';

/** What a link says, before anybody judged it. */
export type LinkContent =
  | { readonly kind: 'answer'; readonly rrsets: readonly RRset[] }
  | { readonly kind: 'alias'; readonly alias: Alias }
  | { readonly kind: 'nodata' | 'nxdomain' };

/** A link as it came: `authority` holds the SOA of a denial, NSEC and NSEC3 records. */
export interface RawLink {
  readonly content: LinkContent;
  readonly authority: readonly RRset[];
  /** The zone whose servers gave it. */
  readonly zone: Name;
  readonly server: string | undefined;
}

/** A link with its verdict. */
export interface JudgedLink extends RawLink {
  readonly validation: Validation;
  /** Seconds since the epoch; of what came out of the cache. */
  readonly received?: number;
  /** Seconds since the epoch. */
  readonly expires: number;
  readonly cached: boolean;
  /** Made of what the cache proves of names beside it. */
  readonly isSynthesised?: boolean;
  /** Past its TTL (RFC 8767). */
  readonly isStale?: boolean;
}

/** A link that could not be had. */
export interface FailedLink {
  readonly failure: Extract<Validation, { readonly state: 'indeterminate' }>;
  /** Where a limit was the reason: which. */
  readonly limit?: Limit;
}

/** Whether nobody who knows could be reached, or all who were gave no answer; no other failure lets stale data out (RFC 8767 §5). */
export function isUnfetched({ failure, limit }: FailedLink): boolean {
  return failure.reason === 'servers-unreachable' || failure.reason === 'servers-failing' || limit === 'time';
}

export function isFailed(link: object): link is FailedLink {
  return 'failure' in link;
}
