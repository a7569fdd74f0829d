/** Keys of a zone fetched anew from another server: how often, from whom, and that a failure takes nothing away. */

import { describe, expect, test } from 'vitest';
import { type Name, parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { formatType, Type } from '../../src/base/registry.ts';
import type { LookedUp, ValidatorDeps } from '../../src/validator/looked-up.ts';
import { textOf } from '../scenario/rrset.ts';
import { flip } from '../scenario/world.ts';
import { makeKey } from '../vectors/signed-zone.ts';
import { setUp, truth, work, world } from './walk.ts';

const zone = parseName('secure.test.');
const failure: LookedUp = { kind: 'failure', validation: { state: 'indeterminate', reason: 'servers-unreachable' } };
type Answer = (server: string, name: Name, type: number) => LookedUp;
const honest: Answer = (server, name, type) => ({ ...truth(name, type), server }) as LookedUp;

/** A DNSKEY RRset with one key more. */
function withAnother(keys: RRset): RRset {
  const { signed } = world.zone('secure.test.');
  return signed.sign({ ...keys, rdata: [...keys.rdata, makeKey({ algorithm: 13, flags: 256 }).rdata], signatures: [] });
}

/** Servers that are asked in order, the first that is not to be avoided. */
function setUpServers(servers: readonly string[], answer: Answer = honest) {
  const asked: string[] = [];
  const forgotten: string[] = [];
  const state = { answer };
  const lookUp: ValidatorDeps['lookUp'] = async (name, type, _work, avoid) => {
    const server = servers.find((candidate) => !avoid.has(candidate));
    if (name.key === zone.key && type === Type.DNSKEY) asked.push(server ?? 'nobody');
    return server === undefined ? failure : state.answer(server, name, type);
  };
  const walk = setUp({ lookUp, forget: (name, type) => forgotten.push(`${textOf(name)} ${formatType(type)}`) });
  const renew = async (name = 'secure.test.') => (await walk.chain.renewKeys(parseName(name), work))?.zone.key;
  return { ...walk, renew, asked, forgotten, state };
}

test('another server is asked than gave those that are known', async () => {
  const { asked, forgotten, renew, verdict } = setUpServers(['s0', 's1']);
  await verdict('secure.test.');
  expect(await renew()).toBe(zone.key);
  // To be judged, to be told whose they were, and then the new ones.
  expect(asked).toEqual(['s0', 's0', 's1']);
  expect(forgotten).toEqual(['secure.test. DNSKEY']);
});

test('the same server is asked where there is no other', async () => {
  const { asked, renew, verdict } = setUpServers(['s0']);
  await verdict('secure.test.');
  expect(await renew()).toBe(zone.key);
  expect(asked).toEqual(['s0', 's0', 'nobody', 's0']);
});

test('and so it is where three others give what is bogus', async () => {
  const { asked, renew, state, verdict } = setUpServers(['s0', 's1', 's2', 's3', 's4']);
  await verdict('secure.test.');
  state.answer = (server, name, type) => {
    const found = honest(server, name, type);
    if (found.kind !== 'rrset' || type !== Type.DNSKEY || name.key !== zone.key || server === 's0') return found;
    return { ...found, rrset: { ...found.rrset, signatures: found.rrset.signatures.map(flip) } };
  };
  expect(await renew()).toBe(zone.key);
  expect(asked.slice(2)).toEqual(['s1', 's2', 's3', 's0']);
});

test('the new ones are remembered in place of the old', async () => {
  const { chain, renew, state, verdict } = setUpServers(['s0', 's1']);
  await verdict('secure.test.');
  state.answer = (server, name, type) => {
    const found = honest(server, name, type);
    return name.key === zone.key && type === Type.DNSKEY && found.kind === 'rrset' ? { ...found, rrset: withAnother(found.rrset) } : found;
  };
  expect(await renew()).toBe(zone.key);
  expect(await chain.securityOf(zone, work)).toMatchObject({ state: 'secure', keys: { keys: { length: 2 } } });
});

test('for its DS nobody is avoided', async () => {
  const avoided: number[] = [];
  const { chain } = setUp({
    lookUp: async (name, type, _work, avoid) => {
      if (type === Type.DS && name.key === zone.key) avoided.push(avoid.size);
      return truth(name, type);
    },
  });
  await chain.renewKeys(zone, work);
  expect(avoided).toEqual([0]);
});

test('every 30 s at most', async () => {
  const { clock, renew, verdict } = setUpServers(['s0', 's1']);
  await verdict('secure.test.');
  expect(await renew()).toBe(zone.key);
  clock.now += 29;
  expect(await renew()).toBeUndefined();
  clock.now += 1;
  expect(await renew()).toBe(zone.key);
});

test('the server is avoided for 30 s, and no longer', async () => {
  const { asked, chain, clock, renew, verdict } = setUpServers(['s0', 's1']);
  await renew();
  asked.length = 0;
  chain.clear();
  clock.now += 29;
  await verdict('secure.test.');
  chain.clear();
  clock.now += 1;
  await verdict('secure.test.');
  expect(asked).toEqual(['s1', 's0']);
});

test('nobody is avoided where nobody gave them', async () => {
  const { asked, renew } = setUpServers(['s0'], (server, name, type) => ({ ...honest(server, name, type), server: undefined }) as LookedUp);
  expect(await renew()).toBe(zone.key);
  expect(asked).toEqual(['s0', 's0']);
});

test.each([
  ['an unsigned zone', 'plain.test.'],
  ['a name that is no zone', 'www.secure.test.'],
])('%s has none', async (_title, name) => {
  expect(await setUpServers(['s0', 's1']).renew(name)).toBeUndefined();
});

test('those of a trust anchor are fetched anew too', async () => {
  let asked = 0;
  const { chain } = setUp({
    lookUp: async (name, type) => {
      if (type === Type.DNSKEY && name.labels === 0) asked++;
      return truth(name, type);
    },
  });
  await chain.securityOf(parseName('test.'), work);
  expect((await chain.renewKeys(parseName('.'), work))?.zone.labels).toBe(0);
  expect(asked).toBe(3);
});

describe('what was known stays known', () => {
  const refuse: Answer = (server, name, type) => (name.key === zone.key && type === Type.DNSKEY ? failure : honest(server, name, type));
  const spoil: Answer = (server, name, type) => {
    const found = honest(server, name, type);
    if (found.kind !== 'rrset' || type !== Type.DNSKEY || name.key !== zone.key) return found;
    return { ...found, rrset: { ...found.rrset, signatures: found.rrset.signatures.map(flip) } };
  };
  const breakDown: Answer = (server, name, type) => {
    if (name.key === zone.key && type === Type.DS) throw new Error('spent');
    return honest(server, name, type);
  };

  test.each([
    ['the new ones cannot be had', refuse],
    ['the new ones are bogus', spoil],
    ['a limit is spent', breakDown],
  ])('where %s', async (_title, answer) => {
    const { asked, renew, state, verdict } = setUpServers(['s0', 's1']);
    await verdict('secure.test.');
    state.answer = answer;
    expect(await renew().catch((error: Error) => error.message)).toBe(answer === breakDown ? 'spent' : undefined);
    asked.length = 0;
    expect(await verdict('secure.test.')).toBe('secure secure.test.');
    expect(asked).toEqual([]);
  });
});
