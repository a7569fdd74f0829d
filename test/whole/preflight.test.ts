/** `POST /dane/preflight` of the running service on the sandbox: all of its domains at once. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PreflightReport } from '../../src/preflight/report.ts';
import { sandboxDomains } from '../../src/sandbox/domains.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({
    addressBase: '127.61.42',
    config: { dane: { probe: { token: 'a-token-for-tests' } }, preflight: { routes: [{ domain: 'rsa.sandbox', to: ['relay.sandbox'] }] } },
  });
});
afterAll(() => stage.close());

const post = (body: object, query = '') =>
  fetch(`${stage.http}/dane/preflight${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer a-token-for-tests' },
    body: JSON.stringify(body),
  });

test('what it says of each domain is what the sandbox was made for, streamed and in one piece alike', async () => {
  const domains = sandboxDomains.map(({ domain }) => domain);
  const lines = (await (await post({ domains })).text()).trimEnd().split('\n');
  expect(lines.length).toBe(domains.length + 1);
  const report = (await (await post({ domains }, '?format=json')).json()) as PreflightReport;
  const held = sandboxDomains
    .filter(({ domain, mx, appliance, opportunistic }) => {
      if (mx === 'indeterminate') return false;
      return domain === 'rsa.sandbox' || (appliance?.opportunistic ?? opportunistic) === 'delay';
    })
    .map(({ domain }) => domain)
    .sort();
  expect(report.held).toEqual(held);
  expect(JSON.parse(lines.at(-1) ?? '')).toEqual({ held: report.held, summary: report.summary, unread: [] });
  expect(report.summary.counts).toMatchObject({ 'cannot-tell': 2, 'no-mail': 1 });
}, 60_000);
