/** Trust anchors, positive (RFC 4033 §2, RFC 7958) and negative (RFC 7646), as data. */

import type { Name } from './name.ts';

/** Keys that are trusted without a parent to vouch for them. */
export interface TrustAnchor {
  readonly zone: Name;
  /** RDATA of DS records of trusted keys. */
  readonly ds: readonly Uint8Array[];
  /** RDATA of trusted DNSKEY records. */
  readonly dnskeys: readonly Uint8Array[];
}

/** A zone whose signatures are not judged for a while: its data is insecure (RFC 7646). */
export interface NegativeTrustAnchor {
  readonly zone: Name;
  readonly reason: string;
  /** Seconds since the epoch; from then on it does not count. */
  readonly until: number;
  /** What its insecurity is called: `validation-disabled` for a zone that the configuration keeps out of validation for good. */
  readonly insecureReason?: 'negative-trust-anchor' | 'validation-disabled';
}
