// The same questions to zeker, Unbound, BIND, Knot Resolver and PowerDNS Recursor, each question twice in a row. Where three of the four
// others agree, zeker must say the same, or a row of differences.mjs must say which newer RFC has it otherwise. All other differences are
// counted by zone, kind and program, with the row that explains them.
import { formatName } from '../../dist/base/name.js';
import { canonicalRdata } from '../../dist/wire/canonical.js';
import { openClient } from './asking.mjs';
import { inParallel } from './processes.mjs';
import { flagMixtures, makeQuestions } from './questions.mjs';
import { peers, zekerCompared } from './resolvers.mjs';

const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
const hex = (octets) => Buffer.from(octets).toString('hex');

/** What of an answer is compared: response code, AD, and the RRsets of the answer section, without TTL, in any order. */
function factsOf(message) {
  if (message === undefined) return { rcode: 'no answer', ad: false, data: [], signatures: [] };
  const rows = (rrset, rdatas, type) => rdatas.map((rdata) => `${formatName(rrset.owner).toLowerCase()} ${type} ${hex(rdata)}`);
  const data = message.answer.flatMap((rrset) =>
    rows(
      rrset,
      rrset.rdata.map((rdata) => canonicalRdata(rrset.type, rdata)),
      rrset.type,
    ),
  );
  const signatures = message.answer.flatMap((rrset) => rows(rrset, rrset.signatures, 'RRSIG'));
  return {
    rcode: rcodes[message.rcode] ?? String(message.rcode),
    ad: message.flags.authenticData,
    data: [...new Set(data)].sort(),
    signatures: [...new Set(signatures)].sort(),
  };
}

const asKey = ({ rcode, ad, data, signatures }) => `${rcode} ${ad} ${data} ${signatures}`;

/** How another's answer differs from zeker's, in words; undefined where it does not. */
export function kindOf(theirs, ours) {
  if (theirs.rcode !== ours.rcode) return `${theirs.rcode}, not ${ours.rcode}`;
  const kinds = [];
  if (theirs.ad !== ours.ad) kinds.push(theirs.ad ? 'AD' : 'no AD');
  const [more, fewer] = [theirs.data.some((row) => !ours.data.includes(row)), ours.data.some((row) => !theirs.data.includes(row))];
  if (more || fewer) kinds.push(more && fewer ? 'other data' : more ? 'more data' : 'less data');
  else if (`${theirs.signatures}` !== `${ours.signatures}`)
    kinds.push(theirs.signatures.length < ours.signatures.length ? 'fewer RRSIGs' : 'other RRSIGs');
  return kinds.length === 0 ? undefined : kinds.join(', ');
}

const asWords = ({ rcode, ad, data, signatures }) => `${rcode}${ad ? ' AD' : ''} ${data.length}+${signatures.length}`;

/** What three of the four others say alike; undefined where no three do. An answer that did not come agrees with nothing. */
function consensusOf(answers) {
  const counts = new Map();
  for (const facts of answers) {
    if (facts.rcode === 'no answer') continue;
    const entry = counts.get(asKey(facts)) ?? { facts, count: 0 };
    entry.count++;
    counts.set(asKey(facts), entry);
  }
  return [...counts.values()].find(({ count }) => count >= 3)?.facts;
}

/** Asks one name and type with all flags, the mixtures in another order each time, for the first one meets an empty cache. */
async function askAll(question, index, clients) {
  const results = [];
  for (let turn = 0; turn < flagMixtures.length; turn++) {
    const flags = flagMixtures[(index + turn) % flagMixtures.length];
    const asked = { ...question, flags };
    const answers = await Promise.all(
      clients.map(async ({ ask }) => {
        const first = factsOf(await ask(asked));
        return [first, first.rcode === 'no answer' ? first : factsOf(await ask(asked))];
      }),
    );
    results.push({ asked, answers });
  }
  return results;
}

/** Asks everything. @returns each question with two answers of zeker and of each peer, in the order of `peers` */
async function gather(questions) {
  const clients = await Promise.all([zekerCompared, ...Object.values(peers)].map((address) => openClient(address, { patienceMs: 12_000 })));
  const results = await inParallel(20, questions, (question, index) => askAll(question, index, clients));
  for (const { close } of clients) close();
  return results.flat();
}

const title = ({ owner, type, flags }) => `${owner} ${type}${flags.map((flag) => ` ${flag}`).join('')}`;

/**
 * Compares all answers.
 * @param rows of differences.mjs
 * @returns counts, faults in words, the table: an entry for each zone, kind, program and explanation; and all differences, a line each
 */
export async function compareAll(rows) {
  const questions = makeQuestions();
  const results = await gather(questions);
  const names = Object.keys(peers);
  const tally = { asked: results.length, zones: new Set(questions.map(({ zone }) => zone.name)).size };
  Object.assign(tally, { consensus: 0, agree: 0, excepted: 0, disagree: 0, flips: { zeker: 0 } });
  const verdicts = new Map(results.map(({ asked, answers }) => [title(asked), answers[0][0].ad]));
  const [faults, table, details] = [[], new Map(), []];
  for (const { asked, answers } of results) {
    const [ours, ...theirs] = answers;
    names.forEach((name, index) => {
      if (kindOf(theirs[index][1], theirs[index][0])) tally.flips[name] = (tally.flips[name] ?? 0) + 1;
    });
    const flip = kindOf(ours[1], ours[0]);
    if (flip) {
      tally.flips.zeker++;
      faults.push(`${title(asked)}: zeker's second answer: ${flip}`);
    }
    countDifferences({ table, details }, rows, asked, answers);
    const bare = { ...asked, flags: asked.flags.filter((flag) => flag !== 'CD') };
    const isOnlyWithCd = ours[0].ad && asked.flags.includes('CD') && verdicts.get(title(bare)) === false;
    if (isOnlyWithCd) faults.push(`${title(asked)}: AD with CD, and none without`);
    const judged = [0, 1].map((turn) =>
      judge(
        asked,
        ours[turn],
        theirs.map((pair) => pair[turn]),
        rows,
      ),
    );
    if (judged.every((one) => one === undefined)) continue;
    tally.consensus++;
    const wrong = judged.find((one) => one && !one.agrees && !one.excepted);
    if (wrong) {
      tally.disagree++;
      faults.push(`${title(asked)}: three of four say: ${wrong.kind}`);
    } else if (judged.some((one) => one?.excepted)) tally.excepted++;
    else tally.agree++;
  }
  return { tally, faults, table, details };
}

/** Adds to the table how each peer's two answers differ from zeker's, and to the details a line for each. */
function countDifferences({ table, details }, rows, asked, [ours, ...theirs]) {
  for (const turn of [0, 1]) {
    Object.keys(peers).forEach((name, index) => {
      const kind = kindOf(theirs[index][turn], ours[turn]);
      if (!kind) return;
      const row = rows.find(({ who, when, says }) => who.includes(name) && when(asked) && says.test(kind));
      const key = JSON.stringify([asked.zone.name, kind, name, row?.why ?? 'not explained']);
      const entry = table.get(key) ?? { count: 0, example: title(asked) };
      entry.count++;
      table.set(key, entry);
      details.push(
        `${title(asked)} | ${name} ${turn + 1} | ${kind} | zeker ${asWords(ours[turn])} | ${asWords(theirs[index][turn])} | ${row?.why ?? ''}`,
      );
    });
  }
}

function judge(asked, ours, theirs, rows) {
  const consensus = consensusOf(theirs);
  if (!consensus) return undefined;
  const kind = kindOf(consensus, ours);
  if (!kind) return { agrees: true };
  const excepted = rows.some(({ rfc, when, says }) => rfc && when(asked) && says.test(kind));
  return { agrees: false, excepted, kind };
}
