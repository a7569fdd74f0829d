import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalOrder, canonicalRdata } from '../../src/wire/canonical.ts';
import { typeNumber } from '../vectors/read-records.ts';

/** Text with `\ooo` octal escapes for octets, one character an octet. */
const octets = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));
const NAME = '\x03WwW\x07ExAmPlE\x00';
const name = '\x03www\x07example\x00';

describe('canonical RDATA (RFC 4034 §6.2, RFC 6840 §5.1)', () => {
  test.each([
    { type: 'NS', from: NAME, to: name },
    { type: 'CNAME', from: NAME, to: name },
    { type: 'PTR', from: NAME, to: name },
    { type: 'DNAME', from: NAME, to: name },
    { type: 'SOA', from: `${NAME}${NAME}AAAABBBBCCCCDDDDEEEE`, to: `${name}${name}AAAABBBBCCCCDDDDEEEE` },
    { type: 'MINFO', from: NAME + NAME, to: name + name },
    { type: 'RP', from: NAME + NAME, to: name + name },
    { type: 'MX', from: `AB${NAME}`, to: `AB${name}` },
    { type: 'AFSDB', from: `AB${NAME}`, to: `AB${name}` },
    { type: 'RT', from: `AB${NAME}`, to: `AB${name}` },
    { type: 'KX', from: `AB${NAME}`, to: `AB${name}` },
    { type: 'PX', from: `AB${NAME}${NAME}`, to: `AB${name}${name}` },
    { type: 'SRV', from: `ABCDEF${NAME}`, to: `ABCDEF${name}` },
    { type: 'NAPTR', from: `ABCD\x01S\x03E2U\x02!X${NAME}`, to: `ABCD\x01S\x03E2U\x02!X${name}` },
    { type: 'SIG', from: `ABCDEFGHIJKLMNOPQR${NAME}SIGN`, to: `ABCDEFGHIJKLMNOPQR${name}SIGN` },
    { type: 'RRSIG', from: `ABCDEFGHIJKLMNOPQR${NAME}SIGN`, to: `ABCDEFGHIJKLMNOPQR${name}SIGN` },
    { type: 'NXT', from: `${NAME}BITS`, to: `${name}BITS` },
    { type: 'A6', from: `\x78A${NAME}`, to: `\x78A${name}` },
    { type: 'A6', from: '\x00ABCDEFGHIJKLMNOP', to: '\x00ABCDEFGHIJKLMNOP' },
  ])('$type lowers its names and nothing else', ({ type, from, to }) => {
    expect(canonicalRdata(typeNumber(type), octets(from))).toEqual(octets(to));
  });

  test.each(['NSEC', 'HINFO', 'TXT', 'SVCB', 'HTTPS', 'TLSA', 'A', 'TYPE65280'])('%s is left alone', (type) => {
    expect(canonicalRdata(typeNumber(type), octets(NAME))).toEqual(octets(NAME));
  });

  test('what came is not written into', () => {
    const rdata = octets(NAME);
    canonicalRdata(typeNumber('NS'), rdata);
    expect(rdata).toEqual(octets(NAME));
  });

  test.each([
    { title: 'empty', type: 'NS', rdata: '' },
    { title: 'a label past the end', type: 'NS', rdata: '\x3fABC' },
    { title: 'no root label', type: 'NS', rdata: '\x03ABC' },
    { title: 'a pointer', type: 'NS', rdata: '\x01A\xc0\x00' },
    { title: 'a preference alone', type: 'MX', rdata: 'A' },
    { title: 'one name of two', type: 'SOA', rdata: NAME },
    { title: 'a string past the end', type: 'NAPTR', rdata: 'ABCD\xffABC' },
    { title: 'a prefix length over 128', type: 'A6', rdata: '\xffABC' },
    { title: 'a prefix and no name', type: 'A6', rdata: '\x80' },
  ])('malformed, $title: left as it is (CVE-2026-56416)', ({ type, rdata }) => {
    expect(canonicalRdata(typeNumber(type), octets(rdata))).toEqual(octets(rdata));
  });

  test('any octets of any type: same length, no throw, changed in letters alone, and done once', () => {
    const types = ['NS', 'SOA', 'MX', 'RP', 'PX', 'SRV', 'NAPTR', 'A6', 'RRSIG', 'NXT', 'NSEC'].map(typeNumber);
    fc.assert(
      fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 300 }), (type, rdata) => {
        const canonical = canonicalRdata(type, rdata);
        expect(canonical.length).toBe(rdata.length);
        const changed = canonical.findIndex(
          (octet, i) => octet !== rdata[i] && !(octet === (rdata[i] as number) + 0x20 && octet >= 0x61 && octet <= 0x7a),
        );
        expect(changed).toBe(-1);
        expect(canonicalRdata(type, canonical)).toEqual(canonical);
      }),
    );
  });
});

describe('canonical order (RFC 4034 §6.3)', () => {
  test('octets left to right, absent before zero, doubles dropped', () => {
    const sorted = ['\x00', '\x00\x00', '\x01', '\x01\x00', '\x7f', '\x80', '\xff'].map(octets);
    expect(canonicalOrder([...sorted, ...sorted].toReversed())).toEqual(sorted);
  });
  test('one and none', () => {
    expect(canonicalOrder([octets('a')])).toEqual([octets('a')]);
    expect(canonicalOrder([])).toEqual([]);
  });
});
