/**
 * Walks the chain of trust from a trust anchor down to a zone (RFC 4035 §5): DNSKEY by DS by DNSKEY, until the zone, or until a
 * validated denial of DS shows that the rest is unsigned (RFC 4035 §5.2, RFC 6840 §4.4).
 *
 * Zone cuts that referrals showed are tried first, so that names between two cuts cost no question; a hint that leads nowhere costs
 * time and changes no verdict, for the DS found there must be signed by the zone above.
 */

import { LRUCache } from 'lru-cache';
import { ancestor, formatName, isBelow, isWithin, type Name, parent, sameName } from '../base/name.ts';
import { Type } from '../base/registry.ts';
import { takeSteps } from '../base/steps.ts';
import type { TrustAnchor } from '../base/trust-anchor.ts';
import type { Validation } from '../base/validation.ts';
import type { Work } from '../base/work.ts';
import type { DnssecContext } from '../dnssec/context.ts';
import type { TrustedKeys } from '../dnssec/delegation.ts';
import { collectingDenial, provingNxdomain } from '../dnssec/denial.ts';
import type { ZoneKeys } from '../dnssec/zone-keys.ts';
import { type Judged, judgeDs, judgeKeys } from './judge-cut.ts';
import { KeptCuts, MAX_ZONES } from './kept-cuts.ts';
import { type LookedUp, MAX_SERVERS_ASKED, type ValidatorDeps } from './looked-up.ts';
import type { Cut, Kept, ZoneSecurity } from './zone-security.ts';

/** Seconds between two renewals of a zone's keys. */
const RENEWAL_SECONDS = 30;
/** Seconds that a negative trust anchor's verdict is kept at most: it may be lifted before its time. */
const MAX_EXEMPT_TTL = 300;

/** A cut that memory holds, though it may have expired. */
export interface RememberedCut {
  readonly at: Name;
  readonly cut: Cut;
  /** Seconds since the epoch. */
  readonly received: number;
}

/** A trust anchor whose zone exists, and what its keys are. */
export interface LivingAnchor {
  readonly anchor: TrustAnchor;
  readonly security: ZoneSecurity;
}

export class ChainOfTrust {
  readonly #deps: ValidatorDeps;
  readonly #kept: KeptCuts;
  /** When the keys of a zone were last fetched anew, and from whom they were before. */
  readonly #renewals = new LRUCache<string, { readonly at: number; readonly avoid: ReadonlySet<string> }>({ max: MAX_ZONES });

  constructor(deps: ValidatorDeps) {
    this.#deps = deps;
    this.#kept = new KeptCuts(deps.now);
  }

  get size(): number {
    return this.#kept.size;
  }

  /** Forgets all, also what is being looked at now: it may rest on an anchor that is none any more. */
  clear(): void {
    this.#kept.clear();
  }

  /** What one judgement of the pure layer needs. */
  context(work: Pick<Work, 'spend'>): DnssecContext {
    const { verifier, policy, signatureTime } = this.#deps;
    return { now: signatureTime(), spend: work.spend, verifier, policy: policy() };
  }

  /** The deepest anchor at or above a name; undefined where there is none, and so no security. */
  anchorFor(name: Name): TrustAnchor | undefined {
    let closest: TrustAnchor | undefined;
    for (const anchor of this.#deps.anchors()) {
      if (isWithin(name, anchor.zone) && (!closest || isBelow(anchor.zone, closest.zone))) closest = anchor;
    }
    return closest;
  }

  /** What memory holds of the labels of a name, from its anchor down; asks nobody. What has expired is told too: it may be the newest. */
  remembered(name: Name): RememberedCut[] {
    const top = this.anchorFor(name)?.zone.labels ?? Number.POSITIVE_INFINITY;
    const found: RememberedCut[] = [];
    for (let labels = top; labels <= name.labels; labels++) {
      const at = ancestor(name, labels);
      const kept = this.#kept.peek(labels === top ? anchorKey(at) : at.key);
      if (kept) found.push({ at, cut: kept.value, received: kept.received });
    }
    return found;
  }

  /** Why no name in this place can be secure, whatever is signed: no trust anchor above it, or a negative one (RFC 7646 §2). */
  exemption(name: Name): Extract<Validation, { readonly state: 'insecure' }> | undefined {
    const anchor = this.anchorFor(name);
    if (!anchor) return { state: 'insecure', zone: ancestor(name, 0), reason: 'no-trust-anchor' };
    const now = this.#deps.now();
    const negative = this.#deps
      .negativeTrustAnchors()
      .find(({ zone, until }) => until > now && isWithin(name, zone) && isWithin(zone, anchor.zone));
    return negative && { state: 'insecure', zone: negative.zone, reason: negative.insecureReason ?? 'negative-trust-anchor' };
  }

  /** Seconds that what rests on this verdict may be kept: no longer than a bogus one is, or than a negative trust anchor stands. */
  longestFor(security: ZoneSecurity): number {
    if (security.state !== 'insecure' || security.reason !== 'negative-trust-anchor') return this.#kept.longestFor(security);
    const { zone } = security;
    const until = this.#deps.negativeTrustAnchors().find((negative) => sameName(negative.zone, zone))?.until ?? 0;
    return Math.min(Math.max(0, until - this.#deps.now()), MAX_EXEMPT_TTL);
  }

  /**
   * The anchor that a name is judged by: the deepest above it whose zone exists. An anchor for a zone that the chain of trust of a
   * higher anchor proves not to exist is a dead one, and speaks for nothing.
   * @throws {BudgetExceeded}
   */
  async livingAnchorFor(name: Name, work: Work): Promise<LivingAnchor | undefined> {
    const anchor = this.anchorFor(name);
    if (!anchor) return undefined;
    const own = { anchor, security: await this.#anchored(anchor, work) };
    const above = parent(anchor.zone);
    if (own.security.state !== 'bogus' || !above) return own;
    const higher = await this.livingAnchorFor(above, work); // there are as many steps at most as anchors
    return higher && (await this.#provesDead(anchor.zone, higher.security, work)) ? higher : own;
  }

  async #provesDead(zone: Name, higher: ZoneSecurity, work: Work): Promise<boolean> {
    const found = await this.#deps.lookUp(zone, Type.DNSKEY, work, NOBODY);
    if (found.kind !== 'nxdomain') return false;
    const security = higher.state === 'secure' ? await this.#descend(higher.keys, parent(zone) ?? zone, work) : higher;
    if (security.state !== 'secure') return false;
    const context = this.context(work);
    const records = await takeSteps(collectingDenial(found.authority, security.keys, context), work);
    return (await takeSteps(provingNxdomain(zone, records, context), work)).verdict === 'proved';
  }

  /**
   * The security of the zone that `name` lies in, as far down as the chain of trust shows cuts.
   * @throws {BudgetExceeded}
   */
  async securityOf(name: Name, work: Work): Promise<ZoneSecurity> {
    const exemption = this.exemption(name);
    if (exemption) return exemption;
    const living = await this.livingAnchorFor(name, work);
    if (!living) return NOT_READY;
    return living.security.state === 'secure' ? this.#descend(living.security.keys, name, work) : living.security;
  }

  /**
   * Fetches the keys of a secure zone anew, from another server than they came from; seldom, for a zone whose signatures name keys
   * that do not exist would else cost a question each time.
   * @returns undefined where that is not due, or gave nothing
   * @throws {BudgetExceeded}
   */
  async renewKeys(zone: Name, work: Work): Promise<ZoneKeys | undefined> {
    const now = this.#deps.now();
    const last = this.#renewals.get(zone.key);
    if (last && now < last.at + RENEWAL_SECONDS) return undefined;
    const known = await this.#deps.lookUp(zone, Type.DNSKEY, work, NOBODY);
    const server = known.kind === 'failure' ? undefined : known.server;
    this.#renewals.set(zone.key, { at: now, avoid: new Set(server === undefined ? [] : [server]) });
    this.#deps.forget(zone, Type.DNSKEY);
    const putBack = this.#kept.setAside([zone.key, anchorKey(zone)]);
    let renewed: ZoneKeys | undefined;
    try {
      const security = await this.securityOf(zone, work);
      if (security.state === 'secure' && sameName(security.keys.zone, zone)) renewed = security.keys;
      return renewed;
    } finally {
      // The keys that were known are as good as they were: another server's failure, or a spent limit, takes nothing away.
      if (!renewed) putBack();
    }
  }

  async #descend(from: ZoneKeys, target: Name, work: Work): Promise<ZoneSecurity> {
    let keys = from;
    for (let known = from.zone.labels; known < target.labels; ) {
      const hint = this.#deps.nextKnownCut(ancestor(target, known), target);
      const jump = hint && hint.labels > known + 1 ? await this.#cutAt(hint, keys, work) : undefined;
      // Only a cut proved at the hint itself counts; else every label is looked at.
      const proved = jump?.at === 'zone' && jump.security.state !== 'bogus';
      const child = proved && hint ? hint : ancestor(target, known + 1);
      const cut = proved ? jump : await this.#cutAt(child, keys, work);
      known = child.labels;
      if (cut.at === 'no-such-name') break;
      if (cut.at === 'no-cut') continue;
      if (cut.security.state !== 'secure') return cut.security;
      keys = cut.security.keys;
    }
    return { state: 'secure', keys };
  }

  /** What lies at `child`, from memory or by looking. */
  async #cutAt(child: Name, above: ZoneKeys, work: Work): Promise<Cut> {
    return (
      this.#kept.recall(child.key, above.zone) ??
      this.#share(child.key, child, work, (own) => this.#kept.remember(child.key, above.zone, this.#lookAt(child, above, own)))
    );
  }

  async #anchored(anchor: TrustAnchor, work: Work): Promise<ZoneSecurity> {
    const { zone } = anchor;
    const key = anchorKey(zone);
    const cut =
      this.#kept.recall(key, zone) ??
      (await this.#share(key, zone, work, async (own) => {
        const keys = this.#fetchKeys(zone, anchor, own);
        return this.#kept.remember(
          key,
          zone,
          keys.then(({ value, expires }) => ({ value: { at: 'zone', security: value }, expires })),
        );
      }));
    return cut.at === 'zone' ? cut.security : NOT_READY;
  }

  async #share(key: string, zone: Name, work: Work, run: (own: Work) => Promise<Cut>): Promise<Cut> {
    const shared = await work.share(`cut/${this.#kept.epoch}/${key}`, run);
    switch (shared.outcome) {
      case 'done':
        return shared.value;
      case 'cycle':
        return { at: 'zone', security: { state: 'indeterminate', reason: 'cyclic-dependency' } };
      case 'limit-spent': {
        const detail = `${shared.limit} for the keys of ${formatName(zone)}`;
        return { at: 'zone', security: { state: 'indeterminate', reason: 'limit-spent', detail } };
      }
    }
  }

  async #lookAt(child: Name, above: ZoneKeys, work: Work): Promise<Kept<Cut>> {
    return this.#untilItValidates(child, Type.DS, work, async (found) => {
      const judged = await takeSteps(judgeDs(child, found, above, this.context(work), this.#deps.now()), work);
      if (!('ds' in judged)) return judged;
      const { value, expires } = await this.#fetchKeys(child, { ds: judged.ds.rdata, dnskeys: [] }, work);
      return { value: { at: 'zone', security: value }, expires: Math.min(expires, judged.expires) };
    });
  }

  /** Fetches and authenticates a zone's DNSKEY RRset. */
  async #fetchKeys(zone: Name, trusted: TrustedKeys, work: Work): Promise<Kept<ZoneSecurity>> {
    return this.#untilItValidates(zone, Type.DNSKEY, work, (found) =>
      takeSteps(judgeKeys(zone, found, trusted, this.context(work), this.#deps.now()), work),
    );
  }

  /** Asks server after server, up to four, while what they give is bogus; the first that is not wins (RFC 4035 §5.5). */
  async #untilItValidates<T>(name: Name, type: number, work: Work, judge: (found: LookedUp) => Promise<Judged<T>>): Promise<Kept<T>> {
    const passedOver = type === Type.DNSKEY ? this.#renewedFrom(name) : new Set<string>();
    const avoid = new Set(passedOver);
    const askThemToo = () => {
      for (const server of passedOver) avoid.delete(server);
      passedOver.clear();
    };
    let first: Judged<T> | undefined;
    for (;;) {
      let found = await this.#deps.lookUp(name, type, work, avoid);
      if (found.kind === 'failure' && passedOver.size > 0) {
        askThemToo(); // nobody else has the keys
        found = await this.#deps.lookUp(name, type, work, avoid);
      }
      if (first && found.kind === 'failure') return first;
      const judged = await judge(found);
      if (!judged.fault) return judged;
      if (judged.fault !== 'bogus') work.report(judged.fault);
      first ??= judged;
      this.#deps.forget(name, type);
      // What lay in the cache may have come with a referral, or be old: its server was not asked for it now. Once, for another may keep it there.
      if (found.kind !== 'failure' && found.cached === true && first === judged) continue;
      if (found.kind === 'failure' || found.server === undefined || avoid.has(found.server)) return first;
      if (avoid.size + 1 >= MAX_SERVERS_ASKED) {
        if (passedOver.size === 0) return first;
        askThemToo();
      }
      avoid.add(found.server);
      work.trace?.({ event: 'retry-after-bogus', qname: name, qtype: type, server: found.server });
    }
  }

  /** The server that a zone's keys came from before they were last renewed, while that is not long ago. */
  #renewedFrom(zone: Name): Set<string> {
    const renewal = this.#renewals.get(zone.key);
    return new Set(renewal && this.#deps.now() < renewal.at + RENEWAL_SECONDS ? renewal.avoid : []);
  }
}

const NOBODY: ReadonlySet<string> = new Set();

const NOT_READY: ZoneSecurity = { state: 'indeterminate', reason: 'not-ready' };

/** No name has this for a key. */
function anchorKey(zone: Name): string {
  return `anchor/${zone.key}`;
}
