/**
 * memory: a server that knows all zones and has warmed up is asked for many names it does not know, each once, then twice more. What its resident
 * memory has grown by, for each name, is what an answer costs it.
 */

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatNumber, formatSummary, interleave, printTable, ratioOf, summarise } from '../lib/report.mjs';
import { dnsperf } from './dnsperf.mjs';
import { hostQuestionsOf, questionsOf } from './internet.mjs';
import { encodeQuery, shuffle, writeQueryFile } from './queries.mjs';
import { startContender, unbound, zeker } from './resolvers.mjs';

const contenders = [zeker, unbound];
const MOST_SECONDS = 3_600;
/** From the second time on zeker has an answer in its answer table as well. */
const FURTHER_PASSES = 2;
/** Room for all of them: nothing may be thrown away. */
const CACHE_OCTETS_PER_NAME = 4_000;
const TABLE_OCTETS_PER_NAME = 1_500;
const SETTLE_MS = 2_000;

const GIVEN_FLAGS = process.env.ZEKER_NODE_FLAGS ?? '';
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function measureMemory({ dist, work, zones, authority, options }) {
  const hosts = hostQuestionsOf(zones);
  // Of each type half with DO.
  const encode = (question, i) => encodeQuery(question, { dnssecOk: (i >> 1) % 2 === 0 });
  const known = writeQueryFile(join(work, 'known'), shuffle(questionsOf(zones)).map(encode));
  const file = writeQueryFile(join(work, 'names'), shuffle(hosts.map(encode)));
  const rounds = await interleave(options.rounds, contenders, (contender) =>
    measure(contender, { dist, work, authority, known, file, hosts }),
  );
  return { names: hosts.length, ...report(rounds, hosts.length) };
}

async function measure(contender, { dist, work, authority, known, file, hosts }) {
  const said = join(work, 'gc.json');
  process.env.ZEKER_GC = said;
  process.env.ZEKER_NODE_FLAGS = `${GIVEN_FLAGS} --expose-gc --import=${fileURLToPath(new URL('gc-watch.mjs', import.meta.url))}`;
  const cache = { octets: 256e6 + hosts.length * CACHE_OCTETS_PER_NAME, tableOctets: 64e6 + hosts.length * TABLE_OCTETS_PER_NAME };
  const server = await startContender(contender, { work, dist, cache });
  const ask = (queries) => dnsperf({ port: contender.port, file: queries, seconds: MOST_SECONDS, once: true, mostLost: 0.01 });
  try {
    for (let pass = 0; pass < 1 + FURTHER_PASSES; pass++) await ask(known);
    await pause(SETTLE_MS);
    const heapBefore = await collect(contender, server, said);
    const before = server.residentOctets();
    await ask(file);
    await pause(SETTLE_MS);
    const once = server.residentOctets();
    let upstream = 0;
    for (let pass = 0; pass < FURTHER_PASSES; pass++) {
      upstream = authority.total();
      await ask(file);
    }
    upstream = authority.total() - upstream;
    await pause(SETTLE_MS);
    const after = server.residentOctets();
    const gc = await collect(contender, server, said);
    const inUse = gc && (gc.heapUsed + gc.external - heapBefore.heapUsed - heapBefore.external) / hosts.length;
    const perName = (octets) => (octets - before) / hosts.length;
    return {
      startMs: server.startMs,
      before,
      after,
      once: perName(once),
      thrice: perName(after),
      collected: gc && perName(server.residentOctets()),
      inUse,
      upstream,
      gc,
    };
  } finally {
    await server.stop();
  }
}

/** Has zeker throw away its garbage; what its collections came to since the last time. Undefined for who has none. */
async function collect(contender, { pid }, file) {
  if (contender !== zeker) return undefined;
  rmSync(file, { force: true });
  process.kill(pid, 'SIGUSR2');
  for (let i = 0; i < 3_000 && !existsSync(file); i++) await pause(10);
  return JSON.parse(readFileSync(file, 'utf8'));
}

function report(rounds, names) {
  const figures = (take) => rounds.map((ofOne) => ofOne.map(take));
  const cell = (values) => (values.some((value) => value === undefined) ? '-' : formatSummary(summarise(values)));
  const once = figures((round) => round.once);
  const thrice = figures((round) => round.thrice);
  const columns = {
    'octets per answer, asked once': once,
    'asked three times': thrice,
    'after a collection': figures(({ collected }) => collected),
    'in use on the heap and outside': figures(({ inUse }) => inUse),
    'resident in all, MB': figures(({ after }) => after / 1e6),
    'upstream queries, third time': figures(({ upstream }) => upstream),
    'GC pauses': figures(({ gc }) => gc?.pauses),
    'longest, ms': figures(({ gc }) => gc?.longestMs),
    'over 20 ms': figures(({ gc }) => gc?.over20Ms),
    'start, ms': figures(({ startMs }) => startMs),
  };
  console.log(`\n${formatNumber(names)} names, half with DO, ${rounds[0].length} rounds`);
  printTable([
    ['', ...Object.keys(columns)],
    ...contenders.map(({ name }, i) => [name, ...Object.values(columns).map((taken) => cell(taken[i]))]),
  ]);
  const ratios = { once: ratioOf(...once), thrice: ratioOf(...thrice) };
  console.log(`zeker / Unbound: ${formatSummary(ratios.once)} asked once, ${formatSummary(ratios.thrice)} asked three times`);
  return { ratios, rounds: Object.fromEntries(contenders.map(({ name }, i) => [name, rounds[i]])) };
}
