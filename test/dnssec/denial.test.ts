/** Which proof counts where several are there, and how many iterations are followed (RFC 4035 §5.4, RFC 5155 §8, RFC 9276 §3.2). */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';
import { NSEC3_HASH_COST } from '../../src/crypto/cost.ts';
import { collectDenial, proveNoDs, proveNodata, proveNxdomain } from '../../src/dnssec/denial.ts';
import { contextAt } from '../vectors/context.ts';
import { NOW, signedZone } from '../vectors/signed-zone.ts';

const zone = signedZone('example.');
const context = contextAt(NOW);
const name = parseName('a.example.');
const records = async (...rrsets: readonly RRset[]) => await collectDenial(rrsets, zone.keys, context);
const nodata = async (...rrsets: readonly RRset[]) => (await proveNodata(name, Type.MX, await records(...rrsets), context)).verdict;
const noDs = async (...rrsets: readonly RRset[]) => (await proveNoDs(name, await records(...rrsets), context)).verdict;

const nsec = (types: string) => zone.nsec('a.example.', 'b.example.', `${types} RRSIG NSEC`);
const nsec3 = (types: string, iterations = 0) =>
  zone.nsec3({ names: { 'example.': 'SOA NS', 'a.example.': types }, iterations }).match('a.example.');
const stray = zone.nsec('x.example.', 'y.example.', 'A RRSIG NSEC');

describe('NSEC beside NSEC3: one of them must prove it by itself', () => {
  test.each<[string, RRset[], string, string]>([
    ['NSEC alone', [nsec('NS')], 'unproved', 'no-ds'],
    ['NSEC3 alone', [nsec3('A RRSIG')], 'proved', 'not-a-cut'],
    ['a stray NSEC beside NSEC3', [stray, nsec3('A RRSIG')], 'proved', 'not-a-cut'],
    ['NSEC beside an NSEC3 that proves nothing', [nsec('A'), nsec3('MX DS')], 'proved', 'not-a-cut'],
    ['neither', [stray], 'unproved', 'unproved'],
    ['nothing', [], 'unproved', 'unproved'],
  ])('%s', async (_title, proof, wantNodata, wantNoDs) => {
    expect([await nodata(...proof), await noDs(...proof)]).toEqual([wantNodata, wantNoDs]);
  });
});

describe('iterations', () => {
  test.each([
    [50, 'no-ds'],
    [51, 'insecure-iterations'],
    [150, 'insecure-iterations'],
    [151, 'insecure-iterations'],
  ])('%i at an unsigned delegation: %s', async (iterations, want) => expect(await noDs(nsec3('NS', iterations))).toBe(want));

  test.each([
    [150, 'unproved'],
    [151, 'insecure-iterations'],
  ])('%i at a signed one: %s', async (iterations, want) => expect(await noDs(nsec3('NS DS', iterations))).toBe(want));

  test.each([
    [50, 'proved'],
    [51, 'insecure'],
  ])('%i at a name that has not the type: %s', async (iterations, want) => expect(await nodata(nsec3('A', iterations))).toBe(want));

  test.each([
    [150, 'unproved'],
    [151, 'insecure'],
  ])('%i at a name that has the type: %s', async (iterations, want) => expect(await nodata(nsec3('MX', iterations))).toBe(want));

  test('51 in an opt-out span: insecure for the iterations', async () => {
    const chain = zone.nsec3({ names: { 'example.': 'SOA NS' }, iterations: 51, optOut: true });
    expect(await noDs(chain.match('example.'), chain.cover('a.example.'))).toBe('insecure-iterations');
  });
});

describe('a zone denies nothing that is not its own, whatever its records say', () => {
  test('DS at its apex is the zone above to deny (RFC 4035 §3.1.4.1), even where the record there has no SOA bit', () => {
    const apex = parseName('example.');
    const records = collectDenial([zone.nsec('example.', 'a.example.', 'NS RRSIG NSEC')], zone.keys, context);
    const unproved = { verdict: 'unproved', missing: 'example. cannot deny example.' };
    expect(proveNodata(apex, Type.DS, records, context)).toEqual(unproved);
    expect(proveNoDs(apex, records, context)).toEqual(unproved);
  });

  test('a name beside it, behind its last record, though the wildcard there sorts behind it too', () => {
    const early = signedZone('!.example.');
    const records = collectDenial([early.nsec('!.example.', '!.example.', 'NS SOA RRSIG NSEC')], early.keys, context);
    const unproved = { verdict: 'unproved', missing: '!.example. cannot deny c.example.' };
    expect(proveNxdomain(parseName('c.example.'), records, context)).toEqual(unproved);
    expect(proveNoDs(parseName('c.example.'), records, context)).toEqual(unproved);
    expect(proveNxdomain(parseName('c.!.example.'), records, context)).toEqual({ verdict: 'proved' });
  });
});

describe('what is missing is said', () => {
  const spent = (...rrsets: readonly RRset[]) => {
    const counting = contextAt(NOW);
    const denied = collectDenial(rrsets, zone.keys, counting);
    const missing = [proveNodata(name, Type.MX, denied, counting), proveNoDs(name, denied, counting)].map((verdict) =>
      'missing' in verdict ? verdict.missing : verdict.verdict,
    );
    return { missing, hashes: counting.spent().nsec3Hashes };
  };
  const both = (text: string) => ({ missing: [text, text], hashes: 0 });

  test('where there are no records', () => expect(spent()).toEqual(both('there are no NSEC or NSEC3 records')));

  test('where there are none, and nothing says why', () => {
    const none = { zone: zone.apex, nsec: [], nsec3: [], rrsets: [], ttl: 0, expires: 0, fault: undefined };
    expect(proveNodata(name, Type.MX, none, context)).toEqual({ verdict: 'unproved', missing: 'there are no NSEC or NSEC3 records' });
  });

  test('where none can be believed', () =>
    expect(spent({ ...nsec('A'), signatures: [] })).toEqual(both('a.example. NSEC has no usable RRSIG')));

  test('where NSEC records are of another name', () =>
    expect(spent(stray)).toEqual({
      missing: ['no NSEC matches or covers the name', 'no NSEC matches or covers the delegation'],
      hashes: 0,
    }));
});

test('a hash is charged as the work that it is, iterations included', () => {
  const costOf = (iterations: number) => {
    const counting = contextAt(NOW);
    const records = collectDenial([nsec3('A', iterations)], zone.keys, counting);
    const before = counting.spent().cryptoWork;
    proveNodata(name, Type.MX, records, counting);
    return counting.spent().cryptoWork - before;
  };
  expect(costOf(0)).toBeCloseTo(NSEC3_HASH_COST);
  expect(costOf(49)).toBeCloseTo(50 * NSEC3_HASH_COST);
});
