import { describe, expect, test } from 'vitest';
import { sipHash24 } from '../../src/crypto/siphash.ts';

const counting = (octets: number) => Uint8Array.from({ length: octets }, (_, i) => i);

/** As the paper defines it, on bigints: slow, and written apart from the other. */
function slowly(key: Uint8Array, data: Uint8Array): bigint {
  const mask = (value: bigint) => BigInt.asUintN(64, value);
  const left = (value: bigint, bits: bigint) => mask((value << bits) | (value >> (64n - bits)));
  const k0 = Buffer.from(key).readBigUInt64LE(0);
  const k1 = Buffer.from(key).readBigUInt64LE(8);
  let [a, b, c, d] = [k0 ^ 0x736f6d6570736575n, k1 ^ 0x646f72616e646f6dn, k0 ^ 0x6c7967656e657261n, k1 ^ 0x7465646279746573n];
  const rounds = (count: number) => {
    for (let i = 0; i < count; i++) {
      a = mask(a + b);
      b = left(b, 13n) ^ a;
      a = left(a, 32n);
      c = mask(c + d);
      d = left(d, 16n) ^ c;
      a = mask(a + d);
      d = left(d, 21n) ^ a;
      c = mask(c + b);
      b = left(b, 17n) ^ c;
      c = left(c, 32n);
    }
  };
  const words = Buffer.concat([data, Buffer.alloc(8 - (data.length % 8))]);
  words[words.length - 1] = data.length & 0xff;
  for (let at = 0; at < words.length; at += 8) {
    const word = words.readBigUInt64LE(at);
    d ^= word;
    rounds(2);
    a ^= word;
  }
  c ^= 0xffn;
  rounds(4);
  return a ^ b ^ c ^ d;
}

describe('SipHash-2-4', () => {
  test('the example of the paper, appendix A', () => {
    expect(sipHash24(counting(16), counting(15)).readBigUInt64LE().toString(16)).toBe('a129ca6149be45e5');
  });

  test('is what the definition says, for every length up to 300', () => {
    const key = Uint8Array.from({ length: 16 }, (_, i) => 255 - 13 * i);
    for (let octets = 0; octets <= 300; octets++) {
      const data = Uint8Array.from({ length: octets }, (_, i) => (i * 151 + octets * 7) & 0xff);
      expect(sipHash24(key, data).readBigUInt64LE()).toBe(slowly(key, data));
    }
  });

  test('a key of another length is our fault', () => expect(() => sipHash24(counting(15), counting(8))).toThrow(RangeError));
});
