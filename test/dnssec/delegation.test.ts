import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { clientLimits, rrsetLimits } from '../../src/base/budget.ts';
import { parseName, ROOT } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { authenticateDnskeys, authenticatingDnskeys, classifyDs } from '../../src/dnssec/delegation.ts';
import { contextAt } from '../vectors/context.ts';
import { rdataOf, uint } from '../vectors/read-records.ts';
import { makeKey, NOW, plainRRset, rrsigOf, type TestKey, tagOf } from '../vectors/signed-zone.ts';

const apex = parseName('example.');
const context = contextAt(NOW);
const hashes = { 1: 'sha1', 2: 'sha256', 4: 'sha384' } as const;

function dsOf(key: TestKey, digestType: keyof typeof hashes = 2, owner = apex, tag = key.tag): Uint8Array {
  const digest = createHash(hashes[digestType]).update(Buffer.from(owner.key, 'latin1')).update(key.rdata).digest();
  return Buffer.concat([uint(tag, 2), uint(key.algorithm, 1), uint(digestType, 1), digest]);
}

function keyset(keys: readonly TestKey[], signers: readonly TestKey[]): RRset {
  const plain = plainRRset(
    'example.',
    'DNSKEY',
    keys.map((key) => key.rdata),
  );
  return { ...plain, signatures: signers.map((key) => rrsigOf(plain, apex, key, {})) };
}

const ksk = makeKey({ algorithm: 13 });
const zsk = makeKey({ algorithm: 13, flags: 256 });
const stranger = makeKey({ algorithm: 13 });
const good = keyset([ksk, zsk], [ksk]);

describe('DNSKEY RRset by DS (RFC 4035 §5.2)', () => {
  test.each([1, 2, 4] as const)('the key that a DS of digest type %i matches has signed it: secure, with all zone keys', (digestType) => {
    const verdict = authenticateDnskeys(apex, good, { ds: [dsOf(ksk, digestType)], dnskeys: [] }, context);
    expect(verdict).toMatchObject({ verdict: 'secure', ttl: 3600, expires: NOW + 86_400 });
    expect(verdict.verdict === 'secure' && verdict.keys.keys.map((key) => key.keyTag)).toEqual([ksk.tag, zsk.tag]);
  });

  test('a DS may point to a key without SEP flag, for that flag is a hint (RFC 4034 §2.1.1)', () => {
    const verdict = authenticateDnskeys(apex, keyset([ksk, zsk], [zsk]), { ds: [dsOf(zsk)], dnskeys: [] }, context);
    expect(verdict).toMatchObject({ verdict: 'secure' });
  });

  test('any valid path suffices: a DS that matches no key does not spoil one that does (RFC 6840 §5.11)', () => {
    const trusted = { ds: [dsOf(stranger), dsOf(ksk)], dnskeys: [] };
    expect(authenticateDnskeys(apex, good, trusted, context)).toMatchObject({ verdict: 'secure' });
  });

  test.each([
    { title: 'DS matches no key', keys: good, ds: [dsOf(stranger)], reason: 'dnskey-missing' },
    { title: 'DS made for another owner', keys: good, ds: [dsOf(ksk, 2, parseName('example.org.'))], reason: 'dnskey-missing' },
    { title: 'right digest, wrong tag', keys: good, ds: [dsOf(ksk, 2, apex, ksk.tag ^ 1)], reason: 'dnskey-missing' },
    { title: 'digest cut short', keys: good, ds: [dsOf(ksk).subarray(0, 20)], reason: 'dnskey-missing' },
    { title: 'DS that cannot be read', keys: good, ds: [Uint8Array.of(1, 2, 13)], reason: 'dnskey-missing' },
    { title: 'signed by the other key alone', keys: keyset([ksk, zsk], [zsk]), ds: [dsOf(ksk)], reason: 'signature-missing' },
    { title: 'signed by a key added by a forger', keys: keyset([ksk, stranger], [stranger]), ds: [dsOf(ksk)], reason: 'signature-missing' },
    { title: 'not signed', keys: keyset([ksk, zsk], []), ds: [dsOf(ksk)], reason: 'signature-missing' },
    {
      title: 'a key added after signing',
      keys: { ...good, rdata: [...good.rdata, stranger.rdata] },
      ds: [dsOf(ksk)],
      reason: 'signature-wrong',
    },
    { title: "another name's keys", keys: { ...good, owner: parseName('sub.example.') }, ds: [dsOf(ksk)], reason: 'dnskey-missing' },
    { title: 'nothing trusted', keys: good, ds: [], reason: 'dnskey-missing' },
  ])('$title: $reason', ({ keys, ds, reason }) => {
    expect(authenticateDnskeys(apex, keys, { ds, dnskeys: [] }, context)).toMatchObject({ verdict: 'bogus', reason });
  });

  test.each([
    { title: 'no zone key flag', key: makeKey({ algorithm: 13, flags: 1 }), reason: 'no-zone-key' },
    { title: 'revoked', key: makeKey({ algorithm: 13, flags: 257 | 128 }), reason: 'dnskey-missing' },
    { title: 'another protocol', key: makeKey({ algorithm: 13, protocol: 1 }), reason: 'dnskey-missing' },
  ])('the key that the DS matches, $title: $reason', ({ key, reason }) => {
    expect(authenticateDnskeys(apex, keyset([key], [key]), { ds: [dsOf(key)], dnskeys: [] }, context)).toMatchObject({
      verdict: 'bogus',
      reason,
    });
  });

  test.each([
    [makeKey({ algorithm: 13, flags: 1 }), 'the key that the DS of example. names has no zone key flag'],
    [makeKey({ algorithm: 13, flags: 257 | 128 }), 'the key that the DS of example. names is revoked'],
    [makeKey({ algorithm: 13, protocol: 1 }), 'no key of example. matches its DS records or trust anchor'],
  ])('%#: what is wrong with that key is said, whichever of several it is', (key, detail) => {
    const keys = keyset([stranger, key], [key]);
    const judge = (...ds: Uint8Array[]) => authenticateDnskeys(apex, keys, { ds, dnskeys: [] }, context);
    expect(judge(dsOf(key))).toMatchObject({ detail });
  });

  test('a revoked key beside one that may not verify for another reason is told of', () => {
    const revoked = makeKey({ algorithm: 13, flags: 257 | 128 });
    const other = makeKey({ algorithm: 13, protocol: 1 });
    const trusted = { ds: [dsOf(other), dsOf(revoked)], dnskeys: [] };
    expect(authenticateDnskeys(apex, keyset([other, revoked], [revoked]), trusted, context)).toMatchObject({
      detail: 'the key that the DS of example. names is revoked',
    });
  });

  test('keys that should have signed and did not are named by their tags', () => {
    const trusted = { ds: [dsOf(ksk), dsOf(stranger)], dnskeys: [] };
    expect(authenticateDnskeys(apex, keyset([ksk, zsk, stranger], [zsk]), trusted, context)).toMatchObject({
      detail: `the keys of example. are not signed by key ${ksk.tag}, ${stranger.tag}, which its DS or trust anchor names`,
    });
  });

  test('the same records as another type are no keys', () => {
    const cdnskeys = { ...keyset([ksk, zsk], []), type: 60 };
    const signed = { ...cdnskeys, signatures: [rrsigOf(cdnskeys, apex, ksk, {})] };
    expect(authenticateDnskeys(apex, signed, { ds: [dsOf(ksk)], dnskeys: [] }, context)).toMatchObject({
      verdict: 'bogus',
      reason: 'dnskey-missing',
    });
  });

  test('malformed DNSKEYs beside good ones are passed over', () => {
    const plain = plainRRset('example.', 'DNSKEY', [ksk.rdata, Uint8Array.of(1, 0, 3)]);
    const rrset = { ...plain, signatures: [rrsigOf(plain, apex, ksk, {})] };
    expect(authenticateDnskeys(apex, rrset, { ds: [dsOf(ksk)], dnskeys: [] }, context)).toMatchObject({ verdict: 'secure' });
  });

  test('an RSA key too short for its algorithm is bogus, not insecure', () => {
    const short = makeKey({ algorithm: 8, bits: 512 });
    const rdata = Buffer.from(short.rdata);
    rdata[3] = 10; // RSA/SHA-512 wants 1024 bits (RFC 5702 §2.2)
    const key = { ...makeKey({ algorithm: 10 }), rdata };
    const verdict = authenticateDnskeys(
      apex,
      keyset([key], [{ ...key, tag: tagOf(rdata) }]),
      { ds: [dsOf(key, 2, apex, tagOf(rdata))], dnskeys: [] },
      context,
    );
    expect(verdict).toMatchObject({ verdict: 'bogus', reason: 'signature-wrong' });
  });
});

describe('trust anchors', () => {
  test('a DNSKEY anchor works as a DS does', () => {
    expect(authenticateDnskeys(apex, good, { ds: [], dnskeys: [ksk.rdata] }, context)).toMatchObject({ verdict: 'secure' });
    expect(authenticateDnskeys(apex, good, { ds: [], dnskeys: [stranger.rdata] }, context)).toMatchObject({ reason: 'dnskey-missing' });
  });

  test('a DNSKEY anchor that cannot be read is passed over', () => {
    const broken = Uint8Array.of(1, 1, 3);
    expect(authenticateDnskeys(apex, good, { ds: [], dnskeys: [broken, ksk.rdata] }, context)).toMatchObject({ verdict: 'secure' });
    expect(authenticateDnskeys(apex, good, { ds: [], dnskeys: [broken] }, context)).toMatchObject({ reason: 'dnskey-missing' });
  });

  test('an anchor of another zone does not fit, for the owner is part of the digest (CVE-2026-123593)', () => {
    expect(authenticateDnskeys(apex, good, { ds: [dsOf(ksk, 2, ROOT)], dnskeys: [] }, context)).toMatchObject({ verdict: 'bogus' });
  });

  test('the part of an anchor that is supported decides', () => {
    const trusted = { ds: [rdataOf('DS', ['1', '253', '2', '00'])], dnskeys: [ksk.rdata] };
    expect(authenticateDnskeys(apex, good, trusted, context)).toMatchObject({ verdict: 'secure' });
  });
});

describe('keys of one tag (KeyTrap, CVE-2023-50387)', () => {
  /** As many keys of the tag and algorithm of `ksk`, none of them it. */
  const twins = (count: number) =>
    Array.from({ length: count }, (_, i) => {
      const rdata = Buffer.from(ksk.rdata);
      // Two octets of the same weight changed against each other keep the sum.
      const places = [...rdata.keys()].filter((at) => at >= 4 && at % 2 === 0);
      const up = places.find((at) => (rdata[at] as number) < 240) as number;
      const down = places.find((at) => at !== up && (rdata[at] as number) > 15) as number;
      rdata[up] = (rdata[up] as number) + i + 1;
      rdata[down] = (rdata[down] as number) - i - 1;
      return { ...ksk, rdata };
    });

  test.each([
    { before: 3, want: { verdict: 'secure' } },
    { before: 4, want: { verdict: 'limit-spent', limit: 'keysOfOneTag' } },
  ])('the one that the DS names behind $before others', ({ before, want }) => {
    const keys = keyset([...twins(before), ksk], [ksk]);
    expect(authenticateDnskeys(apex, keys, { ds: [dsOf(ksk)], dnskeys: [] }, context)).toMatchObject(want);
  });

  test('more than four of a tag that no DS names do not matter', () => {
    const keys = keyset([...twins(5), zsk], [zsk]);
    expect(authenticateDnskeys(apex, keys, { ds: [dsOf(zsk)], dnskeys: [] }, context)).toMatchObject({ verdict: 'secure' });
    expect(authenticateDnskeys(apex, keys, { ds: [dsOf(stranger)], dnskeys: [] }, context)).toMatchObject({ verdict: 'bogus' });
  });
});

describe('many DS records and many keys (CVE-2025-8677)', () => {
  /** Short keys, each of a tag of its own. */
  const padding = (count: number) =>
    Array.from({ length: count }, (_, i) => {
      const rdata = Buffer.concat([uint(257, 2), Buffer.of(3, 13), uint(i, 2), Buffer.of(0)]);
      return { ...ksk, rdata, tag: tagOf(rdata) };
    });
  const wrongDs = (keys: readonly TestKey[]) => keys.map((key) => dsOf({ ...key, rdata: ksk.rdata }));

  test('between two digests there is a step, each is charged, and both kinds of records are limited', () => {
    const keys = padding(3_700);
    const counting = contextAt(NOW);
    const judging = authenticatingDnskeys(apex, keyset(keys, []), { ds: wrongDs(keys.slice(0, 1_300)), dnskeys: [] }, counting);
    let steps = 0;
    let step = judging.next();
    for (; !step.done; step = judging.next()) steps++;
    expect(step.value).toEqual({ verdict: 'limit-spent', limit: 'dsRecords' });
    expect(steps).toBe(rrsetLimits.dsRecords);
    expect(counting.spent().cryptoWork).toBeGreaterThan(steps * 2);
    expect(counting.spent().signatureChecks).toBe(0);
  });

  test('a key is hashed once a digest type, however many DS records name it', () => {
    const stepsOf = (...ds: Uint8Array[]) => {
      let steps = 0;
      for (const _ of authenticatingDnskeys(apex, keyset([ksk], []), { ds, dnskeys: [] }, context)) steps++;
      return steps;
    };
    const [wrong] = wrongDs([ksk]) as [Uint8Array];
    expect(stepsOf(dsOf(ksk))).toBe(1);
    expect(stepsOf(dsOf(ksk), wrong, dsOf(ksk))).toBe(1);
    expect(stepsOf(dsOf(ksk), dsOf(ksk, 4), dsOf(ksk, 4))).toBe(2);
  });

  test('a spent budget ends it before the digest', () => {
    const keys = padding(4);
    const poor = contextAt(NOW, { limits: { ...clientLimits, cryptoWork: 1 } });
    expect(() => authenticateDnskeys(apex, keyset(keys, []), { ds: wrongDs(keys), dnskeys: [] }, poor)).toThrow('cryptographic work');
  });

  test('a long key costs more to hash than a short one', () => {
    const costOf = (octets: number) => {
      const key = { ...ksk, rdata: Buffer.concat([ksk.rdata.subarray(0, 4), Buffer.alloc(octets)]) };
      const counting = contextAt(NOW);
      authenticateDnskeys(apex, keyset([key], []), { ds: wrongDs([{ ...key, tag: tagOf(key.rdata) }]), dnskeys: [] }, counting);
      return counting.spent().cryptoWork;
    };
    expect(costOf(60_000) - costOf(60)).toBeGreaterThan(30);
  });

  test.each([
    { before: 31, want: { verdict: 'secure' } },
    { before: 32, want: { verdict: 'limit-spent', limit: 'dsRecords' } },
  ])('the DS record that vouches behind $before others', ({ before, want }) => {
    const trusted = { ds: [...wrongDs(padding(before)), dsOf(ksk)], dnskeys: [] };
    expect(authenticateDnskeys(apex, good, trusted, context)).toMatchObject(want);
  });

  test.each([
    { before: 255, want: { verdict: 'secure' } },
    { before: 256, want: { verdict: 'limit-spent', limit: 'keysRead' } },
  ])('the key that is vouched for behind $before others, by DS or by trust anchor', ({ before, want }) => {
    const keys = keyset([...padding(before), ksk], [ksk]);
    expect(authenticateDnskeys(apex, keys, { ds: [dsOf(ksk)], dnskeys: [] }, context)).toMatchObject(want);
    expect(authenticateDnskeys(apex, keys, { ds: [], dnskeys: [ksk.rdata] }, context)).toMatchObject(want);
  });

  test('records of unknown algorithms, however many, do not hide one that can be followed', () => {
    const unknown = Array.from({ length: 100 }, () => rdataOf('DS', ['1', '253', '2', '00']));
    expect(authenticateDnskeys(apex, good, { ds: [...unknown, dsOf(ksk)], dnskeys: [] }, context)).toMatchObject({ verdict: 'secure' });
  });

  test('a zone of more keys than are read is known to have more', () => {
    const verdict = authenticateDnskeys(apex, keyset([ksk, ...padding(300)], [ksk]), { ds: [dsOf(ksk)], dnskeys: [] }, context);
    expect(verdict.verdict === 'secure' && verdict.keys.isCut).toBe(true);
  });
});

describe('which DS can be followed (RFC 4509 §3, RFC 6840 §5.2)', () => {
  const ds = (text: string) => rdataOf('DS', text.split(' '));
  const policy = { sha1Signatures: false, sha1Digest: true };

  test.each([
    { title: 'unknown algorithm', rdata: ['1 200 2 aa', '1 3 2 aa'], want: { unsupported: 'algorithm' } },
    { title: 'unknown digest', rdata: ['1 13 3 aa', '1 13 99 aa'], want: { unsupported: 'digest' } },
    { title: 'SHA-1 signatures', rdata: ['1 7 2 aa', '1 5 1 aa'], want: { unsupported: 'algorithm' } },
    { title: 'an unknown digest of an unknown algorithm', rdata: ['1 200 99 aa'], want: { unsupported: 'algorithm' } },
  ])('$title alone makes the zone insecure', ({ rdata, want }) => {
    expect(classifyDs({ rdata: rdata.map(ds) }, policy)).toEqual(want);
    const verdict = authenticateDnskeys(apex, good, { ds: rdata.map(ds), dnskeys: [] }, contextAt(NOW, { sha1: false }));
    expect(verdict).toEqual({ verdict: 'insecure', reason: `unsupported-${want.unsupported}` });
  });

  test.each([
    { title: 'unknown ones are left out', rdata: ['1 200 2 aa', '2 13 2 bb'], tags: [2] },
    { title: 'SHA-1 is left out beside SHA-256', rdata: ['1 13 1 aa', '2 13 2 bb'], tags: [2] },
    { title: 'SHA-1 is left out beside SHA-384', rdata: ['1 13 1 aa', '2 13 4 bb'], tags: [2] },
    { title: 'SHA-1 alone is followed', rdata: ['1 13 1 aa'], tags: [1] },
    { title: 'SHA-1 stays where the better digest is of another algorithm', rdata: ['1 8 1 aa', '2 13 2 bb'], tags: [1, 2] },
    { title: 'SHA-1 stays where the better digest cannot be followed', rdata: ['1 13 1 aa', '2 200 2 bb'], tags: [1] },
  ])('$title', ({ rdata, tags }) => {
    const verdict = classifyDs({ rdata: rdata.map(ds) }, policy);
    expect('usable' in verdict && verdict.usable.map((record) => record.keyTag)).toEqual(tags);
  });

  test('SHA-1 alone is insecure where the policy refuses it', () => {
    expect(classifyDs({ rdata: [ds('1 13 1 aa')] }, { ...policy, sha1Digest: false })).toEqual({ unsupported: 'digest' });
  });

  test('a DS that cannot be read is no reason to call the zone insecure', () => {
    expect(classifyDs({ rdata: [Uint8Array.of(0, 1, 200)] }, policy)).toEqual({ usable: [] });
  });

  test('no downgrade: a key that only the SHA-1 DS matches does not do beside a SHA-256 DS', () => {
    const trusted = { ds: [dsOf(ksk, 1), dsOf(stranger, 2)], dnskeys: [] };
    expect(authenticateDnskeys(apex, good, trusted, context)).toMatchObject({ verdict: 'bogus', reason: 'dnskey-missing' });
  });
});
