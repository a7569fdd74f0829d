import { describe, expect, test } from 'vitest';
import { formatName } from '../../src/base/name.ts';
import { parseAnchors } from '../../src/trust/anchors.ts';
import { parseHints } from '../../src/trust/hints.ts';
import { ZoneTextError } from '../../src/wire/zone-text.ts';

const DS = '20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D';
// RFC 8080 §6.1
const KEY = '257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=';

const shape = (text: string) =>
  parseAnchors(text, 'anchors').map(({ zone, ds, dnskeys }) => ({ zone: formatName(zone), ds: ds.length, dnskeys: dnskeys.length }));

describe('anchors', () => {
  test.each([
    ['a DS', `. IN DS ${DS}`, [{ zone: '.', ds: 1, dnskeys: 0 }]],
    ['a DNSKEY with TTL and comment', `. 172800 IN DNSKEY ${KEY} ; KSK`, [{ zone: '.', ds: 0, dnskeys: 1 }]],
    [
      'several owners, grouped without regard to case',
      `example. IN DS ${DS}\n; other\n. IN DS ${DS}\nEXAMPLE. IN DNSKEY ${KEY}\n`,
      [
        { zone: 'example.', ds: 1, dnskeys: 1 },
        { zone: '.', ds: 1, dnskeys: 0 },
      ],
    ],
    ['the same record twice', `. IN DS ${DS}\n. IN DS ${DS}\n`, [{ zone: '.', ds: 1, dnskeys: 0 }]],
    [
      'a record over several lines',
      '. IN DS 20326 8 2 (\n E06D44B80B8F1D39A95C0B0D7C65D084\n 58E880409BBC683457104237C7F8EC8D )',
      [{ zone: '.', ds: 1, dnskeys: 0 }],
    ],
    ['an algorithm that nobody knows', `example. IN DS 1 200 2 ${DS.split(' ')[3]}`, [{ zone: 'example.', ds: 1, dnskeys: 0 }]],
    ['a digest that nobody knows', 'example. IN DS 1 8 9 ABCD', [{ zone: 'example.', ds: 1, dnskeys: 0 }]],
    ['nothing', '; only a comment\n\n', []],
  ])('%s', (_, text, want) => expect(shape(text)).toEqual(want));

  test.each([
    ['\n. IN DS 20326 8 2 E06D44', 'anchors:2: a digest of type 2 has 32 octets, this one 3'],
    [`. IN DS ${DS}\n$TTL 60\n\n. IN A 192.0.2.1`, 'anchors:4: an anchor is a DS or a DNSKEY record, not A'],
    [`. CH DS ${DS}`, 'anchors:1: an anchor is of class IN'],
    [`. IN DNSKEY ${KEY.replace('257', '1')}`, 'anchors:1: the key is no zone key'],
    [`. IN DNSKEY ${KEY.replace('257', '385')}`, 'anchors:1: the key is revoked'],
    [`. IN DNSKEY ${KEY.replace(' 3 ', ' 4 ')}`, 'anchors:1: the protocol of a DNSKEY is 3'],
    ['. IN DS 20326 8', 'anchors:1: '],
    ['; fine\n. IN DS x 8 2 00', 'anchors:2: '],
    ['. IN DS 1 8 2 (', 'anchors:1: '],
    [`exa..mple. IN DS ${DS}`, 'anchors:1: '],
    ['. IN DNSKEY \\# 2 0101', 'anchors:1: '],
  ])('%j is refused with its line', (text, message) => {
    expect(() => parseAnchors(text, 'anchors')).toThrow(ZoneTextError);
    expect(() => parseAnchors(text, 'anchors')).toThrow(message);
  });
});

describe('hints', () => {
  test('names of the root with their addresses, in the order of the file', () => {
    const text =
      '. 3600000 NS b.test.\n. NS a.test.\na.test. A 192.0.2.1\nA.TEST. AAAA 2001:DB8::1\nb.test. A 192.0.2.2\nother. A 192.0.2.3\n';
    expect(parseHints(text, 'hints').map(({ name, addresses }) => [formatName(name), addresses])).toEqual([
      ['b.test.', ['192.0.2.2']],
      ['a.test.', ['192.0.2.1', '2001:db8::1']],
    ]);
  });

  test.each([
    ['', 'hints:1: no server of the root with an address'],
    ['. IN NS a.test.', 'hints:1: no server of the root with an address'],
    ['a.test. IN A 192.0.2.1', 'hints:1: no server of the root with an address'],
    ['. NS a.test.\ntest. NS a.test.\n', 'hints:2: the NS records of hints are those of the root'],
    ['. NS a.test.\na.test. MX 1 b.test.\n', 'hints:2: a hint is no MX record'],
    ['. NS a.test.\na.test. A 192.0.2.300\n', 'hints:2: '],
  ])('%j is refused with its line', (text, message) => {
    expect(() => parseHints(text, 'hints')).toThrow(ZoneTextError);
    expect(() => parseHints(text, 'hints')).toThrow(message);
  });
});
