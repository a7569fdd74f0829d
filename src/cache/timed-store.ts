/**
 * Bounded memory with expiry, under all caches of data: the least recently used goes first, the bound is in octets.
 *
 * Ages follow the wall clock, which may be set back; that may not prolong anything. So the store keeps the latest time it was told and
 * counts each step back beyond `CLOCK_SLACK` off the lifetime of everything stored before it. What was received in the clock's future
 * is expired at once: its signatures were judged at a time that has not come yet.
 *
 * Limits: a step back between two calls that lie further apart than the step itself goes unseen; nothing but a second clock could
 * tell. Expired entries stay until their room is needed or they are replaced; `recall` alone returns them.
 */

import { LRUCache } from 'lru-cache';
import { flatten } from './pack.ts';

/** Both in seconds since the epoch. */
export interface Timed {
  readonly received: number;
  /** The first moment at which it no longer holds. */
  readonly expires: number;
}

/** Seconds. Over the 8 s that one query may take, for a query may hold on to the time at which it began. */
export const CLOCK_SLACK = 10;

export interface StoreOptions<V> {
  readonly maxOctets: number;
  /** Larger entries are refused, so that one cannot push out all others. */
  readonly maxEntryOctets: number;
  readonly octetsOf: (value: V) => number;
  /** Makes what is kept of a value that was accepted. */
  readonly pack?: (value: V) => V;
}

interface Stored<V> {
  readonly value: V;
  readonly octets: number;
  /** What `#steppedBack` was when it was stored. */
  readonly steppedBack: number;
}

export class TimedStore<V extends Timed> {
  readonly #entries: LRUCache<string, Stored<V>>;
  readonly #octetsOf: (value: V) => number;
  readonly #pack: (value: V) => V;
  readonly #maxEntryOctets: number;
  #latest = Number.NEGATIVE_INFINITY;
  /** Seconds, in all, that the clock was set back. */
  #steppedBack = 0;

  constructor({ maxOctets, maxEntryOctets, octetsOf, pack = (value) => value }: StoreOptions<V>) {
    this.#entries = new LRUCache({ maxSize: maxOctets, sizeCalculation: ({ octets }) => octets });
    this.#maxEntryOctets = Math.min(maxEntryOctets, maxOctets);
    this.#octetsOf = octetsOf;
    this.#pack = pack;
  }

  /** What is stored and unexpired; after a step back of the clock with `received` and `expires` moved back as far. */
  get(key: string, now: number): V | undefined {
    const value = this.recall(key, now);
    if (!value || now >= value.expires) return undefined;
    this.#entries.get(key); // now it is the most recently used
    return value;
  }

  /** What is stored, expired or not, with its times as `get` moves them; whoever calls it must look at `expires`. Makes nothing recent. */
  recall(key: string, now: number): V | undefined {
    this.#observe(now);
    if (this.#entries.size === 0) return undefined; // what failed or is bogus is mostly nothing: no key need be hashed for it
    const stored = this.#entries.peek(key);
    if (!stored || now < stored.value.received - CLOCK_SLACK) return undefined;
    const { value } = stored;
    const back = this.#steppedBack - stored.steppedBack;
    return back === 0 ? value : { ...value, received: value.received - back, expires: value.expires - back };
  }

  /** Stores, in place of what stands there. False where it is expired already (TTL 0) or too large: then what stands there stays. */
  put(key: string, value: V, now: number): boolean {
    this.#observe(now);
    if (now >= value.expires) return false;
    const octets = Math.ceil(this.#octetsOf(value)) + key.length;
    if (octets > this.#maxEntryOctets) return false;
    this.#entries.set(flatten(key), { value: this.#pack(value), octets, steppedBack: this.#steppedBack });
    return true;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Deletes what has expired, and nothing else. */
  deleteExpired(key: string, now: number): void {
    const value = this.recall(key, now);
    if (value && now >= value.expires) this.#entries.delete(key);
  }

  /** Deletes all that `matches`; looks at every entry, so for operators and not for the path of a query. */
  deleteWhere(matches: (value: V) => boolean): void {
    for (const [key, { value }] of [...this.#entries.entries()]) if (matches(value)) this.#entries.delete(key);
  }

  clear(): void {
    this.#entries.clear();
  }

  get octets(): number {
    return this.#entries.calculatedSize;
  }

  get size(): number {
    return this.#entries.size;
  }

  #observe(now: number): void {
    if (now >= this.#latest) {
      this.#latest = now;
    } else if (this.#latest - now > CLOCK_SLACK) {
      this.#steppedBack += this.#latest - now;
      this.#latest = now;
    }
  }
}
