import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Type } from '../../src/base/registry.ts';
import { isAnswerRank, type Rank, RRsetCache } from '../../src/cache/rrset-cache.ts';
import { MAX_BOGUS_TTL } from '../../src/cache/verdict.ts';
import { entry, NOW, rrset, verdicts } from './fixtures.ts';

const name = parseName('mail.example.org');
const makeCache = (maxOctets = 1_000_000) => new RRsetCache({ maxOctets });
const address = (last: number) => ({ rdata: [Uint8Array.of(192, 0, 2, last)] });
const lastOctet = (cache: RRsetCache, now = NOW) => cache.get(name, Type.A, now)?.rrset.rdata[0]?.[3];

const ranks: readonly Rank[] = ['additional', 'glue', 'authority', 'answer', 'secure'];
/** An entry that has this rank by right. */
const ranked = (rank: Rank, last: number) =>
  entry('mail.example.org', { rank, validation: rank === 'secure' ? verdicts.secure : undefined }, address(last));

describe('rank (RFC 2181 §5.4.1)', () => {
  const pairs = ranks.flatMap((standing, at) => ranks.map((incoming, other) => ({ standing, incoming, stored: other >= at })));

  test.each(pairs)('$incoming replaces $standing: $stored', ({ standing, incoming, stored }) => {
    const cache = makeCache();
    cache.put(ranked(standing, 1), NOW);
    expect(cache.put(ranked(incoming, 2), NOW)).toBe(stored);
    expect(lastOctet(cache)).toBe(stored ? 2 : 1);
  });

  test.each(pairs)('$incoming replaces an expired $standing', ({ standing, incoming }) => {
    const cache = makeCache();
    cache.put(ranked(standing, 1), NOW);
    expect(cache.put({ ...ranked(incoming, 2), received: NOW + 300, expires: NOW + 600 }, NOW + 300)).toBe(true);
    expect(lastOctet(cache, NOW + 300)).toBe(2);
  });

  test.each(ranks)('%s may be sent as an answer only from the answer section, or validated', (rank) => {
    expect(isAnswerRank(rank)).toBe(rank === 'answer' || rank === 'secure');
  });
});

describe('validation state', () => {
  test.each(['insecure', 'bogus', 'indeterminate', 'unjudged'] as const)(
    '%s never replaces unexpired secure, whatever rank it claims',
    (state) => {
      const cache = makeCache();
      cache.put(ranked('secure', 1), NOW);
      for (const rank of ranks)
        expect(cache.put(entry('mail.example.org', { rank, validation: verdicts[state] }, address(2)), NOW)).toBe(false);
      expect(lastOctet(cache)).toBe(1);
    },
  );

  test('secure counts as secure in whatever section it came', () => {
    const cache = makeCache();
    cache.put(entry('mail.example.org', { rank: 'authority', validation: verdicts.secure }, address(1)), NOW);
    expect(cache.get(name, Type.A, NOW)?.rank).toBe('secure');
    expect(cache.put(ranked('answer', 2), NOW)).toBe(false);
  });

  test('secure is no rank of what did not validate', () => {
    const cache = makeCache();
    cache.put(entry('mail.example.org', { rank: 'secure', validation: verdicts.bogus }), NOW);
    expect(cache.get(name, Type.A, NOW)?.rank).toBe('answer');
  });

  test('a verdict takes the place of the same data not judged yet', () => {
    const cache = makeCache();
    cache.put(ranked('answer', 1), NOW);
    for (const state of ['bogus', 'insecure', 'secure'] as const) {
      expect(cache.put(entry('mail.example.org', { validation: verdicts[state] }), NOW)).toBe(true);
      expect(cache.get(name, Type.A, NOW)?.validation).toEqual(verdicts[state]);
    }
  });

  test('indeterminate is no verdict: the data is kept as not judged (CVE-2026-123597)', () => {
    const cache = makeCache();
    cache.put(entry('mail.example.org', { validation: verdicts.indeterminate }), NOW);
    expect(cache.get(name, Type.A, NOW)).toEqual(entry('mail.example.org', { validation: undefined }));
  });

  test('bogus is kept for a minute, whatever its TTL (CVE-2026-123598)', () => {
    const cache = makeCache();
    cache.put(entry('mail.example.org', { validation: verdicts.bogus, expires: NOW + 86_400 }), NOW);
    expect(cache.get(name, Type.A, NOW)?.expires).toBe(NOW + MAX_BOGUS_TTL);
    expect(cache.get(name, Type.A, NOW + MAX_BOGUS_TTL)).toBeUndefined();
  });

  test('bogus with a shorter TTL is not prolonged', () => {
    const cache = makeCache();
    cache.put(entry('mail.example.org', { validation: verdicts.bogus, expires: NOW + 5 }), NOW);
    expect(cache.get(name, Type.A, NOW + 5)).toBeUndefined();
  });
});

describe('keys', () => {
  test('names are equal without regard to case, types are not equal', () => {
    const cache = makeCache();
    cache.put(entry('Mail.Example.ORG'), NOW);
    expect(cache.get(name, Type.A, NOW)?.rrset.owner.wire[1]).toBe(0x4d); // the case it came in
    expect(cache.get(name, Type.AAAA, NOW)).toBeUndefined();
    expect(cache.get(parseName('example.org'), Type.A, NOW)).toBeUndefined();
  });

  test('delete and clear forget', () => {
    const cache = makeCache();
    cache.put(entry('mail.example.org'), NOW);
    cache.put(entry('mail.example.org', {}, { type: Type.AAAA }), NOW);
    cache.delete(name, Type.A);
    expect([cache.get(name, Type.A, NOW), cache.size]).toEqual([undefined, 1]);
    cache.clear();
    expect([cache.octets, cache.size]).toEqual([0, 0]);
  });
});

describe('size', () => {
  test('an RRset of 4,000 records is not kept (CVE-2024-1737, CVE-2024-25590)', () => {
    const rdata = (count: number) => Array.from({ length: count }, (_, i) => Uint8Array.of(10, 0, i >> 8, i & 0xff));
    const cache = makeCache(100_000_000);
    expect(cache.put(entry('mail.example.org', {}, { rdata: rdata(4_000) }), NOW)).toBe(false);
    expect(cache.put(entry('mail.example.org', {}, { rdata: rdata(500) }), NOW)).toBe(true);
  });

  test('signatures and proofs count', () => {
    const octetsWith = (...args: Parameters<typeof entry>) => {
      const cache = makeCache();
      cache.put(entry(...args), NOW);
      return cache.octets;
    };
    const bare = octetsWith('mail.example.org');
    const signatures = [new Uint8Array(300)];
    expect(octetsWith('mail.example.org', {}, { signatures })).toBeGreaterThanOrEqual(bare + 300);
    expect(octetsWith('mail.example.org', { proof: [rrset('example.org', { signatures })] })).toBeGreaterThanOrEqual(bare + 600);
  });
});
