import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { verifyRRset } from '../../src/dnssec/rrset-signature.ts';
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
    expect(verify(zone.sign(plain, { inception: NOW, expiration: NOW })), 'one second').toMatchObject({ verdict: 'secure', ttl: 0 });
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

  test.each<[SignOptions, string]>([
    [{ expiration: NOW - 1 }, 'RRSIG over www.example. A expired 2027-01-15T07:59:59Z'],
    [{ inception: NOW + HOUR }, 'RRSIG over www.example. A is valid from 2027-01-15T09:00:00Z'],
  ])('%#: when is said', (options, detail) => {
    expect(verify(zone.sign(plain, options))).toMatchObject({ detail });
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

test('of two that fail alike the first is told', () => {
  const [first, second] = [NOW - HOUR, NOW - 2 * HOUR].map((expiration) => ({ expiration }));
  expect(verify(zone.sign(zone.sign(plain, first), second))).toMatchObject({ detail: expect.stringContaining('07:00:00Z') });
});

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
    { type: 'NSEC3', line: '1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr A' },
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
