/** What only a raw connection can send: clients put a Host in, resolve dots and escape what may not stand in a URL. */

import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { appFor } from './app-for-test.ts';

const { app, asked } = appFor({});
let port = 0;

beforeAll(async () => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  port = (app.server.address() as AddressInfo).port;
});
afterAll(() => app.close());

async function send(octets: string | Buffer): Promise<{ status: number; body: string }> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => {}); // a reset is an answer too: the status is then NaN
  socket.write(octets);
  await once(socket, 'close');
  const text = Buffer.concat(chunks).toString();
  return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1]), body: text.slice(text.indexOf('\r\n\r\n') + 4) };
}

const get = (target: string, headers = 'Host: localhost\r\n') => `GET ${target} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`;

describe('over a raw connection', () => {
  test('the root is no mail domain, but can be resolved', async () => {
    expect(await send(get('/dane/%2e'))).toMatchObject({ status: 400, body: expect.stringContaining('the root takes no mail') });
    expect((await send(get('/resolve/%2e/NS'))).status).toBe(200);
    expect(asked).toEqual(['. NS']);
  });

  test.each([
    { title: 'no Host', octets: get('/healthz', ''), status: 403 },
    { title: 'no Host in HTTP/1.0', octets: 'GET /healthz HTTP/1.0\r\n\r\n', status: 403 },
    { title: 'an empty Host', octets: get('/healthz', 'Host:\r\n'), status: 403 },
    { title: 'an absolute target', octets: get('http://evil.example/healthz', 'Host: evil.example\r\n'), status: 403 },
    { title: 'no HTTP', octets: Buffer.from([0x16, 3, 1, 0, 0xff, 0xff]), status: 400 },
    { title: 'an octet over 0x7f in the target', octets: Buffer.from(get('/dane/b\xfccher.example'), 'latin1'), status: 400 },
    { title: 'a header of 20,000 octets', octets: get('/healthz', `Host: localhost\r\nX: ${'x'.repeat(20_000)}\r\n`), status: 431 },
  ])('$title: $status as JSON', async ({ octets, status }) => {
    const answer = await send(octets);
    expect(answer.status).toBe(status);
    expect(Object.keys(JSON.parse(answer.body))).toEqual(['error', 'message']);
  });
});
