/** The resolvers that zeker is measured beside besides Unbound, each with one thread, EDNS 1232, validation and caches larger than the data. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProgram, installCommand } from '../lib/packages.mjs';
import { anchorText } from './internet.mjs';
import { ADDRESS } from './resolvers.mjs';

/** @type {import('./resolvers.mjs').Contender} */
const powerdns = {
  name: 'PowerDNS',
  port: 5304,
  command(folder) {
    const [, , , , ...ds] = anchorText().trim().split(' ');
    writeFileSync(join(folder, 'recursor.lua'), `clearTA()\naddTA(".", "${ds.join(' ')}")\n`);
    const settings = {
      ...{ 'local-address': ADDRESS, 'local-port': this.port, 'allow-from': '127.0.0.0/8', 'socket-dir': folder, 'hint-file': 'hints' },
      ...{ 'lua-config-file': 'recursor.lua', dnssec: 'validate', threads: 1, 'pdns-distributes-queries': 'no', 'server-id': 'bench' },
      // By default it asks none of the documentation prefixes, and tells of nothing else but of what it does.
      ...{ 'dont-query': '', quiet: 'yes', loglevel: 3, 'statistics-interval': 0, 'security-poll-suffix': '', 'disable-syslog': 'yes' },
      ...{ 'edns-outgoing-bufsize': 1232, 'udp-truncation-threshold': 1232, 'query-local-address': '0.0.0.0' },
      ...{ 'max-cache-entries': 8_000_000, 'max-packetcache-entries': 8_000_000, 'max-negative-ttl': 86_400, 'max-mthreads': 4_096 },
    };
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
    writeFileSync(join(folder, 'recursor.conf'), lines.join(''));
    return { program: findProgram('pdns_recursor'), args: [`--config-dir=${folder}`, '--daemon=no', '--write-pid=no'] };
  },
};

/** @type {import('./resolvers.mjs').Contender} */
const knot = {
  name: 'Knot Resolver',
  port: 5305,
  command(folder) {
    const lines = [
      ...['net.ipv6 = false', 'net.bufsize(1232, 1232)', `net.listen('${ADDRESS}', ${this.port}, { kind = 'dns' })`],
      ...[`trust_anchors.add_file('anchors', true)`, `cache.open(2 * GB, 'lmdb://${folder}/cache')`, `modules.load('hints')`],
      ...[`hints.root_file('hints')`, `modules.unload('ta_update')`, `modules.unload('ta_signal_query')`, `log_level('crit')`],
    ];
    mkdirSync(join(folder, 'cache'));
    writeFileSync(join(folder, 'kresd.conf'), `${lines.join('\n')}\n`);
    return { program: findProgram('kresd'), args: ['-n', '-c', join(folder, 'kresd.conf'), folder] };
  },
};

/** @type {import('./resolvers.mjs').Contender} */
const bind = {
  name: 'BIND',
  port: 5306,
  command(folder) {
    const [, , , , tag, algorithm, digestType, digest] = anchorText().trim().split(' ');
    const options = [
      ...[`directory "${folder}"`, `listen-on port ${this.port} { ${ADDRESS}; }`, 'listen-on-v6 { none; }', 'pid-file none'],
      ...['session-keyfile none', 'recursion yes', 'allow-query { 127.0.0.0/8; }', 'dnssec-validation yes', 'empty-zones-enable no'],
      ...['edns-udp-size 1232', 'max-udp-size 1232', 'max-cache-size 2g', 'recursive-clients 5000', 'max-ncache-ttl 86400'],
    ];
    const text = [
      `options { ${options.map((line) => `${line};`).join(' ')} };`,
      `trust-anchors { "." static-ds ${tag} ${algorithm} ${digestType} "${digest}"; };`,
      `zone "." { type hint; file "hints"; };`,
      'controls { };',
      'logging { category default { null; }; };',
    ];
    writeFileSync(join(folder, 'named.conf'), `${text.join('\n')}\n`);
    return { program: findProgram('named'), args: ['-f', '-4', '-n', '1', '-c', join(folder, 'named.conf')] };
  },
};

/** By the names of `--peers`, with the Debian package of each. */
const peers = {
  powerdns: { contender: powerdns, package: 'pdns-recursor', program: 'pdns_recursor' },
  knot: { contender: knot, package: 'knot-resolver', program: 'kresd' },
  bind: { contender: bind, package: 'bind9', program: 'named' },
};

export const peerNames = Object.keys(peers);

/** The contenders of these names whose programs are here; says which are not. */
export function choosePeers(names) {
  const [here, missing] = [[], []];
  for (const name of names) (findProgram(peers[name].program) === undefined ? missing : here).push(peers[name]);
  const packages = missing.map((peer) => peer.package);
  if (packages.length > 0) console.log(`left out, for they are not here: ${packages.join(' ')}. ${installCommand(packages)}`);
  return here.map(({ contender }) => contender);
}
