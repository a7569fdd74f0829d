/** dnsperf as the load: it sends, counts and times; what it prints is read here. */

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findProgram } from '../lib/packages.mjs';
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
 * Sends the queries of a file, `once` through or over and over for `seconds`.
 * @returns what came back; throws where more than `mostLost`, a share of one, was lost
 */
export async function dnsperf({ port, file, seconds, once = false, outstanding = 100, mostLost = 0.001 }) {
  const args = [
    '-s',
    ADDRESS,
    '-p',
    String(port),
    '-d',
    file,
    '-B',
    '-c',
    '8',
    '-T',
    '1',
    '-q',
    String(outstanding),
    '-t',
    '10',
    '-l',
    String(seconds),
  ];
  const { stdout } = await run(findProgram('dnsperf'), once ? [...args, '-n', '1'] : args, { maxBuffer: 2 ** 26 });
  const figures = Object.fromEntries(
    Object.entries(printed).map(([key, name]) => [key, Number(new RegExp(`${name}:\\s+([\\d.]+)`).exec(stdout)?.[1])]),
  );
  const codes = /Response codes:\s+(.*)/.exec(stdout)?.[1] ?? '';
  const servfails = Number(/SERVFAIL (\d+)/.exec(codes)?.[1] ?? 0);
  if (!(figures.lost <= figures.sent * mostLost)) throw new Error(`port ${port} lost ${figures.lost} of ${figures.sent} queries`);
  return { ...figures, codes, servfails };
}

/** The same, with the CPU seconds that the server took meanwhile. */
export async function measureLoad(server, load) {
  const before = server.cpuSeconds();
  const figures = await dnsperf({ ...load, port: server.contender.port });
  const after = server.cpuSeconds();
  const answers = figures.completed - figures.servfails;
  const cpu = after.all - before.all;
  const kernelShare = (after.system - before.system) / cpu;
  return { ...figures, cpu, kernelShare, perCpuSecond: answers / cpu, perSecond: answers / figures.seconds };
}
