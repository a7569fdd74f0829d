/** The same as OpenSSL's, whatever the octets. */

import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha1 } from '../../src/crypto/sha1.ts';

const hexOf = (data: Uint8Array) => {
  const digest = Buffer.alloc(20);
  sha1(data, digest);
  return digest.toString('hex');
};

test.each([
  ['abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '84983e441c3bd26ebaae4aa1f95129e5e54670f1'],
])('RFC 3174 §7.3: %s', (text, digest) => {
  expect(hexOf(Buffer.from(text))).toBe(digest);
});

test('each length up to that of a name and a salt, and all octets', () => {
  for (let length = 0; length <= 600; length++) {
    const data = Uint8Array.from({ length }, (_, i) => (i * 167 + length) & 0xff);
    expect(hexOf(data), `${length} octets`).toBe(hash('sha1', data));
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 600 }), (data) => hexOf(data) === hash('sha1', data)));
});

test('the digest may take the place of what was hashed, and nothing behind it is touched', () => {
  const memory = Uint8Array.from({ length: 275 }, (_, i) => i & 0xff);
  const want = hash('sha1', memory);
  const rest = memory.slice(20);
  sha1(memory, memory);
  expect(Buffer.from(memory.subarray(0, 20)).toString('hex')).toBe(want);
  expect(memory.subarray(20)).toEqual(rest);
});
