/** Medians, ranges, tables and the JSON file of a bench. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './build.mjs';

/** The median of some numbers, and their range. */
export function summarise(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { median, least: sorted[0], most: sorted.at(-1) };
}

/** The value that so many of a hundred do not exceed. */
export function percentile(values, hundredths) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * hundredths) / 100))];
}

const plain = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** As many digits as mean something. */
export function formatNumber(value) {
  if (!Number.isFinite(value)) return '-';
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return plain.format(value);
  return value.toPrecision(3);
}

/** A share of one as a percentage. */
export function formatPercent(share) {
  return `${Math.round(share * 100)} %`;
}

/** "median (least to most)". */
export function formatSummary({ median, least, most }) {
  return `${formatNumber(median)} (${formatNumber(least)} to ${formatNumber(most)})`;
}

/** Prints rows of cells, the first row as the head. */
export function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column] ?? '').length)));
  rows.forEach((row, index) => {
    console.log(
      row
        .map((cell, column) => String(cell).padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    );
    if (index === 0) console.log(widths.map((width) => '-'.repeat(width)).join('  '));
  });
}

/** Writes bench/results/NAME.json and returns its path within the repository. */
export function writeResult(name, result) {
  const folder = join(repository, 'bench', 'results');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
  return `bench/results/${name}.json`;
}

/** Calls each contender once a round, A B A B, so that what disturbs the machine disturbs all; `measure` returns a figure by name. */
export async function interleave(rounds, contenders, measure) {
  const taken = new Map(contenders.map((contender) => [contender, []]));
  for (let round = 0; round < rounds; round++)
    for (const contender of contenders) taken.get(contender).push(await measure(contender, round));
  return contenders.map((contender) => taken.get(contender));
}

/** The ratio of medians, and the range of the ratios of rounds. */
export function ratioOf(ours, theirs) {
  const { least, most } = summarise(ours.map((value, round) => value / theirs[round]));
  return { median: summarise(ours).median / summarise(theirs).median, least, most };
}
