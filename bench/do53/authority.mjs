/** The authoritative side: one NSD a level (root, TLDs, leaves), each on addresses of its own, port 53, so that a parent cannot answer for a child. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram } from '../lib/packages.mjs';
import { startProcess, waitFor } from '../lib/process.mjs';
import { addresses } from './internet.mjs';
import { zoneFile } from './sign.mjs';

function configOf(level, zones, zoneFolder, folder) {
  const server = [
    ...['server-count: 1', 'ip4-only: yes', 'port: 53', 'username: ""', 'chroot: ""', 'database: ""', 'verbosity: 0', 'hide-version: yes'],
    // Debian's NSD limits answers a client, and both resolvers ask from one address.
    ...['rrl-ratelimit: 0', 'rrl-whitelist-ratelimit: 0', 'tcp-count: 1000'],
    ...['pidfile', 'xfrdfile', 'zonelistfile'].map((key) => `${key}: "${join(folder, key)}"`),
    ...[`zonesdir: "${folder}"`, `xfrdir: "${folder}"`, `cookie-secret-file: "${join(folder, 'cookies')}"`],
    ...addresses[level].map((address) => `ip-address: ${address}`),
  ];
  const control = ['control-enable: yes', `control-interface: "${join(folder, 'control')}"`];
  const zoneLines = zones.map((zone) => `zone:\n  name: "${zone.origin}"\n  zonefile: "${zoneFile(zoneFolder, zone)}"\n`);
  return `server:\n  ${server.join('\n  ')}\nremote-control:\n  ${control.join('\n  ')}\n${zoneLines.join('')}`;
}

async function startLevel(level, zones, zoneFolder, work) {
  const folder = join(work, `nsd-${level}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const config = join(folder, 'nsd.conf');
  writeFileSync(
    config,
    configOf(
      level,
      zones.filter((zone) => zone.level === level),
      zoneFolder,
      folder,
    ),
  );
  const log = join(folder, 'output');
  const nsd = startProcess(findProgram('nsd'), ['-d', '-c', config], { log });
  const control = (command) => execFileSync(findProgram('nsd-control'), ['-c', config, command], { encoding: 'utf8', stdio: 'pipe' });
  await waitFor(`NSD for ${level}`, () => {
    nsd.demandRunning(`NSD for ${level}`);
    try {
      return control('status') !== '';
    } catch {
      return false;
    }
  });
  return {
    level,
    queries() {
      const numbers = new Map(
        control('stats_noreset')
          .split('\n')
          .map((line) => line.split('=')),
      );
      return Number(numbers.get('num.queries'));
    },
    stop: nsd.stop,
  };
}

/** Starts them all. `queries()` is how many queries they have had, by level; `total()`, all together. */
export async function startAuthority(zones, zoneFolder, work) {
  const levels = [];
  for (const level of Object.keys(addresses)) levels.push(await startLevel(level, zones, zoneFolder, work));
  return {
    queries: () => Object.fromEntries(levels.map(({ level, queries }) => [level, queries()])),
    total: () => levels.reduce((sum, { queries }) => sum + queries(), 0),
    stop: () => Promise.all(levels.map(({ stop }) => stop())),
  };
}
