/** Watched domains through the whole service: a change is delivered to a webhook, counted, kept, and not told again after a restart. */

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStage } from './stage.ts';

let folder: string;
let hook: Server;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'zeker-watch-'));
  hook = createServer().listen(0, '127.0.0.1');
  await once(hook, 'listening');
});
afterEach(() => {
  hook.close();
  rmSync(folder, { recursive: true, force: true });
});

test('a verdict that changed while zeker was down is told once', async () => {
  const stateFile = join(folder, 'watch.json');
  const delay = { mandatory: 'delay', opportunistic: 'delay' };
  const known = { verdict: { cisco: delay, rfc7672: delay }, failures: 0, raised: [] };
  writeFileSync(stateFile, JSON.stringify({ version: 1, domains: { 'secure.sandbox': known } }), { mode: 0o600 });
  const webhook = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/news`;
  const config = { dane: { watch: { domains: ['secure.sandbox', 'unsigned.sandbox'], stateFile, webhook } } };

  const request = once(hook, 'request') as Promise<[IncomingMessage, ServerResponse]>;
  const stage = await openStage({ addressBase: '127.61.17', config });
  try {
    const [message, response] = await request;
    expect([message.method, message.url, message.headers['content-type']]).toEqual(['POST', '/news', 'application/json']);
    const { at, detail, ...news } = JSON.parse(await text(message)) as Record<string, unknown>;
    response.end();
    expect(news).toEqual({ domain: 'secure.sandbox', event: 'verdict-changed', ended: false });
    expect(detail).toContain('is appliance dane-success-if-certificate-matches / dane-success-if-certificate-matches');
    expect(Math.abs(Date.parse(at as string) - Date.now())).toBeLessThan(60_000);
    const metrics = await (await fetch(`${stage.http}/metrics`)).text();
    expect(metrics).toContain('zeker_watch_events_total{event="verdict-changed"} 1');
    expect(metrics).toContain('zeker_watched_domains 2');
  } finally {
    await stage.close();
  }
  const kept = JSON.parse(readFileSync(stateFile, 'utf8')).domains['secure.sandbox'];
  expect(kept.verdict.rfc7672.opportunistic).toBe('verified-if-certificate-matches');
});
