// Configures and starts all servers: the authoritative ones, zeker, and two unbounds.
import { createSocket } from 'node:dgram';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { knotSigning, powerdns } from './live-signers.mjs';
import { captureProgram, inParallel, startServer, until } from './processes.mjs';
import { scriptedKinds, startScripted } from './scripted.mjs';
import { clientPrefix, resolvers, servers, zekerHttp } from './topology.mjs';
import { fqdn, zones } from './zones.mjs';

const lines = (...text) => `${text.flat().join('\n')}\n`;

/** How each software is configured and started: [file text, program, arguments]. `served` has row, name, file and own keys of each zone. */
const software = {
  nsd: ({ folder, addresses, served, file }) => [
    lines(
      'server:',
      addresses.map((address) => `  ip-address: ${address}`),
      ['  username: ""', '  chroot: ""', '  zonesdir: ""', '  database: ""', '  server-count: 1', '  rrl-ratelimit: 0'],
      ['pidfile', 'xfrdfile', 'zonelistfile'].map((key) => `  ${key}: "${join(folder, key)}"`),
      `  xfrdir: "${folder}"`,
      'remote-control:',
      '  control-enable: no',
      served.flatMap(({ name, file }) => ['zone:', `  name: "${fqdn(name)}"`, `  zonefile: "${file}"`]),
    ),
    'nsd',
    ['-d', '-c', file],
  ],
  knot: async ({ folder, addresses, served, file }) => {
    const { policies, zoneLines } = await knotSigning({ folder, served });
    const text = lines(
      'server:',
      `  rundir: "${folder}"`,
      `  listen: [ ${addresses.map((address) => `${address}@53`).join(', ')} ]`,
      ['  udp-workers: 1', '  tcp-workers: 1', '  background-workers: 1'],
      ['log:', '  - target: stderr', '    any: warning', 'database:', `  storage: "${folder}"`],
      policies,
      // `off`: some zones are broken on purpose.
      ['template:', '  - id: default', '    semantic-checks: off'],
      ['    zonefile-sync: -1', '    zonefile-load: whole', '    journal-content: none'],
      'zone:',
      served.flatMap(({ name, file, zone }) => [`  - domain: "${fqdn(name)}"`, `    file: "${file}"`, ...zoneLines({ zone })]),
    );
    return [text, 'knotd', ['-c', file]];
  },
  bind: ({ folder, addresses, served, file }) => [
    lines(
      'options {',
      `  directory "${folder}"; pid-file none; session-keyfile none; lock-file none;`,
      `  listen-on { ${addresses.map((address) => `${address};`).join(' ')} }; listen-on-v6 { none; };`,
      '  recursion no; dnssec-validation no; notify no; check-names primary ignore; empty-zones-enable no; check-integrity no;',
      '};',
      'controls { };',
      served.map(({ name, file }) => `zone "${fqdn(name)}" { type primary; file "${file}"; masterfile-format text; };`),
    ),
    'named',
    ['-g', '-n', '1', '-c', file],
  ],
  pdns: powerdns,
};

/** Whether a server of topology.mjs holds a zone: those in front of another have none, and the other one has theirs. */
function holds(title, zone) {
  if (zone.notServed || zone.notServedAt === title) return false;
  return zone.servers.some((name) => (servers[name].relayedTo ?? name) === title);
}

/** Starts all and waits until each answers for each of its zones. @returns what to stop, in a list that grows from the start */
export async function startAuthorities(folder, { fileOf, keysOf }, started) {
  const waits = [];
  const start = async ([title, { software: kind, addresses, relayedTo }]) => {
    if (kind === 'silent') return started.push(...(await Promise.all(addresses.map(startSilence))));
    if (scriptedKinds.includes(kind)) return started.push(await startScripted(kind, addresses[0], servers[relayedTo].addresses[0]));
    const own = join(folder, title);
    mkdirSync(own);
    const file = join(own, 'conf');
    const served = zones
      .filter((zone) => holds(title, zone))
      .map((zone) => ({ zone, name: zone.name, file: fileOf(zone, title), keys: keysOf.get(zone.name) }));
    const [text, program, args] = await software[kind]({ folder: own, addresses, served, file });
    if (text !== undefined) writeFileSync(file, text);
    const server = startServer(title, program, args, join(own, 'log'));
    started.push(server);
    waits.push(...served.flatMap(({ name }) => addresses.map((address) => [server, address, name])));
  };
  await Promise.all(Object.entries(servers).map(start));
  await inParallel(8, waits, (wait) => untilAuthoritative(...wait));
}

/** Takes queries and says nothing. */
function startSilence(address) {
  return new Promise((resolve, reject) => {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4').on('error', reject);
    let open = true;
    const stop = async () => {
      if (open) socket.close();
      open = false;
    };
    socket.bind(53, address, () => resolve({ title: 'silent', isRunning: () => open, log: () => '', stop }));
  });
}

async function untilAuthoritative(server, address, zone) {
  await until(60_000, async () => {
    const { stdout } = await captureProgram('dig', [`@${address}`, '+norec', '+tries=1', '+timeout=1', fqdn(zone), 'SOA']);
    if (!/status: NOERROR/.test(stdout) || !/flags: qr aa/.test(stdout))
      throw new Error(`${server.title} does not serve ${fqdn(zone)}\n${server.log()}`);
  });
}

/** Starts zeker and the two unbounds, and waits until each has validated the root's SOA. */
export async function startResolvers(folder, { hints, anchors, zeker }, started) {
  const file = (name) => join(folder, name);
  writeFileSync(file('root.hints'), lines(hints));
  writeFileSync(file('root.anchors'), lines(anchors.map((ds) => `. 3600 IN DS ${ds}`)));
  writeFileSync(file('delv.anchors'), lines('trust-anchors {', anchors.map(staticAnchor), '};'));
  // JSON is YAML.
  const config = {
    listen: { dns: [`${resolvers.zeker}:53`], http: zekerHttp },
    access: { allow: [clientPrefix] },
    root: { hints: file('root.hints') },
    trust: { anchors: file('root.anchors') },
    resolver: { doNotQuery: [] },
  };
  writeFileSync(file('zeker.yaml'), JSON.stringify(config, undefined, 2));
  writeFileSync(file('unbound.conf'), unboundConfig(resolvers.unbound, file, [`  root-hints: "${file('root.hints')}"`]));
  const forward = ['forward-zone:', '  name: "."', `  forward-addr: ${resolvers.zeker}`];
  writeFileSync(file('behind.conf'), unboundConfig(resolvers['unbound-behind-zeker'], file, [], forward));
  const [program, ...args] = zeker;
  const start = (title, ...command) => started.push(startServer(title, ...command, file(`${title}.log`)));
  start('zeker', program, [...args, 'serve', '--config', file('zeker.yaml')]);
  start('unbound', 'unbound', ['-d', '-p', '-c', file('unbound.conf')]);
  start('unbound-behind-zeker', 'unbound', ['-d', '-p', '-c', file('behind.conf')]);
  await Promise.all(
    Object.entries(resolvers).map(([title, address]) =>
      untilSecure(
        started.find((server) => server.title === title),
        address,
      ),
    ),
  );
  return { anchorFile: file('delv.anchors') };
}

function staticAnchor(ds) {
  const [tag, algorithm, digestType, ...digest] = ds.split(' ');
  return `  . static-ds ${tag} ${algorithm} ${digestType} "${digest.join('')}";`;
}

function unboundConfig(address, file, serverLines, clauses = []) {
  return lines(
    'server:',
    [`  interface: ${address}`, `  access-control: ${clientPrefix} allow`, `  directory: "${file('.')}"`],
    ['  username: ""', '  chroot: ""', '  pidfile: ""', '  use-syslog: no', '  do-daemonize: no', '  num-threads: 1', '  ede: yes'],
    ['  module-config: "validator iterator"', `  trust-anchor-file: "${file('root.anchors')}"`],
    serverLines,
    ['remote-control:', '  control-enable: no'],
    clauses,
  );
}

async function untilSecure(server, address) {
  await until(20_000, async () => {
    const { stdout } = await captureProgram('dig', [`@${address}`, '+tries=1', '+timeout=2', '.', 'SOA']);
    if (!/status: NOERROR/.test(stdout) || !/flags:[^;]* ad/.test(stdout))
      throw new Error(`${server.title} does not validate the root\n${stdout}${server.log()}`);
  });
}
