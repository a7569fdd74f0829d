/**
 * Delegations: which servers to ask about a zone. Only referrals by the parent's servers, hints, priming and configuration write here;
 * what a zone says of its own NS lies in the RRset cache and prolongs nothing.
 *
 * Against ghost domains (CVE-2022-30698, CVE-2022-30699, CVE-2026-40622, CVE-2026-42955) two rules go further. A delegation ends no
 * later than the one through which it was learned, so that below a revoked zone nothing outlives the last referral to that zone. And it
 * holds only while that one stands: when the parent's delegation expired, was deleted, or now names other servers, all that was learned
 * through the old one is out at once, for whoever held the zone then may not speak for it now. The root, stubs and forwards come from
 * nobody's referral: they bound nothing, and stay until they are replaced or deleted.
 */

import { ancestor, isBelow, isWithin, type Name } from '../base/name.ts';
import { ENTRY_OVERHEAD, octetsOfName } from './octets.ts';
import { packName } from './pack.ts';
import { TimedStore } from './timed-store.ts';

export interface DelegationServer {
  readonly name: Name;
  /** Glue, or configured addresses; none where the name must be resolved first. */
  readonly addresses: readonly string[];
}

export interface Delegation {
  readonly zone: Name;
  /** The zone whose servers gave the referral; of no meaning for the other sources. */
  readonly parent: Name;
  readonly servers: readonly DelegationServer[];
  /** Seconds since the epoch. */
  readonly received: number;
  readonly expires: number;
  readonly source: 'hints' | 'priming' | 'referral' | 'stub' | 'forward';
}

interface Held extends Delegation {
  /** Changes when the zone is delegated to other servers. */
  readonly generation: number;
  /** The parent's generation when this was learned. */
  readonly parentGeneration: number;
}

/** One entry may not be larger: an NS RRset of 13 names with both addresses counts some 6,000 octets. */
const MAX_ENTRY_OCTETS = 32 * 1024;

/** The generation of zones that nobody delegates. */
const CONFIGURED = 0;

export class DelegationCache {
  readonly #referrals: TimedStore<Held>;
  /** Zones by configuration, and the root: as few as somebody wrote down, and never pushed out. */
  readonly #configured = new Map<string, Delegation>();
  #generations = CONFIGURED;

  readonly #maxTtl: number;

  constructor({ maxOctets, maxTtl = Number.POSITIVE_INFINITY }: { readonly maxOctets: number; readonly maxTtl?: number }) {
    this.#maxTtl = maxTtl;
    this.#referrals = new TimedStore({ maxOctets, maxEntryOctets: MAX_ENTRY_OCTETS, octetsOf, pack });
  }

  /** The deepest delegation at or above `name` that stands. */
  closest(name: Name, now: number): Delegation | undefined {
    for (let labels = name.labels; labels >= 0; labels--) {
      const found = this.get(ancestor(name, labels), now);
      if (found) return found;
    }
    return undefined;
  }

  /** The delegation of exactly this zone, if it and all it was learned through stand. */
  get(zone: Name, now: number): Delegation | undefined {
    const configured = this.#configured.get(zone.key);
    if (configured) return now < configured.expires ? configured : undefined;
    return this.#standing(zone, now);
  }

  /** The zone that the servers of `zone` referred to on the way down to `target`, if that is known. */
  nextCut(zone: Name, target: Name, now: number): Name | undefined {
    for (let labels = zone.labels + 1; labels <= target.labels; labels++) {
      const cut = this.get(ancestor(target, labels), now);
      if (cut && cut.source === 'referral' && cut.parent.key === zone.key && isWithin(target, cut.zone)) return cut.zone;
    }
    return undefined;
  }

  /**
   * Stores a delegation in place of an earlier one for the zone. A referral is refused where the parent's own delegation does not stand
   * (that of the root is never missed), where it does not lead down, where it names no server, and for a zone that is configured.
   * @returns whether it was stored
   */
  put(delegation: Delegation, now: number): boolean {
    const { zone, parent, source } = delegation;
    if (delegation.servers.length === 0) return false;
    if (source !== 'referral') {
      this.#configured.set(zone.key, delegation);
      return true;
    }
    if (this.#configured.has(zone.key) || !isBelow(zone, parent)) return false;
    const bounds = this.#boundsOf(parent, now);
    if (!bounds) return false;
    const before = this.#standing(zone, now);
    const generation = before && sameServers(before, delegation) ? before.generation : ++this.#generations;
    const expires = Math.min(delegation.expires, bounds.expires, now + this.#maxTtl);
    return this.#referrals.put(zone.key, { ...delegation, expires, generation, parentGeneration: bounds.generation }, now);
  }

  /** Forgets the delegation of this zone, and so all that was learned through it. */
  delete(zone: Name): void {
    this.#configured.delete(zone.key);
    this.#referrals.delete(zone.key);
  }

  /** Forgets all, configuration and root too. */
  clear(): void {
    this.#configured.clear();
    this.#referrals.clear();
  }

  get octets(): number {
    return this.#referrals.octets;
  }

  get size(): number {
    return this.#referrals.size + this.#configured.size;
  }

  /** A referral that stands. Each step goes to a zone above, so this ends. */
  #standing(zone: Name, now: number): Held | undefined {
    const held = this.#referrals.get(zone.key, now);
    if (!held) return undefined;
    return this.#boundsOf(held.parent, now)?.generation === held.parentGeneration ? held : undefined;
  }

  /** What the delegation of `parent` lends to those below it; undefined where it does not stand. */
  #boundsOf(parent: Name, now: number): Pick<Held, 'expires' | 'generation'> | undefined {
    if (parent.labels === 0 || this.#configured.has(parent.key)) return { expires: Number.POSITIVE_INFINITY, generation: CONFIGURED };
    return this.#standing(parent, now);
  }
}

function sameServers(a: Delegation, b: Delegation): boolean {
  const names = new Set(a.servers.map(({ name }) => name.key));
  return names.size === new Set(b.servers.map(({ name }) => name.key)).size && b.servers.every(({ name }) => names.has(name.key));
}

function pack(held: Held): Held {
  const servers = held.servers.map(({ name, addresses }) => ({ name: packName(name), addresses }));
  return { ...held, zone: packName(held.zone), parent: packName(held.parent), servers };
}

function octetsOf({ zone, parent, servers }: Held): number {
  const octets = servers.reduce((sum, { name, addresses }) => sum + octetsOfName(name) + 80 * (addresses.length + 1), 0);
  return ENTRY_OVERHEAD + octetsOfName(zone) + octetsOfName(parent) + octets;
}
