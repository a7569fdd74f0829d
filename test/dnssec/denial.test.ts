/** Which proof counts where several are there, and how many iterations are followed (RFC 4035 §5.4, RFC 5155 §8, RFC 9276 §3.2). */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { Type } from '../../src/base/registry.ts';
import { collectDenial, proveNoDs, proveNodata } from '../../src/dnssec/denial.ts';
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
    [150, 'unproved'],
    [151, 'insecure'],
  ])('%i at a name that has the type: %s', async (iterations, want) => expect(await nodata(nsec3('MX', iterations))).toBe(want));

  test('51 in an opt-out span: insecure for the iterations', async () => {
    const chain = zone.nsec3({ names: { 'example.': 'SOA NS' }, iterations: 51, optOut: true });
    expect(await noDs(chain.match('example.'), chain.cover('a.example.'))).toBe('insecure-iterations');
  });
});
