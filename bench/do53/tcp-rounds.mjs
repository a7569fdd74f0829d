/** tcp: the list is asked until both have it, over UDP; then loads of some seconds go to each in turn over eight TCP connections that stay. */

import { join } from 'node:path';
import { formatNumber, formatPercent, formatSummary, interleave, printTable, ratioOf, summarise } from '../lib/report.mjs';
import { compareAnswers } from './compare.mjs';
import { dnsperf, measureLoad } from './dnsperf.mjs';
import { questionsOf } from './internet.mjs';
import { printProfile, profileFolder } from './profile.mjs';
import { encodeQuery, shuffle, writeQueryFile } from './queries.mjs';
import { startContender, unbound, zeker } from './resolvers.mjs';

const WARM_UP_SECONDS = 3;

export async function measureTcp({ dist, work, zones, options }) {
  const profile = profileFolder(work, options);
  const servers = [];
  for (const contender of [zeker, unbound]) servers.push(await startContender(contender, { work, dist, profile }));
  try {
    const questions = questionsOf(zones);
    const verdicts = await compareAnswers(questions, zeker, unbound);
    const file = writeQueryFile(
      join(work, 'queries'),
      shuffle(questions.flatMap((question) => [false, true].map((dnssecOk) => encodeQuery(question, { dnssecOk })))),
    );
    const load = { file, transport: 'tcp' };
    for (const { contender } of servers) await dnsperf({ ...load, port: contender.port, seconds: WARM_UP_SECONDS });
    const rounds = await interleave(options.rounds, servers, (server) => measureLoad(server, { ...load, seconds: options.seconds }));
    return { verdicts, questions: questions.length, ...report(servers, rounds, questions.length) };
  } finally {
    await Promise.all(servers.map(({ stop }) => stop()));
    printProfile(profile);
  }
}

function report(servers, rounds, questions) {
  const perCpu = rounds.map((taken) => taken.map(({ perCpuSecond }) => perCpuSecond));
  const rows = servers.map(({ contender, startMs }, i) => [
    contender.name,
    formatSummary(summarise(perCpu[i])),
    formatPercent(summarise(rounds[i].map(({ kernelShare }) => kernelShare)).median),
    formatSummary(summarise(rounds[i].map(({ perSecond }) => perSecond))),
    formatSummary(summarise(rounds[i].map(({ averageLatency }) => averageLatency * 1000))),
    formatNumber(startMs),
  ]);
  console.log(`\n${questions} questions, each with DO=0 and DO=1, over TCP, ${rounds[0].length} rounds`);
  printTable([['', 'answers per CPU second', 'in kernel', 'answers per second', 'mean latency, ms', 'start, ms'], ...rows]);
  const ratio = ratioOf(perCpu[0], perCpu[1]);
  console.log(`zeker / Unbound: ${formatSummary(ratio)}`);
  return { ratio, rounds: Object.fromEntries(servers.map(({ contender }, i) => [contender.name, rounds[i]])) };
}
