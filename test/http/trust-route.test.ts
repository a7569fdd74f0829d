import { expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { reportTrust } from '../../src/trust/report.ts';
import { AnchorTracker } from '../../src/trust/tracker.ts';
import { makeKey } from '../vectors/signed-zone.ts';
import { appFor } from './app-for-test.ts';

const key = makeKey({ algorithm: 13 });
const anchors = [{ zone: parseName('.'), ds: [], dnskeys: [new Uint8Array(key.rdata)] }];
const tracker = new AnchorTracker({ configured: () => anchors, store: undefined, now: () => 1_800_000_000, tell: () => {} });
const report = () => reportTrust(tracker.status(), tracker.anchors(), { stateFile: undefined, stateFault: 'ENOSPC' });

test('/trust tells keys, states and timers', async () => {
  const { app } = appFor({}, { trust: report });
  const response = await app.inject({ url: '/trust', headers: { host: 'localhost' } });
  expect(response.statusCode).toBe(200);
  expect(response.json()).toMatchObject({
    rfc5011: true,
    stateFault: 'ENOSPC',
    zones: [
      { zone: '.', refreshed: null, keys: [{ keyTag: key.tag, state: 'valid', trusted: true, origin: 'configured', lastSeen: null }] },
    ],
  });
  await app.close();
});

test('anchors that are not followed are told too', () => {
  const told = reportTrust(undefined, anchors, { stateFile: undefined, stateFault: undefined });
  expect(told).toMatchObject({ rfc5011: false, zones: [{ zone: '.', keys: [{ keyTag: key.tag, state: 'configured' }] }] });
});

test('metrics count keys by state and say whether the state was saved', async () => {
  const metrics = createMetrics();
  metrics.watchTrust(report);
  const text = await metrics.expose();
  expect(text).toContain('zeker_trust_keys{zone=".",state="valid"} 1');
  expect(text).toContain('zeker_trust_state_saved 0');
});
