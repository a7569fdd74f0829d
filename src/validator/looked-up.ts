/** What the validator gets when it looks an RRset up, and what it needs to do so. The resolver hands the functions in. */

import type { Name } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import type { NegativeTrustAnchor, TrustAnchor } from '../base/trust-anchor.ts';
import type { Validation } from '../base/validation.ts';
import type { Work } from '../base/work.ts';
import type { Verifier } from '../crypto/verifier.ts';
import type { DnssecPolicy } from '../dnssec/context.ts';

/** Data or its denial as some server gave it, not judged. `zone` is the one whose servers were asked. */
export type LookedUp =
  | {
      readonly kind: 'rrset';
      readonly cached?: boolean;
      readonly rrset: RRset;
      /** NSEC and NSEC3 records that came along. */
      readonly proof: readonly RRset[];
      readonly zone: Name;
      readonly server: string | undefined;
    }
  | {
      readonly kind: 'nodata' | 'nxdomain';
      readonly cached?: boolean;
      readonly authority: readonly RRset[];
      readonly zone: Name;
      readonly server: string | undefined;
    }
  | { readonly kind: 'failure'; readonly validation: Extract<Validation, { readonly state: 'indeterminate' }> };

export interface ValidatorDeps {
  readonly verifier: Verifier;
  /** What is supported, asked anew for each judgement: it may depend on the moment judged at. */
  readonly policy: () => DnssecPolicy;
  /** Seconds since the epoch: cache ages. */
  readonly now: () => number;
  /** Seconds since the epoch: signature windows. */
  readonly signatureTime: () => number;
  /** Asked anew each time: keys come and go (RFC 5011). */
  readonly anchors: () => readonly TrustAnchor[];
  readonly negativeTrustAnchors: () => readonly NegativeTrustAnchor[];
  /** Fetches an RRset, out of the cache or from a server that is not in `avoid`. A CNAME found in its place comes as `rrset`. */
  readonly lookUp: (name: Name, type: number, work: Work, avoid: ReadonlySet<string>) => Promise<LookedUp>;
  /** Forgets what `lookUp` kept of this RRset, since it did not validate. */
  readonly forget: (name: Name, type: number) => void;
  /** The zone to which the servers of `zone` referred on the way down to `target`, if one is known; `target` itself may be it. */
  readonly nextKnownCut: (zone: Name, target: Name) => Name | undefined;
}

/** Servers that may be asked for the same RRset while what they give does not validate (RFC 4035 §5.5). */
export const MAX_SERVERS_ASKED = 4;
