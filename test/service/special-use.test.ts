import { describe, expect, test } from 'vitest';
import { formatName, parseName } from '../../src/base/name.ts';
import { Class, Type } from '../../src/base/registry.ts';
import { answerSpecialUse } from '../../src/service/special-use.ts';
import { readPlainName } from '../../src/wire/name-ref.ts';

const NOW = 1_700_000_000;
const ask = (name: string, qtype: number = Type.A, configured: string[] = [], qclass: number = Class.IN) =>
  answerSpecialUse({ qname: parseName(name), qtype, qclass }, NOW, configured.map(parseName));

const loopback = { [Type.A]: '7f000001', [Type.AAAA]: '00000000000000000000000000000001' };

describe('localhost (RFC 6761 §6.3)', () => {
  test.each(['localhost', 'LOCALHOST', 'a.b.localhost'])('%s has the loopback addresses and nothing else', (name) => {
    for (const type of [Type.A, Type.AAAA] as const) {
      const found = ask(name, type);
      expect(found).toMatchObject({ kind: 'answer', validation: { state: 'insecure' }, authority: [] });
      expect(found?.answer.map(({ owner, rdata }) => [formatName(owner), Buffer.from(rdata[0]!).toString('hex')])).toEqual([
        [`${name}.`, loopback[type]],
      ]);
    }
    expect(ask(name, Type.MX)).toMatchObject({ kind: 'nodata', answer: [], authority: [{ type: Type.SOA }] });
  });

  test.each([
    ['1.0.0.127.in-addr.arpa', 'answer'],
    ['0.0.127.in-addr.arpa', 'nodata'],
    ['127.in-addr.arpa', 'nodata'],
    ['2.0.0.127.in-addr.arpa', 'nxdomain'],
    ['1.1.0.0.127.in-addr.arpa', 'nxdomain'],
    [`1.${'0.'.repeat(31)}ip6.arpa`, 'answer'],
  ])('PTR of %s: %s', (name, kind) => {
    const found = ask(name, Type.PTR);
    expect(found?.kind).toBe(kind);
    if (kind === 'answer') expect(formatName(readPlainName(found!.answer[0]!.rdata[0]!, 0).name)).toBe('localhost.');
  });
});

describe('names that do not exist', () => {
  test.each([
    ['RFC 6761', 'host.invalid', 'invalid.'],
    ['RFC 6761', 'a.b.test', 'test.'],
    ['RFC 6762', 'printer.local', 'local.'],
    ['RFC 7686', 'abc.onion', 'onion.'],
    ['RFC 9476', 'x.alt', 'alt.'],
    ['RFC 8375', 'nas.home.arpa', 'home.arpa.'],
    ['RFC 9462', '_dns.resolver.arpa', 'resolver.arpa.'],
    ['RFC 6303', '4.3.2.10.in-addr.arpa', '10.in-addr.arpa.'],
    ['RFC 6303', '1.1.16.172.in-addr.arpa', '16.172.in-addr.arpa.'],
    ['RFC 6303', '1.1.31.172.in-addr.arpa', '31.172.in-addr.arpa.'],
    ['RFC 6303', '1.1.168.192.in-addr.arpa', '168.192.in-addr.arpa.'],
    ['RFC 6303', '1.1.254.169.in-addr.arpa', '254.169.in-addr.arpa.'],
    ['RFC 7793', '1.1.64.100.in-addr.arpa', '64.100.in-addr.arpa.'],
    ['RFC 7793', '1.1.127.100.in-addr.arpa', '127.100.in-addr.arpa.'],
    ['RFC 6303', '1.d.f.ip6.arpa', 'd.f.ip6.arpa.'],
    ['RFC 6303', '1.b.e.f.ip6.arpa', 'b.e.f.ip6.arpa.'],
    ['RFC 6303', '0.8.b.d.0.1.0.0.2.ip6.arpa', '8.b.d.0.1.0.0.2.ip6.arpa.'],
  ])('%s: %s, denied by the SOA of %s (RFC 6303 §3)', (_, name, apex) => {
    const found = ask(name);
    expect(found).toMatchObject({ kind: 'nxdomain', answer: [], validation: { state: 'insecure' }, expires: NOW + 10_800 });
    expect(found?.authority).toHaveLength(1);
    const soa = found!.authority[0]!;
    const mname = readPlainName(soa.rdata[0]!, 0);
    const rname = readPlainName(soa.rdata[0]!, mname.end);
    const numbers = Array.from({ length: 5 }, (_, i) => Buffer.from(soa.rdata[0]!).readUInt32BE(rname.end + 4 * i));
    expect([formatName(soa.owner), formatName(mname.name), formatName(rname.name)]).toEqual([apex, apex, 'nobody.invalid.']);
    expect([soa.ttl, ...numbers]).toEqual([10_800, 1, 3_600, 1_200, 604_800, 10_800]);
  });

  test.each([
    [Type.SOA, 'answer'],
    [Type.NS, 'answer'],
    [Type.A, 'nodata'],
    [Type.ANY, 'answer'],
  ])('the apex exists: type %i of invalid is %s', (type, kind) => {
    expect(ask('invalid', type)?.kind).toBe(kind);
  });
});

describe('names that are resolved as any other', () => {
  test.each([
    ['the root', '.', Type.NS],
    ['RFC 6761 §6.5', 'www.example', Type.A],
    ['RFC 8880 §7.1', 'ipv4only.arpa', Type.A],
    ['no special top level', 'www.sandbox', Type.A],
    ['a name that only ends alike', 'notlocalhost', Type.A],
    ['a special label in another place', 'localhost.example.com', Type.A],
    ['a public address', '1.1.15.172.in-addr.arpa', Type.PTR],
    ['a public address', '1.1.32.172.in-addr.arpa', Type.PTR],
    ['a public address', '1.1.63.100.in-addr.arpa', Type.PTR],
    ['a public address', '1.1.128.100.in-addr.arpa', Type.PTR],
    ['above a special zone', '192.in-addr.arpa', Type.NS],
    ['above a special zone', 'arpa', Type.NS],
    ['the DS of the apex is its parent’s', 'localhost', Type.DS],
    ['the DS of the apex is its parent’s', 'home.arpa', Type.DS],
    ['the DS of the apex is its parent’s', '10.in-addr.arpa', Type.DS],
  ])('%s: %s', (_, name, type) => {
    expect(ask(name, type)).toBeUndefined();
  });

  test('a DS below the apex is denied here', () => {
    expect(ask('host.invalid', Type.DS)?.kind).toBe('nxdomain');
  });

  test('another class', () => {
    expect(ask('localhost', Type.A, [], Class.CH)).toBeUndefined();
  });

  test.each([
    { configured: ['10.in-addr.arpa'], name: '1.2.3.10.in-addr.arpa', here: false },
    { configured: ['3.10.in-addr.arpa'], name: '1.2.3.10.in-addr.arpa', here: false },
    { configured: ['3.10.in-addr.arpa'], name: '1.2.4.10.in-addr.arpa', here: true },
    { configured: ['corp.local'], name: 'dc.corp.local', here: false },
    { configured: ['corp.local'], name: 'printer.local', here: true },
    { configured: ['.'], name: 'printer.local', here: true },
    { configured: ['in-addr.arpa'], name: '1.2.3.10.in-addr.arpa', here: true },
  ])('RFC 6303 §2: with $configured configured, $name is answered here: $here', ({ configured, name, here }) => {
    expect(ask(name, Type.PTR, configured) !== undefined).toBe(here);
  });
});
