import { describe, expect, test } from 'vitest';
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
} from '../../src/dnssec/denial.ts';
import { contextAt } from '../vectors/context.ts';
import { NOW, signedZone } from '../vectors/signed-zone.ts';

const zone = signedZone('example.');
const context = contextAt(NOW);

/**
 * example., a.example., ENT c.example. with b.c.example., the delegation cut.example., the DNAME dn.example., an alias, a signed
 * delegation, *.w.example. and the empty non-terminal wildcard *.v.example.
 */
const chain = {
  apex: zone.nsec('example.', 'a.example.', 'NS SOA MX DNSKEY RRSIG NSEC'),
  a: zone.nsec('a.example.', 'alias.example.', 'A RRSIG NSEC'),
  alias: zone.nsec('alias.example.', 'b.c.example.', 'CNAME RRSIG NSEC'),
  bc: zone.nsec('b.c.example.', 'cut.example.', 'TXT RRSIG NSEC'),
  cut: zone.nsec('cut.example.', 'dn.example.', 'NS RRSIG NSEC'),
  dname: zone.nsec('dn.example.', 'signed.example.', 'DNAME RRSIG NSEC'),
  signed: zone.nsec('signed.example.', 'x.*.v.example.', 'NS DS RRSIG NSEC'),
  ent: zone.nsec('x.*.v.example.', '*.w.example.', 'A RRSIG NSEC'),
  wildcard: zone.nsec('*.w.example.', 'z.example.', 'MX RRSIG NSEC'),
  last: zone.nsec('z.example.', 'example.', 'A RRSIG NSEC'),
};
type Span = keyof typeof chain;

const recordsOf = (spans: readonly (Span | RRset)[]): DenialRecords =>
  collectDenial(
    spans.map((span) => (typeof span === 'string' ? chain[span] : span)),
    zone.keys,
    context,
  );

describe('NXDOMAIN (RFC 4035 §5.4)', () => {
  const nxdomain = (qname: string, spans: readonly (Span | RRset)[]) => proveNxdomain(parseName(qname), recordsOf(spans), context);

  const rows: { title: string; qname: string; spans: Span[] }[] = [
    { title: 'name between two', qname: 'ab.example.', spans: ['a', 'apex'] },
    { title: 'name several labels below', qname: 'x.y.ab.example.', spans: ['a', 'apex'] },
    { title: 'name behind the last, whose next is the apex', qname: 'zz.example.', spans: ['last', 'apex'] },
    { title: 'name below the last', qname: 'a.z.example.', spans: ['last'] },
    { title: 'name below an empty non-terminal', qname: 'c.c.example.', spans: ['bc', 'alias'] },
    { title: 'name before one below an empty non-terminal', qname: 'a.c.example.', spans: ['alias'] },
    { title: 'the wildcard name itself', qname: '*.a.example.', spans: ['a'] },
    { title: 'case does not matter', qname: 'AB.EXAMPLE.', spans: ['a', 'apex'] },
  ];
  test.each(rows)('$title: proved', ({ qname, spans }) => {
    expect(nxdomain(qname, spans)).toEqual({ verdict: 'proved' });
  });
  const partial = rows.flatMap((row) => row.spans.map((left) => ({ ...row, left, spans: row.spans.filter((span) => span !== left) })));
  test.each(partial)('$title, without the record at $left: unproved', ({ qname, spans }) => {
    expect(nxdomain(qname, spans)).toMatchObject({ verdict: 'unproved' });
  });

  const all = Object.keys(chain) as Span[];
  test.each([
    { title: 'a name that exists', qname: 'a.example.' },
    { title: 'the apex', qname: 'example.' },
    { title: 'an empty non-terminal, whose covering NSEC has a next name below it (CVE-2026-123594)', qname: 'c.example.' },
    { title: 'a name below a delegation: ancestor delegation NSEC (CVE-2026-123596)', qname: 'www.cut.example.' },
    { title: 'a name below a DNAME (RFC 6672 §5.3.4.1)', qname: 'www.dn.example.' },
    { title: 'a name that a wildcard makes', qname: 'new.w.example.' },
    { title: 'a name that an empty non-terminal wildcard makes', qname: 'new.v.example.' },
    { title: 'a name outside the zone', qname: 'ab.elsewhere.' },
    { title: 'a name behind the zone in canonical order', qname: 'ab.zzz.' },
    { title: 'a name above the zone', qname: '.' },
  ])('$title is not denied by the whole chain', ({ qname }) => {
    expect(nxdomain(qname, all)).toMatchObject({ verdict: 'unproved' });
  });

  test.each<[string, string, Span[]]>([
    ['an NSEC shows that the name exists', 'a.example.', ['a', 'apex']],
    ['an NSEC shows that names below the name exist, and so does it', 'c.example.', ['alias', 'apex']],
    ['no NSEC covers the name', 'zz.example.', ['a', 'apex']],
    ['no NSEC denies the wildcard at the closest encloser', 'ab.example.', ['a']],
  ])('what is missing is said: %s', (missing, qname, spans) => {
    expect(nxdomain(qname, spans)).toEqual({ verdict: 'unproved', missing });
  });

  test('the wildcard of another ancestor will not do: it must be at the closest encloser', () => {
    // Closest encloser of x.ab.a.example. is a.example.; *.example. is denied by the apex, *.a.example. by nothing here.
    const inner = zone.nsec('aa.a.example.', 'b.a.example.', 'A RRSIG NSEC');
    expect(nxdomain('x.ab.a.example.', [inner, 'apex'])).toMatchObject({ verdict: 'unproved' });
    expect(nxdomain('x.ab.a.example.', [inner, zone.nsec('a.example.', 'aa.a.example.', 'A RRSIG NSEC')])).toEqual({ verdict: 'proved' });
  });

  test('a last NSEC is one whose next is the apex of this zone, and of no other (CVE-2026-123587)', () => {
    const wrapping = zone.nsec('z.example.', 'a.example.', 'A RRSIG NSEC');
    expect(nxdomain('zz.example.', [wrapping, 'apex'])).toMatchObject({ verdict: 'unproved' });
    expect(nxdomain('ab.example.', [wrapping, 'apex'])).toMatchObject({ verdict: 'unproved' });
  });

  test('a zone of one name denies all others by one record', () => {
    expect(nxdomain('x.example.', [zone.nsec('example.', 'example.', 'SOA NS RRSIG NSEC')])).toEqual({ verdict: 'proved' });
    expect(nxdomain('example.', [zone.nsec('example.', 'example.', 'SOA NS RRSIG NSEC')])).toMatchObject({ verdict: 'unproved' });
  });

  test('no records: unproved, with the fault of those that were dropped', () => {
    expect(nxdomain('ab.example.', [])).toEqual({ verdict: 'unproved', missing: 'there are no NSEC or NSEC3 records' });
  });
});

describe('NODATA (RFC 4035 §3.1.3.1, §3.1.3.4)', () => {
  const nodata = (qname: string, qtype: number, spans: readonly (Span | RRset)[]) =>
    proveNodata(parseName(qname), qtype, recordsOf(spans), context);

  const rows: { title: string; qname: string; qtype: number; spans: Span[] }[] = [
    { title: 'at the name', qname: 'a.example.', qtype: Type.AAAA, spans: ['a'] },
    { title: 'at the apex', qname: 'example.', qtype: Type.TLSA, spans: ['apex'] },
    { title: 'at an empty non-terminal', qname: 'c.example.', qtype: Type.A, spans: ['alias'] },
    { title: 'at the wildcard', qname: 'new.w.example.', qtype: Type.TLSA, spans: ['wildcard'] },
    { title: 'at an empty non-terminal wildcard', qname: 'new.v.example.', qtype: Type.A, spans: ['ent', 'signed'] },
    { title: 'DS at a delegation', qname: 'cut.example.', qtype: Type.DS, spans: ['cut'] },
    { title: 'DS at a name that is no delegation', qname: 'a.example.', qtype: Type.DS, spans: ['a'] },
  ];
  test.each(rows)('$title: proved', ({ qname, qtype, spans }) => {
    expect(nodata(qname, qtype, spans)).toEqual({ verdict: 'proved' });
  });
  const partial = rows.flatMap((row) => row.spans.map((left) => ({ ...row, left, spans: row.spans.filter((span) => span !== left) })));
  test.each(partial)('$title, without the record at $left: unproved', ({ qname, qtype, spans }) => {
    expect(nodata(qname, qtype, spans)).toMatchObject({ verdict: 'unproved' });
  });

  const all = Object.keys(chain) as Span[];
  test.each([
    { title: 'the type exists', qname: 'a.example.', qtype: Type.A },
    { title: 'an alias exists (RFC 6840 §4.3)', qname: 'alias.example.', qtype: Type.TLSA },
    { title: 'an alias exists, DS asked', qname: 'alias.example.', qtype: Type.DS },
    { title: 'the type exists at the wildcard', qname: 'new.w.example.', qtype: Type.MX },
    { title: 'the name does not exist at all', qname: 'ab.example.', qtype: Type.A },
    { title: "the parent's side of a cut, any type but DS (RFC 6840 §4.1)", qname: 'cut.example.', qtype: Type.A },
    { title: 'DS exists', qname: 'signed.example.', qtype: Type.DS },
    { title: 'a name below a delegation', qname: 'www.cut.example.', qtype: Type.A },
    { title: 'a name below a DNAME', qname: 'www.dn.example.', qtype: Type.A },
    { title: "DS at the zone's own apex", qname: 'example.', qtype: Type.DS },
    { title: 'a name outside the zone', qname: 'a.elsewhere.', qtype: Type.A },
  ])('$title: unproved', ({ qname, qtype }) => {
    expect(nodata(qname, qtype, all)).toMatchObject({ verdict: 'unproved' });
  });

  test("the child's side of a cut does not deny its DS, whoever signed it (RFC 6840 §4.4)", () => {
    const childSide = zone.nsec('cut.example.', 'dn.example.', 'NS SOA RRSIG NSEC');
    expect(nodata('cut.example.', Type.DS, [childSide])).toMatchObject({ verdict: 'unproved' });
  });

  test('the DNAME owner itself may lack types', () => {
    expect(nodata('dn.example.', Type.A, ['dname'])).toEqual({ verdict: 'proved' });
  });

  test('a wildcard with the alias bit denies nothing', () => {
    const aliases = zone.nsec('*.w.example.', 'z.example.', 'CNAME RRSIG NSEC');
    expect(nodata('new.w.example.', Type.TLSA, [aliases])).toMatchObject({ verdict: 'unproved' });
  });

  test('the wildcard of a farther ancestor denies nothing', () => {
    const star = zone.nsec('*.example.', 'a.example.', 'MX RRSIG NSEC');
    expect(nodata('y.w.example.', Type.A, [star, zone.nsec('x.w.example.', 'z.example.', 'A RRSIG NSEC')])).toMatchObject({
      verdict: 'unproved',
    });
  });

  test('the root denies its own DS, for it has no parent', () => {
    const root = signedZone('.');
    const records = collectDenial([root.nsec('.', 'aaa.', 'NS SOA DNSKEY RRSIG NSEC')], root.keys, context);
    expect(proveNodata(parseName('.'), Type.DS, records, context)).toEqual({ verdict: 'proved' });
  });
});

describe('wildcard answers (RFC 4035 §5.3.4)', () => {
  const expansion = (qname: string, encloser: string, spans: readonly (Span | RRset)[]) =>
    proveWildcardExpansion(parseName(qname), parseName(encloser), recordsOf(spans), context);

  test.each([
    { title: 'next closer name denied', qname: 'new.w.example.', encloser: 'w.example.', spans: ['wildcard'] as Span[] },
    { title: 'several labels below', qname: 'a.b.new.w.example.', encloser: 'w.example.', spans: ['wildcard'] as Span[] },
  ])('$title: proved, and not without the record', ({ qname, encloser, spans }) => {
    expect(expansion(qname, encloser, spans)).toEqual({ verdict: 'proved' });
    expect(expansion(qname, encloser, [])).toMatchObject({ verdict: 'unproved' });
  });

  test.each([
    { title: 'the next closer name exists', qname: 'x.a.example.', encloser: 'example.' },
    { title: 'the name itself exists', qname: 'a.example.', encloser: 'example.' },
    { title: 'the next closer name is an empty non-terminal', qname: 'x.c.example.', encloser: 'example.' },
    { title: 'a closer wildcard exists', qname: 'new.w.example.', encloser: 'example.' },
    { title: 'the next closer name is delegated', qname: 'www.cut.example.', encloser: 'example.' },
    { title: 'the name is below a delegation', qname: 'www.cut.example.', encloser: 'cut.example.' },
    { title: 'the name is not below the encloser', qname: 'new.example.', encloser: 'w.example.' },
    { title: 'the encloser is above the zone', qname: 'new.w.example.', encloser: '.' },
    { title: 'the name is behind the zone in canonical order', qname: 'new.zzz.', encloser: '.' },
  ])('$title: unproved', ({ qname, encloser }) => {
    expect(expansion(qname, encloser, Object.keys(chain) as Span[])).toMatchObject({ verdict: 'unproved' });
  });

  test('covering the name is not enough: the next closer name must be covered (PowerDNS #17136)', () => {
    const below = zone.nsec('b.x.w.example.', 'z.example.', 'A RRSIG NSEC');
    expect(expansion('c.x.w.example.', 'w.example.', [below])).toMatchObject({ verdict: 'unproved' });
  });
});

describe('zone cuts without DS (RFC 4035 §5.2, RFC 6840 §4.4)', () => {
  const noDs = (child: string, spans: readonly (Span | RRset)[]) => proveNoDs(parseName(child), recordsOf(spans), context).verdict;

  test.each([
    { title: 'an unsigned delegation', child: 'cut.example.', spans: ['cut'], want: 'no-ds' },
    { title: 'a name without NS (CVE-2026-123591)', child: 'a.example.', spans: ['a'], want: 'not-a-cut' },
    { title: 'an alias', child: 'alias.example.', spans: ['alias'], want: 'not-a-cut' },
    { title: 'an empty non-terminal', child: 'c.example.', spans: ['alias'], want: 'not-a-cut' },
    { title: 'a name that a wildcard makes', child: 'new.w.example.', spans: ['wildcard'], want: 'not-a-cut' },
    {
      title: 'a name that a wildcard which is an empty non-terminal makes',
      child: 'new.v.example.',
      spans: ['ent', 'signed'],
      want: 'not-a-cut',
    },
    { title: 'a name that does not exist', child: 'ab.example.', spans: ['a', 'apex'], want: 'no-such-name' },
    { title: 'the same without the wildcard denied', child: 'ab.example.', spans: ['a'], want: 'unproved' },
    { title: 'DS exists', child: 'signed.example.', spans: ['signed'], want: 'unproved' },
    { title: 'below another delegation', child: 'sub.cut.example.', spans: ['cut', 'apex'], want: 'unproved' },
    { title: "the zone's own apex", child: 'example.', spans: ['apex'], want: 'unproved' },
    { title: 'outside the zone', child: 'cut.elsewhere.', spans: ['cut', 'apex', 'last'], want: 'unproved' },
    { title: 'no records', child: 'cut.example.', spans: [], want: 'unproved' },
  ] as { title: string; child: string; spans: Span[]; want: string }[])('$title: $want', ({ child, spans, want }) => {
    expect(noDs(child, spans)).toBe(want);
  });

  test("the child's own apex NSEC, signed by the parent's key or not, is the wrong side", () => {
    expect(noDs('cut.example.', [zone.nsec('cut.example.', 'dn.example.', 'NS SOA RRSIG NSEC')])).toBe('unproved');
    const child = signedZone('cut.example.');
    expect(noDs('cut.example.', [child.nsec('cut.example.', 'cut.example.', 'NS SOA RRSIG NSEC')])).toBe('unproved');
  });

  test('a wildcard delegation is undefined, so no proof (RFC 4592 §4.2)', () => {
    expect(noDs('new.w.example.', [zone.nsec('*.w.example.', 'z.example.', 'NS RRSIG NSEC')])).toBe('unproved');
  });
});
