// Runs the comparison, prints what came of it, and sets it against docs/differences.md; DIFFERENCES=write writes that file anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { explained } from './differences.mjs';
import { compareAll } from './differential.mjs';

const tableFile = new URL('../../docs/differences.md', import.meta.url);

/** Other programs say a thing once in a run that they never say again: so many answers may be without a reason; one question has 16. */
const strayAnswers = 15;

/** @param folder where differences.txt goes, with all of them */
export async function reportDifferential(report, folder) {
  const { tally, faults, table, details } = await compareAll(explained);
  writeFileSync(join(folder, 'differences.txt'), `${details.join('\n')}\n`);
  for (const fault of faults) report(`compared: ${fault}`, ['differs, and no row of differences.mjs says why zeker is right']);
  report('where three of four agree, zeker does, or a newer RFC says otherwise', tally.disagree === 0 ? [] : [`${tally.disagree} do not`]);
  report('zeker says the same the second time', tally.flips.zeker === 0 ? [] : [`${tally.flips.zeker} do not`]);
  report('at least 5000 questions, no two alike', tally.asked >= 5_000 ? [] : [`${tally.asked}`]);
  const rows = rowsOf(table);
  const strays = rows.filter(({ why }) => why === 'not explained');
  const count = strays.reduce((sum, row) => sum + row.count, 0);
  const shown = strays.map((row) => `${row.zone} ${row.who} ${row.kind} (${row.example})`);
  report(`what others say otherwise has a reason in differences.mjs, but for ${count} answers`, count <= strayAnswers ? [] : shown);
  if (process.env.DIFFERENCES === 'write') writeFileSync(tableFile, page(tally, rows));
  else reportNew(rows);
  const flips = Object.entries(tally.flips).map(([who, count]) => `${who} ${count}`);
  console.log(
    `${tally.asked} distinct questions, ${tally.zones} zones, consensus ${tally.consensus}, agree ${tally.agree}, excepted ${tally.excepted}, disagree ${tally.disagree}`,
  );
  console.log(`answers that changed from the first to the second time: ${flips.join(', ')}`);
}

/** A row for each zone, kind of difference and explanation, with the programs that say so. */
function rowsOf(table) {
  const rows = new Map();
  for (const [key, { count, example }] of table) {
    const [zone, kind, who, why] = JSON.parse(key);
    const rowKey = JSON.stringify([zone, kind, why]);
    const row = rows.get(rowKey) ?? { zone: zone || '.', kind, why, who: [], count: 0, example };
    row.who.push(who);
    row.count += count;
    rows.set(rowKey, row);
  }
  return [...rows.values()].sort((a, b) => (`${a.why}${a.kind}${a.zone}` < `${b.why}${b.kind}${b.zone}` ? -1 : 1));
}

const cell = ({ zone, kind, who }) => `| ${zone} | ${kind} | ${[...who].sort().join(', ')} |`;

/** What this run saw that the page does not have: printed, for some of it hangs on which server answered first. */
function reportNew(rows) {
  const known = readFileSync(tableFile, 'utf8');
  const fresh = rows.filter((row) => !known.includes(cell(row).slice(0, cell(row).lastIndexOf(row.who.sort()[0]))));
  for (const row of fresh) console.log(`new   ${cell(row)} ${row.count} ${row.example}: ${row.why}`);
  const without = fresh.filter(({ why }) => why === undefined || why === 'not explained');
  console.log(`${rows.length} rows of differences, ${fresh.length} not in docs/differences.md, ${without.length} of these not explained`);
}

function page(tally, rows) {
  const parts = [
    '# Where others say something else',
    '',
    'Written by `DIFFERENCES=write test/interop/run`; the explanations are those of `test/interop/differences.mjs`. Each question was asked twice',
    'of zeker, Unbound, BIND, Knot Resolver and PowerDNS Recursor (those of Debian 12). Differences are from zeker: `AD` means that they set it',
    'and zeker did not. Counts are answers, and differ from run to run where a program answers with what it has not validated yet.',
    '',
    `${tally.asked} distinct questions, ${tally.zones} zones. Three of the four others agreed on ${tally.consensus}; zeker said the same on ${tally.agree}, otherwise by a newer or a stricter rule on ${tally.excepted}, otherwise without one on ${tally.disagree}.`,
  ];
  for (const why of new Set(rows.map((row) => row.why))) {
    const rfc = explained.find((row) => row.why === why)?.rfc;
    parts.push('', `## ${why}${rfc ? ` (${rfc})` : ''}`, '', '| zone | difference | who | answers |', '| --- | --- | --- | --- |');
    for (const row of rows) if (row.why === why) parts.push(`${cell(row)} ${row.count} |`);
  }
  return `${parts.join('\n')}\n`;
}
