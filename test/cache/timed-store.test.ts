import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CLOCK_SLACK, TimedStore } from '../../src/cache/timed-store.ts';
import { NOW } from './fixtures.ts';

const makeStore = (maxOctets = 10_000, maxEntryOctets = 1_000) =>
  new TimedStore<{ received: number; expires: number; octets?: number }>({
    maxOctets,
    maxEntryOctets,
    octetsOf: ({ octets = 99 }) => octets,
  });
const hour = { received: NOW, expires: NOW + 3600 };

describe('expiry', () => {
  test.each([
    { title: 'at once', after: 0, found: true },
    { title: 'in its last moment', after: 3599.9, found: true },
    { title: 'at its end', after: 3600, found: false },
    { title: 'long after', after: 1e6, found: false },
  ])('$title: $found', ({ after, found }) => {
    const store = makeStore();
    store.put('k', hour, NOW);
    expect(store.get('k', NOW + after) !== undefined).toBe(found);
  });

  test.each([
    { title: 'TTL 0', expires: NOW },
    { title: 'ended before', expires: NOW - 1 },
  ])('what has no time left is not stored, and what stands there stays: $title', ({ expires }) => {
    const store = makeStore();
    store.put('k', hour, NOW);
    expect(store.put('k', { received: NOW, expires }, NOW)).toBe(false);
    expect(store.get('k', NOW)).toEqual(hour);
  });
});

describe('recalling what has expired', () => {
  test.each([
    { title: 'before its end', offset: 3599, found: true, left: true },
    { title: 'at its end', offset: 3600, found: true, left: false },
    { title: 'long after', offset: 1e6, found: true, left: false },
  ])('$title', ({ offset, found, left }) => {
    const store = makeStore();
    store.put('k', hour, NOW);
    expect(store.recall('k', NOW + offset) !== undefined).toBe(found);
    store.deleteExpired('k', NOW + offset);
    expect(store.recall('k', NOW + offset) !== undefined, 'only what has expired goes').toBe(left);
  });

  test('of what came in the future of the clock there is nothing', () => {
    const store = makeStore();
    store.put('k', hour, NOW);
    expect(store.recall('k', NOW - 3600)).toBeUndefined();
  });

  test('a step back moves its times, as for what has not expired', () => {
    const store = makeStore();
    store.put('k', hour, NOW);
    store.get('k', NOW + 5000);
    expect(store.recall('k', NOW + 2000)).toEqual({ received: NOW - 3000, expires: NOW + 600 });
  });

  test('makes nothing recent', () => {
    const store = makeStore(300);
    for (const key of ['a', 'b', 'c']) store.put(key, hour, NOW);
    const kept = ['a', 'b', 'c'].filter((key) => store.recall(key, NOW));
    store.recall(kept[0] as string, NOW);
    store.put('d', hour, NOW);
    expect(store.recall(kept[0] as string, NOW)).toBeUndefined();
  });
});

describe('a clock that is set back', () => {
  /** Calls in order: [offset of the clock, whether the entry is found]. It was stored at offset 0 for an hour. */
  test.each([
    { title: 'before the entry came: expired', calls: [[-3600, false]] },
    {
      title: 'by jitter: no matter',
      calls: [
        [-CLOCK_SLACK, true],
        [3599, true],
      ],
    },
    {
      title: 'by half an hour after half an hour: half an hour is left, not a whole one',
      calls: [
        [1800, true],
        [0, true],
        [1799, true],
        [1800, false],
      ],
    },
    {
      title: 'twice: both count',
      calls: [
        [1200, true],
        [0, true],
        [1200, true],
        [0, true],
        [1199, true],
        [1200, false],
      ],
    },
    {
      title: 'after the end: does not come back',
      calls: [
        [3600, false],
        [1800, false],
        [0, false],
      ],
    },
    {
      title: 'and forward again: expired early, never late',
      calls: [
        [1800, true],
        [0, true],
        [1799, true],
        [3599, false],
      ],
    },
  ])('$title', ({ calls }) => {
    const store = makeStore();
    store.put('k', hour, NOW);
    expect(calls.map(([offset]) => [offset, store.get('k', NOW + (offset as number)) !== undefined])).toEqual(calls);
  });

  test('moves what the entry says of itself, so that TTLs counted from it are right', () => {
    const store = makeStore();
    store.put('k', hour, NOW);
    store.get('k', NOW + 1800);
    expect(store.get('k', NOW)).toEqual({ received: NOW - 1800, expires: NOW + 1800 });
  });

  test('does not shorten what is stored after it', () => {
    const store = makeStore();
    store.put('old', hour, NOW + 3000);
    const later = { received: NOW, expires: NOW + 3600 };
    store.put('k', later, NOW);
    expect(store.get('k', NOW + 3599)).toEqual(later);
  });

  test('never lets an entry live longer than its lifetime, by a clock that only goes forward', () => {
    const steps = fc.array(fc.record({ passed: fc.integer({ min: 1, max: 2000 }), stepBack: fc.integer({ min: 0, max: 2500 }) }));
    fc.assert(
      fc.property(steps, (moves) => {
        const store = makeStore();
        store.put('k', hour, NOW);
        let passed = 0;
        let clock = NOW;
        for (const move of moves) {
          passed += move.passed;
          clock += move.passed;
          store.get('k', clock); // every step back is seen
          clock -= move.stepBack;
          if (store.get('k', clock)) expect(passed).toBeLessThan(3600 + CLOCK_SLACK);
        }
      }),
    );
  });
});

describe('the bound in octets', () => {
  test('holds under a flood, and the most recently used stay', () => {
    const store = makeStore(10_000);
    store.put('wanted', hour, NOW);
    for (let i = 0; i < 10_000; i++) {
      store.put(`flood-${i}`, hour, NOW);
      if (i % 10 === 0) store.get('wanted', NOW);
      if (store.octets > 10_000) expect.unreachable();
    }
    expect(store.size).toBeGreaterThan(50);
    expect(store.get('wanted', NOW)).toEqual(hour);
    expect(store.get('flood-0', NOW)).toBeUndefined();
  });

  test('looking for what is expired does not keep it', () => {
    const store = makeStore(1_000);
    store.put('expired', { received: NOW, expires: NOW + 1 }, NOW);
    store.put('wanted', hour, NOW);
    for (let i = 0; i < 8; i++) {
      store.put(`flood-${i}`, hour, NOW + 2);
      store.get('expired', NOW + 2);
    }
    expect(store.get('wanted', NOW + 2)).toEqual(hour);
  });

  test.each([
    { title: 'over the bound of one entry', maxOctets: 10_000, octets: 1_000 },
    { title: 'over the whole cache', maxOctets: 500, octets: 600 },
  ])('refuses what is too large, and what stands there stays: $title', ({ maxOctets, octets }) => {
    const store = makeStore(maxOctets);
    store.put('k', hour, NOW);
    expect(store.put('k', { ...hour, octets }, NOW)).toBe(false);
    expect(store.get('k', NOW)).toEqual(hour);
  });

  test('counts a replaced entry once, and none after clear', () => {
    const store = makeStore();
    for (let i = 0; i < 5; i++) store.put('k', hour, NOW);
    expect([store.octets, store.size]).toEqual([100, 1]);
    store.clear();
    expect([store.octets, store.size]).toEqual([0, 0]);
  });
});
