/** Whether two resolvers say the same of every question, asked with and without DO and CD: RCODE and AD. No figure is taken before they do. */

import { openClient } from './client.mjs';
import { encodeQuery } from './queries.mjs';
import { startContender, unbound, zeker } from './resolvers.mjs';

const IN_FLIGHT = 32;
const MOST_SHOWN = 40;
/** Longer than a failure is kept the first time (RFC 9520 §3.2). */
const PATIENCE_MS = 5_000;
/** CD last: what both know by then is validated, and neither has a reason to send it without its AD. */
const variants = [
  { dnssecOk: false, checkingDisabled: false },
  { dnssecOk: true, checkingDisabled: false },
  { dnssecOk: false, checkingDisabled: true },
  { dnssecOk: true, checkingDisabled: true },
];

async function repliesOf(port, queries) {
  const client = await openClient(port);
  const replies = [];
  const waiting = queries.entries();
  const worker = async () => {
    for (const [index, query] of waiting) replies[index] = (await client.ask(query)) ?? (await client.ask(query));
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  client.close();
  return replies;
}

const SERVFAIL = 2;
const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

function describe(reply) {
  if (reply === undefined) return 'no answer';
  return `${rcodes[reply.rcode] ?? reply.rcode}${reply.authenticData ? ' AD' : ''}`;
}

/**
 * Asks once more where one of the two failed: a server that had no processor for a while has answered nobody, and that is no verdict. It is told,
 * for the other resolver may have had more patience.
 */
async function askAgain(queries, both, resolvers) {
  const failed = queries.flatMap((_, i) => {
    const rcodesOfBoth = both.map((replies) => replies[i]?.rcode ?? SERVFAIL);
    return rcodesOfBoth[0] !== rcodesOfBoth[1] && rcodesOfBoth.includes(SERVFAIL) ? [i] : [];
  });
  if (failed.length === 0) return;
  resolvers.forEach(({ name }, k) => {
    const reasons = failed.map((i) => both[k][i]).filter((reply) => (reply?.rcode ?? SERVFAIL) === SERVFAIL);
    if (reasons.length > 0) console.log(`${name} failed ${reasons.length} questions, asked again: ${reasons[0]?.explain() ?? 'no answer'}`);
  });
  await new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
  for (const [k, { port }] of resolvers.entries()) {
    const replies = await repliesOf(
      port,
      failed.map((i) => queries[i]),
    );
    failed.forEach((i, n) => {
      both[k][i] = replies[n];
    });
  }
}

/** Compares two resolvers that run; prints what differs and throws, or returns how often each verdict was given. */
export async function compareAnswers(questions, ours, theirs) {
  const differences = [];
  const verdicts = {};
  for (const variant of variants) {
    const queries = questions.map((question) => encodeQuery(question, variant));
    const [a, b] = [await repliesOf(ours.port, queries), await repliesOf(theirs.port, queries)];
    await askAgain(queries, [a, b], [ours, theirs]);
    const title = `DO=${Number(variant.dnssecOk)} CD=${Number(variant.checkingDisabled)}`;
    questions.forEach(({ qname, type }, i) => {
      const [our, their] = [describe(a[i]), describe(b[i])];
      verdicts[their] = (verdicts[their] ?? 0) + 1;
      if (our !== their) {
        const why = [a[i], b[i]].map((reply) => reply?.explain() ?? '');
        differences.push(`${title} ${qname} ${type}: ${ours.name} ${our} ${why[0]}, ${theirs.name} ${their} ${why[1]}`);
      }
    });
  }
  if (differences.length > 0) {
    for (const line of differences.slice(0, MOST_SHOWN)) console.error(`  ${line}`);
    throw new Error(`${differences.length} answers of ${questions.length * variants.length} differ`);
  }
  console.log(`same RCODE and AD for ${questions.length * variants.length} queries: ${JSON.stringify(verdicts)}`);
  return verdicts;
}

/** The same of zeker and Unbound, with servers of their own: what they have learned is not for the rounds. */
export async function compareAfresh(questions, context) {
  const servers = [await startContender(zeker, context), await startContender(unbound, context)];
  try {
    return await compareAnswers(questions, zeker, unbound);
  } finally {
    await Promise.all(servers.map(({ stop }) => stop()));
  }
}
