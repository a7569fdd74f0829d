import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Type } from '../../src/base/registry.ts';
import { DenialCache } from '../../src/cache/denial-cache.ts';
import { denial, NOW, rrset, verdicts } from './fixtures.ts';

const owner = 'mail.example.org';
const name = parseName(owner);
const makeCache = (maxOctets = 1_000_000) => new DenialCache({ maxOctets });

describe('what a denial denies (RFC 2308 §5)', () => {
  test.each([
    { kind: 'nodata', type: Type.A, asked: Type.A, found: true },
    { kind: 'nodata', type: Type.A, asked: Type.AAAA, found: false },
    { kind: 'nodata', type: Type.DS, asked: Type.DS, found: true },
    { kind: 'nodata', type: Type.DS, asked: Type.A, found: false }, // said by the parent, of the parent's side
    { kind: 'nodata', type: 0, asked: Type.A, found: false },
    { kind: 'nodata', type: 0, asked: 0, found: true },
    { kind: 'nxdomain', type: Type.A, asked: Type.A, found: true },
    { kind: 'nxdomain', type: Type.A, asked: Type.TLSA, found: true },
    { kind: 'nxdomain', type: Type.A, asked: Type.DS, found: true },
    // DS was asked of the parent: of a stub or forward zone that the parent does not know, it denies nothing but DS.
    { kind: 'nxdomain', type: Type.DS, asked: Type.A, found: false },
    { kind: 'nxdomain', type: Type.DS, asked: Type.DS, found: true },
  ] as const)('$kind of type $type, asked for $asked: $found', ({ kind, type, asked, found }) => {
    const cache = makeCache();
    cache.put(denial(owner, { kind, type }), NOW);
    expect(cache.get(name, asked, NOW)?.kind).toBe(found ? kind : undefined);
  });

  test.each(['org', 'example.org', 'a.mail.example.org', 'mail2.example.org'])('a name error of another name does not deny %s', (other) => {
    const cache = makeCache();
    cache.put(denial(owner, { kind: 'nxdomain' }), NOW);
    expect(cache.get(parseName(other), Type.A, NOW)).toBeUndefined();
  });

  test('the case of letters is no matter', () => {
    const cache = makeCache();
    cache.put(denial('MAIL.example.ORG', { kind: 'nxdomain' }), NOW);
    expect(cache.get(name, Type.A, NOW)?.kind).toBe('nxdomain');
  });

  test('it ends when it expires', () => {
    const cache = makeCache();
    cache.put(denial(owner), NOW);
    expect(cache.get(name, Type.A, NOW + 299)).toBeDefined();
    expect(cache.get(name, Type.A, NOW + 300)).toBeUndefined();
  });
});

describe('one denial after another', () => {
  const states = ['secure', 'insecure', 'bogus', 'unjudged'] as const;
  const kinds = ['nodata', 'nxdomain'] as const;
  const rows = kinds.flatMap((first) =>
    kinds.flatMap((second) =>
      states.flatMap((standing) =>
        states.map((incoming) => ({ first, second, standing, incoming, stored: standing !== 'secure' || incoming === 'secure' })),
      ),
    ),
  );

  test.each(rows)('$incoming $second replaces $standing $first: $stored', ({ first, second, standing, incoming, stored }) => {
    const cache = makeCache();
    cache.put(denial(owner, { kind: first, validation: verdicts[standing] }), NOW);
    expect(cache.put(denial(owner, { kind: second, validation: verdicts[incoming] }), NOW)).toBe(stored);
    const found = cache.get(name, Type.A, NOW);
    expect(found).toMatchObject({ kind: stored ? second : first });
    expect(found?.validation).toEqual(verdicts[stored ? incoming : standing]);
  });

  test('a forged name error for one type leaves secure NODATA of another standing', () => {
    const cache = makeCache();
    cache.put(denial(owner, { type: Type.AAAA, validation: verdicts.secure }), NOW);
    cache.put(denial(owner, { kind: 'nxdomain', type: Type.TXT }), NOW);
    expect(cache.get(name, Type.AAAA, NOW)).toMatchObject({ kind: 'nodata', validation: verdicts.secure });
  });

  test('NODATA ends a name error for all types', () => {
    const cache = makeCache();
    cache.put(denial(owner, { kind: 'nxdomain' }), NOW);
    cache.put(denial(owner, { type: Type.AAAA }), NOW);
    expect(cache.get(name, Type.A, NOW)).toBeUndefined();
  });

  test('NODATA that is refused for its size ends nothing', () => {
    const cache = makeCache();
    cache.put(denial(owner, { kind: 'nxdomain' }), NOW);
    expect(cache.put(denial(owner, { authority: [rrset('example.org', { signatures: [new Uint8Array(40_000)] })] }), NOW)).toBe(false);
    expect(cache.get(name, Type.A, NOW)?.kind).toBe('nxdomain');
  });
});

describe('bounds', () => {
  test('bogus is kept for a minute, indeterminate as not judged', () => {
    const cache = makeCache();
    cache.put(denial(owner, { validation: verdicts.bogus, expires: NOW + 86_400 }), NOW);
    expect(cache.get(name, Type.A, NOW)?.expires).toBe(NOW + 60);
    cache.put(denial(owner, { validation: verdicts.indeterminate }), NOW);
    expect(cache.get(name, Type.A, NOW)?.validation).toBeUndefined();
  });

  test('a huge denial is not kept (CVE-2026-33258), the largest honest one is', () => {
    const signed = (octets: number) =>
      rrset('example.org', { type: Type.NSEC3, rdata: [new Uint8Array(40)], signatures: [new Uint8Array(octets)] });
    const cache = makeCache();
    expect(cache.put(denial(owner, { authority: Array.from({ length: 40 }, () => signed(512)) }), NOW)).toBe(false);
    expect(cache.put(denial(owner, { authority: Array.from({ length: 4 }, () => signed(600)) }), NOW)).toBe(true);
  });

  test('a flood of names that do not exist stays within the octets', () => {
    const cache = makeCache(100_000);
    for (let i = 0; i < 5_000; i++) {
      cache.put(denial(`random-${i}.example.org`, { kind: 'nxdomain' }), NOW);
      if (cache.octets > 100_000) expect.unreachable();
    }
    expect(cache.size).toBeGreaterThan(20);
  });
});

describe('delete', () => {
  const filled = () => {
    const cache = makeCache();
    cache.put(denial(owner, { type: Type.A }), NOW);
    cache.put(denial(owner, { type: Type.AAAA }), NOW);
    cache.put(denial('other.example.org'), NOW);
    return cache;
  };

  test('with a type leaves other types', () => {
    const cache = filled();
    cache.delete(name, Type.A);
    expect([cache.get(name, Type.A, NOW), cache.size]).toEqual([undefined, 2]);
  });

  test('with a type ends a name error too: the name exists', () => {
    const cache = filled();
    cache.put(denial(owner, { kind: 'nxdomain' }), NOW);
    cache.delete(name, Type.TXT);
    expect(cache.get(name, Type.TXT, NOW)).toBeUndefined();
  });

  test('without a type forgets the whole name and no other', () => {
    const cache = filled();
    cache.delete(parseName('MAIL.example.org'));
    expect([cache.get(name, Type.A, NOW), cache.get(name, Type.AAAA, NOW), cache.size]).toEqual([undefined, undefined, 1]);
  });
});
