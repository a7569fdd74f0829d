/** What the resolver says of a healthy internet: every kind of answer and denial, in every kind of zone. */

import { expect, test } from 'vitest';
import { healthyWorld } from './healthy.ts';
import { dataOf, makeBench, said } from './world.ts';

const world = healthyWorld();

test.each([
  ['an answer', 'www.secure.test.', 'A', 'answer secure'],
  ['NODATA', 'www.secure.test.', 'MX', 'nodata secure'],
  ['NODATA at an empty non-terminal', 'ent.secure.test.', 'A', 'nodata secure'],
  ['NXDOMAIN', 'none.secure.test.', 'A', 'nxdomain secure'],
  ['NXDOMAIN two labels down', 'a.b.secure.test.', 'A', 'nxdomain secure'],
  ['a wildcard expansion', 'x.wild.secure.test.', 'A', 'answer secure'],
  ['wildcard NODATA', 'x.wild.secure.test.', 'MX', 'nodata secure'],
  ['a deeper wildcard', 'x.y.wilder.wild.secure.test.', 'TXT', 'answer secure'],
  ['an alias', 'alias.secure.test.', 'A', 'answer secure'],
  ['two aliases', 'two.secure.test.', 'A', 'answer secure'],
  ['an alias to no name', 'tonone.secure.test.', 'A', 'nxdomain secure'],
  ['an alias to no data', 'tonodata.secure.test.', 'MX', 'nodata secure'],
  ['a wildcard alias', 'x.walias.secure.test.', 'A', 'answer secure'],
  ['the alias itself', 'alias.secure.test.', 'CNAME', 'answer secure'],
  ['DNAME', 'host.old.secure.test.', 'A', 'answer secure'],
  ['DNAME to no name', 'none.old.secure.test.', 'A', 'nxdomain secure'],
  ['DNAME itself', 'old.secure.test.', 'DNAME', 'answer secure'],
  ['an alias into another secure zone', 'tonsec3.secure.test.', 'A', 'answer secure'],
  ['an alias into an unsigned zone', 'cross.secure.test.', 'A', 'answer insecure unsigned-delegation'],
  ['DNAME into a secure zone', 'www.there.secure.test.', 'A', 'answer secure'],
  ['DNAME into an unsigned zone', 'www.moved.secure.test.', 'A', 'answer insecure unsigned-delegation'],
  ['an alias into a bogus zone', 'tobogus.secure.test.', 'A', 'answer bogus dnskey-missing'],
  ['DNAME into a bogus zone', 'www.broken.secure.test.', 'A', 'answer bogus dnskey-missing'],
  ['NSEC3: an answer', 'www.three.test.', 'A', 'answer secure'],
  ['NSEC3: NODATA', 'www.three.test.', 'MX', 'nodata secure'],
  ['NSEC3: NODATA at an empty non-terminal', 'ent.three.test.', 'A', 'nodata secure'],
  ['NSEC3: NXDOMAIN', 'none.three.test.', 'A', 'nxdomain secure'],
  ['NSEC3: NXDOMAIN two labels down', 'a.b.three.test.', 'A', 'nxdomain secure'],
  ['NSEC3: a wildcard expansion', 'x.wild.three.test.', 'A', 'answer secure'],
  ['NSEC3: wildcard NODATA', 'x.wild.three.test.', 'MX', 'nodata secure'],
  ['NSEC3: a wildcard alias', 'x.walias.three.test.', 'A', 'answer secure'],
  ['NSEC3: DNAME', 'host.old.three.test.', 'A', 'answer secure'],
  ['an unsigned zone', 'www.plain.test.', 'A', 'answer insecure unsigned-delegation'],
  ['NXDOMAIN of an unsigned zone', 'none.plain.test.', 'A', 'nxdomain insecure unsigned-delegation'],
  ['an alias out of an unsigned zone into a secure one', 'back.plain.test.', 'A', 'answer insecure unsigned-delegation'],
  ['a signed zone below an unsigned one', 'www.deep.plain.test.', 'A', 'answer insecure unsigned-delegation'],
  ['a signed zone without DS', 'www.island.test.', 'A', 'answer insecure unsigned-delegation'],
  ['an unsigned zone below NSEC3', 'www.plain.hashed.', 'A', 'answer insecure unsigned-delegation'],
  ['an unsigned zone under opt-out', 'www.plain.opt.', 'A', 'answer insecure nsec3-opt-out'],
  ['a secure zone below an opt-out zone', 'www.secure.opt.', 'A', 'answer secure'],
  ['NXDOMAIN in an opt-out span', 'none.opt.', 'A', 'nxdomain insecure nsec3-opt-out'],
  ['a name of an opt-out zone', 'www.opt.', 'A', 'answer secure'],
  ['a zone whose DS matches no key', 'www.bogus.test.', 'A', 'answer bogus dnskey-missing'],
  ['a denial of a zone whose DS matches no key', 'none.bogus.test.', 'A', 'nxdomain bogus dnskey-missing'],
  ['DS of a secure zone', 'secure.test.', 'DS', 'answer secure'],
  ['DS of an unsigned zone, denied by the parent', 'plain.test.', 'DS', 'nodata secure'],
  ['DS of an unsigned zone below NSEC3', 'plain.hashed.', 'DS', 'nodata secure'],
  ['DS of an unsigned zone under opt-out', 'plain.opt.', 'DS', 'nodata insecure nsec3-opt-out'],
  ['DS of a zone whose DS matches no key: the parent is right', 'bogus.test.', 'DS', 'answer secure'],
  ['DS of a name that is no cut', 'www.secure.test.', 'DS', 'nodata secure'],
  ['DS of a name below an unsigned zone', 'deep.plain.test.', 'DS', 'answer insecure unsigned-delegation'],
  ['DS of the root', '.', 'DS', 'nodata secure'],
  ['DNSKEY', 'secure.test.', 'DNSKEY', 'answer secure'],
  ['DNSKEY of the root', '.', 'DNSKEY', 'answer secure'],
  ['SOA of a TLD', 'test.', 'SOA', 'answer secure'],
  ['NS of a zone, from the zone itself', 'secure.test.', 'NS', 'answer secure'],
  ['NXDOMAIN at the root', 'none.', 'A', 'nxdomain secure'],
])('%s', async (_title, name, type, want) => {
  const cold = makeBench(world);
  const first = await cold.ask(name, type);
  expect(said(first)).toBe(want);
  expect(first.cached).toBe(false);

  const sent = cold.sent.length;
  const second = await cold.ask(name, type);
  expect(said(second), 'the second time').toBe(want);
  expect(cold.sent.length, 'queries for the second').toBe(sent);
  expect(second.cached).toBe(true);
  expect(dataOf(second)).toEqual(dataOf(first));
});

test('the same answers come without QNAME minimisation', async () => {
  const bench = makeBench(world, { settings: { qnameMinimisation: false } });
  for (const [name, want] of [
    ['www.secure.test.', 'answer secure'],
    ['none.three.test.', 'nxdomain secure'],
    ['www.plain.test.', 'answer insecure unsigned-delegation'],
    ['x.wild.secure.test.', 'answer secure'],
  ] as const) {
    expect(said(await bench.ask(name)), name).toBe(want);
  }
});
