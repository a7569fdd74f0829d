import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { BudgetExceeded } from '../../src/base/budget.ts';
import { parseName } from '../../src/base/name.ts';
import { createDaneCheck } from '../../src/dane/check.ts';
import {
  certificateStates,
  ciscoVerdicts,
  connectionFaults,
  domainReasons,
  hostReasons,
  lookupStatuses,
  rfcVerdicts,
  smtpWarnings,
} from '../../src/dane/verdicts.ts';
import { DIGEST, ip, mx, NOW, type Script, scriptedResolver, tlsa, USABLE } from '../dane/scripted-resolver.ts';
import { appFor, heldCheck } from './app-for-test.ts';

const secure: Script = {
  'example MX': { rdata: mx([10, 'mx.example']) },
  'mx.example A': { rdata: ip('192.0.2.1') },
  'mx.example AAAA': { rdata: ip('2001:db8::1') },
  '_25._tcp.mx.example TLSA': { rdata: tlsa([3, 1, 1, DIGEST], [1, 1, 1, DIGEST]) },
};

/** One script for each kind of report there is. */
const kinds: Readonly<Record<string, Script>> = {
  secure,
  'nothing there': {},
  'no such domain': { 'example MX': { kind: 'nxdomain' } },
  'null MX': { 'example MX': { rdata: mx([0, '.']) } },
  'bogus MX': { 'example MX': { state: 'bogus', rdata: mx([10, 'mx.example']) } },
  'failed MX': { 'example MX': { state: 'indeterminate' } },
  'malformed MX': { 'example MX': { rdata: [Uint8Array.of(1)] } },
  'insecure MX': { ...secure, 'example MX': { state: 'insecure', rdata: mx([10, 'mx.example']) } },
  'insecure addresses': {
    ...secure,
    'mx.example A': { state: 'insecure', rdata: ip('192.0.2.1') },
    'mx.example AAAA': { state: 'insecure' },
  },
  'bogus TLSA': { ...secure, '_25._tcp.mx.example TLSA': { state: 'bogus' } },
  'failed TLSA': { ...secure, '_25._tcp.mx.example TLSA': { state: 'indeterminate' } },
  'unusable TLSA': { ...secure, '_25._tcp.mx.example TLSA': { rdata: [...tlsa([0, 0, 1, DIGEST]), Uint8Array.of(3)] } },
  'MX that names no host': { 'example MX': { rdata: mx([10, '192.0.2.1'], [20, 'a\\000b.example']) } },
  'many hosts': { 'example MX': { rdata: mx(...Array.from({ length: 25 }, (_, i) => [i, `h${i}.example`] as const)) } },
  alias: { ...secure, 'mx.example A': { rdata: ip('192.0.2.1'), aliases: [{ target: 'real.test', state: 'secure' }] } },
};

describe('GET /dane/:domain', () => {
  const idle = appFor({}); // for what must not reach the resolver

  test.each(Object.entries(kinds))('%s: 200, the whole report, valid by the published schema', async (_, script) => {
    const { app } = appFor(script);
    const response = await app.inject('/dane/example');
    expect(response.statusCode).toBe(200);
    expect(response.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const report = await createDaneCheck({ resolver: scriptedResolver(script), now: () => NOW })(parseName('example'));
    expect(response.json()).toEqual(JSON.parse(JSON.stringify(report)));
    const openapi = (await app.inject('/openapi.json')).json();
    const schema = openapi.paths['/dane/{domain}'].get.responses['200'].content['application/json'].schema;
    const ajv = new Ajv2020({ formats: { 'date-time': (text: string) => new Date(text).toISOString() === text } });
    const validate = ajv.compile(schema);
    expect(validate(response.json()), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...response.json(), surprise: 1 })).toBe(false);
    await app.close();
  });

  test('the published schema tells when what it says held', async () => {
    const { app } = appFor({});
    const schema = (await app.inject('/openapi.json')).json().paths['/dane/{domain}'].get.responses['200'].content['application/json']
      .schema;
    expect(schema.properties.checkedAt.description).toContain('states, TTLs and verdicts are those of this moment');
  });

  test('the published schema lists every word there is', async () => {
    const { app } = appFor({});
    const schema = JSON.stringify((await app.inject('/openapi.json')).json().paths['/dane/{domain}']);
    for (const word of [
      ...[...lookupStatuses, ...ciscoVerdicts, ...rfcVerdicts, ...hostReasons, ...domainReasons],
      ...[...certificateStates, ...connectionFaults, ...smtpWarnings],
    ])
      expect(schema).toContain(`"${word}"`);
  });

  test.each([
    { title: 'format=text', url: '/dane/example?format=text', accept: undefined, text: true },
    { title: 'Accept: text/plain', url: '/dane/example', accept: 'text/plain', text: true },
    { title: 'Accept: anything', url: '/dane/example', accept: '*/*', text: false },
    { title: 'a browser', url: '/dane/example', accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', text: false },
    { title: 'JSON before text', url: '/dane/example', accept: 'text/plain;q=0.5, application/json', text: false },
    { title: 'text before JSON', url: '/dane/example', accept: 'application/json;q=0.5, text/plain', text: true },
    { title: 'format=json goes before Accept', url: '/dane/example?format=json', accept: 'text/plain', text: false },
    { title: 'an Accept that is nonsense', url: '/dane/example', accept: ';;q=,,x', text: false },
  ])('$title', async ({ url, accept, text }) => {
    const { app } = appFor(secure);
    const response = await app.inject({ url, headers: accept === undefined ? {} : { accept } });
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toBe(text ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8');
    if (text) expect(response.body.endsWith('Certificate not checked.\n')).toBe(true);
    else expect(response.json().domain).toBe('example');
  });

  test('asks at the port of the route', async () => {
    const { app, asked } = appFor({ ...secure, '_587._tcp.mx.example TLSA': { rdata: USABLE } });
    expect((await app.inject('/dane/example?port=587')).json()).toMatchObject({ port: 587, cisco: { row: 1 } });
    expect(asked).toContain('_587._tcp.mx.example. TLSA');
  });

  test.each([
    { path: 'a..example', says: 'empty label' },
    { path: '.example', says: 'empty label' },
    { path: '', says: 'not empty' },
    { path: 'a'.repeat(64), says: 'at most 63 octets' },
    { path: `${'a'.repeat(60)}.`.repeat(5), says: 'at most 255 octets' },
    { path: 'a'.repeat(1025), says: 'at most 255 octets' },
    { path: 'a'.repeat(10_000), says: 'at most 255 octets' },
    { path: 'b%C3%BCcher.example', says: 'A-label' },
    { path: '%00', says: 'written as an escape' },
    { path: 'a%0d%0aX-Evil:%201.example', says: 'written as an escape' },
    { path: 'a%20b.example', says: 'written as an escape' },
    { path: 'a%5c', says: 'backslash' },
    { path: 'a%5c999.example', says: 'no octet' },
    { path: 'user@example', says: 'mail address' },
    { path: '192.0.2.1', says: 'IP address' },
    { path: '2001:db8::1', says: 'IP address' },
    { path: '%5B192.0.2.1%5D', says: 'IP address' },
    { path: '%5BIPv6:2001:db8::1%5D', says: 'IP address' },
  ])('400 and a sentence for $path', async ({ path, says }) => {
    const response = await idle.app.inject(`/dane/${path}`);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({ error: 'not-a-domain-name', message: expect.stringContaining(says) });
    expect(Object.keys(response.headers)).not.toContain('x-evil');
    expect(idle.asked).toEqual([]);
  });

  test.each(['%', '%zz', '%ff', '%C3'])('400 for the broken URL %s', async (path) => {
    const response = await idle.app.inject(`/dane/${path}`);
    expect(response.statusCode).toBe(400);
    expect(response.json().error).toBe('bad-url');
  });

  test.each([
    ['port=0', 'port must be a whole number from 1 to 65535'],
    ['port=65536', 'port must be a whole number from 1 to 65535'],
    ['port=smtp', 'port must be a whole number from 1 to 65535'],
    ['port=', 'port must be a whole number from 1 to 65535'],
    ['port=25&port=26', 'port must be given once, as a whole number from 1 to 65535'],
    ['format=xml', 'format must be json or text'],
    ['format=json&format=text', 'format must be given once, as json or text'],
    ['fresh=1', 'there is no parameter fresh, only format, port and probe'],
    ['__proto__=1', 'there is no parameter __proto__, only format, port and probe'],
    ['port[x]=1', 'there is no parameter port[x], only format, port and probe'],
  ])('400 for the parameter %s', async (query, says) => {
    const response = await idle.app.inject(`/dane/example?${query}`);
    expect(response.statusCode).toBe(400);
    expect(response.json()).toEqual({ error: 'bad-parameter', message: `Wrong parameter: ${says}.` });
    expect(idle.asked).toEqual([]);
  });

  test('names are shown in lower case, however they were asked', async () => {
    const { app } = appFor(secure);
    expect((await app.inject('/dane/EXAMPLE.')).json().domain).toBe('example');
  });

  test('a name may hold any octet that is escaped', async () => {
    const { app } = appFor({});
    expect((await app.inject(`/dane/${encodeURIComponent('a\\000b.example')}`)).json().domain).toBe('a\\000b.example');
  });

  test('503 until ready', async () => {
    const { app, asked } = appFor(secure, { readiness: () => ({ ready: false, reasons: ['root-keys'] }) });
    const response = await app.inject('/dane/example');
    expect(response.statusCode).toBe(503);
    expect(response.headers['retry-after']).toBe('5');
    expect(response.json().error).toBe('not-ready');
    expect(asked).toEqual([]);
  });

  test('504 when the budget ends before a verdict, and the next one is checked anew', async () => {
    let fail = true;
    const good = createDaneCheck({ resolver: scriptedResolver(secure), now: () => NOW });
    const { app } = appFor({}, { checkDane: (...args) => (fail ? Promise.reject(new BudgetExceeded('time')) : good(...args)) });
    const response = await app.inject('/dane/example');
    expect(response.statusCode).toBe(504);
    expect(response.json().error).toBe('budget-exceeded');
    fail = false;
    expect((await app.inject('/dane/example')).statusCode).toBe(200);
  });

  test('500 tells nothing of the inside', async () => {
    const { app } = appFor({}, { checkDane: () => Promise.reject(new Error('secret at /etc/zeker')) });
    const response = await app.inject('/dane/example');
    expect(response.statusCode).toBe(500);
    expect(response.json().error).toBe('internal-error');
    expect(response.body).not.toMatch(/secret|etc|stack|at /);
  });
});

describe('verdicts are kept', () => {
  const clock = () => {
    let ms = 0;
    return {
      clockMs: () => ms,
      pass: (seconds: number) => {
        ms += seconds * 1000;
      },
    };
  };

  test.each([
    { title: 'until the first lookup ends', script: { ...secure, 'mx.example A': { rdata: ip('192.0.2.1'), ttl: 20 } }, seconds: 20 },
    { title: 'at most 60 s', script: secure, seconds: 60 },
    { title: 'at most 5 s where one is bogus', script: { ...secure, 'mx.example AAAA': { state: 'bogus' } }, seconds: 5 },
    { title: 'at most 5 s where one failed', script: { 'example MX': { state: 'indeterminate' } }, seconds: 5 },
    { title: 'not at all where a TTL is 0', script: { 'example MX': { rdata: mx([0, '.']), ttl: 0 } }, seconds: 0 },
  ] as const)('$title', async ({ script, seconds }) => {
    const { clockMs, pass } = clock();
    const { app, asked } = appFor(script, { clockMs });
    const first = await app.inject('/dane/example');
    const once = asked.length;
    if (seconds > 0) {
      pass(seconds - 1);
      expect((await app.inject('/dane/EXAMPLE.?format=json')).body).toBe(first.body);
      expect(asked).toHaveLength(once);
      pass(1);
    }
    if (seconds === 0) expect((await app.inject('/metrics')).body).toContain('zeker_cache_entries{cache="dane-verdicts"} 0\n');
    await app.inject('/dane/example');
    expect(asked).toHaveLength(2 * once);
  });

  test('each port has its own', async () => {
    const { app } = appFor(secure);
    expect((await app.inject('/dane/example')).json().cisco.row).toBe(1);
    expect((await app.inject('/dane/example?port=26')).json().cisco.row).toBe(4);
  });
});

describe('checks at the same time', () => {
  test('equal ones are one', async () => {
    const held = heldCheck(createDaneCheck({ resolver: scriptedResolver(secure), now: () => NOW }));
    const { app } = appFor({}, { checkDane: held.check });
    const answers = Promise.all(Array.from({ length: 20 }, () => app.inject('/dane/example')));
    await expect.poll(held.started).toBe(1);
    held.release();
    expect(new Set((await answers).map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    expect(held.started()).toBe(1);
  });

  test('429 over the share of one client, 503 over that of all, and room again afterwards', async () => {
    const held = heldCheck(createDaneCheck({ resolver: scriptedResolver({}), now: () => NOW }));
    const { app } = appFor({}, { checkDane: held.check, limits: { inAll: 3, perClient: 2 } });
    const ask = (name: string, remoteAddress: string) => app.inject({ url: `/dane/${name}`, remoteAddress });
    const running = [ask('a', '192.0.2.1'), ask('b', '192.0.2.1'), ask('c', '192.0.2.2')];
    await expect.poll(held.started).toBe(3);
    const tooMany = await ask('d', '192.0.2.1');
    expect([tooMany.statusCode, tooMany.json().error, tooMany.headers['retry-after']]).toEqual([429, 'too-many-requests', '2']);
    const busy = await ask('e', '192.0.2.3');
    expect([busy.statusCode, busy.json().error]).toEqual([503, 'busy']);
    held.release();
    expect((await Promise.all(running)).map(({ statusCode }) => statusCode)).toEqual([200, 200, 200]);
    expect((await ask('d', '192.0.2.1')).statusCode).toBe(200);
  });
});
