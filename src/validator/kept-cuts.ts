/** What the chain of trust has found at names, for as long as it holds: bounded in zones, and in octets of their keys. */

import { LRUCache } from 'lru-cache';
import { type Name, sameName } from '../base/name.ts';
import { CLOCK_SLACK } from '../cache/timed-store.ts';
import { MAX_BOGUS_TTL } from '../cache/verdict.ts';
import type { Cut, Kept, ZoneSecurity } from './zone-security.ts';

/** One DNSKEY record may have 60,000 octets. */
const MAX_KEY_OCTETS = 16 * 1024 * 1024;
export const MAX_ZONES = 20_000;
const ENTRY_OCTETS = 500;
/** Seconds that a link is remembered at most, one that is not bogus. */
const MAX_LINK_TTL = 3_600;

interface Entry extends Kept<Cut> {
  /** The zone that it was judged by. */
  readonly above: Name;
  /** Seconds since the epoch. */
  readonly received: number;
}

export class KeptCuts {
  readonly #now: () => number;
  readonly #kept = new LRUCache<string, Entry>({
    max: MAX_ZONES,
    maxSize: MAX_KEY_OCTETS,
    sizeCalculation: ({ value }) => ENTRY_OCTETS + octetsOfKeys(value),
  });
  /** When bogus verdicts of zones end. */
  readonly #ends = new WeakMap<ZoneSecurity, number>();
  #epoch = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Counts the times that all was forgotten. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Forgets all, also what is being looked at now. */
  clear(): void {
    this.#epoch++;
    this.#kept.clear();
  }

  recall(key: string, above: Name): Cut | undefined {
    const kept = this.#kept.get(key);
    const now = this.#now();
    // A clock that was set back prolongs nothing, least of all what was judged by the wrong time.
    if (!kept || kept.expires <= now || kept.received > now + CLOCK_SLACK) return undefined;
    return sameName(kept.above, above) ? kept.value : undefined;
  }

  /** Also what has expired: it may be the newest that is known. */
  peek(key: string): Entry | undefined {
    return this.#kept.peek(key);
  }

  async remember(key: string, above: Name, judging: Promise<Kept<Cut>>): Promise<Cut> {
    const epoch = this.#epoch;
    const { value, expires } = await judging;
    if (epoch !== this.#epoch) return value;
    const now = this.#now();
    const bogus = value.at === 'zone' && value.security.state === 'bogus' ? value.security : undefined;
    const until = Math.min(expires, now + (bogus ? MAX_BOGUS_TTL : MAX_LINK_TTL));
    if (until > now) this.#kept.set(key, { value, above, received: now, expires: until });
    if (bogus) this.#ends.set(bogus, until);
    return value;
  }

  /** Seconds that what is bogus by this verdict may be kept: no longer than the verdict, or the two would add up. */
  longestFor(security: ZoneSecurity): number {
    const end = this.#ends.get(security);
    return end === undefined ? Number.POSITIVE_INFINITY : Math.max(0, end - this.#now());
  }

  /** Forgets what lies at these keys. @returns what puts it back, unless all was forgotten meanwhile */
  setAside(keys: readonly string[]): () => void {
    const epoch = this.#epoch;
    const before = keys.map((key) => ({ key, kept: this.#kept.get(key) }));
    for (const { key } of before) this.#kept.delete(key);
    return () => {
      if (epoch === this.#epoch) for (const { key, kept } of before) if (kept) this.#kept.set(key, kept);
    };
  }
}

/** Each key is held as it came and as it was read. */
function octetsOfKeys(cut: Cut): number {
  if (cut.at !== 'zone' || cut.security.state !== 'secure') return 0;
  return cut.security.keys.keys.reduce((sum, { rdata }) => sum + 2 * rdata.length, 0);
}
