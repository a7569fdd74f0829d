/** What the figures were taken on, for whoever compares them. */

import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { repository } from './build.mjs';
import { findProgram } from './packages.mjs';

/** Each program's own words, its first line with a number in it. */
function versionOf(program, args) {
  const path = findProgram(program);
  if (path === undefined) return undefined;
  const { stdout, stderr } = spawnSync(path, args, { encoding: 'utf8' });
  return `${stdout}${stderr}`
    .split('\n')
    .find((line) => /\d+\.\d+/.test(line))
    ?.trim();
}

function commit() {
  try {
    return execFileSync('git', ['describe', '--always', '--dirty'], { cwd: repository, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return 'unknown';
  }
}

/** Machine, programs and load at the start. */
export function describeMachine(dist) {
  const { version } = JSON.parse(readFileSync(join(dirname(dist), 'package.json'), 'utf8'));
  return {
    taken: new Date().toISOString(),
    zeker: `${version}, ${process.env.ZEKER_DIST ? 'a build given by ZEKER_DIST' : `commit ${commit()}`}`,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    kernel: release(),
    node: process.version,
    unbound: versionOf('unbound', ['-V']),
    powerdns: versionOf('pdns_recursor', ['--version']),
    knot: versionOf('kresd', ['--version']),
    bind: versionOf('named', ['-v']),
    nsd: versionOf('nsd', ['-v']),
    dnsperf: versionOf('dnsperf', ['-h']),
    ldns: versionOf('ldns-signzone', ['-v']),
    loadBefore: loadavg().map((load) => Number(load.toFixed(2))),
  };
}

/** Prints it, a line each. */
export function printMachine(machine) {
  for (const [key, value] of Object.entries(machine)) if (value !== undefined) console.log(`${key.padEnd(10)}  ${value}`);
  if (machine.loadBefore[0] > machine.cores / 4)
    console.log('This machine is busy with something else: ratios hold better than figures, ranges show how well.');
}
