/** What an operator may set of the resolver, already read and checked; configuration files are config.ts's affair. */

import type { Limit } from '../base/budget.ts';
import type { Name } from '../base/name.ts';
import type { NegativeTrustAnchor, TrustAnchor } from '../base/trust-anchor.ts';
import type { Exchange, UpstreamServer } from '../net/exchange.ts';

/** A zone whose questions go to servers that the operator names, instead of those a referral names. */
export interface ConfiguredZone {
  readonly zone: Name;
  readonly servers: readonly UpstreamServer[];
  /** Recurse as usual where these servers fail. */
  readonly first: boolean;
  /** Whether what is in it is judged by the chain of trust; else it is insecure. A deeper trust anchor stands. */
  readonly validate: boolean;
}

export interface RootServer {
  readonly name: Name;
  readonly addresses: readonly string[];
}

export interface ResolverSettings {
  /** Root hints (RFC 9609 §2). */
  readonly rootServers: readonly RootServer[];
  readonly anchors: readonly TrustAnchor[];
  readonly negativeTrustAnchors: readonly NegativeTrustAnchor[];
  /** Ask the root for its NS RRset at start and when it expires (RFC 9609). Off: no query is sent that no client asked for. */
  readonly priming: boolean;
  readonly qnameMinimisation: boolean;
  readonly caseRandomisation: boolean;
  /** Send DNS cookies to servers (RFC 7873). */
  readonly cookies: boolean;
  /** Port of authoritative servers. Configured zones name their own. */
  readonly upstreamPort: number;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** Whether an address learned from the network may be asked; configured addresses are not judged by it. */
  readonly mayQuery: (address: string) => boolean;
  /** Zones served by recursive servers: asked with RD=1. */
  readonly forward: readonly ConfiguredZone[];
  /** Zones served by authoritative servers. */
  readonly stub: readonly ConfiguredZone[];
  readonly validation: boolean;
  /** Judge signatures of algorithms 5 and 7, which RFC 9905 has operators treat as unsupported. */
  readonly sha1Signatures: boolean;
  /** Accept DS digest type 1 where it stands alone. */
  readonly sha1Digest: boolean;
  /** Answer from what the validated cache proves of other names (RFC 8020, RFC 8198); on unless told. */
  readonly synthesis?: boolean;
  /** Seconds past its expiry that an answer may be given where it could not be had anew (RFC 8767); never unless told. */
  readonly maxStale?: number;
  /** Fetch anew, in the background, what is asked for shortly before its TTL ends; not unless told. */
  readonly prefetch?: boolean;
  /** Octets of all caches together. */
  readonly maxCacheOctets: number;
  /** Seconds. */
  readonly minTtl: number;
  readonly maxTtl: number;
}

/** What became of a prefetch that was due: kept, nothing that may take the place of what is cached, or not begun for there are too many. */
export const prefetchOutcomes = ['refreshed', 'failed', 'skipped'] as const;
export type PrefetchOutcome = (typeof prefetchOutcomes)[number];

/** All that a resolver reaches the world through; tests hand in a scripted network and a clock that stands still. */
export interface ResolverDeps {
  readonly exchange: Exchange;
  /** Seconds since the epoch, whole: cache ages. */
  readonly now: () => number;
  /** Seconds since the epoch at which signatures are judged; `now` unless an operator set a moment. */
  readonly signatureTime: () => number;
  /** A random integer from 0 to below `bound`: choice among servers. */
  readonly randomInt: (bound: number) => number;
  readonly settings: ResolverSettings;
  /** The trust anchors as they are now, where they may change; `settings.anchors` unless told. */
  readonly anchors?: (() => readonly TrustAnchor[]) | undefined;
  /** Told of each negative trust anchor that is taken away because its zone validates again. */
  readonly onNegativeAnchorLifted?: (anchor: NegativeTrustAnchor) => void;
  /** Told of each query, and each fetch that queries share, that a limit ended. */
  readonly onLimit?: ((limit: Limit) => void) | undefined;
  /** Told of what became of each prefetch. */
  readonly onPrefetch?: ((outcome: PrefetchOutcome) => void) | undefined;
}

export interface Readiness {
  readonly ready: boolean;
  /** Why not, a sentence each. */
  readonly reasons: readonly string[];
}

/** What the caches hold, for metrics. */
export interface CacheFigures {
  readonly entries: Readonly<Record<'rrset' | 'denial' | 'failure' | 'bogus' | 'delegation' | 'server' | 'keys', number>>;
  readonly octets: number;
}
