/**
 * Random zones, random questions, random subsets of the zone's NSEC or NSEC3 records, against what the zone really says (RFC 1034 §4.3.2,
 * RFC 4592): no subset proves what is not so, and the whole chain proves all that is. Signatures are left out; others test them.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ancestor, compareNames, isBelow, type Name, parent, parseName, wildcardOf } from '../../src/base/name.ts';
import { Type } from '../../src/base/registry.ts';
import { nsec3Hash } from '../../src/crypto/digest.ts';
import { type DenialRecords, proveNoDs, proveNodata, proveNxdomain, proveWildcardExpansion } from '../../src/dnssec/denial.ts';
import { readTypeBitmap } from '../../src/wire/rdata/type-bitmap.ts';
import { contextAt } from '../vectors/context.ts';
import { typeBitmap, typeNumber } from '../vectors/read-records.ts';
import { NOW } from '../vectors/signed-zone.ts';

const apex = parseName('example.');
const context = contextAt(NOW);
type Zone = ReadonlyMap<string, { readonly name: Name; readonly types: ReadonlySet<number> }>;

const typeSets = ['A', 'MX', 'A MX', 'CNAME', 'NS', 'NS', 'NS DS', 'DNAME'];
const label = fc.constantFrom('a', 'b', 'c', '*');
const below = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => parseName(`${labels.join('.')}.example.`));
const zones = fc.array(fc.tuple(below, fc.constantFrom(...typeSets)), { maxLength: 9 }).map(makeZone);
const qtypes = fc.constantFrom(Type.A, Type.MX, Type.DS, Type.TLSA);

const setOf = (text: string): Set<number> => new Set(text.split(' ').map(typeNumber));
const ends = (types: ReadonlySet<number>): boolean => types.has(Type.NS) || types.has(Type.DNAME);

/** A zone without names below its cuts and DNAMEs. */
function makeZone(entries: readonly (readonly [Name, string])[]): Zone {
  const all = new Map(entries.map(([name, types]) => [name.key, { name, types: setOf(types) }]));
  const nodes = [...all.values()].filter(({ name }) => ![...all.values()].some((above) => ends(above.types) && isBelow(name, above.name)));
  return new Map([{ name: apex, types: setOf('SOA NS') }, ...nodes].map((node) => [node.name.key, node]));
}

const exists = (zone: Zone, name: Name): boolean =>
  [...zone.values()].some((node) => node.name.key === name.key || isBelow(node.name, name));

function closestEncloser(zone: Zone, qname: Name): Name {
  let name = qname;
  while (!exists(zone, name)) name = parent(name) as Name;
  return name;
}

/** What the zone says; `elsewhere` is a referral or a DNAME above the name. */
function truth(zone: Zone, qname: Name, qtype: number): 'answer' | 'nodata' | 'nxdomain' | 'elsewhere' {
  for (let labels = apex.labels + 1; labels < qname.labels; labels++) {
    const above = zone.get(ancestor(qname, labels).key);
    if (above !== undefined && ends(above.types)) return 'elsewhere';
  }
  const at = exists(zone, qname) ? qname : (wildcardOf(closestEncloser(zone, qname)) as Name);
  if (!exists(zone, at)) return 'nxdomain';
  const types = zone.get(at.key)?.types ?? new Set<number>();
  if (at.key !== apex.key && types.has(Type.NS) && qtype !== Type.DS) return 'elsewhere';
  return types.has(qtype) || types.has(Type.CNAME) ? 'answer' : 'nodata';
}

const bitmapOf = (types: Iterable<number>) => readTypeBitmap(typeBitmap([...types]));
const noRecords = { zone: apex, nsec: [], nsec3: [], rrsets: [], ttl: 0, expires: 0, fault: undefined };

function nsecChain(zone: Zone): DenialRecords {
  const nodes = [...zone.values()].toSorted((a, b) => compareNames(a.name, b.name));
  const nsec = nodes.map(({ name, types }, i) => ({
    owner: name,
    next: nodes[(i + 1) % nodes.length]?.name as Name,
    types: bitmapOf(types),
  }));
  return { ...noRecords, nsec };
}

function nsec3Chain(zone: Zone, optOut: boolean): DenialRecords {
  const hashed = new Map<string, { hash: Buffer; types: Iterable<number> }>();
  const salt = Buffer.of(7);
  for (const { name, types } of zone.values()) {
    if (optOut && isUnsignedCut(zone, name)) continue;
    for (let each = name; each.labels >= apex.labels; each = parent(each) as Name) {
      hashed.set(each.key, { hash: nsec3Hash(each, salt, 0), types: zone.get(each.key)?.types ?? [] });
      if (each === name) hashed.set(each.key, { hash: nsec3Hash(each, salt, 0), types });
    }
  }
  const ring = [...hashed.values()].toSorted((a, b) => Buffer.compare(a.hash, b.hash));
  const nsec3 = ring.map(({ hash, types }, i) => {
    const nextHash = ring[(i + 1) % ring.length]?.hash as Buffer;
    return { ownerHash: hash, nextHash, optOut, iterations: 0, salt, types: bitmapOf(types) };
  });
  return { ...noRecords, nsec3 };
}

function isUnsignedCut(zone: Zone, name: Name): boolean {
  const types = zone.get(name.key)?.types;
  return name.key !== apex.key && types?.has(Type.NS) === true && !types.has(Type.DS);
}

const subset = (records: DenialRecords, mask: number): DenialRecords => ({
  ...records,
  nsec: records.nsec.filter((_, i) => (mask >> i) & 1),
  nsec3: records.nsec3.filter((_, i) => (mask >> i) & 1),
});

describe.each([
  { kind: 'NSEC', chainOf: nsecChain },
  { kind: 'NSEC3', chainOf: (zone: Zone) => nsec3Chain(zone, false) },
])('$kind', ({ chainOf }) => {
  const check = (judge: (zone: Zone, qname: Name, qtype: number, chain: DenialRecords, isWhole: boolean) => void) =>
    fc.assert(
      fc.property(zones, below, qtypes, fc.nat(2 ** 20), (zone, qname, qtype, mask) => {
        const chain = chainOf(zone);
        judge(zone, qname, qtype, chain, true);
        judge(zone, qname, qtype, subset(chain, mask), false);
      }),
      { numRuns: 3000 },
    );
  /** The whole chain proves exactly what is so; a part of it proves nothing else. */
  const agree = (proved: boolean, isSo: boolean, isWhole: boolean) =>
    expect(isWhole ? proved : proved && isSo).toBe(isWhole ? isSo : proved);

  test('NXDOMAIN', () => {
    check((zone, qname, qtype, records, isWhole) => {
      agree(proveNxdomain(qname, records, context).verdict === 'proved', truth(zone, qname, qtype) === 'nxdomain', isWhole);
    });
  });

  test('NODATA', () => {
    check((zone, qname, qtype, records, isWhole) => {
      agree(proveNodata(qname, qtype, records, context).verdict === 'proved', truth(zone, qname, qtype) === 'nodata', isWhole);
    });
  });

  test('wildcard answers', () => {
    check((zone, qname, qtype, records, isWhole) => {
      if (truth(zone, qname, qtype) === 'elsewhere') return;
      const encloser = closestEncloser(zone, qname);
      for (let labels = apex.labels; labels < qname.labels; labels++) {
        const proved = proveWildcardExpansion(qname, ancestor(qname, labels), records, context).verdict === 'proved';
        agree(proved, labels >= encloser.labels, isWhole);
      }
    });
  });

  test('zone cuts without DS', () => {
    check((zone, child, _qtype, records, isWhole) => {
      const { verdict } = proveNoDs(child, records, context);
      const says = truth(zone, child, Type.DS);
      const isCut = zone.get(child.key)?.types.has(Type.NS) === true;
      agree(verdict === 'no-ds', says === 'nodata' && isCut, isWhole);
      agree(verdict === 'no-such-name', says === 'nxdomain', isWhole);
      if (verdict === 'not-a-cut') expect(isCut || says === 'elsewhere' || says === 'nxdomain').toBe(false);
    });
  });
});

test('NSEC3 with opt-out: nothing about unsigned delegations is proved, and nothing false of the rest', () => {
  fc.assert(
    fc.property(zones, below, qtypes, fc.nat(2 ** 20), (zone, qname, qtype, mask) => {
      for (const records of [nsec3Chain(zone, true), subset(nsec3Chain(zone, true), mask)]) {
        const says = truth(zone, qname, qtype);
        expect(proveNxdomain(qname, records, context).verdict).not.toBe('proved');
        if (proveNodata(qname, qtype, records, context).verdict === 'proved') expect(says).toBe('nodata');
        const cut = proveNoDs(qname, records, context).verdict;
        expect(cut).not.toBe('no-such-name');
        if (cut === 'opt-out') expect(zone.get(qname.key)?.types.has(Type.DS) ?? false).toBe(false);
      }
    }),
    { numRuns: 2000 },
  );
});
