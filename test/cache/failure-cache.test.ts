import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Type } from '../../src/base/registry.ts';
import { FailureCache, FIRST_FAILURE_TTL, type Indeterminate, MAX_FAILURE_TTL } from '../../src/cache/failure-cache.ts';
import { NOW } from './fixtures.ts';

const name = parseName('mail.example.org');
const unreachable: Indeterminate = { state: 'indeterminate', reason: 'servers-unreachable', detail: '4 servers timed out' };
const makeCache = (maxOctets = 1_000_000) => new FailureCache({ maxOctets });
const secondsLeft = (cache: FailureCache, now: number) => (cache.get(name, Type.A, now)?.expires ?? now) - now;

describe('a failure (RFC 9520)', () => {
  test('is remembered with its cause, for at least a second', () => {
    const cache = makeCache();
    cache.put(name, Type.A, unreachable, NOW);
    expect(cache.get(name, Type.A, NOW + 1)).toEqual({ validation: unreachable, expires: NOW + FIRST_FAILURE_TTL });
    expect(cache.get(name, Type.A, NOW + FIRST_FAILURE_TTL)).toBeUndefined();
  });

  test('that repeats is remembered twice as long each time, at most a minute', () => {
    const cache = makeCache();
    const seen: number[] = [];
    for (let now = NOW, i = 0; i < 8; i++, now += secondsLeft(cache, now)) {
      cache.put(name, Type.A, unreachable, now);
      seen.push(secondsLeft(cache, now));
    }
    expect(seen).toEqual([2, 4, 8, 16, 32, 60, 60, 60]);
  });

  test('while one stands, another neither prolongs nor doubles it', () => {
    const cache = makeCache();
    for (let i = 0; i < 10; i++) cache.put(name, Type.A, unreachable, NOW + 1);
    expect(secondsLeft(cache, NOW + 1)).toBe(FIRST_FAILURE_TTL);
  });

  test.each([
    { title: 'a success', before: (cache: FailureCache) => cache.delete(name, Type.A), at: NOW + 10 },
    { title: 'a minute without one', before: () => {}, at: NOW + FIRST_FAILURE_TTL + MAX_FAILURE_TTL },
  ])('after $title is a first one', ({ before, at }) => {
    const cache = makeCache();
    cache.put(name, Type.A, unreachable, NOW);
    before(cache);
    cache.put(name, Type.A, unreachable, at);
    expect(secondsLeft(cache, at)).toBe(FIRST_FAILURE_TTL);
  });

  test('says nothing of other types and names', () => {
    const cache = makeCache();
    cache.put(name, Type.A, unreachable, NOW);
    expect(cache.get(name, Type.AAAA, NOW)).toBeUndefined();
    expect(cache.get(parseName('example.org'), Type.A, NOW)).toBeUndefined();
  });

  test('of ours is not kept against the name', () => {
    const cache = makeCache();
    cache.put(name, Type.A, { state: 'indeterminate', reason: 'not-ready' }, NOW);
    expect(cache.size).toBe(0);
  });

  test('is not prolonged by a clock set back', () => {
    const cache = makeCache();
    for (let now = NOW, i = 0; i < 6; i++, now += secondsLeft(cache, now)) cache.put(name, Type.A, unreachable, now);
    const at = NOW + 2 + 4 + 8 + 16 + 32;
    expect(secondsLeft(cache, at)).toBe(60);
    expect(secondsLeft(cache, at + 40)).toBe(20);
    expect(secondsLeft(cache, at + 10)).toBe(20); // back by half a minute
  });

  test('under a flood of names stays within the octets', () => {
    const cache = makeCache(50_000);
    for (let i = 0; i < 5_000; i++) {
      cache.put(parseName(`random-${i}.example.org`), Type.A, unreachable, NOW);
      if (cache.octets > 50_000) expect.unreachable();
    }
    expect(cache.size).toBeGreaterThan(20);
  });
});
