/** What an authoritative server answers from its zones (RFC 1034 §4.3.2, RFC 4035 §3.1, RFC 5155 §7.2). */

import { isBelow, isWithin, type Name, parseName, wildcardOf } from '../../src/base/name.ts';
import type { EdnsOption, Question, RRset } from '../../src/base/record.ts';
import { Rcode, Type } from '../../src/base/registry.ts';
import { textAt } from './rrset.ts';
import { synthesise, type Zone } from './zone.ts';

export interface Reply {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answer: readonly RRset[];
  readonly authority: readonly RRset[];
  readonly additional: readonly RRset[];
  readonly recursionAvailable?: boolean;
  readonly truncated?: boolean;
  /** False: no OPT record in the reply, as of servers that do not know EDNS. */
  readonly edns?: boolean;
  /** Of the OPT record. */
  readonly options?: readonly EdnsOption[];
  /** As many as the message is said to have had; 500 unless told. */
  readonly octets?: number;
}

export const refused: Reply = { rcode: Rcode.REFUSED, authoritative: false, answer: [], authority: [], additional: [] };
const noerror: Reply = { ...refused, rcode: Rcode.NOERROR };

/** The answer of a server that has these zones. */
export function answerFrom(zones: readonly Zone[], question: Question): Reply {
  const at = question.qtype === Type.DS ? isBelow : isWithin;
  const fits = (zone: Zone): boolean => at(question.qname, zone.apex) || isWithin(question.qname, zone.apex);
  const held = zones.filter(fits).toSorted((a, b) => b.apex.labels - a.apex.labels);
  const zone = held.find(({ apex }) => at(question.qname, apex)) ?? held[0];
  return zone ? answerOf(zone, question) : refused;
}

function answerOf(zone: Zone, { qname, qtype }: Question): Reply {
  const answer: RRset[] = [];
  const authority: RRset[] = [];
  let name = qname;
  for (let links = 0; links < 30; links++) {
    if (!isWithin(name, zone.apex)) return { ...noerror, authoritative: true, answer, authority };
    const cut = zone.cutAt(name);
    if (cut && !(qtype === Type.DS && cut.key === name.key)) {
      if (answer.length > 0) return { ...noerror, authoritative: true, answer, authority };
      return referral(zone, cut);
    }
    const dname = dnameAbove(zone, name);
    const node = zone.nodes.get(name.key);
    if (dname && !node) {
      const cname = synthesise(name, dname);
      answer.push(zone.sign(dname), cname);
      name = parseName(textAt(cname));
      continue;
    }
    const wildcard = node ? undefined : zone.nodes.get((wildcardOf(zone.encloserOf(name)) as Name).key);
    const sets = (node ?? wildcard)?.sets;
    if (!sets)
      return { rcode: Rcode.NXDOMAIN, authoritative: true, answer, authority: [...authority, ...denial(zone, name)], additional: [] };
    const nsec = qtype === Type.NSEC ? zone.proofOf(name).find(({ owner, type }) => type === qtype && owner.key === name.key) : undefined;
    if (nsec) return { ...noerror, authoritative: true, answer: [...answer, nsec], authority };
    const found = sets.get(qtype) ?? sets.get(Type.CNAME);
    if (!found) return { ...noerror, authoritative: true, answer, authority: [...authority, ...denial(zone, name)] };
    answer.push({ ...zone.sign(found), owner: name });
    if (wildcard && !node) authority.push(...zone.expansionProof(name));
    const additional = found.type === Type.NS ? addressesOf(zone, found) : [];
    if (found.type === qtype) return { ...noerror, authoritative: true, answer, authority, additional };
    name = parseName(textAt(found));
    if (answer.some(({ owner }) => owner.key === name.key)) return { ...noerror, authoritative: true, answer, authority };
  }
  return { ...noerror, authoritative: true, answer, authority };
}

function denial(zone: Zone, name: Name): RRset[] {
  const soa = zone.nodes.get(zone.apex.key)?.sets.get(Type.SOA) as RRset;
  return [zone.sign(soa), ...zone.proofOf(name)];
}

function referral(zone: Zone, cut: Name): Reply {
  const sets = zone.nodes.get(cut.key)?.sets as Map<number, RRset>;
  const ns = sets.get(Type.NS) as RRset;
  const ds = sets.get(Type.DS);
  return { ...noerror, authority: [ns, ...(ds ? [zone.sign(ds)] : zone.proofOf(cut))], additional: addressesOf(zone, ns) };
}

/** Addresses of the servers of an NS RRset that this zone holds, glue and its own. */
function addressesOf(zone: Zone, ns: RRset): RRset[] {
  const names = ns.rdata.map((rdata) => textAt({ ...ns, rdata: [rdata] }));
  return names.flatMap((name) => {
    const held = zone.nodes.get(parseName(name).key)?.sets;
    return [held?.get(Type.A), held?.get(Type.AAAA)].filter((rrset) => rrset !== undefined);
  });
}

function dnameAbove(zone: Zone, name: Name): RRset | undefined {
  for (const { name: owner, sets } of zone.nodes.values()) {
    const dname = sets.get(Type.DNAME);
    if (dname && isBelow(name, owner)) return dname;
  }
  return undefined;
}
