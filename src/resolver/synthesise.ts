/**
 * Answers out of the validated cache for names that were never asked: below a secure NXDOMAIN (RFC 8020), in a span that a cached NSEC
 * or NSEC3 denies (synthesise-nsec3.ts), and from a cached wildcard (RFC 8198). What is made here is a proposal in the form of a response; the validator judges it
 * by the same rules, signatures included, as if it had come from the wire, and only what is then secure may be given. So nothing is
 * provable here that would not be provable there.
 *
 * Limits: nothing is made across a configured zone, a deeper trust anchor or a negative one.
 */

import type { Spend } from '../base/budget.ts';
import { ancestor, isBelow, isWildcard, isWithin, type Name, wildcardOf } from '../base/name.ts';
import { type RRset, withTtl } from '../base/record.ts';
import { isMetaType, Type } from '../base/registry.ts';
import type { TrustAnchor } from '../base/trust-anchor.ts';
import type { DenialCache } from '../cache/denial-cache.ts';
import { DenialIndex, type IndexedRRset } from '../cache/denial-index.ts';
import { type DenialRecords, proveNodata, proveNxdomain, proveWildcardExpansion } from '../dnssec/denial.ts';
import { readDenial } from '../dnssec/denial-records.ts';
import { findNsec } from '../dnssec/nsec.ts';
import { targetOf } from '../iterator/response-class.ts';
import { tryReadRrsig } from '../wire/rdata/rrsig.ts';
import type { LinkContent, RawLink } from './link.ts';
import type { LinkStore } from './link-store.ts';
import type { ResolverSettings } from './settings.ts';
import { Nsec3Search } from './synthesise-nsec3.ts';

/** Share of the cache memory that spans and wildcards get. */
export const SPAN_SHARE = 0.06;

export interface SynthesiserDeps {
  readonly maxOctets: number;
  readonly denials: DenialCache;
  /** Zones that what is known of the zones above them says nothing of. */
  readonly barriers: () => readonly Name[];
}

export class Synthesiser {
  readonly #deps: SynthesiserDeps;
  readonly #index: DenialIndex;
  readonly #hashes: Nsec3Search;

  constructor(deps: SynthesiserDeps) {
    this.#deps = deps;
    this.#index = new DenialIndex({ maxOctets: deps.maxOctets });
    this.#hashes = new Nsec3Search(this.#index);
  }

  get octets(): number {
    return this.#index.octets;
  }

  /** Remembers what a secure link proves besides what was asked. */
  learn({ content, authority, zone: walked }: RawLink, expires: number, now: number): void {
    for (const rrset of authority) {
      const isUseful = rrset.type === Type.NSEC || rrset.type === Type.NSEC3 || rrset.type === Type.SOA;
      const signer = isUseful ? signatureOf(rrset)?.signer : undefined;
      if (!signer || !isWithin(rrset.owner, signer)) continue;
      if (rrset.type === Type.NSEC) this.#index.putNsec(signer, { rrset, walked, expires }, now);
      else if (rrset.type === Type.NSEC3) this.#hashes.learn(signer, { rrset, walked, expires }, now);
      else if (rrset.owner.key === signer.key) this.#index.putSoa(signer, { rrset, walked, expires }, now);
    }
    const rrset = content.kind === 'answer' ? content.rrsets[0] : content.kind === 'alias' ? content.alias.cname : undefined;
    const signature = rrset && signatureOf(rrset);
    if (!rrset || !signature || !isWithin(rrset.owner, signature.signer)) return;
    const owner = sourceOf(rrset.owner, signature.labels);
    if (owner) this.#index.putWildcard(signature.signer, { rrset: { ...rrset, owner }, walked, expires }, now);
  }

  /** What the cache would say of `type` at `name`, to be judged; undefined where it does not hold the full proof. */
  propose(name: Name, type: number, spend: Spend, now: number): RawLink | undefined {
    if (isMetaType(type) || type === Type.RRSIG || name.labels === 0) return undefined;
    const made = this.#belowNameError(name, now);
    if (made) return made;
    const zone = this.#zoneOf(name, type);
    if (!zone || this.#isBarred(name, zone)) return undefined;
    return this.#bySpans(name, type, zone, spend, now) ?? this.#byHashes(name, type, zone, spend, now);
  }

  #belowNameError(name: Name, now: number): RawLink | undefined {
    for (let labels = name.labels - 1; labels > 0; labels--) {
      const entry = this.#deps.denials.nameError(ancestor(name, labels), now);
      if (entry?.validation?.state !== 'secure') continue;
      const soa = entry.authority.find((rrset) => rrset.type === Type.SOA);
      if (!soa || this.#isBarred(name, soa.owner)) return undefined;
      const authority = entry.authority.map((rrset) => withTtl(rrset, Math.max(0, entry.expires - now)));
      return { content: { kind: 'nxdomain' }, authority, zone: entry.zone, server: undefined };
    }
    return undefined;
  }

  #byHashes(name: Name, type: number, zone: Name, spend: Spend, now: number): RawLink | undefined {
    const found = this.#hashes.find(name, type, zone, spend, now);
    if (found?.kind === 'wildcard') return expansionLink(found.source, found.cover, name, type, now);
    const soa = found && this.#index.soa(zone, now);
    return soa && link({ kind: found.kind }, [soa, ...found.proof], now);
  }

  #bySpans(name: Name, type: number, zone: Name, spend: Spend, now: number): RawLink | undefined {
    const cover = this.#index.nsecAtOrBefore(zone, name, now);
    if (!cover) return undefined;
    const finding = findNsec(name, recordsOf(zone, [cover]));
    const wildcard = finding.found === 'absent' ? wildcardOf(finding.closestEncloser) : undefined;
    const second = wildcard && this.#index.nsecAtOrBefore(zone, wildcard, now);
    const proof = second && second !== cover ? [cover, second] : [cover];
    const records = recordsOf(zone, proof);
    const soa = this.#index.soa(zone, now);
    if (soa && proveNxdomain(name, records, { spend }).verdict === 'proved') return link({ kind: 'nxdomain' }, [soa, ...proof], now);
    if (soa && proveNodata(name, type, records, { spend }).verdict === 'proved') return link({ kind: 'nodata' }, [soa, ...proof], now);
    if (finding.found !== 'absent' || !wildcard || type === Type.DS) return undefined;
    if (proveWildcardExpansion(name, finding.closestEncloser, recordsOf(zone, [cover]), { spend }).verdict !== 'proved') return undefined;
    const source = this.#index.wildcard(zone, wildcard, type, now) ?? this.#index.wildcard(zone, wildcard, Type.CNAME, now);
    return source && expansionLink(source, cover, name, type, now);
  }

  /** The deepest zone that something is known of; DS belongs to the zone above (RFC 4035 §3.1.4.1). */
  #zoneOf(name: Name, type: number): Name | undefined {
    for (let labels = type === Type.DS ? name.labels - 1 : name.labels; labels >= 0; labels--) {
      const zone = ancestor(name, labels);
      if (this.#index.has(zone)) return zone;
    }
    return undefined;
  }

  #isBarred(name: Name, zone: Name): boolean {
    return this.#deps.barriers().some((barrier) => isWithin(name, barrier) && isBelow(barrier, zone));
  }
}

/** The synthesiser of a resolver: configured zones and anchors of all kinds are its barriers. */
export function makeSynthesiser(settings: ResolverSettings, anchors: () => readonly TrustAnchor[], store: LinkStore): Synthesiser {
  const { forward, stub, negativeTrustAnchors } = settings;
  const fixed = [...forward, ...stub, ...negativeTrustAnchors].map(({ zone }) => zone);
  const barriers = () => [...fixed, ...anchors().map(({ zone }) => zone)];
  return new Synthesiser({ maxOctets: Math.floor(settings.maxCacheOctets * SPAN_SHARE), denials: store.denials, barriers });
}

function link(content: LinkContent, proof: readonly IndexedRRset[], now: number): RawLink {
  const authority = proof.map(({ rrset, expires }) => withTtl(rrset, expires - now));
  return { content, authority, zone: (proof[0] as IndexedRRset).walked, server: undefined };
}

/** What a wildcard makes at `name`, and the record that denies what is closer. */
function expansionLink(source: IndexedRRset, cover: IndexedRRset, name: Name, type: number, now: number): RawLink | undefined {
  const content = expansionOf(source, name, type, Math.min(source.expires, cover.expires) - now);
  return content && link(content, [cover], now);
}

/** The RRset that the wildcard makes at `name`. */
function expansionOf({ rrset }: IndexedRRset, name: Name, type: number, ttl: number): LinkContent | undefined {
  const expanded: RRset = { ...withTtl(rrset, ttl), owner: name };
  if (rrset.type === type) return { kind: 'answer', rrsets: [expanded] };
  const target = targetOf(rrset);
  return target && { kind: 'alias', alias: { owner: name, target, cname: expanded, dname: undefined } };
}

/** The records as the proofs want them; nobody looks at their signatures before the validator does. */
function recordsOf(zone: Name, entries: readonly IndexedRRset[]): DenialRecords {
  const rrsets = entries.map(({ rrset }) => rrset);
  const nsec = rrsets.flatMap((rrset) => readDenial(rrset, zone)?.nsec ?? []);
  return { zone, nsec, nsec3: [], rrsets, ttl: 0, expires: 0, fault: undefined };
}

/** The wildcard that an RRset was made of, by the label count of its RRSIG (RFC 4034 §3.1.3); undefined where it stands for itself. */
function sourceOf(owner: Name, labels: number): Name | undefined {
  if (isWildcard(owner) && labels === owner.labels - 1) return owner;
  return labels < owner.labels ? wildcardOf(ancestor(owner, labels)) : undefined;
}

function signatureOf(rrset: RRset): { readonly signer: Name; readonly labels: number } | undefined {
  return rrset.signatures[0] && tryReadRrsig(rrset.signatures[0]);
}
