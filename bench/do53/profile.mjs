/** Where zeker's time went, out of what `node --cpu-prof` wrote: self time by function. */

import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { printTable } from '../lib/report.mjs';

const SHOWN = 25;

/** The folder for profiles; undefined where none was asked for. */
export function profileFolder(work, { profile }) {
  if (!profile) return undefined;
  const folder = join(work, 'profile');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Prints the functions with most self time, over all profiles in the folder. */
export function printProfile(folder) {
  if (folder === undefined) return;
  const self = new Map();
  let whole = 0;
  for (const file of readdirSync(folder)) {
    const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const titles = new Map(nodes.map(({ id, callFrame }) => [id, titleOf(callFrame)]));
    samples.forEach((id, i) => {
      const title = titles.get(id);
      if (title === '(idle)') return;
      whole += timeDeltas[i];
      self.set(title, (self.get(title) ?? 0) + timeDeltas[i]);
    });
  }
  const rows = [...self].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
  console.log(`\nself time of zeker's main thread, ${(whole / 1e6).toFixed(1)} s in all, start of the process included`);
  printTable([['%', 'function'], ...rows.map(([title, us]) => [((100 * us) / whole).toFixed(1), title])]);
}

function titleOf({ functionName, url, lineNumber }) {
  const name = functionName || '(anonymous)';
  const file = url.replace(/^.*\/(dist|node_modules)\//, '').replace(/^file:.*\//, '');
  return file === '' ? name : `${name} ${file}:${lineNumber + 1}`;
}
