/** Labels of hashed owner names (RFC 4648 §7, RFC 5155 §3.3). */

import { expect, test } from 'vitest';
import { decodeHash } from '../../src/dnssec/base32hex.ts';

const decode = (label: string): string | undefined => decodeHash(Buffer.from(label, 'latin1'))?.toString('latin1');

test.each([
  ['', ''],
  ['CO', 'f'],
  ['CPNG', 'fo'],
  ['CPNMU', 'foo'],
  ['CPNMUOG', 'foob'],
  ['CPNMUOJ1', 'fooba'],
  ['CPNMUOJ1E8', 'foobar'],
])('RFC 4648 §10, %s without its padding is %s, in either case', (label, octets) => {
  expect(decode(label)).toBe(octets);
  expect(decode(label.toLowerCase())).toBe(octets);
});

test.each([
  ['a bit left over that is set, where two are', 'CP'],
  ['a bit left over that is set, where four are', 'CPNH'],
  ['a digit that no octet needs', '0'],
  ['as many digits as no octets make', 'CPN'],
  ['a digit behind whole octets', 'CPNMUOJ10'],
  ['padding', 'CO======'],
  ['a letter of the other alphabet (RFC 4648 §6)', 'CW'],
])('%s: %s is no hash', (_title, label) => {
  expect(decode(label)).toBeUndefined();
});
