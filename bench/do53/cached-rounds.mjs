/** do53-cached: the list is asked until both have it, then loads of some seconds go to each in turn. */

import { join } from 'node:path';
import { formatNumber, formatPercent, formatSummary, interleave, printTable, ratioOf, summarise } from '../lib/report.mjs';
import { compareAnswers } from './compare.mjs';
import { dnsperf, measureLoad } from './dnsperf.mjs';
import { questionsOf } from './internet.mjs';
import { printProfile, profileFolder } from './profile.mjs';
import { encodeQuery, shuffle, writeQueryFile } from './queries.mjs';
import { echo, startContender, unbound, zeker } from './resolvers.mjs';

const WARM_UP_SECONDS = 3;

export async function measureCached({ dist, work, zones, options }) {
  const profile = profileFolder(work, options);
  const servers = [];
  for (const contender of [zeker, unbound, echo]) servers.push(await startContender(contender, { work, dist, profile }));
  try {
    const verdicts = await compareAnswers(questionsOf(zones, { faulty: true }), zeker, unbound);
    const questions = questionsOf(zones);
    const file = writeQueryFile(
      join(work, 'queries'),
      shuffle(questions.flatMap((question) => [false, true].map((dnssecOk) => encodeQuery(question, { dnssecOk })))),
    );
    // Nothing a warm load asks goes upstream: the comparison has asked all of it. The first load is for the compilers and the branch predictors.
    for (const { contender } of servers) await dnsperf({ port: contender.port, file, seconds: WARM_UP_SECONDS });
    const rounds = await interleave(options.rounds, servers, (server) => measureLoad(server, { file, seconds: options.seconds }));
    const figures = report(servers, rounds, questions.length);
    return { verdicts, questions: questions.length, ...figures };
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
  console.log(`\n${questions} questions, each with DO=0 and DO=1, ${rounds[0].length} rounds`);
  printTable([['', 'answers per CPU second', 'in kernel', 'answers per second', 'mean latency, ms', 'start, ms'], ...rows]);
  const [toUnbound, toEcho] = [ratioOf(perCpu[0], perCpu[1]), ratioOf(perCpu[0], perCpu[2])];
  console.log(`zeker / Unbound: ${formatSummary(toUnbound)}; zeker / echo: ${formatSummary(toEcho)}`);
  return {
    ratio: toUnbound,
    ratioToEcho: toEcho,
    rounds: Object.fromEntries(servers.map(({ contender }, i) => [contender.name, rounds[i]])),
  };
}
