/** What the caches of a resolver hold, for metrics. */

import type { DelegationCache } from '../cache/delegation-cache.ts';
import type { ServerCache } from '../cache/server-cache.ts';
import type { ChainOfTrust } from '../validator/chain-of-trust.ts';
import type { LinkStore } from './link-store.ts';
import type { CacheFigures } from './settings.ts';

export interface Caches {
  readonly store: LinkStore;
  readonly delegations: DelegationCache;
  readonly servers: ServerCache;
  readonly chain: ChainOfTrust;
}

/** @param others octets of what counts into the same limit and has no entries to tell of */
export function figuresOf({ store, delegations, servers, chain }: Caches, others: number): CacheFigures {
  const { rrsets, denials, failures, bogus } = store;
  return {
    entries: {
      rrset: rrsets.size,
      denial: denials.size,
      failure: failures.size,
      bogus: bogus.size,
      delegation: delegations.size,
      server: servers.size,
      keys: chain.size,
    },
    octets: rrsets.octets + denials.octets + failures.octets + bogus.octets + delegations.octets + servers.octets + others,
  };
}

/** Octets of those that there are. */
export function sumOf(...parts: readonly ({ readonly octets: number } | undefined)[]): number {
  return parts.reduce((sum, part) => sum + (part?.octets ?? 0), 0);
}
