/** Answers made of cached NSEC3 records (RFC 8198 §5.2): the same as the servers would give, or none. */

import { describe, expect, test } from 'vitest';
import { MAX_NSEC3_ITERATIONS } from '../../src/base/budget.ts';
import { Type } from '../../src/base/registry.ts';
import type { Resolution } from '../../src/resolver/resolution.ts';
import { healthyWorld, LEAF_AT } from './healthy.ts';
import { type Bench, type BenchOptions, dataOf, makeBench, makeWorld, rewrite, said, type World } from './world.ts';
import type { ZoneText } from './zone.ts';

const records = [
  'www A 10.0.0.1',
  'www TXT hello',
  'host.ent A 10.0.0.3',
  '*.wild A 10.0.0.2',
  'a.wild A 10.0.0.4',
  'alias CNAME www.hash.',
  '*.walias CNAME www.hash.',
  'moved DNAME ent.hash.',
  'mail MX 10 www.hash.',
];

const worldOf = (leaf: Partial<ZoneText> = {}): World =>
  makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'hash.', at: ['192.0.2.21'], signing: 'nsec3', records, ...leaf },
    { apex: 'signed.hash.', at: LEAF_AT, records: ['www A 10.0.0.5'] },
    { apex: 'plain.hash.', at: LEAF_AT, records: ['www A 10.0.0.6'], signing: 'unsigned' },
  ]);

const world = worldOf();

async function askAfter(
  asked: readonly (readonly [string, string | undefined])[],
  [name, type]: readonly [string, string | undefined],
  options: BenchOptions = {},
  of = world,
) {
  const bench = makeBench(of, options);
  for (const [first, firstType] of asked) await bench.ask(first, firstType);
  const sent = bench.sent.length;
  const result = await bench.ask(name, type);
  return { result, says: said(result), made: result.isSynthesised === true, asked: bench.sent.length - sent };
}

/** Pseudo-random names, as a flood has them. */
const floodOf = (many: number, zone: string) => Array.from({ length: many }, (_, i) => `${((i + 1) * 2_654_435_761) % 0xffffffff}.${zone}`);

async function flood(bench: Bench, names: readonly string[]): Promise<Resolution[]> {
  const results = [];
  for (const name of names) results.push(await bench.ask(name));
  return results;
}

describe('a flood of names that do not exist', () => {
  test.each([0, 10])('in a zone with NSEC3 of %i iterations asks its servers no more than it has records', async (iterations) => {
    const bench = makeBench(worldOf({ iterations }));
    const names = floodOf(400, 'hash.');
    const first = await flood(bench, names.slice(0, 200));
    const sent = bench.sent.length;
    const then = await flood(bench, names.slice(200));
    expect([...first, ...then].every((result) => said(result) === 'nxdomain secure')).toBe(true);
    expect(first.filter(({ isSynthesised }) => !isSynthesised).length, 'asked of the first 200').toBeLessThan(20);
    expect(bench.sent.length - sent, 'queries for the other 200').toBe(0);
    expect(then.every(({ isSynthesised, cached }) => isSynthesised && cached)).toBe(true);
  });

  test('asks for each where that is switched off', async () => {
    const bench = makeBench(world, { settings: { synthesis: false } });
    await flood(bench, floodOf(50, 'hash.'));
    expect(bench.sent.filter(({ address }) => address === '192.0.2.21').length).toBeGreaterThanOrEqual(50);
  });

  test('asks for each in a zone with opt-out, where a span says too little', async () => {
    const bench = makeBench(worldOf({ signing: 'opt-out' }));
    const results = await flood(bench, floodOf(50, 'hash.'));
    expect(results.filter(({ isSynthesised }) => isSynthesised)).toEqual([]);
    expect(results.every((result) => said(result) === 'nxdomain insecure nsec3-opt-out')).toBe(true);
  });
});

/** Every name of the zone and many that it does not have, by every type that stands somewhere. */
const owners = ['www', 'ent', 'host.ent', 'wild', 'a.wild', 'alias', 'walias', 'moved', 'mail', 'signed', 'plain'];
const beside = ['none', 'a.none', 'x.www', 'x.ent', 'x.wild', 'x.y.wild', 'x.a.wild', 'x.walias', '*.wild', 'host.moved', 'x.host.ent'];
const names = ['hash.', ...[...owners, ...beside, 'www.signed', 'www.plain', 'none.signed'].map((name) => `${name}.hash.`)];
const types = ['A', 'TXT', 'MX', 'DS', 'CNAME', 'NS', 'SOA', 'DNSKEY'];

describe('with all records of the zone in the cache', () => {
  const expected = makeBench(world, { settings: { synthesis: false } });
  const bench = makeBench(world);
  const ready = (async () => {
    await flood(bench, floodOf(200, 'hash.'));
    await flood(bench, ['1.wild.hash.', '1.walias.hash.']);
  })();
  const made: string[] = [];

  test.each(names.flatMap((name) => types.map((type) => [name, type] as const)))(
    '%s %s is answered as the servers do',
    async (name, type) => {
      await ready;
      const want = await expected.ask(name, type);
      const result = await bench.ask(name, type);
      expect([said(result), dataOf(result)]).toEqual([said(want), dataOf(want)]);
      if (result.isSynthesised) made.push(result.kind);
    },
  );

  test('and much of it without asking them', () => {
    const count = (kind: string) => made.filter((one) => one === kind).length;
    expect({ nxdomain: count('nxdomain') > 20, nodata: count('nodata') > 20, answer: count('answer') > 2 }).toEqual({
      nxdomain: true,
      nodata: true,
      answer: true,
    });
  });
});

describe('made of what is cached', () => {
  test.each<[string, string, string | undefined, string, string | undefined, string]>([
    ['NODATA at a name whose NSEC3 is known', 'www.hash.', 'MX', 'www.hash.', 'AAAA', 'nodata secure'],
    ['NODATA at an empty non-terminal', 'ent.hash.', 'MX', 'ent.hash.', 'AAAA', 'nodata secure'],
    ['no DS at an unsigned delegation', 'plain.hash.', 'DS', 'plain.hash.', 'DS', 'nodata secure'],
    ['a wildcard answer', 'x.y.wild.hash.', 'A', 'z.y.wild.hash.', 'A', 'answer secure'],
    ['NODATA of a wildcard', 'x.wild.hash.', 'MX', 'x.wild.hash.', 'TXT', 'nodata secure'],
  ])('%s', async (_title, first, firstType, second, secondType, want) => {
    const { says, asked } = await askAfter([[first, firstType]], [second, secondType]);
    expect([says, asked]).toEqual([want, 0]);
  });

  test('with SOA and signatures of every record, TTLs as long as they last', async () => {
    const bench = makeBench(world);
    await flood(bench, floodOf(200, 'hash.'));
    bench.clock.now += 100;
    const result = await bench.ask('never.hash.');
    expect(result.isSynthesised).toBe(true);
    expect(result.authority.some(({ type }) => type === Type.SOA)).toBe(true);
    expect(result.authority.every(({ signatures, ttl }) => signatures.length > 0 && ttl <= 200)).toBe(true);
    bench.clock.now += 200;
    expect((await bench.ask('ever.hash.')).isSynthesised).toBeUndefined();
  });

  test.each<[string, Partial<ZoneText>, boolean]>([
    ['no iterations', {}, true],
    [`${MAX_NSEC3_ITERATIONS} iterations`, { iterations: MAX_NSEC3_ITERATIONS }, true],
    ['one iteration more', { iterations: MAX_NSEC3_ITERATIONS + 1 }, false],
    ['opt-out', { signing: 'opt-out' }, false],
  ])('%s, %o: %s', async (_title, leaf, want) => {
    const { made } = await askAfter([['www.hash.', 'MX']], ['www.hash.', 'AAAA'], {}, worldOf(leaf));
    expect(made).toBe(want);
  });

  test.each([
    ['deep', 0, 'a.b.c.d.e.f.hash.', true],
    ['deep, in a zone that makes hashing dear', MAX_NSEC3_ITERATIONS, 'a.b.c.d.e.f.hash.', false],
    ['less deep there', MAX_NSEC3_ITERATIONS, 'a.b.hash.', true],
    ['as deep as names go', 0, `${'a.'.repeat(120)}hash.`, true],
  ])('for a name that is %s', async (_title, iterations, name, want) => {
    const bench = makeBench(worldOf({ iterations }));
    await flood(bench, floodOf(200, 'hash.'));
    expect((await bench.ask(name)).isSynthesised === true).toBe(want);
  });

  test('not where a denial did not validate', async () => {
    const spoilt = rewrite((rrset) => (rrset.type === Type.NSEC3 ? { ...rrset, signatures: [] } : rrset));
    const bench = makeBench(world, { behaviours: [spoilt] });
    await bench.ask('www.hash.', 'MX');
    bench.behave();
    expect((await bench.ask('www.hash.', 'AAAA')).isSynthesised).toBeUndefined();
  });

  test('not where the wildcard was seen, and a name closer to it is not denied', async () => {
    const { says, made } = await askAfter([['x.wild.hash.', 'A']], ['x.a.wild.hash.', 'A']);
    expect([says, made]).toEqual(['nxdomain secure', false]);
  });

  test('the records of a zone that hashes anew take the place of those before', async () => {
    const before = worldOf();
    const like = (apex: string) => ({ like: before.zone(apex) });
    const after = makeWorld([
      { apex: '.', at: ['192.0.2.1'], ...like('.') },
      { apex: 'hash.', at: ['192.0.2.21'], signing: 'nsec3', records, iterations: 3, ...like('hash.') },
    ]);
    const bench = makeBench(before);
    await flood(bench, floodOf(200, 'hash.'));
    expect((await bench.ask('never.hash.')).isSynthesised).toBe(true);
    bench.moveTo(after);
    // A type that the records known do not deny at this name has to be asked for, and brings a record of the new chain.
    await bench.ask('mail.hash.', 'MX');
    bench.clock.now += 301;
    await bench.ask('www.hash.', 'MX');
    expect((await bench.ask('www.hash.', 'AAAA')).isSynthesised).toBe(true);
    const others = await flood(bench, floodOf(3, 'hash.'));
    expect(others.every((result) => said(result) === 'nxdomain secure')).toBe(true);
  });

  test('the healthy world: a name error beside another', async () => {
    const bench = makeBench(healthyWorld());
    await flood(bench, floodOf(100, 'three.test.'));
    const result = await bench.ask('nona.three.test.');
    expect([said(result), result.isSynthesised]).toEqual(['nxdomain secure', true]);
  });
});
