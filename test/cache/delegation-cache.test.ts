import { describe, expect, test } from 'vitest';
import { formatName, parseName, ROOT } from '../../src/base/name.ts';
import { type Delegation, DelegationCache } from '../../src/cache/delegation-cache.ts';
import { delegation, NOW } from './fixtures.ts';

const deep = parseName('www.sub.evil.com');
const root: Delegation = { ...delegation('root-servers.net', '.'), zone: ROOT, source: 'hints', expires: Number.POSITIVE_INFINITY };
const com = delegation('com', '.', { expires: NOW + 172_800 });
const evil = delegation('evil.com', 'com', { expires: NOW + 3600 });
const sub = delegation('sub.evil.com', 'evil.com', { expires: NOW + 1_000_000 });
const otherServers = [{ name: parseName('ns1.honest.net'), addresses: ['198.51.100.1'] }];

function makeCache(...delegations: Delegation[]) {
  const cache = new DelegationCache({ maxOctets: 1_000_000 });
  for (const each of delegations) cache.put(each, each.received);
  return cache;
}
const closest = (cache: DelegationCache, now = NOW, name = deep) => {
  const found = cache.closest(name, now);
  return found && formatName(found.zone);
};

describe('the closest delegation', () => {
  test.each([
    { name: 'www.sub.evil.com', zone: 'sub.evil.com.' },
    { name: 'SUB.Evil.com', zone: 'sub.evil.com.' },
    { name: 'evil.com', zone: 'evil.com.' },
    { name: 'notevil.com', zone: 'com.' },
    { name: 'a.b.c.d.com', zone: 'com.' },
    { name: 'org', zone: '.' },
    { name: '.', zone: '.' },
  ])('of $name is $zone', ({ name, zone }) => {
    expect(closest(makeCache(root, com, evil, sub), NOW, parseName(name))).toBe(zone);
  });

  test('is none where not even the root is known', () => {
    expect(makeCache().closest(deep, NOW)).toBeUndefined();
  });

  test('may skip labels: a zone cut is not at every dot', () => {
    expect(closest(makeCache(root, com, delegation('a.b.c.com', 'com')), NOW, parseName('x.a.b.c.com'))).toBe('a.b.c.com.');
  });

  test('keeps source, glue and servers without glue', () => {
    const servers = [...com.servers, { name: parseName('ns.elsewhere.org'), addresses: [] }];
    expect(makeCache(root, { ...com, servers }).get(com.zone, NOW)).toMatchObject({ servers, source: 'referral', expires: com.expires });
  });
});

describe('ghost domains', () => {
  test('a delegation ends no later than the one through which it was learned', () => {
    const cache = makeCache(root, com, evil, sub);
    expect(cache.get(sub.zone, NOW)?.expires).toBe(evil.expires);
    expect(closest(cache, NOW + 3600)).toBe('com.');
  });

  test('the root bounds nothing: nobody can revoke it', () => {
    expect(makeCache({ ...root, expires: NOW + 5 }, com).get(com.zone, NOW + 10)?.expires).toBe(com.expires);
  });

  test('a referral renewed by the parent renews nothing below it', () => {
    const cache = makeCache(root, com, evil, sub);
    cache.put({ ...evil, received: NOW + 3000, expires: NOW + 6600 }, NOW + 3000);
    expect(closest(cache, NOW + 3599)).toBe('sub.evil.com.');
    expect(closest(cache, NOW + 3600)).toBe('evil.com.');
  });

  test('a revoked zone is out when its last referral ends, whatever was learned from it meanwhile', () => {
    const cache = makeCache(root, com, evil);
    for (let now = NOW; now < NOW + 3600; now += 100) cache.put({ ...sub, received: now, expires: now + 1_000_000 }, now);
    expect(closest(cache, NOW + 3600)).toBe('com.');
  });

  test('what was learned through it does not come back when the zone is delegated again', () => {
    const cache = makeCache(root, com, evil, sub);
    cache.delete(evil.zone);
    expect(closest(cache)).toBe('com.');
    cache.put(evil, NOW + 1);
    expect(closest(cache, NOW + 1)).toBe('evil.com.');
  });

  test('a referral to other servers ends what was learned from the earlier ones', () => {
    const cache = makeCache(root, com, evil, sub);
    cache.put({ ...evil, servers: otherServers }, NOW);
    expect(closest(cache)).toBe('evil.com.');
  });

  test('a referral to the same servers with other glue does not', () => {
    const cache = makeCache(root, com, evil, sub);
    cache.put({ ...evil, servers: evil.servers.map(({ name }) => ({ name, addresses: ['192.0.2.99'] })) }, NOW);
    expect(closest(cache)).toBe('sub.evil.com.');
    expect(cache.get(evil.zone, NOW)?.servers[0]?.addresses).toEqual(['192.0.2.99']);
  });

  test('a shorter referral takes the place of a longer one', () => {
    const cache = makeCache(root, com, evil);
    cache.put({ ...evil, expires: NOW + 10 }, NOW);
    expect(closest(cache, NOW + 10)).toBe('com.');
  });

  test('a clock set back prolongs nothing', () => {
    const cache = makeCache(root, com, evil);
    expect(closest(cache, NOW + 3000)).toBe('evil.com.');
    expect(closest(cache, NOW + 300)).toBe('evil.com.');
    expect(closest(cache, NOW + 900)).toBe('com.');
  });
});

describe('what is refused', () => {
  test.each([
    { title: 'a referral to the zone asked', wrong: delegation('com', 'com') },
    { title: 'a referral upwards', wrong: delegation('com', 'evil.com') },
    { title: 'a referral sideways', wrong: delegation('honest.com', 'evil.com') },
    { title: 'a referral to the root', wrong: { ...root, source: 'referral' as const } },
    { title: 'no servers (CVE-2026-123606)', wrong: delegation('honest.com', 'com', { servers: [] }) },
    { title: 'a parent that is not known', wrong: delegation('www.honest.com', 'honest.com') },
    { title: 'TTL 0', wrong: delegation('honest.com', 'com', { expires: NOW }) },
    {
      title: 'thousands of servers',
      wrong: delegation('honest.com', 'com', { servers: Array.from({ length: 3000 }, () => evil.servers[0]!) }),
    },
  ])('$title', ({ wrong }) => {
    const cache = makeCache(root, com, evil);
    expect(cache.put(wrong, NOW)).toBe(false);
    expect(cache.size).toBe(3);
  });

  test('a parent whose own delegation expired', () => {
    expect(makeCache(root, com, evil).put({ ...sub, received: NOW + 3600 }, NOW + 3600)).toBe(false);
  });
});

describe('zones by configuration', () => {
  const stub = delegation('corp.example', '.', { source: 'stub', expires: Number.POSITIVE_INFINITY });

  test('stay under a flood of referrals', () => {
    const cache = new DelegationCache({ maxOctets: 50_000 });
    for (const each of [root, stub, com]) cache.put(each, NOW);
    for (let i = 0; i < 2_000; i++) {
      cache.put(delegation(`zone-${i}.corp.example`, 'corp.example'), NOW);
      if (cache.octets > 50_000) expect.unreachable();
    }
    expect(closest(cache, NOW, parseName('www.corp.example'))).toBe('corp.example.');
    expect(closest(cache, NOW, parseName('org'))).toBe('.');
    expect(closest(cache, NOW, parseName('zone-1999.corp.example'))).toBe('zone-1999.corp.example.');
  });

  test('are not replaced by a referral', () => {
    const cache = makeCache(root, stub);
    expect(cache.put(delegation('corp.example', '.', { servers: otherServers }), NOW)).toBe(false);
    expect(cache.get(stub.zone, NOW)).toEqual(stub);
  });

  test('priming replaces hints, and ends when it expires', () => {
    const cache = makeCache(root, { ...root, source: 'priming', servers: otherServers, expires: NOW + 50 });
    expect(cache.get(ROOT, NOW)?.source).toBe('priming');
    expect(cache.get(ROOT, NOW + 50)).toBeUndefined();
  });

  test('clear forgets them too', () => {
    const cache = makeCache(root, stub, com);
    cache.clear();
    expect([cache.size, cache.closest(deep, NOW)]).toEqual([0, undefined]);
  });
});
