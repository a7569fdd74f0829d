import { describe, expect, test } from 'vitest';
import { createAddressFilter } from '../../src/smtp/address-filter.ts';

const filter = (allow: readonly string[] = [], own: readonly string[] = []) => createAddressFilter({ allow, ownAddresses: () => own });

describe('never connected to', () => {
  test.each([
    ...['0.0.0.0', '10.1.2.3', '100.64.0.1', '100.127.255.255', '127.0.0.1', '169.254.169.254', '172.16.0.1', '172.31.255.255'],
    ...[
      '192.0.0.8',
      '192.0.2.1',
      '192.88.99.1',
      '192.168.1.1',
      '198.18.0.1',
      '198.51.100.1',
      '203.0.113.1',
      '224.0.0.1',
      '255.255.255.255',
    ],
    ...['::', '::1', '::7f00:1', '::ffff:8.8.8.8', '::ffff:127.0.0.1', '::FFFF:8.8.8.8', '64:ff9b::808:808', '64:ff9b:1::1', '100::1'],
    ...['2001::1', '2001:db8::1', '2002:7f00:1::', '3fff::1', '5f00::1', 'fc00::1', 'fd12::1', 'fe80::1', 'fec0::1', 'ff02::1'],
    // Translated (RFC 7915 §3.3.1), and what IANA has given to nobody (RFC 4291 §2.4): a route for it is one of our own network.
    ...['::ffff:0:7f00:1', '200::1', '100:0:0:1::1', '1fff::1', '4000::1', '8000::1', 'fbff::1'],
  ])('%s', (address) => {
    expect(filter()(address)).toBe(false);
  });
});

test.each([
  '8.8.8.8',
  '100.63.255.255',
  '100.128.0.1',
  '172.15.0.1',
  '172.32.0.1',
  '192.0.1.1',
  '223.255.255.255',
  '2606:4700::1',
  '2a00:1450::1',
])('%s may be connected to', (address) => {
  expect(filter()(address)).toBe(true);
});

test('what an operator named may be', () => {
  const may = filter(['127.61.0.0/16', 'fd00::/8']);
  expect(['127.61.3.4', '127.0.0.1', 'fd12::1', 'fc00::1'].map(may)).toEqual([true, false, true, false]);
});
test('an IPv4-mapped address is never, whatever is named', () => {
  expect(filter(['0.0.0.0/0', '::/0', '::ffff:0:0/96'])('::ffff:8.8.8.8')).toBe(false);
});
test('addresses of this machine are not, and may change', () => {
  let own = ['8.8.4.4', 'fe80::1%eth0'];
  const may = createAddressFilter({ allow: [], ownAddresses: () => own });
  expect(may('8.8.4.4')).toBe(false);
  own = ['2606:4700::9'];
  expect(['8.8.4.4', '2606:4700::9', '2606:4700:0::9', '2606:4700::8'].map(may)).toEqual([true, false, false, true]);
  expect(createAddressFilter({ allow: ['8.8.4.4'], ownAddresses: () => ['8.8.4.4'] })('8.8.4.4')).toBe(true);
});
