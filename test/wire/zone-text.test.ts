import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatName } from '../../src/base/name.ts';
import { formatType } from '../../src/base/registry.ts';
import { formatRdata } from '../../src/wire/rdata-text.ts';
import { parseZoneText, ZoneTextError } from '../../src/wire/zone-text.ts';

const lines = (text: string) =>
  parseZoneText(text, 'zone').map(
    ({ owner, ttl, class: klass, type, rdata }) => `${formatName(owner)} ${ttl} ${klass} ${formatType(type)} ${formatRdata(type, rdata)}`,
  );

function errorOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (thrown) {
    return thrown;
  }
}

describe('presentation format (RFC 1035 §5.1)', () => {
  test.each([
    { title: 'owner, TTL, class, type', text: 'a. 60 IN A 192.0.2.1', want: ['a. 60 1 A 192.0.2.1'] },
    { title: 'class before TTL', text: 'a. IN 60 A 192.0.2.1', want: ['a. 60 1 A 192.0.2.1'] },
    { title: 'neither', text: 'a. A 192.0.2.1', want: ['a. 3600 1 A 192.0.2.1'] },
    {
      title: 'another class stays until the next',
      text: 'a. CH A 192.0.2.1\nb. A 192.0.2.1',
      want: ['a. 3600 3 A 192.0.2.1', 'b. 3600 3 A 192.0.2.1'],
    },
    {
      title: '$TTL, with units',
      text: '$TTL 1h30m\na. A 192.0.2.1\nb. 2D A 192.0.2.1',
      want: ['a. 5400 1 A 192.0.2.1', 'b. 172800 1 A 192.0.2.1'],
    },
    { title: 'any case', text: 'A. in a 192.0.2.1', want: ['A. 3600 1 A 192.0.2.1'] },
    {
      title: 'owner omitted',
      text: 'a. A 192.0.2.1\n  A 192.0.2.2\n\tMX 1 b.',
      want: ['a. 3600 1 A 192.0.2.1', 'a. 3600 1 A 192.0.2.2', 'a. 3600 1 MX 1 b.'],
    },
    { title: 'comments and blank lines', text: '; all\n\n  ; of it\na. A 192.0.2.1;end\n', want: ['a. 3600 1 A 192.0.2.1'] },
    { title: 'CRLF', text: 'a. A 192.0.2.1\r\nb. A 192.0.2.2\r\n', want: ['a. 3600 1 A 192.0.2.1', 'b. 3600 1 A 192.0.2.2'] },
    { title: 'names without a dot are below the root', text: 'a NS b', want: ['a. 3600 1 NS b.'] },
    {
      title: '$ORIGIN, relative too, and @',
      text: '$ORIGIN example.\n@ NS ns\n$ORIGIN a\nb MX 1 @',
      want: ['example. 3600 1 NS ns.example.', 'b.a.example. 3600 1 MX 1 a.example.'],
    },
    { title: 'an escaped dot at the end does not end a name', text: '$ORIGIN o.\na\\. NS b\\\\.', want: ['a\\..o. 3600 1 NS b\\\\.'] },
    {
      title: 'parentheses over lines, with comments',
      text: 'a. SOA b. c. ( 1 ; serial\n 2 3\n4 5 )\nb. A 192.0.2.1',
      want: ['a. 3600 1 SOA b. c. 1 2 3 4 5', 'b. 3600 1 A 192.0.2.1'],
    },
    { title: 'parentheses without blanks', text: 'a. MX(10 b.)', want: ['a. 3600 1 MX 10 b.'] },
    { title: 'quoted and plain strings', text: 'a. TXT "b c;(" d\\ e "\\"\\101"', want: ['a. 3600 1 TXT "b c;(" "d e" "\\"e"'] },
    { title: 'other characters as UTF-8', text: 'a. TXT "é"', want: ['a. 3600 1 TXT "\\195\\169"'] },
    { title: 'hexadecimal in chunks', text: 'a. DS 1 8 2 ( ab cd\n EF )', want: ['a. 3600 1 DS 1 8 2 ABCDEF'] },
    { title: 'base 64 in chunks', text: 'a. DNSKEY 257 3 8 AwE AAa\tz/', want: ['a. 3600 1 DNSKEY 257 3 8 AwEAAaz/'] },
    {
      title: 'unknown types and classes (RFC 3597 §5)',
      text: 'a. CLASS32 TYPE731 \\# 6 abcd ( ef 01 23 45 )',
      want: ['a. 3600 32 TYPE731 \\# 6 ABCDEF012345'],
    },
    { title: 'a known type given as octets', text: 'a. A \\# 4 c0000201', want: ['a. 3600 1 A 192.0.2.1'] },
    {
      title: 'RRSIG times in seconds',
      text: 'a. RRSIG A 8 1 60 1084127779 0 1 . AAAA',
      want: ['a. 3600 1 RRSIG A 8 1 60 20040509183619 19700101000000 1 . AAAA'],
    },
    { title: 'nothing', text: '\n;\n', want: [] },
  ])('$title', ({ text, want }) => expect(lines(text)).toEqual(want));

  test.each([
    { text: '\n\na. A 192.0.2', line: 3, says: '"192.0.2" is no IPv4 address' },
    { text: 'a. AAAA 192.0.2.1', line: 1, says: 'no IPv6 address' },
    { text: 'a. MX ten b.', line: 1, says: '"ten" is no number from 0 to 65535' },
    { text: 'a. MX 65536 b.', line: 1, says: 'no number from 0 to 65535' },
    { text: 'a. MX 10', line: 1, says: 'a MX record needs 2 fields, here are 1' },
    { text: 'a. MX 10 b. c.', line: 1, says: '"c." is too much in a MX record' },
    { text: 'a. NS b..c', line: 1, says: 'no empty label' },
    { text: `${'a'.repeat(64)}. A 192.0.2.1`, line: 1, says: 'a label has at most 63 octets' },
    { text: `$ORIGIN ${'a.'.repeat(120)}\n${'b'.repeat(30)} A 192.0.2.1`, line: 2, says: 'at most 255 octets' },
    { text: 'a. 60 IN', line: 1, says: 'a record needs a type' },
    { text: 'a. 60 60 A 192.0.2.1', line: 1, says: '"60" is no record type' },
    { text: 'a. 2147483648 A 192.0.2.1', line: 1, says: '"2147483648" is no record type' },
    { text: 'a. WHAT ever', line: 1, says: '"WHAT" is no record type' },
    { text: 'a. TYPE65536 \\# 0', line: 1, says: 'no record type' },
    { text: 'a. SVCB 1 .', line: 1, says: 'the fields of SVCB are not known here' },
    { text: ' A 192.0.2.1', line: 1, says: 'the first record must name its owner' },
    { text: 'a. DS 1 8 2', line: 1, says: 'a DS record ends too soon' },
    { text: 'a. DS 1 8 2 abc', line: 1, says: 'hexadecimal digits in pairs' },
    { text: 'a. DS 1 8 2 xy', line: 1, says: 'hexadecimal digits in pairs' },
    { text: 'a. DNSKEY 257 3 8 A', line: 1, says: 'base 64' },
    { text: 'a. DNSKEY 257 3 8 A===', line: 1, says: 'base 64' },
    { text: 'a. TXT', line: 1, says: 'ends too soon' },
    { text: `a. TXT ${'x'.repeat(256)}`, line: 1, says: 'at most 255 octets' },
    { text: 'a. TXT \\999', line: 1, says: '\\999 is no octet' },
    { text: 'a. TXT "b\nc"', line: 1, says: 'a quoted string is not closed' },
    { text: 'a. TXT b\\\n', line: 1, says: 'a backslash at the end of a line' },
    { text: 'b. A 192.0.2.1\na. SOA ( b. c.\n1 2', line: 2, says: 'a parenthesis is not closed' },
    { text: 'a. A 192.0.2.1 )', line: 1, says: 'a parenthesis is closed that was not opened' },
    { text: '$INCLUDE other', line: 1, says: '"$INCLUDE" is not supported' },
    { text: '$TTL soon', line: 1, says: '"soon" is no number of seconds' },
    { text: '$TTL', line: 1, says: '$TTL takes one value' },
    { text: '$ORIGIN a. b.', line: 1, says: '$ORIGIN takes one value' },
    { text: 'a. A \\# 3 c00002', line: 1, says: 'this is no A record' },
    { text: 'a. TYPE731 \\# 3 abcd', line: 1, says: '\\# says 3 octets, 2 follow' },
    { text: 'a. TYPE731 \\#', line: 1, says: 'needs a length' },
    { text: 'a. RRSIG A 8 1 60 20040230000000 20040101000000 1 . AAAA', line: 1, says: '"20040230000000" is no time' },
    { text: 'a. \x1b[31m\u2028 b', line: 1, says: '"?[31m" is no record type' },
  ])('$text', ({ text, line, says }) => {
    const error = errorOf(() => parseZoneText(text, 'root.hints'));
    expect(error).toBeInstanceOf(ZoneTextError);
    expect(error).toMatchObject({ line, source: 'root.hints' });
    expect((error as Error).message).toContain(`root.hints:${line}: `);
    expect((error as Error).message).toContain(says);
    expect((error as Error).message).toMatch(/^[\x20-\x7e]+$/);
  });

  test('over 1 MiB is refused unread', () => expect(() => parseZoneText('\n'.repeat(1_048_577), 'big')).toThrow(ZoneTextError));
  test.each([
    { title: 'one token', text: 'a'.repeat(1_048_576) },
    { title: 'parentheses', text: '('.repeat(1_048_576) },
    { title: 'empty strings', text: `a. TXT ${'""'.repeat(500_000)}` },
    { title: 'escapes', text: `a. TXT "${'\\a'.repeat(500_000)}"` },
    { title: 'base 64 in 400,000 chunks', text: `a. OPENPGPKEY ${'b '.repeat(400_000)}` },
    { title: 'backslashes before a dot', text: `a. NS ${'\\'.repeat(500_001)}.` },
  ])('1 MiB of $title is refused in a sentence', ({ text }) => expect(() => parseZoneText(text, 'big')).toThrow(ZoneTextError));
});

test('the root hints of this repository', () => {
  const records = parseZoneText(readFileSync(new URL('../../trust-anchors/root.hints', import.meta.url), 'utf8'), 'root.hints');
  expect(records.filter(({ type }) => type === 2).map(({ owner }) => formatName(owner))).toEqual(Array(13).fill('.'));
  expect(records.filter(({ type }) => type === 1).length).toBe(13);
  expect(records.filter(({ type }) => type === 28).length).toBe(13);
});
