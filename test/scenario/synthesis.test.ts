/** Answers made of what the validated cache proves of other names (RFC 8020, RFC 8198): where all of the proof is there, and else never. */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Type } from '../../src/base/registry.ts';
import { NOW } from '../vectors/signed-zone.ts';
import { healthyWorld, LEAF_AT, ROOT_AT, TEST_AT } from './healthy.ts';
import { anchorOf, type BenchOptions, dataOf, makeBench, makeWorld, rewrite, said } from './world.ts';

const world = healthyWorld();

/** Asks one after the other; whether the last was made without a question, and what it said. */
async function askAfter(
  asked: readonly (readonly [string, (string | undefined)?])[],
  [name, type]: readonly [string, (string | undefined)?],
  options: BenchOptions = {},
) {
  const bench = makeBench(world, options);
  for (const [first, firstType] of asked) await bench.ask(first, firstType);
  const sent = bench.sent.length;
  const result = await bench.ask(name, type);
  return { bench, result, says: said(result), made: result.isSynthesised === true, asked: bench.sent.length - sent };
}

describe('RFC 8020: nothing is below a secure NXDOMAIN', () => {
  test.each(['secure.test.', 'three.test.'])('in %s, whatever the type', async (zone) => {
    for (const type of ['A', 'TLSA', 'DS']) {
      const { says, made, asked, result } = await askAfter([[`none.${zone}`]], [`_25._tcp.none.${zone}`, type], {});
      expect([says, made, asked, result.cached]).toEqual(['nxdomain secure', true, 0, true]);
      expect(result.authority.some((rrset) => rrset.type === Type.SOA)).toBe(true);
      expect(result.authority.every(({ signatures }) => signatures.length > 0)).toBe(true);
    }
  });

  test.each([
    ['an insecure one', 'none.plain.test.', 'a.none.plain.test.'],
    ['a bogus one', 'none.bogus.test.', 'a.none.bogus.test.'],
    ['a NODATA of an empty non-terminal', 'ent.three.test.', 'a.ent.three.test.'],
    ['one under opt-out', 'none.opt.', 'a.none.opt.'],
  ])('%s says nothing of the names below', async (_title, first, second) => {
    expect((await askAfter([[first]], [second])).made).toBe(false);
  });

  test.each<[string, BenchOptions]>([
    [
      'a stub zone',
      {
        settings: {
          stub: [
            {
              zone: parseName('a.none.secure.test.'),
              servers: [{ address: LEAF_AT[0] as string, port: 53 }],
              first: false,
              validate: true,
            },
          ],
        },
      },
    ],
    [
      'a negative trust anchor',
      { settings: { negativeTrustAnchors: [{ zone: parseName('a.none.secure.test.'), reason: '', until: NOW + 9999 }] } },
    ],
    [
      'a deeper trust anchor',
      { settings: { anchors: [anchorOf(world.root), { ...anchorOf(world.root), zone: parseName('a.none.secure.test.') }] } },
    ],
  ])('not across %s', async (_title, options) => {
    expect((await askAfter([['none.secure.test.']], ['x.a.none.secure.test.'], options)).made).toBe(false);
  });

  test('ends with the TTL of the denial', async () => {
    const bench = makeBench(world);
    await bench.ask('none.secure.test.');
    bench.clock.now += 200;
    const second = await bench.ask('a.none.secure.test.');
    expect([second.isSynthesised, second.expires]).toEqual([true, NOW + 300]);
    bench.clock.now += 100;
    expect((await bench.ask('b.none.secure.test.')).isSynthesised).toBeUndefined();
  });
});

describe('RFC 8198: what a cached NSEC denies', () => {
  test('a name in the same span, the wildcard denied', async () => {
    const { says, made, asked } = await askAfter([['none.secure.test.']], ['nona.secure.test.']);
    expect([says, made, asked]).toEqual(['nxdomain secure', true, 0]);
  });

  test('NODATA at a name whose NSEC is known', async () => {
    const { says, made, asked } = await askAfter([['www.secure.test.', 'MX']], ['www.secure.test.', 'AAAA']);
    expect([says, made, asked]).toEqual(['nodata secure', true, 0]);
  });

  test('NODATA at an empty non-terminal, and never NXDOMAIN', async () => {
    const { says, made, asked } = await askAfter([['ent.secure.test.', 'MX']], ['ent.secure.test.', 'AAAA']);
    expect([says, made, asked]).toEqual(['nodata secure', true, 0]);
  });

  test('a wildcard answer, from the wildcard and a denial of the name', async () => {
    const { says, made, asked, result } = await askAfter([['x.wild.secure.test.']], ['y.wild.secure.test.']);
    expect([says, made, asked]).toEqual(['answer secure', true, 0]);
    expect(dataOf(result)).toEqual(['y.wild.secure.test. A 0a000002']);
    expect(result.authority.map(({ type }) => type)).toEqual([Type.NSEC]);
  });

  test.each<[string, string, string | undefined, string, string | undefined, string]>([
    ['a type that is there', 'www.secure.test.', 'MX', 'www.secure.test.', 'TXT', 'answer secure'],
    ['a name in another span', 'none.secure.test.', 'A', 'www.secure.test.', 'A', 'answer secure'],
    ['the alias at the name', 'alias.secure.test.', 'NSEC', 'alias.secure.test.', 'A', 'answer secure'],
    ['a type the wildcard was not seen with', 'x.wild.secure.test.', 'A', 'y.wild.secure.test.', 'TXT', 'nodata secure'],
    ['a name below a DNAME', 'old.secure.test.', 'MX', 'host.old.secure.test.', 'A', 'answer secure'],
    ['a name below an unsigned delegation', 'plain.test.', 'DS', 'www.plain.test.', 'A', 'answer insecure unsigned-delegation'],
    ['a span with opt-out', 'none.opt.', 'A', 'nona.opt.', 'A', 'nxdomain insecure nsec3-opt-out'],
    ['an unsigned zone', 'none.plain.test.', 'A', 'nona.plain.test.', 'A', 'nxdomain insecure unsigned-delegation'],
  ])('not for %s', async (_title, first, firstType, second, secondType, want) => {
    const { says, made } = await askAfter([[first, firstType]], [second, secondType]);
    expect([says, made]).toEqual([want, false]);
  });

  test('not where the wildcard is not denied in the cache', async () => {
    const own = makeWorld([
      { apex: '.', at: ROOT_AT },
      { apex: 'test.', at: TEST_AT, records: ['a A 10.0.0.1', 'm A 10.0.0.1', 'z A 10.0.0.1', '*.m A 10.0.0.2'] },
    ]);
    const bench = makeBench(own);
    await bench.ask('a.test.', 'MX');
    const result = await bench.ask('b.test.');
    expect([said(result), result.isSynthesised]).toEqual(['nxdomain secure', undefined]);
  });

  test('not where a denial did not validate', async () => {
    const spoilt = rewrite((rrset) => (rrset.type === Type.NSEC ? { ...rrset, signatures: [] } : rrset));
    const bench = makeBench(world, { behaviours: [spoilt] });
    await bench.ask('none.secure.test.');
    bench.behave();
    const result = await bench.ask('nona.secure.test.');
    expect([said(result), result.isSynthesised]).toEqual(['nxdomain secure', undefined]);
  });

  test('not past the TTL of the SOA or NSEC, nor when switched off', async () => {
    const bench = makeBench(world);
    await bench.ask('none.secure.test.');
    bench.clock.now += 300;
    expect((await bench.ask('nona.secure.test.')).isSynthesised).toBeUndefined();
    expect((await askAfter([['none.secure.test.']], ['nona.secure.test.'], { settings: { synthesis: false } })).made).toBe(false);
  });

  test('a clock set back prolongs nothing', async () => {
    const bench = makeBench(world);
    await bench.ask('none.secure.test.');
    bench.clock.now -= 250;
    await bench.ask('www.secure.test.');
    bench.clock.now += 250;
    expect((await bench.ask('nona.secure.test.')).isSynthesised).toBeUndefined();
  });
});
