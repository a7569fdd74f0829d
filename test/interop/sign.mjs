// Makes the zone files: data, delegations, keys, signatures, and the damage a zone is there to show. Children first, for a parent has their DS.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './processes.mjs';
import { servers } from './topology.mjs';
import { fqdn, parentOf, recordsOf, zones } from './zones.mjs';

const algorithmNames = {
  5: 'RSASHA1',
  7: 'RSASHA1-NSEC3-SHA1',
  8: 'RSASHA256',
  10: 'RSASHA512',
  13: 'ECDSAP256SHA256',
  14: 'ECDSAP384SHA384',
  15: 'ED25519',
  16: 'ED448',
};
const ldnsNames = { ...algorithmNames, 7: 'RSASHA1_NSEC3' };

/** What a parent has for a child. A DS of zeroes matches no key. */
const dsKinds = {
  right: async (keys) => dsOf(keys, 'SHA-256'),
  sha1: async (keys) => dsOf(keys, 'SHA-1'),
  sha384: async (keys) => dsOf(keys, 'SHA-384'),
  wrong: async () => [`4711 13 2 ${'0'.repeat(64)}`],
  'right-and-standby': async (keys) => [...(await dsOf(keys, 'SHA-256')), `4711 13 2 ${'0'.repeat(64)}`],
  // Numbers that IANA has not given out.
  'unknown-algorithm': async (keys) => (await dsOf(keys, 'SHA-256')).map((ds) => ds.replace(/^(\d+) \d+ /, '$1 99 ')),
  'unknown-digest': async (keys) => (await dsOf(keys, 'SHA-256')).map((ds) => ds.replace(/^(\d+ \d+) \d+ /, '$1 99 ')),
};

/** Lines of a signed zone that a kind of damage leaves, as it leaves them. */
const damages = {
  'www-changed': (line) => (/^www\.\S+\s+\d+\s+IN\s+A\s/.test(line) ? line.replace(/[\d.]+$/, '198.51.100.1') : line),
  'www-signature-removed': (line) => (/^www\.\S+\s+\d+\s+IN\s+RRSIG\s+A\s/.test(line) ? undefined : line),
  'nsec-removed': (line) => (/\sIN\s+(RRSIG\s+)?NSEC\s/.test(line) ? undefined : line),
  'nsec3-signature-removed': (line) => (/\sIN\s+RRSIG\s+NSEC3\s/.test(line) ? undefined : line),
};

/** Writes all zones below `folder`. @returns the DS of the root, and a function that gives the file of a zone on a server */
export async function makeZones(folder) {
  const depth = ({ name }) => (name === '' ? 0 : name.split('.').length);
  const delegations = new Map(zones.map(({ name }) => [name, []]));
  const anchors = [];
  for (const level of [3, 2, 1, 0]) {
    await Promise.all(
      zones
        .filter((zone) => depth(zone) === level)
        .map(async (zone) => {
          const ds = await makeZone(zone, folder, delegations.get(zone.name));
          if (zone.name === '') anchors.push(...ds);
          else delegations.get(parentOf(zone.name).name).push(...delegationOf(zone, ds));
        }),
    );
  }
  return { anchors, fileOf: (zone, server) => join(folderOf(zone, folder), zone.unsignedAt === server ? 'unsigned' : 'served') };
}

const folderOf = (zone, folder) => join(folder, zone.name || 'root');

async function makeZone(zone, folder, delegated) {
  const own = folderOf(zone, folder);
  mkdirSync(own, { recursive: true });
  const plain = join(own, 'unsigned');
  writeFileSync(
    plain,
    [...apexOf(zone), ...recordsOf(zone).map(([owner, type, rdata]) => `${owner} IN ${type} ${rdata}`), ...delegated, ''].join('\n'),
  );
  if (zone.signer === 'none') {
    writeFileSync(join(own, 'served'), readFileSync(plain));
    return zone.ds ? dsKinds[zone.ds]() : [];
  }
  const keys = await makeKeys(zone, own);
  const signed = join(own, 'signed');
  await (zone.signer === 'bind' ? signWithBind(zone, own, plain, signed) : signWithLdns(zone, own, keys, plain, signed));
  const damage = zone.damage ? damages[zone.damage] : (line) => line;
  const lines = readFileSync(signed, 'utf8').split('\n');
  const left = lines.map(damage).filter((line) => line !== undefined);
  if (zone.damage && left.join('\n') === lines.join('\n')) throw new Error(`${zone.name}: ${zone.damage} found nothing to damage`);
  writeFileSync(join(own, 'served'), left.join('\n'));
  return dsKinds[zone.ds ?? 'right'](keys.map((key) => join(own, key)));
}

/** Names of the zone's servers with their addresses; names elsewhere have no glue. */
function serverNames(zone) {
  if (zone.ns) return zone.ns.map((name) => ({ name: fqdn(name), addresses: [] }));
  return zone.servers.map((server, index) => ({
    name: `ns${index + 1}.${zone.name ? fqdn(zone.name) : 'root-servers.alpha.'}`,
    addresses: servers[server].addresses,
  }));
}

const addressRecord = (owner, address) => `${owner} IN ${address.includes(':') ? 'AAAA' : 'A'} ${address}`;

function delegationOf(zone, ds) {
  return [
    ...serverNames(zone).flatMap(({ name, addresses }) => [
      `${fqdn(zone.name)} IN NS ${name}`,
      ...addresses.map((address) => addressRecord(name, address)),
    ]),
    ...ds.map((rdata) => `${fqdn(zone.name)} IN DS ${rdata}`),
  ];
}

function apexOf(zone) {
  const [first] = serverNames(zone);
  const rootServers =
    zone.name === 'alpha'
      ? serverNames(zones[0]).flatMap(({ name, addresses }) => addresses.map((address) => addressRecord(name, address)))
      : [];
  return [
    `$ORIGIN ${fqdn(zone.name)}`,
    '$TTL 3600',
    `@ IN SOA ${first.name} hostmaster.alpha. 1 7200 3600 1209600 300`,
    ...serverNames(zone).flatMap(({ name, addresses }) => [
      `@ IN NS ${name}`,
      ...addresses.map((address) => addressRecord(name, address)), // of the root's servers: glue, for they are named in alpha
    ]),
    ...rootServers,
  ];
}

/** The hints file: the root's servers. */
export function rootHints() {
  return serverNames(zones[0]).flatMap(({ name, addresses }) => [
    `. 3600 IN NS ${name}`,
    ...addresses.map((address) => addressRecord(name, address).replace(' IN ', ' 3600 IN ')),
  ]);
}

/** A key-signing key and a zone-signing key for each algorithm. @returns base names, key-signing keys first */
async function makeKeys(zone, own) {
  const make = async (algorithm, isKeySigning) => {
    const size = algorithm <= 10 ? ['-b', '2048'] : [];
    const [program, args] =
      zone.signer === 'bind'
        ? ['dnssec-keygen', ['-q', '-a', algorithmNames[algorithm], ...size, ...(isKeySigning ? ['-f', 'KSK'] : []), fqdn(zone.name)]]
        : ['ldns-keygen', ['-a', ldnsNames[algorithm], ...size, ...(isKeySigning ? ['-k'] : []), fqdn(zone.name)]];
    return (await runProgram(program, args, { cwd: own })).trim();
  };
  const keySigning = await Promise.all(zone.algorithms.map((algorithm) => make(algorithm, true)));
  const zoneSigning = await Promise.all(zone.algorithms.map((algorithm) => make(algorithm, false)));
  writeFileSync(join(own, 'keys.json'), JSON.stringify({ keySigning, zoneSigning }));
  return [...keySigning, ...zoneSigning];
}

async function dsOf(keys, digest) {
  const keySigning = keys.slice(0, keys.length / 2);
  const lines = await Promise.all(keySigning.map((key) => runProgram('dnssec-dsfromkey', ['-a', digest, `${key}.key`])));
  return lines.map((line) => line.trim().replace(/^\S+ IN DS /, ''));
}

const isNsec3 = ({ denial }) => denial.startsWith('nsec3');

/** @see dnssec-signzone(1) */
async function signWithBind(zone, own, plain, signed) {
  const [start, end] = zone.validity ?? ['now-3600', 'now+864000'];
  const denial = isNsec3(zone)
    ? ['-3', zone.salt ?? '-', '-H', String(zone.iterations ?? 0), ...(zone.denial === 'nsec3-opt-out' ? ['-A'] : [])]
    : [];
  const unverified = zone.validity ? ['-P'] : [];
  await runProgram('dnssec-signzone', [
    '-S',
    '-K',
    own,
    '-d',
    own,
    '-o',
    fqdn(zone.name),
    '-O',
    'full',
    '-s',
    start,
    '-e',
    end,
    '-n',
    '1',
    ...denial,
    ...unverified,
    '-f',
    signed,
    plain,
  ]);
}

/** @see ldns-signzone(1) */
async function signWithLdns(zone, own, keys, plain, signed) {
  const denial = isNsec3(zone)
    ? [
        '-n',
        '-t',
        String(zone.iterations ?? 0),
        ...(zone.salt ? ['-s', zone.salt] : []),
        ...(zone.denial === 'nsec3-opt-out' ? ['-p'] : []),
      ]
    : [];
  const now = Math.floor(Date.now() / 1000);
  await runProgram('ldns-signzone', [
    '-i',
    String(now - 3600),
    '-e',
    String(now + 864_000),
    '-o',
    fqdn(zone.name),
    ...denial,
    '-f',
    signed,
    plain,
    ...keys.map((key) => join(own, key)),
  ]);
}
