/** What the chain of trust says of one zone, and for how long. */

import type { Validation } from '../base/validation.ts';
import type { ZoneKeys } from '../dnssec/zone-keys.ts';

/**
 * - `secure`: its keys are known
 * - the others: no RRset of the zone can be secure, and this is why
 */
export type ZoneSecurity = { readonly state: 'secure'; readonly keys: ZoneKeys } | Exclude<Validation, { readonly state: 'secure' }>;

/**
 * What lies at a name below a secure zone.
 * - `zone`: a zone cut, with the security of the zone that begins there
 * - `no-cut`: a name of the zone above, or an empty non-terminal
 * - `no-such-name`: neither this name nor any below it exists
 */
export type Cut = { readonly at: 'zone'; readonly security: ZoneSecurity } | { readonly at: 'no-cut' } | { readonly at: 'no-such-name' };

/** `expires` in seconds since the epoch; 0 for what may not be kept. */
export interface Kept<T> {
  readonly value: T;
  readonly expires: number;
}
