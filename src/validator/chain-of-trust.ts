/**
 * Walks the chain of trust from a trust anchor down to a zone (RFC 4035 §5): DNSKEY by DS by DNSKEY, until the zone, or until a
 * validated denial of DS shows that the rest is unsigned (RFC 4035 §5.2, RFC 6840 §4.4).
 *
 * Zone cuts that referrals showed are tried first, so that names between two cuts cost no question; a hint that leads nowhere costs
 * time and changes no verdict, for the DS found there must be signed by the zone above.
 */

import { LRUCache } from 'lru-cache';
import { ancestor, formatName, isBelow, isWithin, type Name, parent } from '../base/name.ts';
import { Type } from '../base/registry.ts';
import type { TrustAnchor } from '../base/trust-anchor.ts';
import type { BogusReason, Validation } from '../base/validation.ts';
import type { Work } from '../base/work.ts';
import type { DnssecContext } from '../dnssec/context.ts';
import { authenticateDnskeys, classifyDs, type TrustedKeys } from '../dnssec/delegation.ts';
import { collectDenial, proveNoDs, proveNxdomain } from '../dnssec/denial.ts';
import { verifyRRset } from '../dnssec/rrset-signature.ts';
import type { ZoneKeys } from '../dnssec/zone-keys.ts';
import { type LookedUp, MAX_SERVERS_ASKED, type ValidatorDeps } from './looked-up.ts';
import type { Cut, Kept, ZoneSecurity } from './zone-security.ts';

/** Zones whose keys are remembered. */
const MAX_ZONES = 20_000;
/** Seconds that a bogus link is remembered (RFC 4035 §4.7), and the longest that any is. */
const BOGUS_TTL = 60;
const MAX_LINK_TTL = 3_600;

/** `bogus`: another server may give better. */
interface Judged<T> extends Kept<T> {
  readonly bogus?: true;
}

export class ChainOfTrust {
  readonly #deps: ValidatorDeps;
  readonly #kept = new LRUCache<string, Kept<Cut>>({ max: MAX_ZONES });

  constructor(deps: ValidatorDeps) {
    this.#deps = deps;
  }

  get size(): number {
    return this.#kept.size;
  }

  clear(): void {
    this.#kept.clear();
  }

  /** What one judgement of the pure layer needs. */
  context(work: Work): DnssecContext {
    const { verifier, policy, signatureTime } = this.#deps;
    return { now: signatureTime(), spend: work.spend, verifier, policy: policy() };
  }

  /** The deepest anchor at or above a name; undefined where there is none, and so no security. */
  anchorFor(name: Name): TrustAnchor | undefined {
    let closest: TrustAnchor | undefined;
    for (const anchor of this.#deps.anchors) {
      if (isWithin(name, anchor.zone) && (!closest || isBelow(anchor.zone, closest.zone))) closest = anchor;
    }
    return closest;
  }

  /** Why no name in this place can be secure, whatever is signed: no trust anchor above it, or a negative one (RFC 7646 §2). */
  exemption(name: Name): Extract<Validation, { readonly state: 'insecure' }> | undefined {
    const anchor = this.anchorFor(name);
    if (!anchor) return { state: 'insecure', zone: ancestor(name, 0), reason: 'no-trust-anchor' };
    const now = this.#deps.now();
    const negative = this.#deps
      .negativeTrustAnchors()
      .find(({ zone, until }) => until > now && isWithin(name, zone) && isWithin(zone, anchor.zone));
    return negative && { state: 'insecure', zone: negative.zone, reason: 'negative-trust-anchor' };
  }

  /**
   * The anchor that a name is judged by: the deepest above it whose zone exists. An anchor for a zone that the chain of trust of a
   * higher anchor proves not to exist is a dead one, and speaks for nothing.
   * @throws {BudgetExceeded}
   */
  async livingAnchorFor(name: Name, work: Work): Promise<{ readonly anchor: TrustAnchor; readonly security: ZoneSecurity } | undefined> {
    for (let anchor = this.anchorFor(name); anchor; ) {
      const security = await this.#anchored(anchor, work);
      const above = parent(anchor.zone);
      const higher = above && this.anchorFor(above);
      if (!higher || security.state !== 'bogus' || !(await this.#provesDead(anchor.zone, higher, work))) return { anchor, security };
      anchor = higher;
    }
    return undefined;
  }

  async #provesDead(zone: Name, higher: TrustAnchor, work: Work): Promise<boolean> {
    const found = await this.#deps.lookUp(zone, Type.DNSKEY, work, NOBODY);
    if (found.kind !== 'nxdomain') return false;
    const start = await this.#anchored(higher, work);
    const security = start.state === 'secure' ? await this.#descend(start.keys, parent(zone) ?? zone, work) : start;
    if (security.state !== 'secure') return false;
    const context = this.context(work);
    const records = collectDenial(found.authority, security.keys, context);
    return proveNxdomain(zone, records, context).verdict === 'proved';
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
    const key = `${above.zone.key}/${child.key}`;
    const kept = this.#recall(key);
    if (kept) return kept;
    const shared = await work.share(`cut/${key}`, async (own) => this.#remember(key, await this.#lookAt(child, above, own)));
    switch (shared.outcome) {
      case 'done':
        return shared.value;
      case 'cycle':
        return { at: 'zone', security: { state: 'indeterminate', reason: 'cyclic-dependency' } };
      case 'limit-spent':
        return {
          at: 'zone',
          security: { state: 'indeterminate', reason: 'limit-spent', detail: `${shared.limit} for the keys of ${formatName(child)}` },
        };
    }
  }

  #recall(key: string): Cut | undefined {
    const kept = this.#kept.get(key);
    return kept && kept.expires > this.#deps.now() ? kept.value : undefined;
  }

  #remember(key: string, { value, expires }: Kept<Cut>): Cut {
    const now = this.#deps.now();
    const bogus = value.at === 'zone' && value.security.state === 'bogus';
    const until = Math.min(expires, now + (bogus ? BOGUS_TTL : MAX_LINK_TTL));
    if (until > now) this.#kept.set(key, { value, expires: until });
    return value;
  }

  async #anchored(anchor: TrustAnchor, work: Work): Promise<ZoneSecurity> {
    const key = `anchor/${anchor.zone.key}`;
    const kept = this.#recall(key);
    const found =
      kept ??
      (await work.share(`cut/${key}`, async (own) => {
        const { value, expires } = await this.#fetchKeys(anchor.zone, anchor, own);
        return this.#remember(key, { value: { at: 'zone', security: value }, expires });
      }));
    if ('at' in found) return found.at === 'zone' ? found.security : NOT_READY;
    if (found.outcome === 'done') return found.value.at === 'zone' ? found.value.security : NOT_READY;
    return { state: 'indeterminate', reason: found.outcome === 'cycle' ? 'cyclic-dependency' : 'limit-spent' };
  }

  /** Looks for DS at `child`, at several servers while what comes does not validate. */
  async #lookAt(child: Name, above: ZoneKeys, work: Work): Promise<Kept<Cut>> {
    return this.#untilItValidates(child, Type.DS, work, (found) => this.#judgeCut(child, found, above, work));
  }

  async #judgeCut(child: Name, found: LookedUp, above: ZoneKeys, work: Work): Promise<Judged<Cut>> {
    if (found.kind === 'failure') return { value: { at: 'zone', security: found.validation }, expires: 0 };
    const context = this.context(work);
    const now = this.#deps.now();
    if (found.kind !== 'rrset') {
      const records = collectDenial(found.authority, above, context);
      const proof = proveNoDs(child, records, context);
      const expires = now + records.ttl;
      switch (proof.verdict) {
        case 'no-ds':
          return { value: insecureCut(child, 'unsigned-delegation'), expires };
        case 'opt-out':
          return { value: insecureCut(child, 'nsec3-opt-out'), expires };
        case 'insecure-iterations':
          return { value: insecureCut(child, 'nsec3-iterations'), expires };
        case 'not-a-cut':
          return { value: { at: 'no-cut' }, expires };
        case 'no-such-name':
          return { value: { at: 'no-such-name' }, expires };
        case 'unproved':
          return bogusCut(
            above.zone,
            records.fault?.reason ?? 'denial-incomplete',
            records.fault?.detail ?? `DS of ${formatName(child)}: ${proof.missing}`,
          );
      }
    }
    const verdict = verifyRRset(found.rrset, above, context);
    if (verdict.verdict === 'bogus') return bogusCut(above.zone, verdict.reason, verdict.detail);
    // A CNAME excludes any other data at the name, and so a zone cut (RFC 1034 §3.6.2); but not one made by a wildcard.
    if (found.rrset.type !== Type.DS) {
      if (verdict.wildcard) return bogusCut(above.zone, 'denial-missing', `a wildcard CNAME does not deny DS of ${formatName(child)}`);
      return { value: { at: 'no-cut' }, expires: now + verdict.ttl };
    }
    const ds = classifyDs(found.rrset, context.policy);
    if ('unsupported' in ds) return { value: insecureCut(child, `unsupported-${ds.unsupported}`), expires: now + verdict.ttl };
    const fetched = await this.#fetchKeys(child, { ds: found.rrset.rdata, dnskeys: [] }, work);
    const cut: Cut = { at: 'zone', security: fetched.value };
    return { value: cut, expires: Math.min(fetched.expires, now + verdict.ttl) };
  }

  /** Fetches and authenticates a zone's DNSKEY RRset. */
  async #fetchKeys(zone: Name, trusted: TrustedKeys, work: Work): Promise<Kept<ZoneSecurity>> {
    return this.#untilItValidates(zone, Type.DNSKEY, work, async (found) => this.#judgeKeys(zone, found, trusted, work));
  }

  #judgeKeys(zone: Name, found: LookedUp, trusted: TrustedKeys, work: Work): Judged<ZoneSecurity> {
    const now = this.#deps.now();
    if (found.kind === 'failure') return { value: found.validation, expires: 0 };
    if (found.kind !== 'rrset' || found.rrset.type !== Type.DNSKEY) {
      return bogusSecurity(zone, 'dnskey-missing', `${formatName(zone)} has no DNSKEY records`);
    }
    const verdict = authenticateDnskeys(zone, found.rrset, trusted, this.context(work));
    switch (verdict.verdict) {
      case 'secure':
        return { value: { state: 'secure', keys: verdict.keys }, expires: now + verdict.ttl };
      case 'insecure':
        return { value: { state: 'insecure', zone, reason: verdict.reason }, expires: now + found.rrset.ttl };
      case 'bogus':
        return bogusSecurity(zone, verdict.reason, verdict.detail);
    }
  }

  /** Asks server after server, up to four, while what they give is bogus; the first that is not wins (RFC 4035 §5.5). */
  async #untilItValidates<T>(name: Name, type: number, work: Work, judge: (found: LookedUp) => Promise<Judged<T>>): Promise<Kept<T>> {
    const avoid = new Set<string>();
    let first: Judged<T> | undefined;
    for (;;) {
      const found = await this.#deps.lookUp(name, type, work, avoid);
      if (first && found.kind === 'failure') return first;
      const judged = await judge(found);
      if (!judged.bogus) return judged;
      first ??= judged;
      this.#deps.forget(name, type);
      if (found.kind === 'failure' || found.server === undefined || avoid.size + 1 >= MAX_SERVERS_ASKED) return first;
      avoid.add(found.server);
      work.trace?.({ event: 'retry-after-bogus', qname: name, qtype: type, server: found.server });
    }
  }
}

const NOBODY: ReadonlySet<string> = new Set();

const NOT_READY: ZoneSecurity = { state: 'indeterminate', reason: 'not-ready' };

function insecureCut(zone: Name, reason: Extract<Validation, { state: 'insecure' }>['reason']): Cut {
  return { at: 'zone', security: { state: 'insecure', zone, reason } };
}

function bogusSecurity(zone: Name, reason: BogusReason, detail: string): Judged<ZoneSecurity> {
  return { value: { state: 'bogus', zone, reason, detail }, expires: Number.POSITIVE_INFINITY, bogus: true };
}

function bogusCut(zone: Name, reason: BogusReason, detail: string): Judged<Cut> {
  const { value, expires } = bogusSecurity(zone, reason, detail);
  return { value: { at: 'zone', security: value }, expires, bogus: true };
}
