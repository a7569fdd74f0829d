/** Whether two resolvers say the same of every question, asked with and without DO and CD: RCODE and AD. No figure is taken before they do. */

import { openClient } from './client.mjs';
import { encodeQuery } from './queries.mjs';

const IN_FLIGHT = 32;
const MOST_SHOWN = 40;
/** CD last: what both know by then is validated, and neither has a reason to send it without its AD. */
const variants = [
  { dnssecOk: false, checkingDisabled: false },
  { dnssecOk: true, checkingDisabled: false },
  { dnssecOk: false, checkingDisabled: true },
  { dnssecOk: true, checkingDisabled: true },
];

async function verdictsOf(port, queries) {
  const client = await openClient(port);
  const verdicts = [];
  const waiting = queries.entries();
  const worker = async () => {
    for (const [index, query] of waiting) verdicts[index] = describe((await client.ask(query)) ?? (await client.ask(query)));
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  client.close();
  return verdicts;
}

const rcodes = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

function describe(reply) {
  if (reply === undefined) return 'no answer';
  return `${rcodes[reply.rcode] ?? reply.rcode}${reply.authenticData ? ' AD' : ''}`;
}

/** Compares two resolvers that run; prints what differs and throws, or returns how often each verdict was given. */
export async function compareAnswers(questions, ours, theirs) {
  const differences = [];
  const verdicts = {};
  for (const variant of variants) {
    const queries = questions.map((question) => encodeQuery(question, variant));
    const [a, b] = [await verdictsOf(ours.port, queries), await verdictsOf(theirs.port, queries)];
    const title = `DO=${Number(variant.dnssecOk)} CD=${Number(variant.checkingDisabled)}`;
    questions.forEach(({ qname, type }, i) => {
      verdicts[b[i]] = (verdicts[b[i]] ?? 0) + 1;
      if (a[i] !== b[i]) differences.push(`${title} ${qname} ${type}: ${ours.name} ${a[i]}, ${theirs.name} ${b[i]}`);
    });
  }
  if (differences.length > 0) {
    for (const line of differences.slice(0, MOST_SHOWN)) console.error(`  ${line}`);
    throw new Error(`${differences.length} answers of ${questions.length * variants.length} differ`);
  }
  console.log(`same RCODE and AD for ${questions.length * variants.length} queries: ${JSON.stringify(verdicts)}`);
  return verdicts;
}
