import { describe, expect, test } from 'vitest';
import { BudgetExceeded, clientLimits } from '../../src/base/budget.ts';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';
import {
  collectDenial,
  type DenialRecords,
  proveNoDs,
  proveNodata,
  proveNxdomain,
  proveWildcardExpansion,
  provingNxdomain,
} from '../../src/dnssec/denial.ts';
import { contextAt } from '../vectors/context.ts';
import { type ChainOptions, NOW, type Nsec3Zone, signedZone } from '../vectors/signed-zone.ts';

const zone = signedZone('example.');
const context = contextAt(NOW);

const names = {
  'example.': 'NS SOA MX DNSKEY NSEC3PARAM RRSIG',
  'a.example.': 'A RRSIG',
  'alias.example.': 'CNAME RRSIG',
  'c.example.': '',
  'b.c.example.': 'TXT RRSIG',
  'cut.example.': 'NS',
  'dn.example.': 'DNAME RRSIG',
  'signed.example.': 'NS DS RRSIG',
  'w.example.': '',
  '*.w.example.': 'MX RRSIG',
};
const chainOf = (options: Partial<ChainOptions> = {}): Nsec3Zone => zone.nsec3({ names, salt: 'aabb', iterations: 1, ...options });
const plain = chainOf();
const optOut = chainOf({ optOut: true });
const OPT_OUT = { verdict: 'insecure', reason: 'nsec3-opt-out' };

const recordsOf = (rrsets: readonly RRset[]): DenialRecords => collectDenial(rrsets, zone.keys, context);

interface Row {
  readonly title: string;
  readonly parts: Readonly<Record<string, RRset>>;
  readonly prove: (records: DenialRecords) => object;
  readonly want: object;
  /** What is left when a part is missing, where opt-out alone speaks. */
  readonly without?: Readonly<Record<string, object>>;
}
const nxdomain = (qname: string) => (records: DenialRecords) => proveNxdomain(parseName(qname), records, context);
const nodata = (qname: string, qtype: number) => (records: DenialRecords) => proveNodata(parseName(qname), qtype, records, context);
const expansion = (qname: string, encloser: string) => (records: DenialRecords) =>
  proveWildcardExpansion(parseName(qname), parseName(encloser), records, context);
const noDs = (child: string) => (records: DenialRecords) => proveNoDs(parseName(child), records, context);

/** Closest encloser, next closer name and wildcard of a name. */
const nameError = (chain: Nsec3Zone, encloser: string, nextCloser: string) => ({
  'closest encloser': chain.match(encloser),
  'next closer name': chain.cover(nextCloser),
  wildcard: chain.cover(`*.${encloser}`),
});

const rows: Row[] = [
  {
    title: '§8.4 name error',
    parts: nameError(plain, 'example.', 'no.example.'),
    prove: nxdomain('no.example.'),
    want: { verdict: 'proved' },
  },
  {
    title: '§8.4 name error several labels below',
    parts: nameError(plain, 'a.example.', 'no.a.example.'),
    prove: nxdomain('x.y.no.a.example.'),
    want: { verdict: 'proved' },
  },
  {
    title: '§8.4 name error by opt-out (§9.2)',
    parts: nameError(optOut, 'example.', 'no.example.'),
    prove: nxdomain('no.example.'),
    want: OPT_OUT,
  },
  {
    title: '§8.5 no data',
    parts: { match: plain.match('a.example.') },
    prove: nodata('a.example.', Type.TLSA),
    want: { verdict: 'proved' },
  },
  {
    title: '§8.5 no data at the apex (CVE-2026-123600)',
    parts: { match: plain.match('example.') },
    prove: nodata('example.', Type.TLSA),
    want: { verdict: 'proved' },
  },
  {
    title: '§8.5 no data at an empty non-terminal',
    parts: { match: plain.match('c.example.') },
    prove: nodata('c.example.', Type.A),
    want: { verdict: 'proved' },
  },
  {
    title: '§8.5 no data in an opt-out zone',
    parts: { match: optOut.match('a.example.') },
    prove: nodata('a.example.', Type.TLSA),
    want: { verdict: 'proved' },
  },
  {
    title: '§8.6 no DS at a delegation',
    parts: { match: plain.match('cut.example.') },
    prove: nodata('cut.example.', Type.DS),
    want: { verdict: 'proved' },
  },
  {
    title: '§8.6 no DS by opt-out',
    parts: { 'closest encloser': optOut.match('example.'), 'next closer name': optOut.cover('no.example.') },
    prove: nodata('no.example.', Type.DS),
    want: OPT_OUT,
  },
  {
    title: '§8.7 no data at the wildcard',
    parts: {
      'closest encloser': plain.match('w.example.'),
      'next closer name': plain.cover('new.w.example.'),
      wildcard: plain.match('*.w.example.'),
    },
    prove: nodata('new.w.example.', Type.A),
    want: { verdict: 'proved' },
  },
  {
    title: '§8.7 no data at the wildcard by opt-out (§9.2)',
    parts: {
      'closest encloser': optOut.match('w.example.'),
      'next closer name': optOut.cover('new.w.example.'),
      wildcard: optOut.match('*.w.example.'),
    },
    prove: nodata('new.w.example.', Type.A),
    want: OPT_OUT,
    without: { wildcard: OPT_OUT },
  },
  {
    title: '§8.8 wildcard answer',
    parts: { 'next closer name': plain.cover('new.w.example.') },
    prove: expansion('x.new.w.example.', 'w.example.'),
    want: { verdict: 'proved' },
  },
  {
    title: '§8.8 wildcard answer by opt-out (§9.2)',
    parts: { 'next closer name': optOut.cover('new.w.example.') },
    prove: expansion('x.new.w.example.', 'w.example.'),
    want: OPT_OUT,
  },
  {
    title: '§8.9 unsigned delegation',
    parts: { match: plain.match('cut.example.') },
    prove: noDs('cut.example.'),
    want: { verdict: 'no-ds' },
  },
  {
    title: '§8.9 unsigned delegation by opt-out',
    parts: { 'closest encloser': optOut.match('example.'), 'next closer name': optOut.cover('no.example.') },
    prove: noDs('no.example.'),
    want: { verdict: 'opt-out' },
  },
  { title: 'a name without NS', parts: { match: plain.match('a.example.') }, prove: noDs('a.example.'), want: { verdict: 'not-a-cut' } },
  {
    title: 'an empty non-terminal',
    parts: { match: plain.match('c.example.') },
    prove: noDs('c.example.'),
    want: { verdict: 'not-a-cut' },
  },
  {
    title: 'no such name',
    parts: nameError(plain, 'example.', 'no.example.'),
    prove: noDs('no.example.'),
    want: { verdict: 'no-such-name' },
  },
  {
    title: 'a name that a wildcard makes is no cut',
    parts: {
      'closest encloser': plain.match('w.example.'),
      'next closer name': plain.cover('new.w.example.'),
      wildcard: plain.match('*.w.example.'),
    },
    prove: noDs('new.w.example.'),
    want: { verdict: 'not-a-cut' },
  },
];

describe('RFC 5155 §8', () => {
  test.each(rows)('$title', ({ parts, prove, want }) => {
    expect(prove(recordsOf(Object.values(parts)))).toEqual(want);
  });

  const partial = rows.flatMap((row) =>
    Object.keys(row.parts).flatMap((left) => {
      // One record may serve for two parts.
      const rest = Object.entries(row.parts).filter(([part]) => part !== left && row.parts[part] !== row.parts[left]);
      const serves = (rrset: RRset) => rrset.owner.key === row.parts[left]?.owner.key;
      return rest.some(([, rrset]) => serves(rrset)) ? [] : [{ ...row, left, rest: rest.map(([, rrset]) => rrset) }];
    }),
  );
  test.each(partial)('$title, without the $left', ({ prove, rest, left, without }) => {
    expect(prove(recordsOf(rest))).toMatchObject(without?.[left] ?? { verdict: 'unproved' });
  });
});

describe('what the whole chain does not prove', () => {
  const whole = (chain: Nsec3Zone, ...absent: string[]): DenialRecords => {
    const matches = Object.keys(names).map((name) => chain.match(name));
    const covers = absent.map((name) => chain.cover(name)).filter((rrset) => !matches.some((match) => match.owner.key === rrset.owner.key));
    return recordsOf([...matches, ...covers]);
  };
  const all = whole(plain);

  test.each([
    { title: 'NXDOMAIN of a name that exists', prove: nxdomain('a.example.') },
    { title: 'NXDOMAIN of an empty non-terminal', prove: nxdomain('c.example.') },
    { title: 'NXDOMAIN of the apex', prove: nxdomain('example.') },
    { title: 'NXDOMAIN of a name that a wildcard makes', prove: nxdomain('new.w.example.') },
    { title: 'NXDOMAIN below a delegation (§8.3, §8.9)', prove: nxdomain('www.cut.example.') },
    { title: 'NXDOMAIN below a DNAME (§8.3)', prove: nxdomain('www.dn.example.') },
    { title: 'NXDOMAIN outside the zone', prove: nxdomain('no.elsewhere.') },
    { title: 'NODATA of a type that exists', prove: nodata('a.example.', Type.A) },
    { title: 'NODATA of an alias', prove: nodata('alias.example.', Type.TLSA) },
    { title: 'NODATA of a type at the wildcard', prove: nodata('new.w.example.', Type.MX) },
    { title: "NODATA on the parent's side of a cut", prove: nodata('cut.example.', Type.A) },
    { title: 'NODATA of a name that does not exist', prove: nodata('no.example.', Type.A) },
    { title: 'NODATA of DS that exists', prove: nodata('signed.example.', Type.DS) },
    { title: "NODATA of DS at the zone's own apex", prove: nodata('example.', Type.DS) },
    { title: 'a wildcard answer below a name that exists', prove: expansion('a.example.', 'example.') },
    { title: 'a wildcard answer past a closer encloser', prove: expansion('new.w.example.', 'example.') },
    { title: 'an expansion outside the zone', prove: expansion('new.w.example.', '.') },
    { title: 'no DS where DS exists', prove: noDs('signed.example.') },
    { title: 'no DS below another delegation', prove: noDs('sub.cut.example.') },
    { title: "no DS at the zone's own apex", prove: noDs('example.') },
  ])('$title: unproved', ({ prove }) => {
    expect(prove(all)).toMatchObject({ verdict: 'unproved' });
  });

  test('opt-out never proves NODATA of other types, it makes it insecure at most (sylvinus)', () => {
    expect(nodata('no.example.', Type.TLSA)(whole(optOut))).toEqual(OPT_OUT);
  });

  test('opt-out does not hide that a wildcard has the type', () => {
    const proof = ['w.example.', '*.w.example.'].map((name) => optOut.match(name));
    const records = recordsOf([...proof, optOut.cover('new.w.example.')]);
    expect(nodata('new.w.example.', Type.MX)(records)).toMatchObject({ verdict: 'unproved' });
  });

  test('opt-out does not speak for a name that exists, nor below a cut', () => {
    expect(nxdomain('a.example.')(whole(optOut))).toMatchObject({ verdict: 'unproved' });
    expect(nxdomain('www.cut.example.')(whole(optOut))).toMatchObject({ verdict: 'unproved' });
    expect(noDs('signed.example.')(whole(optOut))).toMatchObject({ verdict: 'unproved' });
  });

  test('a ring of one record covers all hashes but its own (CVE-2026-123601)', () => {
    const lonely = zone.nsec3({ names: { 'example.': 'NS SOA RRSIG' } });
    const records = recordsOf([lonely.match('example.')]);
    expect(nxdomain('no.example.')(records)).toEqual({ verdict: 'proved' });
    expect(nodata('example.', Type.A)(records)).toEqual({ verdict: 'proved' });
  });

  test('every absent name is covered by exactly one record of the ring, the last one wrapping', () => {
    const matches = Object.keys(names).map((name) => plain.match(name));
    for (let i = 0; i < 150; i++) {
      const proving = matches.filter((rrset) => isProved(`n${i}.example.`, rrset));
      expect(proving.map((rrset) => rrset.owner.key)).toEqual([plain.cover(`n${i}.example.`).owner.key]);
    }
  });
});

function isProved(qname: string, rrset: RRset): boolean {
  return proveWildcardExpansion(parseName(qname), parseName('example.'), recordsOf([rrset]), context).verdict === 'proved';
}

describe('iterations (RFC 9276 §3.2)', () => {
  const heavy = chainOf({ iterations: 51 });
  const bearable = chainOf({ iterations: 50 });

  test.each([
    { title: 'NXDOMAIN', rrsets: Object.values(nameError(heavy, 'example.', 'no.example.')), prove: nxdomain('no.example.') },
    { title: 'NODATA', rrsets: [heavy.match('a.example.')], prove: nodata('a.example.', Type.TLSA) },
    { title: 'a wildcard answer', rrsets: [heavy.cover('new.w.example.')], prove: expansion('new.w.example.', 'w.example.') },
  ])('$title over 50 iterations is insecure at best', ({ rrsets, prove }) => {
    expect(prove(recordsOf(rrsets))).toEqual({ verdict: 'insecure', reason: 'nsec3-iterations' });
  });

  test('so is an insecure delegation (CVE-2026-1519)', () => {
    expect(noDs('cut.example.')(recordsOf([heavy.match('cut.example.')]))).toEqual({ verdict: 'insecure-iterations' });
    expect(noDs('cut.example.')(recordsOf([bearable.match('cut.example.')]))).toEqual({ verdict: 'no-ds' });
  });

  test('up to 150 the proof is followed, so a record of the zone that proves nothing makes nothing insecure', () => {
    const unrelated = recordsOf([heavy.match('c.example.')]);
    expect(nodata('a.example.', Type.TLSA)(unrelated)).toMatchObject({ verdict: 'unproved' });
    expect(nxdomain('no.example.')(unrelated)).toMatchObject({ verdict: 'unproved' });
    expect(noDs('cut.example.')(unrelated)).toMatchObject({ verdict: 'unproved' });
    expect(noDs('a.example.')(recordsOf([heavy.match('a.example.')]))).toEqual({ verdict: 'not-a-cut' });
  });

  test('over 150 nothing is hashed', () => {
    const counting = contextAt(NOW);
    const records = collectDenial([chainOf({ iterations: 151 }).match('c.example.')], zone.keys, counting);
    expect(proveNxdomain(parseName('no.example.'), records, counting)).toEqual({ verdict: 'insecure', reason: 'nsec3-iterations' });
    expect(counting.spent().nsec3Hashes).toBe(0);
  });

  test('but not before its own signature verified', () => {
    const forged = { ...heavy.match('a.example.'), signatures: [] };
    expect(nodata('a.example.', Type.TLSA)(recordsOf([forged]))).toMatchObject({ verdict: 'unproved' });
    const raised = plain.match('a.example.');
    const rdata = Uint8Array.from(raised.rdata[0] as Uint8Array, (octet, i) => (i === 2 ? 1 : octet));
    expect(nodata('a.example.', Type.TLSA)(recordsOf([{ ...raised, rdata: [rdata] }]))).toMatchObject({ verdict: 'unproved' });
  });

  test('a heavy record of an old chain beside a bearable one does not make the zone insecure', () => {
    const records = recordsOf([heavy.match('a.example.'), heavy.match('c.example.'), plain.match('a.example.')]);
    expect(nodata('a.example.', Type.TLSA)(records)).toEqual({ verdict: 'proved' });
    expect(nodata('a.example.', Type.A)(records)).toMatchObject({ verdict: 'unproved' });
  });
});

describe('hash work (CVE-2023-50868, RUSTSEC-2026-0118)', () => {
  test('a hash costs one and its iterations, each name once a proof', () => {
    const counting = contextAt(NOW);
    const chain = chainOf({ iterations: 10 });
    const records = collectDenial(Object.values(nameError(chain, 'example.', 'no.example.')), zone.keys, counting);
    proveNxdomain(parseName('x.no.example.'), records, counting);
    // x.no.example., no.example., example. and *.example.
    expect(counting.spent().nsec3Hashes).toBe(4 * 11);
  });

  test.each([
    ['up to the closest encloser', 'x.y.no.a.example.', [plain.match('a.example.')], 4],
    ['no further than the name, where it matches', 'a.example.', [plain.match('a.example.')], 1],
    ['up to the apex, where nothing matches', 'x.y.example.', [plain.match('a.example.')], 3],
  ])('names are hashed %s, each in a step of its own', (_title, qname, rrsets, names) => {
    const counting = contextAt(NOW);
    const records = collectDenial(rrsets, zone.keys, counting);
    const hashes: number[] = [];
    for (const _ of provingNxdomain(parseName(qname), records, counting)) hashes.push(counting.spent().nsec3Hashes);
    expect(hashes, 'two a name: its hash and one iteration').toEqual(Array.from({ length: names }, (_, i) => 2 * i));
  });

  test('the walk ends at the apex, and a long name ends at the budget', () => {
    const counting = contextAt(NOW);
    const records = collectDenial([plain.cover('no.example.')], zone.keys, counting);
    const long = parseName(`${'a.'.repeat(120)}example.`);
    expect(proveNxdomain(long, records, counting)).toMatchObject({ verdict: 'unproved' });
    expect(counting.spent().nsec3Hashes).toBeLessThanOrEqual(121 * 2);
    const poor = contextAt(NOW, { limits: { ...clientLimits, nsec3Hashes: 100 } });
    expect(() => proveNxdomain(long, records, poor)).toThrow(BudgetExceeded);
  });
});

describe('one chain of parameters (RFC 5155 §8.2)', () => {
  test('records of two salts are not put together', () => {
    const other = chainOf({ salt: 'cc' });
    const parts = nameError(plain, 'example.', 'no.example.');
    const mixed = [parts['closest encloser'], parts.wildcard, other.cover('no.example.')];
    expect(nxdomain('no.example.')(recordsOf(mixed))).toMatchObject({ verdict: 'unproved' });
  });

  test.each([
    { title: 'an unknown hash algorithm (§8.1)', options: { hashAlgorithm: 2 } },
    { title: 'unknown flags (§8.2)', options: { flags: 2 } },
    { title: 'unknown flags beside opt-out (§8.2)', options: { flags: 3 } },
  ])('$title is ignored', ({ options }) => {
    const records = recordsOf([chainOf(options).match('a.example.')]);
    expect(records.nsec3).toEqual([]);
    expect(nodata('a.example.', Type.TLSA)(records)).toMatchObject({ verdict: 'unproved' });
  });
});
