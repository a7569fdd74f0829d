// Runs in the namespace that ./run made: builds the small internet, asks, judges, prints a line a case. Argument: a folder for all files.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { reportBehind } from './behind.mjs';
import { cases, differences } from './cases.mjs';
import { compareMessages, judgeDelv, judgeMessage } from './checks.mjs';
import { delv, digAll, digServers, kdigAll, modes } from './clients.mjs';
import { inParallel, runProgram } from './processes.mjs';
import { reportDifferential } from './report.mjs';
import { comparedAddresses, startCompared } from './resolvers.mjs';
import { startAuthorities, startResolvers } from './servers.mjs';
import { judgePause, judgeResolve, serviceCases } from './service-cases.mjs';
import { makeZones, rootHints } from './sign.mjs';
import { allAddresses, resolvers } from './topology.mjs';

const folder = process.argv[2];
const [tally, started, explained] = [{ passed: 0, failed: 0 }, [], new Set()];

function report(title, faults) {
  const good = faults.length === 0;
  tally[good ? 'passed' : 'failed']++;
  console.log(good ? `ok    ${title}` : `FAIL  ${title}: ${faults.join('; ')}`);
}

/** Faults that the table of differences does not explain. */
function unexplained(who, wanted, faults) {
  const row = differences.find((difference) => difference.who.includes(who) && difference.when(wanted));
  if (!row || faults.length === 0 || !faults.every((fault) => row.says.test(fault))) return faults;
  explained.add(row);
  return [];
}

/** What a client sees in each mode, and its faults. */
async function askInAllModes(askAll, wanted) {
  const answers = await askAll(resolvers.zeker, wanted.owner, wanted.type, Object.values(modes));
  const faults = Object.keys(modes).flatMap((mode, index) => {
    const sentEdns = askAll === digAll || mode !== 'plain';
    return judgeMessage(wanted, mode, answers[index], { sentEdns }).map((fault) => `${mode}: ${fault}`);
  });
  return { faults, withDnssec: answers[Object.keys(modes).indexOf('+dnssec')] };
}

/** Everything one question is for. */
async function runCase(wanted, anchorFile) {
  const { owner, type } = wanted;
  const title = `${owner} ${type}`;
  // unbound takes longer to give up than a client waits.
  const others = wanted.state === 'indeterminate' ? [] : ['unbound', 'unbound-behind-zeker'];
  const overUdp = await askInAllModes(digAll, wanted);
  report(`dig udp ${title}`, overUdp.faults);
  report(`kdig tcp ${title}`, (await askInAllModes(kdigAll, wanted)).faults);
  report(`delv ${title}`, unexplained('delv', wanted, judgeDelv(wanted, await delv(resolvers.zeker, anchorFile, owner, type))));
  report(`/resolve ${title}`, await judgeResolve(wanted));
  const theirs = await digServers(
    others.map((who) => resolvers[who]),
    owner,
    type,
    ['+dnssec'],
  );
  others.forEach((who, index) => {
    report(`${who} ${title}`, unexplained(who, wanted, compareMessages(overUdp.withDnssec, theirs[index], wanted)));
  });
}

async function runAll() {
  for (const address of [...allAddresses, ...comparedAddresses]) {
    const isIPv6 = address.includes(':');
    await runProgram('ip', ['addr', 'add', `${address}/${isIPv6 ? 128 : 32}`, 'dev', 'lo', ...(isIPv6 ? ['nodad'] : [])]);
  }
  const [zoneFolder, serverFolder] = [join(folder, 'zones'), join(folder, 'servers')];
  mkdirSync(zoneFolder);
  mkdirSync(serverFolder);
  const { anchors, ...made } = await makeZones(zoneFolder);
  sayTime('zones are made');
  await startAuthorities(serverFolder, made, started);
  const zeker = (process.env.ZEKER ?? 'node dist/cli.js').split(' ');
  const { anchorFile } = await startResolvers(folder, { hints: rootHints(), anchors, zeker }, started);
  sayTime('servers are up');
  if (process.env.HOLD) {
    await startCompared(folder, { anchors, zeker }, started);
    console.log('all is there; ip netns exec NAMESPACE dig ... to look, SIGTERM to end');
    await new Promise(() => {});
  }
  if (process.env.ONLY !== 'compare') await runCases(anchorFile);
  sayTime('cases are asked');
  if (process.env.ONLY !== 'cases') {
    await startCompared(folder, { anchors, zeker }, started);
    await reportDifferential(report, folder);
    sayTime('resolvers are compared');
    await reportBehind(report, anchorFile);
    sayTime('validators behind zeker are asked');
  }
  for (const server of started) report(`${server.title} is still running`, server.isRunning() ? [] : [server.log()]);
}

/** The cases of cases.mjs and service-cases.mjs. */
async function runCases(anchorFile) {
  const isSlow = ({ state }) => state === 'indeterminate'; // these first, so that the others are asked meanwhile
  const ordered = [...cases.filter(isSlow), ...cases.filter((wanted) => !isSlow(wanted))];
  await inParallel(6, ordered, (wanted) => runCase(wanted, anchorFile));
  for (const { title, run } of serviceCases) report(title, await run());
  const knot = started.find(({ title }) => title === 'knot');
  for (const ms of [100, 300, 1_000]) report(`12 questions to a server that pauses for ${ms} ms`, await judgePause(knot, ms));
  if (process.env.CASES) return; // some rows need others
  for (const row of differences)
    report(`difference still there: ${row.who.join(', ')} ${row.why}`, explained.has(row) ? [] : ['no case needs this row']);
}

const sayTime = (what) => console.log(`-- ${Math.round(process.uptime())} s: ${what}`);
const stopAll = () => Promise.all(started.map((server) => server.stop()));
/** Of the whole run: a quiet machine takes a fifth of it, one with much else to do half. */
const deadline = new Promise((_, reject) => {
  if (!process.env.HOLD) setTimeout(() => reject(new Error('not done after 1100 seconds')), 1_100_000).unref();
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stopAll().finally(() => process.exit(130)));

try {
  await Promise.race([runAll(), deadline]);
} catch (error) {
  report('the small internet', [error instanceof Error ? error.message : String(error)]);
} finally {
  await stopAll();
}
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exit(tally.failed === 0 && tally.passed > 0 ? 0 : 1);
