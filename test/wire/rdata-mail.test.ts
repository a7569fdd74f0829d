import { describe, expect, test } from 'vitest';
import { formatName, parseName } from '../../src/base/name.ts';
import { WireError } from '../../src/wire/error.ts';
import { AddressError, formatAddress, parseAddress, tryParseAddress } from '../../src/wire/rdata/address.ts';
import { readMx } from '../../src/wire/rdata/mx.ts';
import { readSoa } from '../../src/wire/rdata/soa.ts';
import { readSrv } from '../../src/wire/rdata/srv.ts';
import { readTarget, targetRdata } from '../../src/wire/rdata/target.ts';
import { readTlsa } from '../../src/wire/rdata/tlsa.ts';
import { name, u16, u32 } from './octets.ts';

// As RDATA comes out of `readMessage`: plain octets, no Buffer.
const plain = (...parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts));
const soa = plain(name('ns.example.'), name('host\\.master.example.'), u32(0xfffffffe, 2, 3, 4, 5));
const mx = plain(u16(10), name('mx.example.'));
const srv = plain(u16(1, 2, 25), name('mx.example.'));
const tlsa = plain(Buffer.of(3, 1, 2), Buffer.alloc(64, 7));

describe('fields of RDATA', () => {
  test('SOA (RFC 1035 §3.3.13)', () => {
    const { mname, rname, ...numbers } = readSoa(soa);
    expect([mname, rname].map(formatName)).toEqual(['ns.example.', 'host\\.master.example.']);
    expect(numbers).toEqual({ serial: 0xfffffffe, refresh: 2, retry: 3, expire: 4, minimum: 5 });
  });
  test('MX (RFC 1035 §3.3.9), null MX too (RFC 7505)', () => {
    expect(readMx(mx)).toEqual({ preference: 10, exchange: parseName('mx.example.') });
    expect(readMx(Buffer.of(0, 0, 0)).exchange.labels).toBe(0);
  });
  test('SRV (RFC 2782)', () => expect(readSrv(srv)).toEqual({ priority: 1, weight: 2, port: 25, target: parseName('mx.example.') }));
  test('TLSA (RFC 6698 §2.1)', () => {
    const { data, ...numbers } = readTlsa(tlsa);
    expect(numbers).toEqual({ usage: 3, selector: 1, matchingType: 2 });
    expect(Buffer.from(data).equals(Buffer.alloc(64, 7))).toBe(true);
    expect(readTlsa(Buffer.of(3, 1, 1)).data.length).toBe(0);
  });
  test('a name', () => {
    expect(readTarget(plain(name('Ns.example.')))).toEqual(parseName('Ns.example.'));
    expect(readTarget(targetRdata(parseName('a\\.b.')))).toEqual(parseName('a\\.b.'));
  });

  test.each([
    { type: 'SOA', read: readSoa, rdata: soa },
    { type: 'MX', read: readMx, rdata: mx },
    { type: 'SRV', read: readSrv, rdata: srv },
    { type: 'target', read: readTarget, rdata: name('ns.example.') },
  ])('$type of any other length is refused', ({ read, rdata }) => {
    for (let length = 0; length < rdata.length; length++)
      expect(() => read(rdata.subarray(0, length)), `${length} octets`).toThrow(WireError);
    expect(() => read(Buffer.concat([rdata, Buffer.of(0)]))).toThrow(WireError);
  });
  test.each([0, 1, 2])('TLSA of %i octets is refused', (octets) => expect(() => readTlsa(tlsa.subarray(0, octets))).toThrow(WireError));
  test('a pointer is no name here', () => expect(() => readTarget(Buffer.from([0xc0, 0]))).toThrow(WireError));
});

describe('addresses', () => {
  test.each([
    '0.0.0.0',
    '255.255.255.255',
    '192.0.2.1',
    '::',
    '::1',
    '1::',
    '2001:db8::1',
    '2001:db8:0:1:1:1:1:1', // RFC 5952 §4.2.2: one group alone is not shortened
    '2001:0:0:1::1', // §4.2.3: the longest run
    '2001:db8::1:0:0:1', // §4.2.3: the first of equals
    '1:2:3:4:5:6:7:8',
    'fe80::abcd',
    '::ffff:192.0.2.1', // §5
    '64:ff9b::c000:201',
    '0:1::',
  ])('%s is written as it is read', (text) => {
    const octets = parseAddress(text);
    expect(octets.length).toBe(text.includes(':') ? 16 : 4);
    expect(formatAddress(octets)).toBe(text);
  });
  test.each([
    { from: '2001:DB8:0:0:0:0:0:1', to: '2001:db8::1' },
    { from: '2001:0db8::0001', to: '2001:db8::1' },
    { from: '::192.0.2.1', to: '::c000:201' },
    { from: '64:ff9b::192.0.2.1', to: '64:ff9b::c000:201' },
    { from: '1:2:3:4:5:6:7::', to: '1:2:3:4:5:6:7:0' },
    { from: '::2:3:4:5:6:7:8', to: '0:2:3:4:5:6:7:8' },
    { from: '1:2:3:4:5:6:1.2.3.4', to: '1:2:3:4:5:6:102:304' },
  ])('$from is $to (RFC 5952 §4)', ({ from, to }) => expect(formatAddress(parseAddress(from))).toBe(to));
  test.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.4 ',
    '0x1.2.3.4',
    '1.2.3.',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1:2:3:4::5:6:7:8',
    '12345::',
    'g::',
    'fe80::1%eth0',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1.2.3',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::'.padEnd(100_000, ':1'),
  ])('%j is no address', (text) => {
    expect(tryParseAddress(text)).toBeUndefined();
    expect(() => parseAddress(text)).toThrow(AddressError);
  });
  test.each([0, 3, 5, 15, 17])('%i octets are no address', (octets) =>
    expect(() => formatAddress(new Uint8Array(octets))).toThrow(WireError),
  );
});
