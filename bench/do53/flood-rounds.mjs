/**
 * flood: a client asks for what is cached, from an address of its own. Then others ask for names that nobody ever asked for, below zones without
 * signatures, so that each costs a query upstream; three times as many as the server was able to resolve. When it is over, questions for
 * other new names tell when the server is itself again. Memory for caches is what zeker has by default.
 */

import { join } from 'node:path';
import { formatPercent, formatSummary, interleave, percentile, printTable, summarise } from '../lib/report.mjs';
import { openClient } from './client.mjs';
import { dnsperf } from './dnsperf.mjs';
import { questionsOf } from './internet.mjs';
import { encodeQuery, shuffle, writeQueryFile } from './queries.mjs';
import { startContender, unbound, zeker } from './resolvers.mjs';

const contenders = [zeker, unbound];
const PASSES = 3;
const cache = { octets: 256e6, tableOctets: 64e6 };
/** The flood comes from several clients: what one may have under way is limited. */
const FLOODERS = ['127.0.1.1', '127.0.1.2', '127.0.1.3', '127.0.1.4'];
const VICTIM = '127.0.2.1';
const TIMES_CAPACITY = 3;
/** A flood is this many times as long as other loads. */
const FLOOD_LENGTH = 4;
/** Who floods does not wait; but what comes in this time, in which a stub resolver would be content, counts as resolved. */
const FLOOD_TIMEOUT_SECONDS = 5;
const MOST_OUTSTANDING = 60_000;
const CAPACITY_QUERIES = 40_000;

const PROBES_PER_SECOND = 500;
const PROBE_TIMEOUT_MS = 1_000;
const CACHED_TARGET_MS = 20;

/** Recovered: so many questions in a row, one every so often, were resolved within the time. */
const RECOVERY = { inRow: 20, everyMs: 50, withinMs: 200, limitMs: 30_000 };

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

export async function measureFlood({ dist, work, zones, authority, options }) {
  const known = questionsOf(zones).map((question, i) => encodeQuery(question, { dnssecOk: i % 2 === 0 }));
  const file = writeQueryFile(join(work, 'known'), shuffle(known));
  const randomName = nameMaker(zones);
  const rounds = await interleave(options.rounds, contenders, async (contender) => {
    const server = await startContender(contender, { work, dist, cache });
    try {
      for (let pass = 0; pass < PASSES; pass++) await dnsperf({ port: contender.port, file, seconds: 600, once: true, mostLost: 0.05 });
      return { startMs: server.startMs, ...(await measure(server, { work, known, randomName, authority, seconds: options.seconds })) };
    } finally {
      await server.stop();
    }
  });
  return report(rounds);
}

/** Questions for names that nobody asked for yet, in unsigned zones by turns; they look random and stand in no order. */
function nameMaker(zones) {
  const origins = zones.filter(({ origin, denial }) => /^d\d+\./.test(origin) && denial === undefined).map(({ origin }) => origin);
  let count = 0;
  return () => {
    const label = Math.imul(++count, 0x9e3779b1) >>> 0;
    return encodeQuery({ qname: `r${label.toString(36)}.${origins[count % origins.length]}`, type: 'A' });
  };
}

async function measure(server, { work, known, randomName, authority, seconds }) {
  const { port } = server.contender;
  const list = (name, count) => writeQueryFile(join(work, name), Array.from({ length: count }, randomName));
  // What is there is denied; whatever else it says, SERVFAIL or TC, was not resolved.
  const resolved = ({ codes }) => Number(/NXDOMAIN (\d+)/.exec(codes)?.[1] ?? 0);
  const attempt = () => dnsperf({ port, file: list('capacity', CAPACITY_QUERIES), seconds, once: true, mostLost: 1, from: FLOODERS[0] });
  await attempt(); // for the compilers
  const trial = await attempt();
  const capacity = resolved(trial) / trial.seconds;
  const before = server.residentOctets();
  const idle = await probe(port, known, seconds * 1000);

  const floodSeconds = seconds * FLOOD_LENGTH;
  const rate = (capacity * TIMES_CAPACITY) / FLOODERS.length;
  const files = FLOODERS.map((_, i) => list(`flood-${i}`, Math.ceil(rate * floodSeconds)));
  const outstanding = Math.min(MOST_OUTSTANDING, Math.ceil(rate * FLOOD_TIMEOUT_SECONDS * 1.5));
  let largest = before;
  const watch = setInterval(() => {
    largest = Math.max(largest, server.residentOctets());
  }, 100);
  const upstreamBefore = authority.total();
  const flood = FLOODERS.map((from, i) =>
    dnsperf({ port, file: files[i], seconds: floodSeconds, rate, outstanding, timeout: FLOOD_TIMEOUT_SECONDS, mostLost: 1, from }),
  );
  const recovering = pause(floodSeconds * 1000).then(() => recover(port, randomName));
  const during = await probe(port, known, floodSeconds * 1000);
  const recovery = await recovering;
  const loads = await Promise.all(flood);
  clearInterval(watch);
  const sum = (take) => loads.reduce((total, load) => total + take(load), 0);
  // dnsperf's own time includes that in which it waits for the last answers.
  const offered = sum(({ sent }) => sent) / floodSeconds;
  const unanswered = sum(({ lost }) => lost) / sum(({ sent }) => sent);
  const resolvedDuring = sum(resolved) / floodSeconds;
  const upstream = (authority.total() - upstreamBefore) / floodSeconds;
  const memory = { before, largest, after: server.residentOctets() };
  const codes = loads.map((load) => load.codes);
  return { capacity, offered, resolved: resolvedDuring, unanswered, codes, upstream, idle, during, recovery, memory };
}

/** Asks for what is cached, evenly over the time. An answer that is cut short, or a failure, is none. */
async function probe(port, queries, ms) {
  const client = await openClient(port, VICTIM);
  const latencies = [];
  let asked = 0;
  const pending = [];
  const began = performance.now();
  const ask = async (query) => {
    const sent = performance.now();
    const reply = await client.ask(query, PROBE_TIMEOUT_MS);
    if (reply && !reply.truncated && (reply.rcode === 0 || reply.rcode === 3)) latencies.push(performance.now() - sent);
  };
  for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - began) {
    for (; asked < (elapsed / 1000) * PROBES_PER_SECOND; asked++) pending.push(ask(queries[asked % queries.length]));
    await pause(1);
  }
  await Promise.all(pending);
  client.close();
  const inTime = latencies.filter((latency) => latency <= CACHED_TARGET_MS).length;
  const [p50, p99] = latencies.length === 0 ? [Number.NaN, Number.NaN] : [percentile(latencies, 50), percentile(latencies, 99)];
  return { asked, answered: latencies.length / asked, inTime: inTime / asked, p50, p99 };
}

/** Milliseconds until the first of a row of questions that were all resolved soon; undefined where there was none in time. */
async function recover(port, randomName) {
  const client = await openClient(port, VICTIM);
  const began = performance.now();
  let row = 0;
  let since = 0;
  while (row < RECOVERY.inRow && performance.now() - began < RECOVERY.limitMs) {
    const sent = performance.now();
    const reply = await client.ask(randomName(), RECOVERY.withinMs);
    if (reply?.rcode !== 3 || reply.truncated) row = 0;
    else if (row++ === 0) since = sent;
    await pause(RECOVERY.everyMs);
  }
  client.close();
  return row < RECOVERY.inRow ? undefined : since - began;
}

function report(rounds) {
  const summary = (ofOne, take) => {
    const values = ofOne.map(take);
    return values.some((value) => value === undefined) ? '-' : formatSummary(summarise(values));
  };
  const share = (ofOne, take) => formatPercent(summarise(ofOne.map(take)).median);
  console.log(`\n${rounds[0].length} rounds; ${PROBES_PER_SECOND} questions a second for what is cached`);
  printTable([
    [
      '',
      'resolved per second, alone',
      'offered',
      'resolved',
      'no answer',
      'cached: p99 idle, ms',
      'p50, ms',
      'p99, ms',
      'answered',
      `in ${CACHED_TARGET_MS} ms`,
    ],
    ...rounds.map((ofOne, i) => [
      contenders[i].name,
      summary(ofOne, ({ capacity }) => capacity),
      summary(ofOne, ({ offered }) => offered),
      summary(ofOne, ({ resolved }) => resolved),
      share(ofOne, ({ unanswered }) => unanswered),
      summary(ofOne, ({ idle }) => idle.p99),
      summary(ofOne, ({ during }) => during.p50),
      summary(ofOne, ({ during }) => during.p99),
      share(ofOne, ({ during }) => during.answered),
      share(ofOne, ({ during }) => during.inTime),
    ]),
  ]);
  console.log();
  printTable([
    ['', 'recovered after, s', 'resident before, MB', 'largest', 'after', 'start, ms'],
    ...rounds.map((ofOne, i) => [
      contenders[i].name,
      summary(ofOne, ({ recovery }) => (recovery === undefined ? undefined : recovery / 1000)),
      summary(ofOne, ({ memory }) => memory.before / 1e6),
      summary(ofOne, ({ memory }) => memory.largest / 1e6),
      summary(ofOne, ({ memory }) => memory.after / 1e6),
      summary(ofOne, ({ startMs }) => startMs),
    ]),
  ]);
  rounds.forEach((ofOne, i) => {
    const count = (take) => ofOne.filter(take).length;
    const short = count(({ capacity, offered }) => offered < capacity * TIMES_CAPACITY * 0.9);
    const calm = count(({ offered, resolved }) => resolved > offered * 0.9);
    if (short > 0) console.log(`${contenders[i].name}: the senders did not come to the rate in ${short} rounds`);
    if (calm > 0) console.log(`${contenders[i].name}: could resolve most of it in ${calm} rounds, which is no flood`);
  });
  return { rounds: Object.fromEntries(contenders.map(({ name }, i) => [name, rounds[i]])) };
}
