/**
 * The NSEC RRsets, SOA and wildcards of secure zones, in canonical order, so that what covers a name can be found (RFC 8198 §5.1); NSEC3
 * RRsets in the order of their hashes (§5.2), those of one chain: another salt or number of iterations takes the place of the one before.
 * A store and no judge: whoever takes something out proves anew what it says, with its signatures.
 *
 * Limits: bounded in octets over all zones and in records by zone; the oldest record of a full zone goes first. A clock that is set
 * back empties it, for nothing may live longer by that.
 */

import { LRUCache } from 'lru-cache';
import { compareNames, type Name } from '../base/name.ts';
import { type RRset, rrKey } from '../base/record.ts';
import { ENTRY_OVERHEAD, octetsOfRRset } from './octets.ts';
import { packRRsets } from './pack.ts';
import { CLOCK_SLACK } from './timed-store.ts';

export interface IndexedRRset {
  readonly rrset: RRset;
  /** The zone whose servers gave it, by our walk. */
  readonly walked: Name;
  /** Seconds since the epoch. */
  readonly expires: number;
}

export interface HashedRRset extends IndexedRRset {
  /** The hash that its owner is named by. */
  readonly ownerHash: Buffer;
}

/** What names are hashed with (RFC 5155 §5); the algorithm is SHA-1. */
export interface Nsec3Parameters {
  readonly salt: Uint8Array;
  readonly iterations: number;
}

interface Spans {
  soa: IndexedRRset | undefined;
  /** By owner, in canonical order. */
  readonly nsec: IndexedRRset[];
  /** By hash. */
  nsec3: { readonly parameters: Nsec3Parameters; readonly records: HashedRRset[] } | undefined;
  /** Wildcard RRsets by the key of owner and type. */
  readonly wildcards: Map<string, IndexedRRset>;
  octets: number;
}

const MAX_NSEC = 2_000;
const MAX_NSEC3 = 2_000;
/** A hash with its buffer. */
const HASH_OCTETS = 150;
const MAX_WILDCARDS = 200;
/** One RRset may not be larger (CVE-2026-33258). */
const MAX_RRSET_OCTETS = 8 * 1024;

export class DenialIndex {
  readonly #zones: LRUCache<string, Spans>;
  #latest = Number.NEGATIVE_INFINITY;

  constructor({ maxOctets }: { readonly maxOctets: number }) {
    this.#zones = new LRUCache({ maxSize: maxOctets, sizeCalculation: ({ octets }) => octets });
  }

  /** Whether anything of a zone is known. */
  has(zone: Name): boolean {
    return this.#zones.has(zone.key);
  }

  putSoa(zone: Name, entry: IndexedRRset, now: number): void {
    this.#change(zone, entry, now, (spans, packed) => {
      const before = spans.soa;
      spans.soa = packed;
      return before ? [before] : [];
    });
  }

  putNsec(zone: Name, entry: IndexedRRset, now: number): void {
    this.#change(zone, entry, now, (spans, packed) => {
      const at = placeOf(packed.rrset.owner, spans.nsec);
      const same = at > 0 && spans.nsec[at - 1]?.rrset.owner.key === packed.rrset.owner.key;
      return insert(spans.nsec, packed, same ? at - 1 : at, same, MAX_NSEC);
    });
  }

  /** @param entry an NSEC3 RRset of one record, of the chain with these parameters */
  putNsec3(zone: Name, entry: HashedRRset, parameters: Nsec3Parameters, now: number): void {
    this.#change(zone, { ...entry, ownerHash: copyOf(entry.ownerHash) }, now, (spans, packed) => {
      const gone: HashedRRset[] = [];
      if (!spans.nsec3 || !sameParameters(spans.nsec3.parameters, parameters)) {
        gone.push(...(spans.nsec3?.records ?? []));
        spans.nsec3 = { parameters: { salt: copyOf(parameters.salt), iterations: parameters.iterations }, records: [] };
      }
      const { records } = spans.nsec3;
      const at = placeOfHash(packed.ownerHash, records);
      const same = at > 0 && records[at - 1]?.ownerHash.equals(packed.ownerHash) === true;
      return [...gone, ...insert(records, packed, same ? at - 1 : at, same, MAX_NSEC3)];
    });
  }

  /** @param entry an RRset whose owner is the wildcard */
  putWildcard(zone: Name, entry: IndexedRRset, now: number): void {
    const key = rrKey(entry.rrset.owner, entry.rrset.type);
    this.#change(zone, entry, now, ({ wildcards }, packed) => {
      const victim = wildcards.has(key) || wildcards.size < MAX_WILDCARDS ? key : (wildcards.keys().next().value as string);
      const before = wildcards.get(victim);
      wildcards.delete(victim);
      wildcards.set(key, packed);
      return before ? [before] : [];
    });
  }

  soa(zone: Name, now: number): IndexedRRset | undefined {
    return living(this.#get(zone, now)?.soa, now);
  }

  /** The NSEC at `name`, or else the last before it. */
  nsecAtOrBefore(zone: Name, name: Name, now: number): IndexedRRset | undefined {
    const spans = this.#get(zone, now);
    return spans && living(spans.nsec[placeOf(name, spans.nsec) - 1], now);
  }

  /** What the names of a zone are hashed with, if any of its NSEC3 is known. */
  nsec3Parameters(zone: Name, now: number): Nsec3Parameters | undefined {
    return this.#get(zone, now)?.nsec3?.parameters;
  }

  /** The NSEC3 with that hash, or else the last before it, the last of all being before the first (RFC 5155 §3.1.7). */
  nsec3AtOrBefore(zone: Name, digest: Buffer, now: number): HashedRRset | undefined {
    const records = this.#get(zone, now)?.nsec3?.records;
    return records && living(records.at(placeOfHash(digest, records) - 1), now);
  }

  wildcard(zone: Name, owner: Name, type: number, now: number): IndexedRRset | undefined {
    return living(this.#get(zone, now)?.wildcards.get(rrKey(owner, type)), now);
  }

  clear(): void {
    this.#zones.clear();
  }

  get octets(): number {
    return this.#zones.calculatedSize;
  }

  #get(zone: Name, now: number): Spans | undefined {
    if (now < this.#latest - CLOCK_SLACK) this.#zones.clear();
    this.#latest = now < this.#latest - CLOCK_SLACK ? now : Math.max(now, this.#latest);
    return this.#zones.get(zone.key);
  }

  /** @param put puts the packed RRset in its place and returns what had to go for it */
  #change<E extends IndexedRRset>(zone: Name, entry: E, now: number, put: (spans: Spans, packed: E) => readonly IndexedRRset[]): void {
    if (now >= entry.expires || octetsOfRRset(entry.rrset) > MAX_RRSET_OCTETS) return;
    const spans = this.#get(zone, now) ?? { soa: undefined, nsec: [], nsec3: undefined, wildcards: new Map(), octets: ENTRY_OVERHEAD };
    const packed = { ...entry, rrset: packRRsets([entry.rrset])[0] as RRset };
    const gone = put(spans, packed);
    spans.octets += octetsOf(packed) - gone.reduce((sum, one) => sum + octetsOf(one), 0);
    this.#zones.delete(zone.key);
    this.#zones.set(zone.key, spans);
  }
}

/** Puts a record at its place, in place of the one there or beside it. @returns what had to go: that one, or the oldest of too many */
function insert<E extends IndexedRRset>(records: E[], record: E, at: number, replaces: boolean, most: number): E[] {
  const before = records.splice(at, replaces ? 1 : 0, record);
  if (records.length <= most) return before;
  const first = records.reduce((least, one) => (one.expires < least.expires ? one : least));
  return records.splice(records.indexOf(first), 1);
}

function sameParameters(a: Nsec3Parameters, b: Nsec3Parameters): boolean {
  return a.iterations === b.iterations && Buffer.compare(a.salt, b.salt) === 0;
}

/** A copy that pins no message. */
function copyOf(octets: Uint8Array): Buffer {
  const copy = Buffer.alloc(octets.length);
  copy.set(octets);
  return copy;
}

/** How many hashes stand at or before `digest`. */
function placeOfHash(digest: Buffer, sorted: readonly HashedRRset[]): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (Buffer.compare((sorted[middle] as HashedRRset).ownerHash, digest) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** How many owners stand at or before `name`. */
function placeOf(name: Name, sorted: readonly IndexedRRset[]): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareNames((sorted[middle] as IndexedRRset).rrset.owner, name) <= 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function living<E extends IndexedRRset>(entry: E | undefined, now: number): E | undefined {
  return entry && now < entry.expires ? entry : undefined;
}

function octetsOf(entry: IndexedRRset): number {
  return ENTRY_OVERHEAD + octetsOfRRset(entry.rrset) + ('ownerHash' in entry ? HASH_OCTETS : 0);
}
