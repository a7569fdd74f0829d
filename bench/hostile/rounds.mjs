/**
 * Each case against each resolver, started anew for it: an innocent client alone; then hostile queries alone, which are counted and weighed; then
 * both at once. Every question, of either kind, is for a name never asked before.
 */

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openClient } from '../do53/client.mjs';
import { encodeQuery } from '../do53/queries.mjs';
import { startContender, unbound, zeker } from '../do53/resolvers.mjs';
import { formatNumber, percentile, printTable } from '../lib/report.mjs';
import { caseNames, INNOCENT_ZONES, questionOf } from './script.mjs';

/** By then V8 has compiled what a hostile query runs: the first thirty cost two or three times what the three-hundredth does. */
const HOSTILE_WARMUP = 300;
const HOSTILE_MEASURED = 60;
/** One after another: how long a query keeps the event loop from others. */
const HOSTILE_ONE_BY_ONE = 30;
/** Hostile queries under way at the same moment, while they are weighed. */
const HOSTILE_AT_ONCE = 8;
/** One every so many milliseconds while the innocent client asks beside them: a load that does not fill a processor by itself. */
const HOSTILE_EVERY_MS = 100;
export const INNOCENT_WARMUP = 200;
export const INNOCENT_ASKED = 250;
export const INNOCENT_EVERY_MS = 10;
/** A silent server holds a query for as long as the resolver has patience; what it costs is known from fewer. */
const FEWER = { silent: 8 };
export const PATIENCE_MS = 8_500;
/** A resolver that is overwhelmed is asked no further. */
const MOST_MS = 10_000;

/** Before a flag of ours is put beside them. */
const GIVEN_FLAGS = process.env.ZEKER_NODE_FLAGS ?? '';

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const sum = (counts) => Object.values(counts).reduce((total, count) => total + count, 0);

/** What the slices of the event loop came to since `begin`; undefined for who has none. */
function watchSlices(contender, pid, file) {
  if (contender !== zeker) return { begin() {}, end: async () => undefined };
  const begin = () => process.kill(pid, 'SIGUSR2');
  return {
    begin,
    async end() {
      rmSync(file, { force: true });
      begin();
      for (let i = 0; i < 500 && !existsSync(file); i++) await pause(10);
      return JSON.parse(readFileSync(file, 'utf8'));
    },
  };
}

/** Questions for names never asked before, one after another. */
export function makeNames() {
  let innocents = 0;
  let hostiles = 0;
  return {
    innocent: () => ({ qname: `h${++innocents}.inn${innocents % INNOCENT_ZONES}.wild.`, type: 'A' }),
    hostile: (name) => ({ qname: questionOf(name, ++hostiles), type: 'A' }),
  };
}

export async function askInnocently(client, names, count, everyMs) {
  const taken = [];
  const failed = [];
  const pending = [];
  for (let i = 0; i < count; i++) {
    const question = names.innocent();
    const began = performance.now();
    pending.push(
      client.ask(encodeQuery(question), PATIENCE_MS).then((reply) => {
        taken.push(performance.now() - began);
        if (reply?.rcode !== 0 || !reply.authenticData) failed.push(question.qname);
      }),
    );
    await pause(everyMs);
  }
  await Promise.all(pending);
  return { taken, failed: failed.length };
}

/** @returns how often each RCODE was given, and how many were asked */
async function askHostilely(client, names, name, count, atOnce = HOSTILE_AT_ONCE) {
  const codes = {};
  const until = performance.now() + MOST_MS;
  let asked = 0;
  const worker = async () => {
    while (asked < count && performance.now() < until) {
      asked++;
      const reply = await client.ask(encodeQuery(names.hostile(name)), PATIENCE_MS);
      const code = reply === undefined ? 'none' : `${rcodes[reply.rcode] ?? reply.rcode}${reply.authenticData ? ' AD' : ''}`;
      codes[code] = (codes[code] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return { codes, asked };
}

const rcodes = { 0: 'NOERROR', 2: 'SERVFAIL', 3: 'NXDOMAIN' };

async function measure(contender, name, { dist, work, authority }) {
  const file = join(work, 'slices.json');
  process.env.ZEKER_SLICES = file;
  process.env.ZEKER_NODE_FLAGS = `${GIVEN_FLAGS} --import=${fileURLToPath(new URL('slices.mjs', import.meta.url))}`;
  const server = await startContender(contender, { work, dist });
  const client = await openClient(contender.port);
  const names = makeNames();
  const count = FEWER[name] ?? HOSTILE_MEASURED;
  try {
    await askInnocently(client, names, INNOCENT_WARMUP, 2);
    const idle = await askInnocently(client, names, INNOCENT_ASKED, INNOCENT_EVERY_MS);
    await askHostilely(client, names, name, Math.min(count, HOSTILE_WARMUP));
    const [cpu, octets, upstream] = [server.cpuSeconds().all, server.residentOctets(), await authority.queries()];
    const { codes, asked } = await askHostilely(client, names, name, count);
    const weighed = {
      cpuMs: ((server.cpuSeconds().all - cpu) * 1000) / asked,
      octets: (server.residentOctets() - octets) / asked,
      upstream: (sum(await authority.queries()) - sum(upstream)) / asked,
    };
    const watch = watchSlices(contender, server.pid, file);
    watch.begin();
    if (contender === zeker) await askHostilely(client, names, name, Math.min(count, HOSTILE_ONE_BY_ONE), 1);
    const slices = await watch.end();
    const attack = setInterval(() => void client.ask(encodeQuery(names.hostile(name)), PATIENCE_MS), HOSTILE_EVERY_MS);
    const during = await askInnocently(client, names, INNOCENT_ASKED, INNOCENT_EVERY_MS);
    clearInterval(attack);
    return {
      ...weighed,
      codes,
      slices,
      idleP99: percentile(idle.taken, 99),
      duringP99: percentile(during.taken, 99),
      failed: idle.failed + during.failed,
    };
  } finally {
    client.close();
    await server.stop();
  }
}

export async function measureCases(context) {
  const names = caseNames.filter((name) => context.options.cases?.includes(name) ?? true);
  if (names.length === 0) return { figures: [] };
  const figures = [];
  for (const name of names) {
    const taken = {};
    for (const contender of [zeker, unbound]) taken[contender.name] = await measure(contender, name, context);
    figures.push({ name, ...taken });
    console.log(`${name}: ${JSON.stringify(taken)}`);
  }
  const rows = figures.flatMap(({ name, ...taken }) =>
    Object.entries(taken).map(([resolver, one]) => [
      resolver === zeker.name ? name : '',
      resolver,
      formatNumber(one.cpuMs),
      formatNumber(one.octets / 1000),
      formatNumber(one.upstream),
      one.slices ? formatNumber(one.slices.longest) : '-',
      formatNumber(one.idleP99),
      formatNumber(one.duringP99),
      one.failed,
      Object.entries(one.codes)
        .map(([code, times]) => `${code}: ${times}`)
        .join(', '),
    ]),
  );
  printTable([
    ['case', '', 'CPU ms', 'kB', 'upstream', 'longest slice, ms', 'innocent p99 idle, ms', 'during, ms', 'failed', 'RCODEs'],
    ...rows,
  ]);
  return { figures };
}
