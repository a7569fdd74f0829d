/** dnsperf as the load: it sends, counts and times; what it prints is read here. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findProgram } from '../lib/packages.mjs';
import { percentile } from '../lib/report.mjs';
import { ADDRESS } from './resolvers.mjs';

const run = promisify(execFile);

const printed = {
  sent: 'Queries sent',
  completed: 'Queries completed',
  lost: 'Queries lost',
  seconds: 'Run time \\(s\\)',
  averageLatency: 'Average Latency \\(s\\)',
};

/**
 * Sends the queries of a file, `once` through or over and over for `seconds`; at most `rate` a second, where that is given.
 * @param {{ port: number, file: string, seconds: number, once?: boolean, outstanding?: number, rate?: number, transport?: 'udp' | 'tcp',
 *   timeout?: number, timed?: boolean, mostLost?: number, from?: string }} load `timed`: with the latency of each answer in ms, as `latencies`
 * @returns what came back; throws where more than `mostLost`, a share of one, was lost
 */
export async function dnsperf(load) {
  const {
    port,
    file,
    seconds,
    once = false,
    outstanding = 100,
    rate,
    transport = 'udp',
    timeout = 10,
    timed = false,
    mostLost = 0.001,
    from,
  } = load;
  const settings = { s: ADDRESS, p: port, d: file, m: transport, c: 8, T: 1, q: outstanding, t: timeout, l: seconds };
  if (from !== undefined) settings.a = from;
  if (once) settings.n = 1;
  if (rate !== undefined) settings.Q = Math.max(1, Math.round(rate));
  const args = ['-B', ...(timed ? ['-v'] : []), ...Object.entries(settings).flatMap(([key, value]) => [`-${key}`, String(value)])];
  const { stdout } = await run(findProgram('dnsperf'), args, { maxBuffer: 2 ** 28 });
  const figures = Object.fromEntries(
    Object.entries(printed).map(([key, name]) => [key, Number(new RegExp(`${name}:\\s+([\\d.]+)`).exec(stdout)?.[1])]),
  );
  const codes = /Response codes:\s+(.*)/.exec(stdout)?.[1] ?? '';
  const servfails = Number(/SERVFAIL (\d+)/.exec(codes)?.[1] ?? 0);
  if (!(figures.lost <= figures.sent * mostLost)) throw new Error(`port ${port} lost ${figures.lost} of ${figures.sent} queries`);
  // One line a query: "> NOERROR mail.example MX 0.000321", with T for RCODE and no time where nothing came.
  const latencies = timed ? Array.from(stdout.matchAll(/^> [A-Z]+ .* (\d+\.\d+)$/gm), ([, time]) => Number(time) * 1000) : undefined;
  return { ...figures, codes, servfails, latencies };
}

/** The same, with the CPU seconds that the server took meanwhile. */
export async function measureLoad(server, load) {
  const before = server.cpuSeconds();
  const { latencies, ...figures } = await dnsperf({ ...load, port: server.contender.port });
  const after = server.cpuSeconds();
  const answers = figures.completed - figures.servfails;
  const cpu = after.all - before.all;
  const kernelShare = (after.system - before.system) / cpu;
  const taken = latencies && { p50: percentile(latencies, 50), p99: percentile(latencies, 99) };
  return { ...figures, ...taken, cpu, kernelShare, perCpuSecond: answers / cpu, perSecond: answers / figures.seconds };
}
