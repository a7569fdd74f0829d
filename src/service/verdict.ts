/** The one word an operator sees of an answer: in metrics, logs and `/resolve`. */

import type { Resolution } from '../resolver/resolution.ts';

/** In the order of the seed's output; what is not positive and not in doubt is `nxdomain`. */
export const verdicts = ['secure', 'insecure', 'bogus', 'nxdomain', 'indeterminate'] as const;
export type Verdict = (typeof verdicts)[number];

/**
 * What is bogus or indeterminate is so whatever kind of answer it would have been; a denial that holds is `nxdomain`, whether of the
 * name or of the type, secure or insecure.
 */
export function verdictOf({ kind, validation: { state } }: Pick<Resolution, 'kind' | 'validation'>): Verdict {
  if (state === 'bogus' || state === 'indeterminate') return state;
  switch (kind) {
    case 'answer':
      return state;
    case 'nodata':
    case 'nxdomain':
      return 'nxdomain';
    case 'failure':
      return 'indeterminate';
  }
}
