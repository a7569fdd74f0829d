/**
 * What validation concludes (RFC 4035 §4.3), with the reason of each state and its extended error (RFC 8914).
 * Indeterminate is that of RFC 4035 §4.3 (the records could not be had), not that of RFC 4033 §5.
 */

import type { Name } from './name.ts';
import { Ede } from './registry.ts';

export type InsecureReason =
  | 'no-trust-anchor'
  | 'unsigned-delegation'
  | 'nsec3-opt-out'
  | 'unsupported-algorithm'
  | 'unsupported-digest'
  | 'nsec3-iterations'
  | 'negative-trust-anchor'
  | 'validation-disabled'
  | 'signatures-asked'; // RRSIG RRsets are not signed themselves (RFC 4035 §2.2)

export type BogusReason =
  | 'signature-wrong'
  | 'signature-expired'
  | 'signature-not-yet-valid'
  | 'signature-expired-before-valid'
  | 'signature-missing'
  | 'signer-wrong'
  | 'dnskey-missing'
  | 'no-zone-key'
  | 'denial-missing'
  | 'denial-incomplete';

export type IndeterminateReason = 'servers-unreachable' | 'servers-failing' | 'limit-spent' | 'not-ready' | 'cyclic-dependency';

export type Validation =
  | { readonly state: 'secure' }
  | { readonly state: 'insecure'; readonly zone: Name; readonly reason: InsecureReason }
  | { readonly state: 'bogus'; readonly zone: Name; readonly reason: BogusReason; readonly detail?: string }
  | { readonly state: 'indeterminate'; readonly reason: IndeterminateReason; readonly detail?: string };

export type ValidationState = Validation['state'];

export const SECURE: Validation = { state: 'secure' };

/** INFO-CODE of each reason; `satisfies` makes a reason without an entry a compile error. `undefined`: no code applies. */
const insecureErrors = {
  'no-trust-anchor': undefined,
  'unsigned-delegation': undefined,
  'nsec3-opt-out': undefined,
  'unsupported-algorithm': Ede.UNSUPPORTED_DNSKEY_ALGORITHM,
  'unsupported-digest': Ede.UNSUPPORTED_DS_DIGEST,
  'nsec3-iterations': Ede.UNSUPPORTED_NSEC3_ITERATIONS,
  'negative-trust-anchor': Ede.NEGATIVE_TRUST_ANCHOR,
  'validation-disabled': undefined,
  'signatures-asked': undefined,
} as const satisfies Record<InsecureReason, number | undefined>;

const bogusErrors = {
  'signature-wrong': Ede.DNSSEC_BOGUS,
  'signature-expired': Ede.SIGNATURE_EXPIRED,
  'signature-not-yet-valid': Ede.SIGNATURE_NOT_YET_VALID,
  'signature-expired-before-valid': Ede.SIGNATURE_EXPIRED_BEFORE_VALID,
  'signature-missing': Ede.RRSIGS_MISSING,
  'signer-wrong': Ede.DNSSEC_BOGUS,
  'dnskey-missing': Ede.DNSKEY_MISSING,
  'no-zone-key': Ede.NO_ZONE_KEY_BIT,
  'denial-missing': Ede.NSEC_MISSING,
  'denial-incomplete': Ede.NSEC_MISSING,
} as const satisfies Record<BogusReason, number>;

const indeterminateErrors = {
  'servers-unreachable': Ede.NO_REACHABLE_AUTHORITY,
  'servers-failing': Ede.NETWORK_ERROR,
  'limit-spent': Ede.OVER_QUOTA,
  'not-ready': Ede.NOT_READY,
  'cyclic-dependency': Ede.NO_REACHABLE_AUTHORITY,
} as const satisfies Record<IndeterminateReason, number>;

/** The INFO-CODE that tells a client why (RFC 8914 §4); undefined where there is nothing to tell. */
export function extendedError(validation: Validation): number | undefined {
  switch (validation.state) {
    case 'secure':
      return undefined;
    case 'insecure':
      return insecureErrors[validation.reason];
    case 'bogus':
      return bogusErrors[validation.reason];
    case 'indeterminate':
      return indeterminateErrors[validation.reason];
  }
}

/** Whether a client that left CD clear may have the data; if not, it gets SERVFAIL. */
export function isServable(validation: Validation): boolean {
  switch (validation.state) {
    case 'secure':
    case 'insecure':
      return true;
    // Were indeterminate servable, dropping DNSKEY answers would switch validation off.
    case 'bogus':
    case 'indeterminate':
      return false;
  }
}

const severity = { secure: 0, insecure: 1, indeterminate: 2, bogus: 3 } as const satisfies Record<ValidationState, number>;

/** What two parts of one answer come to together: the worse of the two, the first where they are alike. */
export function worseOf(a: Validation, b: Validation): Validation {
  return severity[b.state] > severity[a.state] ? b : a;
}
