/** The key tag query (RFC 8145 §5): which tags it tells, when it is sent, and to whom it is shown. */

import { afterEach, expect, test, vi } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { TrustAnchor } from '../../src/base/trust-anchor.ts';
import { followAnchors, type Trust } from '../../src/follow-anchors.ts';
import type { Logger } from '../../src/log.ts';
import { AnchorTracker } from '../../src/trust/tracker.ts';
import { healthyWorld, LEAF_AT, ROOT_AT } from '../scenario/healthy.ts';
import { anchorOf, type Bench, makeBench, NOW, silent } from '../scenario/world.ts';
import { makeKey } from '../vectors/signed-zone.ts';

const world = healthyWorld();
const root = anchorOf(world.root);
const island = anchorOf(world.zone('island.test.'));
const hex = (tag: number): string => tag.toString(16).padStart(4, '0');
const rootTag = hex(world.root.signed.key.tag);
const islandTag = hex(world.zone('island.test.').signed.key.tag);

afterEach(() => vi.useRealTimers());

/** Follows these anchors on a bench; what is asked for in the first minute. */
async function follow(anchors: readonly TrustAnchor[], bench: Bench, follows = true) {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const faults: unknown[] = [];
  const log = { error: (fact: unknown) => faults.push(fact) } as unknown as Logger;
  const tracker = follows ? new AnchorTracker({ configured: () => anchors, store: undefined, now: () => NOW, tell: () => {} }) : undefined;
  const trust: Trust = { tracker, anchors: () => tracker?.anchors() ?? anchors, report: () => ({}) as ReturnType<Trust['report']> };
  const end = followAnchors(trust, bench.resolver, log);
  const before = signals(bench).length;
  await vi.advanceTimersByTimeAsync(60_000);
  for (let turns = 0; turns < 200; turns++) await new Promise((resolve) => setImmediate(resolve));
  end();
  return { before, faults };
}

const signals = ({ sent }: Bench) => sent.filter(({ name }) => name.includes('_ta-'));
const benchWith = (anchors: readonly TrustAnchor[], more = {}) => makeBench(world, { settings: { anchors, ...more } });

test('after a look the servers of the root are told the tag of its key, in a question for NULL', async () => {
  const bench = benchWith([root]);
  const { before, faults } = await follow([root], bench);
  expect([before, faults]).toEqual([0, []]);
  const told = signals(bench);
  expect(told.length).toBeGreaterThan(0);
  for (const { name, address } of told) {
    expect(name).toBe(`_ta-${rootTag}.`);
    expect(ROOT_AT).toContain(address);
  }
  expect(told.at(-1)?.type).toBe('NULL');
  const keys = bench.sent.findIndex(({ name, type }) => name === '.' && type === 'DNSKEY');
  expect(keys).toBeGreaterThanOrEqual(0);
  expect(bench.sent.findIndex(({ name }) => name.includes('_ta-'))).toBeGreaterThan(keys);
});

test('all tags of an anchor, from the least to the greatest, each once', async () => {
  const next = makeKey({ algorithm: 13 });
  const both = { ...root, dnskeys: [next.rdata] };
  const bench = benchWith([both]);
  await follow([both], bench);
  const tags = [rootTag, hex(next.tag)].toSorted().join('-');
  expect(new Set(signals(bench).map(({ name }) => name))).toEqual(new Set([`_ta-${tags}.`]));
});

test('the tags of an island are told to its own servers, under its name, and to no zone above', async () => {
  const bench = benchWith([root, island]);
  await follow([root, island], bench);
  const told = signals(bench).filter(({ name }) => name.endsWith('island.test.'));
  expect(told.at(-1)).toMatchObject({ name: `_ta-${islandTag}.island.test.`, type: 'NULL' });
  for (const { address } of told) expect(LEAF_AT).toContain(address);
  for (const { name, address } of signals(bench)) if (ROOT_AT.includes(address)) expect(name).toBe(`_ta-${rootTag}.`);
});

test('nobody is told where keys are not followed, nor on behalf of a client', async () => {
  const bench = benchWith([root]);
  await follow([root], bench, false);
  await bench.ask('www.secure.test.');
  await bench.resolver.prepare();
  expect(signals(bench)).toEqual([]);
});

test('servers that are silent make it no fault', async () => {
  const bench = makeBench(world, { behaviours: [silent], settings: { anchors: [root] } });
  expect((await follow([root], bench)).faults).toEqual([]);
});

test('the query of a client is resolved as any other (§5.2), and tells our tags to nobody', async () => {
  const bench = benchWith([root]);
  const question = { qname: parseName('_ta-4a5c.'), qtype: 10, qclass: 1 };
  expect((await bench.resolver.resolve(question)).kind).toBe('nxdomain');
  expect(new Set(signals(bench).map(({ name }) => name))).toEqual(new Set(['_ta-4a5c.']));
});
