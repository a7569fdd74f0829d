import { describe, expect, test } from 'vitest';
import { createMetrics } from '../../src/http/metrics.ts';
import { ip, mx, type Script, USABLE } from '../dane/scripted-resolver.ts';
import { appFor } from './app-for-test.ts';

const secure: Script = {
  'example MX': { rdata: mx([10, 'mx.example']) },
  'mx.example A': { rdata: ip('192.0.2.1') },
  '_25._tcp.mx.example TLSA': { rdata: USABLE },
};

describe('GET /metrics', () => {
  test('counts answers by the five verdicts, each from 0', async () => {
    const metrics = createMetrics();
    metrics.countAnswer('bogus');
    metrics.countAnswer('bogus');
    const { app } = appFor({}, { metrics });
    const response = await app.inject('/metrics');
    expect(response.headers['content-type']).toContain('text/plain');
    for (const [verdict, count] of Object.entries({ secure: 0, insecure: 0, bogus: 2, nxdomain: 0, indeterminate: 0 }))
      expect(response.body).toContain(`zeker_answers_total{verdict="${verdict}"} ${count}\n`);
  });
  test('counts stale answers, from 0', async () => {
    const metrics = createMetrics();
    expect(await metrics.expose()).toContain('zeker_stale_answers_total 0\n');
    metrics.countStaleAnswer();
    expect(await metrics.expose()).toContain('zeker_stale_answers_total 1\n');
  });
  test('counts prefetches by what became of them, each from 0', async () => {
    const metrics = createMetrics();
    metrics.countPrefetch('failed');
    const body = await metrics.expose();
    for (const [outcome, count] of Object.entries({ refreshed: 0, failed: 1, skipped: 0 }))
      expect(body).toContain(`zeker_prefetches_total{outcome="${outcome}"} ${count}\n`);
  });
  test('counts spent limits, each from 0, those of the front ends too', async () => {
    const metrics = createMetrics();
    metrics.countLimit('nsec3Hashes');
    metrics.countLimit('tcpUnread');
    const body = await metrics.expose();
    const counts = Object.fromEntries(
      [...body.matchAll(/zeker_limits_spent_total\{limit="([^"]+)"\} (\d+)/g)].map(([, key, n]) => [key, Number(n)]),
    );
    expect(counts).toEqual({
      'upstream-queries': 0,
      'upstream-octets': 0,
      aliases: 0,
      'signature-checks': 0,
      'failed-signature-checks': 0,
      'work-on-failed-signature-checks': 0,
      'nsec3-hashes': 1,
      'cryptographic-work': 0,
      subqueries: 0,
      'server-names-without-address': 0,
      'signature-checks-of-one-rrset': 0,
      'keys-of-one-tag': 0,
      'ds-records-of-one-zone': 0,
      'dnskey-records-of-one-zone': 0,
      'signatures-of-one-rrset': 0,
      'keys-of-one-zone': 0,
      'denial-records-of-one-response': 0,
      time: 0,
      'depth-of-subqueries': 0,
      'udp-in-flight': 0,
      'tcp-unread': 1,
      'udp-rate': 0,
      'udp-overload': 0,
    });
  });
  test('adds what UDP threads count, once, and shows their answer table', async () => {
    const metrics = createMetrics();
    let counts = { secure: 7, insecure: 0, nxdomain: 0, refused: 0, rateLimited: 0, overloaded: 0 };
    metrics.watchFront(() => counts, { entries: 3, octets: 4_096 }); // what was counted before it watches is not new
    counts = { secure: 9, insecure: 1, nxdomain: 4, refused: 5, rateLimited: 6, overloaded: 8 };
    metrics.countAnswer('secure');
    for (let look = 0; look < 2; look++) {
      const body = await metrics.expose();
      for (const line of [
        'zeker_answers_total{verdict="secure"} 3',
        'zeker_answers_total{verdict="insecure"} 1',
        'zeker_answers_total{verdict="nxdomain"} 4',
        'zeker_udp_refused_total 5',
        'zeker_limits_spent_total{limit="udp-rate"} 6',
        'zeker_limits_spent_total{limit="udp-overload"} 8',
        'zeker_cache_entries{cache="answer-table"} 3',
        'zeker_cache_octets{cache="answer-table"} 4096',
      ])
        expect(body).toContain(`${line}\n`);
    }
  });
  test('counts checks made, not verdicts served again', async () => {
    const { app } = appFor(secure);
    await app.inject('/dane/example');
    await app.inject('/dane/example');
    const { body } = await app.inject('/metrics');
    expect(body).toContain('zeker_dane_checks_total{verdict="verified-if-certificate-matches"} 1\n');
    expect(body).toContain('zeker_cache_entries{cache="dane-verdicts"} 1\n');
    expect(body).toMatch(/zeker_cache_octets\{cache="dane-verdicts"\} [1-9]\d{2,}\n/);
  });
  test('counts upstream queries, durations and what caches hold when it is read', async () => {
    const metrics = createMetrics();
    let entries = 1;
    metrics.watchEntries('rrset', () => entries);
    metrics.watchOctets('resolver', () => 1_000 * entries);
    metrics.countUpstreamQuery('tcp');
    metrics.observeQuery(0.003);
    entries = 7;
    const body = await metrics.expose();
    expect(body).toContain('zeker_upstream_queries_total{transport="tcp"} 1\n');
    expect(body).toContain('zeker_query_duration_seconds_bucket{le="0.005"} 1\n');
    expect(body).toContain('zeker_query_duration_seconds_bucket{le="0.001"} 0\n');
    expect(body).toContain('zeker_cache_entries{cache="rrset"} 7\n');
    expect(body).not.toContain('zeker_cache_octets{cache="rrset"}');
    expect(body).toContain('zeker_cache_octets{cache="resolver"} 7000\n');
    expect(body).toContain('process_cpu_seconds_total');
  });
  test('two services in one process do not mix', async () => {
    const [a, b] = [createMetrics(), createMetrics()];
    a.countAnswer('secure');
    expect(await b.expose()).toContain('zeker_answers_total{verdict="secure"} 0\n');
  });
});
