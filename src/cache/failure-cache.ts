/**
 * Failed resolutions (RFC 9520): a name that could not be resolved is left alone for some seconds, longer each time it fails again.
 *
 * Limits: by name and type of the question alone; what servers do is in the server cache (RFC 9520 §3.2 leaves the granularity to us).
 */

import type { Name } from '../base/name.ts';
import { rrKey } from '../base/record.ts';
import type { Validation } from '../base/validation.ts';
import { ENTRY_OVERHEAD } from './octets.ts';
import { type Timed, TimedStore } from './timed-store.ts';

export type Indeterminate = Extract<Validation, { readonly state: 'indeterminate' }>;

/** Seconds: RFC 9520 §3.2 wants at least 1 and at most 300, and exponential growth. */
export const FIRST_FAILURE_TTL = 2;
export const MAX_FAILURE_TTL = 60;

/** `expires` is when it is forgotten: for another `MAX_FAILURE_TTL` behind its end, a failure counts as a repeated one. */
interface Failure extends Timed {
  readonly validation: Indeterminate;
  readonly ttl: number;
}

export class FailureCache {
  readonly #store: TimedStore<Failure>;

  constructor({ maxOctets }: { readonly maxOctets: number }) {
    this.#store = new TimedStore({ maxOctets, maxEntryOctets: 4096, octetsOf });
  }

  get(name: Name, type: number, now: number): { readonly validation: Indeterminate; readonly expires: number } | undefined {
    const failure = this.#store.get(rrKey(name, type), now);
    return failure && now < endOf(failure) ? { validation: failure.validation, expires: endOf(failure) } : undefined;
  }

  /**
   * Notes a failure: the first is kept for 2 s, each further one twice as long, at most 60 s. While one stands another changes nothing.
   * That we are not ready says nothing about the name and is not kept.
   */
  put(name: Name, type: number, validation: Indeterminate, now: number): void {
    if (validation.reason === 'not-ready') return;
    const key = rrKey(name, type);
    const before = this.#store.get(key, now);
    if (before && now < endOf(before)) return;
    const ttl = before ? Math.min(before.ttl * 2, MAX_FAILURE_TTL) : FIRST_FAILURE_TTL;
    this.#store.put(key, { validation, ttl, received: now, expires: now + ttl + MAX_FAILURE_TTL }, now);
  }

  /** After a success: the next failure is a first one. */
  delete(name: Name, type: number): void {
    this.#store.delete(rrKey(name, type));
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

function endOf(failure: Failure): number {
  return failure.expires - MAX_FAILURE_TTL;
}

function octetsOf({ validation }: Failure): number {
  return ENTRY_OVERHEAD + 2 * (validation.detail?.length ?? 0);
}
