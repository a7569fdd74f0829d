/** do53-cached: the list is asked until all have it, then loads of some seconds go to each in turn. */

import { join } from 'node:path';
import { formatNumber, formatPercent, formatSummary, interleave, printTable, ratioOf, summarise } from '../lib/report.mjs';
import { compareAnswers } from './compare.mjs';
import { dnsperf, measureLoad } from './dnsperf.mjs';
import { hostQuestionsOf, questionsOf } from './internet.mjs';
import { choosePeers, peerNames } from './peers.mjs';
import { printProfile, profileFolder } from './profile.mjs';
import { encodeQuery, shuffle, writeQueryFile } from './queries.mjs';
import { echo, startContender, unbound, zeker } from './resolvers.mjs';

const WARM_UP_SECONDS = 3;
/** zeker takes an answer into its answer table when it gives it out of its cache: asked for the second time. One more, for what failed before. */
const PASSES = 3;
/** Of the further names, which are all alike, one in so many is compared. */
const COMPARED_ONE_IN = 20;

export async function measureCached({ dist, work, zones, authority, options }) {
  const profile = profileFolder(work, options);
  const peers = [unbound, ...choosePeers(options.peers ?? peerNames)];
  const servers = [];
  for (const contender of [zeker, ...peers, echo]) servers.push(await startContender(contender, { work, dist, profile }));
  try {
    const hosts = hostQuestionsOf(zones);
    const compared = hosts.filter((_, i) => i % COMPARED_ONE_IN === 0);
    const verdicts = await compareAnswers([...questionsOf(zones, { faulty: true }), ...compared], zeker, unbound);
    const questions = [...questionsOf(zones), ...hosts];
    const file = writeQueryFile(
      join(work, 'queries'),
      shuffle(questions.flatMap((question) => [false, true].map((dnssecOk) => encodeQuery(question, { dnssecOk })))),
    );
    for (const { contender } of servers) await warmUp(contender, file);
    const rounds = await interleave(options.rounds, servers, async (server) => {
      const before = authority.total();
      const load = await measureLoad(server, { file, seconds: options.seconds });
      if (load.servfails > load.sent / 1000)
        throw new Error(`${server.contender.name} failed questions that it was asked before: ${load.codes}`);
      return { ...load, upstream: authority.total() - before };
    });
    return { verdicts, questions: questions.length, ...report(servers, rounds, questions.length) };
  } finally {
    await Promise.all(servers.map(({ stop }) => stop()));
    printProfile(profile);
  }
}

/** Has the list asked, then a load for the compilers and the branch predictors. */
async function warmUp({ name, port, isEcho }, file) {
  const started = performance.now();
  for (let pass = 0; pass < (isEcho ? 0 : PASSES); pass++) await dnsperf({ port, file, seconds: 600, once: true, mostLost: 0.05 });
  await dnsperf({ port, file, seconds: WARM_UP_SECONDS });
  console.log(`${name} is warm after ${formatNumber((performance.now() - started) / 1000)} s`);
}

function report(servers, rounds, questions) {
  const perCpu = rounds.map((taken) => taken.map(({ perCpuSecond }) => perCpuSecond));
  const rows = servers.map(({ contender, startMs }, i) => [
    contender.name,
    formatSummary(summarise(perCpu[i])),
    formatPercent(summarise(rounds[i].map(({ kernelShare }) => kernelShare)).median),
    formatSummary(summarise(rounds[i].map(({ perSecond }) => perSecond))),
    formatSummary(summarise(rounds[i].map(({ averageLatency }) => averageLatency * 1000))),
    formatNumber(rounds[i].reduce((sum, { upstream }) => sum + upstream, 0)),
    formatNumber(startMs),
  ]);
  console.log(`\n${questions} questions, each with DO=0 and DO=1, ${rounds[0].length} rounds`);
  printTable([
    ['', 'answers per CPU second', 'in kernel', 'answers per second', 'mean latency, ms', 'upstream queries', 'start, ms'],
    ...rows,
  ]);
  const ratios = Object.fromEntries(servers.slice(1).map(({ contender }, i) => [contender.name, ratioOf(perCpu[0], perCpu[i + 1])]));
  for (const [name, ratio] of Object.entries(ratios)) console.log(`zeker / ${name}: ${formatSummary(ratio)}`);
  const best = bestOf(servers.map(({ contender }, i) => ({ contender, median: summarise(perCpu[i]).median })));
  const reachable = ratioOf(perCpu.at(-1), perCpu[servers.findIndex(({ contender }) => contender.name === best)]);
  console.log(
    `the best peer is ${best}: zeker / ${best} ${formatSummary(ratios[best])}, where ${echo.name} / ${best} is ${formatSummary(reachable)}`,
  );
  return { best, ratios, reachable, rounds: Object.fromEntries(servers.map(({ contender }, i) => [contender.name, rounds[i]])) };
}

/** The name of the other resolver with the largest median. */
function bestOf(figures) {
  const peers = figures.filter(({ contender }) => contender !== zeker && !contender.isEcho);
  return peers.reduce((best, other) => (other.median > best.median ? other : best)).contender.name;
}
