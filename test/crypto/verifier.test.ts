import { createHash, generateKeyPairSync, generatePrimeSync, sign } from 'node:crypto';
import { p256, p384 } from '@noble/curves/nist.js';
import { describe, expect, test } from 'vitest';
import { supportsAlgorithm, supportsDigest } from '../../src/crypto/algorithm.ts';
import { digest } from '../../src/crypto/digest.ts';
import { createNobleVerifier } from '../../src/crypto/noble-verifier.ts';
import { createVerifier } from '../../src/crypto/verifier.ts';
import { makeKey, rsaField } from '../vectors/signed-zone.ts';

const node = createVerifier();
const noble = createNobleVerifier();
const data = Buffer.from('what the zone says');
const keyField = (key: { readonly rdata: Buffer }) => key.rdata.subarray(4);

const curves = [13, 14, 15, 16] as const;
const rsa = [5, 7, 8, 10] as const;

describe('both engines say the same of', () => {
  const corruptions: { title: string; change: (signature: Buffer) => Uint8Array }[] = [
    { title: 'its first octet changed', change: (s) => Buffer.concat([Buffer.of((s[0] as number) ^ 1), s.subarray(1)]) },
    { title: 'its last octet changed', change: (s) => Buffer.concat([s.subarray(0, -1), Buffer.of((s.at(-1) as number) ^ 1)]) },
    { title: 'one octet too few', change: (s) => s.subarray(0, -1) },
    { title: 'one octet too many', change: (s) => Buffer.concat([s, Buffer.of(0)]) },
    { title: 'all zeros', change: (s) => Buffer.alloc(s.length) },
    { title: 'all ones', change: (s) => Buffer.alloc(s.length, 0xff) },
    { title: 'no octets', change: () => Buffer.alloc(0) },
    { title: 'the halves exchanged', change: (s) => Buffer.concat([s.subarray(s.length / 2), s.subarray(0, s.length / 2)]) },
  ];
  describe.each(curves)('algorithm %i', (algorithm) => {
    const key = makeKey({ algorithm });
    const signature = key.sign(data);
    const both = (field: Uint8Array, sig: Uint8Array, octets: Uint8Array = data) =>
      [node, noble].map((engine) => engine.verifySignature(algorithm, field, sig, octets));

    test('a good signature', () => {
      for (let i = 0; i < 8; i++) expect(both(keyField(key), key.sign(data))).toEqual(['valid', 'valid']);
    });
    test.each(corruptions)('a signature with $title', ({ change }) => {
      expect(both(keyField(key), change(signature))).toEqual(['invalid', 'invalid']);
    });
    test('a signature over other data', () => {
      expect(both(keyField(key), signature, Buffer.from('what it does not say'))).toEqual(['invalid', 'invalid']);
    });
    test("another key's signature", () => {
      expect(both(keyField(makeKey({ algorithm })), signature)).toEqual(['invalid', 'invalid']);
    });
    test.each([
      { title: 'too short', field: keyField(key).subarray(1) },
      { title: 'too long', field: Buffer.concat([keyField(key), Buffer.of(0)]) },
      { title: 'empty', field: Buffer.alloc(0) },
      { title: 'no point of the curve', field: Buffer.alloc(keyField(key).length, 0xff) },
      { title: 'of zeros', field: Buffer.alloc(keyField(key).length) },
    ])('a key that is $title: invalid, never thrown', ({ field }) => {
      expect(both(field, signature)).toEqual(['invalid', 'invalid']);
    });
  });

  test.each([
    { algorithm: 13, curve: p256 },
    { algorithm: 14, curve: p384 },
  ])('ECDSA signatures of either half of s, algorithm $algorithm', ({ algorithm, curve }) => {
    const key = makeKey({ algorithm });
    const signature = key.sign(data);
    const half = signature.length / 2;
    const s = BigInt(`0x${signature.subarray(half).toString('hex')}`);
    const other = (curve.Point.Fn.ORDER - s).toString(16).padStart(half * 2, '0');
    const mirrored = Buffer.concat([signature.subarray(0, half), Buffer.from(other, 'hex')]);
    for (const engine of [node, noble]) expect(engine.verifySignature(algorithm, keyField(key), mirrored, data)).toBe('valid');
  });
});

describe('RSA (RFC 3110, RFC 5702)', () => {
  const check = (algorithm: number, field: Uint8Array, signature: Uint8Array) => node.verifySignature(algorithm, field, signature, data);

  test.each(rsa)('algorithm %i: good and corrupted', (algorithm) => {
    const key = makeKey({ algorithm, bits: 1024 });
    const signature = key.sign(data);
    expect(check(algorithm, keyField(key), signature)).toBe('valid');
    signature[5] = (signature[5] as number) ^ 1;
    expect(check(algorithm, keyField(key), signature)).toBe('invalid');
    expect(check(algorithm, keyField(key), signature.subarray(1))).toBe('invalid');
    expect(check(algorithm, keyField(key), Buffer.alloc(0))).toBe('invalid');
  });

  const lengths: { algorithm: number; bits: number; want: string }[] = [
    { algorithm: 8, bits: 512, want: 'valid' },
    { algorithm: 8, bits: 1032, want: 'valid' },
    { algorithm: 8, bits: 4096, want: 'valid' },
    { algorithm: 8, bits: 4104, want: 'invalid' },
    { algorithm: 10, bits: 1024, want: 'valid' },
    { algorithm: 10, bits: 1016, want: 'invalid' },
  ];
  test.each(lengths)('algorithm $algorithm with $bits bits is $want', ({ algorithm, bits, want }) => {
    const key = makeKey({ algorithm, bits });
    expect(check(algorithm, keyField(key), key.sign(data))).toBe(want);
  });

  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
  const jwk = publicKey.export({ format: 'jwk' }) as { n: string; e: string };
  const [n, e] = [Buffer.from(jwk.n, 'base64url'), Buffer.from(jwk.e, 'base64url')];
  const signature = sign('sha256', data, privateKey);

  test.each([
    { title: 'plain', field: rsaField(e, n) },
    { title: 'leading zeros in the modulus', field: rsaField(e, Buffer.concat([Buffer.alloc(3), n])) },
    { title: 'leading zeros in the exponent', field: rsaField(Buffer.concat([Buffer.alloc(9), e]), n) },
    { title: 'exponent length in three octets', field: Buffer.concat([Buffer.of(0, 0, e.length), e, n]) },
  ])('a key with $title is read', ({ field }) => {
    expect(check(8, field, signature)).toBe('valid');
  });

  test.each([
    { title: 'an exponent of 64 bits', field: rsaField(Buffer.from('8000000000000001', 'hex'), n) },
    { title: 'an exponent of 72 bits', field: rsaField(Buffer.from('018000000000000001', 'hex'), n) },
    { title: 'no exponent', field: rsaField(Buffer.alloc(0), n) },
    { title: 'an exponent of zeros', field: rsaField(Buffer.alloc(3), n) },
    { title: 'no modulus', field: rsaField(e, Buffer.alloc(0)) },
    { title: 'a modulus of zeros', field: rsaField(e, Buffer.alloc(128)) },
    { title: 'an exponent past the end', field: Buffer.concat([Buffer.of(0, 0xff, 0xff), e, n]) },
    { title: 'nothing', field: Buffer.alloc(0) },
    { title: 'one zero', field: Buffer.of(0) },
    { title: '60,000 octets of zeros before the modulus', field: rsaField(e, Buffer.concat([Buffer.alloc(60_000), n])) },
  ])('a key with $title is invalid, never thrown', ({ field }) => {
    expect(check(8, field, signature)).toBe('invalid');
  });

  test('a good signature under an exponent of 64 bits verifies', () => {
    const key = rsaWithExponent(generatePrimeSync(64, { bigint: true }));
    expect(check(8, rsaField(toOctets(key.exponent, 8), toOctets(key.modulus, 128)), key.sign(data))).toBe('valid');
  });

  test('one under an exponent of 72 bits does not', () => {
    const key = rsaWithExponent(generatePrimeSync(72, { bigint: true }));
    expect(check(8, rsaField(toOctets(key.exponent, 9), toOctets(key.modulus, 128)), key.sign(data))).toBe('invalid');
  });

  test('the second engine has none', () => {
    expect(noble.verifySignature(8, rsaField(e, n), signature, data)).toBe('unsupported');
  });
});

describe('keys kept', () => {
  test('are told apart by algorithm: a key of one is no key of another', () => {
    const key = makeKey({ algorithm: 8, bits: 1024 });
    const signature = key.sign(data);
    expect(node.verifySignature(8, keyField(key), signature, data)).toBe('valid');
    expect(node.verifySignature(10, keyField(key), signature, data)).toBe('invalid');
    expect(node.verifySignature(8, keyField(key), signature, data)).toBe('valid');
  });

  test('are bounded, and those pushed out verify again', () => {
    const small = createVerifier({ maxKeys: 2 });
    const keys = Array.from({ length: 5 }, () => makeKey({ algorithm: 13 }));
    for (const key of [...keys, ...keys]) expect(small.verifySignature(13, keyField(key), key.sign(data), data)).toBe('valid');
  });
});

describe('a signature that verified is known again', () => {
  const key = makeKey({ algorithm: 13 });
  const sibling = makeKey({ algorithm: 13 });
  const octets = Buffer.from('an SOA that comes with every denial');
  const signature = key.sign(octets);
  const verifier = createVerifier();
  const check = ({ field = keyField(key), sig = signature as Uint8Array, over = octets as Uint8Array } = {}) =>
    verifier.verifySignature(13, field, sig, over);

  test('for the same key and the same data alone', () => {
    expect(check()).toBe('valid');
    expect(check({ over: Buffer.from('an SOA that came with no denial!!!!') })).toBe('invalid');
    expect(check({ over: octets.subarray(1) })).toBe('invalid');
    expect(check({ field: keyField(sibling) })).toBe('invalid');
    expect(check({ sig: sibling.sign(octets) })).toBe('invalid');
    expect(check()).toBe('valid');
  });

  test('by what the data was, whatever becomes of the buffer it was in', () => {
    const buffer = Buffer.from(octets);
    expect(check({ over: buffer })).toBe('valid');
    buffer.fill(0);
    expect(check({ over: buffer })).toBe('invalid');
    expect(check()).toBe('valid');
  });

  test('one that did not verify is checked anew', () => {
    const other = Buffer.from('other data');
    const own = key.sign(other);
    expect(check({ sig: own })).toBe('invalid');
    expect(check({ sig: own, over: other })).toBe('valid');
    expect(check({ sig: own })).toBe('invalid');
  });
});

describe('what is supported', () => {
  test.each([0, 1, 2, 3, 4, 6, 9, 11, 12, 17, 23, 200, 252, 253, 254, 255])('algorithm %i is not', (algorithm) => {
    expect(supportsAlgorithm(algorithm, { sha1Signatures: true })).toBe(false);
    expect(node.verifySignature(algorithm, Buffer.alloc(64), Buffer.alloc(64), data)).toBe('unsupported');
    expect(noble.verifySignature(algorithm, Buffer.alloc(64), Buffer.alloc(64), data)).toBe('unsupported');
  });
  test.each([8, 10, 13, 14, 15, 16])('algorithm %i is', (algorithm) => {
    expect(supportsAlgorithm(algorithm, { sha1Signatures: false })).toBe(true);
  });
  test.each([5, 7])('algorithm %i is by policy alone (RFC 9905)', (algorithm) => {
    expect([false, true].map((sha1Signatures) => supportsAlgorithm(algorithm, { sha1Signatures }))).toEqual([false, true]);
  });
  test('digests 2 and 4 always, 1 by policy, no others', () => {
    expect([0, 1, 2, 3, 4, 5, 255].filter((type) => supportsDigest(type, { sha1Digest: true }))).toEqual([1, 2, 4]);
    expect([1, 2, 4].filter((type) => supportsDigest(type, { sha1Digest: false }))).toEqual([2, 4]);
    expect([1, 2, 4].map((type) => digest(type, data)?.length)).toEqual([20, 32, 48]);
    expect([0, 3, 5].map((type) => digest(type, data))).toEqual([undefined, undefined, undefined]);
  });
});

/** RSA by hand, 1024 bits, since node:crypto makes no exponent over 32 bits. */
function rsaWithExponent(exponent: bigint): { modulus: bigint; exponent: bigint; sign: (data: Uint8Array) => Buffer } {
  const [p, q] = [generatePrimeSync(512, { bigint: true }), generatePrimeSync(512, { bigint: true })];
  const modulus = p * q;
  const d = inverse(exponent, (p - 1n) * (q - 1n));
  const prefix = Buffer.from('3031300d060960864801650304020105000420', 'hex'); // DigestInfo of SHA-256 (RFC 8017 §9.2)
  return {
    modulus,
    exponent,
    sign(octets) {
      const info = Buffer.concat([prefix, createHash('sha256').update(octets).digest()]);
      const padded = Buffer.concat([Buffer.of(0, 1), Buffer.alloc(128 - info.length - 3, 0xff), Buffer.of(0), info]);
      return toOctets(power(BigInt(`0x${padded.toString('hex')}`), d, modulus), 128);
    },
  };
}

function toOctets(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  for (let [b, e] = [base, exponent]; e > 0n; e >>= 1n, b = (b * b) % modulus) if (e & 1n) result = (result * b) % modulus;
  return result;
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [r, next, x, nextX] = [modulus, value % modulus, 0n, 1n];
  while (next > 0n) [r, next, x, nextX] = [next, r % next, nextX, x - (r / next) * nextX];
  return ((x % modulus) + modulus) % modulus;
}
