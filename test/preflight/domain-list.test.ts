/** Lists of domains in all the forms that operators have, and what is none of them. */

import { describe, expect, test } from 'vitest';
import { ListError, listLimits, readDomainList } from '../../src/preflight/domain-list.ts';

const read = (text: string | Uint8Array, options = {}) => readDomainList(typeof text === 'string' ? Buffer.from(text) : text, options);
const names = (text: string | Uint8Array, options = {}) => read(text, options).domains.map((listed) => listed.text);

describe('text', () => {
  test.each([
    { title: 'a domain a line', text: 'a.example\nb.example\n' },
    { title: 'CRLF', text: 'a.example\r\nb.example\r\n' },
    { title: 'CR alone', text: 'a.example\rb.example\r' },
    { title: 'no line end at the end', text: 'a.example\nb.example' },
    { title: 'a byte order mark', text: '\ufeffa.example\nb.example\n' },
    { title: 'last dots, capitals and blanks', text: '  A.Example. \n\tb.EXAMPLE\n' },
    { title: 'comments and empty lines', text: '# ours\n\na.example # the first\n\nb.example\n' },
    { title: 'a header', text: 'Domain\na.example\nb.example\n' },
    { title: 'UTF-16 of a spreadsheet', text: Buffer.from('\ufeffa.example\r\nb.example\r\n', 'utf16le') },
  ])('$title', ({ text }) => {
    const list = read(text);
    expect(list).toMatchObject({ format: 'text', duplicates: 0, unreadCount: 0 });
    expect(list.domains.map((listed) => listed.text)).toEqual(['a.example', 'b.example']);
  });

  test('a domain named again is counted, whatever its letters and last dot', () => {
    expect(read('a.example\nA.example.\nb.example\na.example\n')).toMatchObject({ duplicates: 2, domains: [{ line: 1 }, { line: 3 }] });
  });

  test('names beyond ASCII are taken in A-label form', () => {
    expect(names('bücher.example\nxn--bcher-kva.example\n日本。example\n')).toEqual(['xn--bcher-kva.example', 'xn--wgv71a.example']);
  });

  test.each([
    { title: 'a mail address', line: 'someone@a.example', why: /part behind the @/ },
    { title: 'an IP address', line: '192.0.2.1', why: /IP address/ },
    { title: 'an address literal', line: '[IPv6:2001:db8::1]', why: /IP address/, first: 'a.example' },
    { title: 'two words', line: 'a.example b.example', why: /more than one word/ },
    { title: 'a pattern', line: '.a.example', why: /names below/ },
    { title: 'a wildcard', line: '*.a.example', why: /wildcard/ },
    { title: 'the root', line: '.', why: /names below/ },
    { title: 'an empty label', line: 'a..example', why: /not the name of a domain/ },
    { title: 'a label too long', line: `${'a'.repeat(64)}.example`, why: /not the name of a domain/ },
    { title: 'a name too long', line: `${'a.'.repeat(200)}example`, why: /not the name of a domain/ },
    { title: 'markup', line: '<html>', why: /letters, digits and hyphens/ },
    { title: 'a URL', line: 'https://a.example/', why: /letters, digits and hyphens/ },
    { title: 'an escaped dot', line: 'a\\.b.example', why: /letters, digits and hyphens/ },
    { title: 'a formula', line: '=1+1', why: /letters, digits and hyphens/ },
    { title: 'a control character', line: 'a\u001b[31m.example', why: /./ },
    { title: 'a NUL', line: 'a\0.example', why: /./ },
    { title: 'no UTF-8', line: Buffer.from([0x61, 0xff, 0x2e, 0x62]).toString('latin1'), why: /./, latin1: true },
  ])('$title is told with its line', ({ line, why, first = '', latin1 = false }) => {
    const list = read(Buffer.from(`${first}\n${line}\ngood.example\n`, latin1 ? 'latin1' : 'utf8'));
    expect(list.domains.at(-1)?.text).toBe('good.example');
    expect(list).toMatchObject({ unreadCount: 1, unread: [{ line: 2, why: expect.stringMatching(why) }] });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is the point
    expect(list.unread[0]?.text).not.toMatch(/[\x00-\x1f\x7f]/);
  });

  test('a line of 10 MB is one line that is no domain', () => {
    const list = read(`a.example\n${'x'.repeat(10_000_000)}\nb.example\n`);
    expect(list).toMatchObject({ domains: [{ text: 'a.example' }, { text: 'b.example' }], unreadCount: 1 });
    expect(list.unread[0]).toMatchObject({ line: 2, why: 'it has 10000000 characters, more than any domain name' });
    expect(list.unread[0]?.text.length).toBeLessThan(100);
  });

  test('of many lines that are none all are counted and the first told', () => {
    const list = read('no domain\n'.repeat(5_000));
    expect(list.unreadCount).toBe(5_000);
    expect(list.unread.length).toBe(listLimits.unreadTold);
  });

  test('octets at random give an outcome', () => {
    let state = 1;
    const octets = Uint8Array.from({ length: 100_000 }, () => {
      state = (state * 48_271) % 0x7fff_ffff;
      return state & 0xff;
    });
    expect(read(octets).unreadCount).toBeGreaterThan(0);
  });
});

describe('CSV', () => {
  test.each([
    { title: 'a known header', text: 'id,Domain,owner\r\n1,a.example,x\r\n2,b.example,y\r\n' },
    { title: 'semicolons', text: 'id;domain\n1;a.example\n2;b.example\n' },
    { title: 'tabs', text: 'id\tdomain\n1\ta.example\n2\tb.example\n' },
    { title: 'quotes', text: '"domain","note"\n"a.example","x, y"\n"b.example","z\nz"\n' },
    { title: 'no header: the first column', text: 'a.example,1\nb.example,2\n' },
    { title: 'rows of other lengths', text: 'domain,note\na.example\nb.example,x,y,z\n' },
    { title: 'a byte order mark', text: '\ufeffdomain,note\na.example,x\nb.example,y\n' },
  ])('$title', ({ text }) => {
    expect(read(text)).toMatchObject({ format: 'csv', unreadCount: 0 });
    expect(names(text)).toEqual(['a.example', 'b.example']);
  });

  test('a column by name or number', () => {
    const text = 'name,to\nx,a.example\ny,b.example\n';
    expect(names(text, { column: 'To' })).toEqual(['a.example', 'b.example']);
    expect(names(text.split('\n').slice(1).join('\n'), { column: '2' })).toEqual(['a.example', 'b.example']);
    expect(() => read(text, { column: 'from' })).toThrow(new ListError('the list has no column from'));
    expect(() => read(text, { column: '3' })).toThrow(ListError);
  });

  test('lines are those of the file', () => {
    expect(read('domain,note\na.example,x\nnot a domain,y\n').unread).toEqual([
      { line: 3, text: 'not a domain', why: 'a mail domain is made of letters, digits and hyphens (RFC 5321 §2.3.5)' },
    ]);
  });

  test('a dane column says what holds for a domain', () => {
    expect(read('domain,dane\na.example,mandatory\nb.example,none\nc.example,\nd.example,perhaps\n')).toMatchObject({
      domains: [{ policy: 'mandatory' }, { policy: 'none' }, { text: 'c.example' }],
      unread: [{ line: 5, why: 'perhaps is no setting of DANE' }],
    });
  });

  test.each(['constructor', '__proto__', 'toString'])('%s, which every object has, is no setting of DANE', (word) => {
    expect(read(`domain,dane\na.example,${word}\n`)).toMatchObject({
      domains: [],
      unread: [{ line: 2, why: `${word} is no setting of DANE` }],
    });
  });

  test('a quotation mark that is not closed swallows nothing in silence', () => {
    const list = read(`domain,note\na.example,x\n"b.example,y\n${'c.example,z\n'.repeat(1_000)}`);
    expect(list.domains.map((listed) => listed.text)).toEqual(['a.example']);
    expect(list.unreadCount).toBeGreaterThan(0);
  });
});

describe("the appliance's destination controls", () => {
  const text = `[DEFAULT]
ip_sort_pref = PREFER_V6
max_host_concurrency = 500
table_tls = off

[a.example]
table_tls = on
bounce_profile = tls_failed
[b.example]
dane = mandatory
; a remark
[c.example]
table_dane = none
`;
  test('a section a destination; DEFAULT is none', () => {
    expect(read(text)).toMatchObject({
      format: 'destination-controls',
      unreadCount: 0,
      domains: [
        { text: 'a.example', line: 6 },
        { text: 'b.example', line: 9, policy: 'mandatory' },
        { text: 'c.example', line: 12, policy: 'none' },
      ],
    });
    expect(read(text).domains[0]).not.toHaveProperty('policy');
  });

  test('a section for all names below a domain is told, not guessed at', () => {
    expect(read('[DEFAULT]\n[.a.example]\ntls = on\nwhat is this\n')).toMatchObject({
      unread: [
        { line: 4, why: 'it is neither [a destination] nor key = value' },
        { line: 2, text: '.a.example' },
      ],
    });
  });
});

test('a list that is too long is refused in whole', () => {
  expect(() => read(new Uint8Array(listLimits.octets + 1))).toThrow(ListError);
  expect(() => read('a.example\nb.example\nc.example\n', { maxDomains: 2 })).toThrow('the list names more than 2 domains: split it');
  expect(read('')).toMatchObject({ domains: [], unreadCount: 0 });
});
