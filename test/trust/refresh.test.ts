/** When the keys of trust anchors are looked at (RFC 5011 §2.3), and what becomes of a look that fails by a fault of ours. */

import { expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { startRefreshing } from '../../src/trust/refresh.ts';
import type { AnchorTracker } from '../../src/trust/tracker.ts';

const ROOT = parseName('.');

/** A tracker that needs `wait` seconds after each look, and a clock that is turned by hand. */
function begin(refresh: () => Promise<{ wait: number; anchors: 'same' | 'more' | 'less' }>, signal?: () => Promise<void>) {
  const planned: { seconds: number; run: () => void }[] = [];
  const told: unknown[] = [];
  const zones = [ROOT];
  const tracker = { zones: () => zones, refresh } as unknown as AnchorTracker;
  const end = startRefreshing({
    tracker,
    fetchKeys: async () => true,
    signal: signal && (() => signal()),
    onChange: (change) => told.push(change),
    onError: (error) => told.push(error),
    schedule(milliseconds, run) {
      const entry = { seconds: milliseconds / 1_000, run };
      planned.push(entry);
      return () => void planned.splice(planned.indexOf(entry), 1);
    },
    randomInt: () => 0,
  });
  const next = async () => {
    planned.shift()?.run();
    for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve));
  };
  return { planned, told, end, next, forgetZones: () => zones.splice(0) };
}

test('the first look comes 2 s after the start, the next when the tracker says, and changes are told', async () => {
  const bench = begin(async () => ({ wait: 43_200, anchors: 'more' }));
  expect(bench.planned.map(({ seconds }) => seconds)).toEqual([2]);
  await bench.next();
  expect(bench.told).toEqual(['more']);
  expect(bench.planned.map(({ seconds }) => seconds)).toEqual([43_200]);
});

test('never sooner than an hour (§2.3)', async () => {
  const bench = begin(async () => ({ wait: 1, anchors: 'same' }));
  await bench.next();
  expect(bench.planned.map(({ seconds }) => seconds)).toEqual([3_600]);
});

test.each([
  ['the look', () => Promise.reject(new Error('ours')), undefined],
  ['the key tag query', async () => ({ wait: 43_200, anchors: 'same' as const }), () => Promise.reject(new Error('ours'))],
])('%s fails by a fault of ours: it is told, and the next look is planned', async (_title, refresh, signal) => {
  const bench = begin(refresh, signal);
  await bench.next();
  expect(bench.told).toEqual([new Error('ours')]);
  expect(bench.planned).toHaveLength(1);
});

test('a deleted trust point is looked at no more (§5)', async () => {
  const bench = begin(async () => ({ wait: 43_200, anchors: 'less' }));
  bench.forgetZones();
  await bench.next();
  expect(bench.planned).toEqual([]);
});

test('ended, nothing is planned any more', async () => {
  const bench = begin(async () => {
    bench.end();
    return { wait: 43_200, anchors: 'same' };
  });
  await bench.next();
  expect(bench.planned).toEqual([]);
});
