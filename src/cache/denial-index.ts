/**
 * The NSEC RRsets, SOA and wildcards of secure zones, in canonical order, so that what covers a name can be found (RFC 8198 §5.1).
 * A store and no judge: whoever takes something out proves anew what it says, with its signatures.
 *
 * Limits: bounded in octets over all zones and in records by zone; the oldest record of a full zone goes first. A clock that is set
 * back empties it, for nothing may live longer by that. NSEC3 is not kept.
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

interface Spans {
  soa: IndexedRRset | undefined;
  /** By owner, in canonical order. */
  readonly nsec: IndexedRRset[];
  /** Wildcard RRsets by the key of owner and type. */
  readonly wildcards: Map<string, IndexedRRset>;
  octets: number;
}

const MAX_NSEC = 2_000;
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
      return before;
    });
  }

  putNsec(zone: Name, entry: IndexedRRset, now: number): void {
    this.#change(zone, entry, now, (spans, packed) => {
      const at = placeOf(packed.rrset.owner, spans.nsec);
      const same = at > 0 && spans.nsec[at - 1]?.rrset.owner.key === packed.rrset.owner.key;
      const [before] = spans.nsec.splice(same ? at - 1 : at, same ? 1 : 0, packed);
      if (before || spans.nsec.length <= MAX_NSEC) return before;
      const first = spans.nsec.reduce((least, one) => (one.expires < least.expires ? one : least));
      return spans.nsec.splice(spans.nsec.indexOf(first), 1)[0];
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
      return before;
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
  #change(zone: Name, entry: IndexedRRset, now: number, put: (spans: Spans, packed: IndexedRRset) => IndexedRRset | undefined): void {
    if (now >= entry.expires || octetsOfRRset(entry.rrset) > MAX_RRSET_OCTETS) return;
    const spans = this.#get(zone, now) ?? { soa: undefined, nsec: [], wildcards: new Map(), octets: ENTRY_OVERHEAD };
    const packed = { ...entry, rrset: packRRsets([entry.rrset])[0] as RRset };
    const gone = put(spans, packed);
    spans.octets += octetsOf(packed) - (gone ? octetsOf(gone) : 0);
    this.#zones.delete(zone.key);
    this.#zones.set(zone.key, spans);
  }
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

function living(entry: IndexedRRset | undefined, now: number): IndexedRRset | undefined {
  return entry && now < entry.expires ? entry : undefined;
}

function octetsOf({ rrset }: IndexedRRset): number {
  return ENTRY_OVERHEAD + octetsOfRRset(rrset);
}
