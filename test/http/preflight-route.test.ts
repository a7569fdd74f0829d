/** `POST /dane/preflight`: what goes in, what comes out, and that a client that goes away leaves nothing behind. */

import { type AddressInfo, connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createDaneCheck } from '../../src/dane/check.ts';
import type { AppDeps } from '../../src/http/app.ts';
import { ip, mx, NOW, type Script, scriptedResolver, USABLE } from '../dane/scripted-resolver.ts';
import { appFor, heldCheck } from './app-for-test.ts';

const script: Script = {
  'bad.example. MX': { rdata: mx([10, 'mx.bad.example']), state: 'bogus' },
  'good.example. A': { rdata: ip('192.0.2.1') },
  '_25._tcp.good.example. TLSA': { rdata: USABLE },
};
const token = 'a-token-for-tests';
const probe = { token, ports: [25], perMinute: 10 } as const;
const json = { 'content-type': 'application/json', authorization: `Bearer ${token}` };

async function post(
  payload: unknown,
  { query = '', headers = json, ...deps }: Partial<AppDeps> & { query?: string; headers?: object } = {},
) {
  const { app } = appFor(script, { probe, ...deps });
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return app.inject({ method: 'POST', url: `/dane/preflight${query}`, payload: text, headers: { ...headers } });
}

test('rows as they are done, a line each, and what stops in the last', async () => {
  const response = await post({ domains: ['good.example', 'BAD.example.', 'not one', 'good.example'] });
  expect(response.statusCode).toBe(200);
  expect(response.headers['content-type']).toBe('application/x-ndjson; charset=utf-8');
  const lines = response.body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.slice(0, -1).sort((a, b) => (a.domain < b.domain ? -1 : 1))).toEqual([
    { domain: 'bad.example', outcome: 'held', reason: 'mx-bogus', policy: 'opportunistic', detail: 'signature-expired at broken.example' },
    { domain: 'good.example', outcome: 'verified', reason: 'tlsa-usable', policy: 'opportunistic' },
  ]);
  expect(lines.at(-1)).toMatchObject({
    held: ['bad.example'],
    summary: { domains: 2, duplicates: 1, unreadCount: 1, counts: { held: 1, verified: 1 } },
    unread: [{ line: 3, text: 'not one' }],
  });
});

test.each([
  { format: 'json', type: 'application/json; charset=utf-8', begins: '{"held":["bad.example"],' },
  {
    format: 'csv',
    type: 'text/csv; charset=utf-8; header=present',
    begins: 'domain,outcome,reason,policy,internal,detail\r\nbad.example,held,',
  },
  { format: 'table', type: 'text/plain; charset=utf-8', begins: 'Mail to 1 of 2 domains stops when DANE is switched to opportunistic' },
])('as $format', async ({ format, type, begins }) => {
  const response = await post({ domains: ['good.example', 'bad.example'] }, { query: `?format=${format}` });
  expect(response.headers['content-type']).toBe(type);
  expect(response.body.slice(0, begins.length)).toBe(begins);
});

test("a list as a text: destination controls, with the operator's settings in place of those configured", async () => {
  const supposed = { policy: 'opportunistic', routes: [{ domain: 'ALL', to: ['relay.example'] }], internalDomains: [] } as const;
  const list = '[DEFAULT]\ntable_tls = off\n[good.example]\n[bad.example]\ndane = none\n';
  const configured = (await post({ list }, { query: '?format=json', supposed })).json();
  expect(configured.rows).toMatchObject([
    { domain: 'good.example', outcome: 'held', reason: 'smtp-route', detail: 'to relay.example' },
    { domain: 'bad.example', outcome: 'not-applied' },
  ]);
  const told = (await post({ list, routes: [], policy: 'mandatory', judge: 'rfc7672' }, { query: '?format=json', supposed })).json();
  expect(told).toMatchObject({
    held: [],
    summary: { policy: 'mandatory', judge: 'rfc7672', format: 'destination-controls' },
    rows: [{ domain: 'good.example', outcome: 'verified', policy: 'mandatory' }, {}],
  });
});

describe('refused', () => {
  test.each([
    { title: 'neither list nor domains', payload: {}, status: 400, message: 'give either domains or list' },
    { title: 'both', payload: { list: 'a.example', domains: ['a.example'] }, status: 400, message: 'give either domains or list' },
    { title: 'an unknown key', payload: { domain: ['a.example'] }, status: 400, message: 'there is no parameter domain' },
    { title: 'a policy that is none', payload: { list: 'a.example', policy: 'none' }, status: 400, message: 'policy must be' },
    {
      title: 'a route of no domain',
      payload: { list: 'a', routes: [{ domain: 'a..b', to: ['x'] }] },
      status: 400,
      message: 'routes and internalDomains',
    },
    {
      title: 'a list that is too long',
      payload: { list: Array.from({ length: 10_001 }, (_, i) => `d${i}.example`).join('\n') },
      status: 400,
      message: 'more than 10000 domains',
    },
    { title: 'too many domains', payload: { domains: Array(10_001).fill('a.example') }, status: 400, message: 'domains' },
    { title: 'no JSON', payload: '{', status: 400, message: 'cannot be read' },
    {
      title: 'another kind of text',
      payload: 'a.example',
      headers: { ...json, 'content-type': 'text/plain' },
      status: 415,
      message: 'application/json',
    },
    {
      title: 'a form',
      payload: 'list=a',
      headers: { ...json, 'content-type': 'application/x-www-form-urlencoded' },
      status: 415,
      message: 'application/json',
    },
    { title: 'a body over the limit', payload: JSON.stringify({ list: 'x'.repeat(4 * 1024 * 1024) }), status: 413, message: 'longer than' },
    {
      title: 'another origin',
      payload: { list: 'a' },
      headers: { ...json, origin: 'http://evil.example' },
      status: 403,
      message: 'another origin',
    },
  ])('$title', async ({ payload, headers = json, status, message }) => {
    const response = await post(payload, { headers });
    expect(response.statusCode).toBe(status);
    expect(response.json().message).toContain(message);
  });

  test('clients that are not on the access list, before anything of the body is read', async () => {
    expect((await post({ list: 'a' }, { access: () => false })).statusCode).toBe(403);
  });

  test.each([
    { title: 'without the token', authorization: undefined, status: 401, error: 'token-required' },
    { title: 'with another', authorization: `Bearer ${token}x`, status: 401, error: 'token-required' },
    {
      title: 'where there is none',
      authorization: `Bearer ${token}`,
      probe: { ...probe, token: undefined },
      status: 403,
      error: 'preflight-disabled',
    },
  ])('clients $title, before anything of the body is read', async ({ authorization, status, error, ...deps }) => {
    const headers = { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) };
    for (const payload of [{ list: 'a.example' }, '{', 'x'.repeat(5_000_000)]) {
      const response = await post(payload, { headers, ...deps });
      expect([response.statusCode, response.json().error]).toEqual([status, error]);
      expect(response.headers['www-authenticate']).toBe(status === 401 ? 'Bearer realm="zeker"' : undefined);
      expect(response.body).not.toContain(token);
    }
  });

  test('before the service is ready', async () => {
    expect((await post({ list: 'a' }, { readiness: () => ({ ready: false, reasons: [] }) })).statusCode).toBe(503);
  });

  test('other methods, and what may be asked', async () => {
    const { app } = appFor(script);
    const put = await app.inject({ method: 'PUT', url: '/dane/preflight' });
    expect([put.statusCode, put.headers.allow]).toEqual([405, 'GET, HEAD, POST']);
    const other = await app.inject({ method: 'POST', url: '/dane/a.example', payload: '{}', headers: json });
    expect([other.statusCode, other.headers.allow]).toEqual([405, 'GET, HEAD']);
  });
});

test('a list that takes long to read stops nothing else meanwhile', async () => {
  const { app } = appFor(script, { probe });
  const cells = '"""\n'.repeat(250_000);
  let turns = 0;
  const counting = setInterval(() => turns++, 5);
  const response = await app.inject({
    method: 'POST',
    url: '/dane/preflight',
    payload: JSON.stringify({ list: `domain,x\n${cells}` }),
    headers: json,
  });
  clearInterval(counting);
  expect([200, 400]).toContain(response.statusCode);
  expect(turns).toBeGreaterThan(20);
}, 30_000);

describe('a client that goes away', () => {
  const closers: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0)) await close();
  });

  test.each(['ndjson', 'json'])('ends the work, and makes room (%s)', async (format) => {
    let begun = 0;
    const resolver = scriptedResolver(script);
    const held = heldCheck(createDaneCheck({ resolver, now: () => NOW }));
    const { app } = appFor(script, {
      probe,
      checkDane: async (...args) => {
        begun++;
        const report = await held.check(...args);
        await setImmediate(); // as one that asks the network does
        return report;
      },
    });
    closers.push(() => app.close());
    const left = new Promise((resolve) => app.server.once('connection', (socket) => socket.once('close', resolve)));
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const body = JSON.stringify({ domains: Array.from({ length: 1_000 }, (_, i) => `d${i}.example`) });
    const request = `POST /dane/preflight?format=${format} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Type: application/json\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const client = connect(port, '127.0.0.1', () => client.write(request));
    await vi.waitFor(() => expect(begun).toBeGreaterThan(0), { timeout: 20_000 });
    const small = { method: 'POST', url: '/dane/preflight', payload: '{"list":"good.example"}', headers: json } as const;
    const meanwhile = await app.inject(small);
    expect([meanwhile.statusCode, meanwhile.headers['retry-after']]).toEqual([503, '30']);
    client.destroy();
    await left;
    held.release();
    await vi.waitFor(async () => expect((await app.inject(small)).statusCode).toBe(200), { timeout: 20_000 });
    expect(begun).toBeLessThan(100);
  });

  test('behind another request on its connection, which it never got to', async () => {
    const held = heldCheck(createDaneCheck({ resolver: scriptedResolver(script), now: () => NOW }));
    const { app } = appFor(script, { probe, checkDane: held.check });
    closers.push(() => app.close());
    const left = new Promise((resolve) => app.server.once('connection', (socket) => socket.once('close', resolve)));
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as AddressInfo;
    const body = '{"list":"good.example"}';
    const host = `Host: 127.0.0.1:${port}`;
    const first = `GET /dane/good.example HTTP/1.1\r\n${host}\r\n\r\n`;
    const second = `POST /dane/preflight HTTP/1.1\r\n${host}\r\nContent-Type: application/json\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const client = connect(port, '127.0.0.1', () => client.write(first + second));
    await vi.waitFor(() => expect(held.started()).toBe(2), { timeout: 20_000 });
    client.destroy();
    await left;
    held.release();
    const small = { method: 'POST', url: '/dane/preflight', payload: body, headers: json } as const;
    await vi.waitFor(async () => expect((await app.inject(small)).statusCode).toBe(200), { timeout: 20_000 });
  });
});
