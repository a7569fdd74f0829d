/** What a response to a question for DS or DNSKEY says, judged by itself (RFC 4035 §5.2). */

import { describe, expect, test } from 'vitest';
import { describeLimit, type RRsetLimit } from '../../src/base/budget.ts';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { finish } from '../../src/base/steps.ts';
import { judgeDs, judgeKeys } from '../../src/validator/judge-cut.ts';
import type { LookedUp } from '../../src/validator/looked-up.ts';
import { contextAt } from '../vectors/context.ts';
import { rdataOf } from '../vectors/read-records.ts';
import { NOW, plainRRset, signedZone } from '../vectors/signed-zone.ts';

const above = signedZone('test.');
const child = parseName('leaf.test.');
const leaf = signedZone('leaf.test.');
const context = contextAt(NOW, { sha1: false });

const given = (rrset: RRset): LookedUp => ({ kind: 'rrset', rrset, proof: [], zone: above.apex, server: undefined });
const denied = (...authority: RRset[]): LookedUp => ({ kind: 'nodata', authority, zone: above.apex, server: undefined });
const failed: LookedUp = { kind: 'failure', validation: { state: 'indeterminate', reason: 'servers-unreachable' } };
const zeroDs = (algorithm: number, digest = 2) => [`1 ${algorithm} ${digest} ${'00'.repeat(32)}`];
/** NSEC3 of an unsigned delegation. */
const byNsec3 = (iterations: number, types = 'NS') =>
  denied(above.nsec3({ names: { 'test.': 'SOA NS', 'leaf.test.': types }, iterations }).match('leaf.test.'));

/** With more signatures that do not verify than are tried. */
const overspent = (rrset: RRset): RRset =>
  Array.from({ length: 9 }).reduce((signed: RRset) => above.sign(signed, { corrupt: true }), { ...rrset, signatures: [] });

/** As long as its signature is valid, which is a day. */
const insecure = (reason: string) => ({ value: { at: 'zone', security: { state: 'insecure', zone: child, reason } }, expires: NOW + 3600 });

describe('a question for DS', () => {
  const judge = (found: LookedUp) => finish(judgeDs(child, found, above.keys, context, NOW));

  test('DS that can be followed', () => {
    const ds = above.rrset('leaf.test.', 'DS', zeroDs(13));
    expect(judge(given(ds))).toEqual({ ds, expires: NOW + 3600 });
  });

  test.each([
    ['of algorithms that nobody knows', zeroDs(200), 'unsupported-algorithm'],
    ['of digests that nobody knows', zeroDs(13, 200), 'unsupported-digest'],
  ])('DS %s: an insecure zone, without a question for its keys', (_title, lines, reason) => {
    expect(judge(given(above.rrset('leaf.test.', 'DS', lines)))).toEqual(insecure(reason));
  });

  test('an alias at the name: no zone begins there (RFC 1034 §3.6.2)', () => {
    const found = given(above.rrset('leaf.test.', 'CNAME', ['www.test.']));
    expect(judge(found)).toEqual({ value: { at: 'no-cut' }, expires: NOW + 3600 });
  });

  test('CVE-2026-52686: an alias that a wildcard made says nothing of a zone', () => {
    const made = { ...above.rrset('*.test.', 'CNAME', ['www.test.']), owner: child };
    expect(judge(given(made))).toMatchObject({
      value: { at: 'zone', security: { state: 'bogus', zone: above.apex, reason: 'denial-missing' } },
      fault: 'bogus',
    });
  });

  test.each([
    ['50 iterations', 50, 'unsigned-delegation'],
    ['51 iterations, the proof followed', 51, 'nsec3-iterations'],
    ['151 iterations, not followed', 151, 'nsec3-iterations'],
  ])('NSEC3 of %s (RFC 9276 §3.2)', (_title, iterations, reason) => {
    expect(judge(byNsec3(iterations))).toEqual(insecure(reason));
  });

  test.each([
    [51, 'NS DS'],
    [51, 'NS SOA'],
  ])('NSEC3 of %i iterations with %s proves nothing', (iterations, types) => {
    expect(judge(byNsec3(iterations, types))).toMatchObject({ value: { security: { state: 'bogus' } }, fault: 'bogus' });
  });

  const strays = (count: number) => Array.from({ length: count }, () => above.nsec('x.test.', 'y.test.', 'A'));

  test('a denial that denies something else: bogus, and it is said of what', () => {
    expect(judge(denied(...strays(1)))).toMatchObject({
      value: {
        security: {
          state: 'bogus',
          reason: 'denial-incomplete',
          detail: 'DS of leaf.test.: no NSEC matches or covers the delegation',
        },
      },
    });
  });

  test.each<[string, LookedUp, RRsetLimit]>([
    ['DS of more signatures than are tried', given(overspent(above.rrset('leaf.test.', 'DS', zeroDs(13)))), 'signatures'],
    ['a denial behind more than are read', denied(...strays(16), above.nsec('leaf.test.', 'x.test.', 'NS RRSIG NSEC')), 'denialRRsets'],
  ])('%s: no verdict, not to be kept, and another server may give better', (_title, found, limit) => {
    expect(judge(found)).toEqual({
      value: { at: 'zone', security: { state: 'indeterminate', reason: 'limit-spent', detail: describeLimit(limit) } },
      expires: 0,
      fault: limit,
    });
  });

  test('a failure is no verdict, and is not kept', () => {
    expect(judge(failed)).toEqual({
      value: { at: 'zone', security: { state: 'indeterminate', reason: 'servers-unreachable' } },
      expires: 0,
    });
  });
});

describe('a question for DNSKEY', () => {
  const keys = leaf.sign(plainRRset('leaf.test.', 'DNSKEY', [leaf.key.rdata], 600));
  const judge = (found: LookedUp, ds: readonly string[]) =>
    finish(judgeKeys(child, found, { ds: ds.map((line) => rdataOf('DS', line.split(' '))), dnskeys: [] }, context, NOW));
  const bogus = { value: { state: 'bogus', zone: child, reason: 'dnskey-missing' }, expires: Number.POSITIVE_INFINITY, fault: 'bogus' };

  test('unsupported DS: insecure, for as long as the keys were given', () => {
    expect(judge(given(keys), zeroDs(200))).toEqual({
      value: { state: 'insecure', zone: child, reason: 'unsupported-algorithm' },
      expires: NOW + 600,
    });
  });

  test.each<[string, LookedUp]>([
    ['denied', denied()],
    ['an alias in their place', given(leaf.rrset('leaf.test.', 'CNAME', ['www.test.']))],
    ['not those that DS names', given(keys)],
  ])('%s: bogus', (_title, found) => expect(judge(found, zeroDs(13))).toMatchObject(bogus));

  test('an alias in their place is no DNSKEY, and that is said', () => {
    const alias = given(leaf.rrset('leaf.test.', 'CNAME', ['www.test.']));
    expect(judge(alias, zeroDs(13))).toMatchObject({ value: { detail: 'leaf.test. has no DNSKEY records' } });
  });

  test('a failure is no verdict, and is not kept', () => {
    expect(judge(failed, zeroDs(13))).toEqual({ value: { state: 'indeterminate', reason: 'servers-unreachable' }, expires: 0 });
  });
});
