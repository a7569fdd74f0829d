import { describe, expect, test } from 'vitest';
import { BudgetExceeded } from '../../src/base/budget.ts';
import { ip, mx, NOW, type Script } from '../dane/scripted-resolver.ts';
import { appFor } from './app-for-test.ts';

const script: Script = {
  'example MX': { rdata: mx([10, 'mx.example']), ttl: 300 },
  'www.example A': { rdata: ip('192.0.2.1'), aliases: [{ target: 'real.test', state: 'insecure' }] },
  'gone.example A': { kind: 'nxdomain' },
  'broken.example A': { state: 'bogus', kind: 'answer', rdata: ip('192.0.2.6') },
  'lame.example A': { state: 'indeterminate' },
  'nothing.example A': { state: 'indeterminate', ttl: -NOW }, // a resolution that came to nothing is over at once: its `expires` is 0
};

describe('GET /resolve/:name/:type', () => {
  const scripted = appFor(script);

  test('every field of a Resolution', async () => {
    const response = await scripted.app.inject('/resolve/example/mx');
    expect(response.statusCode).toBe(200);
    expect(response.headers['cache-control']).toBe('no-store');
    expect(response.json()).toEqual({
      question: { name: 'example.', type: 'MX', class: 'IN' },
      verdict: 'secure',
      kind: 'answer',
      rcode: 'NOERROR',
      validation: { state: 'secure' },
      stale: false,
      cached: false,
      expires: new Date((NOW + 300) * 1000).toISOString(),
      ttl: 300,
      answer: ['example. 300 IN MX 10 mx.example.'],
      authority: [],
      aliases: [],
    });
  });

  test.each([
    {
      name: 'www.example',
      want: {
        verdict: 'insecure',
        rcode: 'NOERROR',
        validation: { state: 'insecure', reason: 'unsigned-delegation', zone: 'unsigned.example.' },
        aliases: [{ owner: 'www.example.', target: 'real.test.' }],
      },
    },
    { name: 'gone.example', want: { verdict: 'nxdomain', kind: 'nxdomain', rcode: 'NXDOMAIN', validation: { state: 'secure' } } },
    { name: 'empty.example', want: { verdict: 'nxdomain', kind: 'nodata', rcode: 'NOERROR' } },
    {
      name: 'broken.example',
      want: {
        verdict: 'bogus',
        kind: 'answer',
        rcode: 'SERVFAIL',
        validation: { state: 'bogus', reason: 'signature-expired', ede: 7 },
        answer: ['broken.example. 3600 IN A 192.0.2.6'],
      },
    },
    {
      name: 'lame.example',
      want: { verdict: 'indeterminate', kind: 'failure', rcode: 'SERVFAIL', validation: { state: 'indeterminate', ede: 22 } },
    },
  ])('$name is $want.verdict', async ({ name, want }) => {
    expect((await scripted.app.inject(`/resolve/${name}/A`)).json()).toMatchObject(want);
  });

  test('what came to nothing ends now, not in 1970', async () => {
    expect((await scripted.app.inject('/resolve/nothing.example/A')).json()).toMatchObject({
      kind: 'failure',
      expires: new Date(NOW * 1000).toISOString(),
      ttl: 0,
    });
  });

  test('types without a mnemonic can be asked', async () => {
    const { app, asked } = appFor({});
    expect((await app.inject('/resolve/example/type65280')).statusCode).toBe(200);
    expect(asked).toEqual(['example. TYPE65280']);
  });

  const { app, asked } = appFor({});
  test.each([
    ['a..b/A', 'not-a-domain-name'],
    [`${'a'.repeat(10_000)}/A`, 'not-a-domain-name'],
    ['example/NOTYPE', 'not-a-type'],
    ['example/TYPE65536', 'not-a-type'],
    ['example/TYPE0', 'not-a-type'],
    ['example/ANY', 'not-a-type'],
    ['example/AXFR', 'not-a-type'],
    ['example/OPT', 'not-a-type'],
    ['example/%00', 'not-a-type'],
    ['example/A?x=1', 'bad-parameter'],
  ])('400 for %s', async (path, error) => {
    const response = await app.inject(`/resolve/${path}`);
    expect(response.statusCode).toBe(400);
    expect(response.json().error).toBe(error);
    expect(asked).toEqual([]);
  });

  test('a parameter is told to be none of its', async () => {
    expect((await app.inject('/resolve/example/A?x=1')).json().message).toBe(
      'Wrong parameter: there is no parameter x, for there are none.',
    );
  });

  test('503 until ready, 504 when the budget ends', async () => {
    const notReady = appFor(script, { readiness: () => ({ ready: false, reasons: [] }) });
    expect((await notReady.app.inject('/resolve/example/A')).statusCode).toBe(503);
    const spent = appFor(script, { resolver: { resolve: () => Promise.reject(new BudgetExceeded('time')) } });
    expect((await spent.app.inject('/resolve/example/A')).statusCode).toBe(504);
  });
});
