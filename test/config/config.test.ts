import { describe, expect, test } from 'vitest';
import { formatName } from '../../src/base/name.ts';
import { toResolverSettings } from '../../src/config/resolver-settings.ts';
import { isPrefix, tryParseEndpoint, tryParseMoment, tryParseOctets, tryParseServer } from '../../src/config/values.ts';
import { ConfigError, configSchema, defaultConfig, loadConfig, parseConfig } from '../../src/config.ts';

const parse = (text: string) => parseConfig(text, 'zeker.yaml', '/etc/zeker');

function problemOf(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return 'accepted';
}

describe('defaults', () => {
  test('an empty file is a whole configuration', () => {
    expect(defaultConfig()).toMatchObject({
      listen: {
        dns: [
          { address: '127.0.0.1', port: 5335 },
          { address: '::1', port: 5335 },
        ],
        byDefault: true,
        http: { address: '127.0.0.1', port: 8053 },
      },
      access: { allow: ['127.0.0.0/8', '::1/128'] },
      http: { access: ['127.0.0.0/8', '::1/128'], hosts: [] },
      root: { hints: undefined },
      trust: { anchors: undefined, rfc5011: false },
      resolver: {
        priming: true,
        qnameMinimisation: true,
        caseRandomisation: true,
        specialUseNames: true,
        upstreamPort: 53,
        ipv4: true,
        ipv6: true,
        forward: [],
        stub: [],
      },
      validation: { enabled: true, time: undefined, sha1: 'insecure', sha1Digest: true, negativeTrustAnchors: [] },
      cache: { maxOctets: 256_000_000, minTtl: 0, maxTtl: 86_400, prefetch: false, serveStale: false, maxStale: 86_400 },
      log: { level: 'info', file: undefined },
    });
  });

  test.each([
    ['', 0],
    ['cache: { maxStale: 3600 }', 0],
    ['cache: { serveStale: true }', 86_400],
    ['cache: { serveStale: true, maxStale: 3600 }', 3_600],
  ])('%j: nothing is given more than %i s past its TTL', (text, want) => {
    expect(toResolverSettings(parse(text)).maxStale).toBe(want);
  });

  test.each(['', '# a comment alone\n', '{}', 'listen: {}\nresolver: {}\n'])('%j means the defaults', (text) => {
    expect(parse(text)).toEqual(defaultConfig());
  });

  test('doNotQuery bars loopback, private, link-local and multicast addresses', () => {
    expect(defaultConfig().resolver.doNotQuery).toEqual(
      expect.arrayContaining(['127.0.0.0/8', '10.0.0.0/8', '169.254.0.0/16', '224.0.0.0/4', 'fc00::/7', 'fe80::/10', 'ff00::/8']),
    );
  });
});

describe('values', () => {
  test('JSON is YAML: the shape that a test harness writes', () => {
    const config = parse(
      JSON.stringify({
        listen: { dns: ['192.0.2.1:53'], http: '127.0.0.1:8053' },
        access: { allow: ['0.0.0.0/0', '::/0'] },
        root: { hints: '/tmp/root.hints' },
        trust: { anchors: 'anchors', rfc5011: false },
        resolver: {
          priming: false,
          doNotQuery: [],
          stub: [{ zone: 'example.com', to: ['[2001:db8::1]:53', '192.0.2.2:5353'], first: true }],
          forward: [{ zone: '.', to: ['192.0.2.3', '2001:db8::3'] }],
        },
        validation: { negativeTrustAnchors: [{ zone: 'test.', reason: 'scenario', until: '2100-01-01T00:00:00Z' }] },
      }),
    );
    expect(config.listen).toEqual({
      dns: [{ address: '192.0.2.1', port: 53 }],
      byDefault: false,
      http: { address: '127.0.0.1', port: 8053 },
    });
    expect(config.root.hints).toBe('/tmp/root.hints');
    expect(config.trust.anchors).toBe('/etc/zeker/anchors');
    expect(config.resolver.stub.map(({ zone, ...rest }) => ({ zone: formatName(zone), ...rest }))).toEqual([
      {
        zone: 'example.com.',
        servers: [
          { address: '2001:db8::1', port: 53 },
          { address: '192.0.2.2', port: 5353 },
        ],
        first: true,
        validate: true,
      },
    ]);
    expect(config.resolver.forward[0]).toMatchObject({
      servers: [
        { address: '192.0.2.3', port: 53 },
        { address: '2001:db8::3', port: 53 },
      ],
      first: false,
    });
    expect(config.validation.negativeTrustAnchors[0]).toMatchObject({ reason: 'scenario', until: 4_102_444_800 });
  });

  test.each([
    ['listen: { http: false }', (c: ReturnType<typeof parse>) => c.listen.http, undefined],
    ['validation: { time: 2026-11-24T06:41:00Z }', (c: ReturnType<typeof parse>) => c.validation.time, 1_795_502_460],
    [
      `cookies: { secret: ${'aB'.repeat(16)}, previousSecret: ${'cd'.repeat(16)} }`,
      (c: ReturnType<typeof parse>) => `${c.cookies.secret} ${c.cookies.previousSecret} ${c.cookies.enabled} ${c.cookies.require}`,
      `${'aB'.repeat(16)} ${'cd'.repeat(16)} true false`,
    ],
    ['cookies: { enabled: false }', (c: ReturnType<typeof parse>) => c.cookies.enabled, false],
    ['cache: { maxMemory: 64MiB }', (c: ReturnType<typeof parse>) => c.cache.maxOctets, 67_108_864],
    ['cache: { maxMemory: 5000000 }', (c: ReturnType<typeof parse>) => c.cache.maxOctets, 5_000_000],
    [
      '',
      (c: ReturnType<typeof parse>) => JSON.stringify([c.dane.probe.ports, c.dane.probeAllow, c.dane.probe.timeoutMs]),
      '[[25],[],15000]',
    ],
    ['', (c: ReturnType<typeof parse>) => c.dane.probe.token, undefined],
    ['dane: { probe: { tokenFile: token } }', (c: ReturnType<typeof parse>) => c.dane.probe.tokenFile, '/etc/zeker/token'],
    ['dane: { probe: { timeout: 3 } }', (c: ReturnType<typeof parse>) => c.dane.probe.timeoutMs, 3_000],
    ['log: { file: zeker.log }', (c: ReturnType<typeof parse>) => c.log.file, '/etc/zeker/zeker.log'],
  ])('%s', (text, pick, want) => {
    expect(pick(parse(text))).toBe(want);
  });

  test.each([
    ['127.0.0.1:53', { address: '127.0.0.1', port: 53 }],
    ['[::1]:0', { address: '::1', port: 0 }],
    ['::1:53', undefined],
    ['[127.0.0.1]:53', undefined],
    ['127.0.0.1', undefined],
    ['127.0.0.1:65536', undefined],
    ['127.0.0.256:53', undefined],
    ['localhost:53', undefined],
  ])('endpoint %s', (text, want) => expect(tryParseEndpoint(text)).toEqual(want));

  test.each([
    ['192.0.2.1', { address: '192.0.2.1', port: 53 }],
    ['2001:db8::1', { address: '2001:db8::1', port: 53 }],
    ['[2001:db8::1]', { address: '2001:db8::1', port: 53 }],
    ['[2001:db8::1]:54', { address: '2001:db8::1', port: 54 }],
    ['192.0.2.1:0', undefined],
    ['[fe80::1%lo]:53', undefined],
    ['ns.example', undefined],
  ])('server %s', (text, want) => expect(tryParseServer(text, 53)).toEqual(want));

  test.each([
    ['10.0.0.0/8', true],
    ['::/0', true],
    ['192.0.2.1', true],
    ['10.0.0.0/33', false],
    ['::/129', false],
    ['10.0.0.0/8/8', false],
    ['10/8', false],
    ['10.1.0.0/8', false],
    ['', false],
  ])('prefix %j', (text, want) => expect(isPrefix(text)).toBe(want));

  test.each([
    ['256MB', 256_000_000],
    ['1 GiB', 1_073_741_824],
    ['12', 12],
    ['1TB', undefined],
    ['-1MB', undefined],
    ['1.5MB', undefined],
  ])('octets %j', (text, want) => expect(tryParseOctets(text)).toBe(want));

  test.each([
    ['1970-01-02', 86_400],
    ['1970-01-01T01:00:00+01:00', 0],
    ['2026-13-01T00:00:00Z', undefined],
    ['2026-11-24T06:41:00', undefined],
    ['24 Nov 2026', undefined],
  ])('moment %j', (text, want) => expect(tryParseMoment(text)).toBe(want));
});

describe('an error names file, line and key', () => {
  test.each([
    [
      'listen:\n  dns:\n    - 127.0.0.1:53\n    - localhost:53\n',
      "zeker.yaml:4: listen.dns[1]: 'localhost:53' is no endpoint: write address:port, an IPv6 address in brackets",
    ],
    ['listen:\n  dns: 127.0.0.1:53\n', 'zeker.yaml:2: listen.dns: must be a list'],
    ['# first\nlisten:\n  htpp: 127.0.0.1:80\n', 'zeker.yaml:3: listen.htpp: there is no such key'],
    ['\n\nlissen: 1\n', 'zeker.yaml:3: lissen: there is no such key'],
    ['cookies:\n  secrets: []\n', 'zeker.yaml:2: cookies.secrets: there is no such key'],
    ['cookies:\n  require: 1\n', 'zeker.yaml:2: cookies.require: must be true or false, not 1'],
    ['cookies: true\n', 'zeker.yaml:1: cookies: must be a section with keys of its own'],
    ...['', 'ab'.repeat(15), 'ab'.repeat(17), `${'ab'.repeat(15)}a`, `${'ab'.repeat(15)}zz`, `0x${'ab'.repeat(16)}`].flatMap((value) =>
      ['secret', 'previousSecret'].map((key): [string, string] => [
        `cookies:\n  require: true\n  ${key}: "${value}"\n`,
        `zeker.yaml:3: cookies.${key}: must be 32 hexadecimal digits`,
      ]),
    ),
    ['listen:\n\nlog:\n  level: info\n', 'zeker.yaml:1: listen: must be a section with keys of its own'],
    ['listen:\n  http: true\n', 'zeker.yaml:2: listen.http: must be address:port, an IPv6 address in brackets, or false, not true'],
    [
      'access:\n  allow: [127.0.0.0/8,\n    10.0.0.0/40]\n',
      "zeker.yaml:3: access.allow[1]: '10.0.0.0/40' is no address prefix: the length is a number from 0 to 32",
    ],
    ['resolver:\n  upstreamPort: 65536\n', 'zeker.yaml:2: resolver.upstreamPort: must be at most 65535, not 65536'],
    ['resolver:\n  upstreamPort: dns\n', 'zeker.yaml:2: resolver.upstreamPort: must be a whole number, not "dns"'],
    ['resolver:\n  ipv6: "no"\n', 'zeker.yaml:2: resolver.ipv6: must be true or false'],
    ['resolver:\n  forward:\n    - zone: corp.example\n', 'zeker.yaml:3: resolver.forward[0].to: must be given'],
    [
      'resolver:\n  stub:\n    - zone: a..b\n      to: [192.0.2.1]\n',
      "zeker.yaml:3: resolver.stub[0].zone: 'a..b' is no domain name: a domain name has no empty label",
    ],
    ['resolver:\n  stub:\n    - zone: a.b\n      to:\n        - ns.example\n', 'zeker.yaml:5: resolver.stub[0].to[0]: must be an address'],
    ['validation:\n  sha1: maybe\n', 'zeker.yaml:2: validation.sha1: must be one of insecure, validate, not "maybe"'],
    ['validation:\n  time: yesterday\n', 'zeker.yaml:2: validation.time: must be a moment'],
    [
      'validation:\n  negativeTrustAnchors:\n    - zone: example\n      reason: x\n',
      'zeker.yaml:3: validation.negativeTrustAnchors[0].until: must be given',
    ],
    ['cache:\n  maxMemory: lots\n', 'zeker.yaml:2: cache.maxMemory: must be an amount of memory'],
    ['cache:\n  maxMemory: 12\n', 'zeker.yaml:2: cache.maxMemory: must be an amount of memory'],
    ['cache:\n  answerTable: 5GiB\n', 'zeker.yaml:2: cache.answerTable: must be an amount of memory from 1MB to 4GiB'],
    ['cache:\n  answerTable: 5000000000\n', 'zeker.yaml:2: cache.answerTable: must be an amount of memory from 1MB to 4GiB'],
    ['cache:\n  minTtl: -1\n', 'zeker.yaml:2: cache.minTtl: must be at least 0, not -1'],
    ['log:\n  level: loud\n', 'zeker.yaml:2: log.level: must be one of fatal, error, warn, info'],
    ['access:\n  allow: [192.0.2.25/24]\n', "access.allow[0]: '192.0.2.25/24' is no address prefix: bits are set behind the first 24"],
    ['access:\n  allow: [10]\n', 'access.allow[0]: must be a prefix such as'],
    ['listen:\n  dns: []\n', 'zeker.yaml:2: listen.dns: must have at least 1 entry'],
    ["listen:\n  dns: ['[::1]:1', 127.0.0.1:1, '[::1]:1']\n", 'zeker.yaml:2: listen.dns: has the same entry twice: the 1. and the 3.'],
    ['trust:\n  anchors: ""\n', 'zeker.yaml:2: trust.anchors: must not be empty'],
    ['cache:\n  minTtl: 600\n  maxTtl: 300\n', 'zeker.yaml:2: cache.minTtl: must be at most cache.maxTtl, which is 300, not 600'],
    ['cache:\n  minTtl: 86401\n', 'zeker.yaml:2: cache.minTtl: must be at most cache.maxTtl, which is 86400, not 86401'],
    ['resolver:\n  ipv4: false\n  ipv6: false\n', 'zeker.yaml:3: resolver.ipv6: must be true where resolver.ipv4 is false'],
    ['- a\n- b\n', 'zeker.yaml:1: must be a section'],
    ['dane:\n  probe:\n    token: short\n', 'zeker.yaml:3: dane.probe.token: must be at least 16 of the characters'],
    [`dane:\n  probe:\n    token: ${'two words '.repeat(3)}\n`, 'zeker.yaml:3: dane.probe.token: must be at least 16 of the characters'],
    [`dane:\n  probe:\n    token: ${'a'.repeat(16)}\n    tokenFile: x\n`, 'zeker.yaml:4: dane.probe.tokenFile: must not be given beside'],
    ['dane:\n  probe:\n    ports: [0]\n', 'zeker.yaml:3: dane.probe.ports[0]: must be at least 1, not 0'],
    ['dane:\n  probe:\n    concurrency: 0\n', 'zeker.yaml:3: dane.probe.concurrency: must be at least 1, not 0'],
    ['dane:\n  probeAllow: [127.0.0.1/8]\n', "zeker.yaml:2: dane.probeAllow[0]: '127.0.0.1/8' is no address prefix"],
    ['log:\n  level: info\n  level: warn\n', 'zeker.yaml:3: Map keys must be unique'],
    ['log: {\n', 'zeker.yaml:'],
  ])('%j', (text, want) => {
    expect(problemOf(text).split('\n')[0]).toContain(want);
  });

  test('all problems are told, by line', () => {
    expect(problemOf('log:\n  level: loud\nresolver:\n  ipv4: 4\n  ipv5: true\n').split('\n')).toEqual([
      expect.stringContaining('zeker.yaml:2: log.level'),
      expect.stringContaining('zeker.yaml:4: resolver.ipv4'),
      expect.stringContaining('zeker.yaml:5: resolver.ipv5'),
    ]);
  });

  test('a file that cannot be read', () => {
    expect(() => loadConfig('/nonexistent/zeker.yaml')).toThrow('/nonexistent/zeker.yaml: cannot be read: no such file');
  });
});

test('the published schema is plain JSON in which every key has a description', () => {
  const schema = JSON.parse(JSON.stringify(configSchema)) as { properties: Record<string, { properties: Record<string, object> }> };
  const keys = Object.entries(schema.properties).flatMap(([section, { properties }]) =>
    Object.entries(properties).map(([key, value]) => [`${section}.${key}`, 'description' in value] as const),
  );
  expect(keys.filter(([, described]) => !described)).toEqual([]);
  expect(keys.map(([key]) => key)).toEqual(expect.arrayContaining(['listen.dns', 'trust.anchors', 'validation.time', 'cache.maxMemory']));
});
