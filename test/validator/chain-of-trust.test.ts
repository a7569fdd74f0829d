/** The chain of trust walked over zones as data: what is asked, what is remembered, and that hints change no verdict. */

import { describe, expect, test } from 'vitest';
import { isWithin, parseName } from '../../src/base/name.ts';
import { Type } from '../../src/base/registry.ts';
import type { LookedUp, ValidatorDeps } from '../../src/validator/looked-up.ts';
import { flip } from '../scenario/world.ts';
import { setUp, truth } from './walk.ts';

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
});
