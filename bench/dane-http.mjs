/**
 * GET /dane/secure.sandbox, its verdict cached, under autocannon's 50 connections; meanwhile one DNS question is asked every 10 ms. The demo is
 * measured as it is: service and sandbox in one process, which idles as sandbox once the verdict is cached.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import autocannon from 'autocannon';
import { openClient } from './do53/client.mjs';
import { encodeQuery } from './do53/queries.mjs';
import { startProcess, waitFor } from './lib/process.mjs';
import { formatNumber, formatSummary, printTable, summarise } from './lib/report.mjs';

const PORTS = { dns: 15_335, http: 18_053, sandbox: 15_353 };
const URL_ = `http://127.0.0.1:${PORTS.http}/dane/secure.sandbox`;
const CONNECTIONS = 50;

const portArgs = ['--dns-port', String(PORTS.dns), '--http-port', String(PORTS.http), '--sandbox-port', String(PORTS.sandbox)];

async function startDemo(dist, work) {
  const log = join(work, 'demo-output');
  const demo = startProcess(process.execPath, [join(dist, 'cli.js'), 'demo', ...portArgs], { log });
  await waitFor(
    'the demo',
    () => {
      demo.demandRunning('the demo');
      return readFileSync(log, 'utf8').includes('Ctrl-C');
    },
    60_000,
  );
  return demo;
}

/** Asks over DNS until told to stop; milliseconds of each answer. */
async function watchDns(client, isOver) {
  const query = encodeQuery({ qname: 'secure.sandbox.', type: 'MX' }, { dnssecOk: true });
  const taken = [];
  while (!isOver()) {
    const start = performance.now();
    if ((await client.ask(query, 2_000)) === undefined) throw new Error('DNS gave no answer while HTTP was under load');
    taken.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return taken.sort((a, b) => a - b);
}

const percentile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];

async function measure(demo, client, duration) {
  const before = demo.cpuSeconds().all;
  let over = false;
  // In a worker, so that the questions over DNS do not wait for autocannon in this thread.
  const load = Promise.resolve(autocannon({ url: URL_, connections: CONNECTIONS, duration, workers: 1 })).finally(() => {
    over = true;
  });
  const [{ requests, latency, errors, timeouts, non2xx }, dns] = await Promise.all([load, watchDns(client, () => over)]);
  if (errors + timeouts + non2xx > 0) throw new Error(`${errors} errors, ${timeouts} timeouts, ${non2xx} answers without a verdict`);
  const cpu = demo.cpuSeconds().all - before;
  return {
    ...{ perSecond: requests.total / duration, perCpuSecond: requests.total / cpu, p50: latency.p50, p99: latency.p99 },
    ...{ dnsP50: percentile(dns, 0.5), dnsP99: percentile(dns, 0.99) },
  };
}

const columns = {
  perSecond: 'verdicts per second',
  perCpuSecond: 'verdicts per CPU second',
  p50: 'HTTP p50, ms',
  p99: 'HTTP p99, ms',
  dnsP50: 'DNS p50, ms',
  dnsP99: 'DNS p99, ms',
};

export async function run({ dist, work, options }) {
  const demo = await startDemo(dist, work);
  const client = await openClient(PORTS.dns);
  try {
    const verdict = await (await fetch(URL_)).json();
    if (verdict.mx?.status !== 'secure') throw new Error(`the verdict is not that of a secure domain: ${JSON.stringify(verdict)}`);
    await measure(demo, client, 2); // for the compilers
    const rounds = [];
    for (let round = 0; round < options.rounds; round++) rounds.push(await measure(demo, client, options.seconds));
    const figures = Object.fromEntries(Object.keys(columns).map((key) => [key, summarise(rounds.map((round) => round[key]))]));
    console.log(`${CONNECTIONS} connections, ${rounds.length} rounds of ${formatNumber(options.seconds)} s`);
    printTable([Object.values(columns), Object.keys(columns).map((key) => formatSummary(figures[key]))]);
    return { figures, rounds };
  } finally {
    client.close();
    await demo.stop();
  }
}
