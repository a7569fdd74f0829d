/**
 * What an authoritative server answers from one zone: referral, answer, aliases, wildcard expansion, denials, each with its proof.
 *
 * RFCs: 1034 §4.3.2 (algorithm), 4035 §3.1 (NSEC in answers), 5155 §7.2 (NSEC3 in answers), 4592 (wildcards), 6672 (DNAME).
 */

import type { Chain } from './denial.ts';
import { isWithin, keyOf, type Labels, wireName } from './name.ts';
import { type RRset, typeNumbers } from './rdata.ts';
import type { Window } from './sign.ts';
import { cutAbove, type Zone, type ZoneNode } from './zone.ts';

export type Rcode = 'NOERROR' | 'FORMERR' | 'SERVFAIL' | 'NXDOMAIN' | 'NOTIMP' | 'REFUSED' | 'YXDOMAIN' | 'BADVERS';

export interface Reply {
  readonly rcode: Rcode;
  readonly authoritative: boolean;
  readonly answer: readonly RRset[];
  readonly authority: readonly RRset[];
  readonly additional: readonly RRset[];
}

export interface View {
  /** Whether signatures and denial records go along. */
  readonly dnssec: boolean;
  /** Sends signatures of this window in place of the zone's own. */
  readonly window?: Window;
}

/** Answers one question about a name in `zone`; aliases are followed within it, until one comes back. */
export function lookUp(zone: Zone, qname: Labels, qtype: number, view: View): Reply {
  const answer: RRset[] = [];
  const authority: RRset[] = []; // an alias out of a wildcard leaves its proof here
  const visited = new Set<string>();
  for (let name = qname; ; ) {
    visited.add(keyOf(name));
    const step = stepAt(zone, name, qtype, view);
    answer.push(...step.answer);
    authority.push(...step.authority);
    const { target } = step;
    const goesOn = target && !visited.has(keyOf(target)) && isWithin(target, zone.apex) && !cutAbove(zone, target);
    if (!goesOn) return { ...step, answer, authority: distinct(authority) };
    name = target;
  }
}

interface Step extends Reply {
  /** Where an alias leads. */
  readonly target?: Labels;
}

function stepAt(zone: Zone, name: Labels, qtype: number, view: View): Step {
  const cut = cutAbove(zone, name);
  const asksParent = cut && qtype === typeNumbers.DS && cut.name.length === name.length; // RFC 4035 §3.1.4.1
  if (cut && !asksParent) return referral(zone, cut, view);
  const dname = dnameAbove(zone, name);
  if (dname) return substituted(zone, name, dname, view);
  const node = zone.node(name);
  if (node) return answerAt(zone, node, name, qtype, view, []) ?? denied(zone, 'NOERROR', nodataProof(zone, name), view);

  const encloser = closestEncloser(zone, name);
  const wildcard = zone.node(['*', ...encloser]);
  if (!wildcard) return denied(zone, 'NXDOMAIN', nxdomainProof(zone, name, encloser), view);
  const expansionProof = zone.denialFor(name)?.covering(nextCloser(name, encloser, zone));
  const expanded = answerAt(zone, wildcard, name, qtype, view, expansionProof ? [expansionProof] : []);
  return expanded ?? denied(zone, 'NOERROR', wildcardNodataProof(zone, name, encloser), view);
}

/** Positive answer or alias at a node; with a wildcard's node, `name` is the owner that it is expanded to. */
function answerAt(zone: Zone, node: ZoneNode, name: Labels, qtype: number, view: View, proof: readonly RRset[]): Step | undefined {
  const sets = setsAsked(zone, node, qtype, view);
  if (sets.length === 0) return undefined;
  const cname = sets.find(({ type }) => type === typeNumbers.CNAME && qtype !== typeNumbers.CNAME && qtype !== typeNumbers.ANY);
  const answer = sets.flatMap((rrset) => signed(zone, rrset, view)).map((rrset) => ({ ...rrset, owner: name }));
  return {
    rcode: 'NOERROR',
    authoritative: true,
    answer,
    authority: view.dnssec ? proof.flatMap((rrset) => signed(zone, rrset, view)) : [],
    additional: qtype === typeNumbers.NS ? addressesOf(zone, sets) : [],
    ...(cname ? { target: readName(cname.rdatas[0]!) } : {}),
  };
}

function setsAsked(zone: Zone, { name, sets }: ZoneNode, qtype: number, view: View): RRset[] {
  if (qtype === typeNumbers.ANY) return [...sets.values()];
  if (qtype === typeNumbers.RRSIG) return [...sets.values()].flatMap((rrset) => zone.signature(rrset, view.window) ?? []);
  if (qtype === typeNumbers.NSEC) return [zone.denialFor(name)].flatMap((chain) => (chain?.kind === 'nsec' && chain.matching(name)) || []);
  const rrset = sets.get(qtype) ?? sets.get(typeNumbers.CNAME);
  return rrset ? [rrset] : [];
}

function referral(zone: Zone, cut: ZoneNode, view: View): Step {
  const ns = cut.sets.get(typeNumbers.NS)!;
  const ds = cut.sets.get(typeNumbers.DS);
  const proof = ds ? [ds] : nodataProof(zone, cut.name);
  return {
    rcode: 'NOERROR',
    authoritative: false,
    answer: [],
    authority: [ns, ...(view.dnssec ? proof.flatMap((rrset) => signed(zone, rrset, view)) : [])],
    additional: addressesOf(zone, [ns]),
  };
}

function denied(zone: Zone, rcode: 'NOERROR' | 'NXDOMAIN', proof: readonly RRset[], view: View): Step {
  const records = view.dnssec ? [zone.soa, ...proof] : [zone.soa];
  return { rcode, authoritative: true, answer: [], authority: records.flatMap((rrset) => signed(zone, rrset, view)), additional: [] };
}

/** RFC 6672 §3.2: the DNAME, and a CNAME made of it, which has no signature. */
function substituted(zone: Zone, name: Labels, dname: RRset, view: View): Step {
  const target = [...name.slice(0, name.length - dname.owner.length), ...readName(dname.rdatas[0]!)];
  const base = { authoritative: true, authority: [], additional: [] };
  const answer = signed(zone, dname, view);
  if (wireName(target).length > 255) return { ...base, rcode: 'YXDOMAIN', answer };
  const cname = { owner: name, type: typeNumbers.CNAME, ttl: dname.ttl, rdatas: [wireName(target)] };
  return { ...base, rcode: 'NOERROR', answer: [...answer, cname], target };
}

function dnameAbove(zone: Zone, name: Labels): RRset | undefined {
  for (let length = zone.apex.length; length < name.length; length += 1) {
    const dname = zone.node(name.slice(name.length - length))?.sets.get(typeNumbers.DNAME);
    if (dname) return dname;
  }
  return undefined;
}

function closestEncloser(zone: Zone, name: Labels): Labels {
  let encloser = name;
  while (!zone.node(encloser)) encloser = encloser.slice(1);
  return encloser;
}

/** NSEC covers the name itself, NSEC3 the next closer name (RFC 5155 §7.2.1). */
function nextCloser(name: Labels, encloser: Labels, zone: Zone): Labels {
  return zone.denialFor(name)?.kind === 'nsec3' ? name.slice(name.length - encloser.length - 1) : name;
}

function nodataProof(zone: Zone, name: Labels): RRset[] {
  const chain = zone.denialFor(name);
  if (!chain) return [];
  const match = chain.matching(name);
  if (match) return [match];
  // An empty non-terminal has no NSEC: the span over it ends below it. No NSEC3: opted out.
  return chain.kind === 'nsec' ? [chain.covering(name)] : encloserProof(chain, name);
}

/** Closest provable encloser and the next closer name's cover (RFC 5155 §7.2.1, §7.2.4). */
function encloserProof(chain: Chain, name: Labels): RRset[] {
  for (let below = name; below.length > 0; below = below.slice(1)) {
    const match = chain.matching(below.slice(1));
    if (match) return distinct([match, chain.covering(below)]);
  }
  return [];
}

function nxdomainProof(zone: Zone, name: Labels, encloser: Labels): RRset[] {
  const chain = zone.denialFor(name);
  if (!chain) return [];
  const wildcard = chain.covering(['*', ...encloser]);
  return chain.kind === 'nsec' ? distinct([chain.covering(name), wildcard]) : distinct([...encloserProof(chain, name), wildcard]);
}

function wildcardNodataProof(zone: Zone, name: Labels, encloser: Labels): RRset[] {
  const chain = zone.denialFor(name);
  if (!chain) return [];
  const wildcard = ['*', ...encloser];
  const match = chain.matching(wildcard) ?? chain.covering(wildcard);
  return distinct(chain.kind === 'nsec' ? [chain.covering(name), match] : [...encloserProof(chain, name), match]);
}

const distinct = (rrsets: readonly RRset[]): RRset[] => [...new Set(rrsets)];

function signed(zone: Zone, rrset: RRset, view: View): RRset[] {
  const signature = view.dnssec && rrset.type !== typeNumbers.RRSIG ? zone.signature(rrset, view.window) : undefined;
  return signature ? [rrset, signature] : [rrset];
}

/** Addresses that the zone holds of the servers in NS RRsets: its own, or glue. */
function addressesOf(zone: Zone, rrsets: readonly RRset[]): RRset[] {
  const names = rrsets.filter(({ type }) => type === typeNumbers.NS).flatMap(({ rdatas }) => rdatas.map(readName));
  return names.flatMap((name) => zone.node(name)?.sets.get(typeNumbers.A) ?? []);
}

/** Reads back a name that `rdataOf` has written. */
function readName(rdata: Buffer): Labels {
  const labels: string[] = [];
  for (let at = 0; rdata[at]; at += rdata[at]! + 1) labels.push(rdata.toString('latin1', at + 1, at + 1 + rdata[at]!));
  return labels;
}
