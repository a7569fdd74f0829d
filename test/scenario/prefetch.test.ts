/** Prefetch: what is in use is fetched anew before its TTL ends; whatever comes of that, what is cached stands until then. */

import { describe, expect, test } from 'vitest';
import type { PrefetchOutcome } from '../../src/resolver/settings.ts';
import { NOW } from '../vectors/signed-zone.ts';
import {
  at,
  type Behaviour,
  type BenchOptions,
  dataOf,
  flip,
  makeBench,
  makeWorld,
  on,
  rewrite,
  said,
  servfail,
  silent,
  type World,
} from './world.ts';
import type { ZoneText } from './zone.ts';

const LEAF = '192.0.2.21';

function worldOf(leaf: Partial<ZoneText> = {}, before?: World): World {
  const like = (apex: string) => (before ? { like: before.zone(apex) } : {});
  return makeWorld([
    { apex: '.', at: ['192.0.2.1'], ...like('.') },
    {
      apex: 'leaf.',
      at: [LEAF],
      ttl: 600,
      records: ['www A 10.0.0.1', 'alias CNAME www.leaf.', 'brief 59 A 10.0.0.2'],
      ...like('leaf.'),
      ...leaf,
    },
  ]);
}

const home = worldOf();
const changed = worldOf({ records: ['www A 10.0.0.9'] }, home);
const gone = worldOf({ records: [] }, home);

function benchOf(world = home, { settings, ...options }: BenchOptions = {}) {
  const outcomes: PrefetchOutcome[] = [];
  const bench = makeBench(world, {
    ...options,
    settings: { prefetch: true, ...settings },
    onPrefetch: (outcome) => outcomes.push(outcome),
  });
  return { ...bench, outcomes };
}

/** Lets what goes on in the background end: nothing here waits for more than promises. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve));
}

const spoilt = on(
  'www.leaf.',
  'A',
  rewrite((r) => ({ ...r, signatures: r.signatures.map(flip) })),
);
const bare = on(
  'www.leaf.',
  'A',
  rewrite((r) => ({ ...r, signatures: [] })),
);

describe('an answer out of the cache', () => {
  test.each([
    ['with a tenth of its TTL left', 540, 0],
    ['with less', 541, 1],
    ['in its last second', 599, 1],
  ])('%s: after %i s', async (_title, later, want) => {
    const { ask, clock, sent, outcomes } = benchOf();
    await ask('www.leaf.');
    const before = sent.length;
    clock.now += later;
    const result = await ask('www.leaf.');
    expect([said(result), result.cached, result.expires], 'the client has the cached one').toEqual(['answer secure', true, NOW + 600]);
    await settle();
    expect([sent.length - before, outcomes.length]).toEqual([want, want]);
  });

  test('is fetched anew: who asks then waits for nobody, and the TTL is a whole one', async () => {
    const { ask, clock, sent, outcomes, moveTo } = benchOf();
    await ask('www.leaf.');
    moveTo(changed);
    clock.now += 590;
    expect(dataOf(await ask('www.leaf.'))).toEqual(['www.leaf. A 0a000001']);
    await settle();
    clock.now += 20;
    const before = sent.length;
    const result = await ask('www.leaf.');
    expect([dataOf(result), said(result), result.cached, result.expires]).toEqual([
      ['www.leaf. A 0a000009'],
      'answer secure',
      true,
      NOW + 1_190,
    ]);
    expect(sent.length).toBe(before);
    expect(outcomes).toEqual(['refreshed']);
  });

  test.each<[string, BenchOptions, string]>([
    ['unless the operator wants it', { settings: { prefetch: false } }, 'www.leaf.'],
    ['of a short TTL', {}, 'brief.leaf.'],
  ])('is not, %s', async (_title, options, name) => {
    const { ask, clock, sent } = benchOf(home, options);
    const { expires } = await ask(name);
    const before = sent.length;
    clock.now = expires - 1;
    await ask(name);
    await settle();
    expect(sent.length).toBe(before);
  });

  test('a bogus one is not', async () => {
    const { ask, clock, sent } = benchOf(home, { behaviours: [spoilt] });
    await ask('www.leaf.');
    const before = sent.length;
    clock.now += 59;
    await ask('www.leaf.');
    await settle();
    expect(sent.length).toBe(before);
  });

  test.each([
    ['a denial', 'none.leaf.', 'A', 'nxdomain secure'],
    ['NODATA', 'www.leaf.', 'MX', 'nodata secure'],
  ])('%s too', async (_title, name, type, want) => {
    const { ask, clock, outcomes } = benchOf();
    await ask(name, type);
    clock.now += 299;
    await ask(name, type);
    await settle();
    clock.now += 10;
    const result = await ask(name, type);
    expect([said(result), result.cached, outcomes]).toEqual([want, true, ['refreshed']]);
  });

  test('each link of a chain of aliases by itself', async () => {
    const { ask, clock, sent } = benchOf(worldOf({ records: ['www 100 A 10.0.0.1', 'alias CNAME www.leaf.'] }));
    await ask('alias.leaf.');
    const before = sent.length;
    clock.now += 95;
    await ask('alias.leaf.');
    await settle();
    expect(sent.slice(before).map(({ name }) => name)).toEqual(['www.leaf.']);
  });
});

describe('a refresh that gives nothing as good', () => {
  test.each<[string, Behaviour]>([
    ['bogus', spoilt],
    ['unsigned', bare],
    ['silent', at([LEAF], silent)],
    ['failing', at([LEAF], servfail)],
  ])('%s: what is cached stands, as long as it did, and nothing of it is kept', async (_title, behaviour) => {
    const { ask, clock, behave, outcomes } = benchOf();
    await ask('www.leaf.');
    clock.now += 599;
    behave(behaviour);
    await ask('www.leaf.');
    await settle();
    expect(outcomes).toEqual(['failed']);
    const meanwhile = await ask('www.leaf.');
    expect([said(meanwhile), meanwhile.cached, meanwhile.expires]).toEqual(['answer secure', true, NOW + 600]);
    behave();
    clock.now += 1;
    const then = await ask('www.leaf.');
    expect([said(then), then.cached], 'asked at once, not remembered as bogus or failed').toEqual(['answer secure', false]);
  });

  test('insecure takes no place of what is secure', async () => {
    const root = { apex: '.', at: ['192.0.2.1'], ttl: 100 };
    const before = makeWorld([root, { apex: 'leaf.', at: [LEAF], ttl: 600, records: ['www A 10.0.0.1'] }]);
    const after = makeWorld([
      { ...root, like: before.zone('.') },
      { apex: 'leaf.', at: [LEAF], ttl: 600, records: ['www A 6.6.6.6'], signing: 'unsigned' },
    ]);
    const { ask, clock, moveTo, outcomes } = benchOf(before);
    await ask('www.leaf.');
    moveTo(after);
    clock.now += 599;
    await ask('www.leaf.');
    await settle();
    expect(outcomes).toEqual(['failed']);
    const meanwhile = await ask('www.leaf.');
    expect([said(meanwhile), dataOf(meanwhile)]).toEqual(['answer secure', ['www.leaf. A 0a000001']]);
    clock.now += 1;
    expect(said(await ask('www.leaf.')), 'it was insecure indeed').toBe('answer insecure unsigned-delegation');
  });

  test('another server is asked where one is bogus', async () => {
    const two = makeWorld([
      { apex: '.', at: ['192.0.2.1'] },
      { apex: 'leaf.', at: [LEAF, '192.0.2.22'], ttl: 600, records: ['www A 10.0.0.1'] },
    ]);
    const { ask, clock, behave, sent, outcomes } = benchOf(two);
    await ask('www.leaf.');
    let first: string | undefined;
    const oneIsWrong: Behaviour = (reply, query) => {
      first ??= query.server.address;
      return query.server.address === first ? spoilt(reply, query) : undefined;
    };
    clock.now += 595;
    behave(oneIsWrong);
    const before = sent.length;
    await ask('www.leaf.');
    await settle();
    expect([outcomes, sent.length - before]).toEqual([['refreshed'], 2]);
  });

  test('NXDOMAIN ends the data when its TTL ends', async () => {
    const { ask, clock, moveTo, sent } = benchOf();
    await ask('www.leaf.');
    moveTo(gone);
    clock.now += 595;
    await ask('www.leaf.');
    await settle();
    expect(said(await ask('www.leaf.'))).toBe('answer secure');
    clock.now += 5;
    const before = sent.length;
    expect(said(await ask('www.leaf.'))).toBe('nxdomain secure');
    expect(sent.length).toBe(before);
  });
});

describe('what it may cost', () => {
  test('one attempt in half a minute, however often it is asked', async () => {
    const { ask, clock, behave, outcomes } = benchOf();
    await ask('www.leaf.');
    behave(at([LEAF], servfail));
    clock.now += 545;
    for (let i = 0; i < 20; i++) await ask('www.leaf.');
    await settle();
    clock.now += 29;
    await ask('www.leaf.');
    await settle();
    expect(outcomes.length).toBe(1);
    clock.now += 1;
    await ask('www.leaf.');
    await settle();
    expect(outcomes.length).toBe(2);
  });

  test('64 at once', async () => {
    const names = Array.from({ length: 70 }, (_, i) => `n${i}`);
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isSlow = false;
    const world = worldOf({ records: names.map((name) => `${name} A 10.0.0.1`) });
    const { ask, clock, sent, outcomes } = benchOf(world, { delay: () => (isSlow ? gate : undefined) });
    for (const name of names) await ask(`${name}.leaf.`);
    isSlow = true;
    clock.now += 595;
    const before = sent.length;
    for (const name of names) await ask(`${name}.leaf.`);
    await settle();
    expect([sent.length - before, outcomes]).toEqual([64, Array.from({ length: 6 }, () => 'skipped')]);
    release();
    await settle();
    expect(outcomes.filter((outcome) => outcome === 'refreshed').length).toBe(64);
  });

  test('a client whose answer ended meanwhile shares the fetch', async () => {
    let release = (): void => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isSlow = false;
    const { ask, clock, sent } = benchOf(home, { delay: () => (isSlow ? gate : undefined) });
    await ask('www.leaf.');
    isSlow = true;
    clock.now += 599;
    const before = sent.length;
    await ask('www.leaf.');
    await settle();
    clock.now += 1;
    const asking = ask('www.leaf.');
    await settle();
    expect(sent.length - before).toBe(1);
    release();
    expect(said(await asking)).toBe('answer secure');
    expect(sent.slice(before).filter(({ name }) => name === 'www.leaf.').length).toBe(1);
  });

  test('a limit that ends it ends nothing else', async () => {
    const heavy = on('www.leaf.', 'A', (reply) => ({ ...reply, octets: 700_000 }));
    const { ask, clock, behave, outcomes } = benchOf();
    await ask('www.leaf.');
    clock.now += 595;
    behave(heavy);
    const result = await ask('www.leaf.');
    await settle();
    expect([said(result), said(await ask('www.leaf.')), outcomes]).toEqual(['answer secure', 'answer secure', ['failed']]);
  });
});
