import { describe, expect, test } from 'vitest';
import { parseName, ROOT } from '../../src/base/name.ts';
import { tryParseType } from '../../src/base/registry.ts';
import { formatRdata, formatRRset } from '../../src/wire/rdata-text.ts';
import { parseZoneText } from '../../src/wire/zone-text.ts';
import { label, name, u16, u32 } from './octets.ts';

const octets = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const typeOf = (mnemonic: string) => tryParseType(mnemonic) as number;

/** Text from the RFC of the type where it gives an example, octets made by hand. */
const rows = [
  { type: 'A', rdata: octets('c0000201'), text: '192.0.2.1' },
  { type: 'AAAA', rdata: octets('20010db8 00000000 00000000 00000001'), text: '2001:db8::1' },
  { type: 'NS', rdata: name('ns.example.'), text: 'ns.example.' },
  { type: 'CNAME', rdata: name('a\\.b.example.'), text: 'a\\.b.example.' },
  { type: 'DNAME', rdata: name('.'), text: '.' },
  { type: 'PTR', rdata: name('\\000\\255.'), text: '\\000\\255.' },
  { type: 'SOA', rdata: Buffer.concat([name('a.'), name('b.'), u32(1, 2, 3, 4, 0xffffffff)]), text: 'a. b. 1 2 3 4 4294967295' },
  { type: 'MX', rdata: Buffer.concat([u16(10), name('mx.example.')]), text: '10 mx.example.' },
  { type: 'MX', rdata: octets('000000'), text: '0 .' },
  {
    type: 'TXT',
    rdata: Buffer.concat([label('v=spf1 -all'), label(''), label('a"b\\c;\n\xff')]),
    text: '"v=spf1 -all" "" "a\\"b\\\\c;\\010\\255"',
  },
  { type: 'SPF', rdata: label('x'), text: '"x"' },
  { type: 'HINFO', rdata: Buffer.concat([label('RFC8482'), label('')]), text: '"RFC8482" ""' },
  { type: 'SRV', rdata: Buffer.concat([u16(0, 5, 25), name('mx.example.')]), text: '0 5 25 mx.example.' },
  {
    type: 'CAA',
    rdata: Buffer.concat([octets('80'), label('issue'), Buffer.from('ca.example; a="b"')]),
    text: '128 issue "ca.example; a=\\"b\\""',
  },
  { type: 'CAA', rdata: Buffer.concat([octets('00'), label('issue')]), text: '0 issue ""' },
  { type: 'TLSA', rdata: octets('030101 d2abde24'), text: '3 1 1 D2ABDE24' },
  { type: 'SMIMEA', rdata: octets('000001 d2'), text: '0 0 1 D2' },
  { type: 'DS', rdata: octets('4f66 08 02 e06d44b8'), text: '20326 8 2 E06D44B8' },
  { type: 'CDS', rdata: octets('0000 00 00 00'), text: '0 0 0 00' },
  { type: 'DNSKEY', rdata: octets('0101 03 0d 0000ff'), text: '257 3 13 AAD/' },
  { type: 'CDNSKEY', rdata: octets('0000 03 00 00'), text: '0 3 0 AA==' },
  {
    type: 'RRSIG', // RFC 4034 §3.3, the signature cut
    rdata: Buffer.concat([octets('0001 05 03 00015180'), u32(1084127779, 1081535779), u16(2642), name('example.com.'), octets('0000ff')]),
    text: 'A 5 3 86400 20040509183619 20040409183619 2642 example.com. AAD/',
  },
  {
    type: 'RRSIG',
    rdata: Buffer.concat([u16(1234), octets('0d 00 00000000 ffffffff 00000000 0001'), name('.'), octets('ff')]),
    text: 'TYPE1234 13 0 0 21060207062815 19700101000000 1 . /w==',
  },
  {
    type: 'NSEC', // RFC 4034 §4.3
    rdata: Buffer.concat([
      name('host.example.com.'),
      octets('0006 400100000003 041b 0000000000000000000000000000000000000000000000000000 20'),
    ]),
    text: 'host.example.com. A MX RRSIG NSEC TYPE1234',
  },
  {
    type: 'NSEC3', // RFC 5155 §3.3 and Appendix A
    rdata: octets('01 01 000c 04 aabbccdd 14 174eb2409fe28bcb4887a1836f957f0a8425e27b 0007 220100000002 90'),
    text: '1 1 12 AABBCCDD 2T7B4G4VSA5SMI47K61MV5BV1A22BOJR NS SOA MX RRSIG DNSKEY NSEC3PARAM',
  },
  { type: 'NSEC3', rdata: octets('01 00 0000 00 01 ff'), text: '1 0 0 - VS' },
  { type: 'NSEC3PARAM', rdata: octets('01 00 0000 00'), text: '1 0 0 -' },
  { type: 'SSHFP', rdata: octets('0402 abcd'), text: '4 2 ABCD' },
  {
    type: 'NAPTR',
    rdata: Buffer.concat([u16(1, 2), label('U'), label('E2U+sip'), label('!^.*$!sip:a@b!'), name('.')]),
    text: '1 2 "U" "E2U+sip" "!^.*$!sip:a@b!" .',
  },
  { type: 'URI', rdata: Buffer.concat([u16(1, 2), Buffer.from('https://a/')]), text: '1 2 "https://a/"' },
  { type: 'TYPE65280', rdata: octets('0a000001'), text: '\\# 4 0A000001' }, // RFC 3597 §5
  { type: 'TYPE65280', rdata: Buffer.alloc(0), text: '\\# 0' },
];

describe('presentation format', () => {
  test.each(rows)('$type: $text', ({ type, rdata, text }) => {
    expect(formatRdata(typeOf(type), rdata)).toBe(text);
    const [record] = parseZoneText(`. 0 IN ${type} ${text}`, 'row');
    expect(Buffer.from(record!.rdata).toString('hex')).toBe(rdata.toString('hex'));
  });

  test.each([
    { title: 'A of three octets', type: 'A', rdata: octets('c00002') },
    { title: 'A of five', type: 'A', rdata: octets('c000020101') },
    { title: 'a name that does not end', type: 'NS', rdata: octets('0361') },
    { title: 'a pointer', type: 'NS', rdata: octets('c00c') },
    { title: 'octets behind a name', type: 'NS', rdata: octets('0000') },
    { title: 'TXT without a string', type: 'TXT', rdata: Buffer.alloc(0) },
    { title: 'a string over the end', type: 'TXT', rdata: octets('0561') },
    { title: 'DS without a digest', type: 'DS', rdata: octets('00010802') },
    { title: 'a bit map out of order', type: 'NSEC', rdata: octets('00 010101 000101') },
    { title: 'a CAA tag with a newline', type: 'CAA', rdata: octets('00 03 610a62 63') },
    { title: 'nothing', type: 'SOA', rdata: Buffer.alloc(0) },
  ])('$title is written as unknown (RFC 3597 §5)', ({ type, rdata }) => {
    const text = formatRdata(typeOf(type), rdata);
    expect(text).toBe(rdata.length === 0 ? '\\# 0' : `\\# ${rdata.length} ${rdata.toString('hex').toUpperCase()}`);
  });

  test('RRsets: a line a record, signatures behind', () => {
    const signature = rows.find(({ type }) => type === 'RRSIG')!;
    const rrset = {
      owner: parseName('Www.example'),
      ttl: 300,
      class: 1,
      type: 1,
      rdata: [octets('c0000201'), octets('c0000202')],
      signatures: [signature.rdata],
    };
    expect(formatRRset(rrset)).toEqual([
      'Www.example. 300 IN A 192.0.2.1',
      'Www.example. 300 IN A 192.0.2.2',
      `Www.example. 300 IN RRSIG ${signature.text}`,
    ]);
    expect(formatRRset({ ...rrset, owner: ROOT, class: 1234, type: 65_280, signatures: [] })[0]).toBe(
      '. 300 CLASS1234 TYPE65280 \\# 4 C0000201',
    );
  });
});
