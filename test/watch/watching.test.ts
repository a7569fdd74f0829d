/** Watching through a restart: who is checked when, what is kept, what is delivered. */

import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { BudgetExceeded } from '../../src/base/budget.ts';
import { type Name, parseName } from '../../src/base/name.ts';
import { type CheckDane, createDaneCheck } from '../../src/dane/check.ts';
import { UNSEEN, type WatchNews } from '../../src/dane/watch.ts';
import { PopularNames } from '../../src/watch/popular.ts';
import { WatchStore } from '../../src/watch/store.ts';
import { startWatching } from '../../src/watch/watching.ts';
import { createWebhook } from '../../src/watch/webhook.ts';
import { ip, mx, NOW, type Script, scriptedResolver, USABLE } from '../dane/scripted-resolver.ts';

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const step of cleanUp.splice(0)) step();
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'zeker-watch-'));
  cleanUp.push(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

const log = () => {
  const lines: string[] = [];
  const add = (_fields: object, message: string) => void lines.push(message);
  return { lines, info: add, warn: add, error: add };
};

/** Domains that each have one mail host, `bogus` as far as named. */
const state = { bogus: new Set<string>() };
function check(now: () => number): CheckDane {
  return (domain, options) => {
    const at = domain.key.slice(1).split('\u0007')[0] as string;
    const script: Script = {
      [`${at}.example MX`]: { rdata: mx([10, 'mx.example']) },
      'mx.example A': { rdata: ip('192.0.2.1') },
      '_25._tcp.mx.example TLSA': state.bogus.has(at) ? { state: 'bogus' } : { rdata: USABLE },
    };
    return createDaneCheck({ resolver: scriptedResolver(script), now })(domain, options);
  };
}

interface Options {
  readonly file?: string;
  readonly domains?: readonly string[];
  readonly popular?: () => readonly Name[];
  readonly checkDane?: CheckDane;
}

/** A watch whose clock and timer are the test's. */
function watch({ file, domains = ['a.example'], popular = () => [], checkDane }: Options = {}) {
  const clock = { now: NOW };
  const news: WatchNews[] = [];
  const checked: string[] = [];
  const told = log();
  let run = () => {};
  const judge = checkDane ?? check(() => clock.now);
  const watching = startWatching({
    domains: domains.map((name) => parseName(name)),
    popular,
    checkDane(domain, options) {
      checked.push(domain.key);
      return judge(domain, options);
    },
    store: file === undefined ? undefined : new WatchStore(file),
    deliver: (item) => news.push(item),
    log: told,
    now: () => clock.now,
    everySecond(tick) {
      run = tick;
      return () => {
        run = () => {};
      };
    },
  });
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) {
      clock.now++;
      run();
      for (let turns = 0; turns < 60; turns++) await Promise.resolve();
    }
  };
  return { clock, news, checked, told, watching, pass };
}

test('domains are checked at the start, spread out, and again before their lookups end', async () => {
  state.bogus.clear();
  const { checked, watching, pass } = watch({ domains: ['a.example', 'b.example', 'c.example'] });
  await pass(1);
  expect(checked).toHaveLength(1);
  await pass(60);
  expect(checked).toHaveLength(3);
  expect(watching.size()).toBe(3);
  await pass(3_500);
  expect(new Set(checked.slice(3)).size, 'their TTL is an hour').toBe(3);
});

test('a change is told once over a restart, and what was there before the restart is known after it', async () => {
  state.bogus.clear();
  const file = join(folder(), 'watch.json');
  const first = watch({ file });
  await first.pass(60);
  state.bogus.add('a');
  await first.pass(3_600);
  expect(first.news.map(({ event }) => event)).toEqual(['verdict-changed']);
  first.watching.stop();
  expect(statSync(file).mode & 0o777).toBe(0o600);

  const second = watch({ file });
  await second.pass(60);
  expect(second.news).toEqual([]);
  second.watching.stop();
  state.bogus.clear();
  const third = watch({ file });
  await third.pass(60);
  expect(
    third.news.map(({ event }) => event),
    'that it changed back meanwhile',
  ).toEqual(['verdict-changed']);
  third.watching.stop();
  expect(JSON.parse(readFileSync(file, 'utf8')).domains['a.example'].failures).toBe(0);
});

test('a state is written some seconds after a change, not only at the end', async () => {
  state.bogus.clear();
  const file = join(folder(), 'watch.json');
  const { pass } = watch({ file });
  await pass(5);
  expect(existsSync(file)).toBe(false);
  await pass(10);
  expect(existsSync(file)).toBe(true);
});

test.each<{ title: string; make: (file: string) => void }>([
  { title: 'junk', make: (file) => writeFileSync(file, 'junk', { mode: 0o600 }) },
  { title: 'another version', make: (file) => writeFileSync(file, '{"version":2,"domains":{}}', { mode: 0o600 }) },
  {
    title: 'an unknown event',
    make: (file) => writeFileSync(file, '{"version":1,"domains":{"a.example":{"failures":0,"raised":["x"]}}}', { mode: 0o600 }),
  },
  { title: 'null', make: (file) => writeFileSync(file, 'null', { mode: 0o600 }) },
  {
    title: 'a file that anybody may write',
    make(file) {
      writeFileSync(file, '{"version":1,"domains":{}}');
      chmodSync(file, 0o666);
    },
  },
  { title: 'a link', make: (file) => symlinkSync('/etc/hostname', file) },
])('a state that is $title is told of and forgotten', ({ make }) => {
  const file = join(folder(), 'watch.json');
  make(file);
  const told = log();
  expect(new WatchStore(file).load(told).size).toBe(0);
  expect(told.lines).toHaveLength(1);
});

test('a disk that takes nothing is told of once', () => {
  const told = log();
  const store = new WatchStore(join(folder(), 'none', 'watch.json'));
  for (let i = 0; i < 3; i++) store.save(new Map([['a.example', UNSEEN]]), told);
  expect(told.lines).toHaveLength(1);
});

test('two are checked at once, and one that does not come back holds up no other for ever', async () => {
  const waiting: (() => void)[] = [];
  const domains = ['a', 'b', 'c', 'd'].map((label) => `${label}.example`);
  const never: CheckDane = () => new Promise((_, reject) => waiting.push(() => reject(new BudgetExceeded('time'))));
  const { checked, pass, told } = watch({ domains, checkDane: never });
  await pass(120);
  expect(checked).toHaveLength(2);
  waiting.shift()?.();
  await pass(2);
  expect(checked).toHaveLength(3);
  expect(told.lines).toEqual([]);
});

test('a domain whose checks never come to an end is told of', async () => {
  const { news, pass } = watch({ checkDane: () => Promise.reject(new BudgetExceeded('time')) });
  await pass(300);
  expect(news).toMatchObject([{ domain: 'a.example', event: 'lookups-failing', ended: false }]);
});

test('what was told of a domain asked for most is told once over a restart, though nobody asks at its start', async () => {
  const file = join(folder(), 'watch.json');
  const popular = [parseName('p.example')];
  const failing: CheckDane = () => Promise.reject(new BudgetExceeded('time'));
  const first = watch({ file, popular: () => popular, checkDane: failing });
  await first.pass(400);
  first.watching.stop();
  expect(first.news).toHaveLength(2);
  let asked: readonly Name[] = [];
  const second = watch({ file, popular: () => asked, checkDane: failing });
  await second.pass(400);
  asked = popular;
  await second.pass(1_000);
  expect(second.news).toEqual([]);
});

test('those asked for most come and go', async () => {
  let popular = [parseName('p.example')];
  const { watching, pass } = watch({ popular: () => popular });
  await pass(1);
  expect(watching.size()).toBe(2);
  popular = [];
  await pass(601);
  expect(watching.size()).toBe(1);
});

test('popular names: the most asked first, old ones fade, memory is bounded', () => {
  const names = new PopularNames();
  const [a, b] = [parseName('a.'), parseName('b.')];
  for (const name of [a, b, b]) names.count(name);
  expect(names.top(1)).toEqual([b]);
  names.halve();
  expect(names.top(5)).toEqual([b]);
  for (let i = 0; i < 20_000; i++) names.count(parseName(`n${i}.`));
  expect(names.top(50_000)).toHaveLength(10_000);
});

test('a webhook is told one after another, tried three times, and at most a thousand wait', async () => {
  const bodies: string[] = [];
  const lost: string[] = [];
  const waits: number[] = [];
  let status = 500;
  const webhook = createWebhook({
    url: 'http://127.0.0.1/',
    async post(_url, body) {
      bodies.push(body);
      return { ok: status === 200, status };
    },
    onLost: (why) => lost.push(why),
    async wait(milliseconds) {
      waits.push(milliseconds);
    },
  });
  webhook.send({ n: 1 });
  for (let turns = 0; turns < 50; turns++) await Promise.resolve();
  expect([bodies.length, waits, lost]).toEqual([3, [10_000, 60_000], ['three tries failed: status 500']]);
  status = 200;
  bodies.length = 0;
  for (let n = 0; n < 1_005; n++) webhook.send({ n });
  for (let turns = 0; turns < 20_000; turns++) await Promise.resolve();
  expect(bodies.slice(0, 3)).toEqual(['{"n":0}', '{"n":1}', '{"n":2}']);
  expect([bodies.length + lost.length - 1, lost.at(-1)]).toEqual([1_005, '1000 wait already']);
});
