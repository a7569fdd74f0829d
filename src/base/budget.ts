/**
 * What one client query may cost: work that hostile zones can make a resolver do is paid from here, and a spent limit ends the
 * query with SERVFAIL and no verdict (KeyTrap CVE-2023-50387, NSEC3 CVE-2023-50868, NXNSAttack CVE-2020-12662).
 */

/** Limits of one client query. The numbers without a source are ours. */
export const clientLimits = {
  /** Queries sent upstream, retries included. */
  upstreamQueries: 200,
  /** Octets received from upstream. */
  upstreamOctets: 2_000_000,
  /** CNAME and DNAME links followed, as many as Unbound follows. */
  aliases: 11,
  /** Signature checks done, whatever their outcome (KeyTrap). */
  signatureChecks: 100,
  /**
   * Those of them that failed, of RRsets of which none held. A zone in order has none, though two of its keys have one tag; one that is broken
   * a few from each server; hostile ones live by them (KeyTrap).
   */
  failedChecks: 32,
  /** What those cost, in microseconds as `cryptoWork` has them: 32 would be 20,000 with P-384 keys, and no zone in order needs them. */
  failedWork: 5_000,
  /** NSEC3 hash computations, iterations included (RFC 9276 §3.2). */
  nsec3Hashes: 3_000,
  /**
   * Signature checks, keys made ready for them, digests and NSEC3 hashes together, in microseconds as `crypto/cost.ts` has them. 100 checks
   * with P-384 keys would be 60,000. Zones in order cost much too from cold: where all is P-384, three aliases over zones of their own
   * and a denial by NSEC3, or ANY at an apex of 14 RRsets, come to more than 8,000, and eight zones in a row to 18,000: a lower limit would be
   * SERVFAIL for them, which holds mail. What hostile zones live by is `failedWork`.
   */
  cryptoWork: 20_000,
  /** Fetches of server addresses and of keys that this query caused. */
  subqueries: 60,
  /**
   * Server names looked up that turned out to have no address (NXNSAttack). One dead zone in full, or two on a way through aliases; where zones
   * are in order there are none. Unbound stops after 5 that do not exist.
   */
  futileLookups: 16,
} as const;

/** Limits of a fetch that several queries may share: a server's address, a DNSKEY RRset, a DS RRset. */
export const sharedLimits = {
  upstreamQueries: 60,
  upstreamOctets: 600_000,
  aliases: 8,
  signatureChecks: 40,
  failedChecks: 24,
  failedWork: 4_000,
  nsec3Hashes: 1_500,
  cryptoWork: 8_000,
  subqueries: 20,
  futileLookups: 8,
} as const satisfies Limits;

/** Work on one RRset, one zone's keys or one denial, whoever asks (RFC 4035 §5.3.3 and KeyTrap). What lies beyond is not looked at. */
export const rrsetLimits = {
  /** Signature checks. */
  signatures: 8,
  /** Tags collide by chance now and then, many times by intent alone. */
  keysOfOneTag: 4,
  /** RRSIGs read. Ours: no zone signs an RRset so often, and reading them costs. */
  signaturesRead: 64,
  /** Ours: zones have a handful, and each that is held costs memory and a look for every signature. */
  zoneKeys: 64,
  /** Ours. NXDOMAIN takes three RRsets, an alias before it adds some; more is padding to burn checks (CVE-2026-11605). */
  denialRRsets: 16,
  /** DS records followed to keys. Ours: zones have two or three, some a dozen during a rollover, and each names keys to be hashed. */
  dsRecords: 32,
  /** DNSKEY records read. Ours: a response has room for thousands. */
  keysRead: 256,
} as const;

export type RRsetLimit = keyof typeof rrsetLimits;

/** NSEC3 iterations over this make a denial insecure, once its own signature verified (RFC 9276 §3.2). */
export const MAX_NSEC3_ITERATIONS = 50;

/**
 * Up to this many, a proof is still followed, and must hold, before its denial counts as insecure: else any one signed NSEC3 of such a
 * zone, replayed, would make every name in it insecure. Zones beyond are insecure at once (RFC 9276 §3.2 leaves both to the validator).
 */
export const MAX_NSEC3_ITERATIONS_FOLLOWED = 150;

export type Cost = keyof typeof clientLimits;
export type Limits = { readonly [K in Cost]: number };
/** Takes `amount` (1 unless told) from a limit. @throws {BudgetExceeded} once it is spent */
export type Spend = (what: Cost, amount?: number) => void;

/** What may end a query: a cost, what was not looked at, its time, or work that causes work too deeply. */
export type Limit = Cost | RRsetLimit | 'time' | 'depth';

/** Each limit as a client and an operator read it, and as `/metrics` has it with hyphens. */
export const limitWords = {
  upstreamQueries: 'upstream queries',
  upstreamOctets: 'upstream octets',
  aliases: 'aliases',
  signatureChecks: 'signature checks',
  failedChecks: 'failed signature checks',
  failedWork: 'work on failed signature checks',
  nsec3Hashes: 'NSEC3 hashes',
  cryptoWork: 'cryptographic work',
  subqueries: 'subqueries',
  futileLookups: 'server names without address',
  signatures: 'signature checks of one RRset',
  keysOfOneTag: 'keys of one tag',
  signaturesRead: 'signatures of one RRset',
  zoneKeys: 'keys of one zone',
  denialRRsets: 'denial records of one response',
  dsRecords: 'DS records of one zone',
  keysRead: 'DNSKEY records of one zone',
  time: 'time',
  depth: 'depth of subqueries',
} as const satisfies Record<Limit, string>;

/** A sentence that fits an extended error. */
export function describeLimit(limit: Limit): string {
  return `the limit on ${limitWords[limit]} is spent`;
}

/** A limit is spent. Nothing was judged: the caller may cache no verdict. */
export class BudgetExceeded extends Error {
  override readonly name = 'BudgetExceeded';
  readonly limit: Limit;
  constructor(limit: Limit) {
    super(describeLimit(limit));
    this.limit = limit;
  }
}

export interface Budget {
  readonly spend: Spend;
  /** The first limit that was spent; undefined while all hold. */
  readonly exceeded: () => Cost | undefined;
  /** What has been spent so far, for whoever shares the bill. */
  readonly spent: () => Readonly<Record<Cost, number>>;
}

/** Opens a budget with these limits. */
export function openBudget(limits: Limits = clientLimits): Budget {
  const used: Record<Cost, number> = {
    upstreamQueries: 0,
    upstreamOctets: 0,
    aliases: 0,
    signatureChecks: 0,
    failedChecks: 0,
    failedWork: 0,
    nsec3Hashes: 0,
    cryptoWork: 0,
    subqueries: 0,
    futileLookups: 0,
  };
  let exceeded: Cost | undefined;
  return {
    spend(what, amount = 1) {
      used[what] += amount;
      if (used[what] <= limits[what]) return;
      exceeded ??= what;
      throw new BudgetExceeded(what);
    },
    exceeded: () => exceeded,
    spent: () => used,
  };
}
