/** What a search among hashes costs. */

import { expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { Type } from '../../src/base/registry.ts';
import { DenialIndex } from '../../src/cache/denial-index.ts';
import { Nsec3Search } from '../../src/resolver/synthesise-nsec3.ts';
import { signedZone } from '../vectors/signed-zone.ts';

const NOW = 1_800_000_000;
const apex = parseName('test.');

function searchOf(iterations: number): Nsec3Search {
  const search = new Nsec3Search(new DenialIndex({ maxOctets: 1_000_000 }));
  const chain = signedZone('test.', { algorithm: 13 }).nsec3({ names: { 'test.': 'SOA NS', 'www.test.': 'A' }, iterations });
  for (const name of ['test.', 'www.test.']) search.learn(apex, { rrset: chain.match(name), walked: apex, expires: NOW + 300 }, NOW);
  return search;
}

function counter() {
  const count = { hashes: 0 };
  const spend = (what: string, amount = 1): void => {
    if (what === 'nsec3Hashes') count.hashes += amount;
  };
  return { count, spend };
}

test.each([
  ['a name error: the name, the apex, the wildcard', 'none.test.', 0, 'nxdomain', 3],
  ['each iteration counts', 'none.test.', 9, 'nxdomain', 30],
  ['NODATA: the name', 'www.test.', 9, 'nodata', 10],
  ['each label between', 'a.b.c.none.test.', 0, 'nxdomain', 6],
  ['too deep for so many iterations', 'a.b.c.d.e.test.', 50, undefined, 0],
])('%s', (_title, name, iterations, kind, hashes) => {
  const { count, spend } = counter();
  const found = searchOf(iterations).find(parseName(name), Type.MX, apex, spend, NOW);
  expect([found?.kind, count.hashes]).toEqual([kind, hashes]);
});

test('one query may have so much hashed with all its aliases; another has its own', () => {
  const search = searchOf(9);
  const { count, spend } = counter();
  const kinds = Array.from({ length: 40 }, (_, i) => search.find(parseName(`n${i}.test.`), Type.A, apex, spend, NOW)?.kind);
  expect(kinds).toEqual(Array.from({ length: 40 }, (_, i) => (i < 20 ? 'nxdomain' : undefined)));
  expect(count.hashes).toBe(600);
  expect(search.find(parseName('none.test.'), Type.A, apex, counter().spend, NOW)?.kind).toBe('nxdomain');
});
