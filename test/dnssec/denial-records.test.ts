import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
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
