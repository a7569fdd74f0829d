/**
 * RRsets by owner and type, each with its rank (RFC 2181 §5.4.1), what validation said of it, and the proof it needs. Class IN alone.
 */

import type { Name } from '../base/name.ts';
import { type RRset, rrKey } from '../base/record.ts';
import type { Validation } from '../base/validation.ts';
import { ENTRY_OVERHEAD, octetsOfName, octetsOfRRset, octetsOfRRsets } from './octets.ts';
import { packRRsets } from './pack.ts';
import { TimedStore } from './timed-store.ts';
import { asCached, isSecure } from './verdict.ts';

/**
 * How far an RRset can be trusted, least first, after RFC 2181 §5.4.1:
 * - `additional`: additional section of any reply that is no referral
 * - `glue`: NS of a referral and the addresses beside it: the parent's word on the child's data
 * - `authority`: authority section of an authoritative answer
 * - `answer`: answer section of an authoritative answer
 * - `secure`: whatever the section, it validated; RFC 4035 §5.5 and RFC 2181 §5.4.1 ("verified data ... more trustworthy")
 *
 * The first three may serve to find servers, and are never to be sent to a client as an answer (ibid.).
 */
export type Rank = 'additional' | 'glue' | 'authority' | 'answer' | 'secure';

const order = { additional: 0, glue: 1, authority: 2, answer: 3, secure: 4 } as const satisfies Record<Rank, number>;

/** Whether a client may be given an RRset of this rank as an answer. */
export function isAnswerRank(rank: Rank): boolean {
  return order[rank] >= order.answer;
}

export interface RRsetEntry {
  /** Its `ttl` is the one it had when received; what is left of it is `expires - now`. */
  readonly rrset: RRset;
  readonly rank: Rank;
  /** The zone whose servers gave it. */
  readonly zone: Name;
  /** NSEC or NSEC3 that prove that a wildcard expansion was due (RFC 4035 §5.3.4). */
  readonly proof: readonly RRset[];
  /** Undefined: not judged yet. */
  readonly validation: Validation | undefined;
  /** Seconds since the epoch. */
  readonly received: number;
  readonly expires: number;
  /** Address of the server that gave it. */
  readonly server: string | undefined;
}

/** One entry may not be larger: a message of 65,535 octets may hold 4,000 records, a cache need not (CVE-2024-1737, CVE-2024-25590). */
const MAX_ENTRY_OCTETS = 128 * 1024;

export class RRsetCache {
  readonly #store: TimedStore<RRsetEntry>;

  constructor({ maxOctets }: { readonly maxOctets: number }) {
    this.#store = new TimedStore({ maxOctets, maxEntryOctets: MAX_ENTRY_OCTETS, octetsOf, pack });
  }

  /** The unexpired RRset, of any rank: see `isAnswerRank` before sending it to anybody. */
  get(name: Name, type: number, now: number): RRsetEntry | undefined {
    return this.#store.get(rrKey(name, type), now);
  }

  /** The RRset, of any rank, though it may have expired (RFC 8767): resolver/stale.ts alone may use such. */
  recall(name: Name, type: number, now: number): RRsetEntry | undefined {
    return this.#store.recall(rrKey(name, type), now);
  }

  /**
   * Stores, unless something unexpired and better stands there; equals replace each other. Only validated data counts as `secure`,
   * whatever the entry says of its rank, so what is bogus or not judged yet never takes the place of what is secure.
   * @returns whether it was stored: false also for TTL 0 and for what is too large
   */
  put(entry: RRsetEntry, now: number): boolean {
    const standing = this.get(entry.rrset.owner, entry.rrset.type, now);
    const kept = withTrueRank(asCached(entry));
    if (standing && order[standing.rank] > order[kept.rank]) return false;
    return this.#store.put(rrKey(entry.rrset.owner, entry.rrset.type), kept, now);
  }

  delete(name: Name, type: number): void {
    this.#store.delete(rrKey(name, type));
  }

  deleteExpired(name: Name, type: number, now: number): void {
    this.#store.deleteExpired(rrKey(name, type), now);
  }

  clear(): void {
    this.#store.clear();
  }

  get octets(): number {
    return this.#store.octets;
  }

  get size(): number {
    return this.#store.size;
  }
}

function withTrueRank(entry: RRsetEntry): RRsetEntry {
  if (isSecure(entry)) return entry.rank === 'secure' ? entry : { ...entry, rank: 'secure' };
  return entry.rank === 'secure' ? { ...entry, rank: 'answer' } : entry;
}

function pack(entry: RRsetEntry): RRsetEntry {
  const [rrset = entry.rrset, ...proof] = packRRsets([entry.rrset, ...entry.proof]);
  return { ...entry, rrset, proof };
}

function octetsOf({ rrset, zone, proof }: RRsetEntry): number {
  return ENTRY_OVERHEAD + octetsOfRRset(rrset) + octetsOfName(zone) + octetsOfRRsets(proof);
}
