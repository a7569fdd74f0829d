import { describe, expect, test } from 'vitest';
import { appFor } from './app-for-test.ts';

describe('who may ask', () => {
  const access = (address: string) => address === '127.0.0.1' || address === '2001:db8::7';

  test.each([
    { remoteAddress: '127.0.0.1', headers: {}, status: 200 },
    { remoteAddress: '::ffff:127.0.0.1', headers: {}, status: 200 },
    { remoteAddress: '2001:db8::7', headers: {}, status: 200 },
    { remoteAddress: '192.0.2.1', headers: {}, status: 403 },
    {
      remoteAddress: '192.0.2.1',
      headers: { 'x-forwarded-for': '127.0.0.1', forwarded: 'for=127.0.0.1', 'x-real-ip': '127.0.0.1' },
      status: 403,
    },
  ])('$remoteAddress with $headers: $status', async ({ remoteAddress, headers, status }) => {
    const { app } = appFor({}, { access });
    for (const url of ['/healthz', '/metrics', '/openapi.json', '/dane/example', '/resolve/example/A'])
      expect((await app.inject({ url, remoteAddress, headers })).statusCode).toBe(status);
  });

  test.each(['/', '/nothing', `/dane/${'a'.repeat(2000)}`, '/dane/%'])('a refused address learns nothing at %s', async (url) => {
    const { app } = appFor({}, { access });
    expect((await app.inject({ url: url.slice(0, 3000), remoteAddress: '192.0.2.1' })).statusCode).toBe(403);
  });

  const named = appFor({}, { hosts: ['zeker.example'] }).app;
  test.each([
    ['localhost', 200],
    ['LOCALHOST.:8053', 200],
    ['127.0.0.1:8053', 200],
    ['127.9.9.9', 200],
    ['[::1]:8053', 200],
    ['zeker.example', 200],
    ['Zeker.Example.:80', 200],
    ['evil.example', 403],
    ['localhost.evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['192.0.2.1', 403],
    ['zeker.example:evil', 403],
    ['evil.example@localhost', 403],
    ['localhost/evil', 403],
  ])('Host %s: %i', async (host, status) => {
    const response = await named.inject({ url: '/healthz', headers: { host } });
    expect(response.statusCode).toBe(status);
    if (status === 403) expect(response.json().error).toBe('host-not-allowed');
  });

  test.each([
    [{ host: 'localhost:8053', origin: 'http://localhost:8053' }, 200],
    [{ host: 'localhost:8053', origin: 'http://localhost:9000' }, 403],
    [{ host: 'localhost:8053', origin: 'https://evil.example' }, 403],
    [{ host: 'localhost:8053', origin: 'null' }, 403],
    [{ host: 'localhost:8053', origin: '' }, 403],
    [{ host: 'localhost:8053', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }, 403],
    [{ host: 'localhost:8053', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }, 200],
    [{ host: 'localhost:8053', 'sec-fetch-site': 'same-origin', 'sec-fetch-mode': 'cors' }, 200],
  ] as const)('%j: %i', async (headers, status) => {
    const response = await named.inject({ url: '/healthz', headers });
    expect(response.statusCode).toBe(status);
    expect(response.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('health', () => {
  test('/healthz is 200 with the version, ready or not', async () => {
    const { app } = appFor({}, { readiness: () => ({ ready: false, reasons: ['root-keys'] }) });
    expect((await app.inject('/healthz')).json()).toEqual({ status: 'ok', version: '0.0.0-test' });
  });
  test.each([
    [{ ready: true, reasons: [] }, 200],
    [{ ready: false, reasons: ['root-keys-not-validated'] }, 503],
  ] as const)('/readyz for %j is %i', async (readiness, status) => {
    const { app } = appFor({}, { readiness: () => readiness });
    const response = await app.inject('/readyz');
    expect(response.statusCode).toBe(status);
    expect(response.json()).toEqual(readiness);
  });
});

describe('everything else', () => {
  test('404 as JSON, with the headers that keep a browser from guessing', async () => {
    const { app } = appFor({});
    const response = await app.inject('/no%0Asuch?thing');
    expect(response.statusCode).toBe(404);
    expect(response.json().error).toBe('not-found');
    expect(response.headers['x-content-type-options']).toBe('nosniff');
  });
  const paths = ['/dane/example', '/dane/a%2Fb?format=text', '/resolve/example/A', '/healthz', '/readyz', '/metrics', '/openapi.json'];
  test.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE', 'PROPFIND'])('%s is for nothing here: 405', async (name) => {
    const { app, asked } = appFor({});
    const method = name as 'POST'; // the type of inject knows fewer methods than inject sends
    for (const url of paths) {
      const body = name === 'POST' ? { payload: '{', headers: { 'content-type': 'application/json' } } : {};
      const response = await app.inject({ method, url, ...body });
      expect({ status: response.statusCode, allow: response.headers.allow, error: response.json().error }).toEqual({
        status: 405,
        allow: 'GET, HEAD',
        error: 'method-not-allowed',
      });
    }
    for (const url of ['/', '/dane', '/dane/a/b', '/resolve/example', '/healthz/x'])
      expect((await app.inject({ method, url })).statusCode, url).toBe(404);
    expect(asked).toEqual([]);
  });
  test('nothing may be kept by a cache: all of it is of this moment', async () => {
    const { app } = appFor({});
    for (const url of [...paths, '/nothing']) expect((await app.inject(url)).headers['cache-control'], url).toBe('no-store');
  });
  test('HEAD has the headers of GET', async () => {
    const { app } = appFor({});
    const response = await app.inject({ method: 'HEAD', url: '/dane/example' });
    expect([response.statusCode, response.body]).toEqual([200, '']);
  });
  test('/openapi.json names every route, and the parameters and answers of each', async () => {
    const { app } = appFor({});
    const openapi = (await app.inject('/openapi.json')).json();
    expect(openapi.openapi).toBe('3.1.0');
    expect(Object.keys(openapi.paths).sort()).toEqual([
      '/dane/preflight',
      '/dane/{domain}',
      '/healthz',
      '/metrics',
      '/readyz',
      '/resolve/{name}/{type}',
    ]);
    expect(Object.keys(openapi.paths['/dane/{domain}'].get.responses)).toEqual(['200', '400', '401', '403', '429', '503', '504']);
    expect(openapi.paths['/dane/{domain}'].get.parameters.map(({ name }: { name: string }) => name).sort()).toEqual([
      'domain',
      'format',
      'port',
      'probe',
    ]);
    const responses = (path: string) =>
      Object.values((openapi.paths[path].get ?? openapi.paths[path].post).responses as Record<string, { description: string }>);
    for (const path of Object.keys(openapi.paths))
      expect(
        responses(path).map(({ description }) => description),
        path,
      ).not.toContain('Default Response');
    // No reference may lead nowhere.
    const references = [...JSON.stringify(openapi).matchAll(/"\$ref":"([^"]+)"/g)];
    expect(references).toEqual([]);
  });
});
