/** What is made of a denial by the chain of trust above it, and how long it may be kept. */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { denialTtl } from '../../src/validator/validate.ts';
import { rrset } from '../scenario/rrset.ts';
import { typeNumber } from '../vectors/read-records.ts';
import { NOW } from '../vectors/signed-zone.ts';
import { again, bare, denial, limitSpent, named, overspent, SECURE, secureZone, setUpValidator, spoil } from './judging.ts';

describe('a denial', () => {
  const nodata = denial('www.secure.test.', 'MX');
  const nxdomain = denial('none.secure.test.', 'A');
  const [soa, ...nsecs] = nxdomain as [RRset, ...RRset[]];
  const stray = bare(rrset('www.evil.', 'NSEC', ['x.evil. A']));

  test.each<['nodata' | 'nxdomain', string, string, readonly RRset[]]>([
    ['nodata', 'www.secure.test.', 'MX', nodata],
    ['nxdomain', 'none.secure.test.', 'A', nxdomain],
  ])('%s with its proof is secure, for the MINIMUM of the SOA', async (kind, name, type, authority) => {
    const { judgeDenial, events } = setUpValidator();
    const verdict = await judgeDenial(kind, name, type, 'secure.test.', authority);
    expect(verdict).toMatchObject({ validation: SECURE, ttl: 300, isDoubtful: false });
    expect(verdict.proof).toEqual(authority);
    expect(events.at(-1)).toMatchObject({ event: 'validated', owner: parseName(name), type: typeNumber(type), validation: SECURE });
  });

  test('what of its authority section did not validate is no part of the proof', async () => {
    const verdict = await setUpValidator().judgeDenial('nodata', 'www.secure.test.', 'MX', 'secure.test.', [...nodata, stray]);
    expect(verdict).toMatchObject({ validation: SECURE });
    expect(verdict.proof).toEqual(nodata);
  });

  test.each<[string, readonly RRset[], number]>([
    ['the SOA', [again(soa, { expiration: NOW + 20 }), ...nsecs], 20],
    ['a proof', [soa, ...nsecs.map((nsec) => again(nsec, { expiration: NOW + 30 }))], 30],
  ])('ends with the signature of %s', async (_title, authority, ttl) => {
    expect(await setUpValidator().judgeDenial('nxdomain', 'none.secure.test.', 'A', 'secure.test.', authority)).toMatchObject({
      validation: SECURE,
      ttl,
    });
  });

  test.each<['nodata' | 'nxdomain', string, string, string, readonly RRset[]]>([
    ['nodata', 'nothing signed denies www.secure.test. MX', 'www.secure.test.', 'MX', nodata.map(bare)],
    ['nxdomain', 'nothing signed denies none.secure.test.', 'none.secure.test.', 'A', nxdomain.map(bare)],
  ])('%s not signed at all is bogus', async (kind, detail, name, type, authority) => {
    expect(await setUpValidator().judgeDenial(kind, name, type, 'secure.test.', authority)).toEqual({
      validation: { state: 'bogus', zone: named('secure.test.'), reason: 'denial-missing', detail },
      ttl: 300,
      proof: [],
      isDoubtful: true,
    });
  });

  test.each<[string, 'nodata' | 'nxdomain', readonly RRset[], string, RegExp]>([
    ['whose SOA is wrongly signed', 'nxdomain', [spoil(soa), ...nsecs], 'signature-wrong', /SOA/],
    ['whose SOA is not signed', 'nxdomain', [bare(soa), ...nsecs], 'signature-missing', /SOA/],
    ['whose NSEC are wrongly signed', 'nxdomain', [soa, ...nsecs.map(spoil)], 'signature-wrong', /NSEC/],
    ['without NSEC', 'nxdomain', [soa], 'denial-missing', /no NSEC/],
    ['of the type where the name is not', 'nodata', nxdomain, 'denial-incomplete', /^none\.secure\.test\. A: /],
    ['of the name where the type is not', 'nxdomain', denial('alias.secure.test.', 'DS'), 'denial-incomplete', /^none\.secure\.test\.: /],
  ])('%s is bogus', async (_title, kind, authority, reason, detail) => {
    expect(await setUpValidator().judgeDenial(kind, 'none.secure.test.', 'A', 'secure.test.', authority)).toMatchObject({
      validation: { state: 'bogus', zone: named('secure.test.'), reason, detail: expect.stringMatching(detail) },
      isDoubtful: true,
    });
  });

  test('unproved keeps what was sent', async () => {
    const authority = [soa, stray];
    const verdict = await setUpValidator().judgeDenial('nxdomain', 'none.secure.test.', 'A', 'secure.test.', authority);
    expect(verdict.proof).toEqual(authority);
  });

  test('with a SOA of more signatures than are tried: no verdict', async () => {
    const { judgeDenial, reported } = setUpValidator();
    expect(await judgeDenial('nxdomain', 'none.secure.test.', 'A', 'secure.test.', [overspent(soa), ...nsecs])).toMatchObject({
      validation: limitSpent,
      ttl: 300,
    });
    expect(reported).toEqual(['signatures']);
  });

  test('with its proof behind more denials than are read: no verdict', async () => {
    const { judgeDenial, reported } = setUpValidator();
    const padding = Array.from({ length: 16 }, () => secureZone.signed.nsec('y.secure.test.', 'z.secure.test.', 'A'));
    expect(await judgeDenial('nxdomain', 'none.secure.test.', 'A', 'secure.test.', [soa, ...padding, ...nsecs])).toMatchObject({
      validation: limitSpent,
      ttl: 300,
    });
    expect(reported).toEqual(['denialRRsets']);
    const proved = await judgeDenial('nxdomain', 'none.secure.test.', 'A', 'secure.test.', [soa, ...nsecs, ...padding]);
    expect(proved, 'proved by what was read').toMatchObject({ validation: SECURE });
  });

  test('of an unsigned zone is insecure', async () => {
    const authority = denial('none.plain.test.', 'A');
    expect(await setUpValidator().judgeDenial('nxdomain', 'none.plain.test.', 'A', 'plain.test.', authority)).toEqual({
      validation: { state: 'insecure', zone: named('plain.test.'), reason: 'unsigned-delegation' },
      ttl: 300,
      proof: authority,
    });
  });

  test('of a bogus zone is bogus no longer than the zone', async () => {
    const authority = denial('none.bogus.test.', 'A');
    expect(await setUpValidator().judgeDenial('nxdomain', 'none.bogus.test.', 'A', 'bogus.test.', authority)).toMatchObject({
      validation: { state: 'bogus', reason: 'dnskey-missing' },
      ttl: 60,
    });
  });

  test('in an opt-out span is insecure', async () => {
    const authority = denial('none.opt.', 'A');
    expect(await setUpValidator().judgeDenial('nxdomain', 'none.opt.', 'A', 'opt.', authority)).toMatchObject({
      validation: { state: 'insecure', zone: named('opt.'), reason: 'nsec3-opt-out' },
      isDoubtful: false,
    });
  });

  test('of DS is the zone above to give', async () => {
    const { judgeDenial } = setUpValidator();
    const authority = denial('plain.test.', 'DS');
    expect(await judgeDenial('nodata', 'plain.test.', 'DS', 'test.', authority)).toMatchObject({ validation: SECURE });
    const byChild = denial('secure.test.', 'MX');
    expect(await judgeDenial('nodata', 'secure.test.', 'DS', 'test.', byChild)).toMatchObject({ validation: { state: 'bogus' } });
  });

  test('of DS at the root is its own to give', async () => {
    const authority = denial('.', 'MX');
    expect(await setUpValidator().judgeDenial('nodata', '.', 'DS', '.', authority)).toMatchObject({ validation: SECURE });
  });
});

describe('how long a denial may be kept (RFC 2308 §5, RFC 9077 §3)', () => {
  const soa = (ttl: number, minimum: number): RRset => rrset('test.', 'SOA', [`ns.test. host.test. 1 2 3 4 ${minimum}`], ttl);
  const nsec = (ttl: number): RRset => rrset('a.test.', 'NSEC', ['b.test. A'], ttl);

  test.each<[string, readonly RRset[], number]>([
    ['the TTL of the SOA', [soa(100, 300)], 100],
    ['its MINIMUM, where that is less', [soa(300, 100)], 100],
    ['the TTL of NSEC, where that is less', [soa(300, 300), nsec(50)], 50],
    ['not that of NSEC, where that is more (RFC 9077)', [soa(300, 60), nsec(86_400)], 60],
    ['three hours at most', [soa(86_400, 86_400)], 10_800],
    ['a proof alone', [nsec(200)], 200],
    ['nothing at all is not kept', [], 0],
    ['a MINIMUM of 0 is not kept', [soa(300, 0)], 0],
    ['a malformed SOA is not kept', [{ ...soa(300, 300), rdata: [Uint8Array.of(9)] }], 0],
  ])('%s', (_title, authority, want) => {
    expect(denialTtl(authority)).toBe(want);
  });
});
