/** Mnemonics of types, RCODEs and algorithms, written and read (RFC 3597 §5). */

import { expect, test } from 'vitest';
import { formatAlgorithm, formatRcode, formatType, isMetaType, Type, tryParseType } from '../../src/base/registry.ts';

test.each(Object.entries(Type))('%s is %i, written and read', (name, number) => {
  expect(formatType(number)).toBe(name);
  expect(tryParseType(name)).toBe(number);
  expect(tryParseType(name.toLowerCase())).toBe(number);
  expect(tryParseType(`TYPE${number}`)).toBe(number);
});

test.each([
  ['TYPE65280', 65_280],
  ['type65535', 65_535],
  ['TYPE0', 0],
  ['TYPE65536', undefined],
  ['TYPE99999', undefined],
  ['TYPE', undefined],
  ['TYPE-1', undefined],
  ['TYPE1.5', undefined],
  ['TYPE000001', undefined],
  [' A', undefined],
  ['', undefined],
  ['NOSUCH', undefined],
  ['toString', undefined],
  ['__proto__', undefined],
])('tryParseType(%j) is %j', (text, want) => {
  expect(tryParseType(text)).toBe(want);
});

test('unknown types have a name too', () => {
  expect(formatType(65_280)).toBe('TYPE65280');
});

test.each([
  [0, 'NOERROR'],
  [3, 'NXDOMAIN'],
  [16, 'BADVERS'],
  [4095, 'RCODE4095'],
])('RCODE %i is %s', (rcode, want) => {
  expect(formatRcode(rcode)).toBe(want);
});

test.each([
  [13, 'ECDSAP256SHA256'],
  [253, '253'],
])('algorithm %i is %s', (algorithm, want) => {
  expect(formatAlgorithm(algorithm)).toBe(want);
});

test.each([
  ['OPT', Type.OPT, true],
  ['the reserved 0', 0, true],
  ['ANY', Type.ANY, true],
  ['AXFR', Type.AXFR, true],
  ['TKEY', Type.TKEY, true],
  ['the first of the range', 128, true],
  ['the last before it', 127, false],
  ['URI, right behind it', Type.URI, false],
  ['A', Type.A, false],
  ['DNSKEY', Type.DNSKEY, false],
])('a question alone, never a record of a zone: %s', (_title, type, want) => {
  expect(isMetaType(type)).toBe(want);
});
