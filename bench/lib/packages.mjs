/** Programs that benches need and Debian packages: looked for, named where they are missing, never installed. */

import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';

/** Something the operator has to bring: one clear message, exit status 2. */
export class MissingError extends Error {}

/** The program by which each Debian package is recognised. */
const programs = {
  unbound: 'unbound',
  nsd: 'nsd',
  dnsperf: 'dnsperf',
  ldnsutils: 'ldns-signzone',
  iproute2: 'ip',
  'util-linux': 'unshare',
};

/** The path of a program, also where an unprivileged PATH has no sbin; undefined where there is none. */
export function findProgram(name) {
  for (const folder of [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // the next one
    }
  }
  return undefined;
}

/** What to tell whoever lacks some of these packages; undefined where all are there. */
export function missingPackages(packages) {
  const missing = packages.filter((name) => findProgram(programs[name]) === undefined);
  if (missing.length === 0) return undefined;
  return `Missing Debian packages: ${missing.join(' ')}\n${installCommand(missing)}`;
}

/** What the operator has to type. */
export function installCommand(packages) {
  return `Get them with: apt-get install --no-install-recommends ${packages.join(' ')}`;
}
