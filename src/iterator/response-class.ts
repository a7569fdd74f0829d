/**
 * What an upstream response says, for the question asked and the zone whose servers were asked (RFC 1034 §4.3.1, RFC 2308 §2).
 * Nothing outside that zone is believed: aliases are followed inside it, and what stands behind an alias that leads out is dropped.
 *
 * Servers that recurse though we did not ask them to (RA without AA) are told apart: they may answer from a cache, so they come last.
 */

import { ancestor, isBelow, isWithin, type Name, replaceSuffix, sameName } from '../base/name.ts';
import type { Message, Question, RRset } from '../base/record.ts';
import { Rcode, Type } from '../base/registry.ts';
import { WireError } from '../wire/error.ts';
import { readTarget, targetRdata } from '../wire/rdata/target.ts';

/** One step from a name towards its data: a CNAME, or a DNAME with the CNAME synthesised from it (RFC 6672 §3.1). */
export interface Alias {
  readonly owner: Name;
  readonly target: Name;
  /** The CNAME RRset; unsigned where synthesised. */
  readonly cname: RRset;
  readonly dname: RRset | undefined;
}

/**
 * - `data`: aliases inside the zone, then RRsets of the type asked, or none where the aliases lead elsewhere
 * - `denied`: NODATA or NXDOMAIN for the name at the end of the aliases
 * - `referral`: delegation to a zone below
 * - `lame`: the server does not know the zone; `recursive`: it answered as a recursive server does
 * - `failing`: an RCODE that is no answer
 */
export type ResponseClass =
  | { readonly kind: 'data'; readonly aliases: readonly Alias[]; readonly rrsets: readonly RRset[]; readonly authority: readonly RRset[] }
  | {
      readonly kind: 'denied';
      readonly denial: 'nodata' | 'nxdomain';
      readonly aliases: readonly Alias[];
      readonly authority: readonly RRset[];
    }
  | { readonly kind: 'referral'; readonly ns: RRset; readonly authority: readonly RRset[]; readonly additional: readonly RRset[] }
  | { readonly kind: 'lame'; readonly why: string }
  | { readonly kind: 'recursive' }
  | { readonly kind: 'failing'; readonly rcode: number };

const MAX_ALIASES = 11;

/** @param recursive whether the question was asked with RD=1, of a server that recurses for us */
export function classifyResponse(message: Message, question: Question, zone: Name, recursive: boolean): ResponseClass {
  if (message.rcode !== Rcode.NOERROR && message.rcode !== Rcode.NXDOMAIN && message.rcode !== YXDOMAIN) {
    return { kind: 'failing', rcode: message.rcode };
  }
  const fromCache = message.flags.recursionAvailable && !message.flags.authoritative && !recursive;
  const keep = (section: readonly RRset[]) =>
    section
      .filter((rrset) => rrset.class === question.qclass && isWithin(rrset.owner, zone))
      .map((rrset) => withCaseOf(rrset, question.qname));
  const answer = keep(message.answer);
  const authority = keep(message.authority);

  const chain = followAliases(answer, question, zone);
  const rrsets = answer.filter(
    (rrset) => sameName(rrset.owner, chain.end) && (rrset.type === question.qtype || question.qtype === Type.ANY),
  );
  // A DNAME that makes the name too long leads nowhere (RFC 6672 §2.2).
  if (message.rcode === YXDOMAIN || (chain.overflow && chain.aliases.length === 0)) return { kind: 'failing', rcode: YXDOMAIN };
  if (message.rcode === Rcode.NXDOMAIN) {
    if (fromCache) return { kind: 'recursive' };
    // The RCODE speaks of the last name of the chain (RFC 6604 §2); of one outside the zone this server knows nothing.
    if (chain.aliases.length > 0 && !isWithin(chain.end, zone)) return { kind: 'data', aliases: chain.aliases, rrsets: [], authority };
    return { kind: 'denied', denial: 'nxdomain', aliases: chain.aliases, authority: denialRecords(authority, chain.end) };
  }
  if (rrsets.length > 0 || chain.aliases.length > 0) {
    const referral = referralInAnswer(rrsets, question, zone, message);
    if (referral) return { kind: 'referral', ns: referral, authority, additional: message.additional };
    if (fromCache) return { kind: 'recursive' };
    if (rrsets.length === 0 && isAuthoritativeDenial(authority, chain.end)) {
      return { kind: 'denied', denial: 'nodata', aliases: chain.aliases, authority: denialRecords(authority, chain.end) };
    }
    return { kind: 'data', aliases: chain.aliases, rrsets, authority: authority.filter(isDenialRecord) };
  }
  return classifyEmpty(message, question, zone, recursive, authority, fromCache);
}

const YXDOMAIN = 6;

/** Undoes the case that we mixed into QNAME and that came back in owners (draft-vixie-dnsext-dns0x20). */
function withCaseOf(rrset: RRset, qname: Name): RRset {
  return isWithin(qname, rrset.owner) ? { ...rrset, owner: ancestor(qname, rrset.owner.labels) } : rrset;
}

/** A response without data: SOA means NODATA, NS below means a referral, NS at or above means a lame server (RFC 2308 §2.2). */
function classifyEmpty(
  message: Message,
  question: Question,
  zone: Name,
  recursive: boolean,
  authority: readonly RRset[],
  fromCache: boolean,
): ResponseClass {
  const { qname, qtype } = question;
  const nodata: ResponseClass = { kind: 'denied', denial: 'nodata', aliases: [], authority: denialRecords(authority, qname) };
  const soa = authority.find((rrset) => rrset.type === Type.SOA && isWithin(qname, rrset.owner));
  if (soa && fromCache) return { kind: 'recursive' };
  if (soa && qtype === Type.DS && sameName(soa.owner, qname) && qname.labels > 0) {
    return { kind: 'lame', why: 'answers DS from the child side of the cut' }; // RFC 4035 §3.1.4.1
  }
  if (soa) return nodata;
  const delegation = authority.find((rrset) => rrset.type === Type.NS && isBelow(rrset.owner, zone) && isWithin(qname, rrset.owner));
  if (delegation) {
    // A server that refers to the very zone whose DS was asked does not know DS; what it sent may still deny it.
    if (qtype === Type.DS && sameName(delegation.owner, qname)) {
      const ds = authority.filter((rrset) => rrset.type === Type.DS && sameName(rrset.owner, qname));
      return ds.length > 0 ? { kind: 'data', aliases: [], rrsets: ds, authority: [] } : nodata;
    }
    return { kind: 'referral', ns: delegation, authority, additional: message.additional };
  }
  if (message.authority.some((rrset) => rrset.type === Type.NS && isWithin(zone, rrset.owner)) && !message.flags.authoritative) {
    return fromCache ? { kind: 'recursive' } : { kind: 'lame', why: 'refers to the zone itself or upwards' };
  }
  if (fromCache) return { kind: 'recursive' };
  if (message.flags.authoritative || recursive) return nodata;
  return { kind: 'lame', why: 'answers without authority and without data' };
}

/** The NS RRset of a zone below, given as an answer without authority by a server of the parent: a referral all the same. */
function referralInAnswer(rrsets: readonly RRset[], question: Question, zone: Name, message: Message): RRset | undefined {
  if (question.qtype !== Type.NS || message.flags.authoritative) return undefined;
  return rrsets.find((rrset) => rrset.type === Type.NS && isBelow(rrset.owner, zone));
}

function isAuthoritativeDenial(authority: readonly RRset[], name: Name): boolean {
  return authority.some((rrset) => rrset.type === Type.SOA && isWithin(name, rrset.owner));
}

function isDenialRecord(rrset: RRset): boolean {
  return rrset.type === Type.NSEC || rrset.type === Type.NSEC3;
}

/** Of the authority section, what denies `name`: its zone's SOA, and NSEC or NSEC3 records. */
function denialRecords(authority: readonly RRset[], name: Name): RRset[] {
  return authority.filter((rrset) => isDenialRecord(rrset) || (rrset.type === Type.SOA && isWithin(name, rrset.owner)));
}

function followAliases(answer: readonly RRset[], question: Question, zone: Name): { aliases: Alias[]; end: Name; overflow: boolean } {
  const aliases: Alias[] = [];
  const seen = new Set<string>();
  let end = question.qname;
  while (aliases.length < MAX_ALIASES && isWithin(end, zone) && !seen.has(end.key)) {
    seen.add(end.key);
    const here = end;
    if (answer.some((rrset) => sameName(rrset.owner, here) && isOfType(rrset, question.qtype) && !isSynthesised(rrset, answer))) break;
    const alias = aliasAt(answer, here);
    if (alias === 'overflow') return { aliases, end, overflow: true };
    if (!alias) break;
    aliases.push(alias);
    end = alias.target;
  }
  return { aliases, end, overflow: false };
}

function isOfType({ type }: RRset, qtype: number): boolean {
  return type === qtype || qtype === Type.ANY;
}

/** Whether this is the unsigned CNAME beside a DNAME: it is judged by the DNAME, for whatever type was asked (RFC 6672 §5.3.1). */
function isSynthesised({ owner, type, signatures }: RRset, answer: readonly RRset[]): boolean {
  if (type !== Type.CNAME || signatures.length > 0) return false;
  return answer.some((rrset) => rrset.type === Type.DNAME && isBelow(owner, rrset.owner));
}

function aliasAt(answer: readonly RRset[], owner: Name): Alias | 'overflow' | undefined {
  const dname = answer.find((rrset) => rrset.type === Type.DNAME && isBelow(owner, rrset.owner));
  if (dname) return aliasByDname(owner, dname);
  const cname = answer.find((rrset) => rrset.type === Type.CNAME && sameName(rrset.owner, owner));
  const target = cname && targetOf(cname);
  return cname && target ? { owner, target, cname, dname: undefined } : undefined;
}

/** The alias that a DNAME RRset makes of a name below it; 'overflow' where the new name would be too long (RFC 6672 §2.2). */
export function aliasByDname(owner: Name, dname: RRset): Alias | 'overflow' | undefined {
  const to = targetOf(dname);
  if (!to) return undefined;
  const target = replaceSuffix(owner, dname.owner, to);
  if (!target) return 'overflow';
  const cname: RRset = { owner, type: Type.CNAME, class: dname.class, ttl: dname.ttl, rdata: [targetRdata(target)], signatures: [] };
  return { owner, target, cname, dname };
}

/** Where a CNAME or DNAME RRset points; undefined where it is malformed or not one record (RFC 2181 §10.1). */
export function targetOf(rrset: RRset): Name | undefined {
  if (rrset.rdata.length !== 1) return undefined;
  try {
    return readTarget(rrset.rdata[0] as Uint8Array);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
