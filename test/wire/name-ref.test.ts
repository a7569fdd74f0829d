/** Names in messages and RDATA: where a pointer may lead, and where a name must end (RFC 1035 §4.1.4, RFC 4034 §6.2). */

import { describe, expect, test } from 'vitest';
import { formatName } from '../../src/base/name.ts';
import { WireError } from '../../src/wire/error.ts';
import { readName, readPlainName, skipName } from '../../src/wire/name-ref.ts';

const octets = (...parts: readonly (number | string)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...Buffer.from(part)])));

function faultOf(read: () => unknown): string {
  try {
    read();
    return 'none';
  } catch (error) {
    if (error instanceof WireError) return `${error.fault} ${error.offset}`;
    throw error;
  }
}

describe('compression pointers', () => {
  test('backwards: followed', () => expect(formatName(readName(octets(1, 'a', 0, 1, 'b', 0xc0, 0), 3))).toBe('b.a.'));

  test.each([
    ['forwards to a name that is whole', octets(0xc0, 2, 1, 'a', 0), 0, 'pointer 0'],
    ['to itself', octets(0, 0xc0, 1), 1, 'pointer 1'],
    ['to the label before it', octets(1, 'a', 0xc0, 0), 0, 'pointer 2'],
    ['backwards, and forwards from there', octets(0xc0, 4, 0xc0, 0, 1, 'a', 0), 2, 'pointer 0'],
    ['with one octet', octets(0, 0xc0), 1, 'truncated 2'],
  ])('%s: refused', (_title, message, at, want) => expect(faultOf(() => readName(message, at))).toBe(want));
});

/** As long as a label that a pointer's first octet would be the length of. */
const long = 'x'.repeat(0xc0);

describe('names in RDATA', () => {
  test('a name, and where it ends', () => {
    const { name, end } = readPlainName(octets(7, 1, 'a', 1, 'b', 0, 9), 1);
    expect([formatName(name), end]).toEqual(['a.b.', 6]);
  });

  test.each([
    ['a pointer (CVE-2026-81634, CVE-2026-81642)', octets(0xc0, 0), 'label-type 0'],
    ['a pointer with octets behind it that would do as a label', octets(0xc0, long, 0), 'label-type 0'],
    ['a label of 64 octets', octets(64, 'x'.repeat(64), 0), 'label-type 0'],
    ['a label that ends behind the RDATA (CVE-2026-10822)', octets(3, 'ab'), 'truncated 4'],
    ['no root label', octets(1, 'a'), 'truncated 2'],
    ['256 octets', octets(...Array.from({ length: 4 }, () => [62, 'x'.repeat(62)]).flat(), 3, 'xxx', 0), 'name-too-long 256'],
  ])('%s: refused', (_title, rdata, want) => expect(faultOf(() => readPlainName(rdata, 0))).toBe(want));

  test('255 octets are a name', () =>
    expect(readPlainName(octets(...Array.from({ length: 4 }, () => [62, 'x'.repeat(62)]).flat(), 1, 'x', 0), 0).end).toBe(255));
});

describe('names skipped', () => {
  test.each([
    ['a name', octets(1, 'a', 0, 9), 3],
    ['a pointer, which is not followed', octets(1, 'a', 0xc0, 9, 9), 4],
  ])('%s', (_title, message, want) => expect(skipName(message, 0)).toBe(want));

  test.each([
    ['half a pointer', octets(0xc0), 'truncated 1'],
    ['no end', octets(1, 'a'), 'truncated 2'],
    ['a label of type 01', octets(0x40, 0), 'label-type 0'],
  ])('%s: refused', (_title, message, want) => expect(faultOf(() => skipName(message, 0))).toBe(want));
});
