/** `zeker preflight` as a shell runs it, over the sandbox: report, files, exit status; ended half-way by a kill and gone on with. */

import { existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { PreflightReport } from '../../src/preflight/report.ts';
import { type Delivery, sandboxDomains } from '../../src/sandbox/domains.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/internet.ts';
import { run, start } from './run.ts';

let sandbox: Sandbox;
let folder: string;
let list: string;
let state: string;
let config: readonly string[];

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, addressBase: '127.61.40' });
  folder = mkdtempSync(join(tmpdir(), 'zeker-preflight-'));
  list = join(folder, 'domains.txt');
  state = `${list}.preflight`;
  writeFileSync(join(folder, 'hints'), sandbox.hints);
  writeFileSync(join(folder, 'anchors'), sandbox.anchors);
  writeFileSync(
    join(folder, 'zeker.yaml'),
    JSON.stringify({
      root: { hints: 'hints' },
      trust: { anchors: 'anchors' },
      resolver: { upstreamPort: sandbox.port, doNotQuery: [], ipv6: false },
      preflight: { internalDomains: ['secure.sandbox'], routes: [{ domain: 'rsa.sandbox', to: ['relay.sandbox'] }] },
    }),
  );
  config = ['--config', join(folder, 'zeker.yaml')];
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await sandbox.stop();
});
beforeEach(() => rmSync(state, { force: true }));

const write = (domains: readonly string[]) => writeFileSync(list, `${domains.join('\n')}\n`);
const plain = (...args: readonly string[]) => run('preflight', list, ...config, ...args);
const domains = sandboxDomains.map(({ domain }) => domain);

describe('every domain of the sandbox', () => {
  const outcomeOf: Readonly<Record<Delivery, string>> = {
    deliver: 'verified',
    fallback: 'fallback',
    encrypt: 'fallback',
    delay: 'held',
    bounce: 'no-mail',
  };

  test.each([
    { judge: 'appliance', policy: 'opportunistic' },
    { judge: 'rfc7672', policy: 'mandatory' },
  ] as const)('$judge, $policy', async ({ judge, policy }) => {
    write(domains);
    const json = join(folder, 'report.json');
    const csv = join(folder, 'report.csv');
    const mandatory = policy === 'mandatory' ? ['--mandatory'] : [];
    const ended = await plain('--judge', judge, '--json', json, '--csv', csv, ...mandatory);
    expect(ended).toMatchObject({ status: 3, stderr: '' });
    const report = JSON.parse(readFileSync(json, 'utf8')) as PreflightReport;
    const wanted = sandboxDomains.map(({ domain, mx, appliance, ...own }) => {
      const delivery = (judge === 'appliance' ? (appliance ?? own) : own)[policy];
      if (domain === 'rsa.sandbox') return [domain, 'held'];
      return [domain, mx === 'indeterminate' ? 'cannot-tell' : outcomeOf[delivery]];
    });
    expect(Object.fromEntries(report.rows.map(({ domain, outcome }) => [domain, outcome]))).toEqual(Object.fromEntries(wanted));
    expect(report.held).toEqual(report.rows.filter(({ outcome }) => outcome === 'held').map(({ domain }) => domain));
    const lines = ended.stdout.split('\n');
    expect(lines[0]).toContain(`Mail to ${report.held.length} of ${domains.length} domains stops when DANE is switched to ${policy}`);
    expect(lines.slice(1, 1 + report.held.length).map((line) => line.trim().split(/\s/, 1)[0])).toEqual(report.held);
    expect(ended.stdout).toContain('Warning: 1 internal domain would be checked by DANE');
    expect(readFileSync(csv, 'utf8').split('\r\n').length).toBe(domains.length + 2);
    expect(statSync(json).mode & 0o777).toBe(0o600);
    expect(existsSync(state)).toBe(false);
  });
});

test('killed half-way it goes on from there, and what comes out is the same', async () => {
  // At first what makes it wait for seconds, so that its state is written before it is through; at the end again.
  write(['silent.sandbox', 'secure.sandbox', 'expired.sandbox', 'no-tlsa.sandbox', 'lame.sandbox', 'bogus-a.sandbox', 'unsigned.sandbox']);
  const whole = await plain();
  expect(whole.status).toBe(3);
  const known = () => (existsSync(state) ? (JSON.parse(readFileSync(state, 'utf8')) as { rows: unknown[] }).rows.length : 0);
  const running = start(['preflight', list, ...config, '--at-once', '1']);
  await vi.waitFor(() => expect(known()).toBeGreaterThan(0), { timeout: 30_000, interval: 20 });
  running.process.kill('SIGKILL');
  expect(await running.ended).toMatchObject({ signal: 'SIGKILL', stdout: '' });
  const before = known();
  expect(before).toBeLessThan(7);
  expect(statSync(state).mode & 0o777).toBe(0o600);
  const resumed = await plain();
  expect(resumed.stderr).toBe(`going on from ${state}: ${before} of 7 domains are known`);
  expect({ ...resumed, stderr: '' }).toEqual(whole);
  expect(existsSync(state)).toBe(false);
}, 60_000);

test('a signal ends it with a word, and the state is there', async () => {
  write(['silent.sandbox', 'secure.sandbox']);
  const running = start(['preflight', list, ...config]);
  await vi.waitFor(() => expect(existsSync(state)).toBe(true), { timeout: 30_000, interval: 20 });
  running.process.kill('SIGTERM');
  const ended = await running.ended;
  expect(ended).toMatchObject({ status: 1, stdout: '' });
  expect(ended.stderr).toMatch(/^zeker: ended after [01] of 2 domains; the same command goes on from there$/);
  expect(existsSync(state)).toBe(true);
});

describe('a state that is not of this run', () => {
  beforeEach(() => write(['secure.sandbox', 'expired.sandbox']));

  test.each([
    { title: 'of another list', age: 0, key: 'x', says: `it is of another list or of other settings` },
    { title: 'no JSON', text: '{', says: 'is no state of a preflight: remove it', status: 1 },
    {
      title: 'rows that are none',
      text: JSON.stringify({ version: 1, key: 'x', begun: 0, rows: [{ outcome: 'fine' }] }),
      says: 'is no state of a preflight',
      status: 1,
    },
  ])('$title', async ({ text = JSON.stringify({ version: 1, key: 'x', begun: 0, rows: [] }), says, status = 3 }) => {
    writeFileSync(state, text, { mode: 0o600 });
    const ended = await plain();
    expect(ended.status).toBe(status);
    expect(ended.stderr).toContain(says);
    if (status === 1) expect(readFileSync(state, 'utf8')).toBe(text);
  });

  test('no link is followed', async () => {
    const victim = join(folder, 'victim');
    writeFileSync(victim, 'mine');
    symlinkSync(victim, state);
    const ended = await plain();
    expect([ended.status, readFileSync(victim, 'utf8'), lstatSync(state).isSymbolicLink()]).toEqual([1, 'mine', true]);
    expect((await plain('--no-state')).status).toBe(3);
  });
});

describe('exit status and faults', () => {
  test('0: no mail stops, and all of it is known', async () => {
    write(['secure.sandbox', 'unsigned.sandbox', 'null-mx.sandbox']);
    const ended = await plain();
    expect(ended).toMatchObject({ status: 0, stderr: '' });
    expect(ended.stdout.split('\n')[0]).toBe(
      "No mail stops when DANE is switched to opportunistic, by the appliance's tables (3 domains).",
    );
  });

  test('4: none is known to stop, and a line could not be read', async () => {
    write(['secure.sandbox', 'what is this']);
    const ended = await plain();
    expect(ended.status).toBe(4);
    expect(ended.stdout.split('\n')[0]).toBe(
      "No mail is known to stop when DANE is switched to opportunistic, by the appliance's tables (1 domain); 1 could not be told or read.",
    );
    expect(ended.stdout).toContain('line 2: what is this: there is more than one word on the line');
  });

  test.each([
    { title: 'no such file', args: ['/nonexistent', '--no-state'], status: 1, says: '/nonexistent cannot be read: no such file' },
    { title: 'a folder', args: ['/', '--no-state'], status: 1, says: '/ cannot be read' },
    { title: 'a route that is none', args: ['-', '--route', 'a.example'], status: 2, says: 'It is as example.com=relay.example.com' },
    { title: 'nothing at once', args: ['-', '--at-once', '0'], status: 2, says: 'It is a number from 1 to 1000.' },
    { title: 'a judge that is none', args: ['-', '--judge', 'me'], status: 2, says: 'Allowed choices are appliance, rfc7672' },
    { title: 'nothing on standard input', args: ['-'], status: 1, says: 'standard input names no domain' },
  ])('$title', async ({ args, status, says }) => {
    const ended = await run('preflight', ...args);
    expect(ended.status).toBe(status);
    expect(ended.stderr).toContain(says);
  });

  test('--help has the exit statuses', async () => {
    expect((await run('preflight', '--help')).stdout).toContain('Exit status: 0 no mail stops.');
  });
});
