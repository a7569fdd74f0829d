/**
 * Hours of mixed load on one service: cycles of questions to sound servers, whose every answer must be as the zones have it, and of
 * disturbance (changed replies, hostile queries, hostile streams), with memory and descriptors measured at the end of each.
 * It fails where a verdict flips while nothing is disturbed, where the service says what it may not, or where memory or descriptors grow.
 * `scripts/endurance.mjs` compiles and runs it. Arguments: `--minutes` (120), `--rate` questions a second (150), `--seed`.
 */

import { parseArgs } from 'node:util';
import { startSandbox } from '../../src/sandbox/internet.ts';
import { openBurstClient } from './burst-client.ts';
import { startFickleInternet } from './fickle-internet.ts';
import { playHostileStream } from './hostile-stream.ts';
import { deservesAnswer, hostileQuery } from './mutate.ts';
import { createRandom } from './random.ts';
import { startSoakChild } from './soak-child.ts';
import type { Memory } from './soak-service.ts';
import { createAudit, someQuestion } from './truth.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '120' },
    rate: { type: 'string', default: '150' },
    seed: { type: 'string', default: '1' },
  },
});
const [minutes, rate, seed] = [values.minutes, values.rate, values.seed].map(Number) as [number, number, number];

/** Seconds of a cycle. After a disturbance servers and names are left alone for up to a minute. */
const DISTURBED = 30;
const SETTLING = 75;
const SOUND = 180;
/** Names that are asked for again and again; what is asked of a new name comes besides. */
const POPULATION = 3_000;
/** Per hour, beside the mean: what is still noise of the collector and of the allocator. */
const MOST_GROWTH = 0.05;

const faults: string[] = [];
const counts = { asked: 0, judged: 0, http: 0, hostile: 0, streamed: 0, servfailDisturbed: 0, slowest: 0 };
let percent = 0;
let serial = POPULATION;

const random = createRandom(seed);
const sandbox = await startSandbox({ port: 0, addressBase: '127.62.11' });
const internet = await startFickleInternet(sandbox, { random: createRandom(seed + 1), percent: () => percent });
const service = await startSoakChild(sandbox, internet.port, { maxMemory: '8MB', maxTtl: 60 });
const audit = createAudit(sandbox.zones);
const client = await openBurstClient(service.port);

console.log(`node ${process.version}, ${minutes} minutes, ${rate} questions a second`);
const began = performance.now();
const hours = () => (performance.now() - began) / 3_600_000;
const measured: (Memory & { readonly at: number })[] = [];
for (let cycle = 0; hours() * 60 < minutes; cycle++) {
  await phase(SOUND, 0, true);
  await phase(DISTURBED, 25, false, disturb);
  await phase(SETTLING, 0, false);
  measured.push({ ...(await service.measure()), at: hours() });
  tell(cycle);
}
client.close();
await service.stop();
await internet.stop();
await sandbox.stop();
conclude();

/** Asks at the given rate for so many seconds, never more than a few hundred at once. */
async function phase(seconds: number, disturbance: number, strict: boolean, besides?: (end: number) => Promise<void>): Promise<void> {
  percent = disturbance;
  const end = performance.now() + seconds * 1_000;
  const aside = besides?.(end);
  const open = new Set<Promise<void>>();
  const TICK_MS = 50;
  while (performance.now() < end) {
    for (let n = 0; n < (rate * TICK_MS) / 1_000 && open.size < 400; n++) {
      const asking: Promise<void> = question(strict).finally(() => open.delete(asking));
      open.add(asking);
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all([...open, aside]);
  percent = 0;
}

async function question(strict: boolean): Promise<void> {
  // Popular names are asked for more often, and one in ten is new.
  const number = random(10) === 0 ? serial++ : Math.floor(POPULATION ** (random(1_000) / 1_000));
  const asked = someQuestion(random, number);
  const fault = (what: string) => faults.push(`${new Date().toISOString()} ${asked.name} ${asked.type}: ${what}`);
  counts.asked++;
  const start = performance.now();
  try {
    if (random(100) === 0) return await overHttp(asked.name, asked.type, strict ? asked.state : undefined, fault);
    const reply = await client.ask({ ...asked, dnssecOk: true, size: 1232 }, 12);
    if (reply?.tc) return;
    for (const wrong of audit(asked, reply)) fault(wrong);
    if (reply?.rcode === 'SERVFAIL' && asked.state !== 'bogus') {
      if (strict) fault(`the verdict flipped: SERVFAIL ${JSON.stringify(reply.ede)}`);
      else counts.servfailDisturbed++;
    }
    if (strict) counts.judged++;
  } catch (error) {
    fault((error as Error).message);
  } finally {
    counts.slowest = Math.max(counts.slowest, performance.now() - start);
  }
}

async function overHttp(name: string, type: string, state: string | undefined, fault: (what: string) => void): Promise<void> {
  counts.http++;
  const path = `/resolve/${encodeURIComponent(name)}/${type}`;
  const response = await fetch(`http://127.0.0.1:${service.httpPort}${path}`, { signal: AbortSignal.timeout(12_000) });
  const body = (await response.json()) as { validation?: { state?: string } };
  const got = body.validation?.state;
  if (state !== undefined && got !== state) fault(`${state} over HTTP is ${got}, status ${response.status}`);
}

async function disturb(end: number): Promise<void> {
  const hostile = await openBurstClient(service.port);
  while (performance.now() < end) {
    const datagrams = Array.from({ length: 40 }, () => hostileQuery(random)).filter(({ length }) => length > 0);
    const owed = datagrams.filter(deservesAnswer).length;
    counts.hostile += datagrams.length;
    const [answers] = await Promise.all([hostile.throwAt(datagrams, owed, 9_000), stream(), stream()]);
    if (answers.length !== owed) faults.push(`${owed - answers.length} of ${owed} hostile queries had no answer`);
  }
  hostile.close();
}

async function stream(): Promise<void> {
  counts.streamed += await playHostileStream(service.port, random);
}

function tell(cycle: number): void {
  const { rss, heap, external, descriptors, handles, cacheEntries, at } = measured.at(-1)!;
  const mega = (octets: number) => (octets / 1e6).toFixed(1);
  console.log(
    `cycle ${cycle}, ${(at * 60).toFixed(0)} min: rss ${mega(rss)} heap ${mega(heap)} external ${mega(external)} MB, descriptors ${descriptors}, ` +
      `handles ${handles}, cache entries ${cacheEntries}; asked ${counts.asked}, faults ${faults.length}`,
  );
}

/** Least squares, per hour, over the later two thirds; as a part of the mean. */
function growth(figure: 'rss' | 'heap' | 'descriptors' | 'handles'): number {
  const rows = measured.slice(Math.floor(measured.length / 3));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(rows.map(({ at }) => at)), mean(rows.map((row) => row[figure]))];
  const over = rows.reduce((sum, row) => sum + (row.at - x) * (row[figure] - y), 0);
  const under = rows.reduce((sum, row) => sum + (row.at - x) ** 2, 0);
  return under === 0 ? 0 : over / under / y;
}

function conclude(): void {
  console.log(JSON.stringify(counts));
  for (const figure of ['rss', 'heap', 'descriptors', 'handles'] as const) {
    const change = growth(figure);
    console.log(`${figure}: ${(100 * change).toFixed(2)} % an hour`);
    if (change > MOST_GROWTH) faults.push(`${figure} grows by ${(100 * change).toFixed(1)} % an hour`);
  }
  for (const fault of faults.slice(0, 50)) console.log(`FAULT ${fault}`);
  console.log(faults.length === 0 ? 'passed' : `failed: ${faults.length} faults`);
  process.exitCode = faults.length === 0 ? 0 : 1;
}
