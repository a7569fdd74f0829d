import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { createDaneCheck } from '../../src/dane/check.ts';
import { formatTranscript } from '../../src/dane/transcript.ts';
import { DIGEST, ip, mx, NOW, type Script, scriptedResolver, tlsa, USABLE } from './scripted-resolver.ts';

async function transcript(domain: string, script: Script): Promise<string> {
  return formatTranscript(await createDaneCheck({ resolver: scriptedResolver(script), now: () => NOW })(parseName(domain)));
}

/** What `daneverify` printed on a Cisco ESA, as in the maker's note on DANE for that appliance: whole, and to the octet. */
describe('transcripts of the appliance', () => {
  test('cisco.com: three insecure hosts', async () => {
    const insecure = (address: string) => ({ state: 'insecure', rdata: ip(address) }) as const;
    const text = await transcript('cisco.com', {
      'cisco.com MX': {
        state: 'insecure',
        rdata: mx([20, 'rcdn-mx-01.cisco.com'], [30, 'aer-mx-01.cisco.com'], [10, 'alln-mx-01.cisco.com']),
      },
      'alln-mx-01.cisco.com A': insecure('173.37.147.230'),
      'rcdn-mx-01.cisco.com A': insecure('72.163.7.166'),
      'aer-mx-01.cisco.com A': insecure('173.38.212.150'),
    });
    expect(text).toBe(`INSECURE MX record(alln-mx-01.cisco.com) found for cisco.com
INSECURE MX record(alln-mx-01.cisco.com) found. The command will still proceed.
INSECURE A record (173.37.147.230) found for MX(alln-mx-01.cisco.com) in cisco.com
Trying next MX record in cisco.com
INSECURE MX record(rcdn-mx-01.cisco.com) found for cisco.com
INSECURE MX record(rcdn-mx-01.cisco.com) found. The command will still proceed.
INSECURE A record (72.163.7.166) found for MX(rcdn-mx-01.cisco.com) in cisco.com
Trying next MX record in cisco.com
INSECURE MX record(aer-mx-01.cisco.com) found for cisco.com
INSECURE MX record(aer-mx-01.cisco.com) found. The command will still proceed.
INSECURE A record (173.38.212.150) found for MX(aer-mx-01.cisco.com) in cisco.com
DANE FAILED for cisco.com
DANE verification completed.
`);
  });

  test('thinkbeyond.ch: one insecure host with two addresses', async () => {
    const host = 'thinkbeyond-ch.mail.protection.outlook.com';
    const text = await transcript('thinkbeyond.ch', {
      'thinkbeyond.ch MX': { state: 'insecure', rdata: mx([0, host]) },
      [`${host} A`]: { state: 'insecure', rdata: ip('104.47.9.36', '104.47.10.36') },
    });
    expect(text).toBe(`INSECURE MX record(thinkbeyond-ch.mail.protection.outlook.com) found for thinkbeyond.ch
INSECURE MX record(thinkbeyond-ch.mail.protection.outlook.com) found. The command will still proceed.
INSECURE A record (104.47.9.36) found for MX(thinkbeyond-ch.mail.protection.outlook.com) in thinkbeyond.ch
Trying next A record (104.47.10.36) for MX(thinkbeyond-ch.mail.protection.outlook.com) in thinkbeyond.ch
INSECURE A record (104.47.10.36) found for MX(thinkbeyond-ch.mail.protection.outlook.com) in thinkbeyond.ch
DANE FAILED for thinkbeyond.ch
DANE verification completed.
`);
  });

  test('ietf.org: bogus MX', async () => {
    const text = await transcript('ietf.org', { 'ietf.org MX': { state: 'bogus', rdata: mx([0, 'mail.ietf.org']) } });
    expect(text).toBe(`BOGUS MX record found for ietf.org
DANE FAILED for ietf.org
DANE verification completed.
`);
  });

  test('ietf.org: where theirs connects, ours ends', async () => {
    const text = await transcript('ietf.org', {
      'ietf.org MX': { rdata: mx([0, 'mail.ietf.org']) },
      'mail.ietf.org A': { rdata: ip('4.31.198.44') },
      '_25._tcp.mail.ietf.org TLSA': { rdata: USABLE },
    });
    expect(text).toBe(`SECURE MX record(mail.ietf.org) found for ietf.org
SECURE A record (4.31.198.44) found for MX(mail.ietf.org) in ietf.org
SECURE TLSA record found for MX(mail.ietf.org) in ietf.org
Certificate not checked.
`);
  });
});

describe('lines that the appliance has no wording for', () => {
  const host: Script = { 'example MX': { rdata: mx([10, 'mx.example']) }, 'mx.example A': { rdata: ip('192.0.2.1', '192.0.2.2') } };
  const FOUND = ['SECURE MX record(mx.example) found for example'];
  const ADDRESS = 'SECURE A record (192.0.2.1) found for MX(mx.example) in example';
  const END = ['DANE FAILED for example', 'DANE verification completed.'];

  test.each<{ title: string; script: Script; want: readonly string[] }>([
    {
      title: 'bogus A',
      script: { ...host, 'mx.example A': { state: 'bogus' } },
      want: [...FOUND, 'BOGUS A record found for MX(mx.example) in example', ...END],
    },
    { title: 'no A', script: { ...host, 'mx.example A': {} }, want: [...FOUND, 'No A record found for MX(mx.example) in example', ...END] },
    {
      title: 'A lookup failed',
      script: { ...host, 'mx.example A': { state: 'indeterminate' } },
      want: [...FOUND, 'A lookup error for MX(mx.example) in example: servers-unreachable.', ...END],
    },
    {
      title: 'insecure TLSA',
      script: { ...host, '_25._tcp.mx.example TLSA': { state: 'insecure', rdata: USABLE } },
      want: [...FOUND, ADDRESS, 'INSECURE TLSA record found for MX(mx.example) in example', ...END],
    },
    {
      title: 'bogus TLSA',
      script: { ...host, '_25._tcp.mx.example TLSA': { state: 'bogus' } },
      want: [...FOUND, ADDRESS, 'BOGUS TLSA record found for MX(mx.example) in example', ...END],
    },
    { title: 'no TLSA', script: host, want: [...FOUND, ADDRESS, 'No TLSA record found for MX(mx.example) in example', ...END] },
    {
      title: 'TLSA lookup failed',
      script: { ...host, '_25._tcp.mx.example TLSA': { state: 'indeterminate' } },
      want: [...FOUND, ADDRESS, 'TLSA lookup error for MX(mx.example) in example: servers-unreachable.', ...END],
    },
    {
      title: 'unusable TLSA',
      script: { ...host, '_25._tcp.mx.example TLSA': { rdata: tlsa([0, 0, 1, DIGEST]) } },
      want: [
        ...FOUND,
        ADDRESS,
        'SECURE TLSA record found for MX(mx.example) in example',
        'TLSA records unusable for MX(mx.example) in example',
        ...END,
      ],
    },
    {
      title: 'MX lookup failed',
      script: { 'example MX': { state: 'indeterminate' } },
      want: ['MX lookup error for example: servers-unreachable.', ...END],
    },
    { title: 'null MX', script: { 'example MX': { rdata: mx([0, '.']) } }, want: ['Null MX record found for example', ...END] },
    { title: 'no such domain', script: { 'example MX': { kind: 'nxdomain' } }, want: ['No MX record found for example', ...END] },
    {
      title: 'implicit MX',
      script: { 'example A': { rdata: ip('192.0.2.1') } },
      want: [
        'No MX record found for example',
        'SECURE A record (192.0.2.1) found for MX(example) in example',
        'No TLSA record found for MX(example) in example',
        ...END,
      ],
    },
    {
      title: 'MX names an address',
      script: { 'example MX': { rdata: mx([10, '192.0.2.1']) } },
      want: ['SECURE MX record(192.0.2.1) found for example', 'Invalid host name in MX(192.0.2.1) in example', ...END],
    },
    {
      title: 'a line feed in a name stays on its line',
      script: { 'example MX': { rdata: mx([10, 'a\\010DANE\\032SUCCESS.example']) } },
      want: [
        'SECURE MX record(a\\010DANE\\032SUCCESS.example) found for example',
        'Invalid host name in MX(a\\010DANE\\032SUCCESS.example) in example',
        ...END,
      ],
    },
  ])('$title', async ({ script, want }) => {
    expect((await transcript('example', script)).split('\n')).toEqual([...want, '']);
  });

  test('one bogus host fails the domain, and the next is not tried', async () => {
    const text = await transcript('example', {
      ...host,
      'example MX': { rdata: mx([10, 'mx.example'], [20, 'b.example']) },
      '_25._tcp.mx.example TLSA': { state: 'bogus' },
    });
    expect(text.trimEnd().split('\n').slice(-3)).toEqual(['BOGUS TLSA record found for MX(mx.example) in example', ...END]);
  });
  test('a host without TLSA is followed by the next', async () => {
    const text = await transcript('example', {
      ...host,
      'example MX': { rdata: mx([10, 'mx.example'], [20, 'b.example']) },
      'b.example A': { rdata: ip('192.0.2.3') },
      '_25._tcp.b.example TLSA': { rdata: USABLE },
    });
    expect(text).toContain('Trying next MX record in example\nSECURE MX record(b.example) found for example\n');
    expect(text.endsWith('Certificate not checked.\n')).toBe(true);
  });
});
