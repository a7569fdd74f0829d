/**
 * do53-cold: each round starts a server with nothing in its cache and sends the list once through, in two halves of different zones. The first
 * half has a process just started (zeker's code not yet compiled); the second one that runs, and its zones are as unknown as the first's were.
 */

import { join } from 'node:path';
import { formatNumber, formatPercent, formatSummary, interleave, printTable, ratioOf, summarise } from '../lib/report.mjs';
import { compareAfresh } from './compare.mjs';
import { measureLoad } from './dnsperf.mjs';
import { questionsOf } from './internet.mjs';
import { choosePeers } from './peers.mjs';
import { printProfile, profileFolder } from './profile.mjs';
import { encodeQuery, ofHalf, shuffle, writeQueryFile } from './queries.mjs';
import { startContender, unbound, zeker } from './resolvers.mjs';

/** A list takes seconds; a server that hangs must not take hours. */
const MOST_SECONDS = 60;

export async function measureCold({ dist, work, zones, authority, options }) {
  const verdicts = await compareAfresh(questionsOf(zones, { faulty: true }), { work, dist });
  const halves = halvesOf(zones).map((questions, i) =>
    writeQueryFile(
      join(work, `half-${i}`),
      shuffle(questions).map((question, k) => encodeQuery(question, { dnssecOk: k % 2 === 0 })),
    ),
  );
  const contenders = [zeker, unbound, ...choosePeers(options.peers ?? [])];
  const profile = profileFolder(work, options);
  const rounds = await interleave(options.rounds, contenders, async (contender, round) => {
    const server = await startContender(contender, { work, dist, profile });
    try {
      const taken = [];
      for (const file of halves) {
        const before = authority.queries();
        const load = await measureLoad(server, { file, seconds: MOST_SECONDS, once: true });
        // The zones are whole: a SERVFAIL is one that the load made, and no answer.
        if ((contender === zeker || contender === unbound) && load.servfails > load.sent / 100)
          throw new Error(`${contender.name} failed ${load.servfails} of ${load.sent} questions: ${load.codes}`);
        if (load.servfails > 0) console.log(`round ${round + 1}: ${contender.name} failed ${load.servfails} of ${load.sent} questions`);
        taken.push({ ...load, upstream: difference(authority.queries(), before) });
      }
      return { startMs: server.startMs, start: taken[0], steady: taken[1] };
    } finally {
      await server.stop();
    }
  });
  printProfile(profile);
  return { verdicts, questions: halvesOf(zones).map(({ length }) => length), ...report(contenders, rounds) };
}

/** The questions of either half: zones that the other one does not know. */
function halvesOf(zones) {
  const leaves = zones.filter(({ level }) => level === 'leaf');
  return [0, 1].map((half) => questionsOf(ofHalf(leaves, half)));
}

function difference(after, before) {
  return Object.fromEntries(Object.entries(after).map(([level, count]) => [level, count - before[level]]));
}

const total = ({ upstream }) => Object.values(upstream).reduce((sum, count) => sum + count, 0);

function report(contenders, rounds) {
  const ratios = {};
  for (const part of ['start', 'steady']) {
    const taken = rounds.map((ofOne) => ofOne.map((round) => round[part]));
    const perCpu = taken.map((loads) => loads.map(({ perCpuSecond }) => perCpuSecond));
    const upstream = taken.map((loads) => loads.map((load) => total(load) / load.completed));
    const rows = contenders.map(({ name }, i) => [
      name,
      formatSummary(summarise(perCpu[i])),
      formatPercent(summarise(taken[i].map(({ kernelShare }) => kernelShare)).median),
      formatSummary(summarise(taken[i].map(({ perSecond }) => perSecond))),
      formatSummary(summarise(upstream[i])),
      Object.values(taken[i].at(-1).upstream).map(formatNumber).join(' / '),
      formatSummary(summarise(rounds[i].map(({ startMs }) => startMs))),
    ]);
    console.log(
      `\n${part === 'start' ? 'just started' : 'warm process, unknown zones'}: ${taken[0][0].completed} questions, ${taken[0].length} rounds`,
    );
    printTable([
      ['', 'answers per CPU second', 'in kernel', 'answers per second', 'upstream queries per answer', 'root / TLD / leaf', 'start, ms'],
      ...rows,
    ]);
    const perSecond = taken.map((loads) => loads.map((load) => load.perSecond));
    ratios[part] = {};
    for (let i = 1; i < contenders.length; i++) {
      const [answers, speed, queries] = [perCpu, perSecond, upstream].map((figures) => ratioOf(figures[0], figures[i]));
      ratios[part][contenders[i].name] = { answers, speed, upstream: queries };
      console.log(
        `zeker / ${contenders[i].name}: ${formatSummary(answers)} in answers per CPU second, ${formatSummary(speed)} in answers per second, ${formatSummary(queries)} in upstream queries`,
      );
    }
  }
  return { ratios, rounds: Object.fromEntries(contenders.map(({ name }, i) => [name, rounds[i]])) };
}
