/** What the A and the AAAA lookup of one host come to together (RFC 7672 §2.1.2, §2.2.2). */

import type { LookupStatus } from './verdicts.ts';

/**
 * - `secure`: TLSA records are looked up
 * - `insecure`: the host is in an unsigned zone; TLSA records SHOULD NOT be looked up (§2.2.2)
 * - `bogus`, `indeterminate`: no usable address, and a lookup failed: the host is unreachable (§2.1.2)
 * - `no-address`: both denied
 */
export type AddressOutcome = 'secure' | 'insecure' | 'bogus' | 'indeterminate' | 'no-address';

/**
 * By the status of A, then of AAAA. One family that validated is enough to go on, and one that has insecure addresses beats a failed
 * one: a proved unsigned delegation is no downgrade, and the addresses of a failed lookup are not used. Where no address is left, a
 * failure beats a denial, for a denial of both would let the message bounce.
 */
export const addressMatrix = {
  secure: { secure: 'secure', insecure: 'secure', bogus: 'secure', nxdomain: 'secure', indeterminate: 'secure' },
  insecure: { secure: 'secure', insecure: 'insecure', bogus: 'insecure', nxdomain: 'insecure', indeterminate: 'insecure' },
  bogus: { secure: 'secure', insecure: 'insecure', bogus: 'bogus', nxdomain: 'bogus', indeterminate: 'bogus' },
  nxdomain: { secure: 'secure', insecure: 'insecure', bogus: 'bogus', nxdomain: 'no-address', indeterminate: 'indeterminate' },
  indeterminate: { secure: 'secure', insecure: 'insecure', bogus: 'bogus', nxdomain: 'indeterminate', indeterminate: 'indeterminate' },
} as const satisfies Record<LookupStatus, Record<LookupStatus, AddressOutcome>>;

/** Whether the two families disagree in a way that an operator should hear of: one address is there and the other lookup is not as good. */
export function familiesDiffer(a: LookupStatus, aaaa: LookupStatus): boolean {
  return a !== aaaa && a !== 'nxdomain' && aaaa !== 'nxdomain';
}
