/**
 * do53-mail-mix: each round starts a server, has it asked what the day before asked, and finds by a first list how much it can answer. Then come
 * two lists at a rate: half of that, and half of what the slower of both could, which is the same to both.
 */

import { join } from 'node:path';
import { formatNumber, formatSummary, interleave, printTable, ratioOf, summarise } from '../lib/report.mjs';
import { compareAfresh } from './compare.mjs';
import { dnsperf, measureLoad } from './dnsperf.mjs';
import { makeDay } from './mail-day.mjs';
import { writeQueryFile } from './queries.mjs';
import { startContender, unbound, zeker } from './resolvers.mjs';

const contenders = [zeker, unbound];
const PASSES = 3;
const MOST_SECONDS = 120;
/** A list is not to wait for answers: what comes late must count as late. */
const OUTSTANDING = 10_000;
const COMPARED_ONE_IN = 10;

export async function measureMail({ dist, work, options }) {
  const day = makeDay(options.zones, 3);
  const verdicts = await compareAfresh(
    day.questions.filter((_, i) => i % COMPARED_ONE_IN === 0),
    { work, dist },
  );
  const warm = writeQueryFile(join(work, 'warm'), day.warm);
  const files = day.lists.map((queries, i) => writeQueryFile(join(work, `list-${i}`), queries));

  async function withWarmServer(contender, measure) {
    const server = await startContender(contender, { work, dist });
    try {
      for (let pass = 0; pass < PASSES; pass++)
        await dnsperf({ port: contender.port, file: warm, seconds: 600, once: true, mostLost: 0.05 });
      const saturation = await measureLoad(server, { file: files[0], seconds: MOST_SECONDS, once: true });
      return { startMs: server.startMs, saturation, ...(await measure(server, saturation)) };
    } finally {
      await server.stop();
    }
  }

  const atRate = (server, file, rate) =>
    measureLoad(server, { file, seconds: MOST_SECONDS, once: true, rate, outstanding: OUTSTANDING, timed: true, mostLost: 0.01 });
  const trial = await interleave(1, contenders, (contender) => withWarmServer(contender, () => ({})));
  const common = Math.min(...trial.map(([{ saturation }]) => saturation.perSecond)) / 2;
  const rounds = await interleave(options.rounds, contenders, (contender) =>
    withWarmServer(contender, async (server, saturation) => ({
      half: await atRate(server, files[1], saturation.perSecond / 2),
      common: await atRate(server, files[2], common),
    })),
  );
  const list = day.lists[0].length;
  console.log(`\n${day.warm.length / 2} questions known before, ${list} in a list, one in ten of them new; ${rounds[0].length} rounds`);
  return { verdicts, common, ...report(rounds, common) };
}

function report(rounds, common) {
  const figures = (take) => rounds.map((ofOne) => ofOne.map(take));
  const columns = {
    'saturated, answers per second': figures(({ saturation }) => saturation.perSecond),
    'per CPU second': figures(({ saturation }) => saturation.perCpuSecond),
    'at half of it, p50, ms': figures(({ half }) => half.p50),
    'p99, ms': figures(({ half }) => half.p99),
    [`at ${formatNumber(common)} per second, p50, ms`]: figures(({ common }) => common.p50),
    'p99, ms ': figures(({ common }) => common.p99),
    'lost or SERVFAIL': figures(({ half, common }) => half.lost + half.servfails + common.lost + common.servfails),
    'start, ms': figures(({ startMs }) => startMs),
  };
  printTable([
    ['', ...Object.keys(columns)],
    ...contenders.map(({ name }, i) => [name, ...Object.values(columns).map((taken) => formatSummary(summarise(taken[i])))]),
  ]);
  const ratios = {
    perCpuSecond: ratioOf(...columns['per CPU second']),
    p99AtHalf: ratioOf(...columns['p99, ms']),
    p99AtSameRate: ratioOf(...columns['p99, ms ']),
  };
  console.log(
    `zeker / Unbound: p99 ${formatSummary(ratios.p99AtHalf)} at half of its own saturation, ${formatSummary(ratios.p99AtSameRate)} at the same rate; ${formatSummary(ratios.perCpuSecond)} in answers per CPU second`,
  );
  return { ratios, rounds: Object.fromEntries(contenders.map(({ name }, i) => [name, rounds[i]])) };
}
