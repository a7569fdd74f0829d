/**
 * Follows the keys of the configured trust points (RFC 5011): holds their states, keeps them on disk, says which anchors validation
 * starts from now. When to look is refresh.ts's affair, how to fetch is the resolver's.
 */

import { formatName, type Name, sameName } from '../base/name.ts';
import type { RRset } from '../base/record.ts';
import type { TrustAnchor } from '../base/trust-anchor.ts';
import type { DnssecContext } from '../dnssec/context.ts';
import { readDnskey } from '../wire/rdata/dnskey.ts';
import type { LoadedState } from './anchor-store.ts';
import type { AnchorsAt } from './read-anchors.ts';
import { observe, queryInterval, retryTime, sameKey, type TrackedKey, type TrustPoint } from './rfc5011.ts';
import { type Look, lookAtKeys } from './seen-keys.ts';
import { MAX_STORED_POINTS, type StoredPoint } from './state-text.ts';
import { anchorOf, compareAnchors, isNamedBy, openPoint, pointOf } from './trust-point.ts';

export type TrustEvent =
  | { readonly event: 'key-state'; readonly zone: string; readonly keyTag: number; readonly from: string; readonly to: string }
  | { readonly event: 'refresh-failed'; readonly zone: string; readonly fault: string }
  | { readonly event: 'state-faulty'; readonly fault: string }
  | { readonly event: 'state-not-saved'; readonly fault: string }
  /** All its keys are revoked: what is in it is insecure from now on (RFC 5011 §5). */
  | { readonly event: 'trust-point-deleted'; readonly zone: string };

/** Keeps the state; anchor-store.ts does. */
export interface StateStore {
  load(): LoadedState;
  save(points: readonly StoredPoint[]): void;
}

export interface TrackerDeps {
  /** What the operator's file says at a moment. */
  readonly configured: AnchorsAt;
  /** Undefined: states last as long as the process. */
  readonly store: StateStore | undefined;
  /** Seconds since the epoch. */
  readonly now: () => number;
  readonly tell: (event: TrustEvent) => void;
}

/** Fetches a zone's DNSKEY RRset anew, until `judge` says that one will do; false where none would. Never rejects. */
export type FetchKeys = (zone: Name, judge: (keys: RRset, context: DnssecContext) => boolean) => Promise<boolean>;

/** A trust point for whoever wants to see it. Moments in seconds since the epoch. */
export interface PointStatus {
  readonly zone: Name;
  readonly keys: readonly TrackedKey[];
  /** Undefined where all its keys are revoked. */
  readonly anchor: TrustAnchor | undefined;
  /** The last look that validated. */
  readonly refreshed: number | undefined;
  /** When the next look is due; undefined where none is planned. */
  readonly nextRefresh: number | undefined;
  /** What went wrong with the last look; undefined where it validated. */
  readonly fault: string | undefined;
}

interface Tracked extends StoredPoint {
  readonly nextRefresh?: number;
  readonly fault?: string | undefined;
  /** Seconds, of the last RRset that validated: they say when to try again. */
  readonly originalTtl?: number;
  readonly signatureLeft?: number;
}

export class AnchorTracker {
  readonly #deps: TrackerDeps;
  /** Also of zones that the operator names no longer, or not yet: they are kept, and count for nothing. */
  #points: readonly Tracked[];
  #configured: readonly TrustAnchor[] = [];
  #anchors: readonly TrustAnchor[] = [];
  #saveFault: string | undefined;

  constructor(deps: TrackerDeps) {
    this.#deps = deps;
    const { points, faults } = deps.store?.load() ?? { points: [], faults: [] };
    for (const fault of faults) deps.tell({ event: 'state-faulty', fault });
    this.#points = points;
    this.anchors();
  }

  /** Why the state could not be kept at the last attempt; undefined where it was. */
  get saveFault(): string | undefined {
    return this.#saveFault;
  }

  /** What validation starts from now. The same array while nothing has changed. */
  anchors(): readonly TrustAnchor[] {
    const configured = this.#deps.configured(this.#deps.now());
    if (configured !== this.#configured) {
      this.#configured = configured;
      const now = this.#deps.now();
      const opened = configured.slice(0, MAX_STORED_POINTS).map((anchor): Tracked => {
        const stored = pointOf(this.#points, anchor.zone) as Tracked | undefined;
        return { refreshed: undefined, ...stored, ...openPoint(anchor, stored, now) };
      });
      const others = this.#points.filter(({ zone }) => !pointOf(opened, zone));
      this.#points = [...opened, ...others].slice(0, MAX_STORED_POINTS);
      this.#anchors = this.#live();
    }
    return this.#anchors;
  }

  #live(): readonly TrustAnchor[] {
    return this.#configured
      .map((anchor) => {
        const point = pointOf(this.#points, anchor.zone);
        return point ? anchorOf(anchor, point) : anchor; // those beyond the bound are not followed
      })
      .filter((anchor) => anchor !== undefined);
  }

  /** Zones whose keys are followed. A deleted trust point is looked at no more: it is as if it had never been configured (§5). */
  zones(): readonly Name[] {
    return this.anchors()
      .map(({ zone }) => zone)
      .filter((zone) => pointOf(this.#points, zone));
  }

  status(): PointStatus[] {
    const anchors = this.anchors();
    return this.#points
      .filter(({ zone }) => this.#configured.some((anchor) => sameName(anchor.zone, zone)))
      .map(({ zone, keys, refreshed, nextRefresh, fault }) => {
        const anchor = anchors.find((live) => sameName(live.zone, zone));
        return { zone, keys, anchor, refreshed, nextRefresh, fault };
      });
  }

  /**
   * Looks at the keys of a trust point.
   * @returns seconds until the next look is due (§2.3), and what became of the anchors
   */
  async refresh(zone: Name, fetchKeys: FetchKeys): Promise<{ readonly wait: number; readonly anchors: 'same' | 'more' | 'less' }> {
    const before = this.anchors();
    let fault = 'no server gave its keys';
    const accepted = await fetchKeys(zone, (keys, context) => {
      const trusted = this.anchors().find((anchor) => sameName(anchor.zone, zone));
      if (!trusted) return true; // deleted meanwhile
      const look = lookAtKeys(zone, keys, trusted, context);
      if (look.validated || look.revoked.length > 0) this.#take(zone, look);
      fault = look.fault ?? fault;
      return look.fault === undefined;
    });
    const wait = this.#plan(zone, accepted ? undefined : fault);
    return { wait, anchors: compareAnchors(before, this.anchors()) };
  }

  #take(zone: Name, look: Look): void {
    const point = pointOf(this.#points, zone) as Tracked | undefined;
    const anchor = this.#configured.find((configured) => sameName(configured.zone, zone));
    if (!point || !anchor) return;
    const now = this.#deps.now();
    const next = observe(point, look, (rdata) => isNamedBy(anchor, rdata), now);
    const figures = look.validated && { originalTtl: look.validated.originalTtl, signatureLeft: look.signatureLeft, refreshed: now };
    this.#replace({ ...point, ...next, ...figures });
    this.#tellOfKeys(point, next);
    this.#anchors = this.#live();
    if (!this.#anchors.some((live) => sameName(live.zone, zone))) this.#deps.tell({ event: 'trust-point-deleted', zone: formatName(zone) });
    this.#save();
  }

  #plan(zone: Name, fault: string | undefined): number {
    const point = pointOf(this.#points, zone) as Tracked | undefined;
    if (fault !== undefined) this.#deps.tell({ event: 'refresh-failed', zone: formatName(zone), fault });
    const { originalTtl = 0, signatureLeft = 0 } = point ?? {};
    const wait = fault === undefined ? queryInterval(originalTtl, signatureLeft) : retryTime(originalTtl, signatureLeft);
    if (point) this.#replace({ ...point, fault, nextRefresh: this.#deps.now() + wait });
    if (this.#saveFault !== undefined) this.#save();
    return wait;
  }

  #replace(point: Tracked): void {
    this.#points = this.#points.map((other) => (sameName(other.zone, point.zone) ? point : other));
  }

  /** What cannot be saved counts all the same, a revocation first of all; the next look tries again. */
  #save(): void {
    try {
      this.#deps.store?.save(this.#points);
      this.#saveFault = undefined;
    } catch (error) {
      this.#saveFault = (error as Error).message;
      this.#deps.tell({ event: 'state-not-saved', fault: this.#saveFault });
    }
  }

  #tellOfKeys(before: TrustPoint, after: TrustPoint): void {
    const stateIn = ({ keys }: TrustPoint, rdata: Uint8Array) => keys.find((key) => sameKey(key.rdata, rdata))?.state ?? 'start';
    const all = [...after.keys, ...before.keys.filter(({ rdata }) => !after.keys.some((key) => sameKey(key.rdata, rdata)))];
    for (const { rdata } of all) {
      const [from, to] = [stateIn(before, rdata), stateIn(after, rdata)];
      if (from !== to) this.#deps.tell({ event: 'key-state', zone: formatName(before.zone), keyTag: readDnskey(rdata).keyTag, from, to });
    }
  }
}
