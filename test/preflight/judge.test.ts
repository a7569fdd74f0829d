/** From reports to what an operator acts on, and the whole run over a scripted resolver. */

import { describe, expect, test } from 'vitest';
import { BudgetExceeded } from '../../src/base/budget.ts';
import { parseName } from '../../src/base/name.ts';
import { type CheckDane, createDaneCheck } from '../../src/dane/check.ts';
import { readDomainList } from '../../src/preflight/domain-list.ts';
import { judgeReport } from '../../src/preflight/judge.ts';
import { makePlan, type PlanSettings } from '../../src/preflight/plan.ts';
import { formatCsv, formatJson, formatTable, makeReport } from '../../src/preflight/report.ts';
import type { PreflightRow } from '../../src/preflight/row.ts';
import { runPreflight } from '../../src/preflight/run.ts';
import { ip, mx, NOW, type Script, type Scripted, scriptedResolver, tlsa, USABLE } from '../dane/scripted-resolver.ts';

const one: Scripted = { rdata: mx([10, 'mx.a.example']) };
const two: Scripted = { rdata: mx([10, 'mx.a.example'], [20, 'mx2.a.example']) };
const address: Scripted = { rdata: ip('192.0.2.1') };
const usable: Scripted = { rdata: USABLE };
const bogus = (scripted: Scripted): Scripted => ({ ...scripted, state: 'bogus' });
const insecure = (scripted: Scripted): Scripted => ({ ...scripted, state: 'insecure' });
const failing: Scripted = { state: 'indeterminate' };

const rows: readonly {
  readonly title: string;
  readonly script: Script;
  /** `outcome reason` by judge and policy. */
  readonly appliance: readonly [opportunistic: string, mandatory: string];
  readonly rfc?: readonly [opportunistic: string, mandatory: string];
}[] = [
  {
    title: 'all secure',
    script: { 'a.example. MX': one, 'mx.a.example. A': address, '_25._tcp.mx.a.example. TLSA': usable },
    appliance: ['verified tlsa-usable', 'verified tlsa-usable'],
  },
  {
    title: 'no TLSA',
    script: { 'a.example. MX': one, 'mx.a.example. A': address },
    appliance: ['fallback tlsa-denied', 'held tlsa-denied'],
  },
  {
    title: 'TLSA that nobody can use',
    script: {
      'a.example. MX': one,
      'mx.a.example. A': address,
      '_25._tcp.mx.a.example. TLSA': { rdata: tlsa([0, 0, 1, new Uint8Array(32)]) },
    },
    appliance: ['fallback tlsa-unusable', 'held tlsa-unusable'],
  },
  {
    title: 'bogus TLSA',
    script: { 'a.example. MX': one, 'mx.a.example. A': address, '_25._tcp.mx.a.example. TLSA': bogus(usable) },
    appliance: ['held tlsa-bogus', 'held tlsa-bogus'],
  },
  {
    title: 'bogus TLSA at the first of two hosts: the appliance holds all, the RFC takes the second',
    script: {
      'a.example. MX': two,
      'mx.a.example. A': address,
      'mx2.a.example. A': address,
      '_25._tcp.mx.a.example. TLSA': bogus(usable),
      '_25._tcp.mx2.a.example. TLSA': usable,
    },
    appliance: ['held tlsa-bogus', 'held tlsa-bogus'],
    rfc: ['verified tlsa-usable', 'verified tlsa-usable'],
  },
  {
    title: 'one host unknown, the other bogus: the appliance holds all whatever the lookup had said',
    script: {
      'a.example. MX': two,
      'mx.a.example. A': failing,
      'mx.a.example. AAAA': failing,
      'mx2.a.example. A': address,
      '_25._tcp.mx2.a.example. TLSA': bogus(usable),
    },
    appliance: ['held tlsa-bogus', 'held tlsa-bogus'],
    rfc: ['cannot-tell address-lookup-failed', 'cannot-tell address-lookup-failed'],
  },
  {
    title: 'insecure MX, bogus TLSA: the appliance lets it hurt',
    script: { 'a.example. MX': insecure(one), 'mx.a.example. A': address, '_25._tcp.mx.a.example. TLSA': bogus(usable) },
    appliance: ['held tlsa-bogus', 'held tlsa-bogus'],
    rfc: ['fallback mx-insecure', 'held mx-insecure'],
  },
  { title: 'bogus MX', script: { 'a.example. MX': bogus(one) }, appliance: ['held mx-bogus', 'held mx-bogus'] },
  {
    title: 'unsigned',
    script: { 'a.example. MX': insecure(one), 'mx.a.example. A': insecure(address) },
    appliance: ['fallback mx-insecure', 'held mx-insecure'],
  },
  {
    title: 'MX lookup failed: nobody can tell',
    script: { 'a.example. MX': failing },
    appliance: ['cannot-tell mx-lookup-failed', 'cannot-tell mx-lookup-failed'],
  },
  {
    title: 'TLSA lookup of the only host failed',
    script: { 'a.example. MX': one, 'mx.a.example. A': address, '_25._tcp.mx.a.example. TLSA': failing },
    appliance: ['cannot-tell tlsa-lookup-failed', 'cannot-tell tlsa-lookup-failed'],
  },
  {
    title: 'one host unknown, the other sound',
    script: {
      'a.example. MX': two,
      'mx.a.example. A': failing,
      'mx.a.example. AAAA': failing,
      'mx2.a.example. A': address,
      '_25._tcp.mx2.a.example. TLSA': usable,
    },
    appliance: ['verified tlsa-usable', 'verified tlsa-usable'],
  },
  {
    title: 'one host unknown, the other without TLSA: mandatory DANE may or may not deliver',
    script: { 'a.example. MX': two, 'mx.a.example. A': failing, 'mx.a.example. AAAA': failing, 'mx2.a.example. A': address },
    appliance: ['fallback tlsa-denied', 'cannot-tell address-lookup-failed'],
  },
  {
    title: 'insecure MX and a lookup that failed: mandatory DANE holds it whatever the lookup had said',
    script: { 'a.example. MX': insecure(one), 'mx.a.example. A': failing, 'mx.a.example. AAAA': failing },
    appliance: ['cannot-tell address-lookup-failed', 'held mx-insecure'],
  },
  {
    title: 'null MX',
    script: { 'a.example. MX': { rdata: mx([0, '.']) } },
    appliance: ['no-mail null-mx', 'no-mail null-mx'],
  },
  {
    title: 'no such domain',
    script: { 'a.example. MX': { kind: 'nxdomain' } },
    appliance: ['no-mail no-such-domain', 'no-mail no-such-domain'],
  },
  {
    title: 'a host without address: DANE changes nothing',
    script: { 'a.example. MX': one },
    appliance: ['no-mail no-address', 'no-mail no-address'],
  },
  {
    title: 'an MX record that names no host',
    script: { 'a.example. MX': { rdata: mx([10, '192.0.2.1']) } },
    appliance: ['no-mail target-invalid', 'no-mail target-invalid'],
  },
  {
    title: 'no MX: the domain is its own host',
    script: { 'a.example. A': address, '_25._tcp.a.example. TLSA': usable },
    appliance: ['verified tlsa-usable', 'verified tlsa-usable'],
  },
];

const checkOf = (script: Script) => createDaneCheck({ resolver: scriptedResolver(script), now: () => NOW });

describe.each(rows)('$title', ({ script, appliance, rfc = appliance }) => {
  test.each([
    { judge: 'appliance', policy: 'opportunistic', want: appliance[0] },
    { judge: 'appliance', policy: 'mandatory', want: appliance[1] },
    { judge: 'rfc7672', policy: 'opportunistic', want: rfc[0] },
    { judge: 'rfc7672', policy: 'mandatory', want: rfc[1] },
  ] as const)('$judge, $policy', async ({ judge, policy, want }) => {
    const { outcome, reason } = judgeReport(await checkOf(script)(parseName('a.example')), policy, judge);
    expect(`${outcome} ${reason}`).toBe(want);
  });
});

const settings: PlanSettings = { policy: 'opportunistic', judge: 'appliance', routes: [], internalDomains: [] };

async function rowsOf(text: string, script: Script, plan: Partial<PlanSettings> = {}, check: CheckDane = checkOf(script)) {
  const list = readDomainList(Buffer.from(text));
  const found: PreflightRow[] = [];
  for await (const row of runPreflight(list.domains, makePlan({ ...settings, ...plan }), { check, atOnce: 3 })) found.push(row);
  return { list, rows: found };
}

test('SMTP routes: DANE fails where one does not lead to USEDNS; the closest counts', async () => {
  const routes = [
    { domain: 'ALL', to: ['relay.example'] },
    { domain: '.b.example', to: ['usedns'] },
    { domain: 'c.b.example', to: ['USEDNS', 'relay.example'] },
  ];
  const { rows } = await rowsOf('a.example\nb.example\nd.b.example\nc.b.example\n', {}, { routes });
  expect(Object.fromEntries(rows.map(({ domain, outcome, reason }) => [domain, `${outcome} ${reason}`]))).toEqual({
    'a.example': 'held smtp-route',
    'b.example': 'held smtp-route',
    'd.b.example': 'no-mail no-address',
    'c.b.example': 'held smtp-route',
  });
  expect(rows.find(({ domain }) => domain === 'c.b.example')?.detail).toBe('to USEDNS, relay.example');
});

test('what the list says of a domain goes before the setting; none is not looked up', async () => {
  const text = 'domain,dane\na.example,mandatory\nb.example,none\nc.example,\n';
  const script: Script = Object.fromEntries(
    ['a', 'b', 'c'].flatMap((label) => [
      [`${label}.example. MX`, { rdata: mx([10, `mx.${label}.example`]) }],
      [`mx.${label}.example. A`, address],
    ]),
  );
  const resolver = scriptedResolver(script);
  const { rows } = await rowsOf(text, script, {}, createDaneCheck({ resolver, now: () => NOW }));
  expect(rows.map(({ domain, outcome }) => `${domain} ${outcome}`).sort()).toEqual([
    'a.example held',
    'b.example not-applied',
    'c.example fallback',
  ]);
  expect(resolver.asked).not.toContain('b.example. MX');
});

test('internal domains under DANE are warned of', async () => {
  const { list, rows } = await rowsOf('a.example\nx.corp.example\n', {}, { internalDomains: ['.corp.example', 'other.example'] });
  const text = formatTable(makeReport(list, settings, rows));
  expect(rows.find(({ domain }) => domain === 'x.corp.example')).toMatchObject({ internal: true });
  expect(text).toContain('Warning: 1 internal domain would be checked by DANE');
});

test('what could not be told is asked once more after all else, and a check that runs out of time is no verdict', async () => {
  const asked: string[] = [];
  const checked = checkOf({});
  const check: CheckDane = async (domain) => {
    asked.push(domain.key);
    if (domain.key === parseName('slow.example').key) throw new BudgetExceeded('time');
    return checked(domain);
  };
  const { rows } = await rowsOf('slow.example\na.example\nb.example\nc.example\nd.example\n', {}, {}, check);
  expect(asked.length).toBe(6);
  expect(asked.at(-1)).toBe(parseName('slow.example').key);
  expect(rows.at(-1)).toMatchObject({ domain: 'slow.example', outcome: 'cannot-tell', reason: 'check-not-finished' });
});

test('no more domains at once than allowed; a reader who stops stops the work', async () => {
  let underWay = 0;
  let most = 0;
  let begun = 0;
  const checked = checkOf({});
  const check: CheckDane = async (domain) => {
    begun++;
    most = Math.max(most, ++underWay);
    await Promise.resolve();
    underWay--;
    return checked(domain);
  };
  const { domains } = readDomainList(Buffer.from(Array.from({ length: 100 }, (_, i) => `d${i}.example`).join('\n')));
  let read = 0;
  for await (const _ of runPreflight(domains, makePlan(settings), { check, atOnce: 5 })) if (++read === 10) break;
  expect(most).toBeLessThanOrEqual(5);
  expect(begun).toBeLessThan(30);
  const ended = new AbortController();
  ended.abort();
  begun = 0;
  for await (const _ of runPreflight(domains, makePlan(settings), { check, atOnce: 5, signal: ended.signal })) read++;
  expect(begun).toBe(0);
});

test('a fault of ours ends it, and is not taken for a verdict', async () => {
  const check: CheckDane = () => Promise.reject(new TypeError('ours'));
  await expect(rowsOf('a.example\n', {}, {}, check)).rejects.toThrow(TypeError);
});

describe('the report', () => {
  const text = 'good.example\nbad.example\nbad2.example\nnot a domain\ngood.example\n';
  const script: Script = {
    'bad.example. MX': bogus({ rdata: mx([10, 'mx.bad.example']) }),
    'bad2.example. MX': bogus({ rdata: mx([10, 'mx.bad.example']) }),
    'good.example. A': address,
    '_25._tcp.good.example. TLSA': usable,
  };

  test('its first lines are the domains whose mail stops', async () => {
    const { list, rows } = await rowsOf(text, script);
    const lines = formatTable(makeReport(list, settings, rows)).split('\n');
    expect(lines.slice(0, 3)).toEqual([
      "Mail to 2 of 3 domains stops when DANE is switched to opportunistic, by the appliance's tables:",
      '  bad.example   mx-bogus (signature-expired at broken.example)',
      '  bad2.example  mx-bogus (signature-expired at broken.example)',
    ]);
    expect(lines).toContain('1 line named a domain again');
    expect(lines).toContain('line 4: not a domain: there is more than one word on the line');
  });

  test('the order in which they were done changes nothing', async () => {
    const { list, rows } = await rowsOf(text, script);
    const [there, back] = [rows, [...rows].reverse()].map((each) => makeReport(list, settings, each));
    for (const format of [formatTable, formatCsv, formatJson]) expect(format(there!)).toBe(format(back!));
  });

  test('CSV reads back as a list, and no cell is a formula', async () => {
    const { list, rows } = await rowsOf(text, script);
    const report = makeReport(list, settings, [
      ...rows,
      { domain: '-cmd.example', outcome: 'fallback', reason: 'tlsa-denied', policy: 'mandatory' },
    ]);
    const csv = formatCsv(report);
    expect(csv.split('\r\n').slice(0, 2)).toEqual([
      'domain,outcome,reason,policy,internal,detail',
      'bad.example,held,mx-bogus,opportunistic,no,signature-expired at broken.example',
    ]);
    expect(csv).toContain("\r\n'-cmd.example,");
    expect(
      readDomainList(Buffer.from(formatCsv(makeReport(list, settings, rows))))
        .domains.map((listed) => listed.text)
        .sort(),
    ).toEqual(list.domains.map((listed) => listed.text).sort());
  });

  test('a list of which nothing could be read is not called free of trouble', async () => {
    const { list, rows } = await rowsOf('what is this\n', {});
    expect(formatTable(makeReport(list, settings, rows)).split('\n')[0]).toBe(
      'The list has no domain that could be read: nobody can tell.',
    );
  });

  test('JSON begins with the domains whose mail stops', async () => {
    const { list, rows } = await rowsOf(text, script);
    const report = JSON.parse(formatJson(makeReport(list, settings, rows)));
    expect(Object.keys(report)[0]).toBe('held');
    expect(report).toMatchObject({ held: ['bad.example', 'bad2.example'], summary: { domains: 3, duplicates: 1, unreadCount: 1 } });
  });
});

test('a host that could not be looked up leaves the domain for the second round, though another decides', async () => {
  const whole: Script = {
    'a.example. MX': two,
    'mx.a.example. A': address,
    '_25._tcp.mx.a.example. TLSA': usable,
    'mx2.a.example. A': address,
  };
  const checks = [checkOf({ ...whole, 'mx.a.example. A': failing, 'mx.a.example. AAAA': failing }), checkOf(whole)];
  const first = await checks[0]?.(parseName('a.example'));
  expect(judgeReport(first!, 'opportunistic', 'appliance').outcome).toBe('fallback');
  let round = 0;
  const { rows } = await rowsOf('a.example\n', {}, {}, (domain) => checks[round++]!(domain));
  expect(rows).toMatchObject([{ domain: 'a.example', outcome: 'verified' }]);
});
