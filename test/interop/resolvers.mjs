// The five resolvers that are compared (differential.mjs), and the unbounds that validate what zeker hands them (behind.mjs): configured and started.
// zeker and unbound are others than those of servers.mjs, so that all five begin with empty caches.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { captureProgram, startServer, until } from './processes.mjs';
import { clientPrefix } from './topology.mjs';

/** Who is compared with zeker. */
export const peers = { unbound: '10.53.9.12', named: '10.53.9.13', kresd: '10.53.9.14', pdns_recursor: '10.53.9.15' };
export const zekerCompared = '10.53.9.11';
/** Validating forwarders behind zeker, by the way they ask it. */
export const behind = { udp: '10.53.9.21', tcp: '10.53.9.22', 'small buffers': '10.53.9.23' };
export const comparedAddresses = [zekerCompared, ...Object.values(peers), ...Object.values(behind)];

const lines = (...text) => `${text.flat().join('\n')}\n`;

/** Configuration of each program: [text, program, arguments]. `own` gives a path in the program's folder. */
const programs = {
  zeker: ({ hintsFile, anchorsFile, zeker, file }) => [
    // JSON is YAML.
    JSON.stringify({
      listen: { dns: [`${zekerCompared}:53`], http: '127.0.0.1:8054' },
      access: { allow: [clientPrefix] },
      root: { hints: hintsFile },
      trust: { anchors: anchorsFile },
      resolver: { doNotQuery: [] },
    }),
    zeker[0],
    [...zeker.slice(1), 'serve', '--config', file],
  ],
  unbound: (given) => unbound(given, peers.unbound, [`  root-hints: "${given.hintsFile}"`]),
  named: ({ own, anchors, hintsFile, file }) => [
    lines(
      'options {',
      `  directory "${own('.')}"; pid-file none; session-keyfile none; lock-file none;`,
      `  listen-on { ${peers.named}; }; listen-on-v6 { none; };`,
      `  recursion yes; allow-query { ${clientPrefix}; }; dnssec-validation yes; empty-zones-enable no;`,
      '};',
      'controls { };',
      `zone "." { type hint; file "${hintsFile}"; };`,
      'trust-anchors {',
      anchors.map((ds) => {
        const [tag, algorithm, digestType, ...digest] = ds.split(' ');
        return `  . static-ds ${tag} ${algorithm} ${digestType} "${digest.join('')}";`;
      }),
      '};',
    ),
    'named',
    ['-g', '-n', '1', '-c', file],
  ],
  kresd: ({ own, hintsFile, anchorsFile, file }) => [
    lines(
      `net.listen('${peers.kresd}', 53, { kind = 'dns' })`,
      "modules.load('hints > iterate')",
      `hints.root_file('${hintsFile}')`,
      `trust_anchors.add_file('${anchorsFile}', true)`,
      'cache.size = 50 * MB',
      "modules.unload('ta_signal_query')",
    ),
    'kresd',
    ['-n', '-c', file, own('.')],
  ],
  pdns_recursor: ({ own, hintsFile, anchors }) => {
    writeFileSync(
      own('anchors.lua'),
      lines(
        'clearTA()',
        anchors.map((ds) => `addTA('.', '${ds}')`),
      ),
    );
    writeFileSync(
      own('recursor.conf'),
      lines(
        [`local-address=${peers.pdns_recursor}`, 'local-port=53', `hint-file=${hintsFile}`, `lua-config-file=${own('anchors.lua')}`],
        [`allow-from=${clientPrefix}`, 'dont-query=', 'dnssec=validate', 'threads=1', 'security-poll-suffix=', `socket-dir=${own('.')}`],
        ['daemon=no', 'disable-syslog=yes', 'write-pid=no', 'setuid=', 'setgid=', 'query-local-address=0.0.0.0, ::'],
      ),
    );
    return ['', 'pdns_recursor', [`--config-dir=${own('.')}`]];
  },
  'unbound behind zeker: udp': (given) => unbound(given, behind.udp, [], forward),
  'unbound behind zeker: tcp': (given) => unbound(given, behind.tcp, ['  tcp-upstream: yes'], forward),
  'unbound behind zeker: small buffers': (given) => unbound(given, behind['small buffers'], ['  edns-buffer-size: 512'], forward),
};
const forward = ['forward-zone:', '  name: "."', `  forward-addr: ${zekerCompared}`];

function unbound({ own, anchorsFile, file }, address, serverLines, clauses = []) {
  const text = lines(
    'server:',
    [`  interface: ${address}`, `  access-control: ${clientPrefix} allow`, `  directory: "${own('.')}"`],
    ['  username: ""', '  chroot: ""', '  pidfile: ""', '  use-syslog: no', '  do-daemonize: no', '  num-threads: 1'],
    ['  module-config: "validator iterator"', `  trust-anchor-file: "${anchorsFile}"`],
    serverLines,
    ['remote-control:', '  control-enable: no'],
    clauses,
  );
  return [text, 'unbound', ['-d', '-p', '-c', file]];
}

/** Starts all and waits until each has validated the root's SOA; those behind zeker after zeker. */
export async function startCompared(folder, { anchors, zeker }, started) {
  const given = { anchors, zeker, hintsFile: join(folder, 'root.hints'), anchorsFile: join(folder, 'root.anchors') };
  const addressOf = { zeker: zekerCompared, ...peers };
  for (const [way, address] of Object.entries(behind)) addressOf[`unbound behind zeker: ${way}`] = address;
  const start = async ([title, configure]) => {
    const place = join(folder, `compared-${title.replaceAll(/\W+/g, '-')}`);
    mkdirSync(place);
    const own = (name) => join(place, name);
    const [text, program, args] = configure({ ...given, own, file: own('conf') });
    writeFileSync(own('conf'), text);
    const server = startServer(`${title}, compared`, program, args, own('log'));
    started.push(server);
    await untilSecure(server, addressOf[title]);
  };
  const isBehind = ([title]) => title.includes('behind');
  await Promise.all(
    Object.entries(programs)
      .filter((entry) => !isBehind(entry))
      .map(start),
  );
  await Promise.all(Object.entries(programs).filter(isBehind).map(start)); // one that asks before zeker is there keeps the failure
}

async function untilSecure(server, address) {
  await until(25_000, async () => {
    const { stdout } = await captureProgram('dig', [`@${address}`, '+tries=1', '+timeout=2', '.', 'SOA']);
    if (!/status: NOERROR/.test(stdout) || !/flags:[^;]* ad/.test(stdout))
      throw new Error(`${server.title} does not validate the root\n${stdout}${server.log()}`);
  });
}
