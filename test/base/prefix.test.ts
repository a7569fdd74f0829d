import { describe, expect, test } from 'vitest';
import { createPrefixSet, EndpointError, formatEndpoint, PrefixError, parseEndpoint } from '../../src/base/prefix.ts';

describe('createPrefixSet', () => {
  test.each([
    { prefixes: ['127.0.0.0/8'], address: '127.255.255.255', want: true },
    { prefixes: ['127.0.0.0/8'], address: '128.0.0.0', want: false },
    { prefixes: ['192.0.2.1'], address: '192.0.2.1', want: true },
    { prefixes: ['192.0.2.1'], address: '192.0.2.2', want: false },
    { prefixes: ['192.0.2.0/25'], address: '192.0.2.128', want: false },
    { prefixes: ['0.0.0.0/0'], address: '203.0.113.9', want: true },
    { prefixes: ['0.0.0.0/0'], address: '2001:db8::1', want: false },
    { prefixes: ['::/0'], address: '203.0.113.9', want: false },
    { prefixes: ['::/0'], address: '::ffff:203.0.113.9', want: false },
    { prefixes: ['::1/128'], address: '0:0:0:0:0:0:0:1', want: true },
    { prefixes: ['2001:db8::/32'], address: '2001:DB8:1::5', want: true },
    { prefixes: ['2001:db8::/33'], address: '2001:db8:8000::', want: false },
    { prefixes: ['fe80::/10'], address: 'fe80::1%eth0', want: true },
    { prefixes: ['10.0.0.0/8'], address: '::ffff:10.1.2.3', want: true },
    { prefixes: ['10.0.0.0/8'], address: '::ffff:a01:203', want: true },
    { prefixes: ['10.0.0.0/8'], address: '0:0:0:0:0:ffff:a01:203', want: true },
    { prefixes: ['10.0.0.0/8'], address: '::10.1.2.3', want: false },
    { prefixes: ['::ffff:10.0.0.0/104'], address: '10.200.0.1', want: true },
    { prefixes: ['::ffff:10.0.0.0/104'], address: '11.0.0.1', want: false },
    { prefixes: ['10.0.0.0/8', '::1'], address: '::1', want: true },
    { prefixes: [], address: '127.0.0.1', want: false },
    { prefixes: ['0.0.0.0/0', '::/0'], address: 'localhost', want: false },
    { prefixes: ['0.0.0.0/0', '::/0'], address: '', want: false },
  ])('$prefixes has $address: $want', ({ prefixes, address, want }) => {
    const set = createPrefixSet(prefixes);
    expect(set.has(address)).toBe(want);
    expect(set.has(address), 'the remembered judgement').toBe(want);
  });

  test('what it remembers is bounded and stays right', () => {
    const set = createPrefixSet(['10.0.0.0/16']);
    for (let i = 0; i < 5_000; i++) expect(set.has(`10.${i % 2}.${(i >> 8) & 0xff}.${i & 0xff}`)).toBe(i % 2 === 0);
  });

  test.each([
    ['', /no IPv4 or IPv6 address/],
    ['localhost', /no IPv4 or IPv6 address/],
    ['10.0.0/8', /no IPv4 or IPv6 address/],
    ['10.0.0.0/33', /from 0 to 32/],
    ['10.0.0.0/', /from 0 to 32/],
    ['10.0.0.0/-1', /from 0 to 32/],
    ['10.0.0.0/8/8', /from 0 to 32/],
    ['::1/129', /from 0 to 128/],
    ['10.1.0.0/8', /bits are set behind the first 8/],
    ['2001:db8::1/64', /bits are set behind the first 64/],
    ['::ffff:10.0.0.0/95', /96 or more/],
    ['fe80::1%eth0/64', /zone index/],
  ])('%s is no prefix, and the sentence says why', (text, message) => {
    expect(() => createPrefixSet([text])).toThrow(PrefixError);
    expect(() => createPrefixSet([text])).toThrow(message);
  });
});

describe('parseEndpoint', () => {
  test.each([
    ['127.0.0.1:5335', undefined, { address: '127.0.0.1', port: 5335 }],
    ['[::1]:53', undefined, { address: '::1', port: 53 }],
    ['[fe80::1%eth0]:53', undefined, { address: 'fe80::1%eth0', port: 53 }],
    ['0.0.0.0:0', undefined, { address: '0.0.0.0', port: 0 }],
    ['192.0.2.1', 53, { address: '192.0.2.1', port: 53 }],
    ['[2001:db8::1]', 53, { address: '2001:db8::1', port: 53 }],
    ['2001:db8::1', 53, { address: '2001:db8::1', port: 53 }],
    ['192.0.2.1:54', 53, { address: '192.0.2.1', port: 54 }],
  ])('%s with default port %s', (text, defaultPort, want) => {
    expect(parseEndpoint(text, defaultPort)).toEqual(want);
  });

  test.each([
    ['127.0.0.1', undefined, /has no port/],
    ['::1', undefined, /write \[::1\]:PORT/],
    ['[127.0.0.1]:53', undefined, /no endpoint/],
    ['localhost:53', undefined, /no endpoint/],
    ['::1:53x', 53, /no endpoint/],
    ['127.0.0.1:65536', undefined, /from 0 to 65535/],
    ['127.0.0.1:', 53, /from 0 to 65535/],
    ['127.0.0.1:5e1', undefined, /from 0 to 65535/],
    ['', 53, /no endpoint/],
  ])('%s with default port %s is none', (text, defaultPort, message) => {
    expect(() => parseEndpoint(text, defaultPort)).toThrow(EndpointError);
    expect(() => parseEndpoint(text, defaultPort)).toThrow(message);
  });

  test.each(['127.0.0.1:53', '[2001:db8::1]:5335'])('%s is printed as it is read', (text) => {
    expect(formatEndpoint(parseEndpoint(text))).toBe(text);
  });
});
