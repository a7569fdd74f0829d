import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { WireError } from '../../src/wire/error.ts';
import { keyTag, readDnskey } from '../../src/wire/rdata/dnskey.ts';
import { readDs } from '../../src/wire/rdata/ds.ts';
import { readNsec } from '../../src/wire/rdata/nsec.ts';
import { readNsec3 } from '../../src/wire/rdata/nsec3.ts';
import { readRrsig } from '../../src/wire/rdata/rrsig.ts';
import { readTypeBitmap } from '../../src/wire/rdata/type-bitmap.ts';
import { rdataOf, time, typeBitmap, typeNumber } from '../vectors/read-records.ts';

// RFC 4034 §2.3, §3.3, §4.3, §5.4: the examples of each type
const dnskey = rdataOf(
  'DNSKEY',
  '256 3 5 AQOeiiR0GOMYkDshWoSKz9XzfwJr1AYtsmx3TGkJaNXVbfi/2pHm822aJ5iI9BMzNXxeYCmZDRD99WYwYqUSdjMmmAphXdvxegXd/M5+X7OrzKBaMbCVdFLUUh6DhweJBjEVv5f2wwjM9XzcnOf+EPbtG9DMBmADjFDc2w/rljwvFw=='.split(
    ' ',
  ),
);
const ds = rdataOf('DS', '60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118'.split(' '));
const rrsig = rdataOf('RRSIG', 'A 5 3 86400 20030322173103 20030220173103 2642 example.com. AAECAw=='.split(' '));
const nsec = rdataOf('NSEC', 'host.example.com. A MX RRSIG NSEC TYPE1234'.split(' '));
const nsec3 = rdataOf('NSEC3', '1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr MX DNSKEY NS SOA NSEC3PARAM RRSIG'.split(' '));

describe('fields', () => {
  test('DNSKEY and its tag (RFC 4034 §5.4: 60485)', () => {
    expect(readDnskey(dnskey)).toMatchObject({
      flags: 256,
      protocol: 3,
      algorithm: 5,
      keyTag: 60485,
      isZoneKey: true,
      isSecureEntryPoint: false,
      isRevoked: false,
    });
    expect(readDnskey(dnskey).publicKey).toEqual(dnskey.subarray(4));
    expect(readDnskey(Uint8Array.of(0x01, 0x81, 3, 8))).toMatchObject({ isZoneKey: true, isSecureEntryPoint: true, isRevoked: true });
  });

  test('a revoked key has a tag of its own (RFC 5011 §2.1)', () => {
    const revoked = Uint8Array.from(dnskey, (octet, i) => (i === 1 ? octet | 0x80 : octet));
    expect(keyTag(revoked)).toBe(60485 + 128);
  });

  test('a key of 65,535 octets of ones has a tag of 16 bits', () => {
    expect(keyTag(new Uint8Array(65_535).fill(0xff))).toBeLessThan(65_536);
  });

  test('DS', () => {
    expect(readDs(ds)).toMatchObject({ keyTag: 60485, algorithm: 5, digestType: 1, digest: ds.subarray(4) });
  });

  test('RRSIG, and the part of it that is signed', () => {
    expect(readRrsig(rrsig)).toMatchObject({
      typeCovered: 1,
      algorithm: 5,
      labels: 3,
      originalTtl: 86400,
      expiration: time('20030322173103'),
      inception: time('20030220173103'),
      keyTag: 2642,
      signer: { key: parseName('example.com.').key },
      signature: Buffer.of(0, 1, 2, 3),
      signedPart: rrsig.subarray(0, rrsig.length - 4),
    });
  });

  test('RRSIG times over 2^31 are not negative', () => {
    const late = Uint8Array.from(rrsig, (octet, i) => (i >= 8 && i < 16 ? 0xff : octet));
    expect(readRrsig(late)).toMatchObject({ expiration: 0xffffffff, inception: 0xffffffff });
  });

  test('NSEC', () => {
    const { next, types } = readNsec(nsec);
    expect(next.key).toBe(parseName('host.example.com.').key);
    expect(types.listTypes()).toEqual([1, 15, 46, 47, 1234]);
  });

  test('NSEC3', () => {
    const record = readNsec3(nsec3);
    expect(record).toMatchObject({ hashAlgorithm: 1, flags: 1, optOut: true, iterations: 12, salt: Buffer.from('aabbccdd', 'hex') });
    expect(record.nextHash.toString('hex')).toBe(
      BigInt(
        `0x${[...'2t7b4g4vsa5smi47k61mv5bv1a22bojr'].reduce((sum, digit) => sum * 32n + BigInt(Number.parseInt(digit, 32)), 0n).toString(16)}`,
      )
        .toString(16)
        .padStart(40, '0'),
    );
    expect(record.types.listTypes()).toEqual([2, 6, 15, 46, 48, 51]);
  });

  test('NSEC3 without salt and without types', () => {
    const record = readNsec3(rdataOf('NSEC3', ['1', '0', '0', '-', '2t7b4g4vsa5smi47k61mv5bv1a22bojr']));
    expect([record.salt.length, record.optOut, record.types.listTypes()]).toEqual([0, false, []]);
  });
});

describe('type bit maps', () => {
  test.each([['A'], ['A', 'TYPE255'], ['TYPE256', 'TYPE65535'], []])('%j', (...names) => {
    const wanted = names.map(typeNumber);
    const bitmap = readTypeBitmap(typeBitmap(wanted));
    expect(bitmap.listTypes()).toEqual(wanted);
    for (const type of [0, 1, 2, 255, 256, 257, 65534, 65535]) expect(bitmap.has(type)).toBe(wanted.includes(type));
  });

  test('has and listTypes agree on any set', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 0, max: 65535 }), { maxLength: 40 }),
        fc.integer({ min: 0, max: 65535 }),
        (types, other) => {
          const bitmap = readTypeBitmap(typeBitmap(types));
          expect(bitmap.listTypes()).toEqual(types.toSorted((a, b) => a - b));
          expect(bitmap.has(other)).toBe(types.includes(other));
        },
      ),
    );
  });

  test.each([
    { title: 'a block without octets', octets: [0, 0] },
    { title: 'a block of 33 octets', octets: [0, 33, ...new Array<number>(33).fill(1)] },
    { title: 'a block over the end', octets: [0, 2, 1] },
    { title: 'a window number alone', octets: [0] },
    { title: 'one window twice', octets: [0, 1, 1, 0, 1, 1] },
    { title: 'windows out of order', octets: [1, 1, 1, 0, 1, 1] },
  ])('$title: WireError', ({ octets }) => {
    expect(() => readTypeBitmap(Uint8Array.from(octets))).toThrow(WireError);
  });
});

describe('cut short', () => {
  const readers = [
    { type: 'DNSKEY', read: readDnskey, rdata: dnskey, least: 4 },
    { type: 'DS', read: readDs, rdata: ds, least: 5 },
    { type: 'RRSIG', read: readRrsig, rdata: rrsig, least: rrsig.length - 3 },
    { type: 'NSEC', read: readNsec, rdata: nsec, least: 18 },
    { type: 'NSEC3', read: readNsec3, rdata: nsec3, least: 30 },
  ] as const;

  test.each(readers)('$type below $least octets: WireError at every length', ({ read, rdata, least }) => {
    for (let length = 0; length < least; length++) expect(() => read(rdata.subarray(0, length))).toThrow(WireError);
    expect(() => read(rdata.subarray(0, least))).not.toThrow();
  });

  test('a reader never looks behind its RDATA in a larger buffer (CVE-2026-10822)', () => {
    for (const { read, rdata, least } of readers) {
      const buffer = Buffer.concat([rdata, Buffer.alloc(64, 1)]);
      expect(() => read(buffer.subarray(0, least - 1))).toThrow(WireError);
    }
  });

  test('a compressed signer or next name is refused', () => {
    expect(() => readRrsig(Buffer.concat([rrsig.subarray(0, 18), Buffer.of(0xc0, 0x0c, 1, 2, 3)]))).toThrow(WireError);
    expect(() => readNsec(Buffer.of(0xc0, 0x0c, 0, 1, 0x40))).toThrow(WireError);
  });

  test('any octets: a value or a WireError, nothing else', () => {
    fc.assert(
      fc.property(fc.constantFrom(...readers), fc.uint8Array({ maxLength: 80 }), ({ read }, octets) => {
        try {
          read(octets);
        } catch (error) {
          expect(error).toBeInstanceOf(WireError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
