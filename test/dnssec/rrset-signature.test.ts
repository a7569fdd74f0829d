import { describe, expect, test } from 'vitest';
import { BudgetExceeded, clientLimits } from '../../src/base/budget.ts';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { verifyingRRset, verifyRRset } from '../../src/dnssec/rrset-signature.ts';
import { readZoneKeys } from '../../src/dnssec/zone-keys.ts';
import { contextAt } from '../vectors/context.ts';
import { makeKey, NOW, plainRRset, type SignOptions, signedZone } from '../vectors/signed-zone.ts';

const zone = signedZone('example.');
const plain = plainRRset('www.example.', 'A', [Uint8Array.of(192, 0, 2, 1), Uint8Array.of(192, 0, 2, 2)]);
const context = contextAt(NOW);
const HOUR = 3600;

const verify = (rrset: RRset) => verifyRRset(rrset, zone.keys, context);

describe('a good signature (RFC 4035 §5.3)', () => {
  test('makes the RRset secure, and tells whose it was and until when', () => {
    const verdict = verify(zone.sign(plain, { expiration: NOW + 7 * HOUR }));
    expect(verdict).toMatchObject({ verdict: 'secure', expires: NOW + 7 * HOUR, ttl: 3600, wildcard: undefined });
    expect(verdict).toHaveProperty('rrsig.keyTag', zone.key.tag);
  });

  test('verifies whatever the order of the records and the case of names', () => {
    const mx = zone.rrset('www.example.', 'MX', ['5 a.example.', '7 b.example.']);
    const upper = mx.rdata.map((rdata) => Uint8Array.from(rdata, (octet) => (octet >= 0x61 && octet <= 0x7a ? octet - 0x20 : octet)));
    expect(verify({ ...mx, owner: parseName('WWW.Example.'), rdata: upper.toReversed() })).toMatchObject({ verdict: 'secure' });
  });

  test('verifies with the signer in upper case, for its canonical form is signed', () => {
    const signed = zone.sign(plain);
    const upper = Uint8Array.from(signed.signatures[0] as Uint8Array, (octet, i) => (i > 18 && i < 26 ? octet & ~0x20 : octet));
    expect(verify({ ...signed, signatures: [upper] })).toMatchObject({ verdict: 'secure' });
  });

  test.each([
    { title: 'the TTL received', ttl: 60, options: {}, want: 60 },
    { title: 'the original TTL', ttl: 3600, options: { originalTtl: 300 }, want: 300 },
    { title: 'the time to expiration', ttl: 3600, options: { expiration: NOW + 20 }, want: 20 },
  ])('caps the TTL by $title (§5.3.3)', ({ ttl, options, want }) => {
    expect(verify({ ...zone.sign(plain, options), ttl })).toMatchObject({ verdict: 'secure', ttl: want });
  });

  test('holds in its first and its last second, and across the turn of the 32-bit clock (RFC 1982)', () => {
    const turn = 2 ** 32;
    const late = contextAt(turn + 5);
    expect(verify(zone.sign(plain, { inception: NOW }))).toMatchObject({ verdict: 'secure' });
    expect(verify(zone.sign(plain, { expiration: NOW }))).toMatchObject({ verdict: 'secure', ttl: 0 });
    const over = zone.sign(plain, { inception: turn - 10, expiration: turn + 100 });
    expect(verifyRRset(over, zone.keys, late)).toMatchObject({ verdict: 'secure', expires: turn + 100 });
  });
});

describe('a signature that fails', () => {
  const rows: { title: string; options: SignOptions; reason: string }[] = [
    { title: 'one bit of it flipped', options: { corrupt: true }, reason: 'signature-wrong' },
    { title: 'expired a second ago', options: { expiration: NOW - 1 }, reason: 'signature-expired' },
    { title: 'valid in a second', options: { inception: NOW + 1 }, reason: 'signature-not-yet-valid' },
    {
      title: 'ends before it begins',
      options: { inception: NOW + HOUR, expiration: NOW - HOUR },
      reason: 'signature-expired-before-valid',
    },
    { title: 'a key tag that the zone has not got', options: { tag: zone.key.tag ^ 1 }, reason: 'dnskey-missing' },
    {
      title: 'an algorithm that the zone has not got',
      options: { key: makeKey({ algorithm: 13 }), tag: zone.key.tag },
      reason: 'dnskey-missing',
    },
    { title: 'the signer is the parent', options: { signer: parseName('.') }, reason: 'signer-wrong' },
    { title: 'the signer is below the apex', options: { signer: parseName('www.example.') }, reason: 'signer-wrong' },
    { title: 'the signer is another zone', options: { signer: parseName('evil.') }, reason: 'signer-wrong' },
    { title: 'more labels than the owner has', options: { labels: 3 }, reason: 'signature-wrong' },
    { title: 'fewer labels than the signer has (CVE-2026-11721)', options: { labels: 0 }, reason: 'signature-wrong' },
    { title: 'it covers another type', options: { covered: 28 }, reason: 'signature-missing' },
  ];
  test.each(rows)('$title: $reason', ({ options, reason }) => {
    expect(verify(zone.sign(plain, options))).toMatchObject({ verdict: 'bogus', reason });
  });

  test('no RRSIG at all: signature-missing', () => {
    expect(verify(plain)).toMatchObject({ verdict: 'bogus', reason: 'signature-missing' });
  });

  test('an owner outside the zone: signer-wrong, though zone and signer agree', () => {
    const outside = zone.sign(plainRRset('www.elsewhere.', 'A', [Uint8Array.of(192, 0, 2, 1)]));
    expect(verify(outside)).toMatchObject({ verdict: 'bogus', reason: 'signer-wrong' });
  });

  test.each([
    { title: 'a record added', change: (r: RRset) => ({ ...r, rdata: [...r.rdata, Uint8Array.of(203, 0, 113, 9)] }) },
    { title: 'a record taken away', change: (r: RRset) => ({ ...r, rdata: r.rdata.slice(1) }) },
    { title: 'another owner', change: (r: RRset) => ({ ...r, owner: parseName('xxx.example.') }) },
    { title: 'another class', change: (r: RRset) => ({ ...r, class: 3 }) },
  ])('$title: signature-wrong', ({ change }) => {
    expect(verify(change(zone.sign(plain)))).toMatchObject({ verdict: 'bogus', reason: 'signature-wrong' });
  });

  test('a longer original TTL than was signed: signature-wrong', () => {
    const signed = zone.sign(plain);
    const longer = Uint8Array.from(signed.signatures[0] as Uint8Array, (octet, i) => (i === 5 ? octet ^ 1 : octet));
    expect(verify({ ...signed, signatures: [longer] })).toMatchObject({ verdict: 'bogus', reason: 'signature-wrong' });
  });

  test('a malformed RRSIG counts as none, wherever it is cut', () => {
    const whole = zone.sign(plain).signatures[0] as Uint8Array;
    for (let length = 0; length <= 27; length++) {
      expect(verify({ ...plain, signatures: [whole.subarray(0, length)] })).toMatchObject({ reason: 'signature-missing' });
    }
  });
});

describe('several signatures (RFC 6840 §5.4)', () => {
  const expired = { expiration: NOW - HOUR };

  test.each([
    { title: 'an expired one', bad: expired },
    { title: 'one not yet valid', bad: { inception: NOW + HOUR } },
    { title: 'a wrong one', bad: { corrupt: true } },
    { title: "another zone's", bad: { signer: parseName('evil.') } },
    { title: 'one of an unknown key', bad: { tag: zone.key.tag ^ 1 } },
  ])('$title does not hide one that is valid, before it or behind it', ({ bad }) => {
    expect(verify(zone.sign(zone.sign(plain, bad)))).toMatchObject({ verdict: 'secure', expires: NOW + 86_400 });
    expect(verify(zone.sign(zone.sign(plain), bad))).toMatchObject({ verdict: 'secure', expires: NOW + 86_400 });
  });

  test('TTL and labels are read from the one that verified, not from the first', () => {
    const owner = plainRRset('a.b.example.', 'A', [Uint8Array.of(192, 0, 2, 1)]);
    const liar = { labels: 1, originalTtl: 86_400, corrupt: true };
    expect(verify(zone.sign(zone.sign(owner, liar), { originalTtl: 30 }))).toMatchObject({ ttl: 30, wildcard: undefined });
  });

  test.each([
    { title: 'a wrong one beside an expired one', options: [expired, { corrupt: true }], reason: 'signature-wrong' },
    { title: "an expired one beside another zone's", options: [{ signer: parseName('evil.') }, expired], reason: 'signature-expired' },
    { title: 'an expired one beside one of an unknown key', options: [{ tag: zone.key.tag ^ 1 }, expired], reason: 'signature-expired' },
  ])('none valid, the most telling reason is given: $title: $reason', ({ options, reason }) => {
    const rrset = options.reduce((signed: RRset, each: SignOptions) => zone.sign(signed, each), plain);
    expect(verify(rrset)).toMatchObject({ verdict: 'bogus', reason });
  });
});

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
    expect(one.work).toBeGreaterThan(6_000);
    expect((eight.work - one.work) / 7 - small.work / 8, 'a signature, but for its check').toBeGreaterThan(1_000);
    const poor = contextAt(NOW, { limits: { ...clientLimits, cryptoWork: 5_000 } });
    expect(() => verifyRRset(zone.sign({ ...plain, rdata }), zone.keys, poor)).toThrow(new BudgetExceeded('cryptoWork'));
    expect(poor.spent().signatureChecks, 'before they are put in order').toBe(0);
  });

  test('work that is spent is no verdict either', () => {
    const poor = contextAt(NOW, { limits: { ...clientLimits, cryptoWork: 10 } });
    expect(() => verifyRRset(zone.sign(plain), zone.keys, poor)).toThrow(new BudgetExceeded('cryptoWork'));
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

describe('wildcards (RFC 4035 §5.3.2, RFC 4592)', () => {
  const answer = (options: SignOptions = {}) => zone.sign(plainRRset('a.b.w.example.', 'A', [Uint8Array.of(192, 0, 2, 1)]), options);

  test.each([
    { labels: 3, encloser: 'b.w.example.' },
    { labels: 2, encloser: 'w.example.' },
    { labels: 1, encloser: 'example.' },
  ])('an expansion with $labels labels tells that the asterisk stands under $encloser', ({ labels, encloser }) => {
    expect(verify(answer({ labels }))).toMatchObject({ verdict: 'secure', wildcard: { key: parseName(encloser).key } });
  });

  test('the asterisk itself is no expansion: its label does not count', () => {
    const literal = zone.sign(plainRRset('*.w.example.', 'A', [Uint8Array.of(192, 0, 2, 1)]));
    expect(verify(literal)).toMatchObject({ verdict: 'secure', wildcard: undefined });
  });

  test('the wildcard RRset renamed verifies as its expansion, and only with its own labels', () => {
    const literal = zone.sign(plainRRset('*.w.example.', 'A', [Uint8Array.of(192, 0, 2, 1)]));
    const renamed = (owner: string) => verify({ ...literal, owner: parseName(owner) });
    expect(renamed('x.w.example.')).toMatchObject({ verdict: 'secure', wildcard: { key: parseName('w.example.').key } });
    expect(renamed('x.y.w.example.')).toMatchObject({ verdict: 'secure', wildcard: { key: parseName('w.example.').key } });
    expect(renamed('x.v.example.')).toMatchObject({ verdict: 'bogus', reason: 'signature-wrong' });
  });

  test('a signature over the name itself is no wildcard for a name below it', () => {
    const name = zone.sign(plainRRset('w.example.', 'A', [Uint8Array.of(192, 0, 2, 1)]));
    expect(verify({ ...name, owner: parseName('a.w.example.') })).toMatchObject({ verdict: 'bogus' });
  });

  test('labels across a zone cut: the signer must be the zone that the walk found (CVE-2026-44690)', () => {
    const parentZone = signedZone('w.example.', { algorithm: 15 });
    expect(verifyRRset(answer({ labels: 1 }), parentZone.keys, context)).toMatchObject({ verdict: 'bogus', reason: 'signer-wrong' });
  });

  test.each([
    { type: 'NSEC', line: 'b.example. A NSEC' },
    { type: 'DS', line: '1 13 2 00' },
  ])('$type is never expanded', ({ type, line }) => {
    expect(verify(zone.rrset('a.w.example.', type, [line], { labels: 2 }))).toMatchObject({ verdict: 'bogus', reason: 'signature-wrong' });
  });
});

describe('keys that may not verify (RFC 4034 §2.1, RFC 5011 §2.1)', () => {
  test.each([
    { title: 'no zone key flag', options: { flags: 1 } },
    { title: 'revoked', options: { flags: 257 | 128 } },
    { title: 'another protocol', options: { protocol: 2 } },
  ])('$title', ({ options }) => {
    const key = makeKey(options);
    const keys = readZoneKeys(zone.apex, [key.rdata], context);
    expect(verifyRRset(zone.sign(plain, { key }), keys, context)).toMatchObject({ verdict: 'bogus', reason: 'dnskey-missing' });
  });

  test('SHA-1 signatures count only where the policy says so (RFC 9905)', () => {
    const key = makeKey({ algorithm: 7 });
    const signed = zone.sign(plain, { key });
    const judge = (sha1: boolean) => {
      const policy = contextAt(NOW, { sha1 });
      return verifyRRset(signed, readZoneKeys(zone.apex, [key.rdata], policy), policy);
    };
    expect(judge(true)).toMatchObject({ verdict: 'secure' });
    expect(judge(false)).toMatchObject({ verdict: 'bogus', reason: 'dnskey-missing' });
  });
});
