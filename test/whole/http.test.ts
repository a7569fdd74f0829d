/** The HTTP side of the whole service: what the cache keeps, health, and the figures that move. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askUdp } from './client.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ addressBase: '127.61.4' });
});
afterAll(() => stage.close());

const getJson = async (path: string): Promise<Record<string, unknown>> =>
  (await (await fetch(`${stage.http}${path}`)).json()) as Record<string, unknown>;

describe('a name asked twice comes from the cache with its validation', () => {
  test.each([
    { path: 'secure.sandbox/MX', state: 'secure', kind: 'answer' },
    { path: 'www.alias.sandbox/A', state: 'secure', kind: 'answer' },
    { path: 'else.wildcard.sandbox/A', state: 'secure', kind: 'answer' },
    { path: 'nobody.sandbox/MX', state: 'secure', kind: 'nxdomain' },
    { path: 'mx.rsa.sandbox/AAAA', state: 'secure', kind: 'nodata' },
    { path: 'unsigned.sandbox/MX', state: 'insecure', kind: 'answer' },
    { path: 'mail.registry.sandbox/MX', state: 'insecure', kind: 'answer' },
    { path: 'unknown-algorithm.sandbox/MX', state: 'insecure', kind: 'answer' },
    { path: 'expired.sandbox/MX', state: 'bogus', kind: 'answer' },
    { path: '_25._tcp.mx.bogus-tlsa.sandbox/TLSA', state: 'bogus', kind: 'answer' },
  ])('$path: $state', async ({ path, state, kind }) => {
    const first = await getJson(`/resolve/${path}`);
    expect(first).toMatchObject({ cached: false, kind, validation: { state } });
    const before = stage.sandbox.queries();
    const second = await getJson(`/resolve/${path}`);
    expect(second).toMatchObject({ cached: true, kind, validation: first.validation as object, expires: first.expires });
    expect(stage.sandbox.queries(), 'nothing was asked upstream').toBe(before);
    const values = (lines: unknown) => (lines as string[]).map((line) => line.split(/\s+/).toSpliced(1, 1).join(' ')).toSorted();
    expect(values(second.answer), 'but for TTLs').toEqual(values(first.answer));
    expect(values(second.authority)).toEqual(values(first.authority));
    expect(Date.parse(first.expires as string)).toBeGreaterThan(Date.now());
  });

  // Asked again where a second began between the answer and its description.
  test('ttl is that of the record which ends first', { retry: 2 }, async () => {
    const { ttl, answer } = await getJson('/resolve/mx.ed25519.sandbox/A');
    expect(ttl).toBe(Number((answer as string[])[0]!.split(' ')[1]));
  });

  test('what is bogus is kept a minute at most', async () => {
    const { expires } = await getJson('/resolve/www.expired.sandbox/A');
    expect(Date.parse(expires as string)).toBeLessThanOrEqual(Date.now() + 61_000);
  });

  test('DNS and HTTP share what is known', async () => {
    await askUdp(stage.dnsPort, { name: 'mx.p384.sandbox', type: 'A' });
    expect(await getJson('/resolve/mx.p384.sandbox/A')).toMatchObject({ cached: true, validation: { state: 'secure' } });
  });
});

describe('what it says of itself', () => {
  test('/healthz and /readyz', async () => {
    expect(await getJson('/healthz')).toMatchObject({ status: 'ok' });
    expect(await getJson('/readyz')).toEqual({ ready: true, reasons: [] });
  });

  test.each([
    { name: 'secure.sandbox', type: 'MX', verdict: 'secure' },
    { name: 'unsigned.sandbox', type: 'MX', verdict: 'insecure' },
    { name: 'wrong-ds.sandbox', type: 'MX', verdict: 'bogus' },
    { name: 'nobody.sandbox', type: 'MX', verdict: 'nxdomain' },
    { name: 'mx.secure.sandbox', type: 'TXT', verdict: 'nxdomain' },
    { name: 'lame.sandbox', type: 'MX', verdict: 'indeterminate' },
  ])('zeker_answers_total counts $name $type as $verdict, and as nothing else', async ({ name, type, verdict }) => {
    const before = await answersTotal();
    await askUdp(stage.dnsPort, { name, type });
    await askUdp(stage.dnsPort, { name, type });
    const after = await answersTotal();
    const moved = Object.fromEntries(Object.entries(after).map(([word, count]) => [word, count - before[word]!]));
    expect(moved).toEqual({ secure: 0, insecure: 0, bogus: 0, nxdomain: 0, indeterminate: 0, [verdict]: 2 });
  });
});

test('what is no domain name is told so', async () => {
  const response = await fetch(`${stage.http}/dane/${'a'.repeat(64)}.sandbox`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ message: expect.stringMatching(/\.$/) });
});

/** zeker_answers_total by verdict. */
async function answersTotal(): Promise<Record<string, number>> {
  const text = await (await fetch(`${stage.http}/metrics`)).text();
  return Object.fromEntries(
    [...text.matchAll(/^zeker_answers_total\{verdict="(\w+)"\} (\d+)$/gm)].map(([, word, count]) => [word, Number(count)]),
  );
}
