import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';
import { collectDenial, proveNodata, proveNxdomain } from '../../src/dnssec/denial.ts';
import { contextAt } from '../vectors/context.ts';
import { rdataOf } from '../vectors/read-records.ts';
import { NOW, plainRRset, signedZone } from '../vectors/signed-zone.ts';

const zone = signedZone('example.');
const child = signedZone('sub.example.');
const context = contextAt(NOW);
const good = zone.nsec('a.example.', 'c.example.', 'A RRSIG NSEC');
const chain = zone.nsec3({ names: { 'example.': 'NS SOA RRSIG', 'a.example.': 'A RRSIG' } });

describe('collecting denials', () => {
  test('other types are passed over, what verified is kept with its capped TTL and the first expiry', () => {
    const soon = zone.nsec('c.example.', 'example.', 'A RRSIG NSEC', { expiration: NOW + 60 });
    const records = collectDenial([zone.rrset('example.', 'NS', ['ns.example.']), good, soon], zone.keys, context);
    expect(records).toMatchObject({ ttl: 60, expires: NOW + 60, fault: undefined });
    expect(records.nsec.map(({ owner }) => owner.key)).toEqual([good.owner.key, soon.owner.key]);
    expect(records.rrsets.map(({ ttl }) => ttl)).toEqual([3600, 60]);
  });

  test('other types take no room, and are no denial', () => {
    const others = Array.from({ length: 20 }, (_, i) => zone.rrset(`t${i}.example.`, 'TXT', ['text']));
    const records = collectDenial([...others, good], zone.keys, context);
    expect(records.nsec.map(({ owner }) => owner.key)).toEqual([good.owner.key]);
    expect(records.cut).toBeUndefined();
    expect(collectDenial(others, zone.keys, context)).toMatchObject({ fault: { reason: 'denial-missing' } });
  });

  test.each([
    {
      title: 'not signed, though another RRset at the owner is (CVE-2026-123590)',
      rrset: { ...good, signatures: [] },
      reason: 'signature-missing',
    },
    { title: 'wrongly signed', rrset: zone.nsec('a.example.', 'c.example.', 'A', { corrupt: true }), reason: 'signature-wrong' },
    { title: 'expired', rrset: zone.nsec('a.example.', 'c.example.', 'A', { expiration: NOW - 1 }), reason: 'signature-expired' },
    {
      title: "signed by the child's key (CVE-2026-10723)",
      rrset: child.nsec('sub.example.', 'x.sub.example.', 'A'),
      reason: 'signer-wrong',
    },
    { title: 'made by a wildcard', rrset: zone.nsec('x.a.example.', 'c.example.', 'A', { labels: 2 }), reason: 'signature-wrong' },
    { title: 'owner outside the zone', rrset: zone.nsec('a.elsewhere.', 'example.', 'A'), reason: 'denial-incomplete' },
    { title: 'next name outside the zone (CVE-2026-13321)', rrset: zone.nsec('a.example.', 'zzz.', 'A'), reason: 'denial-incomplete' },
    { title: 'next name before the owner', rrset: zone.nsec('c.example.', 'a.example.', 'A'), reason: 'denial-incomplete' },
    { title: 'next name the owner itself', rrset: zone.nsec('c.example.', 'c.example.', 'A'), reason: 'denial-incomplete' },
    { title: 'RDATA cut short', rrset: zone.sign(plainRRset('a.example.', 'NSEC', [Uint8Array.of(1, 97)])), reason: 'denial-incomplete' },
    { title: 'nothing at all', rrset: undefined, reason: 'denial-missing' },
  ])('NSEC $title: dropped, $reason', ({ rrset, reason }) => {
    const records = collectDenial(rrset === undefined ? [] : [rrset], zone.keys, context);
    expect(records).toMatchObject({ nsec: [], nsec3: [], rrsets: [], fault: { reason } });
    expect(proveNodata(parseName('a.example.'), Type.TLSA, records, context)).toMatchObject({ verdict: 'unproved' });
  });

  const hashed = chain.match('a.example.');
  const at = (owner: string) => zone.sign({ ...hashed, owner: parseName(owner), signatures: [] });
  const label = Buffer.from(hashed.owner.wire.subarray(1, 33)).toString('latin1');
  test.each([
    { title: 'hash label of another zone (CVE-2026-123580)', rrset: at(`${label}.elsewhere.`) },
    { title: 'hash label two labels below the apex', rrset: at(`${label}.sub.example.`) },
    { title: 'owner is the apex', rrset: at('example.') },
    { title: 'label that is no base32hex', rrset: at(`${label.slice(0, 31)}w.example.`) },
    { title: 'label of another length', rrset: at(`${label.slice(0, 16)}.example.`) },
    { title: 'RDATA cut short', rrset: zone.sign(plainRRset(`${label}.example.`, 'NSEC3', [Uint8Array.of(1, 0, 0, 0, 200, 1)])) },
    {
      title: 'next hash of another length',
      rrset: zone.sign(plainRRset(`${label}.example.`, 'NSEC3', [rdataOf('NSEC3', ['1', '0', '0', '-', 'aaaaaaaa', 'A'])])),
    },
  ])('NSEC3 $title: dropped', ({ rrset }) => {
    expect(collectDenial([rrset], zone.keys, context)).toMatchObject({ nsec3: [], fault: { reason: 'denial-incomplete' } });
  });

  test('NSEC3 at the root itself is dropped', () => {
    const root = signedZone('.');
    const atRoot = root.sign({ ...hashed, owner: root.apex, signatures: [] });
    expect(collectDenial([atRoot], root.keys, context)).toMatchObject({ nsec3: [], fault: { reason: 'denial-incomplete' } });
  });

  test('an NSEC3 owner in upper case is the same', () => {
    const upper = zone.sign({ ...hashed, signatures: [] });
    const records = collectDenial([{ ...upper, owner: parseName(`${label.toUpperCase()}.EXAMPLE.`) }], zone.keys, context);
    expect(proveNodata(parseName('a.example.'), Type.TLSA, records, context)).toEqual({ verdict: 'proved' });
  });

  test('one bad record does not spoil the good ones, nor do the good ones lift it', () => {
    const forged = { ...zone.nsec('c.example.', 'z.example.', 'A'), signatures: good.signatures };
    const records = collectDenial([forged, good], zone.keys, context);
    expect(records.nsec.map(({ owner }) => owner.key)).toEqual([good.owner.key]);
    expect(records.fault).toBeUndefined();
    expect(proveNxdomain(parseName('d.example.'), records, context)).toMatchObject({ verdict: 'unproved' });
  });

  test('padding costs at most sixteen RRsets of checks (CVE-2026-11605)', () => {
    const counting = contextAt(NOW);
    const padding = Array.from({ length: 40 }, (_, i) => zone.nsec(`b${i}.example.`, 'c.example.', 'A'));
    const records = collectDenial(padding, zone.keys, counting);
    expect(counting.spent().signatureChecks).toBe(16);
    expect(records.cut, 'what was not read may have been the proof').toBe('denialRRsets');
    expect(collectDenial(padding.slice(0, 16), zone.keys, context).cut).toBeUndefined();
  });

  test('an RRset of which not all signatures could be checked is left out, and said to be', () => {
    const nsec = zone.nsec('b.example.', 'c.example.', 'A');
    const wrong = Array.from({ length: 9 }, () => zone.sign({ ...nsec, signatures: [] }, { corrupt: true }).signatures).flat();
    const records = collectDenial([{ ...nsec, signatures: [...wrong, ...nsec.signatures] }], zone.keys, context);
    expect(records).toMatchObject({ nsec: [], cut: 'signatures' });
  });

  test('shape is judged before signatures are checked', () => {
    const counting = contextAt(NOW);
    collectDenial([zone.nsec('a.example.', 'zzz.', 'A'), at(`${label}.sub.example.`)], zone.keys, counting);
    expect(counting.spent().signatureChecks).toBe(0);
  });
});

describe('of several NSEC3 chains one is read (RFC 5155 §8.2)', () => {
  const names = { 'example.': 'NS SOA RRSIG', 'a.example.': 'A RRSIG', 'b.example.': 'MX' };
  const chainOf = (salt: string, iterations = 0) => zone.nsec3({ names, salt, iterations });
  const [aa, bb] = [chainOf('aa'), chainOf('bb')];
  const saltsOf = (...rrsets: readonly RRset[]) => {
    const records = collectDenial(rrsets, zone.keys, context);
    return {
      salts: records.nsec3.map(({ salt }) => Buffer.from(salt).toString('hex')),
      sent: records.rrsets.map(({ owner }) => owner.key),
    };
  };
  const key = ({ owner }: RRset) => owner.key;

  test('the one with most records, in whatever order they come, and no other is sent as proof', () => {
    const [one, two, other] = [aa.match('a.example.'), aa.match('b.example.'), bb.match('a.example.')];
    expect(saltsOf(one, two, other)).toEqual({ salts: ['aa', 'aa'], sent: [one, two].map(key) });
    expect(saltsOf(other, one, two)).toEqual({ salts: ['aa', 'aa'], sent: [one, two].map(key) });
  });

  test.each([
    [50, 'cc'],
    [51, 'dd'],
  ])('one of %i iterations beside a longer one of 51: %s', (iterations, want) => {
    const light = chainOf('cc', iterations);
    const heavy = chainOf('dd', 51);
    expect(saltsOf(light.match('a.example.'), heavy.match('a.example.'), heavy.match('b.example.')).salts[0]).toBe(want);
  });

  test('an RRset with a record of each is part of it', () => {
    const [record] = aa.match('a.example.').rdata as [Uint8Array];
    const mixed = bb.match('a.example.');
    const both = zone.sign({ ...mixed, rdata: [...mixed.rdata, record], signatures: [] });
    const more = bb.match('b.example.');
    expect(saltsOf(both, more)).toEqual({ salts: ['bb', 'bb'], sent: [both, more].map(key) });
  });
});
