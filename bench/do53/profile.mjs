/** Where zeker's time went, out of what `node --cpu-prof` wrote: by function, and by part of the house. Time of its main thread alone. */

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

/** Prints the functions with most time of their own, over all profiles in the folder. */
export function printProfile(folder) {
  if (folder === undefined) return;
  const sums = { self: new Map(), within: new Map(), part: new Map() };
  for (const file of readdirSync(folder)) addProfile(JSON.parse(readFileSync(join(folder, file), 'utf8')), sums);
  const whole = [...sums.self.values()].reduce((sum, us) => sum + us, 0);
  const share = (us) => ((100 * us) / whole).toFixed(1);
  const largest = (map) => [...map].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
  console.log(`\nzeker's main thread was busy ${(whole / 1e6).toFixed(1)} s, start of the process and comparison of answers included`);
  printTable([
    ['self %', 'with callees %', 'function'],
    ...largest(sums.self).map(([title, us]) => [share(us), share(sums.within.get(title)), title]),
  ]);
  console.log();
  printTable([['self %', 'part'], ...largest(sums.part).map(([part, us]) => [share(us), part])]);
}

function addProfile({ nodes, samples, timeDeltas }, { self, within, part }) {
  const own = new Map();
  samples.forEach((id, i) => {
    own.set(id, (own.get(id) ?? 0) + timeDeltas[i]);
  });
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const add = (map, key, us) => map.set(key, (map.get(key) ?? 0) + us);
  /** Returns the time of a node and all below it; a function that stands on the stack twice counts once. */
  const walk = (node, above) => {
    const title = titleOf(node.callFrame);
    let us = title === '(idle)' ? 0 : (own.get(node.id) ?? 0);
    if (us > 0) {
      add(self, title, us);
      add(part, partOf(node.callFrame), us);
    }
    const below = above.has(title) ? above : new Set([...above, title]);
    for (const id of node.children ?? []) us += walk(byId.get(id), below);
    if (!above.has(title)) add(within, title, us);
    return us;
  };
  walk(nodes[0], new Set());
}

function titleOf({ functionName, url, lineNumber }) {
  const name = functionName || '(anonymous)';
  const file = fileOf(url);
  return file === '' ? name : `${name} ${file}:${lineNumber + 1}`;
}

/** A file of ours from dist/ on, of others from node_modules/ on. */
function fileOf(url) {
  return url.replace(/^.*\/dist\/(?!.*node_modules)/, '').replace(/^.*\/node_modules\//, '~');
}

/** The folder of src/, the package, or the module of Node. */
function partOf({ functionName, url }) {
  if (url === '') return functionName;
  const [first, second] = fileOf(url).split('/');
  return first.startsWith('~@') ? `${first}/${second}` : first;
}
