/** Start and end of the whole service: what a client hears before it is ready, and of a query that is in flight when it stops. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/internet.ts';
import { askTcp, askUdp, openTcp } from './client.ts';
import { startOn } from './stage.ts';

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, addressBase: '127.61.6' });
});
afterAll(() => sandbox.stop());

test.each([true, false])(
  'the first query has its answer, validated, without waiting for anybody to be ready (priming %s)',
  async (priming) => {
    const service = await startOn(sandbox, { resolver: { priming } });
    const port = service.dns[0]!.port;
    const [udp, tcp] = await Promise.all([
      askUdp(port, { name: 'secure.sandbox', type: 'MX', dnssecOk: true }),
      askTcp(port, { name: 'expired.sandbox', type: 'MX' }),
    ]);
    expect(udp).toMatchObject({ rcode: 'NOERROR', ad: true });
    expect(tcp).toMatchObject({ rcode: 'SERVFAIL', ede: [{ code: 7 }] });
    await service.stop();
  },
);

test('while nobody upstream answers a client has SERVFAIL and a reason, never data, and /dane says 503', { timeout: 20_000 }, async () => {
  const service = await startOn({ ...sandbox, port: 9 });
  const started = performance.now();
  const [reply, cd, dane] = await Promise.all([
    askUdp(service.dns[0]!.port, { name: 'secure.sandbox', type: 'MX' }),
    askUdp(service.dns[0]!.port, { name: 'secure.sandbox', type: 'MX', cd: true }),
    fetch(`http://127.0.0.1:${service.http!.port}/dane/secure.sandbox`),
  ]);
  expect(performance.now() - started, 'within 8 s, whatever upstream does').toBeLessThan(8_500);
  for (const answer of [reply, cd]) {
    expect(answer).toMatchObject({ rcode: 'SERVFAIL', ad: false, answer: [], authority: [] });
    expect([14, 22, 23]).toContain(answer.ede[0]?.code);
  }
  expect(dane.status).toBe(503);
  await service.stop();
});

test("an anchor that is not the root's makes everything bogus, and the service is not ready", async () => {
  const strange = `. 3600 IN DS 1 8 2 ${'00'.repeat(32)}\n`;
  const service = await startOn({ ...sandbox, anchors: strange });
  expect(await askUdp(service.dns[0]!.port, { name: 'secure.sandbox', type: 'MX' })).toMatchObject({
    rcode: 'SERVFAIL',
    ede: [{ code: 9 }],
  });
  expect((await service.resolver.prepare()).ready).toBe(false);
  expect((await fetch(`http://127.0.0.1:${service.http!.port}/readyz`)).status).toBe(503);
  await service.stop();
});

test('stop answers what is in flight, over UDP, TCP and HTTP, and takes nothing new', { timeout: 20_000 }, async () => {
  const service = await startOn(sandbox);
  await service.resolver.prepare();
  const port = service.dns[0]!.port;
  const client = await openTcp(port);
  const before = sandbox.queries();
  const request = fetch(`http://127.0.0.1:${service.http!.port}/resolve/silent.sandbox/MX`);
  while (sandbox.queries() === before) await new Promise((resolve) => setImmediate(resolve));
  const queries = Promise.all([
    askUdp(port, { name: 'mx.silent.sandbox', type: 'A' }),
    client.ask({ name: 'www.silent.sandbox', type: 'A' }),
  ]);
  // What is sent later and answered shows that they have come.
  await Promise.all([askUdp(port, { name: 'secure.sandbox', type: 'MX' }), client.ask({ name: 'secure.sandbox', type: 'MX' })]);
  const stopped = service.stop();
  const [udp, tcp] = await queries;
  const http = await request;
  expect([udp.rcode, tcp.rcode]).toEqual(['SERVFAIL', 'SERVFAIL']);
  expect(await http.json()).toMatchObject({ kind: 'failure' });
  expect(http.headers.get('connection'), 'kept open it would hold up the end').toBe('close');
  await stopped;
  await expect(openTcp(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});
