// Servers that sign by themselves: PowerDNS answer by answer, Knot DNS as it loads a zone. They get the keys that sign.mjs has made, and the
// zone as it was written. A zone has them by `signer: 'server'`.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './processes.mjs';
import { fqdn } from './zones.mjs';

const lines = (...text) => `${text.flat().join('\n')}\n`;

const isNsec3 = ({ denial }) => denial?.startsWith('nsec3');
/** The parts of NSEC3PARAM (RFC 5155 §4): SHA-1, opt-out or not, iterations, salt. */
const nsec3Parameters = ({ denial, iterations = 0, salt = '-' }) => `1 ${denial === 'nsec3-opt-out' ? 1 : 0} ${iterations} ${salt}`;

/** PowerDNS with zone files, its keys and settings in a database of its own. @see servers.mjs, `software` */
export async function powerdns({ folder, addresses, served }) {
  const [zonesFile, database] = [join(folder, 'zones.conf'), join(folder, 'dnssec.db')];
  writeFileSync(zonesFile, lines(served.map(({ name, file }) => `zone "${fqdn(name)}" { type master; file "${file}"; };`)));
  // pdnsutil reads the configuration too.
  writeFileSync(
    join(folder, 'pdns.conf'),
    lines(
      ['launch=bind', `bind-config=${zonesFile}`, `bind-dnssec-db=${database}`, 'dname-processing=yes', 'zone-cache-refresh-interval=0'],
      [`local-address=${addresses.join(',')}`, 'local-port=53', `socket-dir=${folder}`, 'receiver-threads=1', 'distributor-threads=1'],
      ['daemon=no', 'guardian=no', 'setuid=', 'setgid=', 'security-poll-suffix=', 'disable-syslog=yes', 'write-pid=no'],
    ),
  );
  const pdnsutil = (...args) => runProgram('pdnsutil', [`--config-dir=${folder}`, ...args]);
  await pdnsutil('create-bind-db', database);
  for (const { zone, keys } of served) {
    if (zone.signer !== 'server') continue;
    const roles = zone.keys === 'csk' ? ['ksk'] : ['ksk', 'zsk'];
    for (const [index, role] of roles.entries()) await pdnsutil('import-zone-key', zone.name, `${keys[index]}.private`, 'active', role);
    if (isNsec3(zone)) {
      const narrow = zone.denial === 'nsec3-narrow' ? ['narrow'] : []; // made for each question, RFC 7129 appendix B
      await pdnsutil('set-nsec3', zone.name, nsec3Parameters(zone), ...narrow);
    }
  }
  return [undefined, 'pdns_server', [`--config-dir=${folder}`]];
}

const algorithms = { 8: 'RSASHA256', 13: 'ECDSAP256SHA256', 15: 'ED25519' };
const policyOf = ({ algorithms: [algorithm], denial }) => `${denial}-${algorithm}`;

/** What knot.conf has for zones that Knot DNS signs: policies, and lines of each zone. */
export async function knotSigning({ folder, served }) {
  const signed = served.filter(({ zone }) => zone.signer === 'server');
  for (const { name, keys } of signed)
    for (const key of keys) await runProgram('keymgr', ['-D', join(folder, 'keys'), fqdn(name), 'import-bind', `${key}.key`]);
  const policies = new Map(signed.map(({ zone }) => [policyOf(zone), zone]));
  const policyLines = [...policies].flatMap(([id, zone]) => [
    `  - id: ${id}`,
    `    algorithm: ${algorithms[zone.algorithms[0]]}`,
    `    nsec3: ${isNsec3(zone) ? 'on' : 'off'}`,
    `    nsec3-opt-out: ${zone.denial === 'nsec3-opt-out' ? 'on' : 'off'}`,
    ['    nsec3-iterations: 0', '    nsec3-salt-length: 0', '    zsk-lifetime: 0'],
  ]);
  return {
    policies: signed.length > 0 ? ['policy:', ...policyLines.flat()] : [],
    zoneLines: ({ zone }) => (zone.signer === 'server' ? ['    dnssec-signing: on', `    dnssec-policy: ${policyOf(zone)}`] : []),
  };
}
