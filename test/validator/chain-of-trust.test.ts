/** The chain of trust walked over zones as data: what is asked, what is remembered, and that hints change no verdict. */

import { describe, expect, test } from 'vitest';
import type { Limit } from '../../src/base/budget.ts';
import { isBelow, isWithin, parseName } from '../../src/base/name.ts';
import { formatType, Type } from '../../src/base/registry.ts';
import type { TraceEvent } from '../../src/base/trace.ts';
import type { Shared, Work } from '../../src/base/work.ts';
import type { LookedUp, ValidatorDeps } from '../../src/validator/looked-up.ts';
import { textOf } from '../scenario/rrset.ts';
import { anchorOf, flip, makeWorld, NOW } from '../scenario/world.ts';
import { setUp, truth, truthOf, work, world } from './walk.ts';

describe('a walk', () => {
  test('asks DS and DNSKEY of each zone, and nothing twice', async () => {
    const { asked, verdict } = setUp();
    expect(await verdict('secure.test.')).toBe('secure secure.test.');
    expect(asked).toEqual(['. DNSKEY', 'test. DS', 'test. DNSKEY', 'secure.test. DS', 'secure.test. DNSKEY']);
    expect(await verdict('secure.test.')).toBe('secure secure.test.');
    expect(asked.length).toBe(5);
  });

  test.each([
    ['www.secure.test.', 'secure secure.test.'],
    ['a.b.c.secure.test.', 'secure secure.test.'],
    ['x.wild.secure.test.', 'secure secure.test.'],
    ['host.ent.secure.test.', 'secure secure.test.'],
    ['www.three.test.', 'secure three.test.'],
    ['none.three.test.', 'secure three.test.'],
    ['www.plain.test.', 'insecure unsigned-delegation'],
    ['www.deep.plain.test.', 'insecure unsigned-delegation'],
    ['www.plain.opt.', 'insecure nsec3-opt-out'],
    ['none.opt.', 'insecure nsec3-opt-out'],
    ['www.bogus.test.', 'bogus dnskey-missing'],
    ['none.', 'secure .'],
    ['.', 'secure .'],
  ])('to %s: %s', async (name, want) => {
    expect(await setUp().verdict(name)).toBe(want);
  });

  test.each([
    ['the true cut', 'secure.test.'],
    ['a name that is no cut', 'x.secure.test.'],
    ['a name that does not exist', 'a.b.test.'],
    ['the name itself', 'www.secure.test.'],
  ])('with a hint that is %s ends alike', async (_title, hint) => {
    for (const target of ['www.secure.test.', 'www.plain.test.', 'www.bogus.test.']) {
      const plain = await setUp().verdict(target);
      const hinted = setUp({
        nextKnownCut: (zone, name) => (isWithin(name, parseName(hint)) && isWithin(parseName(hint), zone) ? parseName(hint) : undefined),
      });
      expect(await hinted.verdict(target), target).toBe(plain);
    }
  });
});

describe('a walk asks no more than it must', () => {
  const far = makeWorld([
    { apex: '.', at: ['192.0.2.1'] },
    { apex: 'a.b.c.', at: ['192.0.2.2'], records: ['www.x A 10.0.0.1'] },
    { apex: 'wrong.b.c.', at: ['192.0.2.3'], ds: [`1 13 2 ${'00'.repeat(32)}`] },
  ]);
  const farTruth = truthOf(['.', 'a.b.c.', 'wrong.b.c.'].map(far.zone));
  const walk = (hint?: string) =>
    setUp({
      anchors: () => [anchorOf(far.root)],
      lookUp: async (name, type) => farTruth(name, type),
      nextKnownCut: (zone, name) =>
        hint !== undefined && isBelow(parseName(hint), zone) && isWithin(name, parseName(hint)) ? parseName(hint) : undefined,
    });

  test('label by label where no cut is known', async () => {
    const { asked, verdict } = walk();
    expect(await verdict('www.x.a.b.c.')).toBe('secure a.b.c.');
    expect(asked).toEqual(['. DNSKEY', 'c. DS', 'b.c. DS', 'a.b.c. DS', 'a.b.c. DNSKEY', 'x.a.b.c. DS', 'www.x.a.b.c. DS']);
  });

  test('at once for the cut that is known', async () => {
    const { asked, verdict } = walk('a.b.c.');
    expect(await verdict('a.b.c.')).toBe('secure a.b.c.');
    expect(asked).toEqual(['. DNSKEY', 'a.b.c. DS', 'a.b.c. DNSKEY']);
  });

  test.each([
    [
      'that is bogus',
      'wrong.b.c.',
      'bogus dnskey-missing',
      ['wrong.b.c. DS', 'wrong.b.c. DNSKEY', 'wrong.b.c. DNSKEY', 'c. DS', 'b.c. DS'],
    ],
    ['that is none', 'b.c.', 'secure a.b.c.', ['b.c. DS', 'c. DS', 'a.b.c. DS', 'a.b.c. DNSKEY']],
    ['one label down', 'c.', 'secure a.b.c.', ['c. DS', 'b.c. DS', 'a.b.c. DS', 'a.b.c. DNSKEY']],
  ])('label by label for one %s', async (_title, hint, want, questions) => {
    const { asked, verdict } = walk(hint);
    expect(await verdict(hint === 'wrong.b.c.' ? hint : 'a.b.c.')).toBe(want);
    expect(asked).toEqual(['. DNSKEY', ...questions]);
  });

  test('nothing below a name that does not exist', async () => {
    const { asked, verdict } = walk();
    expect(await verdict('x.y.none.a.b.c.')).toBe('secure a.b.c.');
    expect(asked.at(-1)).toBe('none.a.b.c. DS');
  });

  test('nothing below an insecure cut', async () => {
    const { asked, verdict } = setUp();
    expect(await verdict('www.deep.plain.test.')).toBe('insecure unsigned-delegation');
    expect(asked.at(-1)).toBe('plain.test. DS');
  });
});

describe('work that is shared', () => {
  test.each<[string, Shared<never>, string]>([
    ['that waits for us', { outcome: 'cycle' }, 'indeterminate cyclic-dependency'],
    ['that ended by a limit of its own', { outcome: 'limit-spent', limit: 'upstreamQueries' }, 'indeterminate limit-spent'],
  ])('%s is no verdict, and not kept', async (_title, outcome, want) => {
    const { verdict } = setUp();
    expect(await verdict('secure.test.', { ...work, share: async () => outcome })).toBe(want);
    expect(await verdict('secure.test.')).toBe('secure secure.test.');
  });

  test('says which limit was spent, and for what', async () => {
    const { chain } = setUp();
    const share: Work['share'] = async () => ({ outcome: 'limit-spent', limit: 'upstreamQueries' });
    expect(await chain.securityOf(parseName('test.'), { ...work, share })).toEqual({
      state: 'indeterminate',
      reason: 'limit-spent',
      detail: 'upstreamQueries for the keys of .',
    });
  });

  test('is not shared between two anchors', async () => {
    const keys: string[] = [];
    const share: Work['share'] = async (key) => {
      keys.push(key);
      return { outcome: 'cycle' };
    };
    const { verdict } = setUp({ anchors: () => [anchorOf(world.root), anchorOf(world.zone('secure.test.'))] });
    for (const name of ['secure.test.', 'plain.test.', 'secure.test.']) await verdict(name, { ...work, share });
    expect(keys[0]).toBe(keys[2]);
    expect(keys[0]).not.toBe(keys[1]);
  });

  test('is not shared over a time that all was forgotten', async () => {
    const keys: string[] = [];
    const share: Work['share'] = async (key, run) => {
      keys.push(key);
      return { outcome: 'done', value: await run(own) };
    };
    const own: Work = { ...work, share };
    const { chain, verdict } = setUp();
    await verdict('test.', own);
    chain.clear();
    await verdict('test.', own);
    expect(keys.length).toBe(4);
    expect(new Set(keys).size).toBe(4);
  });
});

describe('memory', () => {
  test('a secure link is kept as long as DS, keys and signatures allow, and no longer than an hour', async () => {
    const { asked, clock, verdict } = setUp();
    await verdict('secure.test.');
    clock.now += 3599;
    await verdict('secure.test.');
    expect(asked.length).toBe(5);
    clock.now += 1;
    await verdict('secure.test.');
    expect(asked.length).toBe(10);
  });

  test('a denial of DS is kept by its own TTL', async () => {
    const { asked, clock, verdict } = setUp();
    await verdict('plain.test.');
    const before = asked.length;
    clock.now += 3599;
    expect(await verdict('plain.test.')).toBe('insecure unsigned-delegation');
    expect(asked.length).toBe(before);
  });

  test('a bogus link is kept 60 s', async () => {
    const { asked, clock, verdict } = setUp();
    await verdict('bogus.test.');
    const before = asked.length;
    clock.now += 59;
    await verdict('bogus.test.');
    expect(asked.length).toBe(before);
    clock.now += 1;
    await verdict('bogus.test.');
    expect(asked.length).toBeGreaterThan(before);
  });

  test('a failure is no reason to ask again at once', async () => {
    const { asked, verdict } = setUp({
      lookUp: async () => ({ kind: 'failure', validation: { state: 'indeterminate', reason: 'servers-unreachable' } }),
    });
    expect(await verdict('secure.test.')).toBe('indeterminate servers-unreachable');
    expect(asked).toEqual(['. DNSKEY']);
  });

  test('a failure is not kept at all', async () => {
    let failing = true;
    const { verdict } = setUp({
      lookUp: async (name, type) =>
        failing && type === Type.DNSKEY && name.labels === 2
          ? { kind: 'failure', validation: { state: 'indeterminate', reason: 'servers-unreachable' } }
          : truth(name, type),
    });
    expect(await verdict('secure.test.')).toBe('indeterminate servers-unreachable');
    failing = false;
    expect(await verdict('secure.test.')).toBe('secure secure.test.');
  });

  test('nor is one to fetch DS', async () => {
    let failing = true;
    const { verdict } = setUp({
      lookUp: async (name, type) =>
        failing && type === Type.DS && name.labels === 2
          ? { kind: 'failure', validation: { state: 'indeterminate', reason: 'servers-failing' } }
          : truth(name, type),
    });
    expect(await verdict('secure.test.')).toBe('indeterminate servers-failing');
    failing = false;
    expect(await verdict('secure.test.')).toBe('secure secure.test.');
  });

  test('tells what it holds of the labels of a name, from the anchor down, also what has expired', async () => {
    const { chain, clock, verdict } = setUp();
    const remembered = (name: string) => chain.remembered(parseName(name)).map(({ at, received }) => [textOf(at), received - NOW]);
    expect(remembered('www.secure.test.')).toEqual([]);
    await verdict('secure.test.');
    clock.now += 10;
    await verdict('www.secure.test.');
    const all = [
      ['.', 0],
      ['test.', 0],
      ['secure.test.', 0],
      ['www.secure.test.', 10],
    ];
    expect(remembered('www.secure.test.')).toEqual(all);
    expect(remembered('secure.test.')).toEqual(all.slice(0, 3));
    clock.now += 10_000;
    expect(remembered('www.secure.test.')).toEqual(all);
    expect(chain.remembered(parseName('secure.test.')).at(-1)?.cut).toMatchObject({ at: 'zone', security: { state: 'secure' } });
  });

  test('tells nothing above the anchor, and nothing without one', async () => {
    const { chain, verdict } = setUp({ anchors: () => [anchorOf(world.zone('secure.test.'))] });
    await verdict('secure.test.');
    expect(chain.remembered(parseName('secure.test.')).map(({ at }) => textOf(at))).toEqual(['secure.test.']);
    expect(chain.remembered(parseName('plain.test.'))).toEqual([]);
  });

  test('clearing forgets all of it', async () => {
    const { chain, verdict } = setUp();
    await verdict('secure.test.');
    expect(chain.size).toBe(3);
    chain.clear();
    expect(chain.size).toBe(0);
  });
});

describe('another server', () => {
  /** Servers in order; the first `bad` of them spoil this RRset. */
  function spoiling(spoiled: number, bad: number, servers = 6) {
    const seen: string[][] = [];
    const deps: Partial<ValidatorDeps> = {
      lookUp: async (name, type, _work, avoid) => {
        if (type === spoiled && name.labels === 2) seen.push([...avoid]);
        const index = Array.from({ length: servers }, (_, i) => `s${i}`).findIndex((server) => !avoid.has(server));
        const found = truth(name, type);
        if (index < 0) return { kind: 'failure', validation: { state: 'indeterminate', reason: 'servers-unreachable' } };
        if (found.kind !== 'rrset') return { ...found, server: `s${index}` } as LookedUp;
        const isSpoiled = type === spoiled && name.labels === 2 && index < bad;
        const rrset = isSpoiled ? { ...found.rrset, signatures: found.rrset.signatures.map(flip) } : found.rrset;
        return { ...found, rrset, server: `s${index}` };
      },
    };
    return { seen, ...setUp(deps) };
  }

  test.each([
    ['DS', Type.DS],
    ['DNSKEY', Type.DNSKEY],
  ])('is asked for %s while what comes is bogus, the fourth is the last', async (_title, type) => {
    for (const bad of [1, 2, 3]) expect(await spoiling(type, bad).verdict('secure.test.'), `${bad} bad`).toBe('secure secure.test.');
    const four = spoiling(type, 4);
    expect(await four.verdict('secure.test.')).toBe('bogus signature-wrong');
    expect(four.seen).toEqual([[], ['s0'], ['s0', 's1'], ['s0', 's1', 's2']]);
  });

  test('that cannot be had leaves the first verdict', async () => {
    expect(await spoiling(Type.DNSKEY, 9, 1).verdict('secure.test.')).toBe('bogus signature-wrong');
  });

  /** One server that gives these in turn, whatever it is asked for; the last again and again. */
  function inTurn(name: string, type: number, ...given: readonly LookedUp[]) {
    const avoided: string[][] = [];
    const reported: Limit[] = [];
    const events: TraceEvent[] = [];
    const forgotten: string[] = [];
    const { verdict } = setUp({
      forget: (owner, which) => forgotten.push(`${textOf(owner)} ${formatType(which)}`),
      lookUp: async (owner, which, _work, avoid) => {
        if (textOf(owner) !== name || which !== type) return truth(owner, which);
        avoided.push([...avoid]);
        return given[Math.min(avoided.length, given.length) - 1] as LookedUp;
      },
    });
    const own: Work = {
      ...work,
      report: (limit) => reported.push(limit),
      trace: (event) => events.push(event),
      share: async (_key, run) => ({ outcome: 'done', value: await run(own) }),
    };
    return { avoided, reported, events, forgotten, verdict: (target: string) => verdict(target, own) };
  }
  const keys = truth(parseName('secure.test.'), Type.DNSKEY) as Extract<LookedUp, { kind: 'rrset' }>;
  const spoiledKeys = { ...keys, rrset: { ...keys.rrset, signatures: keys.rrset.signatures.map(flip) } };
  const tooMany = { ...keys, rrset: { ...keys.rrset, signatures: Array.from({ length: 9 }, () => spoiledKeys.rrset.signatures).flat() } };

  test('is asked once, where it gives the same whatever is avoided', async () => {
    const { avoided, events, forgotten, verdict } = inTurn('secure.test.', Type.DNSKEY, spoiledKeys);
    expect(await verdict('secure.test.')).toBe('bogus signature-wrong');
    expect(avoided).toEqual([[], ['192.0.2.1']]);
    expect(forgotten).toEqual(['secure.test. DNSKEY', 'secure.test. DNSKEY']);
    expect(events).toEqual([{ event: 'retry-after-bogus', qname: keys.rrset.owner, qtype: Type.DNSKEY, server: '192.0.2.1' }]);
  });

  test('is not asked where nobody knows who gave what is bogus', async () => {
    const { avoided, verdict } = inTurn('secure.test.', Type.DNSKEY, { ...spoiledKeys, server: undefined }, keys);
    expect(await verdict('secure.test.')).toBe('bogus signature-wrong');
    expect(avoided).toEqual([[]]);
  });

  test('is asked too where there is too much to look at, and that is counted', async () => {
    const { reported, verdict } = inTurn('secure.test.', Type.DNSKEY, tooMany, { ...keys, server: 'other' });
    expect(await verdict('secure.test.')).toBe('secure secure.test.');
    expect(reported).toEqual(['signatures']);
  });

  test('a bogus verdict is no limit to be counted', async () => {
    const { reported, verdict } = inTurn('secure.test.', Type.DNSKEY, spoiledKeys, { ...keys, server: 'other' });
    expect(await verdict('secure.test.')).toBe('secure secure.test.');
    expect(reported).toEqual([]);
  });

  test('is not avoided for what lay in the cache: it was not asked now', async () => {
    const { avoided, forgotten, verdict } = inTurn('secure.test.', Type.DNSKEY, { ...spoiledKeys, cached: true }, keys);
    expect(await verdict('secure.test.')).toBe('secure secure.test.');
    expect(avoided).toEqual([[], []]);
    expect(forgotten).toEqual(['secure.test. DNSKEY']);
  });

  test('but once only: the cache may have the same again', async () => {
    const { avoided, verdict } = inTurn('secure.test.', Type.DNSKEY, { ...spoiledKeys, cached: true });
    expect(await verdict('secure.test.')).toBe('bogus signature-wrong');
    expect(avoided).toEqual([[], [], ['192.0.2.1']]);
  });
});
