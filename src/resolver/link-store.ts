/** Links in the caches: where each kind is kept, for how long, and how it is found again. */

import { ancestor, type Name } from '../base/name.ts';
import { type RRset, rrKey, withTtl } from '../base/record.ts';
import { isMetaType, Type } from '../base/registry.ts';
import { isServable, type Validation } from '../base/validation.ts';
import { DenialCache, type DenialEntry } from '../cache/denial-cache.ts';
import { FailureCache } from '../cache/failure-cache.ts';
import { ENTRY_OVERHEAD, octetsOfRRsets } from '../cache/octets.ts';
import { isAnswerRank, RRsetCache, type RRsetEntry } from '../cache/rrset-cache.ts';
import { type Timed, TimedStore } from '../cache/timed-store.ts';
import { MAX_BOGUS_TTL } from '../cache/verdict.ts';
import { aliasByDname, targetOf } from '../iterator/response-class.ts';
import type { LinkContent, RawLink } from './link.ts';

export interface LinkStoreOptions {
  readonly maxOctets: number;
  /** Seconds. */
  readonly minTtl: number;
  readonly maxTtl: number;
  /** Whether the zone of a trust anchor lies below `owner` and holds `name`: an unproved DNAME at `owner` says nothing of it. */
  readonly isAnchoredBelow?: (name: Name, owner: Name) => boolean;
}

/** A link out of the cache; `validation` is undefined where nobody judged it yet. */
export interface StoredLink extends RawLink {
  readonly validation: Validation | undefined;
  /** Seconds since the epoch. */
  readonly received: number;
  readonly expires: number;
}

export class LinkStore {
  readonly rrsets: RRsetCache;
  readonly denials: DenialCache;
  readonly failures: FailureCache;
  /** By the question: what is bogus for one says nothing of the names and types beside it. */
  readonly bogus: TimedStore<Timed & { readonly link: StoredLink }>;
  readonly #options: LinkStoreOptions;
  /** While no DNAME was ever kept, no name has to be tried label by label. */
  #hasDname = false;

  constructor(options: LinkStoreOptions) {
    this.#options = options;
    this.rrsets = new RRsetCache({ maxOctets: Math.floor(options.maxOctets * 0.6) });
    this.denials = new DenialCache({ maxOctets: Math.floor(options.maxOctets * 0.36) });
    this.failures = new FailureCache({ maxOctets: Math.floor(options.maxOctets * 0.02) });
    this.bogus = new TimedStore({
      maxOctets: Math.floor(options.maxOctets * 0.02),
      maxEntryOctets: 32_768,
      octetsOf: ({ link }) => octetsOfLink(link),
    });
  }

  /** What is known of `type` at `name`: the RRset, its denial, or the alias that stands there instead, if that was judged. */
  find(name: Name, type: number, now: number): StoredLink | undefined {
    const bogus = this.bogus.get(rrKey(name, type), now);
    if (bogus) return aged(bogus.link, bogus.expires, now);
    const exact = this.#findRRset(name, type, now);
    if (exact) return fromRRset(exact, { kind: 'answer', rrsets: [exact.rrset] }, now);
    const denial = this.#findDenial(name, type, now);
    if (denial) return fromDenial(denial, now);
    // A CNAME answers for every type but its own and those that stand beside it (RFC 4035 §2.5); DS at its name is the parent's to deny.
    if (type === Type.ANY || type === Type.DS || type === Type.NSEC || type === Type.RRSIG) return undefined;
    const cname = type === Type.CNAME ? undefined : this.rrsets.get(name, Type.CNAME, now);
    const target = cname?.validation && isAnswerRank(cname.rank) ? targetOf(cname.rrset) : undefined;
    if (cname && target) {
      const alias = { owner: name, target, cname: remaining(cname.rrset, cname.expires, now), dname: undefined };
      return fromRRset(cname, { kind: 'alias', alias }, now);
    }
    return this.#hasDname ? this.#findDname(name, now) : undefined;
  }

  /** As `find`, but only what a client may be given: what a referral gave as a denial of DS has no SOA, which RFC 2308 §5 wants. */
  findAnswer(name: Name, type: number, now: number): StoredLink | undefined {
    const found = this.find(name, type, now);
    const isDenial = found?.content.kind === 'nodata' || found?.content.kind === 'nxdomain';
    return isDenial && found.validation?.state !== 'bogus' && !found.authority.some((rrset) => rrset.type === Type.SOA) ? undefined : found;
  }

  #findRRset(name: Name, type: number, now: number): RRsetEntry | undefined {
    const entry = this.rrsets.get(name, type, now);
    if (!entry) return undefined;
    // The DS of a referral is the parent's own data, unlike the NS and the glue beside it (RFC 4035 §3.1.4).
    return isAnswerRank(entry.rank) || type === Type.DS ? entry : undefined;
  }

  #findDenial(name: Name, type: number, now: number): DenialEntry | undefined {
    return type === Type.ANY ? undefined : this.denials.get(name, type, now);
  }

  #findDname(name: Name, now: number): StoredLink | undefined {
    for (let labels = name.labels - 1; labels >= 0; labels--) {
      const entry = this.rrsets.get(ancestor(name, labels), Type.DNAME, now);
      if (!entry?.validation || !isAnswerRank(entry.rank)) continue;
      if (entry.validation?.state !== 'secure' && this.#options.isAnchoredBelow?.(name, entry.rrset.owner)) continue;
      const alias = aliasByDname(name, remaining(entry.rrset, entry.expires, now));
      if (alias && alias !== 'overflow') return fromRRset(entry, { kind: 'alias', alias }, now);
    }
    return undefined;
  }

  /**
   * Keeps a link. Not what spent a limit before it could be judged, which any sender may bring about and would then choose the TTL of;
   * nor an alias that nobody judged, for it stands for more names and types than the one that was asked.
   * @param lifetime seconds, as `lifetime` gives them
   * @param validation undefined where it was not judged
   */
  keep(name: Name, type: number, link: RawLink, lifetime: number, validation: Validation | undefined, now: number): void {
    const { content, authority, zone, server } = link;
    if (!validation && content.kind === 'alias') return;
    if (validation?.state === 'indeterminate' && (content.kind === 'alias' || validation.reason === 'limit-spent')) return;
    if (lifetime <= 0) {
      // An answer that may not be kept still says that what was known is over.
      if (validation && isServable(validation)) this.dropExpired(name, type, now);
      return;
    }
    const entry = { zone, validation, received: now, expires: now + lifetime, server };
    const rank = validation?.state === 'secure' ? 'secure' : 'answer';
    const key = rrKey(name, type);
    if (validation?.state === 'bogus') {
      this.bogus.put(
        key,
        { link: { ...link, validation, received: now, expires: now + lifetime }, received: now, expires: now + lifetime },
        now,
      );
      this.failures.delete(name, type);
      return;
    }
    this.bogus.delete(key);
    const isSettled = validation !== undefined && isServable(validation);
    let stored = false;
    switch (content.kind) {
      case 'nodata':
      case 'nxdomain':
        stored = this.denials.put({ ...entry, kind: content.kind, owner: name, type, authority }, now);
        if (isSettled) this.#dropExpiredData(name, type, now);
        break;
      case 'alias': {
        const rrset = content.alias.dname ?? content.alias.cname;
        this.#hasDname ||= content.alias.dname !== undefined;
        stored = this.rrsets.put({ ...entry, rrset, rank, proof: authority }, now);
        break;
      }
      case 'answer': {
        const [rrset] = content.rrsets;
        if (content.rrsets.length !== 1 || !rrset || !isKept(type)) break;
        stored = this.rrsets.put({ ...entry, rrset, rank, proof: authority }, now);
        // What validated now, or need not, ends an older denial; what nobody judged ends nothing.
        if (stored && isSettled) this.denials.delete(name, type);
        break;
      }
    }
    if (isSettled && !stored) this.dropExpired(name, type, now); // too large to keep, and an answer all the same
    this.failures.delete(name, type);
  }

  /** Seconds that data of this TTL and verdict lives here. `minTtl` lifts what is not secure alone: a proof ends when its signer says so. */
  lifetime(ttl: number, validation: Validation | undefined): number {
    const { minTtl, maxTtl } = this.#options;
    if (validation?.state === 'bogus') return Math.min(Math.max(ttl, 1), MAX_BOGUS_TTL);
    const lifted =
      validation?.state === 'insecure' && validation.reason !== 'negative-trust-anchor' && ttl > 0 ? Math.max(ttl, minTtl) : ttl;
    return Math.min(lifted, maxTtl);
  }

  /** Keeps the DS RRset of a referral, or what denies it there, as the zone above gave it; not judged. */
  keepReferralProof(child: Name, zone: Name, authority: readonly RRset[], server: string, now: number): void {
    const ds = authority.find((rrset) => rrset.type === Type.DS && rrset.owner.key === child.key);
    const entry = { zone, validation: undefined, received: now, server } as const;
    if (ds) {
      this.rrsets.put({ ...entry, rrset: ds, rank: 'authority', proof: [], expires: now + Math.min(ds.ttl, this.#options.maxTtl) }, now);
      return;
    }
    const denial = authority.filter((rrset) => (rrset.type === Type.NSEC || rrset.type === Type.NSEC3) && rrset.signatures.length > 0);
    if (denial.length === 0) return;
    const ttl = Math.min(...denial.map((rrset) => rrset.ttl), this.#options.maxTtl);
    this.denials.put({ ...entry, kind: 'nodata', owner: child, type: Type.DS, authority: denial, expires: now + ttl }, now);
  }

  forget(name: Name, type: number): void {
    this.bogus.delete(rrKey(name, type));
    this.rrsets.delete(name, type);
    this.denials.delete(name, type);
  }

  /** Forgets what is past its TTL of `type` at `name`: there may be no stale answer of it (RFC 8767). */
  dropExpired(name: Name, type: number, now: number): void {
    this.#dropExpiredData(name, type, now);
    this.denials.deleteExpired(name, type, now);
  }

  #dropExpiredData(name: Name, type: number, now: number): void {
    this.rrsets.deleteExpired(name, type, now);
    this.rrsets.deleteExpired(name, Type.CNAME, now);
  }

  clear(): void {
    this.rrsets.clear();
    this.denials.clear();
    this.failures.clear();
    this.bogus.clear();
  }
}

function aged(link: StoredLink, expires: number, now: number): StoredLink {
  const { content } = link;
  const left = (rrset: RRset) => remaining(rrset, expires, now);
  const authority = link.authority.map(left);
  switch (content.kind) {
    case 'answer':
      return { ...link, content: { kind: 'answer', rrsets: content.rrsets.map(left) }, authority, expires };
    case 'alias': {
      const { cname, dname } = content.alias;
      return {
        ...link,
        content: { kind: 'alias', alias: { ...content.alias, cname: left(cname), dname: dname && left(dname) } },
        authority,
        expires,
      };
    }
    default:
      return { ...link, authority, expires };
  }
}

function octetsOfLink({ content, authority }: StoredLink): number {
  const data = content.kind === 'answer' ? content.rrsets : content.kind === 'alias' ? [content.alias.dname ?? content.alias.cname] : [];
  return ENTRY_OVERHEAD + octetsOfRRsets([...data, ...authority]);
}

/** Questions for all types at once, or for signatures alone, have no RRset of their own to keep. */
function isKept(type: number): boolean {
  return !isMetaType(type) && type !== Type.RRSIG;
}

function remaining(rrset: RRset, expires: number, now: number): RRset {
  return withTtl(rrset, Math.max(0, expires - now));
}

function fromRRset(entry: RRsetEntry, content: LinkContent, now: number): StoredLink {
  const { zone, server, validation, received, expires } = entry;
  const fresh: LinkContent =
    content.kind === 'answer' ? { kind: 'answer', rrsets: content.rrsets.map((rrset) => remaining(rrset, expires, now)) } : content;
  return {
    content: fresh,
    authority: entry.proof.map((rrset) => remaining(rrset, expires, now)),
    zone,
    server,
    validation,
    received,
    expires,
  };
}

function fromDenial(entry: DenialEntry, now: number): StoredLink {
  const { kind, zone, server, validation, received, expires } = entry;
  return {
    content: { kind },
    authority: entry.authority.map((rrset) => remaining(rrset, expires, now)),
    zone,
    server,
    validation,
    received,
    expires,
  };
}
