/**
 * Negative trust anchors (RFC 7646) as they stand now: those configured, less those whose zone validates again; and zones that the
 * configuration keeps out of validation, which stand for good. A zone is looked at anew while its answers are asked for, never unasked (RFC 7646 §2 wants them taken away as soon as they need not be there).
 */

import type { Name } from '../base/name.ts';
import type { NegativeTrustAnchor } from '../base/trust-anchor.ts';
import type { Validation } from '../base/validation.ts';

/** Seconds between two looks at one zone. */
const RECHECK_SECONDS = 300;

export interface NegativeAnchorsDeps {
  readonly configured: readonly NegativeTrustAnchor[];
  /** Seconds since the epoch. */
  readonly now: () => number;
  /** Whether the zone's own data validates as if there were no negative trust anchor. */
  readonly validates: (zone: Name) => Promise<boolean>;
  /** Told of each that is taken away because its zone validates. */
  readonly onLifted: ((anchor: NegativeTrustAnchor) => void) | undefined;
}

export class NegativeAnchors {
  readonly #deps: NegativeAnchorsDeps;
  readonly #checked = new Map<string, number>();
  #standing: readonly NegativeTrustAnchor[];

  constructor(deps: NegativeAnchorsDeps) {
    this.#deps = deps;
    this.#standing = deps.configured;
  }

  /** Those that count, if their time is not over. */
  standing(): readonly NegativeTrustAnchor[] {
    return this.#standing;
  }

  /** Has the zone looked at again where a verdict rests on its negative trust anchor and the last look was a while ago. */
  heed(validation: Validation): void {
    if (validation.state !== 'insecure' || validation.reason !== 'negative-trust-anchor') return;
    const { zone } = validation;
    const now = this.#deps.now();
    const last = this.#checked.get(zone.key);
    // A clock set back puts off no look for longer than one interval.
    if (last !== undefined && Math.abs(now - last) < RECHECK_SECONDS) return;
    const anchor = this.#standing.find((standing) => standing.zone.key === zone.key);
    if (!anchor) return;
    this.#checked.set(zone.key, now);
    const lift = (validates: boolean) => {
      if (!validates || !this.#standing.includes(anchor)) return;
      this.#standing = this.#standing.filter((standing) => standing !== anchor);
      this.#deps.onLifted?.(anchor);
    };
    // Nobody waits for this: should the look fail by a fault of ours, the anchor stands, and the process goes on.
    this.#deps.validates(zone).then(lift, () => {});
  }
}
