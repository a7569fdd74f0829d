// What validates behind zeker must reach the verdict that it reaches without zeker: an unbound that resolves by itself against unbounds that
// forward to zeker over UDP, over TCP only, and with small buffers; delv by way of an unbound that only fetches (CD) against delv by way of zeker.
import { openClient } from './asking.mjs';
import { delv } from './clients.mjs';
import { isAliasNsec, isApexNsec } from './differences.mjs';
import { inParallel } from './processes.mjs';
import { isSlow, makeQuestions } from './questions.mjs';
import { behind, peers, zekerCompared } from './resolvers.mjs';
import { fqdn } from './zones.mjs';

/** Where unbound by itself reaches something else than behind zeker, and why. docs/differences.md says more. */
const exceptions = [
  { when: isApexNsec, says: /./, why: 'NSEC asked by name at a zone cut: parent or child, by which server was asked' },
  { when: isAliasNsec, says: /./, why: 'NSEC asked by name at an alias in a zone with NSEC3: the server denies it without a proof' },
  {
    when: ({ owner, type }) => owner === 'missing.labels-few.alpha.' && type === 'A',
    says: /^NXDOMAIN secure, by itself 0 secure$/,
    why: 'by itself it has been asked for `www` with CD, and since then takes that for a wildcard; asked before that it says NXDOMAIN too',
  },
  {
    when: ({ owner, type }) => owner === 'www.zsk-revoked.alpha.' && type === 'A',
    says: /^0 secure, by itself failed$/,
    why: 'verifies with the revoked key, against RFC 5011 §2.1, unless it has met bogus data of the zone before',
  },
  {
    when: ({ zone }) => zone.copyAt !== undefined,
    says: /^(0|NXDOMAIN) secure, by itself failed$/,
    why: 'one server of the two has a bad copy: by itself it meets that one alone in a run now and then, and keeps the failure; the zone is secure',
  },
];

function verdictOf(message) {
  if (message === undefined) return 'failed';
  if (message.rcode === 2) return 'failed';
  return `${message.rcode === 3 ? 'NXDOMAIN' : message.rcode} ${message.flags.authenticData ? 'secure' : 'insecure'}`;
}

/** Prints one line a way, and a line for each verdict that is another one. */
export async function reportBehind(report, anchorFile) {
  const questions = makeQuestions().filter((question) => !isSlow(question.zone)); // unbound by itself outlasts a client's patience there
  await reportUnbounds(report, questions);
  await reportDelv(report, questions, anchorFile);
}

async function reportUnbounds(report, questions) {
  const ways = Object.keys(behind);
  const addresses = [peers.unbound, ...ways.map((way) => behind[way])];
  const clients = await Promise.all(addresses.map((address) => openClient(address, { patienceMs: 15_000 })));
  const seen = await inParallel(12, questions, (question) =>
    Promise.all(clients.map(async ({ ask }) => verdictOf(await ask({ ...question, flags: ['DO'] })))),
  );
  for (const { close } of clients) close();
  ways.forEach((way, index) => {
    const faults = questions.flatMap((question, row) => {
      const [direct, through] = [seen[row][0], seen[row][index + 1]];
      const kind = `${through}, by itself ${direct}`;
      const excused = direct === through || exceptions.some(({ when, says }) => when(question) && says.test(kind));
      return excused ? [] : [`${question.owner} ${question.type}: ${kind}`];
    });
    const alike = seen.filter((row) => row[0] === row[index + 1]).length;
    report(`unbound behind zeker, ${way}: ${alike} of ${questions.length} verdicts as by itself`, faults);
  });
}

/**
 * Names that delv is asked: those of the zoo's rows, and some of the other zones; with DELV=all every one, for each run of delv walks the chain
 * of trust by itself. Of zones with content `standard` the cases have delv judge zeker's answers (main.mjs).
 */
function isForDelv({ owner, zone }) {
  const relative = owner.slice(0, -fqdn(zone.name).length - 1) || '@';
  if (process.env.DELV === 'all') return true;
  if (zone.asks) return zone.asks.some(([asked]) => asked === relative);
  return (zone.content === 'standard' ? /^www$/ : /^(www|missing|to-[a-z-]+)$/).test(relative);
}

/** delv over UDP and TCP: each name with the first type it has in the list of questions. */
async function reportDelv(report, questions, anchorFile) {
  const wanted = questions.filter(isForDelv);
  const names = [...new Map(wanted.reverse().map((question) => [question.owner, question])).values()];
  const ways = { direct: ['+cdflag'], udp: [], tcp: ['+tcp'] };
  const seen = await inParallel(6, names, async ({ owner, type }) => {
    const verdicts = {};
    for (const [way, options] of Object.entries(ways)) {
      const address = way === 'direct' ? peers.unbound : zekerCompared;
      verdicts[way] = (await delv(address, anchorFile, owner, type, options)).verdict;
    }
    return verdicts;
  });
  for (const way of ['udp', 'tcp']) {
    const faults = names.flatMap(({ owner, type }, index) => {
      const { direct, [way]: through } = seen[index];
      return direct === through ? [] : [`${owner} ${type}: ${through}, by way of unbound ${direct}`];
    });
    report(`delv behind zeker, ${way}: ${names.length - faults.length} of ${names.length} verdicts as by way of unbound`, faults);
  }
}
