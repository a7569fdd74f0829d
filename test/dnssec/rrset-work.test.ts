/** What verifying one RRset may cost, and what it is charged. */

import { describe, expect, test } from 'vitest';
import { BudgetExceeded, clientLimits } from '../../src/base/budget.ts';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { SIGNED_RECORD_COST } from '../../src/crypto/cost.ts';
import { verifyingRRset, verifyRRset } from '../../src/dnssec/rrset-signature.ts';
import { readZoneKeys } from '../../src/dnssec/zone-keys.ts';
import { contextAt } from '../vectors/context.ts';
import { makeKey, NOW, plainRRset, signedZone } from '../vectors/signed-zone.ts';

const zone = signedZone('example.');
const plain = plainRRset('www.example.', 'A', [Uint8Array.of(192, 0, 2, 1), Uint8Array.of(192, 0, 2, 2)]);
const context = contextAt(NOW);
const verify = (rrset: RRset) => verifyRRset(rrset, zone.keys, context);

describe('work on one RRset is bounded (KeyTrap, CVE-2023-50387)', () => {
  const wrongTimes = (length: number) => Array.from({ length }).reduce((rrset: RRset) => zone.sign(rrset, { corrupt: true }), plain);

  test('eight checks, and not one more: no verdict, for the ninth signature may be good', () => {
    const counting = contextAt(NOW);
    expect(verifyRRset(zone.sign(wrongTimes(30)), zone.keys, counting)).toEqual({ verdict: 'limit-spent', limit: 'signatures' });
    expect(counting.spent().signatureChecks).toBe(8);
  });

  test('eight wrong signatures and no more are all there is: bogus', () => {
    expect(verify(wrongTimes(8))).toMatchObject({ verdict: 'bogus', reason: 'signature-wrong' });
    expect(verify(zone.sign(wrongTimes(8), { expiration: NOW - 1 })), 'and one that no key need try').toMatchObject({
      verdict: 'bogus',
      reason: 'signature-wrong',
    });
    expect(verify(zone.sign(wrongTimes(7))), 'seven before a good one').toMatchObject({ verdict: 'secure' });
  });

  test('signatures are read up to 64', () => {
    const expired = Array.from({ length: 64 }).reduce((rrset: RRset) => zone.sign(rrset, { expiration: NOW - 1 }), plain);
    expect(verify(expired)).toMatchObject({ verdict: 'bogus', reason: 'signature-expired' });
    expect(verify(zone.sign(expired))).toEqual({ verdict: 'limit-spent', limit: 'signaturesRead' });
  });

  test('keys of a zone are held up to 64; a signature of one beyond is no fault', () => {
    const others = Array.from({ length: 64 }, () => makeKey({ algorithm: 15 }).rdata);
    const last = readZoneKeys(zone.apex, [...others.slice(1), zone.key.rdata], context);
    expect(verifyRRset(zone.sign(plain), last, context)).toMatchObject({ verdict: 'secure' });
    const beyond = readZoneKeys(zone.apex, [...others, zone.key.rdata], context);
    expect(verifyRRset(zone.sign(plain), beyond, context)).toEqual({ verdict: 'limit-spent', limit: 'zoneKeys' });
  });

  test('keys that are not held excuse a signature of an unknown key, and no other fault', () => {
    const many = readZoneKeys(
      zone.apex,
      Array.from({ length: 65 }, () => zone.key.rdata),
      context,
    );
    expect(verifyRRset(zone.sign(plain, { expiration: NOW - 1 }), many, context)).toMatchObject({ reason: 'signature-expired' });
  });

  test('four keys of one tag', () => {
    const collisions = [1, 2, 3, 4, 5, 6].map((high) => colliding(zone.key.rdata, high));
    const keys = readZoneKeys(zone.apex, [...collisions, zone.key.rdata], context);
    expect(new Set(keys.keys.map((key) => key.keyTag))).toEqual(new Set([zone.key.tag]));
    const counting = contextAt(NOW);
    expect(verifyRRset(zone.sign(plain), keys, counting)).toEqual({ verdict: 'limit-spent', limit: 'keysOfOneTag' });
    expect(counting.spent().signatureChecks).toBe(4);
    const four = readZoneKeys(zone.apex, collisions.slice(0, 4), context);
    expect(verifyRRset(zone.sign(plain), four, context), 'four are all tried').toMatchObject({ verdict: 'bogus' });
  });

  test('eight checks in all, however signatures and keys of one tag are mixed', () => {
    const collisions = [1, 2, 3].map((high) => colliding(zone.key.rdata, high));
    const keys = readZoneKeys(zone.apex, collisions, context);
    const counting = contextAt(NOW);
    const rrset = Array.from({ length: 5 }).reduce((signed: RRset) => zone.sign(signed), plain);
    expect(verifyRRset(rrset, keys, counting)).toEqual({ verdict: 'limit-spent', limit: 'signatures' });
    expect(counting.spent().signatureChecks).toBe(8);
  });

  test('a spent budget is no verdict', () => {
    const poor = contextAt(NOW, { limits: { ...clientLimits, signatureChecks: 0 } });
    expect(() => verifyRRset(zone.sign(plain), zone.keys, poor)).toThrow(BudgetExceeded);
  });

  test('between two checks there is a step, and each is charged by what its algorithm costs', () => {
    const costOf = (algorithm: number) => {
      const slow = signedZone('example.', { algorithm });
      const counting = contextAt(NOW);
      const wrong = Array.from({ length: 4 }).reduce((rrset: RRset) => slow.sign(rrset, { corrupt: true }), plain);
      let steps = 0;
      for (const _ of verifyingRRset(wrong, slow.keys, counting)) steps++;
      expect(steps).toBe(4);
      return counting.spent().cryptoWork;
    };
    expect(costOf(13)).toBeLessThan(450);
    expect(costOf(14)).toBeGreaterThan(2_400);
  });

  test('two keys of one tag cost no failed check in an RRset that holds, and every one in an RRset that does not', () => {
    const keys = readZoneKeys(zone.apex, [colliding(zone.key.rdata, 1), zone.key.rdata], context);
    const counting = contextAt(NOW, { limits: clientLimits });
    for (let i = 0; i < 40; i++) expect(verifyRRset(zone.sign(plain), keys, counting).verdict).toBe('secure');
    expect(counting.spent()).toMatchObject({ signatureChecks: 80, failedChecks: 0 });
    const other = contextAt(NOW);
    expect(verifyRRset(zone.sign(plain, { corrupt: true }), keys, other).verdict).toBe('bogus');
    expect(other.spent()).toMatchObject({ signatureChecks: 2, failedChecks: 2 });
    const wrong = Array.from({ length: 9 }).reduce((rrset: RRset) => zone.sign(rrset, { corrupt: true }), plain);
    expect(verifyRRset(wrong, zone.keys, other).verdict, 'nor is one that was not judged free').toBe('limit-spent');
    expect(other.spent().failedChecks).toBe(10);
  });

  test('failed checks are charged by what they cost, and those that are too many for chance at once', () => {
    const slow = signedZone('example.', { algorithm: 14 });
    const wrong = Array.from({ length: 8 }).reduce((rrset: RRset) => slow.sign(rrset, { corrupt: true }), plain);
    const counting = contextAt(NOW);
    verifyRRset(wrong, slow.keys, counting);
    const { failedWork } = counting.spent();
    expect(failedWork).toBeGreaterThan(8 * 600);
    const poor = contextAt(NOW, { limits: { ...clientLimits, failedWork: failedWork / 4 } });
    expect(() => verifyRRset(wrong, slow.keys, poor)).toThrow(BudgetExceeded);
    expect(poor.spent()).toMatchObject({ signatureChecks: 5, failedChecks: 3 });
    const dear = contextAt(NOW);
    expect(verifyRRset(slow.sign(slow.sign(plain, { corrupt: true })), slow.keys, dear).verdict).toBe('secure');
    expect(dear.spent()).toMatchObject({ failedWork: 0 });
  });

  test('thousands of records: putting them in order is a step of its own, and charged, as is each signature over them', () => {
    const rdata = Array.from({ length: 4_000 }, (_, i) => Uint8Array.of(10, i >> 8, i & 255, 1));
    const judge = (signatures: number, records = rdata) => {
      const once = zone.sign({ ...plain, rdata: records }, { corrupt: true });
      const huge = { ...once, signatures: Array.from({ length: signatures }, () => once.signatures[0] as Uint8Array) };
      const counting = contextAt(NOW);
      let steps = 0;
      for (const _ of verifyingRRset(huge, zone.keys, counting)) steps++;
      return { steps, work: counting.spent().cryptoWork };
    };
    const [one, eight, small] = [judge(1), judge(8), judge(8, rdata.slice(0, 2))];
    expect([one.steps, eight.steps, small.steps]).toEqual([2, 9, 8]);
    expect([50, 51].map((length) => judge(1, rdata.slice(0, length)).steps)).toEqual([1, 2]);
    expect(one.work).toBeGreaterThan(6_000);
    const perSignature = (eight.work - one.work) / 7 - small.work / 8; // but for its check
    expect(perSignature / 4_000 / SIGNED_RECORD_COST).toBeGreaterThan(0.9);
    expect(perSignature / 4_000 / SIGNED_RECORD_COST).toBeLessThan(1.5);
    const poor = contextAt(NOW, { limits: { ...clientLimits, cryptoWork: 5_000 } });
    expect(() => verifyRRset(zone.sign({ ...plain, rdata }), zone.keys, poor)).toThrow(new BudgetExceeded('cryptoWork'));
    expect(poor.spent().signatureChecks, 'before they are put in order').toBe(0);
  });

  test('work that is spent is no verdict either', () => {
    const poor = contextAt(NOW, { limits: { ...clientLimits, cryptoWork: 10 } });
    expect(() => verifyRRset(zone.sign(plain), zone.keys, poor)).toThrow(new BudgetExceeded('cryptoWork'));
  });

  test('the ninth signature costs nothing, for it is not tried', () => {
    const workOf = (signatures: number) => {
      const counting = contextAt(NOW);
      verifyRRset(wrongTimes(signatures), zone.keys, counting);
      return counting.spent().cryptoWork;
    };
    expect(workOf(9)).toBe(workOf(8));
  });

  test('what fails before any key is tried costs no check', () => {
    const counting = contextAt(NOW);
    verifyRRset(zone.sign(zone.sign(plain, { expiration: NOW - 1 }), { signer: parseName('evil.') }), zone.keys, counting);
    expect(counting.spent().signatureChecks).toBe(0);
  });
});

/** Another key of the same tag: two octets of the same weight changed against each other, neither past its bounds. */
function colliding(rdata: Uint8Array, by: number): Uint8Array {
  const copy = Uint8Array.from(rdata);
  const places = [...copy.keys()].filter((at) => at >= 4 && at % 2 === 0 && (copy[at] as number) >= by && (copy[at] as number) <= 255 - by);
  const [up, down] = places as [number, number];
  copy[up] = (copy[up] as number) + by;
  copy[down] = (copy[down] as number) - by;
  return copy;
}
