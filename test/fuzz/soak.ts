/**
 * The soak: hostile clients and hostile servers against one service for as long as it takes, then its memory beside that before.
 * The warm-up fills the cache, with sound answers first. It fails where the service dies, says what it may not, leaves a query unanswered
 * that deserves an answer, or keeps more than 10 % more memory. `scripts/soak.mjs` compiles and runs it.
 * Arguments: how many queries, messages in TCP streams, and changed replies; 100,000 each unless told.
 */

import { startSandbox } from '../../src/sandbox/internet.ts';
import { openBurstClient } from './burst-client.ts';
import { startFickleInternet } from './fickle-internet.ts';
import { playHostileStream } from './hostile-stream.ts';
import { deservesAnswer, hostileQuery } from './mutate.ts';
import { createRandom } from './random.ts';
import { startSoakChild } from './soak-child.ts';
import type { Memory } from './soak-service.ts';
import { createAudit, someQuestion } from './truth.ts';

/** Small, so that the warm-up fills it and the rest of the soak cannot grow in it. */
const CACHE = '4MB';
/** Seconds; short, so that the way down is asked for again and again. */
const MAX_TTL = 5;
const TOLERANCE = 1.1;

interface Work {
  readonly queries: number;
  readonly messages: number;
  readonly replies: number;
}

const goal: Work = { queries: 100_000, messages: 100_000, replies: 100_000 };
const [queries = goal.queries, messages = goal.messages, replies = goal.replies] = process.argv.slice(2).map(Number);

const faults: string[] = [];
let serial = 0;
let percent = 0;

const sandbox = await startSandbox({ port: 0, addressBase: '127.62.9' });
const internet = await startFickleInternet(sandbox, { random: createRandom(1), percent: () => percent });
const service = await startSoakChild(sandbox, internet.port, { maxMemory: CACHE, maxTtl: MAX_TTL });

console.log(`node ${process.version}, cache.maxMemory ${CACHE}, cache.maxTtl ${MAX_TTL} s`);
await timed('warm-up: questions to sound servers', () => interrogate(0, Math.min(20_000, replies)));
await run({ queries: queries / 5, messages: messages / 5, replies: replies * 0.4 }, 'warm-up');
const before = await service.measure();
await run({ queries, messages, replies }, 'soak');
const after = await service.measure();
await checkAlive();
report(before, after);
await service.stop();
await internet.stop();
await sandbox.stop();
for (const fault of faults.slice(0, 50)) console.log(`FAULT ${fault}`);
console.log(faults.length === 0 ? 'passed' : `failed: ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;

async function run(work: Work, title: string): Promise<void> {
  await timed(`${title}: hostile queries over UDP`, () => throwQueries(work.queries));
  await timed(`${title}: messages in hostile TCP streams`, () => playStreams(work.messages));
  await timed(`${title}: changed replies from upstream`, () => interrogate(work.replies));
  await checkAlive();
}

async function timed(what: string, act: () => Promise<string>): Promise<void> {
  const start = performance.now();
  const outcome = await act();
  console.log(`${what}: ${outcome}, ${((performance.now() - start) / 1000).toFixed(0)} s`);
}

async function inParallel(workers: number, work: (worker: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
}

async function throwQueries(count: number): Promise<string> {
  percent = 0;
  let sent = 0;
  let owed = 0;
  let got = 0;
  await inParallel(8, async (worker) => {
    const random = createRandom(1_000 + worker + serial++);
    const client = await openBurstClient(service.port);
    while (sent < count) {
      const datagrams = Array.from({ length: 50 }, () => hostileQuery(random)).filter(({ length }) => length > 0);
      const deserving = datagrams.filter(deservesAnswer).length;
      sent += datagrams.length;
      const answers = await client.throwAt(datagrams, deserving, 9_000);
      owed += deserving;
      got += answers.length;
    }
    client.close();
  });
  if (got !== owed) faults.push(`${owed - got} of ${owed} queries over UDP had no answer`);
  return `${sent} sent, ${got} answers to the ${owed} that deserve one`;
}

async function playStreams(count: number): Promise<string> {
  let sent = 0;
  let streams = 0;
  await inParallel(40, async (worker) => {
    const random = createRandom(2_000 + worker + serial++);
    while (sent < count) {
      const messages = await playHostileStream(service.port, random);
      sent += messages;
      streams++;
    }
  });
  return `${sent} in ${streams} streams`;
}

/** Asks until `count` replies were changed, or `soundQuestions` were asked of sound servers. */
async function interrogate(count: number, soundQuestions = 0): Promise<string> {
  const audit = createAudit(sandbox.zones);
  const start = internet.mutated();
  const figures = { asked: 0, secure: 0, servfail: 0, other: 0, slowest: 0 };
  await inParallel(150, async (worker) => {
    const random = createRandom(3_000 + worker + serial++);
    const client = await openBurstClient(service.port);
    while (internet.mutated() - start < count || figures.asked < soundQuestions) {
      percent = soundQuestions > 0 ? 0 : [15, 25, 40, 60][Math.floor(figures.asked / 1_000) % 4]!;
      const question = someQuestion(random, serial++);
      figures.asked++;
      try {
        const asked = performance.now();
        const reply = await client.ask({ ...question, dnssecOk: true, size: 1232 }, 12);
        figures.slowest = Math.max(figures.slowest, performance.now() - asked);
        if (reply?.rcode === 'SERVFAIL') figures.servfail++;
        else if (reply?.ad) figures.secure++;
        else figures.other++;
        if (!reply?.tc) faults.push(...audit(question, reply).map((fault) => `${question.name} ${question.type}: ${fault}`));
      } catch (error) {
        faults.push((error as Error).message);
      }
    }
    client.close();
  });
  percent = 0;
  const { asked, secure, servfail, other, slowest } = figures;
  return `${internet.mutated() - start} changed, ${asked} questions: ${secure} secure, ${other} insecure, ${servfail} SERVFAIL, the slowest in ${(slowest / 1000).toFixed(1)} s`;
}

/** Servers that failed are left alone for up to a minute, and so are names. */
async function checkAlive(): Promise<void> {
  const client = await openBurstClient(service.port);
  for (let second = 0; ; second++) {
    const reply = await client.ask({ name: `alive${serial++}.secure.sandbox`, type: 'A', dnssecOk: true });
    if (reply?.rcode === 'NXDOMAIN' && reply.ad) {
      console.log(`still answering, secure again after ${second} s`);
      break;
    }
    if (second === 90) {
      faults.push(`no secure answer 90 s after the servers were sound again, but ${reply?.rcode} ${JSON.stringify(reply?.ede)}`);
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  client.close();
}

function report(before: Memory, after: Memory): void {
  const mega = (octets: number) => `${(octets / 1e6).toFixed(1)} MB`;
  for (const figure of ['rss', 'heap', 'external', 'cacheOctets'] as const) {
    const change = `${(100 * (after[figure] / before[figure] - 1)).toFixed(1)} %`;
    console.log(`${figure}: ${mega(before[figure])} before, ${mega(after[figure])} after (${change})`);
  }
  console.log(
    `cache entries: ${before.cacheEntries} before, ${after.cacheEntries} after; handles: ${before.handles} before, ${after.handles} after`,
  );
  for (const figure of ['rss', 'heap'] as const) {
    if (after[figure] > before[figure] * TOLERANCE) faults.push(`${figure} is ${mega(after[figure])}, it was ${mega(before[figure])}`);
  }
}
