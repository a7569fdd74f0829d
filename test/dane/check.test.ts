import { afterEach, describe, expect, test, vi } from 'vitest';
import { BudgetExceeded } from '../../src/base/budget.ts';
import { parseName } from '../../src/base/name.ts';
import { createDaneCheck } from '../../src/dane/check.ts';
import type { DaneReport } from '../../src/dane/report.ts';
import type { Resolver } from '../../src/resolver/resolution.ts';
import { DIGEST, ip, mx, NOW, resolutionOf, type Script, scriptedResolver, tlsa, USABLE } from './scripted-resolver.ts';

async function check(script: Script, options?: { port?: number }): Promise<{ report: DaneReport; asked: readonly string[] }> {
  const resolver = scriptedResolver(script);
  const report = await createDaneCheck({ resolver, now: () => NOW })(parseName('example'), options);
  return { report, asked: resolver.asked };
}

/** A domain with one host, `mx.example`, all secure; then changed by `script`. */
function oneHost(script: Script = {}): Script {
  return {
    'example MX': { rdata: mx([10, 'mx.example']) },
    'mx.example A': { rdata: ip('192.0.2.1') },
    'mx.example AAAA': { rdata: ip('2001:db8::1') },
    '_25._tcp.mx.example TLSA': { rdata: USABLE },
    ...script,
  };
}

describe('both verdicts, by what the lookups say', () => {
  const insecureMx = { 'example MX': { state: 'insecure', rdata: mx([10, 'mx.example']) } } as const;
  const unusable = { '_25._tcp.mx.example TLSA': { rdata: tlsa([1, 1, 1, DIGEST]) } };
  const insecureHost = {
    'mx.example A': { state: 'insecure', rdata: ip('192.0.2.1') },
    'mx.example AAAA': { state: 'insecure', rdata: ip('2001:db8::1') },
  } as const;
  const bogusHost = { 'mx.example A': { state: 'bogus' }, 'mx.example AAAA': { state: 'bogus' } } as const;
  const failedHost = { 'mx.example A': { state: 'indeterminate' }, 'mx.example AAAA': { state: 'indeterminate' } } as const;

  test.each<{
    title: string;
    script: Script;
    cisco: readonly [number | string, string, string];
    rfc: readonly [string, string, string];
    deliverable: boolean;
  }>([
    {
      title: 'row 1',
      script: oneHost(),
      cisco: [1, 'dane-success-if-certificate-matches', 'dane-success-if-certificate-matches'],
      rfc: ['verified-if-certificate-matches', 'verified-if-certificate-matches', 'tlsa-usable'],
      deliverable: true,
    },
    {
      title: 'row 3',
      script: oneHost({ '_25._tcp.mx.example TLSA': { state: 'insecure', rdata: USABLE } }),
      cisco: [3, 'dane-fail', 'opportunistic-tls'],
      rfc: ['delay', 'opportunistic-tls', 'tlsa-insecure'],
      deliverable: true,
    },
    {
      title: 'row 4',
      script: oneHost({ '_25._tcp.mx.example TLSA': {} }),
      cisco: [4, 'dane-fail', 'opportunistic-tls'],
      rfc: ['delay', 'opportunistic-tls', 'tlsa-denied'],
      deliverable: true,
    },
    {
      title: 'row 4, denial insecure',
      script: oneHost({ '_25._tcp.mx.example TLSA': { state: 'insecure', kind: 'nxdomain' } }),
      cisco: [4, 'dane-fail', 'opportunistic-tls'],
      rfc: ['delay', 'opportunistic-tls', 'tlsa-denied'],
      deliverable: true,
    },
    {
      title: 'row 5',
      script: oneHost({ '_25._tcp.mx.example TLSA': { state: 'bogus' } }),
      cisco: [5, 'dane-fail', 'dane-fail'],
      rfc: ['delay', 'delay', 'tlsa-bogus'],
      deliverable: false,
    },
    {
      title: 'row 5, a denial that does not hold',
      script: oneHost({ '_25._tcp.mx.example TLSA': { state: 'bogus', kind: 'nxdomain' } }),
      cisco: [5, 'dane-fail', 'dane-fail'],
      rfc: ['delay', 'delay', 'tlsa-bogus'],
      deliverable: false,
    },
    {
      title: 'row 6',
      script: oneHost(insecureHost),
      cisco: [6, 'dane-fail', 'opportunistic-tls'],
      rfc: ['delay', 'opportunistic-tls', 'address-insecure'],
      deliverable: true,
    },
    {
      title: 'row 7',
      script: oneHost(bogusHost),
      cisco: [7, 'dane-fail', 'dane-fail'],
      rfc: ['delay', 'delay', 'address-bogus'],
      deliverable: false,
    },
    {
      title: 'row 8',
      script: oneHost(insecureMx),
      cisco: [8, 'dane-fail', 'opportunistic-tls'],
      rfc: ['delay', 'opportunistic-tls-or-dane', 'mx-insecure'],
      deliverable: true,
    },
    {
      title: 'row 10',
      script: oneHost({ ...insecureMx, '_25._tcp.mx.example TLSA': { state: 'insecure', rdata: USABLE } }),
      cisco: [10, 'dane-fail', 'opportunistic-tls'],
      rfc: ['delay', 'opportunistic-tls', 'mx-insecure'],
      deliverable: true,
    },
    {
      title: 'row 11',
      script: oneHost({ ...insecureMx, '_25._tcp.mx.example TLSA': {} }),
      cisco: [11, 'dane-fail', 'opportunistic-tls'],
      rfc: ['delay', 'opportunistic-tls', 'mx-insecure'],
      deliverable: true,
    },
    {
      title: 'row 12',
      script: oneHost({ ...insecureMx, '_25._tcp.mx.example TLSA': { state: 'bogus' } }),
      cisco: [12, 'dane-fail', 'dane-fail'],
      rfc: ['delay', 'opportunistic-tls-or-dane', 'mx-insecure'],
      deliverable: true,
    },
    {
      title: 'row 13',
      script: oneHost({ ...insecureMx, ...insecureHost }),
      cisco: [13, 'dane-fail', 'opportunistic-tls'],
      rfc: ['delay', 'opportunistic-tls', 'mx-insecure'],
      deliverable: true,
    },
    {
      title: 'row 14',
      script: oneHost({ ...insecureMx, ...bogusHost }),
      cisco: [14, 'dane-fail', 'dane-fail'],
      rfc: ['delay', 'delay', 'address-bogus'],
      deliverable: false,
    },
    {
      title: 'row 15',
      script: { 'example MX': { state: 'bogus', rdata: mx([10, 'mx.example']) } },
      cisco: [15, 'dane-fail', 'dane-fail'],
      rfc: ['delay', 'delay', 'mx-bogus'],
      deliverable: false,
    },
    {
      title: 'unusable TLSA',
      script: oneHost(unusable),
      cisco: ['unusable-tlsa', 'delay', 'tls-required'],
      rfc: ['delay', 'tls-required', 'tlsa-unusable'],
      deliverable: true,
    },
    {
      title: 'unusable TLSA, insecure MX',
      script: oneHost({ ...insecureMx, ...unusable }),
      cisco: ['unusable-tlsa', 'delay', 'opportunistic-tls'],
      rfc: ['delay', 'opportunistic-tls-or-dane', 'mx-insecure'],
      deliverable: true,
    },
    {
      title: 'MX lookup failed',
      script: { 'example MX': { state: 'indeterminate' } },
      cisco: ['mx-lookup-error', 'delay', 'delay'],
      rfc: ['delay', 'delay', 'mx-lookup-failed'],
      deliverable: false,
    },
    {
      title: 'address lookups failed',
      script: oneHost(failedHost),
      cisco: ['address-lookup-error', 'delay', 'delay'],
      rfc: ['delay', 'delay', 'address-lookup-failed'],
      deliverable: false,
    },
    {
      title: 'TLSA lookup failed',
      script: oneHost({ '_25._tcp.mx.example TLSA': { state: 'indeterminate' } }),
      cisco: ['tlsa-lookup-error', 'delay', 'delay'],
      rfc: ['delay', 'delay', 'tlsa-lookup-failed'],
      deliverable: false,
    },
    {
      title: 'null MX',
      script: { 'example MX': { rdata: mx([0, '.']) } },
      cisco: ['null-mx', 'bounce', 'bounce'],
      rfc: ['bounce', 'bounce', 'null-mx'],
      deliverable: false,
    },
    {
      title: 'no such domain',
      script: { 'example MX': { kind: 'nxdomain' } },
      cisco: ['no-such-domain', 'bounce', 'bounce'],
      rfc: ['bounce', 'bounce', 'no-such-domain'],
      deliverable: false,
    },
    {
      title: 'no address',
      script: oneHost({ 'mx.example A': {}, 'mx.example AAAA': {} }),
      cisco: ['no-address', 'delay', 'delay'],
      rfc: ['bounce', 'bounce', 'no-address'],
      deliverable: false,
    },
    {
      title: 'an address in place of a name',
      script: { 'example MX': { rdata: mx([10, '192.0.2.1']) } },
      cisco: ['target-invalid', 'delay', 'delay'],
      rfc: ['delay', 'delay', 'target-invalid'],
      deliverable: false,
    },
    {
      title: 'IPv6 alone: no host to the appliance',
      script: oneHost({ 'mx.example A': {} }),
      cisco: ['no-address', 'delay', 'delay'],
      rfc: ['verified-if-certificate-matches', 'verified-if-certificate-matches', 'tlsa-usable'],
      deliverable: true,
    },
    {
      title: 'malformed MX',
      script: { 'example MX': { rdata: [Uint8Array.of(0)] } },
      cisco: ['mx-lookup-error', 'delay', 'delay'],
      rfc: ['delay', 'delay', 'mx-lookup-failed'],
      deliverable: false,
    },
    {
      title: 'addresses of the wrong length',
      script: oneHost({ 'mx.example A': { rdata: ip('2001:db8::2') }, 'mx.example AAAA': {} }),
      cisco: ['address-lookup-error', 'delay', 'delay'],
      rfc: ['delay', 'delay', 'address-lookup-failed'],
      deliverable: false,
    },
  ])('$title', async ({ script, cisco, rfc, deliverable }) => {
    const { report } = await check(script);
    expect([report.cisco.row, report.cisco.mandatory, report.cisco.opportunistic]).toEqual(cisco);
    expect([report.rfc7672.mandatory, report.rfc7672.opportunistic, report.rfc7672.reason]).toEqual(rfc);
    expect(report.deliverable).toBe(deliverable);
    expect(report.reasons).toContain(rfc[2]);
  });
});

describe('RFC 7672 §2.2.2: what is asked', () => {
  test('nothing of a host in an unsigned zone', async () => {
    const { asked } = await check(
      oneHost({ 'mx.example A': { state: 'insecure', rdata: ip('192.0.2.1') }, 'mx.example AAAA': { state: 'insecure' } }),
    );
    expect(asked).toEqual(['example. MX', 'mx.example. A', 'mx.example. AAAA']);
  });
  test('nothing more after a bogus MX', async () => {
    const { asked, report } = await check({ 'example MX': { state: 'bogus', rdata: mx([10, 'mx.example']) } });
    expect(asked).toEqual(['example. MX']);
    expect(report.mx.hosts).toEqual([]);
  });
  test('TLSA where one family alone validates, and the mismatch is said', async () => {
    const { asked, report } = await check(oneHost({ 'mx.example A': { state: 'indeterminate' } }));
    expect(asked).toContain('_25._tcp.mx.example. TLSA');
    expect(report.reasons).toContain('address-families-differ');
  });
  test('the port of the route', async () => {
    const { asked, report } = await check(oneHost({ '_587._tcp.mx.example TLSA': { rdata: USABLE } }), { port: 587 });
    expect(asked).toContain('_587._tcp.mx.example. TLSA');
    expect(report.port).toBe(587);
  });
});

describe('RFC 7672 §2.2.2, §2.2.3: an alias as host', () => {
  const aliases = [{ target: 'real.test', state: 'secure' }] as const;
  const secureChain = {
    'mx.example A': { rdata: ip('192.0.2.1'), aliases },
    'mx.example AAAA': { aliases },
  };
  test('(a) records at the expanded name end the search', async () => {
    const { asked, report } = await check(oneHost({ ...secureChain, '_25._tcp.real.test TLSA': { rdata: USABLE } }));
    expect(asked.filter((at) => at.endsWith('TLSA'))).toEqual(['_25._tcp.real.test. TLSA']);
    expect(report.mx.hosts[0]).toMatchObject({
      aliasRule: 'chain-secure',
      cname: [{ owner: 'mx.example', target: 'real.test', status: 'secure' }],
    });
    expect(report.mx.hosts[0]?.candidates[0]?.base).toBe('real.test');
  });
  test('(a) none there: the name as given is next', async () => {
    const { asked, report } = await check(oneHost(secureChain));
    expect(asked.filter((at) => at.endsWith('TLSA'))).toEqual(['_25._tcp.real.test. TLSA', '_25._tcp.mx.example. TLSA']);
    expect(report.cisco.row).toBe(1);
  });
  test('(a) a failure there makes the host unreachable, whatever the other name has', async () => {
    const { asked, report } = await check(oneHost({ ...secureChain, '_25._tcp.real.test TLSA': { state: 'indeterminate' } }));
    expect(asked).not.toContain('_25._tcp.mx.example. TLSA');
    expect(report.rfc7672.opportunistic).toBe('delay');
  });
  test('(b) target insecure: TLSA at the original name; the appliance stops at the insecure address', async () => {
    const { asked, report } = await check(
      oneHost({
        'mx.example A': { state: 'insecure', rdata: ip('192.0.2.1'), aliases },
        'mx.example AAAA': { state: 'insecure', aliases },
      }),
    );
    expect(asked.filter((at) => at.endsWith('TLSA'))).toEqual(['_25._tcp.mx.example. TLSA']);
    expect(report.rfc7672.opportunistic).toBe('verified-if-certificate-matches');
    expect(report.cisco).toEqual({ row: 6, mandatory: 'dane-fail', opportunistic: 'opportunistic-tls' });
  });
  test('(c) first link insecure: no DANE', async () => {
    const insecure = [{ target: 'real.test', state: 'insecure' }] as const;
    const { asked, report } = await check(
      oneHost({ 'mx.example A': { rdata: ip('192.0.2.1'), aliases: insecure }, 'mx.example AAAA': { aliases: insecure } }),
    );
    expect(asked.some((at) => at.endsWith('TLSA'))).toBe(false);
    expect(report.mx.hosts[0]?.aliasRule).toBe('first-link-insecure');
    expect(report.rfc7672.opportunistic).toBe('opportunistic-tls');
  });
  test('an insecure alias at the TLSA owner does not count', async () => {
    const { report } = await check(
      oneHost({ '_25._tcp.mx.example TLSA': { rdata: USABLE, aliases: [{ target: 'tlsa.test', state: 'insecure' }] } }),
    );
    expect(report.cisco.row).toBe(3);
  });
  test('an insecure alias on the way to the MX makes the MX insecure', async () => {
    const { report } = await check(
      oneHost({ 'example MX': { rdata: mx([10, 'mx.example']), aliases: [{ target: 'other.test', state: 'insecure' }] } }),
    );
    expect(report.cisco.row).toBe(8);
  });
});

test('the family that validates leads to the base domain, not the other', async () => {
  const { asked, report } = await check(
    oneHost({
      'mx.example A': { rdata: ip('192.0.2.1'), aliases: [{ target: 'four.test', state: 'insecure' }] },
      'mx.example AAAA': { rdata: ip('2001:db8::1'), aliases: [{ target: 'six.test', state: 'secure' }] },
    }),
  );
  expect(asked).toContain('_25._tcp.six.test. TLSA');
  expect(report.mx.hosts[0]?.cname[0]?.target).toBe('six.test');
});

test('a host whose TLSA owner would be too long has no TLSA records', async () => {
  const long = [...['a', 'b', 'c', 'd'].map((letter) => letter.repeat(60)), 'example'].join('.');
  const { asked, report } = await check({ 'example MX': { rdata: mx([10, long]) }, [`${long} A`]: { rdata: ip('192.0.2.1') } });
  expect(asked.some((at) => at.endsWith('TLSA'))).toBe(false);
  expect([report.cisco.row, report.rfc7672.reason]).toEqual([4, 'tlsa-denied']);
});

describe('several hosts', () => {
  const two: Script = {
    'example MX': { rdata: mx([20, 'b.example'], [10, 'a.example']) },
    'a.example A': { rdata: ip('192.0.2.1') },
    'b.example A': { rdata: ip('192.0.2.2') },
    '_25._tcp.a.example TLSA': { rdata: USABLE },
    '_25._tcp.b.example TLSA': { rdata: USABLE },
  };
  test('stand in order of preference, equals by name, each once', async () => {
    const { report } = await check({
      'example MX': { rdata: mx([20, 'c.example'], [10, 'b.example'], [20, 'a.example'], [5, 'C.example']) },
    });
    expect(report.mx.hosts.map(({ name, preference }) => `${preference} ${name}`)).toEqual(['5 C.example', '10 b.example', '20 a.example']);
  });
  test('one bogus: the appliance fails the domain, the RFC takes the other', async () => {
    const { report } = await check({ ...two, '_25._tcp.a.example TLSA': { state: 'bogus' } });
    expect(report.cisco).toEqual({ row: 5, mandatory: 'dane-fail', opportunistic: 'dane-fail' });
    expect(report.rfc7672.opportunistic).toBe('verified-if-certificate-matches');
    expect(report.deliverable).toBe(true);
    expect(report.reasons).toEqual(expect.arrayContaining(['tlsa-bogus', 'tlsa-usable']));
  });
  test.each<{ row: number; script: Script }>([
    { row: 7, script: { 'b.example A': { state: 'bogus' } } },
    { row: 12, script: { 'example MX': { ...two['example MX'], state: 'insecure' }, '_25._tcp.b.example TLSA': { state: 'bogus' } } },
    { row: 14, script: { 'example MX': { ...two['example MX'], state: 'insecure' }, 'b.example A': { state: 'bogus' } } },
  ])('the appliance fails the domain for a worse host in row $row too', async ({ row, script }) => {
    const { report } = await check({ ...two, ...script });
    expect(report.cisco).toEqual({ row, mandatory: 'dane-fail', opportunistic: 'dane-fail' });
    expect(report.deliverable).toBe(true);
  });
  test('one unreachable: the next', async () => {
    const { report } = await check({ ...two, 'a.example A': { state: 'indeterminate' }, 'a.example AAAA': { state: 'indeterminate' } });
    expect(report.cisco.opportunistic).toBe('dane-success-if-certificate-matches');
    expect(report.rfc7672.opportunistic).toBe('verified-if-certificate-matches');
  });
  test('a host with TLSA records does not pre-empt a better one without (§2.2.1), unless DANE is mandatory', async () => {
    const { report } = await check({ ...two, '_25._tcp.a.example TLSA': {} });
    expect(report.rfc7672).toEqual({
      mandatory: 'verified-if-certificate-matches',
      opportunistic: 'opportunistic-tls',
      reason: 'tlsa-denied',
    });
    expect(report.cisco).toEqual({ row: 4, mandatory: 'dane-success-if-certificate-matches', opportunistic: 'opportunistic-tls' });
  });
  test('the root beside other MX records is no null MX', async () => {
    const { report } = await check({ ...two, 'example MX': { rdata: mx([0, '.'], [10, 'a.example']) } });
    expect(report.mx.kind).toBe('records');
    expect(report.mx.hosts.map(({ rfc7672 }) => rfc7672.reason)).toEqual(['target-invalid', 'tlsa-usable']);
  });
});

describe('RFC 5321 §5.1: a domain without MX', () => {
  const itself: Script = { 'example A': { rdata: ip('192.0.2.1') }, '_25._tcp.example TLSA': { rdata: USABLE } };
  test('securely denied: it is its own host, rows 1 to 7', async () => {
    const { report } = await check(itself);
    expect(report.mx).toMatchObject({
      status: 'nxdomain',
      proof: 'secure',
      denial: 'nodata',
      kind: 'implicit',
      hosts: [{ name: 'example', preference: 0 }],
    });
    expect(report.cisco.row).toBe(1);
    expect(report.reasons).toContain('implicit-mx');
  });
  test('denied insecurely: rows 8 to 14', async () => {
    const { report } = await check({ ...itself, 'example MX': { state: 'insecure' } });
    expect(report.mx).toMatchObject({ status: 'nxdomain', proof: 'insecure', reason: 'unsigned-delegation', kind: 'implicit' });
    expect(report.cisco.row).toBe(8);
    expect(report.rfc7672.mandatory).toBe('delay');
  });
});

describe('the report', () => {
  test('says why of each lookup, with zone and EDE code', async () => {
    const { report } = await check(oneHost({ '_25._tcp.mx.example TLSA': { state: 'bogus' } }));
    expect(report.mx.hosts[0]?.candidates[0]).toMatchObject({
      status: 'bogus',
      reason: 'signature-expired',
      ede: 7,
      zone: 'broken.example',
      records: [],
    });
    expect(report.advice).toHaveLength(1);
  });
  test('is valid until the first of its lookups ends', async () => {
    const { report } = await check(
      oneHost({ 'mx.example AAAA': { ttl: 60, rdata: ip('2001:db8::1') }, '_25._tcp.mx.example TLSA': { ttl: 30, rdata: USABLE } }),
    );
    expect(report.checkedAt).toBe(new Date(NOW * 1000).toISOString());
    expect(report.validUntil).toBe(new Date((NOW + 30) * 1000).toISOString());
    expect(report.mx.ttl).toBe(3600);
  });

  test.each([
    { title: 'MX', script: { 'example MX': { state: 'indeterminate', ttl: -NOW } } },
    { title: 'a TLSA RRset', script: oneHost({ '_25._tcp.mx.example TLSA': { state: 'indeterminate', ttl: -NOW } }) },
  ] as const)('a report ends when it is made where $title could not be had, and not before', async ({ script }) => {
    const { report } = await check(script);
    expect(report.validUntil).toBe(report.checkedAt);
  });

  test('a lookup that ended while the others were made ends the report at once', async () => {
    const moments = [NOW, NOW + 8, NOW + 9];
    const resolver = scriptedResolver(oneHost({ 'mx.example A': { rdata: ip('192.0.2.1'), ttl: -1 } }));
    const report = await createDaneCheck({ resolver, now: () => moments.shift() ?? NOW + 10 })(parseName('example'));
    expect(Date.parse(report.validUntil)).toBeGreaterThanOrEqual(Date.parse(report.checkedAt));
  });
  test('gives no address that did not validate', async () => {
    const { report } = await check(oneHost({ 'mx.example A': { state: 'bogus', rdata: ip('192.0.2.66') } }));
    expect(JSON.stringify(report)).not.toContain('192.0.2.66');
  });
  test('escapes names', async () => {
    const { report } = await check({ 'example MX': { rdata: mx([10, 'a\\010b\\.c.example']) } });
    expect(report.mx.hosts[0]?.name).toBe('a\\010b\\.c.example');
  });
});

describe('ceilings', () => {
  afterEach(() => void vi.useRealTimers());

  test('hosts over the limit are left out and that is said', async () => {
    const hosts = Array.from({ length: 30 }, (_, i) => [i, `h${i}.example`] as const);
    const { report, asked } = await check({ 'example MX': { rdata: mx(...hosts) } });
    expect(report.mx.hosts).toHaveLength(20);
    expect(asked.length).toBeLessThanOrEqual(1 + 20 * 4);
    expect(report.reasons).toContain('too-many-hosts');
    // Of the hosts left out nothing is known, so this is no reason to bounce.
    expect(report.rfc7672.opportunistic).toBe('delay');
  });
  test('lookups over the limit end the check', async () => {
    const resolver = scriptedResolver(oneHost());
    await expect(createDaneCheck({ resolver, now: () => NOW, limits: { lookups: 2 } })(parseName('example'))).rejects.toThrow(
      BudgetExceeded,
    );
  });
  test('a lookup that this ceiling cut short is no verdict on the domain; one that had its own time is', async () => {
    const resolver: Resolver = {
      resolve: async ({ qname, qtype }) => ({
        ...resolutionOf(qname, qtype, { state: 'indeterminate' }),
        validation: { state: 'indeterminate', reason: 'limit-spent' },
      }),
    };
    const checkDane = createDaneCheck({ resolver, now: () => NOW, clockMs: () => 0 });
    await expect(checkDane(parseName('example'), { deadlineMs: 7_999 })).rejects.toThrow(BudgetExceeded);
    expect((await checkDane(parseName('example'), { deadlineMs: 8_000 })).cisco.row).toBe('mx-lookup-error');
  });
  test('no timer outlives a verdict', async () => {
    vi.useFakeTimers();
    await check(oneHost());
    expect(vi.getTimerCount()).toBe(0);
  });
  test.each([
    { title: 'its own limit', options: {}, ms: 20_000 },
    { title: 'the caller', options: { deadlineMs: 500 }, ms: 500 },
  ])('time by $title ends the check, though a resolver never answers', async ({ options, ms }) => {
    vi.useFakeTimers();
    const resolver = scriptedResolver(oneHost({ 'mx.example A': { silent: true } }));
    const outcome = createDaneCheck({ resolver, now: () => NOW })(parseName('example'), options).then(
      () => 'verdict',
      (error: unknown) => error,
    );
    await vi.advanceTimersByTimeAsync(ms - 1);
    expect(await Promise.race([outcome, Promise.resolve('waiting')])).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1);
    expect(await outcome).toBeInstanceOf(BudgetExceeded);
    expect(vi.getTimerCount()).toBe(0);
  });
});
