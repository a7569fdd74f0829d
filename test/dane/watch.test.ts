/** What is told of a watched domain, and when it is looked at next. */

import { describe, expect, test } from 'vitest';
import { parseName } from '../../src/base/name.ts';
import { createDaneCheck } from '../../src/dane/check.ts';
import type { DaneReport, LookupReport } from '../../src/dane/report.ts';
import { compareUnfinished, compareWatched, nextCheck, UNSEEN, type Watched } from '../../src/dane/watch.ts';
import { ip, mx, NOW, type Script, scriptedResolver, USABLE } from './scripted-resolver.ts';

const script: Script = {
  'example MX': { rdata: mx([10, 'mx.example']) },
  'mx.example A': { rdata: ip('192.0.2.1') },
  '_25._tcp.mx.example TLSA': { rdata: USABLE },
};
const check = (changes: Script = {}) =>
  createDaneCheck({ resolver: scriptedResolver({ ...script, ...changes }), now: () => NOW })(parseName('example'));
const good = await check();
const bogus = await check({ '_25._tcp.mx.example TLSA': { state: 'bogus' } });
const failing = await check({ '_25._tcp.mx.example TLSA': { state: 'indeterminate' } });

/** Checks one after another; what each tells, in short. */
function tell(...reports: readonly DaneReport[]): string[][] {
  let watched: Watched = UNSEEN;
  return reports.map((report) => {
    const { after, news } = compareWatched(watched, report, NOW);
    watched = after;
    return news.map(({ event, ended }) => `${event}${ended ? ' ended' : ''}`);
  });
}

/** The report with this in place of the certificates of its one host. */
function withCertificate(certificate: 'success' | 'failed', notAfter: number): DaneReport {
  const [host] = good.mx.hosts;
  const cert = { names: ['mx.example'], notAfter: new Date(notAfter * 1000).toISOString(), spkiSha256: '00' };
  const smtp = [{ ip: '192.0.2.1', connected: true, starttls: true, cert, warnings: [] }];
  return { ...good, mx: { ...good.mx, hosts: [{ ...(host as NonNullable<typeof host>), certificate, smtp }] } };
}

function withSignature(fields: Partial<LookupReport>): DaneReport {
  return { ...good, mx: { ...good.mx, ...fields } };
}

/** A signature of which so many seconds have passed and are left. */
const signed = (passed: number, left: number) => ({
  from: new Date((NOW - passed) * 1000).toISOString(),
  until: new Date((NOW + left) * 1000).toISOString(),
});

describe('verdicts', () => {
  test('the first is told to nobody, the same again neither', () => {
    expect(tell(good, good)).toEqual([[], []]);
  });

  test('a change is told once, and so is the change back', () => {
    expect(tell(good, bogus, bogus, good)).toEqual([[], ['verdict-changed'], [], ['verdict-changed']]);
    const { after } = compareWatched(UNSEEN, good, NOW);
    expect(compareWatched(after, bogus, NOW).news[0]?.detail).toBe(
      'was appliance dane-success-if-certificate-matches / dane-success-if-certificate-matches, ' +
        'RFC 7672 verified-if-certificate-matches / verified-if-certificate-matches; ' +
        'is appliance dane-fail / dane-fail, RFC 7672 delay / delay, for tlsa-bogus',
    );
  });

  test('a failed lookup is no verdict: told at the third in a row, and when it is over', () => {
    expect(tell(good, failing, failing, failing, failing, good)).toEqual([[], [], [], ['lookups-failing'], [], ['lookups-failing ended']]);
    expect(tell(good, failing, failing, good, failing, failing, good).flat()).toEqual([]);
  });

  test('what changed while lookups failed is told afterwards', () => {
    expect(tell(good, failing, failing, failing, bogus)).toEqual([
      [],
      [],
      [],
      ['lookups-failing'],
      ['verdict-changed', 'lookups-failing ended'],
    ]);
  });
});

describe('one of several hosts', () => {
  const two: Script = {
    'example MX': { rdata: mx([10, 'mx.example'], [20, 'mx2.example']) },
    'mx2.example A': { rdata: ip('192.0.2.2') },
    '_25._tcp.mx2.example TLSA': { kind: 'nodata' },
  };
  const both = () => check(two);
  const firstFails = () => check({ ...two, '_25._tcp.mx.example TLSA': { state: 'indeterminate' } });

  test('whose lookup fails now and then makes no verdict that goes to and fro', async () => {
    const [good, failing] = [await both(), await firstFails()];
    expect(tell(good, failing, good, failing, failing, good).flat()).toEqual([]);
  });

  test('whose lookups fail for long does', async () => {
    const [good, failing] = [await both(), await firstFails()];
    expect(tell(good, failing, failing, failing, failing)).toEqual([[], [], [], ['verdict-changed'], []]);
  });

  test('that was not seen this time: what was raised of it stands', async () => {
    const raised = { failures: 0, raised: ['certificate-near-expiry mx.example 192.0.2.1'] };
    const { after, news } = compareWatched(raised, await firstFails(), NOW);
    expect([after.raised, news]).toEqual([raised.raised, []]);
  });
});

test('checks that never end are failures too, told at the third in a row and when it is over', () => {
  let watched: Watched = compareWatched(UNSEEN, good, NOW).after;
  const events: string[][] = [];
  for (let i = 0; i < 4; i++) {
    const { after, news } = compareUnfinished(watched, 'example');
    watched = after;
    events.push(news.map(({ event }) => event));
  }
  expect(events).toEqual([[], [], ['lookups-failing'], []]);
  expect(compareWatched(watched, good, NOW).news).toMatchObject([{ event: 'lookups-failing', ended: true }]);
});

describe('signatures', () => {
  const near = withSignature({ signed: signed(1_000_000, 100_000) });
  const fresh = withSignature({ signed: signed(1_000, 1_000_000) });

  test('with a tenth of its time left one is told of, once, and when the zone signs anew', () => {
    expect(tell(near, near, fresh)).toEqual([['signature-near-end'], [], ['signature-near-end ended']]);
    expect(tell(withSignature({ signed: signed(900_000, 100_001) }))).toEqual([[]]);
  });

  test('what comes out of the cache tells nothing', () => {
    const cached = withSignature({ signed: signed(1_000_000, 10), cached: true });
    expect(tell(fresh, cached)).toEqual([[], []]);
    expect(tell(near, withSignature({ ...fresh.mx, cached: true }), fresh)).toEqual([
      ['signature-near-end'],
      [],
      ['signature-near-end ended'],
    ]);
  });

  test('while lookups fail what was raised stands', () => {
    expect(tell(near, failing, near)).toEqual([['signature-near-end'], [], []]);
  });
});

describe('certificates, where there was a live check', () => {
  const day = 86_400;

  test('one that no record matches', () => {
    expect(tell(withCertificate('success', NOW + 90 * day), withCertificate('failed', NOW + 90 * day))).toEqual([
      [],
      ['certificate-mismatch'],
    ]);
  });

  test('a check without connections leaves it as it was', () => {
    expect(tell(withCertificate('failed', NOW + 90 * day), good)).toEqual([['certificate-mismatch'], []]);
  });

  test('one that ends within fourteen days', () => {
    expect(tell(withCertificate('success', NOW + 14 * day), withCertificate('success', NOW + 14 * day - 1))).toEqual([
      [],
      ['certificate-near-expiry'],
    ]);
  });
});

describe('the next look', () => {
  const until = (seconds: number) => ({ ...good, validUntil: new Date((NOW + seconds) * 1000).toISOString() });
  test.each([
    ['shortly before the first lookup ends', until(1_000), 950],
    ['right after it, once that is near', until(20), 30],
    ['not at once, however short the TTL', until(0), 30],
    [
      'not within a quarter of an hour where mail hosts were connected to',
      { ...withCertificate('success', NOW + 9e6), validUntil: until(40).validUntil },
      900,
    ],
    ['at least every hour', until(80_000), 3_600],
    ['after a minute where a lookup failed', { ...failing, validUntil: until(900).validUntil }, 60],
  ])('%s', (_title, report, seconds) => {
    expect(nextCheck(report, NOW)).toBe(NOW + seconds);
  });
});
