/**
 * Prefetch: what is asked for while less than a tenth of its TTL is left is fetched anew in the background, so that names in use are not
 * waited for. The client has had its answer from the cache; that answer stands until its TTL ends, whatever comes of the refresh.
 *
 * Limits: one attempt a name and type in half a minute, so many at once, a budget for each that no client pays; nothing of a short TTL,
 * which would be fetched as often as asked for. Keys and DS of the chain of trust are renewed when a refresh needs them, not before.
 */

import { type Limits, sharedLimits } from '../base/budget.ts';
import type { Name } from '../base/name.ts';
import { rrKey } from '../base/record.ts';
import { isServable } from '../base/validation.ts';
import type { Shared, Work } from '../base/work.ts';
import { type Timed, TimedStore } from '../cache/timed-store.ts';
import type { LinkJudge } from './judge.ts';
import type { JudgedLink } from './link.ts';
import type { PrefetchOutcome } from './settings.ts';

/** Of its lifetime in the cache: due when less than one part of so many is left. */
const PARTS = 10;
/** Seconds: what lives shorter is not worth it. */
const MIN_LIFETIME = 60;
const RETRY_SECONDS = 30;
const MAX_AT_ONCE = 64;
/** Share of the cache memory for what was attempted of late. */
export const PREFETCH_SHARE = 0.01;
const NOTE_OCTETS = 250;

export interface PrefetchDeps {
  readonly judge: Pick<LinkJudge, 'refresh'>;
  readonly maxOctets: number;
  /** Runs work in the background under these limits and a deadline, once for equal keys. */
  readonly begin: (key: string, limits: Limits, run: (work: Work) => Promise<boolean>) => Promise<Shared<boolean>>;
  /** Seconds since the epoch. */
  readonly now: () => number;
  /** Synchronous, must not throw. */
  readonly onPrefetch?: ((outcome: PrefetchOutcome) => void) | undefined;
}

export class Prefetcher {
  readonly #deps: PrefetchDeps;
  readonly #attempted: TimedStore<Timed>;
  #running = 0;

  constructor(deps: PrefetchDeps) {
    this.#deps = deps;
    this.#attempted = new TimedStore({ maxOctets: deps.maxOctets, maxEntryOctets: 4_096, octetsOf: () => NOTE_OCTETS });
  }

  get octets(): number {
    return this.#attempted.octets;
  }

  /** Looks at a link that is given out of the cache, and begins to fetch it anew where that is due. */
  heed(name: Name, type: number, { received, expires, validation }: JudgedLink): void {
    const now = this.#deps.now();
    if (received === undefined || expires - received < MIN_LIFETIME || (expires - now) * PARTS >= expires - received) return;
    const key = rrKey(name, type);
    if (!isServable(validation) || this.#attempted.get(key, now)) return;
    if (this.#running >= MAX_AT_ONCE) {
      this.#deps.onPrefetch?.('skipped');
      return;
    }
    this.#attempted.put(key, { received: now, expires: now + RETRY_SECONDS }, now);
    void this.#refresh(name, type, key);
  }

  async #refresh(name: Name, type: number, key: string): Promise<void> {
    const { judge, begin, onPrefetch } = this.#deps;
    this.#running++;
    try {
      const outcome = await begin(`prefetch/${key}`, sharedLimits, (work) => judge.refresh(name, type, work));
      onPrefetch?.(outcome.outcome === 'done' && outcome.value ? 'refreshed' : 'failed');
    } catch {
      onPrefetch?.('failed'); // a fault of ours, which whoever asks next will hear of: here nobody waits
    } finally {
      this.#running--;
    }
  }
}
