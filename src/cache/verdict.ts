/** What a validation state means for the cache, alike for data and for denials. */

import type { Validation } from '../base/validation.ts';
import type { Timed } from './timed-store.ts';

/** Seconds that bogus data is remembered (RFC 4035 §4.7), whatever TTL whoever sent it chose. */
export const MAX_BOGUS_TTL = 60;

interface Judged extends Timed {
  readonly validation: Validation | undefined;
}

export function isSecure(entry: Judged): boolean {
  return entry.validation?.state === 'secure';
}

/**
 * The entry as the caches keep it. Indeterminate is no verdict (RFC 4035 §4.3): such data is kept as not judged yet, so that the next
 * to ask judges it. Bogus is kept for a short time.
 */
export function asCached<E extends Judged>(entry: E): E {
  switch (entry.validation?.state) {
    case 'indeterminate':
      return { ...entry, validation: undefined };
    case 'bogus':
      return { ...entry, expires: Math.min(entry.expires, entry.received + MAX_BOGUS_TTL) };
    default:
      return entry;
  }
}
