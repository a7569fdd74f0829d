/**
 * Denials: that a name does not exist, or that a type does not exist at a name (RFC 2308 §5). Class IN alone.
 * A name error holds for every type at the name, so it is kept by name; NODATA by name and type, so what the parent says of DS at a zone
 * cut never denies what the child has there.
 * What a denial proves of other names is for resolver/synthesise.ts to say (RFC 8020, RFC 8198).
 */

import { type Name, sameName } from '../base/name.ts';
import { type RRset, rrKey } from '../base/record.ts';
import { Type } from '../base/registry.ts';
import type { Validation } from '../base/validation.ts';
import { ENTRY_OVERHEAD, octetsOfName, octetsOfRRsets } from './octets.ts';
import { packName, packRRsets } from './pack.ts';
import { TimedStore } from './timed-store.ts';
import { asCached, isSecure } from './verdict.ts';

export interface DenialEntry {
  readonly kind: 'nodata' | 'nxdomain';
  readonly owner: Name;
  /** The type denied; for a name error the type that was asked. */
  readonly type: number;
  /** The zone whose servers gave it. */
  readonly zone: Name;
  /** SOA and proofs, with their signatures. */
  readonly authority: readonly RRset[];
  /** Undefined: not judged yet. */
  readonly validation: Validation | undefined;
  /** Seconds since the epoch. */
  readonly received: number;
  readonly expires: number;
  /** Address of the server that gave it. */
  readonly server: string | undefined;
}

/** One entry may not be larger (CVE-2026-33258). SOA and three NSEC3 with RSA signatures of 4,096 bits count some 4,500 octets. */
const MAX_ENTRY_OCTETS = 16 * 1024;

export class DenialCache {
  readonly #store: TimedStore<DenialEntry>;

  constructor({ maxOctets }: { readonly maxOctets: number }) {
    this.#store = new TimedStore({ maxOctets, maxEntryOctets: MAX_ENTRY_OCTETS, octetsOf, pack });
  }

  /** The unexpired denial of that type at that name: a name error before NODATA, unless the latter alone is secure. */
  get(name: Name, type: number, now: number): DenialEntry | undefined {
    const nameError = this.#store.get(nameErrorKey(name), now);
    const nodata = this.#store.get(rrKey(name, type), now);
    return nameError && nodata && isSecure(nodata) && !isSecure(nameError) ? nodata : (nameError ?? nodata);
  }

  /** The unexpired name error at exactly that name. */
  nameError(name: Name, now: number): DenialEntry | undefined {
    return this.#store.get(nameErrorKey(name), now);
  }

  /** What denied that type at that name, or the name, though it may have expired (RFC 8767): resolver/stale.ts alone may use such. */
  recall(name: Name, type: number, now: number): DenialEntry[] {
    const entries = [this.#store.recall(nameErrorKey(name), now), this.#store.recall(rrKey(name, type), now)];
    return entries.filter((entry) => entry !== undefined);
  }

  /** The name error at exactly that name, though it may have expired. */
  recallNameError(name: Name, now: number): DenialEntry | undefined {
    return this.#store.recall(nameErrorKey(name), now);
  }

  /**
   * Stores a denial. What is not secure never takes the place of an unexpired secure one; NODATA says that the name exists, and so ends
   * a name error that it may replace.
   * @returns whether it was stored: false also for TTL 0 and for what is too large
   */
  put(entry: DenialEntry, now: number): boolean {
    const standing = this.get(entry.owner, entry.type, now);
    const kept = asCached(entry);
    if (standing && isSecure(standing) && !isSecure(kept)) return false;
    // DS is the zone above's to deny: where a configured zone has the name, that says nothing of it.
    if (entry.kind === 'nxdomain' && entry.type !== Type.DS) return this.#store.put(nameErrorKey(entry.owner), kept, now);
    if (!this.#store.put(rrKey(entry.owner, entry.type), kept, now)) return false;
    if (entry.kind === 'nodata') this.#store.delete(nameErrorKey(entry.owner));
    return true;
  }

  /** Forgets what denies that type at that name; without a type all that denies anything at the name, which looks at every entry. */
  delete(name: Name, type?: number): void {
    if (type === undefined) {
      this.#store.deleteWhere(({ owner }) => sameName(owner, name));
      return;
    }
    this.#store.delete(nameErrorKey(name));
    this.#store.delete(rrKey(name, type));
  }

  deleteExpired(name: Name, type: number, now: number): void {
    this.#store.deleteExpired(nameErrorKey(name), now);
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

/** No type has this for a number, so it meets no key of NODATA. */
function nameErrorKey(name: Name): string {
  return `nx/${name.key}`;
}

function pack(entry: DenialEntry): DenialEntry {
  return { ...entry, owner: packName(entry.owner), authority: packRRsets(entry.authority) };
}

function octetsOf({ owner, zone, authority }: DenialEntry): number {
  return ENTRY_OVERHEAD + octetsOfName(owner) + octetsOfName(zone) + octetsOfRRsets(authority);
}
