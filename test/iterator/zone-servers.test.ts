/** What a referral says of a zone's servers: glue within bailiwick, caps, addresses that may be asked. */

import { expect, test } from 'vitest';
import { parseName, ROOT } from '../../src/base/name.ts';
import type { RRset } from '../../src/base/record.ts';
import { addressesIn, configuredServers, delegationOf, isUsable, readTargets, serversOf } from '../../src/iterator/zone-servers.ts';
import { rrset, textOf } from '../scenario/rrset.ts';

const anyone = { ipv4: true, ipv6: true, mayQuery: () => true };

function referral(names: readonly string[], additional: readonly RRset[], zone = 'test.') {
  const { servers, expires } = delegationOf(rrset('sub.test.', 'NS', names, 3600), additional, parseName(zone), 1000);
  return { servers: servers.map(({ name, addresses }) => [textOf(name), ...addresses]), expires };
}

test.each([
  ['in-domain glue', 'ns.sub.test.', 'ns.sub.test.', ['ns.sub.test.', '192.0.2.1']],
  ['sibling glue of the same parent', 'ns.other.test.', 'ns.other.test.', ['ns.other.test.', '192.0.2.1']],
  ['glue out of the parent zone is not believed', 'ns.elsewhere.', 'ns.elsewhere.', ['ns.elsewhere.']],
  ['an address of a name that is no server', 'ns.sub.test.', 'www.sub.test.', ['ns.sub.test.']],
  ['glue in another letter case', 'NS.sub.test.', 'ns.SUB.test.', ['ns.sub.test.', '192.0.2.1']],
])('%s', (_title, server, owner, want) => {
  expect(referral([server], [rrset(owner, 'A', ['192.0.2.1'])]).servers).toEqual([want]);
});

test('A and AAAA glue both count, other types do not', () => {
  const additional = [
    rrset('ns.sub.test.', 'AAAA', ['2001:db8::1']),
    rrset('ns.sub.test.', 'A', ['192.0.2.1']),
    rrset('ns.sub.test.', 'TXT', ['x']),
  ];
  expect(referral(['ns.sub.test.'], additional).servers).toEqual([['ns.sub.test.', '2001:db8::1', '192.0.2.1']]);
});

test('the delegation ends with the least TTL of NS and glue that is used', () => {
  expect(referral(['ns.sub.test.'], [rrset('ns.sub.test.', 'A', ['192.0.2.1'], 60)]).expires).toBe(1060);
  expect(referral(['ns.sub.test.'], [rrset('ns.elsewhere.', 'A', ['192.0.2.1'], 60)]).expires).toBe(4600);
});

test('no more than 16 servers and 4 addresses of each are kept (CVE-2020-12662)', () => {
  const names = Array.from({ length: 100 }, (_, i) => `ns${i}.sub.test.`);
  const addresses = Array.from({ length: 50 }, (_, i) => `192.0.2.${i}`);
  const { servers } = referral(names, [rrset('ns0.sub.test.', 'A', addresses)]);
  expect(servers.length).toBe(16);
  expect(servers[0]?.length).toBe(5);
});

test('malformed server names are left out', () => {
  const ns = { ...rrset('sub.test.', 'NS', ['a.test.']), rdata: [Uint8Array.of(5, 1), parseName('a.test.').wire] };
  expect(readTargets(ns).map(textOf)).toEqual(['a.test.']);
});

test('addresses are text', () => {
  expect(addressesIn(rrset('a.', 'AAAA', ['2001:db8::1']))).toEqual(['2001:db8::1']);
});

test.each([
  ['IPv4 off', '192.0.2.1', { ...anyone, ipv4: false }, false],
  ['IPv6 off', '2001:db8::1', { ...anyone, ipv6: false }, false],
  ['IPv6 off, IPv4 address', '192.0.2.1', { ...anyone, ipv6: false }, true],
  ['an address that may not be asked', '127.0.0.1', { ...anyone, mayQuery: (address: string) => address !== '127.0.0.1' }, false],
])('isUsable: %s', (_title, address, filter, want) => {
  expect(isUsable(address, filter)).toBe(want);
});

test('doNotQuery holds for what the network named, not for what the operator named', () => {
  const filter = { ...anyone, mayQuery: () => false };
  const servers = [{ name: ROOT, addresses: ['127.0.0.1'] }];
  const delegation = { zone: ROOT, parent: ROOT, servers, received: 0, expires: 1 } as const;
  const addresses = (source: 'referral' | 'priming' | 'hints' | 'stub' | 'forward') =>
    serversOf({ ...delegation, source }, 53, filter).servers[0]?.addresses.length;
  expect([addresses('referral'), addresses('priming')]).toEqual([0, 0]);
  expect([addresses('hints'), addresses('stub'), addresses('forward')]).toEqual([1, 1, 1]);
});

test('configured servers keep their port and say whether they recurse', () => {
  const server = { address: '192.0.2.1', port: 5300 };
  expect(configuredServers(ROOT, [server], true, false)).toMatchObject({
    recursive: true,
    fallback: false,
    servers: [{ addresses: [server] }],
  });
});
