// Makes the zone files: data, delegations, keys, signatures, and the damage a zone is there to show. Children first, for a parent has their DS.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { changed } from './damage.mjs';
import { inParallel, runProgram } from './processes.mjs';
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
  none: async () => [],
  'right-and-unknown-algorithm': async (keys) => [...(await dsKinds.right(keys)), ...(await dsKinds['unknown-algorithm'](keys))],
  'right-and-unknown-digest': async (keys) => [...(await dsKinds['unknown-digest'](keys)), ...(await dsKinds.right(keys))],
  'wrong-and-unknown-algorithm': async (keys) => [...(await dsKinds.wrong()), ...(await dsKinds['unknown-algorithm'](keys))],
  'all-unknown': async (keys) => [...(await dsKinds['unknown-digest'](keys)), ...(await dsKinds['unknown-algorithm'](keys))],
  'sha1-and-wrong': async (keys) => [...(await dsKinds.sha1(keys)), ...(await dsKinds.wrong())],
  'sha384-and-sha256': async (keys) => [...(await dsKinds.sha384(keys)), ...(await dsKinds.right(keys))],
  // Numbers that IANA has not given out.
  'unknown-algorithm': async (keys) => (await dsOf(keys, 'SHA-256')).map((ds) => ds.replace(/^(\d+) \d+ /, '$1 99 ')),
  'unknown-digest': async (keys) => (await dsOf(keys, 'SHA-256')).map((ds) => ds.replace(/^(\d+ \d+) \d+ /, '$1 99 ')),
};

/**
 * Writes all zones below `folder`.
 * @returns the DS of the root, a function that gives the file of a zone on a server, and the
 * keys of the zones that their servers sign
 */
export async function makeZones(folder) {
  const depth = ({ name }) => (name === '' ? 0 : name.split('.').length);
  const delegations = new Map(zones.map(({ name }) => [name, []]));
  const keysOf = new Map();
  const anchors = [];
  for (const level of [3, 2, 1, 0]) {
    await inParallel(
      4,
      zones.filter((zone) => depth(zone) === level),
      async (zone) => {
        const ds = await makeZone(zone, folder, delegations.get(zone.name), keysOf);
        if (zone.name === '') anchors.push(...ds);
        else delegations.get(parentOf(zone.name).name).push(...delegationOf(zone, ds));
      },
    );
  }
  return { anchors, fileOf: (zone, server) => join(folderOf(zone, folder), copyAt(zone, server)), keysOf };
}

/** Some servers have another copy. */
const copyAt = (zone, server) => zone.copyAt?.[server] ?? 'served';

/** What a copy of each kind is, beside the zone as it is served; the file has the name of the kind. */
const copies = {
  unsigned: async () => {}, // is there from the start
  expired: ({ zone, own, plain, file }) => signWithBind({ ...zone, validity: ['20200101000000', '20200201000000'] }, own, plain, file),
  nsec3: ({ zone, own, plain, file }) => signWithBind({ ...zone, denial: 'nsec3' }, own, plain, file),
  tampered: async ({ zone, own, file }) => {
    const lines = readFileSync(join(own, 'served'), 'utf8').split('\n');
    writeFileSync(file, changed('www', 'A', '198.51.100.1')(lines, { apex: fqdn(zone.name) }).join('\n'));
  },
  'other-keys': async ({ zone, own, plain, file }) => {
    const others = join(own, 'others');
    mkdirSync(others);
    await makeKeys(zone, others);
    await signWithBind(zone, others, plain, file);
  },
};

const folderOf = (zone, folder) => join(folder, zone.name || 'root');

async function makeZone(zone, folder, delegated, keysOf) {
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
  if (zone.signer === 'server') return leaveUnsigned(zone, own, keys, keysOf);
  const signed = join(own, 'signed');
  await (zone.signer === 'bind' ? signWithBind(zone, own, plain, signed) : signWithLdns(zone, own, keys, plain, signed));
  const lines = readFileSync(signed, 'utf8').split('\n');
  const [ksk, zsk] = [keys[0], keys.at(-1)].map((key) => join(own, key));
  const left = zone.damage ? zone.damage(lines, { apex: fqdn(zone.name), ksk, zsk }) : lines;
  if (zone.damage && left.join('\n') === lines.join('\n')) throw new Error(`${zone.name}: found nothing to damage`);
  writeFileSync(join(own, 'served'), left.join('\n'));
  for (const kind of Object.values(zone.copyAt ?? {})) await copies[kind]({ zone, own, plain, file: join(own, kind) });
  return dsKinds[zone.ds ?? 'right'](
    keys.slice(0, zone.algorithms.length + (zone.keys === 'two-ksk' ? 1 : 0)).map((key) => join(own, key)),
  );
}

/** Its server gets the keys, and the zone as it is. */
function leaveUnsigned(zone, own, keys, keysOf) {
  const paths = keys.map((key) => join(own, key));
  keysOf.set(zone.name, paths);
  writeFileSync(join(own, 'served'), readFileSync(join(own, 'unsigned')));
  return dsKinds[zone.ds ?? 'right'](paths.slice(0, 1));
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

/** Keys beside the key-signing and the zone-signing one of each algorithm: [key-signing, options of dnssec-keygen]. `csk` has the first alone. */
const extraKeys = {
  csk: [],
  'pre-publish': [[false, ['-P', 'now', '-A', 'none']]],
  'double-signature': [[false, []]],
  'two-ksk': [[true, []]],
};

/** @returns base names: a key-signing key of each algorithm first */
async function makeKeys(zone, own) {
  const make = async (algorithm, isKeySigning, options = []) => {
    const size = algorithm <= 10 ? ['-b', '2048'] : [];
    const [program, args] =
      zone.signer === 'ldns'
        ? ['ldns-keygen', ['-a', ldnsNames[algorithm], ...size, ...(isKeySigning ? ['-k'] : []), fqdn(zone.name)]]
        : [
            'dnssec-keygen',
            ['-q', '-a', algorithmNames[algorithm], ...size, ...options, ...(isKeySigning ? ['-f', 'KSK'] : []), fqdn(zone.name)],
          ];
    return (await runProgram(program, args, { cwd: own })).trim();
  };
  const keySigning = await Promise.all(zone.algorithms.map((algorithm) => make(algorithm, true)));
  if (zone.keys === 'csk') return keySigning;
  const extra = await Promise.all(
    (extraKeys[zone.keys] ?? []).map(([isKeySigning, options]) => make(zone.algorithms[0], isKeySigning, options)),
  );
  const zoneSigning = await Promise.all(zone.algorithms.map((algorithm) => make(algorithm, false)));
  return [...keySigning, ...extra, ...zoneSigning];
}

/** @param keys key-signing keys */
async function dsOf(keys, digest) {
  const lines = await Promise.all(keys.map((key) => runProgram('dnssec-dsfromkey', ['-a', digest, `${key}.key`])));
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
    ...(zone.keys === 'csk' ? ['-z'] : []),
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
