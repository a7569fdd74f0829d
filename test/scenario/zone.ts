/** A zone as its servers hold it: RRsets by name, signed when asked for, with its NSEC or NSEC3 chain. Right by default, wrong where told. */

import { compareNames, isBelow, isWithin, type Name, parent, parseName, replaceSuffix, wildcardOf } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';
import { rdataOf, typeNumber } from '../vectors/read-records.ts';
import { type KeyOptions, type Nsec3Zone, type SignedZone, type SignOptions, signedZone } from '../vectors/signed-zone.ts';
import { textAt, textOf } from './rrset.ts';

/** Lines are `owner [ttl] TYPE rdata`; owners without a final dot are relative to the apex, `@` is the apex. */
export interface ZoneText {
  readonly apex: string;
  /** Addresses of its servers, in the order of `ns`. */
  readonly at: readonly string[];
  /** Names of its servers; `ns1`, `ns2` … under the apex unless told. Those outside the apex get no glue. */
  readonly ns?: readonly string[];
  readonly records?: readonly string[];
  readonly signing?: 'nsec' | 'nsec3' | 'opt-out' | 'unsigned';
  readonly iterations?: number;
  /** The DS RRset in the zone above: of its key unless told. */
  readonly ds?: readonly string[] | 'none';
  readonly key?: KeyOptions;
  /** An earlier form of this zone, whose key it keeps. */
  readonly like?: Zone;
  /** How all its signatures are made. */
  readonly sign?: SignOptions;
  readonly ttl?: number;
  /** Names whose types its denials hide or invent: owner to types. */
  readonly types?: Readonly<Record<string, string>>;
}

export class Zone {
  readonly apex: Name;
  readonly text: ZoneText;
  readonly signed: SignedZone;
  readonly nodes = new Map<string, { name: Name; sets: Map<number, RRset> }>();
  readonly #made = new Map<RRset, RRset>();
  #nsec: RRset[] | undefined;
  #nsec3: Nsec3Zone | undefined;

  constructor(text: ZoneText) {
    this.text = text;
    this.apex = parseName(text.apex);
    this.signed = text.like?.signed ?? signedZone(text.apex, { algorithm: 13, ...text.key });
    const ttl = text.ttl ?? 3600;
    this.add(`@ ${ttl} SOA ns.invalid. host.invalid. 1 2 3 4 300`);
    for (const line of text.records ?? []) this.add(line);
    if (this.isSigned) this.put({ owner: this.apex, type: Type.DNSKEY, class: 1, ttl, rdata: [this.signed.key.rdata], signatures: [] });
  }

  get isSigned(): boolean {
    return this.text.signing !== 'unsigned';
  }

  nameOf(owner: string): Name {
    if (owner === '@') return this.apex;
    return parseName(owner.endsWith('.') ? owner : `${owner}.${this.text.apex === '.' ? '' : this.text.apex}`);
  }

  add(line: string): void {
    const [ownerText = '', second = '', ...rest] = line.split(/\s+/);
    const hasTtl = /^\d+$/.test(second);
    const [type = '', ...fields] = hasTtl ? rest : [second, ...rest];
    const owner = this.nameOf(ownerText);
    const ttl = hasTtl ? Number(second) : (this.text.ttl ?? 3600);
    const known = this.nodes.get(owner.key)?.sets.get(typeNumber(type));
    const rdata = [...(known?.rdata ?? []), rdataOf(type, fields)];
    this.put({ owner, type: typeNumber(type), class: 1, ttl, rdata, signatures: [] });
  }

  put(rrset: RRset): void {
    for (let name: Name | undefined = rrset.owner; name && isWithin(name, this.apex); name = parent(name)) {
      if (!this.nodes.has(name.key)) this.nodes.set(name.key, { name, sets: new Map() });
    }
    this.nodes.get(rrset.owner.key)?.sets.set(rrset.type, rrset);
  }

  /** The RRset as it is sent: signed, where the zone is and speaks for it. */
  sign(rrset: RRset): RRset {
    if (!this.isSigned) return rrset;
    const made = this.#made.get(rrset) ?? this.signed.sign(rrset, this.text.sign);
    this.#made.set(rrset, made);
    return made;
  }

  /** The topmost zone cut at or above `name`, below the apex. */
  cutAt(name: Name): Name | undefined {
    let cut: Name | undefined;
    for (let at: Name | undefined = name; at && isBelow(at, this.apex); at = parent(at)) {
      if (this.nodes.get(at.key)?.sets.has(Type.NS)) cut = at;
    }
    return cut;
  }

  /** What denies that `name` has more than it has: the record that matches, or those that cover. */
  proofOf(name: Name): RRset[] {
    if (!this.isSigned) return [];
    return this.text.signing === 'nsec' || this.text.signing === undefined ? this.#nsecProof(name) : this.#nsec3Proof(name);
  }

  /** Denies `name` below `encloser`, for a wildcard answer. */
  expansionProof(name: Name): RRset[] {
    if (!this.isSigned) return [];
    if (this.text.signing === 'nsec' || this.text.signing === undefined) return [this.#cover(name)];
    return [this.#chain3().cover(textOf(this.#nextCloser(name)))];
  }

  encloserOf(name: Name): Name {
    let at = name;
    while (!this.nodes.has(at.key)) at = parent(at) as Name;
    return at;
  }

  #nextCloser(name: Name): Name {
    let at = name;
    while (!this.nodes.has((parent(at) as Name).key)) at = parent(at) as Name;
    return at;
  }

  #nsecProof(name: Name): RRset[] {
    const chain = this.#chain();
    const match = chain.find(({ owner }) => owner.key === name.key);
    if (match) return [match];
    const cover = this.#cover(name);
    if (this.nodes.has(name.key)) return [cover]; // an empty non-terminal
    const wildcard = wildcardOf(this.encloserOf(name)) as Name;
    const second = chain.find(({ owner }) => owner.key === wildcard.key) ?? this.#cover(wildcard);
    return second === cover ? [cover] : [cover, second];
  }

  #nsec3Proof(name: Name): RRset[] {
    const chain = this.#chain3();
    if (this.#has3(name)) return [chain.match(textOf(name))];
    let encloser = name;
    let nextCloser = name;
    while (!this.#has3(encloser)) {
      nextCloser = encloser;
      encloser = parent(encloser) as Name;
    }
    const wildcard = wildcardOf(encloser) as Name;
    const last = this.#has3(wildcard) ? chain.match(textOf(wildcard)) : chain.cover(textOf(wildcard));
    const proof = [chain.match(textOf(encloser)), chain.cover(textOf(nextCloser)), last];
    return proof.filter((rrset, i) => proof.findIndex(({ owner }) => owner.key === rrset.owner.key) === i);
  }

  #spoken(): { name: Name; sets: Map<number, RRset> }[] {
    return [...this.nodes.values()].filter(({ name }) => {
      const cut = this.cutAt(name);
      return !cut || cut.key === name.key;
    });
  }

  #typesOf(name: Name, sets: Map<number, RRset>): string {
    const told = this.text.types?.[textOf(name)];
    if (told !== undefined) return told;
    const isCut = name.key !== this.apex.key && sets.has(Type.NS);
    const shown = [...sets.keys()].filter((type) => !isCut || type === Type.NS || type === Type.DS);
    return shown.map((type) => `TYPE${type}`).join(' ');
  }

  #chain(): RRset[] {
    if (this.#nsec) return this.#nsec;
    const nodes = this.#spoken().filter(({ sets }) => sets.size > 0);
    nodes.sort((a, b) => compareNames(a.name, b.name));
    this.#nsec = nodes.map(({ name, sets }, i) => {
      const next = (nodes[(i + 1) % nodes.length] as (typeof nodes)[number]).name;
      return this.signed.nsec(textOf(name), textOf(next), `${this.#typesOf(name, sets)} RRSIG NSEC`.trim(), this.text.sign);
    });
    return this.#nsec;
  }

  #cover(name: Name): RRset {
    return this.#chain().findLast(({ owner }) => compareNames(owner, name) < 0) as RRset;
  }

  #names3(): { name: Name; sets: Map<number, RRset> }[] {
    const isOptedOut = ({ name, sets }: { name: Name; sets: Map<number, RRset> }) =>
      this.text.signing === 'opt-out' && name.key !== this.apex.key && sets.has(Type.NS) && !sets.has(Type.DS);
    const named = this.#spoken().filter((node) => node.sets.size > 0 && !isOptedOut(node));
    const empty = this.#spoken().filter(({ name, sets }) => sets.size === 0 && named.some((node) => isBelow(node.name, name)));
    return [...named, ...empty];
  }

  #has3(name: Name): boolean {
    return this.#names3().some((node) => node.name.key === name.key);
  }

  #chain3(): Nsec3Zone {
    if (this.#nsec3) return this.#nsec3;
    const names = this.#names3().map(({ name, sets }) => [
      textOf(name),
      `${this.#typesOf(name, sets)} ${sets.size > 0 ? 'RRSIG' : ''}`.trim(),
    ]);
    const iterations = this.text.iterations ?? 0;
    this.#nsec3 = this.signed.nsec3({ names: Object.fromEntries(names), iterations, optOut: this.text.signing === 'opt-out' });
    return this.#nsec3;
  }
}

/** The CNAME that a DNAME makes. */
export function synthesise(owner: Name, dname: RRset): RRset {
  const target = replaceSuffix(owner, dname.owner, parseName(textAt(dname))) as Name;
  return { owner, type: Type.CNAME, class: 1, ttl: dname.ttl, rdata: [target.wire], signatures: [] };
}
